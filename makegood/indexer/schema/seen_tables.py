# SPDX-License-Identifier: Apache-2.0
"""What was seen of a chain, how far, and how to take it back."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    Table,
    literal_column,
)

from makegood.indexer.schema.columns import Serial, key, may, metadata, need

chains = Table(
    "chains",
    metadata,
    key("chain", BigInteger),
    need("first_block", BigInteger),
    need("head_number", BigInteger),
    need("head_hash"),
    need("head_time", BigInteger),
    need("safe_number", BigInteger),
    need("final_number", BigInteger),
    need("final_hash"),
    need("node_number", BigInteger),
    need("revision", BigInteger),
    need("written_at", BigInteger),
)

sources = Table(
    "sources",
    metadata,
    key("chain", BigInteger),
    key("address"),
    need("kind"),
)

reorganisations = Table(
    "reorganisations",
    metadata,
    Column("id", Serial, primary_key=True),
    need("chain", BigInteger),
    need("common_number", BigInteger),
    need("head_number", BigInteger),
    need("head_hash"),
    need("found_at", BigInteger),
)

blocks = Table(
    "blocks",
    metadata,
    key("chain", BigInteger),
    key("hash"),
    need("number", BigInteger),
    need("parent_hash"),
    need("time", BigInteger),
    need("events", Integer),
    need("orphaned", Boolean),
    Index("blocks_by_number", "chain", "number"),
)

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True),
    need("chain", BigInteger),
    need("block_hash"),
    need("log_index", BigInteger),
    need("block_number", BigInteger),
    need("time", BigInteger),
    need("transaction_hash"),
    need("address"),
    need("contract"),
    may("desk"),
    need("name"),
    may("ticket_id"),
    may("batch", BigInteger),
    may("dispute", BigInteger),
    may("agent"),
    may("person"),
    may("channel"),
    may("policy_id", BigInteger),
    may("digest"),
    need("topics", LargeBinary),
    need("data", LargeBinary),
    need("orphaned", Boolean),
    # The hash alone tells blocks apart; with the number before it, one index is also the chain's order.
    Index("events_key", "chain", "block_number", "block_hash", "log_index", unique=True),
)

_events = events.c
for _name, _columns in {
    "ticket": ("ticket_id",),
    "batch": ("batch", "desk"),
    "dispute": ("dispute", "desk"),
    "agent": ("agent", "block_number"),
    "person": ("person", "block_number"),
    "channel": ("channel",),
    "digest": ("digest",),
}.items():
    _some = _events[_columns[0]].is_not(None)
    Index(
        f"events_by_{_name}",
        *(_events[column] for column in _columns),
        sqlite_where=_some,
        postgresql_where=_some,
    )
Index("events_by_transaction", _events.transaction_hash)
REGISTRATIONS: ColumnElement[Any] = literal_column("name IN ('AgentRegistered', 'AgentRevoked')")
"""Of events: an agent's record begins, changes or ends. A query that says it so is answered by an index."""
Index(
    "events_of_registration",
    _events.desk,
    _events.block_number,
    sqlite_where=REGISTRATIONS,
    postgresql_where=REGISTRATIONS,
)

# How to take back what blocks that are not final did: rows as they were before, newest first.
undo = Table(
    "undo",
    metadata,
    Column("id", Serial, primary_key=True),
    need("chain", BigInteger),
    need("block_number", BigInteger),
    need("table_name"),
    need("key"),
    may("row"),
    Index("undo_by_number", "chain", "block_number"),
)
