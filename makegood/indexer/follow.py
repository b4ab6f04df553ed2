# SPDX-License-Identifier: Apache-2.0
"""An index follows a node: in ranges up to the final block, then block by block, back where they part."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from makegood.errors import ChainParted
from makegood.indexer import blooms
from makegood.indexer.node import Header, Node, Tip
from makegood.indexer.reading import Reading
from makegood.indexer.store import Cursor, Store, contracts_of, cursor_of
from makegood.indexer.writing import Writer, known_hashes

LIVE = 100
"""Blocks that are not final in one transaction."""
_BACK = 32  # blocks that are looked at together on the way back
_NO_HASH = "0x" + "00" * 32


@dataclass(frozen=True, slots=True)
class Step:
    """What one step did: up to which block, how many events, and whether that is all that there is."""

    head: int
    events: int
    done: bool
    taken_back: int = 0


class Follower:
    """Keeps one chain of a store at its node's newest block."""

    def __init__(
        self,
        store: Store,
        node: Node,
        *,
        first_block: int = 0,
        last_block: int | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`last_block` is where to stop; without one the node's newest block is."""
        self._store = store
        self._node = node
        self._chain = node.chain_id
        self._first = first_block
        self._last = last_block
        self._say = say
        self._reading = Reading(node, {})
        self._revision = -1

    # ------------------------------------------------------------ steps

    def step(self) -> Step:
        """Go on by one transaction. Raises ChainParted, and what the node and the store raise."""
        tip = self._tip()
        with self._store.reading() as connection:
            cursor = cursor_of(connection, self._chain)
            if cursor is None or cursor.revision != self._revision:
                self._reading.contracts = contracts_of(connection, self._chain)
                self._revision = -1 if cursor is None else cursor.revision
        if cursor is None:
            return self._range(None, self._before_first(), tip)
        common = self._common(cursor, tip)
        if common is None:
            return Step(cursor.head_number, 0, done=True)
        if common.number < tip.final:
            return self._range(cursor, common, tip)
        if common.number < tip.head.number or common.number < cursor.head_number:
            return self._live(cursor, common, tip)
        self._note_tip(cursor, tip)
        return Step(cursor.head_number, 0, done=True)

    def _tip(self) -> Tip:
        tip = self._node.tip()
        if self._last is None or tip.head.number <= self._last:
            return tip
        head = self._node.headers([self._last])[0]
        return Tip(head, min(tip.safe, head.number), min(tip.final, head.number))

    def _before_first(self) -> Header:
        if self._first == 0:
            return Header(-1, _NO_HASH, _NO_HASH, 0)
        return self._node.headers([self._first - 1])[0]

    # ------------------------------------------------------------ the way back

    def _common(self, cursor: Cursor, tip: Tip) -> Header | None:
        """The newest block that index and node share; None where the node only lags behind."""
        if cursor.head_number < 0:
            return self._before_first()
        if tip.head.number < cursor.head_number:
            if tip.head.number <= cursor.final_number or self._has(tip.head):
                return None
        else:
            there = self._node.headers([cursor.head_number])[0]
            if there.hash == cursor.head_hash:
                return there
        return self._walk_back(cursor, min(cursor.head_number, tip.head.number) - 1)

    def _has(self, header: Header) -> bool:
        with self._store.reading() as connection:
            found = known_hashes(connection, self._chain, header.number, header.number)
        return found.get(header.number) == header.hash

    def _walk_back(self, cursor: Cursor, start: int) -> Header:
        final = cursor.final_number
        while start >= max(final, 0):
            first = max(start - _BACK + 1, final, 0)
            with self._store.reading() as connection:
                ours = dict(known_hashes(connection, self._chain, first, start))
            ours[final] = cursor.final_hash
            for header in reversed(self._node.headers(range(first, start + 1))):
                if ours.get(header.number) == header.hash:
                    return header
            start = first - 1
        if final < 0:
            return self._before_first()
        raise ChainParted(
            f"The node's chain {self._chain} is another one: block {final}, which was final, differs.",
            hint="Ask another node. If the chain itself went back behind a final block, begin a new index.",
        )

    # ------------------------------------------------------------ forward

    def _range(self, cursor: Cursor | None, common: Header, tip: Tip) -> Step:
        first, last = common.number + 1, tip.final
        if last < first:
            return self._live(cursor, common, tip)
        with uncollected():
            headers, logs = self._reading.final(first, last)
            head = headers[-1]
            with self._store.writing() as connection:
                writer = self._writer(connection, cursor, common, revocable=False)
                if writer is None:
                    return Step(common.number, 0, done=False)
                writer.blocks(headers, logs)
                self._finish(writer, cursor, head, tip, head)
        return Step(head.number, len(logs), done=head.number == tip.head.number)

    def _live(self, cursor: Cursor | None, common: Header, tip: Tip) -> Step:
        end = min(tip.head.number, common.number + LIVE)
        headers, logs = self._reading.live(common, end)
        blooms.check(self._node, headers, logs, self._reading.addresses())
        with self._store.writing() as connection:
            writer = self._writer(connection, cursor, common, revocable=True)
            if writer is None:
                return Step(common.number, 0, done=False)
            writer.blocks(headers, logs)
            head = headers[-1] if headers else common
            final = self._final(connection, cursor, head, tip)
            self._finish(writer, cursor, head, tip, final)
        gone = 0 if cursor is None else cursor.head_number - common.number
        return Step(end, len(logs), done=end == tip.head.number, taken_back=gone)

    def _writer(
        self, connection: Connection, cursor: Cursor | None, common: Header, *, revocable: bool
    ) -> Writer | None:
        # Where another process went on meanwhile, what was read is of no use.
        if cursor_of(connection, self._chain, lock=True) != cursor:
            return None
        writer = Writer(connection, self._chain, revocable=revocable, assets=self._reading.assets)
        if cursor is not None and common.number < cursor.head_number:
            writer.take_back(common.number, cursor)
            self._revision = -1
            self._say(f"Blocks {common.number + 1} to {cursor.head_number} were replaced.")
        return writer

    def _finish(self, writer: Writer, cursor: Cursor | None, head: Header, tip: Tip, final: Header) -> None:
        before = -1 if cursor is None else cursor.safe_number
        writer.finish(
            cursor,
            head,
            safe=max(min(tip.safe, head.number), final.number, min(before, head.number)),
            final=final,
            node_number=tip.head.number,
            first_block=self._first if cursor is None else cursor.first_block,
        )
        if self._revision >= 0 and cursor is not None:
            self._revision = cursor.revision + 1

    def _final(self, connection: Connection, cursor: Cursor | None, head: Header, tip: Tip) -> Header:
        number = min(tip.final, head.number)
        if cursor is not None and number <= cursor.final_number:
            return Header(cursor.final_number, cursor.final_hash, "", 0)
        if number < 0:
            return Header(-1, _NO_HASH, "", 0)
        found = known_hashes(connection, self._chain, number, number)
        if number not in found:
            return Header(head.number, head.hash, "", 0) if cursor is None else _final_of(cursor)
        return Header(number, found[number], "", 0)

    def _note_tip(self, cursor: Cursor, tip: Tip) -> None:
        """Nothing happened, but more of it may be final by now."""
        safe = max(cursor.safe_number, min(tip.safe, cursor.head_number))
        final = min(tip.final, cursor.head_number)
        known = cursor.safe_number, max(cursor.final_number, final), cursor.node_number
        if known == (safe, cursor.final_number, tip.head.number):
            return
        with self._store.writing() as connection:
            if cursor_of(connection, self._chain, lock=True) != cursor:
                return
            head = Header(cursor.head_number, cursor.head_hash, "", cursor.head_time)
            writer = Writer(connection, self._chain, revocable=True)
            self._finish(writer, cursor, head, tip, self._final(connection, cursor, head, tip))


@contextmanager
def uncollected() -> Iterator[None]:
    """Without looking for garbage: many thousand rows live until they are written, and none is in a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _final_of(cursor: Cursor) -> Header:
    return Header(cursor.final_number, cursor.final_hash, "", 0)
