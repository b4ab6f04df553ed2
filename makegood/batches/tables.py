# SPDX-License-Identifier: Apache-2.0
"""The store's tables. In a database that others use too their names begin with `batches_`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

SHARED = "batches_"


@dataclass(frozen=True)
class Tables:
    """Whose store it is, its batches, and the events of their tickets."""

    metadata: MetaData
    meta: Table
    batches: Table
    events: Table


@cache
def tables(prefix: str = "") -> Tables:
    """The tables with a prefix."""
    metadata = MetaData()
    return Tables(metadata, _meta(metadata, prefix), _batches(metadata, prefix), _events(metadata, prefix))


def _meta(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}meta",
        metadata,
        Column("name", Text, primary_key=True),
        Column("value", Text, nullable=False),
        sqlite_strict=True,
    )


def _batches(metadata: MetaData, prefix: str) -> Table:
    return Table(
        f"{prefix}batches",
        metadata,
        Column("key", _long(), primary_key=True),
        Column("state", Text, nullable=False),
        Column("agent", Text, nullable=False),
        Column("policy", _long(), nullable=False),
        Column("root", LargeBinary, nullable=False),
        Column("counts", Text, nullable=False),
        Column("uri", Text, nullable=False),
        Column("must_back", Integer, nullable=False),
        Column("from_block", _long(), nullable=False),
        Column("batches_before", _long(), nullable=False),
        Column("nonce", _long()),
        Column("number", _long()),
        Column("txn", LargeBinary),
        Column("block", _long()),
        Column("block_hash", LargeBinary),
        Column("at", _long()),
        Column("gas", _long()),
        Column("final", Integer, nullable=False, server_default="0"),
        Column("handed_out", Integer, nullable=False, server_default="0"),
        sqlite_strict=True,
    )


def _events(metadata: MetaData, prefix: str) -> Table:
    table = Table(
        f"{prefix}events",
        metadata,
        Column("arrival", _long(), primary_key=True),
        Column("id", Text, nullable=False, unique=True),
        Column("content", LargeBinary, nullable=False),
        Column("ticket", LargeBinary, nullable=False),
        Column("act", Integer, nullable=False),
        Column("at", _long(), nullable=False),
        Column("actor", Text, nullable=False),
        Column("digest", LargeBinary, nullable=False),
        Column("priority", Integer),
        Column("policy", _long()),
        Column("source", Text, nullable=False),
        Column("sequence", _long()),
        Column("batch", _long(), ForeignKey(f"{prefix}batches.key")),
        Column("refused", Text),
        sqlite_strict=True,
    )
    waiting = "batch IS NULL AND refused IS NULL"
    for name, columns, where, unique in (
        ("openings", ("ticket",), "act = 0 AND refused IS NULL", True),
        ("entries", ("ticket", "sequence"), "sequence IS NOT NULL", True),
        ("waiting", ("at", "arrival"), waiting, False),
        ("waiting_of", ("ticket",), waiting, False),
        ("anchored_with", ("batch",), "batch IS NOT NULL", False),
        ("dead_letters", ("ticket",), "refused IS NOT NULL", False),
    ):
        some = text(where)
        Index(
            f"{prefix}{name}",
            *(table.c[each] for each in columns),
            unique=unique,
            sqlite_where=some,
            postgresql_where=some,
        )
    return table


def _long() -> BigInteger:
    # SQLite numbers rows by itself in a column that is called just INTEGER; a strict table has no other.
    return BigInteger().with_variant(Integer, "sqlite")
