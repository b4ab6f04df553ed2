# SPDX-License-Identifier: Apache-2.0
"""Tickets, what they are promised, what is broken, and how many there are."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Index, Integer, Table

from makegood.indexer.schema.columns import Amount, key, may, metadata, need, of_desk

tickets = Table(
    "tickets",
    metadata,
    key("ticket_id"),
    *of_desk(),
    need("lane", Integer),
    need("source"),
    need("requester"),
    may("agent"),
    need("commitment"),
    need("policy_id", BigInteger),
    need("priority", Integer),
    need("status", Integer),
    may("word"),
    need("replied", Boolean),
    need("backed", Boolean),
    need("holds_place", Boolean),
    need("disputed", Boolean),
    need("proven", Boolean),
    need("challenged", Boolean),
    need("opened_at", BigInteger),
    need("recorded_at", BigInteger),
    need("opened_block", BigInteger),
    may("opened_transaction"),
    may("reply_due", BigInteger),
    may("waiting_since", BigInteger),
    may("solved_at", BigInteger),
    may("resolution_due", BigInteger),
    may("resolution_remaining", BigInteger),
    need("first_reply_due", BigInteger),
    may("first_reply_at", BigInteger),
    may("last_reply_at", BigInteger),
    may("closed_at", BigInteger),
    need("breached", Integer),
    need("compensated", Integer),
    need("paid", Amount),
    need("replies_due", Integer),
    need("resolution_state"),
    need("open_disputes", Integer),
    need("follow_up_nonce", BigInteger),
    may("batch", BigInteger),
    may("leaf_index", BigInteger),
    may("provable_until", BigInteger),
    may("proven_at", BigInteger),
    may("challenge_until", BigInteger),
    may("prover"),
    need("proof_bond", Amount),
    need("proof_sequence", BigInteger),
    need("proof_answered", Boolean),
    may("challenge_ended_at", BigInteger),
    may("bond_returned", Boolean),
    need("equivocated", Boolean),
    need("changed_at", BigInteger),
    need("changed_block", BigInteger),
    Index("tickets_by_requester", "requester", "opened_at"),
    Index("tickets_by_commitment", "commitment"),
    Index("tickets_by_desk", "desk", "chain", "opened_at", "ticket_id"),
    Index("tickets_by_batch", "desk", "batch"),
)
for _column in ("reply_due", "resolution_due", "waiting_since"):
    _some = tickets.c[_column].is_not(None)
    Index(
        f"tickets_by_{_column}",
        tickets.c.desk,
        tickets.c[_column],
        sqlite_where=_some,
        postgresql_where=_some,
    )

# One row for each thing that the desk owed a ticket: 0 its resolution, then its replies, from 1 on.
promises = Table(
    "promises",
    metadata,
    key("ticket_id"),
    *of_desk(),
    key("number", Integer),
    need("kind", Integer),
    need("policy_id", BigInteger),
    need("priority", Integer),
    need("began_at", BigInteger),
    may("due", BigInteger),
    may("ended_at", BigInteger),
    need("state"),
)
_running = promises.c.state == "running"
Index("promises_running", promises.c.desk, promises.c.due, sqlite_where=_running, postgresql_where=_running)

breaches = Table(
    "breaches",
    metadata,
    key("ticket_id"),
    *of_desk(),
    key("kind", Integer),
    need("requester"),
    need("policy_id", BigInteger),
    need("priority", Integer),
    may("due", BigInteger),
    need("cause"),
    need("recorded_at", BigInteger),
    need("recorded_block", BigInteger),
    may("compensated_at", BigInteger),
    may("compensated_block", BigInteger),
    may("amount", Amount),
    Index("breaches_by_time", "desk", "recorded_at"),
    Index("breaches_by_payment", "desk", "compensated_at"),
)

# How many promises of a day, by their due, were kept and broken; running ones are in `promises`.
attainment = Table(
    "attainment",
    metadata,
    *of_desk(),
    key("day", BigInteger),
    key("policy_id", BigInteger),
    key("priority", Integer),
    key("kind", Integer),
    key("lane", Integer),
    need("kept", BigInteger),
    need("breached", BigInteger),
)

tallies = Table(
    "tallies",
    metadata,
    *of_desk(),
    key("lane", Integer),
    key("priority", Integer),
    key("status", Integer),
    need("tickets", BigInteger),
)
