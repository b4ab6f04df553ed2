# SPDX-License-Identifier: Apache-2.0
"""`ape run follow_up`."""

from pathlib import Path

import click

from makegood.console import tickets
from makegood.console.command import command
from makegood.console.message import Message
from makegood.console.options import message_options, signing_options
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("ticket", required=False)
@message_options
@signing_options
def cli(
    run: Run, ticket: str | None, message: Message, sign: Path | None, relay: Path | None, valid: str
) -> None:
    """Write again on TICKET as its requester: the desk owes a reply.

    \b
    Examples:
      ape run follow_up 0x5f0c…e1 --text "It still has not arrived"
      ape run follow_up 0x5f0c…e1 --text "It still has not arrived" --sign follow-up.json
      ape run follow_up --relay follow-up.json --account anyone
    """
    if (ticket is None) == (relay is None):
        raise click.UsageError("Give either the TICKET, or --relay FILE.")
    if relay is not None:
        tickets.relay_follow_up(run, relay)
    elif sign is not None:
        tickets.sign_follow_up(run, str(ticket), message, valid, sign)
    else:
        tickets.follow_up(run, str(ticket), message)
