# SPDX-License-Identifier: Apache-2.0
"""`makegood index`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from makegood.cli.command import Command, json_option, rpc_option
from makegood.console.output import Output
from makegood.rpc import connected, kept_secret

if TYPE_CHECKING:
    from makegood.indexer.follow import Follower, Step
    from makegood.indexer.leaf_files import LeafFiles
    from makegood.indexer.node import Node
    from makegood.indexer.store import Store

DATABASE_VARIABLE = "MAKEGOOD_DATABASE"


@click.group()
def index() -> None:
    """Keep the events of desks in a database, for the explorer and for queries of your own."""


def database_option(function: Any) -> Any:
    """--database, as the argument `database`."""
    return click.option(
        "--database",
        metavar="URL",
        envvar=DATABASE_VARIABLE,
        help=f"sqlite:///FILE or postgresql://USER@HOST/NAME; else what {DATABASE_VARIABLE} holds, else "
        "index.sqlite in MAKEGOOD_DATA_FOLDER.",
    )(function)


def following_options(function: Any) -> Any:
    """What an index follows, and how."""
    options = (
        click.option(
            "--factory",
            "factories",
            multiple=True,
            metavar="ADDRESS",
            help="Follow all desks of this factory. Remembered; may be given several times.",
        ),
        click.option(
            "--desk",
            "desks",
            multiple=True,
            metavar="ADDRESS",
            help="Follow this desk. Remembered; may be given several times.",
        ),
        click.option(
            "--from-block",
            type=click.IntRange(min=0),
            default=0,
            metavar="N",
            help="Where a new index, or the reading of what it was begun without, starts: at or before the "
            "deployment of all that is named. Else at 0.",
        ),
        click.option(
            "--leaves/--no-leaves",
            default=True,
            help="Whether to fetch the leaves that batches name. By default they are.",
        ),
        click.option(
            "--private-leaves",
            is_flag=True,
            help="Fetch leaves also from this machine and its networks: any batch can name them.",
        ),
        click.option(
            "--gateway",
            metavar="URL",
            help="Fetch the leaves that ipfs:// addresses name from this gateway. Without one they are not.",
        ),
        database_option,
        rpc_option("the desks'"),
    )
    for option in reversed(options):
        function = option(function)
    return function


@index.command(cls=Command)
@following_options
@click.option(
    "--interval",
    type=click.FloatRange(min=0.1),
    default=1.0,
    show_default=True,
    metavar="SECONDS",
    help="How often the node is asked for a new block.",
)
def run(interval: float, rpc: str | None, **given: Any) -> None:
    """Index what there is, then follow the chain until ended.

    A node that does not answer is asked again for as long as it takes. Exit codes: 6 the node's chain parts
    from the index below a final block; 2 an option is wrong, 3 nothing is at an address or the node is of
    another chain.
    """
    from makegood.indexer.running import run as follow
    from makegood.serving.ending import until_ended

    output = Output()
    with (
        until_ended() as ended,
        kept_secret(rpc),
        _following(rpc, output, patience=None, **given) as (follower, node, leaves),
    ):
        follow(
            follower,
            node,
            leaves,
            lambda step: _tell(output, step),
            output.say,
            interval=interval,
            ended=ended,
        )


@index.command(cls=Command)
@following_options
@json_option
def backfill(rpc: str | None, as_json: bool, **given: Any) -> None:
    """Index what there is, and stop at the newest block."""
    from makegood.indexer.running import backfill as fill

    output = Output(as_json)
    with kept_secret(rpc), _following(rpc, output, patience=60.0, **given) as (follower, _, leaves):
        found = fill(follower, leaves, lambda step: _tell(output, step))
    output.result(
        {"block": found.head, "events": found.events},
        [f"Indexed up to block {found.head:,}: {found.events:,} events."],
    )


@index.command(cls=Command)
@database_option
@rpc_option("the index's")
@json_option
def audit(rpc: str | None, as_json: bool, database: str | None) -> None:
    """Compare the index with a fresh one made from a node, up to the index's newest block.

    Ask another node than the one that the index follows. Exit codes: 0 they are the same, byte for byte;
    6 they differ; 3 there is no index of the node's chain; 1 the node gave no usable answer.
    """
    from makegood.console.table import table
    from makegood.errors import VerificationFailed
    from makegood.indexer.audit import audit as compare
    from makegood.indexer.node import Node

    output = Output(as_json)
    connected(rpc)
    with kept_secret(rpc), opened(database) as store:
        found = compare(store, Node(str(rpc), say=output.say), lambda step: _tell(output, step))
    counts = found.ours.counts
    data = {
        "agrees": found.agrees,
        "chain": found.cursor.chain,
        "block": found.cursor.head_number,
        "ours": {"sha256": found.ours.sha256, "rows": counts},
        "theirs": {"sha256": found.theirs.sha256, "rows": found.theirs.counts},
    }
    rows = [(name, f"{counts[name]:,}", f"{found.theirs.counts[name]:,}") for name in counts]
    lines = [
        *table(("table", "index", "fresh"), rows, right=(1, 2), wrap=0),
        f"index  {found.ours.sha256}",
        f"fresh  {found.theirs.sha256}",
    ]
    if found.agrees:
        where = f"Up to block {found.cursor.head_number:,} of chain {found.cursor.chain}"
        output.result(data, [*lines, f"{where} the two are the same."])
        return
    error = VerificationFailed(
        f"The index is not what the node says up to block {found.cursor.head_number:,}.",
        hint="Ask a third node; where it agrees with this one, begin a new index.",
    )
    output.refuted(data, lines, error)


@index.command(cls=Command)
@database_option
@click.option(
    "--chain", type=click.IntRange(min=0), metavar="ID", help="Of which chain, where there are several."
)
def dump(database: str | None, chain: int | None) -> None:
    """Print every canonical row, one a line, sorted: what `audit` compares the digest of."""
    from makegood.errors import NotFound, UsageError
    from makegood.indexer.dump import lines
    from makegood.indexer.queries import cursors

    with opened(database) as store, store.reading() as connection:
        known = [cursor.chain for cursor in cursors(connection)]
        if chain is None and len(known) > 1:
            raise UsageError(
                "The database holds several chains.",
                hint=f"Give --chain, one of {', '.join(map(str, known))}.",
            )
        if not known or chain not in (None, *known):
            raise NotFound(
                "The database holds no index of such a chain.", hint="Run `makegood index run` first."
            )
        for line in lines(connection, known[0] if chain is None else chain):
            click.echo(line)


@contextmanager
def _following(
    rpc: str | None,
    output: Output,
    *,
    patience: float | None,
    factories: tuple[str, ...],
    desks: tuple[str, ...],
    from_block: int,
    leaves: bool,
    private_leaves: bool,
    gateway: str | None,
    database: str | None,
) -> Iterator[tuple[Follower, Node, LeafFiles | None]]:
    from makegood.console.deployments import data_folder
    from makegood.indexer.opening import following
    from makegood.indexer.settings import Settings
    from makegood.indexer.store import default_url

    connected(rpc)  # refuses what is no address
    chosen = Settings(
        factories=factories,
        desks=desks,
        from_block=from_block,
        leaves=leaves,
        private_leaves=private_leaves,
        gateway=gateway,
    )
    url = database or default_url(data_folder())
    with following(url, str(rpc), chosen, output.say, patience=patience) as found:
        yield found


@contextmanager
def opened(database: str | None) -> Iterator[Store]:
    """The index at an address, or that of the data folder."""
    from makegood.console.deployments import data_folder
    from makegood.indexer.store import Store, default_url

    store = Store(database or default_url(data_folder()))
    try:
        yield store
    finally:
        store.close()


def _tell(output: Output, step: Step) -> None:
    if step.events or step.taken_back:
        output.say(f"Block {step.head:,}: {step.events:,} events.")
