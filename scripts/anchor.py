# SPDX-License-Identifier: Apache-2.0
"""`ape run anchor`."""

from pathlib import Path

import click

from makegood.console import batching
from makegood.console.command import command
from makegood.console.run import Run


@command(acts_as="agent")
@click.argument("file", type=click.Path(allow_dash=True))
@click.option("--policy", type=int, metavar="ID", help="The policy of new tickets; else the newest.")
@click.option("--uri", default="", metavar="URL", help="Where you serve the leaves; goes on chain.")
@click.option("--must-back", is_flag=True, help="Refuse where free funds do not reach for the worst case.")
@click.option(
    "--store",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Where events and batches are recorded; else in the data folder, by chain and desk.",
)
@click.option(
    "--out",
    "receipts",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Where receipts go; else to receipts/ in the data folder.",
)
@click.option(
    "--publish",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder that you serve at --uri; else the leaves stay beside the store, in leaves/.",
)
def cli(
    run: Run,
    file: str,
    policy: int | None,
    uri: str,
    must_back: bool,
    store: Path | None,
    receipts: Path | None,
    publish: Path | None,
) -> None:
    """Anchor the events of FILE (- is stdin), one JSON object a line, and all that waited, as one batch.

    It prepays the worst case of every ticket that it opens, writes their receipts, and publishes the leaves.
    An event given twice counts once, and after a crash the same command goes on where it stopped.

    \b
    Examples:
      ape run anchor events.jsonl --uri https://desk.example/leaves --publish public/leaves
      ape run anchor - --must-back < events.jsonl
    """
    batching.anchor(run, file, batching.Wanted(policy, uri, must_back, store, receipts, publish))
