# SPDX-License-Identifier: Apache-2.0
"""Blocks and their logs into an index: what was seen, and what follows from it."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection

from makegood.indexer import schema
from makegood.indexer.batch_tickets import BatchTickets
from makegood.indexer.fold import Fold
from makegood.indexer.fold_desk import new_desk
from makegood.indexer.logs import DESK, FACTORY, SEARCHED, Log, kinds_of, raw
from makegood.indexer.node import Header
from makegood.indexer.rows import Rows
from makegood.indexer.store import Cursor, write_cursor
from makegood.indexer.tickets import KEPT

_EVENT_COLUMNS = (
    "chain",
    "block_hash",
    "log_index",
    "block_number",
    "time",
    "transaction_hash",
    "address",
    "contract",
    "desk",
    "name",
    *SEARCHED,
    "topics",
    "data",
    "orphaned",
)
_RESOLUTION = "resolution_state"
_BLOCK_COLUMNS = ("chain", "hash", "number", "parent_hash", "time", "events", "orphaned")


class Writer:
    """One transaction's changes to a chain."""

    def __init__(
        self,
        connection: Connection,
        chain: int,
        *,
        revocable: bool,
        assets: Mapping[str, Mapping[str, object]] = MappingProxyType({}),
        again: bool = False,
    ) -> None:
        """`revocable`: what is written is not final, and can be taken back block by block.

        `assets` has what the tokens of new desks say of themselves, by their address. `again`: these blocks
        were written before, with the events of other desks.
        """
        self._again = again
        self._assets = assets
        self._connection = connection
        self._chain = chain
        self._rows = Rows(connection, chain)
        self._rows.journals = revocable
        self._fold = Fold(self._rows)

    def take_back(self, common: int, cursor: Cursor) -> None:
        """A reorganisation: nothing after the common block counts any more."""
        for table, number in ((schema.blocks, "number"), (schema.events, "block_number")):
            newer = (table.c.chain == self._chain) & (table.c[number] > common) & ~table.c.orphaned
            self._connection.execute(update(table).where(newer).values(orphaned=True))
        self._rows.take_back(common)
        self._connection.execute(
            insert(schema.reorganisations).values(
                chain=self._chain,
                common_number=common,
                head_number=cursor.head_number,
                head_hash=cursor.head_hash,
                found_at=int(time.time()),
            )
        )

    def blocks(self, headers: Sequence[Header], logs: Sequence[Log]) -> None:
        """Write these blocks and what is in them; the logs are in order, with their times."""
        counts: dict[str, int] = {}
        for log in logs:
            counts[log.block_hash] = counts.get(log.block_hash, 0) + 1
        _insert(
            self._connection,
            "blocks",
            _BLOCK_COLUMNS,
            ("chain", "hash"),
            [
                (self._chain, one.hash, one.number, one.parent, one.time, counts.get(one.hash, 0), False)
                for one in headers
                if one.hash in counts or not self._again
            ],
            ", events = blocks.events + excluded.events" if self._again else "",
        )
        _insert(
            self._connection,
            "events",
            _EVENT_COLUMNS,
            ("chain", "block_number", "block_hash", "log_index"),
            [_event(self._chain, log) for log in logs],
        )
        if not self._rows.journals:
            self._fold_some(logs, headers[-1].number if headers else 0)
            return
        by_block: dict[int, list[Log]] = {}
        for log in logs:
            by_block.setdefault(log.block_number, []).append(log)
        for number, some in by_block.items():
            self._fold_some(some, number)

    def _fold_some(self, logs: Sequence[Log], number: int) -> None:
        if not logs:
            return
        opened = set()
        seen: dict[tuple[str, int, str | None], None] = {}
        for log in logs:
            if log.contract == FACTORY:
                self._begin_desk(log)
            elif log.contract == DESK and "ticket_id" in log.given:
                ticket = (log.given["ticket_id"], self._chain, log.desk)
                if log.kind.name == "TicketOpened":
                    opened.add(ticket)
                seen[ticket] = None
        known = [key for key in seen if key not in opened]
        self._rows.prefetch(schema.tickets, known)
        # Of what may happen to it, a resolution that was kept is the only promise that is read again.
        kept = [key for key in known if (self._rows.get(schema.tickets, *key) or {}).get(_RESOLUTION) == KEPT]
        self._rows.prefetch(schema.promises, [(*key, 0) for key in kept])
        self._fold.take(logs)
        if self._fold.changed_agents:
            BatchTickets(self._rows).agents_changed(self._fold.changed_agents, number)
            self._fold.changed_agents.clear()
        self._rows.flush(number)

    def _begin_desk(self, log: Log) -> None:
        # A desk's first events come before the one that tells of it.
        given = log.given
        names = ("pool", "panel", "lane", "directory", "asset", "notice")
        facts = self._assets.get(given["asset"], {})
        row = new_desk(self._chain, given["desk"], **{name: given[name] for name in names}, **facts)
        self._rows.put(schema.desks, row)

    def finish(self, cursor: Cursor | None, head: Header, *, safe: int, final: Header, **more: int) -> None:
        """Move the cursor; what is final now is never taken back."""
        if cursor is None or final.number > cursor.final_number:
            self._forget_undo(-1 if cursor is None else cursor.final_number, final.number)
        write_cursor(
            self._connection,
            cursor,
            chain=self._chain,
            head_number=head.number,
            head_hash=head.hash,
            head_time=head.time,
            safe_number=safe,
            final_number=final.number,
            final_hash=final.hash,
            **more,
        )

    def _forget_undo(self, before: int, final: int) -> None:
        undo, blocks = schema.undo, schema.blocks
        self._connection.execute(
            delete(undo).where(undo.c.chain == self._chain, undo.c.block_number <= final)
        )
        # Blocks in which nothing happened are kept for their parents' sake, until they are final.
        empty = blocks.c.number.between(before, final - 1) & (blocks.c.events == 0) & ~blocks.c.orphaned
        self._connection.execute(delete(blocks).where(blocks.c.chain == self._chain, empty))


def known_hashes(connection: Connection, chain: int, first: int, last: int) -> Mapping[int, str]:
    """The hashes of the index's blocks by their number, orphaned ones left out."""
    blocks = schema.blocks
    query = select(blocks.c.number, blocks.c.hash).where(
        blocks.c.chain == chain, blocks.c.number.between(first, last), ~blocks.c.orphaned
    )
    return {row.number: row.hash for row in connection.execute(query)}


def wanted(logs: Iterable[Log], contracts: Mapping[str, tuple[str, str | None]]) -> list[Log]:
    """The logs that are events of these contracts, each with whose it is."""
    found = []
    events = {contract: kinds_of(contract) for contract, _ in contracts.values()}
    for log in logs:
        owner = contracts.get(log.address)
        if owner is None or not log.topics:
            continue
        kind = events[owner[0]].get(log.topics[0])
        if kind is not None and kind.topics == len(log.topics):
            log.contract, log.desk = owner
            found.append(log)
    return found


def _event(chain: int, log: Log) -> tuple[object, ...]:
    kind = log.kind
    return (
        chain,
        log.block_hash,
        log.log_index,
        log.block_number,
        log.time,
        log.transaction,
        log.address,
        log.contract,
        log.desk,
        kind.name,
        *kind.searched(log.given),
        *raw(log.topics, log.data),
        False,
    )


def _insert(
    connection: Connection,
    table: str,
    columns: Sequence[str],
    keys: Sequence[str],
    rows: Sequence[tuple[object, ...]],
    also: str = "",
) -> None:
    # A block that was orphaned may come back, and its logs with it.
    if not rows:
        return
    mark = "%s" if connection.dialect.name == "postgresql" else "?"
    names = ", ".join(columns)
    marks = ", ".join([mark] * len(columns))
    statement = (
        f"INSERT INTO {table} ({names}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET orphaned = excluded.orphaned{also}"
    )
    connection.exec_driver_sql(statement, list(rows))
