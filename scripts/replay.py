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
@click.option(
    "--lane",
    type=click.Choice(replaying.LANES),
    default="direct",
    show_default=True,
    help="Each row a transaction, or batches.",
)
@click.option("--every", metavar="DURATION", help="How often a batch is anchored.  [default: 10m]")
@click.option(
    "--false-claims", is_flag=True, help="Every second requester proves all its tickets at once, for nothing."
)
def cli(
    run: Run,
    events: Path,
    policy: Path,
    per_ticket: Path | None,
    lane: str,
    every: str | None,
    *,
    false_claims: bool,
) -> None:
    """Push the ticket log in the CSV file EVENTS through a fresh desk, and say what a policy would have cost.

    Runs on a local chain only, whose clock it moves for years; accounts of its own act. A bad row stops it
    before the first transaction.

    \b
    Examples:
      ape run replay events.csv --policy examples/policy.yaml
      ape run replay events.csv --policy examples/policy.yaml --json --per-ticket tickets.csv
      ape run replay events.csv --policy examples/policy.yaml --lane batch --every 10m
      ape run replay events.csv --policy examples/policy.yaml --network ethereum:local:foundry
    """
    batching = replaying.batching_of(lane, every, false_claims=false_claims)
    replaying.replay_log(run, events, policy, per_ticket, batching)
