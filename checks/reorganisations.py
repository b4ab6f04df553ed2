# SPDX-License-Identifier: Apache-2.0
"""Whether an index survives reorganisations and kills: afterwards it equals a fresh one, byte for byte.

A node's chain is taken back by random depths and goes on with other transactions, while `makegood index run`
follows it and is ended by SIGKILL at random moments. Now and then the chain rests; what the index then holds
is compared with a fresh index of the same node, line by line.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from benchmarks.node import anvil
from checks.index_rows import differences
from checks.random_desk import RandomDesk
from checks.served import served
from makegood.errors import MakegoodError
from makegood.indexer import contracts, dump, schema
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, cursor_of, default_url

TIMES, DEPTH = 200, 32
SAFE_TIMES = 20
"""With a chain whose safe block is near: reorganisations that reach below it."""

_REACHES_WITHIN = 60.0
_COMPARED_EVERY = 10
_A_NODE = 20  # reorganisations
_FIRST_CHAIN = 31_337
_SAFE_EPOCH = 2  # slots: the safe block is two behind the newest, the final one four


@dataclass
class Result:
    """What was done and found."""

    times: int = 0
    deepest: int = 0
    kills: int = 0
    below_safe: int = 0
    noticed: int = 0
    orphaned: int = 0
    events: int = 0
    compared: int = 0
    differences: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """What was found on another node."""
        for name in ("times", "kills", "below_safe", "noticed", "orphaned", "events", "compared"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.deepest = max(self.deepest, other.deepest)
        self.differences += other.differences


class Indexing:
    """`makegood index run` as a process that can die at any moment, and is started again."""

    def __init__(self, url: str, database: str, factory: str, log: Path) -> None:
        self._command = [sys.executable, "-m", "makegood", "index", "run", "--rpc", url, "--interval", "0.1"]
        self._command += ["--database", database, "--factory", factory, "--private-leaves"]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = log

    def start(self) -> None:
        """Go on."""
        if self._process is None:
            with self._log.open("ab") as log:
                self._process = subprocess.Popen(self._command, stdout=log, stderr=log)

    def kill(self) -> None:
        """End it at once, wherever it is."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def check(self) -> None:
        """Raises MakegoodError where it ended by itself."""
        if self._process is not None and self._process.poll() is not None:
            raise MakegoodError(f"The index ended by itself: {self.told()}")

    def told(self) -> str:
        """The last of what it said."""
        return self._log.read_bytes()[-2_000:].decode("utf-8", "replace")


class Check:
    """One node, one index, random reorganisations."""

    def __init__(self, w3: Any, folder: Path, seed: int, database: str | None, address: str) -> None:
        self.random = random.Random(seed)  # noqa: S311
        self.desk = RandomDesk(w3, self.random, folder / "leaves", address)
        self.url = str(w3.provider.endpoint_uri)
        self.folder = folder
        self.database = database or default_url(folder / "index")
        self.indexing = Indexing(self.url, self.database, self.desk.factory.address, folder / "log")
        self.result = Result()
        self._snapshots: dict[int, str] = {}

    def run(self, times: int, depths: Sequence[int]) -> Result:
        """Reorganise so many times, each as deep as one of `depths`."""
        self.indexing.start()
        try:
            self._fill(max(depths) + 2)
            for turn in range(1, times + 1):
                self._reorganise(self.random.choice(depths), max(depths))
                if turn % _COMPARED_EVERY == 0 or turn == times:
                    self._compare()
            self._count()
        finally:
            self.indexing.kill()
        return self.result

    def _fill(self, blocks: int) -> None:
        while self._number() < blocks + 40:
            self._act(4)

    def _act(self, times: int) -> None:
        for _ in range(times):
            self.desk.act()
            number = self._number()
            if number not in self._snapshots:
                self._snapshots[number] = self.desk.ask("evm_snapshot")
            if self.random.random() < 0.01:
                self._die()

    def _die(self) -> None:
        self.indexing.check()
        self.indexing.kill()
        self.result.kills += 1
        self.indexing.start()

    def _reorganise(self, depth: int, most: int) -> None:
        if self.random.random() < 0.7:
            self._reach()
        else:
            time.sleep(self.random.random())
        before = self._number()
        safe = int(self.desk.w3.eth.get_block("safe")["number"])
        if self.random.random() < 0.5:
            self._replace(depth)
        else:
            depth = self._revert(depth, most)
        result = self.result
        result.times += 1
        result.deepest = max(result.deepest, depth)
        result.below_safe += before - depth < safe
        if self.random.random() < 0.4:
            time.sleep(self.random.random())
            self._die()
        # Longer than before in the end: a node that is behind is waited for.
        while self._number() <= before:
            self._act(2)
        self._act(self.random.randrange(1, 6))

    def _replace(self, depth: int) -> None:
        """As many other blocks, some with a transfer in them."""
        people = [self.desk.one.address, self.desk.other.address]
        transfer = {"from": people[0], "to": people[1], "value": hex(self.random.randrange(10**6))}
        pairs = [[transfer, place] for place in range(depth) if self.random.random() < 0.2]
        self.desk.ask("anvil_reorg", depth, pairs)
        after = self._number() - depth
        self._snapshots = {number: each for number, each in self._snapshots.items() if number <= after}

    def _revert(self, depth: int, most: int) -> int:
        """Back to the newest snapshot that is at least so deep, and at most `most`."""
        wanted = self._number() - depth
        number = max((each for each in self._snapshots if each <= wanted), default=0)
        if number == 0 or self._number() - number > most:
            self._replace(depth)
            return depth
        deep = self._number() - number
        self.desk.ask("evm_revert", self._snapshots.pop(number))
        self._snapshots = {each: found for each, found in self._snapshots.items() if each < number}
        return deep

    def _number(self) -> int:
        return int(self.desk.w3.eth.block_number)

    # ------------------------------------------------------------ the index

    def _reach(self) -> None:
        """Wait until the index stands at the node's newest block."""
        deadline = time.monotonic() + _REACHES_WITHIN
        store = Store(self.database)
        try:
            while True:
                self.indexing.check()
                # Asked for anew: what was left over from a full block may still be mined.
                head = self.desk.w3.eth.get_block("latest")
                wanted = "0x" + bytes(head["hash"]).hex()
                with store.reading() as connection:
                    cursor = cursor_of(connection, self.desk.desk.chain_id)
                if cursor is not None and cursor.head_hash == wanted:
                    return
                if time.monotonic() > deadline:
                    raise MakegoodError(
                        f"The index does not reach block {head['number']}: {self.indexing.told()}"
                    )
                time.sleep(0.05)
        finally:
            store.close()

    def _compare(self) -> None:
        self._reach()
        self.indexing.kill()
        with tempfile.TemporaryDirectory() as folder:
            fresh = default_url(Path(folder))
            node = Node(self.url)
            sides = []
            for url in (self.database, fresh):
                store = Store(url)
                try:
                    contracts.follow(store, node, [self.desk.factory.address], [])
                    files = LeafFiles(store, node.chain_id, private=True, clock=_later)
                    backfill(Follower(store, node), files, lambda _: None)
                    while files.look():
                        pass
                    with store.reading() as connection:
                        sides.append(list(dump.lines(connection, node.chain_id)))
                        told = differences(connection, self.desk.desk) if url == fresh else []
                finally:
                    store.close()
        ours, theirs = sides
        self.result.compared += 1
        self.result.differences += told[:5]
        self.result.events = sum(line.startswith("events\t") for line in theirs)
        extra, missing = set(ours) - set(theirs), set(theirs) - set(ours)
        self.result.differences += [f"only in the index: {line}" for line in sorted(extra)[:5]]
        self.result.differences += [f"only in a fresh one: {line}" for line in sorted(missing)[:5]]
        if ours != theirs and not extra and not missing:
            self.result.differences.append("the lines are the same, in another order")
        self.indexing.start()

    def _count(self) -> None:
        store = Store(self.database)
        try:
            with store.reading() as connection:
                chain = self.desk.desk.chain_id
                noticed = select(func.count()).where(schema.reorganisations.c.chain == chain)
                orphaned = select(func.count()).where(
                    schema.events.c.orphaned, schema.events.c.chain == chain
                )
                self.result.noticed = connection.execute(noticed).scalar_one()
                self.result.orphaned = connection.execute(orphaned).scalar_one()
        finally:
            store.close()


def _later() -> float:
    # Every file that was not there is due to be looked for again.
    return time.time() + 10**6


def check(
    times: int, seed: int, *, safe: bool = False, database: str | None = None, depth: int = DEPTH
) -> Result:
    """Reorganise so many times; `safe` on chains whose safe block is near, and below it.

    A node is asked for a few at most: anvil loses a chain's state once it has been taken back too often. Each
    has a chain id of its own, so that one database takes them all.
    """
    options = ("--slots-in-an-epoch", str(_SAFE_EPOCH)) if safe else ()
    # Two behind the newest block is safe, four behind is final: what lies between can still be replaced.
    depths = range(_SAFE_EPOCH + 1, 2 * _SAFE_EPOCH + 1) if safe else range(1, depth + 1)
    result = Result()
    for part, done in enumerate(range(0, times, _A_NODE)):
        chain = ("--chain-id", str(_FIRST_CHAIN + 1_000 * safe + part))
        with tempfile.TemporaryDirectory(prefix="makegood-") as name, anvil(*options, *chain) as w3:
            folder = Path(name)
            with served(folder / "leaves") as address:
                found = Check(w3, folder, seed + part, database, address).run(
                    min(_A_NODE, times - done), depths
                )
        result.add(found)
        if result.differences:
            break
    return result


def main(arguments: Sequence[str] | None = None) -> int:
    """Reorganise, compare and print; 1 where anything differs."""
    parser = argparse.ArgumentParser(prog="python -m checks.reorganisations", description=__doc__)
    parser.add_argument(
        "--times", type=int, default=TIMES, metavar="N", help="how many (default: %(default)s)"
    )
    parser.add_argument(
        "--below-safe", type=int, default=SAFE_TIMES, metavar="N", help="how many more (default: %(default)s)"
    )
    parser.add_argument("--seed", type=int, default=int.from_bytes(os.urandom(4), "big"), metavar="N")
    parser.add_argument("--database", metavar="URL", help="an empty database, else one in SQLite")
    options = parser.parse_args(arguments)
    failed = False
    for times, safe in ((options.times, False), (options.below_safe, True)):
        if not times:
            continue
        started = time.monotonic()
        try:
            found = check(times, options.seed, safe=safe, database=options.database)
        except MakegoodError as error:
            print(f"{error} (seed {options.seed})", file=sys.stderr)
            return 1
        for difference in found.differences:
            print(difference, file=sys.stderr)
        failed = failed or bool(found.differences)
        print(
            f"{found.times} reorganisations up to {found.deepest} blocks deep, {found.below_safe} below the "
            f"safe block, {found.kills} kills: the index noticed {found.noticed}, holds {found.events:,} "
            f"events and {found.orphaned:,} orphaned ones; {len(found.differences)} differences from a fresh "
            f"one in {found.compared} comparisons (seed {options.seed}, {time.monotonic() - started:.0f} s)"
        )
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
