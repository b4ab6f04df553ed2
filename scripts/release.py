# SPDX-License-Identifier: Apache-2.0
"""`ape run release`."""

import click

from makegood.console import batching
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="anyone")
@click.argument("batch", nargs=-1, type=int)
def cli(run: Run, batch: tuple[int, ...]) -> None:
    """Free what each expired BATCH still holds for tickets that nobody proved; without one, all. Anyone may.

    \b
    Examples:
      ape run release
      ape run release 7 8
    """
    batching.release(run, batch)
