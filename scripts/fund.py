# SPDX-License-Identifier: Apache-2.0
"""`ape run fund`."""

import click

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("amount")
def cli(run: Run, amount: str) -> None:
    """Add AMOUNT, in whole units of the asset, to the desk's pool.

    Debt is paid from it first. An ERC-20 is approved where it has to be. Nothing is given for it, and only
    free funds can be withdrawn again, after notice.

    \b
    Examples:
      ape run fund 2.5
      ape run fund 2.5 --dry-run
    """
    money.fund(run, amount)
