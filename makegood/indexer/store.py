# SPDX-License-Identifier: Apache-2.0
"""The database of an index: SQLite by default, Postgres by URL."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import create_engine, event, insert, select, update
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError

from makegood.errors import MakegoodError, UsageError
from makegood.indexer import migrations
from makegood.indexer.schema import chains, desks, sources

FILE = "index.sqlite"
FACTORY, DESK = "factory", "desk"
PARTS = ("desk", "pool", "panel", "lane", "directory")
"""The contracts of a desk, as its row and its factory's event name them."""

_WAITS = 30.0  # seconds for another writer


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a chain is indexed: up to `head`; what is at or below `final` never changes again."""

    chain: int
    first_block: int
    head_number: int
    head_hash: str
    head_time: int
    safe_number: int
    final_number: int
    final_hash: str
    node_number: int
    revision: int
    written_at: int


class Store:
    """An index. Opening it brings its tables up to date, unless it is only read."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """`read_only` changes nothing, not even the file: it may belong to another, or not be there yet.

        Raises UsageError for an address that is no database's, MakegoodError where it cannot be opened.
        """
        self.url = _url(url)
        self.engine = _engine(self.url, read_only=read_only)
        with database_errors(self.url):
            if not read_only:
                migrations.upgrade(self.engine)

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that changes something: no other does meanwhile."""
        with database_errors(self.url), self.engine.connect() as connection:
            connection.info["writes"] = True
            with connection.begin():
                yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the index throughout."""
        with database_errors(self.url), self.engine.connect() as connection:
            connection.info["writes"] = False
            with connection.begin():
                yield connection

    # ------------------------------------------------------------ what is followed

    def follow(self, chain: int, kind: str, addresses: list[str]) -> list[str]:
        """Remember factories or desks of a chain; returns those that were not followed before."""
        with self.writing() as connection:
            known = set(self.followed(connection, chain, kind))
            fresh = [address for address in addresses if address not in known]
            self.remember(connection, chain, kind, fresh)
        return fresh

    @staticmethod
    def remember(connection: Connection, chain: int, kind: str, addresses: Sequence[str]) -> None:
        """The same for what is not followed yet, within a transaction."""
        if addresses:
            rows = [{"chain": chain, "kind": kind, "address": address} for address in addresses]
            connection.execute(insert(sources), rows)

    @staticmethod
    def followed(connection: Connection, chain: int, kind: str) -> list[str]:
        """The factories or the desks that were named."""
        query = select(sources.c.address).where(sources.c.chain == chain, sources.c.kind == kind)
        return list(connection.execute(query.order_by(sources.c.address)).scalars())


def cursor_of(connection: Connection, chain: int, *, lock: bool = False) -> Cursor | None:
    """How far a chain is indexed; None where nothing was."""
    query = select(chains).where(chains.c.chain == chain)
    row = connection.execute(query.with_for_update() if lock else query).mappings().first()
    return None if row is None else Cursor(**row)


def write_cursor(connection: Connection, before: Cursor | None, **fields: Any) -> None:
    """Move a chain's cursor; each time its revision is one more."""
    fields["written_at"] = int(time.time())
    if before is None:
        connection.execute(insert(chains).values(revision=1, **fields))
    else:
        fits = chains.c.chain == before.chain
        connection.execute(update(chains).where(fits).values(revision=before.revision + 1, **fields))


def contracts_of(connection: Connection, chain: int) -> dict[str, tuple[str, str | None]]:
    """What is followed: each address with which contract it is, and of which desk."""
    factories = Store.followed(connection, chain, FACTORY)
    found: dict[str, tuple[str, str | None]] = dict.fromkeys(factories, (FACTORY, None))
    columns = [desks.c[part] for part in PARTS]
    for row in connection.execute(select(*columns).where(desks.c.chain == chain)):
        for name, address in zip(PARTS, row, strict=True):
            found[address] = (name, row[0])
    return found


@contextmanager
def database_errors(url: URL) -> Iterator[None]:
    """What the database refuses, as MakegoodErrors that do not repeat a password."""
    try:
        yield
    except DBAPIError as error:
        text = " ".join(str(error.orig).split()).rstrip(".")[:200]
        raise MakegoodError(
            f"The database {url.render_as_string(hide_password=True)} refuses: {text}.",
            hint="Check that it runs, is not full and may be written to, then try again.",
        ) from error
    except SQLAlchemyError as error:
        text = " ".join(str(error).split()).rstrip(".")[:200]
        raise MakegoodError(f"The database cannot be used: {text}.") from error


def default_url(folder: Path) -> str:
    """The SQLite file in a folder."""
    return f"sqlite:///{folder / FILE}"


def _url(text: str) -> URL:
    try:
        url = make_url(text)
    except ArgumentError:
        raise UsageError(
            "The address of the database is none.",
            hint="Write sqlite:///FILE or postgresql://USER@HOST/NAME.",
        ) from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
    if url.get_backend_name() not in ("sqlite", "postgresql"):
        raise UsageError(
            f"A database of {url.get_backend_name()} cannot hold an index.", hint="Use SQLite or Postgres."
        )
    return url


def _engine(url: URL, *, read_only: bool) -> Engine:
    try:
        if url.get_backend_name() == "postgresql":
            # Repeatable: a page or a dump sees one state of the index.
            options = {"postgresql_readonly": read_only}
            return create_engine(
                url, paramstyle="format", isolation_level="REPEATABLE READ", execution_options=options
            )
        if read_only:
            address = f"file:{quote(str(Path(url.database or '').absolute()))}"
            url = url.set(database=address, query={"mode": "ro", "uri": "true"})
        elif url.database and url.database != ":memory:":
            Path(url.database).absolute().parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": _WAITS, "check_same_thread": False})
    except (NoSuchModuleError, ImportError):
        raise UsageError(
            "Postgres needs psycopg.", hint="Install makegood with it: pip install 'makegood[postgres]'."
        ) from None
    except OSError as error:
        raise MakegoodError(f"The folder of the index cannot be made: {error.strerror}.") from None
    event.listen(engine, "connect", _connected_to_read if read_only else _connected_to_write)
    event.listen(engine, "begin", _begun)
    return engine


def _connected_to_read(connection: Any, _: Any) -> None:
    # There may be many of them: each has its own cache, of 8 MB.
    _connected(connection, ("query_only = ON", "cache_size = -8192", "temp_store = MEMORY"))


def _connected_to_write(connection: Any, _: Any) -> None:
    # Whatever ends the process, what was committed stays; a loss of power may take back the last commits, and
    # with them the cursor.
    pragmas = ("journal_mode = WAL", "synchronous = NORMAL", "cache_size = -65536", "temp_store = MEMORY")
    _connected(connection, pragmas)


def _connected(connection: Any, pragmas: Sequence[str]) -> None:
    # Python's driver would begin transactions late, and end them at times of its own.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in pragmas:
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begun(connection: Connection) -> None:
    # A writer takes its place at once, not when it has read what another then changes.
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.info.get("writes", True) else "BEGIN")
