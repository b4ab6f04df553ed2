# SPDX-License-Identifier: Apache-2.0
"""`ape run replay`."""

from pathlib import Path

import click

from makegood.console import replaying
from makegood.console.command import command
from makegood.console.network import IN_PROCESS
from makegood.console.run import Run


@command(acts_as=None, needs_desk=False, network=IN_PROCESS)
@click.argument("events", type=click.Path(path_type=Path))
@click.option(
    "--policy", required=True, type=click.Path(path_type=Path), metavar="FILE", help="The policy to judge by."
)
@click.option(
    "--per-ticket",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Write each ticket's breaches as CSV.",
)
def cli(run: Run, events: Path, policy: Path, per_ticket: Path | None) -> None:
    """Push the ticket log in the CSV file EVENTS through a fresh desk, and say what a policy would have cost.

    Runs on a local chain only, whose clock it moves for years; accounts of its own act. A bad row stops it
    before the first transaction.

    \b
    Examples:
      ape run replay events.csv --policy examples/policy.yaml
      ape run replay events.csv --policy examples/policy.yaml --json --per-ticket tickets.csv
      ape run replay events.csv --policy examples/policy.yaml --network ethereum:local:foundry
    """
    replaying.replay_log(run, events, policy, per_ticket)
