# SPDX-License-Identifier: Apache-2.0
"""The store's batches: how far each has come on its way onto the chain."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from makegood.batches.database import Database
from makegood.batches.kept import PREPARED, Kept

_BATCH = (
    "key, state, agent, policy, root, counts, uri, must_back, from_block, batches_before, nonce, number, "
    "txn, block, block_hash, at, gas, final, handed_out"
)


class Ledger(Database):
    """The batches of a store."""

    def add(self, agent: str, policy: int, from_block: int, batches_before: int) -> int:
        """A batch to be prepared; returns its key."""
        return int(
            self._one(
                "INSERT INTO batches(state, agent, policy, root, counts, uri, must_back, from_block, "
                "batches_before) VALUES (?, ?, ?, x'', '[]', '', 0, ?, ?) RETURNING key",
                (PREPARED, agent, policy, from_block, batches_before),
            )
        )

    def set(self, key: int, **values: Any) -> Kept:
        """Record more of a batch; returns it as it is now."""
        if "counts" in values:
            values["counts"] = json.dumps(list(values["counts"]))
        assigned = ", ".join(f"{name} = ?" for name in values)
        self._run(f"UPDATE batches SET {assigned} WHERE key = ?", (*values.values(), key))  # noqa: S608
        return self.batch(key)

    def undo(self, key: int) -> None:
        """Take a batch apart: its events wait again. Only the last one, and only if it cannot be anchored."""
        with self.transaction():
            self._run("UPDATE events SET batch = NULL, sequence = NULL WHERE batch = ?", (key,))
            self._run("DELETE FROM batches WHERE key = ?", (key,))

    def batch(self, key: int) -> Kept:
        """A batch by its key."""
        return _kept(self._rows(f"SELECT {_BATCH} FROM batches WHERE key = ?", (key,))[0])  # noqa: S608

    def batches(self, where: str = "1") -> tuple[Kept, ...]:
        """The batches of which an SQL condition over the columns holds, in order."""
        return tuple(map(_kept, self._rows(f"SELECT {_BATCH} FROM batches WHERE {where} ORDER BY key")))  # noqa: S608

    def batches_of(self, ticket: bytes) -> tuple[Kept, ...]:
        """The batches that have entries of a ticket, in order."""
        rows = self._rows(
            f"SELECT {_BATCH} FROM batches WHERE key IN "  # noqa: S608
            "(SELECT batch FROM events WHERE ticket = ? AND sequence IS NOT NULL) ORDER BY key",
            (ticket,),
        )
        return tuple(map(_kept, rows))

    def opening_agents(self) -> tuple[str, ...]:
        """Whose batches have opened tickets."""
        return tuple(row[0] for row in self._rows("SELECT DISTINCT agent FROM batches ORDER BY agent"))


def _kept(row: Sequence[Any]) -> Kept:
    values = list(row)
    values[5] = tuple(json.loads(values[5]))
    for place in (7, 17, 18):
        values[place] = bool(values[place])
    return Kept(*values)
