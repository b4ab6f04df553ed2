# SPDX-License-Identifier: Apache-2.0
"""`ape run submit_verdict`."""

from pathlib import Path

import click

from makegood.console import ruling
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="anyone")
@click.argument("file", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--collect",
    is_flag=True,
    help="Send the requester what it gets in the same transaction, with all else it can have.",
)
def cli(run: Run, file: tuple[Path, ...], collect: bool) -> None:
    """Rule a dispute with the arbiters' signed FILEs. Anyone may.

    It says who signed and who is missing, and checks everything before it sends. A report goes the same way.

    \b
    Examples:
      ape run submit_verdict verdict-3-0xa0Ee7A.json verdict-3-0x14dC79.json
      ape run submit_verdict verdict-3-*.json --collect
      ape run submit_verdict verdict-3-*.json --dry-run
    """
    ruling.submit_verdict(run, file, collect_too=collect)
