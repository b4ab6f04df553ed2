# SPDX-License-Identifier: Apache-2.0
"""`ape run revoke_agent`."""

import click

from makegood.console import agents
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("agent")
def cli(run: Run, agent: str) -> None:
    """End AGENT's standing at once and for good. What it did before stays.

    \b
    Examples:
      ape run revoke_agent 0x7099…79C8
    """
    agents.revoke_agent(run, agent)
