# SPDX-License-Identifier: Apache-2.0
"""`ape run close`."""

import click

from makegood.console import claiming
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("ticket", nargs=-1, required=True)
def cli(run: Run, ticket: tuple[str, ...]) -> None:
    """End each TICKET: what is breached is paid, the rest of its reserve is free again.

    The requester can at any time; anyone once it is solved and its contest window is over. Several tickets
    go in one transaction, which skips those that cannot be closed.

    \b
    Examples:
      ape run close 0x5f0c…e1
      ape run close 0x5f0c…e1 0x77ab…09 --account anyone
    """
    claiming.close(run, ticket)
