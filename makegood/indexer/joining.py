# SPDX-License-Identifier: Apache-2.0
"""Desks and factories that an index was begun without: what they did so far is read, and they are followed.

All of it is one transaction: an index has a desk's whole history, or does not know the desk. Rows of
different desks have nothing to do with each other, so that it makes no difference which were written first.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy.engine import Connection

from makegood.errors import NodeUnreachable, UsageError
from makegood.indexer.follow import Follower, uncollected
from makegood.indexer.logs import Log
from makegood.indexer.node import Header, Node
from makegood.indexer.reading import Reading
from makegood.indexer.rows import Row, upsert
from makegood.indexer.schema import desks
from makegood.indexer.store import (
    DESK,
    FACTORY,
    PARTS,
    Cursor,
    Store,
    contracts_of,
    cursor_of,
    write_cursor,
)
from makegood.indexer.writing import Writer, known_hashes


def join(store: Store, node: Node, factories: Sequence[str], rows: Sequence[Row], first_block: int) -> None:
    """Follow these as well: `rows` are of desks of which nothing happened yet.

    The index goes to the node's newest block before. Raises UsageError for a factory of which a desk is
    followed already, NodeUnreachable where the chain changes meanwhile: then nothing was changed.
    """
    follower = Follower(store, node)
    while not follower.step().done:
        pass
    contracts: dict[str, tuple[str, str | None]] = dict.fromkeys(factories, (FACTORY, None))
    contracts |= {row[part]: (part, row["desk"]) for row in rows for part in PARTS}
    with uncollected(), store.writing() as connection:
        cursor = cursor_of(connection, node.chain_id, lock=True)
        assert cursor is not None  # noqa: S101
        joining = _Joining(connection, cursor, Reading(node, contracts))
        Store.remember(connection, cursor.chain, FACTORY, factories)
        Store.remember(connection, cursor.chain, DESK, [row["desk"] for row in rows])
        if rows:
            upsert(connection, desks, rows)
        joining.final(node, first_block)
        joining.live(node)
        fields: dict[str, Any] = {}
        if joining.first is not None:
            fields["first_block"] = min(cursor.first_block, joining.first)
        write_cursor(connection, cursor, **fields)


class _Joining:
    """Blocks that the index has passed are read again, for other contracts."""

    def __init__(self, connection: Connection, cursor: Cursor, reading: Reading) -> None:
        self._connection = connection
        self._cursor = cursor
        self._reading = reading
        self._followed = set(contracts_of(connection, cursor.chain))
        self.first: int | None = None
        """The block of the first event."""

    def final(self, node: Node, first: int) -> None:
        """What can no more be taken back, range by range."""
        last = self._cursor.final_number
        if last >= 0 and node.headers([last])[0].hash != self._cursor.final_hash:
            raise _changed()
        while first <= last:
            headers, logs = self._reading.final(first, last)
            self._write(headers, logs, revocable=False)
            first = headers[-1].number + 1

    def live(self, node: Node) -> None:
        """What can be taken back, block by block."""
        cursor = self._cursor
        first = cursor.final_number + 1
        common = Header(-1, cursor.final_hash, "", 0) if first == 0 else node.headers([first - 1])[0]
        headers, logs = self._reading.live(common, cursor.head_number)
        ours = known_hashes(self._connection, cursor.chain, first, cursor.head_number)
        if ours != {header.number: header.hash for header in headers}:
            raise _changed()
        self._write(headers, logs, revocable=True)

    def _write(self, headers: Sequence[Header], logs: Sequence[Log], *, revocable: bool) -> None:
        if self._followed & set(self._reading.contracts):
            raise UsageError(
                "A desk of this factory is followed already, by its own address.",
                hint="Begin another index with the factory alone: give --database another file.",
            )
        if logs and self.first is None:
            self.first = logs[0].block_number
        writer = Writer(
            self._connection, self._cursor.chain, revocable=revocable, assets=self._reading.assets, again=True
        )
        writer.blocks(headers, logs)


def _changed() -> NodeUnreachable:
    return NodeUnreachable("The node's chain is not where the index is.", hint="Try again.")
