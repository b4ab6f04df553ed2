# SPDX-License-Identifier: Apache-2.0
"""An index with a million tickets, by the indexer's own insert path.

Every log of `benchmarks.explorer_story` goes through `makegood.indexer.writing.Writer`. The same code makes
the same index, so it is kept under a digest of the code: making it takes minutes.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import update

from benchmarks.explorer_logs import digest
from benchmarks.explorer_story import CHAIN, EVERY, NOBODY, START, Chain
from benchmarks.node import PROJECT
from makegood.indexer import schema
from makegood.indexer.node import Header
from makegood.indexer.store import Store, cursor_of
from makegood.indexer.writing import Writer

TICKETS = 1_000_000
FOLDER = PROJECT / ".cache" / "bench"

_LIVE = 64  # blocks at the end that are not final


def made(tickets: int, say: Callable[[str], None]) -> Path:
    """The file of an index with so many tickets; what is kept of older code is thrown away."""
    found = FOLDER / f"explorer-{tickets}-{_digest()}.sqlite"
    if not found.exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        for old in FOLDER.glob(f"explorer-{tickets}-*"):
            old.unlink()
        beginning = found.with_suffix(".beginning")
        for old in FOLDER.glob(f"{beginning.name}*"):
            old.unlink()
        _write(beginning, tickets, say)
        beginning.rename(found)
    return found


@contextmanager
def followed(file: Path) -> Iterator[None]:
    """Something is written every second, with which every page may have changed; the head stays."""
    store, ended = Store(f"sqlite:///{file}"), threading.Event()
    chains = schema.chains

    def write() -> None:
        with store.writing() as connection:
            now = {"written_at": int(time.time()), "revision": chains.c.revision + 1}
            connection.execute(update(chains).values(now))

    def follow() -> None:
        while not ended.wait(1):
            write()

    write()
    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
        store.close()


def _digest() -> str:
    """Of all code that makes the index what it is."""
    package = PROJECT / "makegood"
    own = [PROJECT / "benchmarks" / f"explorer_{name}.py" for name in ("index", "logs", "story")]
    code = [*own, package / "clock.py", *sorted((package / "indexer").rglob("*.py"))]
    return hashlib.sha256(b"".join(each.read_bytes() for each in code)).hexdigest()[:12]


def _write(file: Path, tickets: int, say: Callable[[str], None]) -> None:
    store = Store(f"sqlite:///{file}")
    assets = {NOBODY: {"asset_symbol": "ETH", "asset_decimals": 18}}
    began, events = time.monotonic(), 0
    for headers, logs in Chain(tickets).blocks():
        head = headers[-1]
        final = max(0, head.number - _LIVE)
        past = Header(final, digest(f"block {final}"), "", START + final * EVERY)
        with store.writing() as connection:
            writer = Writer(connection, CHAIN, revocable=False, assets=assets)
            writer.blocks(headers, logs)
            more = {"first_block": 0, "node_number": head.number}
            writer.finish(
                cursor_of(connection, CHAIN), head, safe=max(0, head.number - _LIVE // 2), final=past, **more
            )
        events += len(logs)
    # A file is complete without what stands beside it.
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ROLLBACK")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    size = file.stat().st_size / 1e9
    seconds = time.monotonic() - began
    say(f"Made an index of {tickets:,} tickets: {events:,} events, {size:.1f} GB, in {seconds:.0f} s.")
