# SPDX-License-Identifier: Apache-2.0
"""What a batch of many tickets takes: `python -m benchmarks.batch --tickets 1000000 --json`.

On one core: the openings as leaves in their order, the tree over them and its root, then the inclusion paths
of all tickets, which is what their receipts have of the tree, as raw bytes into one temporary file. Exit code
1 where a limit is passed.
"""

import argparse
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

if __name__ == "__main__" and not __package__:
    # As a script, its folder is on the path and not the checkout.
    sys.path[0] = str(Path(__file__).resolve().parents[1])

from benchmarks.batch_chain import ChainFigures, measure_chain
from benchmarks.batch_log import LogFigures, measure_log
from benchmarks.batch_peers import (
    LEAVES,
    TimestampPeer,
    TreePeer,
    measure_timestamps,
    measure_tree_peer,
    timestamp_lines,
    tree_lines,
)
from benchmarks.credentials import stay_on_one_core
from makegood.batches import Act, Batch, Entry
from makegood.clock import Priority
from makegood.console.table import table
from makegood.errors import MakegoodError, NotFound
from makegood.merkle import HASH_BYTES, path_length, verify

TICKETS = 1_000_000
SECONDS_LIMIT = 10.0
"""For the tree, its root and all paths of a million tickets, and in proportion for more."""
PEAK_LIMIT = 1_500.0
"""Megabytes of the whole process, likewise."""

PARTS = ("chain", "log", "peers")
"""Beside the tree."""

_NOW = 1_767_225_600  # seconds since 1970
_CHECKED = 1_000  # receipts that are read back and verified


@dataclass(frozen=True)
class TreeFigures:
    """What the tree of so many tickets took; a megabyte is 10**6 bytes."""

    tickets: int
    leaves_seconds: float
    tree_seconds: float
    receipts_seconds: float
    receipts_mb: float
    peak_mb: float

    @property
    def within(self) -> bool:
        """Whether the limits are kept."""
        millions = max(1.0, self.tickets / TICKETS)
        seconds = self.tree_seconds + self.receipts_seconds
        return seconds <= SECONDS_LIMIT * millions and self.peak_mb <= PEAK_LIMIT * millions


def measure_tree(tickets: int) -> TreeFigures:
    """Order so many openings, build the tree over them, and write all paths."""
    started = time.perf_counter()
    batch = Batch.of((_opening(index), Priority(index % 4)) for index in range(tickets))
    ordered = time.perf_counter()
    # Its tree is built when it is asked for.
    _ = batch.root
    built = time.perf_counter()
    with tempfile.TemporaryFile() as file:
        written = batch.tree.write_paths(file)
        file.flush()
        done = time.perf_counter()
        _check(file, batch, written)
    return TreeFigures(
        tickets=tickets,
        leaves_seconds=ordered - started,
        tree_seconds=built - ordered,
        receipts_seconds=done - built,
        receipts_mb=written / 1e6,
        peak_mb=_peak_mb(),
    )


def _opening(index: int) -> Entry:
    commitment = sha256(index.to_bytes(8, "big")).digest()
    return Entry(
        ticket_id=sha256(commitment).digest(),
        sequence=0,
        act=Act.OPENED,
        at=_NOW + index // 1_000,
        actor=f"0x{commitment[:20].hex()}",
        digest=commitment,
    )


def _check(file: BinaryIO, batch: Batch, written: int) -> None:
    # Figures of receipts that prove nothing would be none.
    position = 0
    for index in range(batch.size):
        length = HASH_BYTES * path_length(index, batch.size)
        if index % max(1, batch.size // _CHECKED) == 0 or index == batch.size - 1:
            file.seek(position)
            raw = file.read(length)
            path = [raw[at : at + HASH_BYTES] for at in range(0, length, HASH_BYTES)]
            if not verify(batch.root, batch.leaf_hash(index), index, batch.size, path):
                raise AssertionError(f"The path of leaf {index} does not prove it.")
        position += length
    if position != written:
        raise AssertionError("The paths have another length than they must.")


def _peak_mb() -> float:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1_024 / 1e6


# ---------------------------------------------------------------- all parts


@dataclass(frozen=True)
class Peers:
    """What others take, and our tree over as many leaves as theirs."""

    tree: TreePeer
    ours: TreeFigures
    timestamps: TimestampPeer


@dataclass(frozen=True)
class Figures:
    """All that was measured; None for a part that was left out."""

    tree: TreeFigures
    chain: ChainFigures | None
    log: LogFigures | None
    peers: Peers | None

    @property
    def too_much(self) -> tuple[str, ...]:
        """What passes its limit."""
        own = () if self.tree.within else ("the tree and its paths",)
        return own if self.chain is None else (*own, *self.chain.too_much)


def measure(tickets: int, parts: Sequence[str] = PARTS) -> Figures:
    """The tree, and the other parts that are wanted. Raises MakegoodError where one cannot be measured."""
    # First, since the peak of memory is the whole process's.
    _say(f"The tree of {tickets:,} tickets ...")
    tree = measure_tree(tickets)
    return Figures(
        tree,
        chain=_chain(tickets) if "chain" in parts else None,
        log=_log() if "log" in parts else None,
        peers=_peers() if "peers" in parts else None,
    )


def _chain(tickets: int) -> ChainFigures:
    _say("The same on anvil ...")
    return measure_chain(tickets)


def _log() -> LogFigures | None:
    _say("A helpdesk's log of four years on anvil, on both lanes: some minutes ...")
    found = measure_log()
    if found is None:
        _say("It is left out: there is no ../shared/data beside the checkout.")
    return found


def _peers() -> Peers | None:
    _say("The peers ...")
    try:
        return Peers(measure_tree_peer(LEAVES), measure_tree(LEAVES), measure_timestamps())
    except NotFound as error:
        _say(f"They are left out. {error}")
        return None


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


# ---------------------------------------------------------------- telling


def _tree_lines(figures: TreeFigures) -> list[str]:
    return table(
        (f"{figures.tickets:,} tickets, on one core", "", ""),
        [
            ("openings encoded and put in order", f"{figures.leaves_seconds:.1f}", "s"),
            ("tree and root", f"{figures.tree_seconds:.1f}", "s"),
            ("all paths, written to one file", f"{figures.receipts_seconds:.1f}", "s"),
            ("bytes of all paths", f"{figures.receipts_mb:,.0f}", "MB"),
            ("memory at most", f"{figures.peak_mb:,.0f}", "MB"),
        ],
        right=(1,),
        wrap=0,
    )


def _lines(figures: Figures) -> list[str]:
    tables = [_tree_lines(figures.tree)]
    if figures.peers is not None:
        ours = figures.peers.ours
        tables.append(
            # Theirs encodes and sorts the leaves in the same step.
            tree_lines(figures.peers.tree, (ours.leaves_seconds + ours.tree_seconds, ours.receipts_seconds))
        )
    if figures.chain is not None:
        tables.append(figures.chain.lines())
    if figures.chain is not None and figures.peers is not None:
        tables.append(
            timestamp_lines(figures.peers.timestamps, figures.chain.gas_per_ticket, figures.chain.tickets)
        )
    if figures.log is not None:
        tables.append(figures.log.lines())
    return [line for lines in tables for line in (*lines, "")][:-1]


def _fields(figures: Figures) -> dict[str, Any]:
    return {
        **asdict(figures.tree),
        **({} if figures.chain is None else figures.chain.fields()),
        "log": None if figures.log is None else figures.log.fields(),
        "peers": None if figures.peers is None else asdict(figures.peers),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.batch", description=__doc__)
    parser.add_argument(
        "--tickets", type=int, default=TICKETS, help="how many (default: %(default)s)", metavar="N"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object")
    parser.add_argument(
        "--without",
        action="append",
        choices=PARTS,
        default=[],
        help="leave a part out; can be given more than once",
        metavar="|".join(PARTS),
    )
    options = parser.parse_args(arguments)
    if options.tickets < 1:
        parser.error("--tickets must be 1 or more")
    stay_on_one_core()
    try:
        figures = measure(options.tickets, [part for part in PARTS if part not in options.without])
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(json.dumps(_fields(figures), indent=2) if options.json else "\n".join(_lines(figures)))
    for name in figures.too_much:
        print(f"{name}: over its limit.", file=sys.stderr)
    return 1 if figures.too_much else 0


if __name__ == "__main__":
    sys.exit(main())
