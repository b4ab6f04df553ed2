# SPDX-License-Identifier: Apache-2.0
"""`ape run name_successor`."""

import click

from makegood.console import keepers
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("agent")
@click.argument("successor")
def cli(run: Run, agent: str, successor: str) -> None:
    """Let entries that SUCCESSOR anchors count for tickets whose openings AGENT anchored. For good.

    Name one before you revoke an agent, or its open batch tickets can no longer be answered in batches.

    \b
    Examples:
      ape run name_successor 0x7099…79C8 0x3C44…93BC
    """
    keepers.name_successor(run, agent, successor)
