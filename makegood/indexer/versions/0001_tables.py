# SPDX-License-Identifier: Apache-2.0
"""The first tables."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG, INT, TEXT, FLAG, BYTES = sa.BigInteger(), sa.Integer(), sa.Text(), sa.Boolean(), sa.LargeBinary()
# Sorted by its bytes on every database.
WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The first tables."""
    for make in (_seen, _desks, _people, _tickets, _batches, _money):
        make()


def _key(kind: Any, *names: str) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, kind, primary_key=True, autoincrement=False) for name in names)


def _need(kind: Any, *names: str) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, kind, nullable=False) for name in names)


def _may(kind: Any, *names: str) -> Iterator[sa.Column[Any]]:
    return (sa.Column(name, kind, nullable=True) for name in names)


def _index(name: str, table: str, *columns: str, where: str | None = None, unique: bool = False) -> None:
    some = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), unique=unique, sqlite_where=some, postgresql_where=some)


def _seen() -> None:
    op.create_table(
        "chains",
        *_key(LONG, "chain"),
        *_need(LONG, "first_block", "head_number"),
        *_need(WORD, "head_hash"),
        *_need(LONG, "head_time", "safe_number", "final_number"),
        *_need(WORD, "final_hash"),
        *_need(LONG, "node_number", "revision", "written_at"),
    )
    op.create_table(
        "sources",
        *_key(LONG, "chain"),
        *_key(WORD, "address"),
        *_need(WORD, "kind"),
    )
    op.create_table(
        "reorganisations",
        sa.Column("id", SERIAL, primary_key=True),
        *_need(LONG, "chain", "common_number", "head_number"),
        *_need(WORD, "head_hash"),
        *_need(LONG, "found_at"),
    )
    op.create_table(
        "blocks",
        *_key(LONG, "chain"),
        *_key(WORD, "hash"),
        *_need(LONG, "number"),
        *_need(WORD, "parent_hash"),
        *_need(LONG, "time"),
        *_need(INT, "events"),
        *_need(FLAG, "orphaned"),
    )
    _index("blocks_by_number", "blocks", "chain", "number")
    op.create_table(
        "events",
        sa.Column("id", SERIAL, primary_key=True),
        *_need(LONG, "chain"),
        *_need(WORD, "block_hash"),
        *_need(LONG, "log_index", "block_number", "time"),
        *_need(WORD, "transaction_hash", "address", "contract"),
        *_may(WORD, "desk"),
        *_need(WORD, "name"),
        *_may(WORD, "ticket_id"),
        *_may(LONG, "batch", "dispute"),
        *_may(WORD, "agent", "person", "channel"),
        *_may(LONG, "policy_id"),
        *_may(WORD, "digest"),
        *_need(BYTES, "topics", "data"),
        *_need(FLAG, "orphaned"),
    )
    _index("events_by_agent", "events", "agent", "block_number", where="agent IS NOT NULL")
    _index("events_by_batch", "events", "batch", "desk", where="batch IS NOT NULL")
    _index("events_by_channel", "events", "channel", where="channel IS NOT NULL")
    _index("events_by_digest", "events", "digest", where="digest IS NOT NULL")
    _index("events_by_dispute", "events", "dispute", "desk", where="dispute IS NOT NULL")
    _index("events_by_person", "events", "person", "block_number", where="person IS NOT NULL")
    _index("events_by_ticket", "events", "ticket_id", where="ticket_id IS NOT NULL")
    _index("events_by_transaction", "events", "transaction_hash")
    _index(
        "events_of_registration",
        "events",
        "desk",
        "block_number",
        where="name IN ('AgentRegistered', 'AgentRevoked')",
    )
    _index("events_key", "events", "chain", "block_number", "block_hash", "log_index", unique=True)
    op.create_table(
        "undo",
        sa.Column("id", SERIAL, primary_key=True),
        *_need(LONG, "chain", "block_number"),
        *_need(WORD, "table_name", "key"),
        *_may(WORD, "row"),
    )
    _index("undo_by_number", "undo", "chain", "block_number")


def _desks() -> None:
    op.create_table(
        "desks",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_need(WORD, "pool", "panel", "lane", "directory"),
        *_may(WORD, "factory"),
        *_need(WORD, "asset"),
        *_may(WORD, "asset_symbol"),
        *_may(INT, "asset_decimals"),
        *_need(LONG, "notice"),
        *_need(WORD, "name"),
        *_may(WORD, "operator", "pending_operator"),
        *_may(LONG, "deployed_block", "deployed_at"),
        *_need(INT, "policies"),
        *_need(LONG, "tickets", "batches", "disputes", "epoch"),
        *_need(
            TEXT,
            "funds",
            "reserved",
            "credited",
            "bonded",
            "debt_incurred",
            "debt_paid",
            "compensated",
            "collected",
            "withdrawn",
            "withdrawal_amount",
        ),
        *_need(LONG, "withdrawal_from", "withdrawal_until", "changed_block"),
    )
    op.create_table(
        "books",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "block_number"),
        *_need(LONG, "time"),
        *_need(
            TEXT,
            "funds",
            "reserved",
            "credited",
            "bonded",
            "debt_incurred",
            "debt_paid",
            "compensated",
            "collected",
        ),
    )
    op.create_table(
        "policies",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "policy_id"),
        *_need(WORD, "name", "uri", "terms_digest", "terms"),
        *_need(LONG, "published_at", "changed_block"),
    )
    op.create_table(
        "coverages",
        *_key(LONG, "chain"),
        *_key(WORD, "desk", "holder"),
        *_key(LONG, "policy_id"),
        *_need(INT, "priority"),
        *_need(LONG, "places", "used", "until", "changed_block"),
    )
    _index("coverages_by_holder", "coverages", "holder")


def _people() -> None:
    op.create_table(
        "agents",
        *_key(LONG, "chain"),
        *_key(WORD, "desk", "agent"),
        *_need(INT, "kind"),
        *_may(WORD, "did_digest", "credential_digest"),
        *_need(LONG, "since", "until"),
        *_need(FLAG, "revoked"),
        *_need(TEXT, "allowance"),
        *_may(WORD, "successor", "predecessor"),
        *_need(LONG, "replies", "opened", "changed_block"),
    )
    _index("agents_by_address", "agents", "agent")
    _index("agents_by_did", "agents", "did_digest")
    op.create_table(
        "channels",
        *_key(LONG, "chain"),
        *_key(WORD, "desk", "channel"),
        *_need(LONG, "since", "revoked_at", "changed_block"),
    )
    _index("channels_by_digest", "channels", "channel")
    op.create_table(
        "keepers",
        *_key(LONG, "chain"),
        *_key(WORD, "desk", "requester"),
        *_may(WORD, "keeper"),
        *_need(LONG, "nonce", "changed_block"),
    )
    op.create_table(
        "panels",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "epoch"),
        *_need(WORD, "arbiters"),
        *_need(INT, "threshold"),
        *_need(WORD, "state"),
        *_may(LONG, "usable_from", "usable_until", "adopted_at"),
        *_need(LONG, "changed_block"),
    )


def _tickets() -> None:
    op.create_table(
        "tickets",
        *_key(WORD, "ticket_id"),
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_need(INT, "lane"),
        *_need(WORD, "source", "requester"),
        *_may(WORD, "agent"),
        *_need(WORD, "commitment"),
        *_need(LONG, "policy_id"),
        *_need(INT, "priority", "status"),
        *_may(WORD, "word"),
        *_need(FLAG, "replied", "backed", "holds_place", "disputed", "proven", "challenged"),
        *_need(LONG, "opened_at", "recorded_at", "opened_block"),
        *_may(WORD, "opened_transaction"),
        *_may(LONG, "reply_due", "waiting_since", "solved_at", "resolution_due", "resolution_remaining"),
        *_need(LONG, "first_reply_due"),
        *_may(LONG, "first_reply_at", "last_reply_at", "closed_at"),
        *_need(INT, "breached", "compensated"),
        *_need(TEXT, "paid"),
        *_need(INT, "replies_due"),
        *_need(WORD, "resolution_state"),
        *_need(INT, "open_disputes"),
        *_need(LONG, "follow_up_nonce"),
        *_may(LONG, "batch", "leaf_index", "provable_until", "proven_at", "challenge_until"),
        *_may(WORD, "prover"),
        *_need(TEXT, "proof_bond"),
        *_need(LONG, "proof_sequence"),
        *_need(FLAG, "proof_answered"),
        *_may(LONG, "challenge_ended_at"),
        *_may(FLAG, "bond_returned"),
        *_need(FLAG, "equivocated"),
        *_need(LONG, "changed_at", "changed_block"),
    )
    _index("tickets_by_batch", "tickets", "desk", "batch")
    _index("tickets_by_commitment", "tickets", "commitment")
    _index("tickets_by_desk", "tickets", "desk", "chain", "opened_at", "ticket_id")
    _index("tickets_by_reply_due", "tickets", "desk", "reply_due", where="reply_due IS NOT NULL")
    _index("tickets_by_requester", "tickets", "requester", "opened_at")
    _index(
        "tickets_by_resolution_due", "tickets", "desk", "resolution_due", where="resolution_due IS NOT NULL"
    )
    _index("tickets_by_waiting_since", "tickets", "desk", "waiting_since", where="waiting_since IS NOT NULL")
    op.create_table(
        "promises",
        *_key(WORD, "ticket_id"),
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(INT, "number"),
        *_need(INT, "kind"),
        *_need(LONG, "policy_id"),
        *_need(INT, "priority"),
        *_need(LONG, "began_at"),
        *_may(LONG, "due", "ended_at"),
        *_need(WORD, "state"),
    )
    _index("promises_running", "promises", "desk", "due", where="state = 'running'")
    op.create_table(
        "breaches",
        *_key(WORD, "ticket_id"),
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(INT, "kind"),
        *_need(WORD, "requester"),
        *_need(LONG, "policy_id"),
        *_need(INT, "priority"),
        *_may(LONG, "due"),
        *_need(WORD, "cause"),
        *_need(LONG, "recorded_at", "recorded_block"),
        *_may(LONG, "compensated_at", "compensated_block"),
        *_may(TEXT, "amount"),
    )
    _index("breaches_by_payment", "breaches", "desk", "compensated_at")
    _index("breaches_by_time", "breaches", "desk", "recorded_at")
    op.create_table(
        "attainment",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "day", "policy_id"),
        *_key(INT, "priority", "kind", "lane"),
        *_need(LONG, "kept", "breached"),
    )
    op.create_table(
        "tallies",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(INT, "lane", "priority", "status"),
        *_need(LONG, "tickets"),
    )


def _batches() -> None:
    op.create_table(
        "batches",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "batch"),
        *_need(WORD, "agent"),
        *_need(LONG, "policy_id"),
        *_need(WORD, "root"),
        *_need(LONG, "urgent", "high", "normal", "low", "later"),
        *_need(WORD, "uri"),
        *_need(TEXT, "worst_case"),
        *_need(FLAG, "backed"),
        *_need(TEXT, "reserved"),
        *_need(LONG, "anchored_at", "anchored_block"),
        *_need(WORD, "anchored_transaction"),
        *_need(LONG, "expires_at"),
        *_may(LONG, "released_at"),
        *_need(LONG, "proven"),
        *_need(WORD, "leaves"),
        *_need(LONG, "changed_block"),
    )
    _index("batches_by_root", "batches", "root")
    op.create_table(
        "leaf_files",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "batch"),
        *_key(WORD, "root"),
        *_need(WORD, "state", "reason"),
        *_need(INT, "tries"),
        *_need(LONG, "tried_at", "next_at"),
    )
    op.create_table(
        "leaves",
        *_key(WORD, "root"),
        *_key(LONG, "position"),
        *_need(WORD, "ticket_id", "actor"),
        *_need(BYTES, "leaf"),
    )
    _index("leaves_by_actor", "leaves", "actor")
    _index("leaves_by_ticket", "leaves", "ticket_id")


def _money() -> None:
    op.create_table(
        "disputes",
        *_key(LONG, "chain"),
        *_key(WORD, "desk"),
        *_key(LONG, "dispute"),
        *_need(WORD, "ticket_id", "requester"),
        *_need(INT, "kind"),
        *_need(TEXT, "amount", "reserved"),
        *_need(WORD, "evidence_digest"),
        *_need(TEXT, "bond"),
        *_need(LONG, "epoch", "rules_until"),
        *_need(INT, "state"),
        *_need(LONG, "contested_at"),
        *_may(LONG, "ruled_at"),
        *_may(TEXT, "ruled_amount"),
        *_need(WORD, "signers"),
        *_need(TEXT, "fee_share"),
        *_need(WORD, "fees_collected"),
        *_need(LONG, "changed_block"),
    )
    _index("disputes_by_end", "disputes", "desk", "state", "rules_until")
    _index("disputes_by_requester", "disputes", "requester")
    _index("disputes_by_ticket", "disputes", "ticket_id")
    op.create_table(
        "accounts",
        *_key(LONG, "chain"),
        *_key(WORD, "desk", "beneficiary"),
        *_need(TEXT, "credited", "collected"),
        *_need(LONG, "debts"),
        *_need(TEXT, "debts_credited"),
        *_need(LONG, "changed_block"),
    )
    _index("accounts_by_beneficiary", "accounts", "beneficiary")
    op.create_table(
        "debts",
        *_key(LONG, "chain"),
        *_key(WORD, "desk", "beneficiary"),
        *_key(LONG, "place"),
        *_need(TEXT, "position", "amount"),
        *_need(LONG, "owed_at", "changed_block"),
    )
