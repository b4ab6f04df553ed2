# SPDX-License-Identifier: Apache-2.0
"""Batches and the leaves that were published of them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, Table

from makegood.indexer.schema.columns import Amount, key, may, metadata, need, of_desk

batches = Table(
    "batches",
    metadata,
    *of_desk(),
    key("batch", BigInteger),
    need("agent"),
    need("policy_id", BigInteger),
    need("root"),
    need("urgent", BigInteger),
    need("high", BigInteger),
    need("normal", BigInteger),
    need("low", BigInteger),
    need("later", BigInteger),
    need("uri"),
    need("worst_case", Amount),
    need("backed", Boolean),
    need("reserved", Amount),
    need("anchored_at", BigInteger),
    need("anchored_block", BigInteger),
    need("anchored_transaction"),
    need("expires_at", BigInteger),
    may("released_at", BigInteger),
    need("proven", BigInteger),
    need("leaves"),
    need("changed_block", BigInteger),
    Index("batches_by_root", "root"),
)

# Files of leaves by their root: what came of fetching them. Not the chain's: a file is there or not.
leaf_files = Table(
    "leaf_files",
    metadata,
    key("chain", BigInteger),
    key("desk"),
    key("batch", BigInteger),
    key("root"),
    need("state"),
    need("reason"),
    need("tries", Integer),
    need("tried_at", BigInteger),
    need("next_at", BigInteger),
)

leaves = Table(
    "leaves",
    metadata,
    key("root"),
    key("position", BigInteger),
    need("ticket_id"),
    need("actor"),
    need("leaf", LargeBinary),
    Index("leaves_by_ticket", "ticket_id"),
    Index("leaves_by_actor", "actor"),
)
