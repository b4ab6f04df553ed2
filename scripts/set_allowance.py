# SPDX-License-Identifier: Apache-2.0
"""`ape run set_allowance`."""

import click

from makegood.console import money
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("agent")
@click.argument("amount")
def cli(run: Run, agent: str, amount: str) -> None:
    """Let AGENT bind worst cases of up to AMOUNT by opening tickets for others; replaces what is left.

    Each such ticket spends its worst case, and nothing gives it back. 0 ends it.

    \b
    Examples:
      ape run set_allowance agent 1.5
    """
    money.set_allowance(run, agent, amount)
