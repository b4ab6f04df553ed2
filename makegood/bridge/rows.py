# SPDX-License-Identifier: Apache-2.0
"""The rows of messages, tickets, documents and events that acting on messages reads and writes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, insert, select, tuple_, update
from sqlalchemy.engine import Connection, Row

from makegood import documents
from makegood.batches import Act
from makegood.bridge.kept import added
from makegood.bridge.messages import Message, Why
from makegood.bridge.schema import IGNORED, WAITING, messages, outgoing, returns, tickets
from makegood.bridge.schema import documents as kept_documents
from makegood.clock import Priority

INVITATION, RECEIPT = "invitation", "receipt"
"""What goes back into a ticket."""

_AT_ONCE = 120  # tickets
_DEEP = 8  # tickets that were merged into others that were merged
_LATER = (Why.NOTHING_NEW.value, Why.UNKNOWN_TICKET.value)


def send_back(connection: Connection, source: str, ticket: str, kind: str, said: str, now: int) -> None:
    """Have something put into a ticket of the helpdesk, once."""
    values = {"source": source, "ticket": ticket, "kind": kind, "said": said, "state": WAITING}
    connection.execute(added(connection, returns).values(**values, attempts=0, next_at=now, why=""))


def ready_messages(connection: Connection, now: int) -> list[Row[Any]]:
    """The next messages of tickets with some that are ready: those that waited longest, in order of time.

    Nothing that was told before one of them is left for later: a merger is known when an answer in the other
    ticket is acted on.
    """
    first = func.min(messages.c.id).label("first")
    query = (
        select(messages.c.source, messages.c.ticket, first)
        .where(messages.c.state == WAITING, messages.c.not_before <= now)
        .group_by(messages.c.source, messages.c.ticket)
        .order_by(first)
        .limit(_AT_ONCE + 1)
    )
    found = connection.execute(query).all()
    of = tuple_(messages.c.source, messages.c.ticket).in_([(row[0], row[1]) for row in found[:_AT_ONCE]])
    waiting = select(messages).where(messages.c.state == WAITING, of)
    if len(found) > _AT_ONCE:
        waiting = waiting.where(messages.c.id < found[_AT_ONCE][2])
    return list(connection.execute(waiting.order_by(messages.c.at, messages.c.id))) if found else []


def set_message(connection: Connection, identity: int, **values: Any) -> None:
    """Change a message."""
    connection.execute(update(messages).where(messages.c.id == identity).values(**values))


def hold_back(connection: Connection, source: str, ticket: str, until: int) -> None:
    """Have all messages of a ticket wait for its first, so that they take no other's turn."""
    fits = (messages.c.source == source, messages.c.ticket == ticket, messages.c.state == WAITING)
    connection.execute(update(messages).where(*fits).values(not_before=until))


def reconsider(connection: Connection, source: str, row: Row[Any], now: int) -> None:
    """Look again at later messages that changed nothing, now that one before them did."""
    fits = (
        messages.c.source == source,
        messages.c.ticket == row.ticket,
        messages.c.state == IGNORED,
        messages.c.why.in_(_LATER),
        messages.c.at >= row.at,
        messages.c.text.is_not(None),
    )
    connection.execute(update(messages).where(*fits).values(state=WAITING, why="", not_before=now))


def ticket_row(connection: Connection, source: str, key: str) -> Row[Any] | None:
    """A ticket by the helpdesk's key of it; None for one that is not known."""
    query = select(tickets).where(tickets.c.source == source, tickets.c.key == key)
    return connection.execute(query).first()


def note_merger(connection: Connection, source: str, message: Message) -> None:
    """Note that a ticket is a part of another one now."""
    if ticket_row(connection, source, message.ticket) is None:
        empty = {"requester": "", "held_by_desk": False, "standing": 0, "last_at": 0, "merged_into": ""}
        connection.execute(insert(tickets).values(source=source, key=message.ticket, ticket=None, **empty))
    fits = (tickets.c.source == source, tickets.c.key == message.ticket)
    connection.execute(update(tickets).where(*fits).values(merged_into=message.merged_into))


def merged_into(connection: Connection, source: str, key: str) -> list[str]:
    """The tickets that are now a part of this one: whoever opened them reads its answers."""
    found: list[str] = []
    into = [key]
    for _ in range(_DEEP):
        query = select(tickets.c.key).where(tickets.c.source == source, tickets.c.merged_into.in_(into))
        into = [each for each in connection.execute(query).scalars() if each != key and each not in found]
        if not into:
            break
        found += into
    return found


def keep_document(connection: Connection, ticket: int, document: dict[str, Any]) -> bytes:
    """Keep a document of a ticket; returns its digest."""
    digest = documents.digest(document)
    text = documents.canonical_bytes(document).decode()
    connection.execute(insert(kept_documents).values(ticket_key=ticket, digest=digest, document=text))
    return digest


def commitment_of(connection: Connection, ticket: int) -> bytes:
    """The digest of the document that opened a ticket."""
    query = select(kept_documents.c.digest).where(kept_documents.c.ticket_key == ticket)
    return bytes(connection.execute(query.order_by(kept_documents.c.id).limit(1)).scalar_one())


def tell_event(
    connection: Connection,
    source: str,
    key: str,
    message: str,
    act: Act,
    ticket: bytes,
    at: int,
    actor: str,
    digest: bytes,
    priority: Priority | None,
) -> None:
    """Have an event given to the batches."""
    connection.execute(
        insert(outgoing).values(
            event=f"{source}/{key}/{message}",
            act=int(act),
            ticket=ticket,
            at=at,
            actor=actor,
            digest=digest,
            priority=None if priority is None else int(priority),
            told_by=f"{source}, ticket {key}",
            state=WAITING,
            why="",
        )
    )
