# SPDX-License-Identifier: Apache-2.0
"""`ape run prove`."""

from pathlib import Path

import click

from makegood.console import proving
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="requester")
@click.argument("receipt", type=click.Path(path_type=Path))
def cli(run: Run, receipt: Path) -> None:
    """Prove the ticket of a batch's RECEIPT onto the chain, as its requester or the requester's keeper.

    It takes the policy's bond, which is said before anything is sent, and begins the challenge: the desk can
    show what it did until the window is over. Then claim. Nobody else can prove it.

    \b
    Examples:
      ape run prove receipt.json
      ape run prove receipt.json --account keeper
    """
    proving.prove(run, receipt)
