# SPDX-License-Identifier: Apache-2.0
"""`ape run status`."""

from pathlib import Path

import click

from makegood.console import batch_status, desk_status, ticket_status
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("ticket", required=False)
def cli(run: Run, ticket: str | None) -> None:
    """Show the desk, or with a TICKET's id whose turn it is, what it is worth, and what happened.

    A ticket of a batch that nobody proved is shown by its receipt: give the file.

    With --account it also shows what that account holds: coverage, allowance, credit, an arbiter's seat
    and fees. It only reads.

    \b
    Examples:
      ape run status
      ape run status 0x5f0c…e1
      ape run status receipt.json
      ape run status --account requester --json
    """
    if ticket is None:
        desk_status.show_desk(run)
    else:
        _show(run, ticket)


def _show(run: Run, ticket: str) -> None:
    if not ticket.startswith("0x") and Path(ticket).is_file():
        batch_status.show_receipt(run, Path(ticket))
    else:
        ticket_status.show_ticket(run, ticket)
