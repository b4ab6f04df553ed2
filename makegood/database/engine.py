# SPDX-License-Identifier: Apache-2.0
"""Connections to SQLite or Postgres, and what one process alone may do at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, event, func, select
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from makegood.errors import MakegoodError, UsageError

_WAITS = 30.0  # seconds for another writer
_MEMORY = (None, "", ":memory:")
_LASTING = ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON")
# The lock is kept until it is closed, or its process ends in whatever way.
_ALONE = ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL")


class Database:
    """Tables of some packages. What was committed outlasts a crash, unless `pragmas` say otherwise."""

    def __init__(
        self,
        url: str | URL,
        *,
        alone: bool = False,
        read_only: bool = False,
        waits: float = _WAITS,
        pragmas: Sequence[str] = _LASTING,
        repeatable: bool = False,
    ) -> None:
        """`alone` keeps every other process out of a SQLite file until it is closed. `read_only` changes
        nothing, not even the file: it may belong to another, or not be there yet.

        `pragmas` are how SQLite is to work. `repeatable`: a transaction sees one state throughout, as with
        SQLite it always does. Raises UsageError for an address that is no database's, MakegoodError where it
        cannot be opened.
        """
        self.url = url_of(url)
        if self.is_postgres:
            self.engine = _postgres(self.url, read_only=read_only, repeatable=repeatable)
            return
        self.engine = _sqlite(self.url, alone=alone, read_only=read_only, waits=waits)
        event.listen(self.engine, "connect", partial(_connected, _ALONE if alone else pragmas, alone))
        event.listen(self.engine, "begin", _begun)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that changes something: in SQLite no other does meanwhile."""
        with self._transaction(writes=True) as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads."""
        with self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with database_errors(self.url), self.engine.connect() as connection:
            connection.info["writes"] = writes
            with connection.begin():
                yield connection

    @contextmanager
    def lock(self, name: str) -> Iterator[bool]:
        """Whether nobody else has what `name` names. Held until it is left, or its process ends."""
        held = self._advisory(name) if self.is_postgres else self._file_lock(name)
        with held as mine:
            yield mine

    @property
    def is_postgres(self) -> bool:
        """Whether it is Postgres, not SQLite."""
        return self.url.get_backend_name() == "postgresql"

    @property
    def shown(self) -> str:
        """Its address as it can be printed."""
        return _shown(self.url)

    @contextmanager
    def _advisory(self, name: str) -> Iterator[bool]:
        key = lock_key(name)
        with database_errors(self.url):
            connection = self.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            with database_errors(self.url):
                mine = bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar())
            try:
                yield mine
            finally:
                if mine:
                    # Where the connection is gone, so is the lock.
                    with suppress(SQLAlchemyError):
                        connection.execute(select(func.pg_advisory_unlock(key)))
        finally:
            connection.close()

    @contextmanager
    def _file_lock(self, name: str) -> Iterator[bool]:
        if self.url.database in _MEMORY:
            yield True
            return
        path = Path(f"{self.url.database}.{sha256(name.encode()).hexdigest()[:12]}.lock")
        try:
            file = path.open("ab")
        except OSError as error:
            raise MakegoodError(f"{path} cannot be made: {error.strerror}.") from None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True


def lock_key(name: str) -> int:
    """A name as Postgres numbers its locks."""
    return int.from_bytes(sha256(name.encode()).digest()[:8], "big", signed=True)


@contextmanager
def database_errors(url: URL) -> Iterator[None]:
    """What the database refuses, as MakegoodErrors that do not repeat a password."""
    try:
        yield
    except DBAPIError as error:
        text = " ".join(str(error.orig).split()).rstrip(".")[:200]
        raise MakegoodError(
            f"The database {_shown(url)} refuses: {text}.",
            hint="Check that it runs, is not full and may be written to, then try again.",
        ) from error
    except SQLAlchemyError as error:
        text = " ".join(str(error).split()).rstrip(".")[:200]
        raise MakegoodError(f"The database cannot be used: {text}.") from error


def _shown(url: URL) -> str:
    # What drivers read from the query, such as `password`, SQLAlchemy would not hide.
    secret = [name for name in url.query if "password" in name.lower()]
    return url.difference_update_query(secret).render_as_string(hide_password=True)


def url_of(text: str | URL) -> URL:
    """The address of a database. Raises UsageError where it is none that can be used."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):  # ValueError: a port that is no number
        raise UsageError(
            "The address of the database is none.",
            hint="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(
            f"A database of {url.get_backend_name()} cannot be used.", hint="Use SQLite or Postgres."
        )
    return url


def is_missing_file(text: str | URL) -> bool:
    """Whether it is a SQLite file that nobody has made yet."""
    url = url_of(text)
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def _postgres(url: URL, *, read_only: bool, repeatable: bool) -> Engine:
    more: dict[str, Any] = {"isolation_level": "REPEATABLE READ"} if repeatable else {}
    if read_only:
        more["execution_options"] = {"postgresql_readonly": True}
    try:
        # By place, not by name: some statements are the driver's own.
        return create_engine(url, pool_pre_ping=True, paramstyle="format", **more)
    except (NoSuchModuleError, ImportError):
        raise UsageError(
            "Postgres needs psycopg.",
            hint="Install Makegood with its extra postgres, as docs/operations/deploy.md says.",
        ) from None


def _sqlite(url: URL, *, alone: bool, read_only: bool, waits: float) -> Engine:
    in_memory = url.database in _MEMORY
    if read_only:
        address = f"file:{quote(str(Path(url.database or '').absolute()))}"
        url = url.set(database=address, query={"mode": "ro", "uri": "true"})
    elif not in_memory:
        _prepare(Path(str(url.database)).absolute())
    options: dict[str, Any] = {"connect_args": {"timeout": waits, "check_same_thread": False}}
    if alone or in_memory:
        options["poolclass"] = StaticPool
    return create_engine(url, **options)


def _prepare(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            # It may hold what people wrote. What SQLite puts beside it gets the same rights.
            path.touch(0o600)
    except OSError as error:
        raise MakegoodError(f"The database {path} cannot be made: {error.strerror}.") from None


def _connected(pragmas: Sequence[str], alone: bool, connection: Any, _: Any) -> None:
    # Python's driver would begin transactions late, and end them at times of its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    if alone:
        connection.execute("BEGIN EXCLUSIVE")
        connection.execute("COMMIT")


def _begun(connection: Connection) -> None:
    # A writer takes its place at once, not when it has read what another then changes.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writes", True) else "BEGIN")
