# SPDX-License-Identifier: Apache-2.0
"""Statements that pages ask often, made once; on SQLite the driver is asked for them directly.

A page asks ten small things, and of a small thing most of the time goes into telling the database what is
asked. Postgres is asked through SQLAlchemy: there the way to the database takes longer than that.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from typing import Any

from sqlalchemy import Boolean, Select, Table, bindparam, select
from sqlalchemy.dialects import sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from makegood.indexer.schema import Amount

Found = dict[str, Any]
_READ: Mapping[type, Callable[[Any], Any]] = {Amount: int, Boolean: bool}


class Statement:
    """A query whose parameters have names."""

    def __init__(self, query: Select[*tuple[Any, ...]]) -> None:
        self._query = query

    def rows(self, connection: Connection, **given: Any) -> list[Found]:
        """All rows that it finds with these parameters."""
        if connection.dialect.name != "sqlite":
            return [dict(row) for row in connection.execute(self._query, given).mappings()]
        text, places, known = self._ready
        values = [given[place] if place in given else known[place] for place in places]
        driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
        try:
            found = driver.execute(text, values).fetchall()
        except sqlite3.Error as error:
            raise OperationalError(text, values, error) from error
        names = self._names
        rows = [dict(zip(names, row, strict=True)) for row in found]
        for name, read in self._reads:
            for row in rows:
                if row[name] is not None:
                    row[name] = read(row[name])
        return rows

    def first(self, connection: Connection, **given: Any) -> Found | None:
        """The first of them."""
        found = self.rows(connection, **given)
        return found[0] if found else None

    @cached_property
    def _ready(self) -> tuple[str, tuple[str, ...], dict[str, Any]]:
        """For the driver: the text, the parameters in their order, and those that are known already."""
        dialect = sqlite.dialect(paramstyle="qmark")
        made = self._query.compile(dialect=dialect)
        return str(made), tuple(made.positiontup or ()), dict(made.params)

    @cached_property
    def _names(self) -> tuple[str, ...]:
        return tuple(str(column.key) for column in self._query.selected_columns)

    @cached_property
    def _reads(self) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
        """Columns that SQLite keeps as something else than what they are."""
        columns = self._query.selected_columns
        return tuple(
            (str(column.key), _READ[type(column.type)]) for column in columns if type(column.type) in _READ
        )


@cache
def _listing(table: Table, names: tuple[str, ...], order: tuple[str, ...], most: int | None) -> Statement:
    query = select(table).where(*(table.c[name] == bindparam(name) for name in names))
    for name in order:
        column = table.c[name.removeprefix("-")]
        query = query.order_by(column.desc() if name.startswith("-") else column)
    return Statement(query if most is None else query.limit(most))


def one(connection: Connection, table: Table, **key: Any) -> Found | None:
    """The first row with these values."""
    return _listing(table, tuple(key), (), 1).first(connection, **key)


def listed(
    connection: Connection, table: Table, *order: str, most: int | None = None, **key: Any
) -> list[Found]:
    """Rows with these values, by these columns; one after a `-` has the largest first."""
    return _listing(table, tuple(key), order, most).rows(connection, **key)
