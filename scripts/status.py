# SPDX-License-Identifier: Apache-2.0
"""`ape run status`."""

import click

from makegood.console import desk_status, ticket_status
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("ticket", required=False)
def cli(run: Run, ticket: str | None) -> None:
    """Show the desk, or with a TICKET's id whose turn it is, what it is worth, and what happened.

    With --account it also shows what that account holds: coverage, allowance, credit, an arbiter's seat
    and fees. It only reads.

    \b
    Examples:
      ape run status
      ape run status 0x5f0c…e1
      ape run status --account requester --json
    """
    if ticket is None:
        desk_status.show_desk(run)
    else:
        ticket_status.show_ticket(run, ticket)
