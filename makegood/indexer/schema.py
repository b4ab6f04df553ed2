# SPDX-License-Identifier: Apache-2.0
"""The tables of an index. docs/indexer.md says what each column means.

Ids, digests and addresses are lower-case hex with 0x; times are seconds since 1970; amounts are in the
smallest units of the desk's asset. Every row belongs to a chain, nearly every one to a desk, which is named
by its address.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

# Sorted by its bytes on every database, so that a dump has one order.
Word = Text().with_variant(Text(collation="C"), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Amount(TypeDecorator[int]):
    """A number of up to 256 bits, which no database's own integers hold: kept in decimal."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As it is kept."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """As it is read."""
        return None if value is None else int(value)


def _key(name: str, kind: Any = Word) -> Column[Any]:
    return Column(name, kind, primary_key=True, autoincrement=False)


def _need(name: str, kind: Any = Word) -> Column[Any]:
    return Column(name, kind, nullable=False)


def _may(name: str, kind: Any = Word) -> Column[Any]:
    return Column(name, kind, nullable=True)


def _of_desk() -> Sequence[Column[Any]]:
    return _key("chain", BigInteger), _key("desk")


# ---------------------------------------------------------------- what was seen, and how far

chains = Table(
    "chains",
    metadata,
    _key("chain", BigInteger),
    _need("first_block", BigInteger),
    _need("head_number", BigInteger),
    _need("head_hash"),
    _need("head_time", BigInteger),
    _need("safe_number", BigInteger),
    _need("final_number", BigInteger),
    _need("final_hash"),
    _need("node_number", BigInteger),
    _need("revision", BigInteger),
    _need("written_at", BigInteger),
)

sources = Table(
    "sources",
    metadata,
    _key("chain", BigInteger),
    _key("address"),
    _need("kind"),
)

reorganisations = Table(
    "reorganisations",
    metadata,
    Column("id", Serial, primary_key=True),
    _need("chain", BigInteger),
    _need("common_number", BigInteger),
    _need("head_number", BigInteger),
    _need("head_hash"),
    _need("found_at", BigInteger),
)

blocks = Table(
    "blocks",
    metadata,
    _key("chain", BigInteger),
    _key("hash"),
    _need("number", BigInteger),
    _need("parent_hash"),
    _need("time", BigInteger),
    _need("events", Integer),
    _need("orphaned", Boolean),
    Index("blocks_by_number", "chain", "number"),
)

events = Table(
    "events",
    metadata,
    Column("id", Serial, primary_key=True),
    _need("chain", BigInteger),
    _need("block_hash"),
    _need("log_index", BigInteger),
    _need("block_number", BigInteger),
    _need("time", BigInteger),
    _need("transaction_hash"),
    _need("address"),
    _need("contract"),
    _may("desk"),
    _need("name"),
    _may("ticket_id"),
    _may("batch", BigInteger),
    _may("dispute", BigInteger),
    _may("agent"),
    _may("person"),
    _may("channel"),
    _may("policy_id", BigInteger),
    _need("topics", LargeBinary),
    _need("data", LargeBinary),
    _need("orphaned", Boolean),
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
}.items():
    _some = _events[_columns[0]].is_not(None)
    Index(
        f"events_by_{_name}",
        *(_events[column] for column in _columns),
        sqlite_where=_some,
        postgresql_where=_some,
    )
Index("events_by_transaction", _events.transaction_hash)

# How to take back what blocks that are not final did: rows as they were before, newest first.
undo = Table(
    "undo",
    metadata,
    Column("id", Serial, primary_key=True),
    _need("chain", BigInteger),
    _need("block_number", BigInteger),
    _need("table_name"),
    _need("key"),
    _may("row"),
    Index("undo_by_number", "chain", "block_number"),
)

# ---------------------------------------------------------------- desks, people, policies

desks = Table(
    "desks",
    metadata,
    *_of_desk(),
    _need("pool"),
    _need("panel"),
    _need("lane"),
    _need("directory"),
    _may("factory"),
    _need("asset"),
    _may("asset_symbol"),
    _may("asset_decimals", Integer),
    _need("notice", BigInteger),
    _need("name"),
    _may("operator"),
    _may("pending_operator"),
    _may("deployed_block", BigInteger),
    _may("deployed_at", BigInteger),
    _need("policies", Integer),
    _need("tickets", BigInteger),
    _need("batches", BigInteger),
    _need("disputes", BigInteger),
    _need("epoch", BigInteger),
    _need("funds", Amount),
    _need("reserved", Amount),
    _need("credited", Amount),
    _need("bonded", Amount),
    _need("debt_incurred", Amount),
    _need("debt_paid", Amount),
    _need("compensated", Amount),
    _need("collected", Amount),
    _need("withdrawn", Amount),
    _need("withdrawal_amount", Amount),
    _need("withdrawal_from", BigInteger),
    _need("withdrawal_until", BigInteger),
    _need("changed_block", BigInteger),
)

# What the books of `desks` were after a block that moved them.
books = Table(
    "books",
    metadata,
    *_of_desk(),
    _key("block_number", BigInteger),
    _need("time", BigInteger),
    _need("funds", Amount),
    _need("reserved", Amount),
    _need("credited", Amount),
    _need("bonded", Amount),
    _need("debt_incurred", Amount),
    _need("debt_paid", Amount),
    _need("compensated", Amount),
    _need("collected", Amount),
)

policies = Table(
    "policies",
    metadata,
    *_of_desk(),
    _key("policy_id", BigInteger),
    _need("name"),
    _need("uri"),
    _need("terms_digest"),
    _need("terms"),
    _need("published_at", BigInteger),
    _need("changed_block", BigInteger),
)

coverages = Table(
    "coverages",
    metadata,
    *_of_desk(),
    _key("holder"),
    _key("policy_id", BigInteger),
    _need("priority", Integer),
    _need("places", BigInteger),
    _need("used", BigInteger),
    _need("until", BigInteger),
    _need("changed_block", BigInteger),
    Index("coverages_by_holder", "holder"),
)

agents = Table(
    "agents",
    metadata,
    *_of_desk(),
    _key("agent"),
    _need("kind", Integer),
    _may("did_digest"),
    _may("credential_digest"),
    _need("since", BigInteger),
    _need("until", BigInteger),
    _need("revoked", Boolean),
    _need("allowance", Amount),
    _may("successor"),
    _may("predecessor"),
    _need("replies", BigInteger),
    _need("opened", BigInteger),
    _need("changed_block", BigInteger),
    Index("agents_by_address", "agent"),
    Index("agents_by_did", "did_digest"),
)

channels = Table(
    "channels",
    metadata,
    *_of_desk(),
    _key("channel"),
    _need("since", BigInteger),
    _need("revoked_at", BigInteger),
    _need("changed_block", BigInteger),
    Index("channels_by_digest", "channel"),
)

keepers = Table(
    "keepers",
    metadata,
    *_of_desk(),
    _key("requester"),
    _may("keeper"),
    _need("nonce", BigInteger),
    _need("changed_block", BigInteger),
)

panels = Table(
    "panels",
    metadata,
    *_of_desk(),
    _key("epoch", BigInteger),
    _need("arbiters"),
    _need("threshold", Integer),
    _need("state"),
    _may("usable_from", BigInteger),
    _may("usable_until", BigInteger),
    _may("adopted_at", BigInteger),
    _need("changed_block", BigInteger),
)

# ---------------------------------------------------------------- tickets

tickets = Table(
    "tickets",
    metadata,
    _key("ticket_id"),
    *_of_desk(),
    _need("lane", Integer),
    _need("source"),
    _need("requester"),
    _may("agent"),
    _need("commitment"),
    _need("policy_id", BigInteger),
    _need("priority", Integer),
    _need("status", Integer),
    _may("word"),
    _need("replied", Boolean),
    _need("backed", Boolean),
    _need("holds_place", Boolean),
    _need("disputed", Boolean),
    _need("proven", Boolean),
    _need("challenged", Boolean),
    _need("opened_at", BigInteger),
    _need("recorded_at", BigInteger),
    _need("opened_block", BigInteger),
    _may("opened_transaction"),
    _may("reply_due", BigInteger),
    _may("waiting_since", BigInteger),
    _may("solved_at", BigInteger),
    _may("resolution_due", BigInteger),
    _may("resolution_remaining", BigInteger),
    _need("first_reply_due", BigInteger),
    _may("first_reply_at", BigInteger),
    _may("last_reply_at", BigInteger),
    _may("closed_at", BigInteger),
    _need("breached", Integer),
    _need("compensated", Integer),
    _need("paid", Amount),
    _need("replies_due", Integer),
    _need("resolution_state"),
    _need("open_disputes", Integer),
    _need("follow_up_nonce", BigInteger),
    _may("batch", BigInteger),
    _may("leaf_index", BigInteger),
    _may("provable_until", BigInteger),
    _may("proven_at", BigInteger),
    _may("challenge_until", BigInteger),
    _may("prover"),
    _need("proof_bond", Amount),
    _need("proof_sequence", BigInteger),
    _need("proof_answered", Boolean),
    _may("challenge_ended_at", BigInteger),
    _may("bond_returned", Boolean),
    _need("equivocated", Boolean),
    _need("changed_at", BigInteger),
    _need("changed_block", BigInteger),
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
    _key("ticket_id"),
    *_of_desk(),
    _key("number", Integer),
    _need("kind", Integer),
    _need("policy_id", BigInteger),
    _need("priority", Integer),
    _need("began_at", BigInteger),
    _may("due", BigInteger),
    _may("ended_at", BigInteger),
    _need("state"),
)
_running = promises.c.state == "running"
Index("promises_running", promises.c.desk, promises.c.due, sqlite_where=_running, postgresql_where=_running)

breaches = Table(
    "breaches",
    metadata,
    _key("ticket_id"),
    *_of_desk(),
    _key("kind", Integer),
    _need("requester"),
    _need("policy_id", BigInteger),
    _need("priority", Integer),
    _may("due", BigInteger),
    _need("cause"),
    _need("recorded_at", BigInteger),
    _need("recorded_block", BigInteger),
    _may("compensated_at", BigInteger),
    _may("compensated_block", BigInteger),
    _may("amount", Amount),
    Index("breaches_by_time", "desk", "recorded_at"),
    Index("breaches_by_payment", "desk", "compensated_at"),
)

# How many promises of a day, by their due, were kept and broken; running ones are in `promises`.
attainment = Table(
    "attainment",
    metadata,
    *_of_desk(),
    _key("day", BigInteger),
    _key("policy_id", BigInteger),
    _key("priority", Integer),
    _key("kind", Integer),
    _key("lane", Integer),
    _need("kept", BigInteger),
    _need("breached", BigInteger),
)

tallies = Table(
    "tallies",
    metadata,
    *_of_desk(),
    _key("lane", Integer),
    _key("priority", Integer),
    _key("status", Integer),
    _need("tickets", BigInteger),
)

# ---------------------------------------------------------------- batches

batches = Table(
    "batches",
    metadata,
    *_of_desk(),
    _key("batch", BigInteger),
    _need("agent"),
    _need("policy_id", BigInteger),
    _need("root"),
    _need("urgent", BigInteger),
    _need("high", BigInteger),
    _need("normal", BigInteger),
    _need("low", BigInteger),
    _need("later", BigInteger),
    _need("uri"),
    _need("worst_case", Amount),
    _need("backed", Boolean),
    _need("reserved", Amount),
    _need("anchored_at", BigInteger),
    _need("anchored_block", BigInteger),
    _need("anchored_transaction"),
    _need("expires_at", BigInteger),
    _may("released_at", BigInteger),
    _need("proven", BigInteger),
    _need("leaves"),
    _need("changed_block", BigInteger),
    Index("batches_by_root", "root"),
)

# Files of leaves by their root: what came of fetching them. Not the chain's: a file is there or not.
leaf_files = Table(
    "leaf_files",
    metadata,
    _key("chain", BigInteger),
    _key("desk"),
    _key("batch", BigInteger),
    _key("root"),
    _need("state"),
    _need("reason"),
    _need("tries", Integer),
    _need("tried_at", BigInteger),
    _need("next_at", BigInteger),
)

leaves = Table(
    "leaves",
    metadata,
    _key("root"),
    _key("position", BigInteger),
    _need("ticket_id"),
    _need("actor"),
    _need("leaf", LargeBinary),
    Index("leaves_by_ticket", "ticket_id"),
    Index("leaves_by_actor", "actor"),
)

# ---------------------------------------------------------------- disputes and money

disputes = Table(
    "disputes",
    metadata,
    *_of_desk(),
    _key("dispute", BigInteger),
    _need("ticket_id"),
    _need("requester"),
    _need("kind", Integer),
    _need("amount", Amount),
    _need("reserved", Amount),
    _need("evidence_digest"),
    _need("bond", Amount),
    _need("epoch", BigInteger),
    _need("rules_until", BigInteger),
    _need("state", Integer),
    _need("contested_at", BigInteger),
    _may("ruled_at", BigInteger),
    _may("ruled_amount", Amount),
    _need("signers"),
    _need("fee_share", Amount),
    _need("fees_collected"),
    _need("changed_block", BigInteger),
    Index("disputes_by_ticket", "ticket_id"),
    Index("disputes_by_requester", "requester"),
    Index("disputes_by_end", "desk", "state", "rules_until"),
)

accounts = Table(
    "accounts",
    metadata,
    *_of_desk(),
    _key("beneficiary"),
    _need("credited", Amount),
    _need("collected", Amount),
    _need("debts", BigInteger),
    _need("debts_credited", Amount),
    _need("changed_block", BigInteger),
    Index("accounts_by_beneficiary", "beneficiary"),
)

debts = Table(
    "debts",
    metadata,
    *_of_desk(),
    _key("beneficiary"),
    _key("place", BigInteger),
    _need("position", Amount),
    _need("amount", Amount),
    _need("owed_at", BigInteger),
    _need("changed_block", BigInteger),
)

DERIVED = (
    desks,
    books,
    policies,
    coverages,
    agents,
    channels,
    keepers,
    panels,
    tickets,
    promises,
    breaches,
    attainment,
    tallies,
    batches,
    disputes,
    accounts,
    debts,
)
"""What is folded from events, and from the leaves that were published."""
