# SPDX-License-Identifier: Apache-2.0
"""`ape run contest`."""

from pathlib import Path

import click

from makegood.console import contesting
from makegood.console.command import command
from makegood.console.message import Message
from makegood.console.options import kind_option, message_options
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("ticket")
@kind_option(required=True)
@click.option("--amount", metavar="N", help="What an incident cost, in whole units of the asset.")
@message_options
@click.option(
    "--file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file of evidence; its name, size and SHA-256 go into the document. May be repeated.",
)
def cli(
    run: Run, ticket: str, kind: str, amount: str | None, message: Message, files: tuple[Path, ...]
) -> None:
    """Ask the arbiters about TICKET, as its requester: a reply that answers nothing, a "solved" that is not,
    an error that cost you money.

    It takes the policy's bond, which is said before anything is sent. The evidence stays with you; send its
    document and files to the arbiters.

    \b
    Examples:
      ape run contest 0x5f0c…e1 --kind first_reply --text "This is a form letter" --file mail.eml
      ape run contest 0x5f0c…e1 --kind resolution --document evidence.json
      ape run contest 0x5f0c…e1 --kind incident --amount 0.4 --text - < what-happened.txt
    """
    contesting.contest(run, ticket, kind, amount, message, files)
