# SPDX-License-Identifier: Apache-2.0
"""The bridge's tables."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

_SERIAL = BigInteger().with_variant(Integer(), "sqlite")


def _id() -> Column[Any]:
    return Column("id", _SERIAL, primary_key=True, autoincrement=True)


def _need(name: str, kind: Any) -> Column[Any]:
    return Column(name, kind, nullable=False)


WAITING, DONE, IGNORED, DEAD = "waiting", "done", "ignored", "dead"
"""The states of deliveries, messages and outgoing events."""

SENDING, SENT = "sending", "sent"
"""Those of what goes back to a helpdesk, beside waiting and dead."""

meta = Table("bridge_meta", metadata, Column("name", Text, primary_key=True), _need("value", Text))

deliveries = Table(
    "bridge_deliveries",
    metadata,
    _id(),
    _need("source", Text),
    _need("key", Text),
    _need("received_at", BigInteger),
    Column("body", LargeBinary),
    _need("state", Text),
    _need("why", Text),
    UniqueConstraint("source", "key"),
)
"""What came in: `key` is the helpdesk's id of it, or the body's digest. The body is gone once it is old and
done.
"""

messages = Table(
    "bridge_messages",
    metadata,
    _id(),
    _need("source", Text),
    _need("key", Text),
    _need("ticket", Text),
    _need("at", BigInteger),
    _need("received_at", BigInteger),
    _need("not_before", BigInteger),
    _need("content", Text),
    Column("text", Text),
    _need("state", Text),
    _need("why", Text),
    UniqueConstraint("source", "key"),
)
"""What deliveries say. `content` has no text and, for the customer, a digest with this database's salt."""

tickets = Table(
    "bridge_tickets",
    metadata,
    _id(),
    _need("source", Text),
    _need("key", Text),
    Column("ticket", LargeBinary, unique=True),
    _need("requester", Text),
    _need("held_by_desk", Boolean),
    _need("standing", Integer),
    _need("last_at", BigInteger),
    _need("merged_into", Text),
    UniqueConstraint("source", "key"),
)
"""The helpdesk's tickets: their id on chain, None before they are opened, and how they stand there (0:
unopened).
"""

documents = Table(
    "bridge_documents",
    metadata,
    _id(),
    Column("ticket_key", _SERIAL, ForeignKey("bridge_tickets.id"), nullable=False),
    _need("digest", LargeBinary),
    _need("document", Text),
    UniqueConstraint("digest"),
)
"""Salted documents, whose digests are anchored."""

outgoing = Table(
    "bridge_outgoing",
    metadata,
    _id(),
    _need("event", Text),
    _need("act", Integer),
    _need("ticket", LargeBinary),
    _need("at", BigInteger),
    _need("actor", Text),
    _need("digest", LargeBinary),
    Column("priority", Integer),
    _need("told_by", Text),
    _need("state", Text),
    _need("why", Text),
    UniqueConstraint("event"),
)
"""Events for the batches, in their order."""

requesters = Table(
    "bridge_requesters",
    metadata,
    Column("source", Text, primary_key=True),
    Column("customer", Text, primary_key=True),
    _need("address", Text),
    _need("held_by_desk", Boolean),
    _need("since", BigInteger),
)
"""Whose address is whose: customers by their digests."""

claims = Table(
    "bridge_claims",
    metadata,
    Column("token", Text, primary_key=True),
    _need("source", Text),
    _need("customer", Text),
    _need("until", BigInteger),
)
"""Who may name an address: the digest of the secret in an address of the page, and the customer's."""

returns = Table(
    "bridge_returns",
    metadata,
    _id(),
    _need("source", Text),
    _need("ticket", Text),
    _need("kind", Text),
    _need("said", Text),
    _need("state", Text),
    _need("attempts", Integer),
    _need("next_at", BigInteger),
    _need("why", Text),
    UniqueConstraint("source", "ticket", "kind"),
)
"""What goes back into a ticket of a helpdesk: an invitation, a receipt."""

WAITS = text("state = 'waiting'")
INDEXES = (
    Index("bridge_deliveries_waiting", deliveries.c.id, sqlite_where=WAITS, postgresql_where=WAITS),
    Index(
        "bridge_messages_waiting",
        messages.c.not_before,
        messages.c.source,
        messages.c.ticket,
        sqlite_where=WAITS,
        postgresql_where=WAITS,
    ),
    Index("bridge_messages_of", messages.c.source, messages.c.ticket),
    Index("bridge_tickets_merged", tickets.c.source, tickets.c.merged_into),
    Index("bridge_documents_of", documents.c.ticket_key),
    Index("bridge_outgoing_waiting", outgoing.c.id, sqlite_where=WAITS, postgresql_where=WAITS),
    Index("bridge_returns_due", returns.c.state, returns.c.next_at),
    Index("bridge_requesters_of", requesters.c.address),
    Index("bridge_requesters_since", requesters.c.since),
)
