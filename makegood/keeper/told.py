# SPDX-License-Identifier: Apache-2.0
"""Who was told of what: kept, so that a restart tells nobody twice and forgets nobody."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import and_, func, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from makegood.database import Database, upgrade
from makegood.keeper.schema import warnings

_PAUSE, _LONGEST_PAUSE = 15, 600  # seconds until a channel is tried again


@dataclass(frozen=True)
class Warned:
    """A promise of a ticket, by its number, that is told of `before` its due time, in open seconds."""

    ticket: str
    promise: int
    before: int
    due: int
    told: frozenset[str] = frozenset()
    tries: int = 0


class Told:
    """The warnings of one desk. `now` is the wall's time."""

    def __init__(self, database: Database, chain: int, desk: str, now: Callable[[], int]) -> None:
        upgrade(database, "keeper", Path(__file__).parent / "versions")
        self._database = database
        self._place = {"chain": chain, "desk": desk}
        self._now = now

    def known(self, now: int) -> set[tuple[str, int, int]]:
        """Ticket, promise and time before of what was noted and is not due before `now`, the chain's time."""
        c = warnings.c
        query = select(c.ticket, c.promise, c.before).where(self._mine(), c.due >= now)
        with self._database.reading() as connection:
            return {(row[0], row[1], row[2]) for row in connection.execute(query)}

    def note(self, some: Iterable[Warned]) -> None:
        """Keep them, to be told."""
        rows = [
            {
                **self._place,
                "ticket": each.ticket,
                "promise": each.promise,
                "before": each.before,
                "due": each.due,
                "told": "[]",
                "tries": 0,
                "again_at": 0,
            }
            for each in some
        ]
        if not rows:
            return
        add = (postgresql if self._database.is_postgres else sqlite).insert(warnings)
        with self._database.writing() as connection:
            connection.execute(add.on_conflict_do_nothing(), rows)

    def waiting(self, now: int) -> list[Warned]:
        """Those that not every channel took, of what is not due before `now`, the chain's time."""
        c = warnings.c
        fits = and_(self._mine(), c.told_at.is_(None), c.due >= now, self._is_time())
        columns = (c.ticket, c.promise, c.before, c.due, c.told, c.tries)
        query = select(*columns).where(fits).order_by(c.due, c.ticket, c.promise)
        with self._database.reading() as connection:
            return [
                Warned(row[0], row[1], row[2], row[3], frozenset(json.loads(row[4])), row[5])
                for row in connection.execute(query)
            ]

    def took(self, some: Sequence[Warned], channel: str) -> None:
        """Record that a channel took them."""
        with self._database.writing() as connection:
            for each in some:
                found = connection.execute(select(warnings.c.told).where(self._is(each))).scalar_one()
                told = json.dumps(sorted({*json.loads(found), channel}))
                connection.execute(update(warnings).where(self._is(each)).values(told=told))

    def settle(self, some: Sequence[Warned], channels: set[str]) -> None:
        """After a try: done where all channels took them, else to be tried again after a pause."""
        with self._database.writing() as connection:
            for each in some:
                found = connection.execute(select(warnings.c.told).where(self._is(each))).scalar_one()
                values: dict[str, Any] = {"told_at": self._now()}
                if not channels <= set(json.loads(found)):
                    pause = min(_LONGEST_PAUSE, _PAUSE * 2**each.tries)
                    values = {"tries": each.tries + 1, "again_at": self._now() + pause}
                connection.execute(update(warnings).where(self._is(each)).values(values))

    def count(self) -> int:
        """How many wait for a channel."""
        query = select(func.count()).select_from(warnings).where(self._mine(), warnings.c.told_at.is_(None))
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def _is_time(self) -> Any:
        # A clock that was set back makes nothing wait for ever.
        wall = self._now()
        return not_(warnings.c.again_at.between(wall + 1, wall + _LONGEST_PAUSE))

    def _mine(self) -> Any:
        return and_(*(warnings.c[name] == value for name, value in self._place.items()))

    def _is(self, each: Warned) -> Any:
        c = warnings.c
        return and_(self._mine(), c.ticket == each.ticket, c.promise == each.promise, c.before == each.before)
