# SPDX-License-Identifier: Apache-2.0
"""`ape run end_challenge`."""

import click

from makegood.console import proving
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="anyone")
@click.argument("ticket")
@click.option("--claim", is_flag=True, help="Also claim what is breached; refused where nothing is.")
@click.option("--collect", is_flag=True, help="Also claim, and send it to the requester.")
def cli(run: Run, ticket: str, claim: bool, collect: bool) -> None:
    """End the challenge of TICKET once its window is over: it is a ticket like any other then. Anyone may.

    The bond goes back to who proved it, or to the desk where the proof was idle.

    \b
    Examples:
      ape run end_challenge 0x5f0c…e1
      ape run end_challenge 0x5f0c…e1 --collect
    """
    proving.end_challenge(run, ticket, claim=claim, collect=collect)
