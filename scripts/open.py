# SPDX-License-Identifier: Apache-2.0
"""`ape run open`."""

from pathlib import Path

import click

from makegood.clock import Priority
from makegood.console import tickets
from makegood.console.command import command
from makegood.console.message import Message
from makegood.console.options import message_options, signing_options
from makegood.console.run import Run


@command(acts_as="requester")
@click.option("--policy", type=int, metavar="ID", help="The policy; else the newest.")
@click.option(
    "--priority", default=Priority.NORMAL.label, show_default=True, help="urgent, high, normal or low."
)
@message_options
@click.option("--for", "requester", metavar="ADDRESS", help="As an agent: who the requester is.")
@signing_options
def cli(
    run: Run,
    policy: int | None,
    priority: str,
    message: Message,
    requester: str | None,
    sign: Path | None,
    relay: Path | None,
    valid: str,
) -> None:
    """Open a ticket, as a covered requester or with --for as an agent.

    \b
    Examples:
      ape run open --priority urgent --text "My transfer does not arrive"
      ape run open --for 0x3C44…93BC --account agent --document ticket.json
      ape run open --text - --sign request.json < message.txt
      ape run open --relay request.json --account anyone
    """
    if requester is not None and (sign is not None or relay is not None):
        raise click.UsageError("--for goes with neither --sign nor --relay: an agent opens by itself.")
    if requester is not None and run.account_name is None:
        run.role = "agent"
    if relay is not None:
        tickets.relay_opening(run, relay)
    elif sign is not None:
        tickets.sign_opening(run, policy, priority, message, valid, sign)
    else:
        tickets.open_ticket(run, policy, priority, message, requester)
