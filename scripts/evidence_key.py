# SPDX-License-Identifier: Apache-2.0
"""`ape run evidence_key`."""

from pathlib import Path

import click

from makegood.console import evidence_keys
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="arbiter-1")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--card",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where the card goes; else FILE.card.json.",
)
@click.option(
    "--arbiter",
    metavar="ADDRESS",
    help="An arbiter that signs elsewhere, such as a Safe: the message to sign is printed.",
)
def cli(run: Run, file: Path, card: Path | None, arbiter: str | None) -> None:
    """Make, as an arbiter, the key to which requesters seal evidence, and the card in which you sign it.

    FILE gets the secret (age, mode 600); where it is there already, only the card is made. Keep FILE: what
    was sealed to it opens with nothing else. Give the card to requesters; it holds no secret. Nothing is
    sent.

    \b
    Examples:
      ape run evidence_key my-evidence-key --account my-arbiter
      ape run evidence_key my-evidence-key --card new-panel.card.json --account my-arbiter
      ape run evidence_key safe-evidence-key --arbiter 0x41Ab…90
    """
    evidence_keys.evidence_key(run, file, card, arbiter)
