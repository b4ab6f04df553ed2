# SPDX-License-Identifier: Apache-2.0
"""`ape run answer`."""

from pathlib import Path

import click

from makegood.console import answering
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="agent")
@click.argument("ticket", nargs=-1)
@click.option("--all", "every", is_flag=True, help="Every challenged ticket that the store's batches opened.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The store of `ape run anchor`; else the one in the data folder.",
)
@click.option(
    "--leaves", metavar="WHERE", help="Leaves instead of the store: a file, a folder or an http(s) address."
)
def cli(run: Run, ticket: tuple[str, ...], every: bool, store: Path | None, leaves: str | None) -> None:
    """Show the entries of each challenged TICKET that were anchored and are to count. Anyone may.

    In the first half of the challenge window all of them; in the second only follow-ups, and what was
    anchored in that half. Run it often enough: what is not shown in time does not count.

    \b
    Examples:
      ape run answer --all
      ape run answer 0x5f0c…e1 --leaves https://desk.example/leaves
    """
    answering.answer(run, ticket, every=every, store=store, leaves=leaves)
