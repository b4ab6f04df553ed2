# SPDX-License-Identifier: Apache-2.0
"""Money, and what is contested."""

from __future__ import annotations

from sqlalchemy import BigInteger, Index, Integer, Table

from makegood.indexer.schema.columns import Amount, key, may, metadata, need, of_desk

# What the books of `desks` were after a block that moved them.
books = Table(
    "books",
    metadata,
    *of_desk(),
    key("block_number", BigInteger),
    need("time", BigInteger),
    need("funds", Amount),
    need("reserved", Amount),
    need("credited", Amount),
    need("bonded", Amount),
    need("debt_incurred", Amount),
    need("debt_paid", Amount),
    need("compensated", Amount),
    need("collected", Amount),
)

disputes = Table(
    "disputes",
    metadata,
    *of_desk(),
    key("dispute", BigInteger),
    need("ticket_id"),
    need("requester"),
    need("kind", Integer),
    need("amount", Amount),
    need("reserved", Amount),
    need("evidence_digest"),
    need("bond", Amount),
    need("epoch", BigInteger),
    need("rules_until", BigInteger),
    need("state", Integer),
    need("contested_at", BigInteger),
    may("ruled_at", BigInteger),
    may("ruled_amount", Amount),
    need("signers"),
    need("fee_share", Amount),
    need("fees_collected"),
    need("changed_block", BigInteger),
    Index("disputes_by_ticket", "ticket_id"),
    Index("disputes_by_requester", "requester"),
    Index("disputes_by_end", "desk", "state", "rules_until"),
)

accounts = Table(
    "accounts",
    metadata,
    *of_desk(),
    key("beneficiary"),
    need("credited", Amount),
    need("collected", Amount),
    need("debts", BigInteger),
    need("debts_credited", Amount),
    need("changed_block", BigInteger),
    Index("accounts_by_beneficiary", "beneficiary"),
)

debts = Table(
    "debts",
    metadata,
    *of_desk(),
    key("beneficiary"),
    key("place", BigInteger),
    need("position", Amount),
    need("amount", Amount),
    need("owed_at", BigInteger),
    need("changed_block", BigInteger),
)
