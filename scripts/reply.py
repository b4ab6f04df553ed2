# SPDX-License-Identifier: Apache-2.0
"""`ape run reply`."""

import click

from makegood.console import tickets
from makegood.console.command import command
from makegood.console.message import Message
from makegood.console.options import message_options
from makegood.console.run import Run


@command(acts_as="agent")
@click.argument("ticket")
@click.option(
    "--as",
    "status",
    type=click.Choice(("hold", "pending", "solved")),
    help="What the ticket becomes; else hold.",
)
@click.option("--bot", is_flag=True, help="Log a bot's message: it stops no clock and changes nothing.")
@message_options
def cli(run: Run, ticket: str, status: str | None, bot: bool, message: Message) -> None:
    """Answer TICKET as a human agent: hold (still working), pending (waits for the requester) or solved.

    \b
    Examples:
      ape run reply 0x5f0c…e1 --text "We are looking into it"
      ape run reply 0x5f0c…e1 --as solved --document answer.json
      ape run reply 0x5f0c…e1 --bot --account bot --text "We got your message"
    """
    if bot and status is not None:
        raise click.UsageError("--as does not go with --bot: a bot changes no status.")
    if bot:
        if run.account_name is None:
            run.role = "bot"
        tickets.bot_reply(run, ticket, message)
    else:
        tickets.reply(run, ticket, status or "hold", message)
