# SPDX-License-Identifier: Apache-2.0
"""`ape run collect_fees`."""

import click

from makegood.console import ruling
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="arbiter-1")
@click.argument("ticket", nargs=-1)
@click.option("--arbiter", metavar="ADDRESS", help="Who is paid; else the account that acts.")
def cli(run: Run, ticket: tuple[str, ...], arbiter: str | None) -> None:
    """Send an arbiter its shares of the fees of the disputes on each TICKET; without, of all that it signed.

    Anyone may; it always goes to the arbiter.

    \b
    Examples:
      ape run collect_fees
      ape run collect_fees --arbiter 0x14dC…9955 --account anyone
    """
    ruling.collect_fees(run, arbiter, ticket)
