# SPDX-License-Identifier: Apache-2.0
"""All that an index holds of the chain as it is now, line by line: two indexes agree where their dumps do.

A line is a table's name, a tab, and the row as a JSON list; rows are sorted by their keys. Left out is what
depends on when one looked: orphaned rows, what is needed to take blocks back, when files were fetched. Of a
batch's leaves a dump says whether they are counted, and nothing of why they are not.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.engine import Connection

from makegood.indexer import schema
from makegood.indexer.fold_lane import PUBLISHED

_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Digest:
    """How many rows each table has, and SHA-256 of all lines, each with its line break."""

    counts: dict[str, int]
    sha256: str


def lines(connection: Connection, chain: int) -> Iterator[str]:
    """The lines of one chain."""
    head = schema.chains.c
    cursor = select(head.chain, head.head_number, head.head_hash).where(head.chain == chain)
    yield from _lines("chains", connection, cursor)
    blocks = schema.blocks.c
    kept = ~blocks.orphaned & (blocks.events > 0) & (blocks.chain == chain)
    yield from _lines(
        "blocks",
        connection,
        select(*(each for each in blocks if each.name != "orphaned")).where(kept).order_by(blocks.number),
    )
    events = schema.events.c
    yield from _lines(
        "events",
        connection,
        select(*(each for each in events if each.name not in ("id", "orphaned")))
        .where(~events.orphaned & (events.chain == chain))
        .order_by(events.block_number, events.log_index),
    )
    for table in sorted(schema.DERIVED, key=lambda each: each.name):
        query = select(table).where(table.c.chain == chain).order_by(*table.primary_key.columns)
        yield from _lines(table.name, connection, query, _counted if table is schema.batches else None)


def digest(
    connection: Connection, chain: int, told: Callable[[Iterable[str]], Iterable[str]] | None = None
) -> Digest:
    """The digest of a chain's dump; `told` may look at the lines on the way."""
    counts: Counter[str] = Counter()
    sha256 = hashlib.sha256()
    found: Iterable[str] = lines(connection, chain)
    for line in told(found) if told else found:
        counts[line.partition("\t")[0]] += 1
        sha256.update(f"{line}\n".encode())
    return Digest({name: counts[name] for name in tables()}, sha256.hexdigest())


def tables() -> list[str]:
    """The tables of a dump, in its order."""
    return ["chains", "blocks", "events", *sorted(table.name for table in schema.DERIVED)]


def _lines(
    name: str,
    connection: Connection,
    query: Select[Any],
    shown: Callable[[dict[str, Any]], None] | None = None,
) -> Iterator[str]:
    found = connection.execution_options(yield_per=_AT_ONCE).execute(query)
    for row in found.mappings():
        values = dict(row)
        if shown is not None:
            shown(values)
        plain = [
            f"0x{bytes(each).hex()}" if isinstance(each, bytes | memoryview) else each
            for each in values.values()
        ]
        yield f"{name}\t{json.dumps(plain, ensure_ascii=False, separators=(',', ':'))}"


def _counted(batch: dict[str, Any]) -> None:
    batch["leaves"] = batch["leaves"] == PUBLISHED
