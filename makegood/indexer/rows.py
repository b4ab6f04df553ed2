# SPDX-License-Identifier: Apache-2.0
"""The rows that a transaction reads and changes: each is read once, written once, and can be taken back.

Before a block that is not final changes a row, the row as it was goes into `undo`. A reorganisation puts
those rows back: an index then stands exactly where it stood after the common block, whatever was counted or
added up meanwhile.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Boolean, Table, delete, insert, select
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


@cache
def _key_of(table: Table) -> Callable[[Row], Key]:
    # No table here has a key of one column, of which this would be no tuple.
    return itemgetter(*keys_of(table))


class Rows:
    """The derived rows of one chain within one transaction."""

    def __init__(self, connection: Connection, chain: int) -> None:
        self.connection = connection
        self.chain = chain
        self._known: defaultdict[Table, dict[Key, Row | None]] = defaultdict(dict)
        # What was changed since the last flush, and what stood there before if that is wanted.
        self._changed: defaultdict[Table, dict[Key, Row | None]] = defaultdict(dict)
        self._before: dict[tuple[Table, Key], str | None] = {}
        self.journals = False

    # ------------------------------------------------------------ reading

    def get(self, table: Table, *key: Any) -> Row | None:
        """The row with this key, not to be changed; None where there is none."""
        known = self._known[table]
        try:
            return known[key]
        except KeyError:
            self._load(table, [key])
            return known[key]

    def prefetch(self, table: Table, keys: Iterable[Key]) -> None:
        """Read many rows at once."""
        known = self._known[table]
        missing = [key for key in keys if key not in known]
        for start in range(0, len(missing), _AT_ONCE):
            self._load(table, missing[start : start + _AT_ONCE])

    def _load(self, table: Table, keys: Sequence[Key]) -> None:
        known = self._known[table]
        known.update(dict.fromkeys(keys))
        key_of = _key_of(table)
        for row in read(self.connection, table, keys):
            known[key_of(row)] = row

    # ------------------------------------------------------------ changing

    def edit(self, table: Table, *key: Any) -> Row:
        """The row with this key, to be changed. Raises KeyError where there is none."""
        changed = self._changed[table]
        row = changed.get(key)
        if row is None:
            row = self.get(table, *key)
            if row is None:
                raise KeyError((table.name, key))
            self._note(table, key, row)
            changed[key] = row
        return row

    def put(self, table: Table, row: Row) -> Row:
        """A row in the place of what stands at its key, if anything does."""
        key = _key_of(table)(row)
        changed = self._changed[table]
        if self.journals and key not in changed:
            self._note(table, key, self.get(table, *key))
        self._known[table][key] = changed[key] = row
        return row

    def drop(self, table: Table, *key: Any) -> None:
        """No row with this key."""
        before = self.get(table, *key)
        if before is not None:
            changed = self._changed[table]
            if key not in changed:
                self._note(table, key, before)
            self._known[table][key] = changed[key] = None

    def _note(self, table: Table, key: Key, before: Row | None) -> None:
        # Only the first time since the last flush.
        if self.journals:
            self._before.setdefault((table, key), None if before is None else json.dumps(before))

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
        for table, changed in self._changed.items():
            gone = [key for key, row in changed.items() if row is None]
            if gone:
                self._delete(table, gone)
            rows = [row for row in changed.values() if row is not None]
            if rows:
                upsert(self.connection, table, rows)
        self._changed.clear()

    def _delete(self, table: Table, keys: Sequence[Key]) -> None:
        self.connection.exec_driver_sql(_statements(self.connection.dialect.name, table).delete, list(keys))

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
            self._known[table][key] = self._changed[table][key] = None if row is None else json.loads(row)
        self.flush(common_number)
        self.connection.execute(delete(undo).where(newer))

    def forget(self) -> None:
        """Read everything anew from here on; what was changed must have been written."""
        self._known.clear()


# ---------------------------------------------------------------- many rows, fast


@dataclass(frozen=True, slots=True)
class _Statements:
    """What is asked of a table as the driver takes it: SQLAlchemy would look at every value of every row."""

    select: tuple[str, str]  # around the keys that are wanted
    upsert: str
    delete: str
    names: tuple[str, ...]
    values: Callable[[Row], tuple[Any, ...]]
    amounts: tuple[int, ...]
    flags: tuple[str, ...]


def read(connection: Connection, table: Table, keys: Sequence[Key]) -> Iterator[Row]:
    """The rows with these keys, in no order."""
    known = _statements(connection.dialect.name, table)
    marks = "(" + ", ".join([_mark(connection.dialect.name)] * len(keys[0])) + ")"
    before, after = known.select
    wanted = f"{before}{', '.join([marks] * len(keys))}{after}"
    found = connection.exec_driver_sql(wanted, tuple(part for key in keys for part in key))
    for values in found:
        row = dict(zip(known.names, values, strict=True))
        for place in known.amounts:
            if values[place] is not None:
                row[known.names[place]] = int(values[place])
        for name in known.flags:
            if row[name] is not None:
                row[name] = bool(row[name])
        yield row


def upsert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Write rows of all columns, in the place of what stands at their keys."""
    known = _statements(connection.dialect.name, table)
    values: list[Any] = [known.values(row) for row in rows]
    if known.amounts:
        values = [_in_decimal(each, known.amounts) for each in values]
    connection.exec_driver_sql(known.upsert, values)


def _in_decimal(values: tuple[Any, ...], places: Sequence[int]) -> tuple[Any, ...]:
    kept = list(values)
    for place in places:
        if kept[place] is not None:
            kept[place] = str(kept[place])
    return tuple(kept)


def _mark(dialect: str) -> str:
    return "%s" if dialect == "postgresql" else "?"


@cache
def _statements(dialect: str, table: Table) -> _Statements:
    columns = tuple(table.columns)
    known = postgresql.dialect() if dialect == "postgresql" else sqlite.dialect()  # type: ignore[no-untyped-call]
    quote = known.identifier_preparer.quote
    keys = ", ".join(map(quote, keys_of(table)))
    names = ", ".join(quote(column.name) for column in columns)
    others = ", ".join(
        f"{quote(column.name)} = excluded.{quote(column.name)}"
        for column in columns
        if not column.primary_key
    )
    marks = ", ".join([_mark(dialect)] * len(columns))
    every = ", ".join(f"t.{quote(column.name)}" for column in columns)
    same = " AND ".join(f"t.{quote(name)} = wanted.{quote(name)}" for name in keys_of(table))
    each = " AND ".join(f"{quote(name)} = {_mark(dialect)}" for name in keys_of(table))
    return _Statements(
        # Not `(…) IN (VALUES …)`, for which SQLite looks through the whole table.
        (
            f"WITH wanted ({keys}) AS (VALUES ",
            f") SELECT {every} FROM wanted CROSS JOIN {quote(table.name)} AS t WHERE {same}",  # noqa: S608
        ),
        f"INSERT INTO {quote(table.name)} ({names}) VALUES ({marks}) "  # noqa: S608
        f"ON CONFLICT ({keys}) DO UPDATE SET {others}",
        f"DELETE FROM {quote(table.name)} WHERE {each}",  # noqa: S608
        tuple(column.name for column in columns),
        itemgetter(*(column.name for column in columns)),
        tuple(place for place, column in enumerate(columns) if isinstance(column.type, Amount)),
        tuple(column.name for column in columns if isinstance(column.type, Boolean)),
    )
