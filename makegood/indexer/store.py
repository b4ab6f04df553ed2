# SPDX-License-Identifier: Apache-2.0
"""The database of an index: SQLite by default, Postgres by URL."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from makegood.database import Database, upgrade
from makegood.indexer.schema import chains, desks, sources

FILE = "index.sqlite"
FACTORY, DESK = "factory", "desk"
PARTS = ("desk", "pool", "panel", "lane", "directory")
"""The contracts of a desk, as its row and its factory's event name them."""

# There may be many of them: each has its own cache, of 8 MB.
_TO_READ = ("query_only = ON", "cache_size = -8192", "temp_store = MEMORY")
_TO_WRITE = (
    # Of a new file. Rows go to random places of five indexes: with larger pages in a third less time.
    "page_size = 16384",
    "journal_mode = WAL",
    # Whatever ends the process, what was committed stays; a loss of power may take back the last commits, and
    # with them the cursor.
    "synchronous = NORMAL",
    "cache_size = -32768",
    "temp_store = MEMORY",
)


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


class Store(Database):
    """An index. Opening it brings its tables up to date, unless it is only read."""

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        """`read_only` changes nothing: the file may belong to another, or not be there yet.

        Raises UsageError for an address that is no database's, MakegoodError where it cannot be opened.
        """
        super().__init__(
            url, read_only=read_only, pragmas=_TO_READ if read_only else _TO_WRITE, repeatable=True
        )
        if not read_only:
            upgrade(self, "index", Path(__file__).parent / "versions")

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


def default_url(folder: Path) -> str:
    """The SQLite file in a folder."""
    return f"sqlite:///{folder / FILE}"
