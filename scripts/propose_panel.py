# SPDX-License-Identifier: Apache-2.0
"""`ape run propose_panel`."""

import click

from makegood.console import arbiters
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="operator")
@click.argument("arbiter", nargs=-1, required=True)
@click.option("--threshold", type=int, metavar="N", help="How many of them decide; else a majority.")
def cli(run: Run, arbiter: tuple[str, ...], threshold: int | None) -> None:
    """Propose each ARBITER for the panel that decides disputes. It can be adopted after the pool's notice.

    \b
    Examples:
      ape run propose_panel arbiter-1 arbiter-2 arbiter-3
      ape run propose_panel 0x14dC…9955 0x2361…1E8f 0xa0Ee…9720 --threshold 3
    """
    arbiters.propose_panel(run, arbiter, threshold)
