# SPDX-License-Identifier: Apache-2.0
"""`ape run withdraw`."""

import click

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("amount")
@click.option("--to", metavar="ADDRESS", help="Who gets it; else the account that acts.")
def cli(run: Run, amount: str, to: str | None) -> None:
    """Take AMOUNT of free funds out, as announced. What is reserved, credited or owed stays.

    \b
    Examples:
      ape run withdraw 0.5
      ape run withdraw 0.5 --to 0x3C44…93BC --dry-run
    """
    money.withdraw(run, amount, to)
