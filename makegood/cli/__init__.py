# SPDX-License-Identifier: Apache-2.0
"""`makegood`: what users need, without Ape. Data goes to stdout, talk to stderr."""

import click

from makegood.cli.booking import books
from makegood.cli.bridging import bridge
from makegood.cli.building import receipt
from makegood.cli.checking import check
from makegood.cli.examining import doctor
from makegood.cli.exploring import explorer
from makegood.cli.indexing import index
from makegood.cli.keeping import keeper
from makegood.cli.serving import serve
from makegood.cli.verifying import verify
from makegood.cli.watching import watch
from makegood.rpc import RPC_VARIABLE

__all__ = ["RPC_VARIABLE", "main"]


@click.group()
@click.version_option(package_name="makegood", prog_name="makegood")
def main() -> None:
    """Check what a support desk has promised and recorded."""


main.add_command(verify)
main.add_command(receipt)
main.add_command(check)
main.add_command(watch)
main.add_command(index)
main.add_command(explorer)
main.add_command(keeper)
main.add_command(bridge)
main.add_command(serve)
main.add_command(doctor)
main.add_command(books)
