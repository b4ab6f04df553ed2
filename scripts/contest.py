# SPDX-License-Identifier: Apache-2.0
"""`ape run contest`."""

from pathlib import Path

import click

from makegood.console import contesting
from makegood.console.command import command
from makegood.console.message import Message
from makegood.console.options import kind_option, message_options
from makegood.console.run import Run
from makegood.console.sealing_for import Sealing


@command(acts_as="requester")
@click.argument("ticket")
@kind_option(required=True)
@click.option("--amount", metavar="N", help="What an incident cost, in whole units of the asset.")
@message_options
@click.option(
    "--evidence",
    "files",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A file of evidence; its name, size and SHA-256 go into the document. May be repeated.",
)
@click.option(
    "--seal-to",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Seal document and files for the arbiter of this evidence key card, or for the age1… in a file. "
    "May be repeated.",
)
@click.option(
    "--bundle",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the sealed bundle goes; else DIGEST.age beside the kept documents.",
)
def cli(
    run: Run,
    ticket: str,
    kind: str,
    amount: str | None,
    message: Message,
    files: tuple[Path, ...],
    seal_to: tuple[Path, ...],
    bundle: Path | None,
) -> None:
    """Ask the arbiters about TICKET, as its requester: a reply that answers nothing, a "solved" that is not,
    an error that cost you money.

    It takes the policy's bond, which is said before anything is sent. The evidence stays with you: with
    --seal-to send the arbiters the bundle, else the document and its files, which anybody can read.

    \b
    Examples:
      ape run contest 0x5f0c…e1 --kind first_reply --text "This is a form letter" --evidence mail.eml
      ape run contest 0x5f0c…e1 --kind resolution --document evidence.json
      ape run contest 0x5f0c…e1 --kind resolution --text - --seal-to one.card.json --seal-to two.card.json
      ape run contest 0x5f0c…e1 --kind incident --amount 0.4 --text - < what-happened.txt
    """
    contesting.contest(run, ticket, kind, amount, message, files, Sealing(seal_to, bundle))
