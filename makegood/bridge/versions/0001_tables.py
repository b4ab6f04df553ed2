# SPDX-License-Identifier: Apache-2.0
"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG, INT, TEXT, FLAG, BYTES = sa.BigInteger(), sa.Integer(), sa.Text(), sa.Boolean(), sa.LargeBinary()
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
WAITS = "state = 'waiting'"


def upgrade() -> None:
    """The first tables."""
    op.create_table("bridge_meta", sa.Column("name", TEXT, primary_key=True), _need("value", TEXT))
    _coming_in()
    _tickets()
    _going_out()
    _requesters()


def _coming_in() -> None:
    op.create_table(
        "bridge_deliveries",
        _id(),
        _need("source", TEXT),
        _need("key", TEXT),
        _need("received_at", LONG),
        sa.Column("body", BYTES),
        _need("state", TEXT),
        _need("why", TEXT),
        sa.UniqueConstraint("source", "key"),
    )
    _index("bridge_deliveries_waiting", "bridge_deliveries", "id", where=WAITS)
    op.create_table(
        "bridge_messages",
        _id(),
        _need("source", TEXT),
        _need("key", TEXT),
        _need("ticket", TEXT),
        _need("at", LONG),
        _need("received_at", LONG),
        _need("not_before", LONG),
        _need("content", TEXT),
        sa.Column("text", TEXT),
        _need("state", TEXT),
        _need("why", TEXT),
        sa.UniqueConstraint("source", "key"),
    )
    _index("bridge_messages_waiting", "bridge_messages", "not_before", "source", "ticket", where=WAITS)
    _index("bridge_messages_of", "bridge_messages", "source", "ticket")


def _tickets() -> None:
    op.create_table(
        "bridge_tickets",
        _id(),
        _need("source", TEXT),
        _need("key", TEXT),
        sa.Column("ticket", BYTES, unique=True),
        _need("requester", TEXT),
        _need("held_by_desk", FLAG),
        _need("standing", INT),
        _need("last_at", LONG),
        _need("merged_into", TEXT),
        sa.UniqueConstraint("source", "key"),
    )
    _index("bridge_tickets_merged", "bridge_tickets", "source", "merged_into")
    op.create_table(
        "bridge_documents",
        _id(),
        sa.Column("ticket_key", SERIAL, sa.ForeignKey("bridge_tickets.id"), nullable=False),
        _need("digest", BYTES),
        _need("document", TEXT),
        sa.UniqueConstraint("digest"),
    )
    _index("bridge_documents_of", "bridge_documents", "ticket_key")


def _going_out() -> None:
    op.create_table(
        "bridge_outgoing",
        _id(),
        _need("event", TEXT),
        _need("act", INT),
        _need("ticket", BYTES),
        _need("at", LONG),
        _need("actor", TEXT),
        _need("digest", BYTES),
        sa.Column("priority", INT),
        _need("told_by", TEXT),
        _need("state", TEXT),
        _need("why", TEXT),
        sa.UniqueConstraint("event"),
    )
    _index("bridge_outgoing_waiting", "bridge_outgoing", "id", where=WAITS)
    op.create_table(
        "bridge_returns",
        _id(),
        _need("source", TEXT),
        _need("ticket", TEXT),
        _need("kind", TEXT),
        _need("said", TEXT),
        _need("state", TEXT),
        _need("attempts", INT),
        _need("next_at", LONG),
        _need("why", TEXT),
        sa.UniqueConstraint("source", "ticket", "kind"),
    )
    _index("bridge_returns_waiting", "bridge_returns", "next_at", where=WAITS)


def _requesters() -> None:
    op.create_table(
        "bridge_requesters",
        sa.Column("source", TEXT, primary_key=True),
        sa.Column("customer", TEXT, primary_key=True),
        _need("address", TEXT),
        _need("held_by_desk", FLAG),
        _need("since", LONG),
    )
    op.create_table(
        "bridge_claims",
        sa.Column("token", TEXT, primary_key=True),
        _need("source", TEXT),
        _need("customer", TEXT),
        _need("until", LONG),
    )


def _id() -> sa.Column[Any]:
    return sa.Column("id", SERIAL, primary_key=True, autoincrement=True)


def _need(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _index(name: str, table: str, *columns: str, where: str | None = None) -> None:
    some = None if where is None else sa.text(where)
    op.create_index(name, table, list(columns), sqlite_where=some, postgresql_where=some)
