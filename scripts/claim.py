# SPDX-License-Identifier: Apache-2.0
"""`ape run claim`."""

import click

from makegood.console import claiming
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="anyone")
@click.argument("ticket", nargs=-1, required=True)
@click.option(
    "--collect",
    is_flag=True,
    help="Send it to the requester in the same transaction, with all else it can have.",
)
def cli(run: Run, ticket: tuple[str, ...], collect: bool) -> None:
    """Make what is breached on each TICKET pay its requester. Anyone may; it always goes to the requester.

    Several tickets go in one transaction, which skips those with nothing to claim; with --collect one by one.

    \b
    Examples:
      ape run claim 0x5f0c…e1
      ape run claim 0x5f0c…e1 --collect
    """
    claiming.claim(run, ticket, collect=collect)
