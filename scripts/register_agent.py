# SPDX-License-Identifier: Apache-2.0
"""`ape run register_agent`."""

import click

from makegood.console import people
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("agent")
@click.option(
    "--kind",
    type=click.Choice(tuple(people.KINDS)),
    default="human",
    show_default=True,
    help="Bots stop no clock.",
)
@click.option("--did", required=True, help="The agent's DID; its SHA-256 goes on chain.")
@click.option("--until", default="365d", show_default=True, help="The last day, time, or a span from now.")
def cli(run: Run, agent: str, kind: str, did: str, until: str) -> None:
    """Appoint AGENT (an address or an account of Ape), or move its end and its DID.

    \b
    Examples:
      ape run register_agent agent --did did:web:support.example
      ape run register_agent 0x7099…79C8 --kind bot --did did:key:z6Mk…2doK --until 2028-01-01
    """
    people.register_agent(run, agent, kind, did, until)
