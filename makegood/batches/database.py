# SPDX-License-Identifier: Apache-2.0
"""The SQLite file under the store: its tables, its transactions, and one process at a time that has it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from makegood.errors import MakegoodError, UsageError

_VERSION = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS batches(
    key INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    agent TEXT NOT NULL,
    policy INTEGER NOT NULL,
    root BLOB NOT NULL,
    counts TEXT NOT NULL,
    uri TEXT NOT NULL,
    must_back INTEGER NOT NULL,
    from_block INTEGER NOT NULL,
    batches_before INTEGER NOT NULL,
    nonce INTEGER,
    number INTEGER,
    txn BLOB,
    block INTEGER,
    block_hash BLOB,
    at INTEGER,
    gas INTEGER,
    final INTEGER NOT NULL DEFAULT 0,
    handed_out INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS events(
    arrival INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    content BLOB NOT NULL,
    ticket BLOB NOT NULL,
    act INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    digest BLOB NOT NULL,
    priority INTEGER,
    policy INTEGER,
    source TEXT NOT NULL,
    sequence INTEGER,
    batch INTEGER REFERENCES batches(key),
    refused TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS openings ON events(ticket) WHERE act = 0 AND refused IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS entries ON events(ticket, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX IF NOT EXISTS waiting ON events(at, arrival) WHERE batch IS NULL AND refused IS NULL;
CREATE INDEX IF NOT EXISTS waiting_of ON events(ticket) WHERE batch IS NULL AND refused IS NULL;
CREATE INDEX IF NOT EXISTS anchored_with ON events(batch) WHERE batch IS NOT NULL;
CREATE INDEX IF NOT EXISTS dead_letters ON events(ticket) WHERE refused IS NOT NULL;
"""


class Database:
    """One desk's file on one chain. A context manager: leaving it lets the next process in."""

    def __init__(self, path: Path, *, chain: str, desk: str, wait: float = 10.0) -> None:
        """Opens the file, or makes it, waiting up to `wait` seconds for a process that has it.

        `chain` tells the chain from every other. Raises MakegoodError where another process keeps it or it
        cannot be used, UsageError where it is another desk's.
        """
        self.path = path
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MakegoodError(f"{path.parent} cannot be made: {error.strerror}.") from None
        with self._errors():
            self._db = sqlite3.connect(path, timeout=wait, isolation_level=None)
        try:
            with self._errors():
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                # Kept until it is closed, or its process ends in whatever way.
                self._db.execute("BEGIN EXCLUSIVE")
                self._db.execute("COMMIT")
                self._db.executescript(_SCHEMA)
            self._claim({"version": _VERSION, "chain": chain, "desk": desk})
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the next process in."""
        self._db.close()

    # ------------------------------------------------------------ transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Within another one it is a part of that."""
        with self._errors():
            if not self._depth:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._db.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Whatever is changed within is undone."""
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    # ------------------------------------------------------------ statements

    def _claim(self, expected: dict[str, str]) -> None:
        with self.transaction():
            for name, value in expected.items():
                self._run("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
        found = dict(self._rows("SELECT name, value FROM meta"))
        if found != expected:
            raise UsageError(
                f"{self.path} is a store of {found.get('desk')} on another chain, or of another desk.",
                hint="Give another --store.",
            )

    def _run(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._errors():
            self._db.execute(statement, values)

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            return self._db.execute(statement, values).fetchall()

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._rows(statement, values)[0][0]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise MakegoodError(
                    f"Another process has the store {self.path}.",
                    hint="Wait until it has ended, then try again.",
                ) from None
            raise MakegoodError(f"The store {self.path} cannot be used: {error}.") from error
