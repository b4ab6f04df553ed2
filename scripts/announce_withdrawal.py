# SPDX-License-Identifier: Apache-2.0
"""`ape run announce_withdrawal`."""

import click

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("amount")
def cli(run: Run, amount: str) -> None:
    """Announce that free funds of at most AMOUNT will be taken out, usable for seven days after the notice.

    \b
    Examples:
      ape run announce_withdrawal 0.5
    """
    money.announce_withdrawal(run, amount)
