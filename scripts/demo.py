# SPDX-License-Identifier: Apache-2.0
"""`ape run demo`."""

from pathlib import Path

import click

from makegood.console import demonstrating
from makegood.console.command import command
from makegood.console.network import IN_PROCESS
from makegood.console.run import Run

EXAMPLES = Path(__file__).resolve().parents[1] / "examples"


@command(acts_as=None, needs_desk=False, network=IN_PROCESS)
@click.option(
    "--tickets",
    type=click.Path(path_type=Path),
    default=EXAMPLES / "tickets.yaml",
    metavar="FILE",
    help="The story; else that of examples/.",
)
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    default=EXAMPLES / "policy.yaml",
    metavar="FILE",
    help="The policy; else that of examples/.",
)
def cli(run: Run, tickets: Path, policy: Path) -> None:
    """Play a dozen tickets through every status and every kind of breach, and tell what came of it.

    Deploys and funds a desk on a local chain of its own, moves its clock over five weeks, and prints who got
    what, why, and what it cost. Every figure is the chain's.

    \b
    Examples:
      ape run demo
      ape run demo --json
    """
    demonstrating.demonstrate(run, tickets, policy)
