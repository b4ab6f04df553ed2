# SPDX-License-Identifier: Apache-2.0
"""The rows that a transaction reads and changes: each is read once, written once, and can be taken back.

Before a block that is not final changes a row, the row as it was goes into `undo`. A reorganisation puts
those rows back: an index then stands exactly where it stood after the common block, whatever was counted or
added up meanwhile.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table, delete, insert, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from makegood.indexer import schema
from makegood.indexer.schema import Amount, undo

Row = dict[str, Any]
Key = tuple[Any, ...]

_AT_ONCE = 400
_TABLES = {table.name: table for table in schema.DERIVED}


@cache
def keys_of(table: Table) -> tuple[str, ...]:
    """The columns of a table's key."""
    return tuple(column.name for column in table.primary_key.columns)


class Rows:
    """The derived rows of one chain within one transaction."""

    def __init__(self, connection: Connection, chain: int) -> None:
        self.connection = connection
        self.chain = chain
        self._known: dict[tuple[Table, Key], Row | None] = {}
        # By table: the keys that were changed since the last flush, and what stood there if that is wanted.
        self._changed: defaultdict[Table, dict[Key, None]] = defaultdict(dict)
        self._before: dict[tuple[Table, Key], str | None] = {}
        self.journals = False

    # ------------------------------------------------------------ reading

    def get(self, table: Table, *key: Any) -> Row | None:
        """The row with this key, not to be changed; None where there is none."""
        try:
            return self._known[table, key]
        except KeyError:
            self._load(table, [key])
            return self._known[table, key]

    def prefetch(self, table: Table, keys: Iterable[Key]) -> None:
        """Read many rows at once."""
        missing = [key for key in keys if (table, key) not in self._known]
        for start in range(0, len(missing), _AT_ONCE):
            self._load(table, missing[start : start + _AT_ONCE])

    def _load(self, table: Table, keys: Sequence[Key]) -> None:
        names = keys_of(table)
        for key in keys:
            self._known[table, key] = None
        if len(keys) == 1:
            fits = [table.c[name] == value for name, value in zip(names, keys[0], strict=True)]
            found = self.connection.execute(select(table).where(*fits))
        else:
            columns = tuple_(*(table.c[name] for name in names))
            found = self.connection.execute(select(table).where(columns.in_(keys)))
        for row in found.mappings():
            self._known[table, tuple(row[name] for name in names)] = dict(row)

    # ------------------------------------------------------------ changing

    def edit(self, table: Table, *key: Any) -> Row:
        """The row with this key, to be changed. Raises KeyError where there is none."""
        row = self.get(table, *key)
        if row is None:
            raise KeyError((table.name, key))
        if key not in self._changed[table]:
            self._note(table, key, row)
        return row

    def put(self, table: Table, row: Row) -> Row:
        """A row in the place of what stands at its key, if anything does."""
        key = tuple(row[name] for name in keys_of(table))
        if key not in self._changed[table]:
            self._note(table, key, self.get(table, *key) if self.journals else None)
        self._known[table, key] = row
        return row

    def drop(self, table: Table, *key: Any) -> None:
        """No row with this key."""
        before = self.get(table, *key)
        if before is not None:
            if key not in self._changed[table]:
                self._note(table, key, before)
            self._known[table, key] = None

    def _note(self, table: Table, key: Key, before: Row | None) -> None:
        self._changed[table][key] = None
        if self.journals:
            self._before[table, key] = None if before is None else json.dumps(before)

    # ------------------------------------------------------------ writing

    def flush(self, block_number: int) -> None:
        """Write what was changed. Where it is journalled, `block_number` is the block that changed it."""
        if self._before:
            self.connection.execute(
                insert(undo),
                [
                    {
                        "chain": self.chain,
                        "block_number": block_number,
                        "table_name": table.name,
                        "key": json.dumps(key),
                        "row": before,
                    }
                    for (table, key), before in self._before.items()
                ],
            )
            self._before.clear()
        for table, keys in self._changed.items():
            rows, gone = [], []
            for key in keys:
                row = self._known[table, key]
                if row is None:
                    gone.append(key)
                else:
                    rows.append(row)
            if gone:
                self._delete(table, gone)
            if rows:
                upsert(self.connection, table, rows)
        self._changed.clear()

    def _delete(self, table: Table, keys: Sequence[Key]) -> None:
        names = keys_of(table)
        columns = tuple_(*(table.c[name] for name in names))
        for start in range(0, len(keys), _AT_ONCE):
            self.connection.execute(delete(table).where(columns.in_(keys[start : start + _AT_ONCE])))

    def take_back(self, common_number: int) -> None:
        """Put every row back to what it was after the block of this number."""
        newer = (undo.c.chain == self.chain) & (undo.c.block_number > common_number)
        oldest: dict[tuple[str, str], str | None] = {}
        query = select(undo.c.table_name, undo.c.key, undo.c.row).where(newer).order_by(undo.c.id.desc())
        for name, key, row in self.connection.execute(query):
            oldest[name, key] = row
        self._known.clear()
        for (name, text), row in oldest.items():
            table = _TABLES[name]
            key = tuple(json.loads(text))
            self._known[table, key] = None if row is None else json.loads(row)
            self._changed[table][key] = None
        self.flush(common_number)
        self.connection.execute(delete(undo).where(newer))

    def forget(self) -> None:
        """Read everything anew from here on; what was changed must have been written."""
        self._known.clear()


# ---------------------------------------------------------------- many rows, fast


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows of all columns, in the place of what stands at their keys."""
    statement, names, amounts = _upsert(connection.dialect.name, table)
    if amounts:
        values = [
            tuple(
                str(row[name]) if name in amounts and row[name] is not None else row[name] for name in names
            )
            for row in rows
        ]
    else:
        values = [tuple(row[name] for name in names) for row in rows]
    connection.exec_driver_sql(statement, values)


@cache
def _upsert(dialect: str, table: Table) -> tuple[str, tuple[str, ...], frozenset[str]]:
    # The statement as the driver takes it: SQLAlchemy would look at every value of every row.
    names = tuple(column.name for column in table.columns)
    keys = keys_of(table)
    mark = "%s" if dialect == "postgresql" else "?"
    known = postgresql.dialect() if dialect == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]
    quote = known.identifier_preparer.quote
    others = ", ".join(f"{quote(name)} = excluded.{quote(name)}" for name in names if name not in keys)
    statement = (
        f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) "  # noqa: S608
        f"VALUES ({', '.join([mark] * len(names))}) "
        f"ON CONFLICT ({', '.join(map(quote, keys))}) DO UPDATE SET {others}"
    )
    amounts = frozenset(column.name for column in table.columns if isinstance(column.type, Amount))
    return statement, names, amounts
