# SPDX-License-Identifier: Apache-2.0
"""The store's batches: how far each has come on its way onto the chain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, insert, select, text, update

from makegood.batches.database import Database
from makegood.batches.kept import PREPARED, Kept


class Ledger(Database):
    """The batches of a store."""

    def add(self, agent: str, policy: int, from_block: int, batches_before: int) -> int:
        """A batch to be prepared; returns its key."""
        batches = self._tables.batches
        values = {
            "state": PREPARED,
            "agent": agent,
            "policy": policy,
            "root": b"",
            "counts": "[]",
            "uri": "",
            "must_back": 0,
            "from_block": from_block,
            "batches_before": batches_before,
        }
        return int(self._one(insert(batches).values(values).returning(batches.c.key)))

    def set(self, key: int, **values: Any) -> Kept:
        """Record more of a batch; returns it as it is now."""
        if "counts" in values:
            values["counts"] = json.dumps(list(values["counts"]))
        plain = {name: int(value) if isinstance(value, bool) else value for name, value in values.items()}
        batches = self._tables.batches
        with self.transaction():
            self._run(update(batches).where(batches.c.key == key).values(plain))
            return self.batch(key)

    def undo(self, key: int) -> None:
        """Take a batch apart: its events wait again. Only the last one, and only if it cannot be anchored."""
        batches, events = self._tables.batches, self._tables.events
        with self.transaction():
            self._run(update(events).where(events.c.batch == key).values(batch=None, sequence=None))
            self._run(delete(batches).where(batches.c.key == key))

    def batch(self, key: int) -> Kept:
        """A batch by its key."""
        batches = self._tables.batches
        return _kept(self._rows(select(batches).where(batches.c.key == key))[0])

    def batches(self, where: str | None = None) -> tuple[Kept, ...]:
        """The batches of which an SQL condition over the columns holds, in order."""
        batches = self._tables.batches
        query = select(batches).order_by(batches.c.key)
        return tuple(map(_kept, self._rows(query if where is None else query.where(text(where)))))

    def batches_of(self, ticket: bytes) -> tuple[Kept, ...]:
        """The batches that have entries of a ticket, in order."""
        batches, events = self._tables.batches, self._tables.events
        having = select(events.c.batch).where(events.c.ticket == ticket, events.c.sequence.is_not(None))
        query = select(batches).where(batches.c.key.in_(having)).order_by(batches.c.key)
        return tuple(map(_kept, self._rows(query)))

    def opening_agents(self) -> tuple[str, ...]:
        """Whose batches have opened tickets."""
        agent = self._tables.batches.c.agent
        return tuple(row[0] for row in self._rows(select(agent).distinct().order_by(agent)))


def _kept(row: Sequence[Any]) -> Kept:
    values: list[Any] = list(row)
    values[5] = tuple(json.loads(values[5]))
    for place in (7, 17, 18):
        values[place] = bool(values[place])
    return Kept(*values)
