# SPDX-License-Identifier: Apache-2.0
"""The database under the store: a SQLite file that one process at a time has, or one that services share."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from sqlalchemy import Executable, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection
from sqlalchemy.exc import DBAPIError

from makegood import database as databases
from makegood.batches.tables import SHARED, Tables, tables
from makegood.database.engine import lock_key
from makegood.errors import MakegoodError, UsageError

_VERSION = "1"


class Database:
    """One desk's store on one chain. A context manager: leaving it lets the next process in.

    An object is one thread's; a process can have several of a shared store. `path` is the file of one that is
    not shared.
    """

    path: Path

    def __init__(self, path: Path, *, chain: str, desk: str, wait: float = 10.0) -> None:
        """Opens the file, or makes it, waiting up to `wait` seconds for a process that has it.

        `chain` tells the chain from every other. Raises MakegoodError where another process keeps it or it
        cannot be used, UsageError where it is another desk's.
        """
        self.path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MakegoodError(f"{path.parent} cannot be made: {error.strerror}.") from None
        made = databases.Database(URL.create("sqlite", database=str(path)), alone=True, waits=wait)
        self._open(made, str(path), path.parent, tables(), chain, desk)

    @classmethod
    def shared(cls, database: databases.Database, *, chain: str, desk: str, folder: Path) -> Self:
        """The store in a database that other processes use at the same time; its leaves go to `folder`.

        Raises as the constructor; leaving it leaves the database open.
        """
        made = cls.__new__(cls)
        made._open(database, database.shown, folder, tables(SHARED), chain, desk, shared=True)
        return made

    def _open(
        self,
        database: databases.Database,
        name: str,
        home: Path,
        found: Tables,
        chain: str,
        desk: str,
        *,
        shared: bool = False,
    ) -> None:
        self.name = name
        self.home = home
        self.is_shared = shared
        self._database = database
        self._tables = found
        self._desk = desk
        self._connection: Connection | None = None
        try:
            with self.transaction():
                self.lock_queue()
                found.metadata.create_all(self._within)
                self._claim({"version": _VERSION, "chain": chain, "desk": desk})
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the next process in."""
        if not self.is_shared:
            self._database.close()

    # ------------------------------------------------------------ transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Within another one it is a part of that."""
        if self._connection is not None:
            yield
            return
        with self._began() as connection, connection.begin():
            yield

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Whatever is changed within is undone."""
        with self._began() as connection:
            begun = connection.begin()
            try:
                yield
            finally:
                begun.rollback()

    def lock_queue(self) -> None:
        """Within a transaction: until its end no other process changes the queue."""
        # In SQLite none has written anything since it began.
        if self._database.is_postgres:
            key = lock_key(f"queue {self._desk}")
            self._within.execute(select(func.pg_advisory_xact_lock(key)))

    @contextmanager
    def anchoring(self) -> Iterator[bool]:
        """Whether this process alone anchors from the store until it is left. Of a file it always does."""
        if not self.is_shared:
            yield True
            return
        with self._database.lock(f"anchoring {self._desk}") as mine:
            yield mine

    # ------------------------------------------------------------ statements

    @contextmanager
    def _began(self, *, writes: bool = True) -> Iterator[Connection]:
        with self._errors(), self._database.engine.connect() as connection:
            connection.info["writes"] = writes
            self._connection = connection
            try:
                yield connection
            finally:
                self._connection = None

    @property
    def _within(self) -> Connection:
        assert self._connection is not None  # noqa: S101
        return self._connection

    def _claim(self, expected: dict[str, str]) -> None:
        meta = self._tables.meta
        add = (postgresql if self._database.is_postgres else sqlite).insert(meta)
        for name, value in expected.items():
            self._run(add.values(name=name, value=value).on_conflict_do_nothing())
        found = {row[0]: row[1] for row in self._rows(select(meta.c.name, meta.c.value))}
        if found != expected:
            raise UsageError(
                f"{self.name} is a store of {found.get('desk')} on another chain, or of another desk.",
                hint="Give another --store.",
            )

    def _run(self, statement: Executable, values: Any = None) -> None:
        with self.transaction():
            self._within.execute(statement, values)

    def _rows(self, statement: Executable) -> list[Any]:
        if self._connection is not None or not statement.is_select:
            with self.transaction():
                return list(self._within.execute(statement))
        with self._began(writes=False) as connection, connection.begin():
            return list(connection.execute(statement))

    def _one(self, statement: Executable) -> Any:
        return self._rows(statement)[0][0]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if _is_busy(error.orig):
                raise MakegoodError(
                    f"Another process has the store {self.name}.",
                    hint="Wait until it has ended, then try again.",
                ) from None
            text = " ".join(str(error.orig).split()).rstrip(".")[:200]
            raise MakegoodError(f"The store {self.name} cannot be used: {text}.") from error


def _is_busy(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
