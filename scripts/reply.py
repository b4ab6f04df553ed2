# SPDX-License-Identifier: Apache-2.0
"""`ape run reply`."""

from pathlib import Path

import click

from makegood.console import did_keys, replying
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
@click.option(
    "--key",
    type=click.Path(path_type=Path),
    metavar="FILE",
    envvar=did_keys.VARIABLE,
    show_envvar=True,
    help="The key file of the agent's DID, which signs the reply; else a test account's own key.",
)
@click.option("--passphrase-fd", type=int, metavar="N", help="Read the key file's passphrase from here.")
def cli(
    run: Run,
    ticket: str,
    status: str | None,
    bot: bool,
    message: Message,
    key: Path | None,
    passphrase_fd: int | None,
) -> None:
    """Answer TICKET as a human agent: hold (still working), pending (waits for the requester) or solved.

    The agent's DID signs a statement over the document, which is kept beside it.

    \b
    Examples:
      ape run reply 0x5f0c…e1 --text "We are looking into it"
      ape run reply 0x5f0c…e1 --as solved --document answer.json
      ape run reply 0x5f0c…e1 --text "It arrived" --key li-did.json --account li
      ape run reply 0x5f0c…e1 --bot --account bot --text "We got your message"
    """
    if bot and status is not None:
        raise click.UsageError("--as does not go with --bot: a bot changes no status.")
    if bot:
        if run.account_name is None:
            run.role = "bot"
        replying.bot_reply(run, ticket, message, key, passphrase_fd)
    else:
        replying.reply(run, ticket, status or "hold", message, key, passphrase_fd)
