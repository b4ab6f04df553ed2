# SPDX-License-Identifier: Apache-2.0
"""Whether an index of random histories says what the contracts say.

A desk on anvil lives through random things while an index follows it. Several times the history stops, and
every row that a view can be asked about is compared with the view's answer (`checks.index_rows`). What is
printed in the end names the events that no history had: their folds were not looked at.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import Connection

from benchmarks.node import anvil
from checks.index_rows import Rows, differing
from checks.random_desk import RandomDesk
from checks.served import served
from makegood.errors import MakegoodError
from makegood.indexer import contracts, schema
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.logs import ARTIFACTS, kinds_of
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url

HISTORIES, ACTIONS, STOPS = 5, 600, 4


@dataclass
class Result:
    """What was compared and found."""

    events: Counter[str] = field(default_factory=Counter)
    compared: int = 0
    differences: list[str] = field(default_factory=list)

    @property
    def missed(self) -> list[str]:
        """Events of the contracts that never happened."""
        names = {kind.name for contract in ARTIFACTS for kind in kinds_of(contract).values()}
        return sorted(names - set(self.events))

    def look(self, connection: Connection, house: RandomDesk) -> None:
        """Compare what there is now."""
        for pair in Rows(connection, house.desk).pairs():
            self.compared += 1
            self.differences += differing(pair)


def check(seed: int, actions: int = ACTIONS, database: str | None = None) -> Result:
    """One history, stopped a few times."""
    result = Result()
    with (
        tempfile.TemporaryDirectory(prefix="makegood-") as name,
        anvil() as w3,
        served(Path(name) / "leaves") as address,
    ):
        house = RandomDesk(w3, random.Random(seed), Path(name) / "leaves", address)  # noqa: S311
        store = Store(database or default_url(Path(name)))
        node = Node(str(w3.provider.endpoint_uri))  # type: ignore[attr-defined]
        contracts.follow(store, node, [house.factory.address], [])
        follower, files = Follower(store, node), LeafFiles(store, node.chain_id, private=True)
        try:
            for _ in range(STOPS):
                house.act(actions // STOPS)
                backfill(follower, files, lambda _: None)
                with store.reading() as connection:
                    result.look(connection, house)
            with store.reading() as connection:
                names = connection.execute(select(schema.events.c.name).where(~schema.events.c.orphaned))
                result.events += Counter(names.scalars())
        finally:
            store.close()
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m checks.index_histories", description=__doc__)
    parser.add_argument("--histories", type=int, default=HISTORIES, metavar="N")
    parser.add_argument("--actions", type=int, default=ACTIONS, metavar="N", help="of each history")
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"), metavar="N")
    options = parser.parse_args(arguments)
    total = Result()
    for turn in range(options.histories):
        try:
            found = check(options.seed + turn, options.actions)
        except MakegoodError as error:
            print(f"{error} (seed {options.seed + turn})", file=sys.stderr)
            return 1
        total.events += found.events
        total.compared += found.compared
        total.differences += found.differences
        for difference in found.differences:
            print(f"{difference} (seed {options.seed + turn})", file=sys.stderr)
    print(
        f"{options.histories} histories of {options.actions} actions, {sum(total.events.values()):,} events: "
        f"{total.compared:,} comparisons with the contracts, {len(total.differences)} differences "
        f"(seeds from {options.seed}). Never happened: {', '.join(total.missed) or 'nothing'}."
    )
    return 1 if total.differences else 0


if __name__ == "__main__":
    sys.exit(main())
