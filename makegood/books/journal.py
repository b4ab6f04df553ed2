# SPDX-License-Identifier: Apache-2.0
"""The movements of a desk's pool in the order of the chain, from the events of an index."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from makegood.books.checking import check_books
from makegood.books.explaining import Explaining
from makegood.books.ledger import Ledger, Line, Position
from makegood.books.movements import Event
from makegood.errors import VerificationFailed
from makegood.indexer import schema
from makegood.indexer.logs import POOL, hexed, kinds_of
from makegood.indexer.queries import policy_of
from makegood.policy import ChainPolicy

_MOVES_NOTHING = ("WithdrawalAnnounced", "WithdrawalCancelled")
_POOL = frozenset(kind.name for kind in kinds_of(POOL).values())
_AT_ONCE = 2_000


class Journal:
    """Of one desk, up to a block. `ledger` stands after the last line that was taken."""

    def __init__(
        self, connection: Connection, chain: int, desk: str, last_block: int, since: int = 0
    ) -> None:
        self._connection = connection
        self._chain, self._desk, self._last, self._since = chain, desk, last_block, since
        self.ledger = Ledger()
        self.before = Position()
        """Where the money was before the second `since`; a proof without a bond moves it without a line."""
        self.counts: Counter[str] = Counter()
        """How many events there were, by their names."""
        self.compensated = 0
        """What all compensations came to, in smallest units."""
        self._explaining = Explaining(cache(self._policy))

    def lines(self) -> Iterator[Line]:
        """All of them. Raises VerificationFailed where the events do not explain one.

        After each block the books must be as the index had them when it was written.
        """
        books = self._books()
        for (block, time), of_block in groupby(self._events(), lambda event: (event.block, event.time)):
            moved = False
            for _, some in groupby(of_block, lambda event: event.transaction):
                events = list(some)
                moved = moved or any(event.name in _POOL for event in events)
                yield from self._transaction([each for each in events if each.name not in _MOVES_NOTHING])
            if moved:
                check_books(self.ledger, block, next(books, None))
            if time < self._since:
                self.before = self.ledger.position()
        check_books(self.ledger, self._last, next(books, None), over=True)

    def _transaction(self, events: Sequence[Event]) -> Iterator[Line]:
        explained = list(self._explaining.transaction(events))
        for event in events:
            self.counts[event.name] += 1
            self.compensated += event.given["amount"] if event.name == "BreachCompensated" else 0
        self.ledger.prove(self._explaining.moved_to_tickets)
        self.ledger.rule(self._explaining.ruled_fees)
        for event, parts in explained:
            yield from self.ledger.move(event, parts)

    def _books(self) -> Iterator[Any]:
        books = schema.books
        fits = (books.c.chain == self._chain, books.c.desk == self._desk, books.c.block_number <= self._last)
        query = select(books).where(*fits).order_by(books.c.block_number)
        yield from self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings()

    def _events(self) -> Iterator[Event]:
        events = schema.events.c
        names = sorted({*_POOL, *self._explaining.names})
        query = (
            select(schema.events)
            .where(events.chain == self._chain, events.desk == self._desk, events.name.in_(names))
            .where(events.block_number <= self._last, ~events.orphaned)
            .order_by(events.chain, events.block_number, events.log_index)
        )
        for row in self._connection.execute(query, execution_options={"yield_per": _AT_ONCE}).mappings():
            yield _event(row)

    def _policy(self, policy_id: int) -> ChainPolicy:
        found = policy_of(self._connection, self._chain, self._desk, policy_id)
        if found is None:
            raise VerificationFailed(
                f"An event is missing in the index: nothing published policy {policy_id}.",
                hint="Begin a new index, at a block before the desk's deployment.",
            )
        return found


def _event(row: Any) -> Event:
    topics, data = hexed(bytes(row["topics"]), bytes(row["data"]))
    given = kinds_of(row["contract"])[topics[0]].decode(topics, data)
    return Event(
        row["name"], given, row["block_number"], row["time"], row["transaction_hash"], row["log_index"]
    )
