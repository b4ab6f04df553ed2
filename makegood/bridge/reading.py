# SPDX-License-Identifier: Apache-2.0
"""Deliveries become messages: each message once, however many deliveries tell it."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from sqlalchemy import select, update

from makegood.bridge.beginning import is_too_early, known_since
from makegood.bridge.errors import Unreadable
from makegood.bridge.helpdesks import KINDS
from makegood.bridge.kept import Kept, added
from makegood.bridge.messages import Author, Message, Why, digestible
from makegood.bridge.schema import DEAD, DONE, IGNORED, WAITING, deliveries, messages
from makegood.bridge.settings import Settings

_AT_ONCE = 100


def read_deliveries(kept: Kept, settings: Settings) -> int:
    """Read the next deliveries that wait, in one transaction; returns how many."""
    with kept.writing() as connection:
        waiting = (
            select(deliveries.c.id, deliveries.c.source, deliveries.c.received_at, deliveries.c.body)
            .where(deliveries.c.state == WAITING)
            .order_by(deliveries.c.id)
            .limit(_AT_ONCE)
        )
        rows = connection.execute(waiting).all()
        read: list[int] = []
        found: list[dict[str, Any]] = []
        since: dict[str, int] = {}
        for identity, source, received_at, body in rows:
            try:
                told = _read(settings, source, body, received_at)
            except Unreadable as error:
                dead = {"state": DEAD, "why": error.message}
                connection.execute(update(deliveries).where(deliveries.c.id == identity).values(dead))
                continue
            read.append(identity)
            if source not in since:
                since[source] = known_since(connection, source, received_at)
            found += [_row(kept, settings, source, each, received_at, since[source]) for each in told]
        if found:
            connection.execute(added(connection, messages), found)
        if read:
            connection.execute(update(deliveries).where(deliveries.c.id.in_(read)).values(state=DONE, why=""))
    return len(rows)


def _read(settings: Settings, source: str, body: bytes | None, received_at: int) -> tuple[Message, ...]:
    known = settings.source(source)
    if known is None:
        raise Unreadable("Its helpdesk is no longer in the settings.")
    if body is None:
        raise Unreadable("Its body was forgotten.")
    return KINDS[known.kind].read(bytes(body), received_at)


def _row(
    kept: Kept, settings: Settings, source: str, message: Message, received_at: int, since: int
) -> dict[str, Any]:
    early = is_too_early(message.at, since)
    content = asdict(message)
    text = digestible(content.pop("text"))
    content["customer"] = kept.digest_of(source, message.customer.lower()) if message.customer else ""
    return {
        "source": source,
        "key": message.key,
        "ticket": message.ticket,
        # A clock that is ahead cannot tell of what is yet to come.
        "at": min(message.at, received_at),
        "received_at": received_at,
        "not_before": received_at + settings.settle,
        "content": json.dumps(content),
        "text": text,
        "state": IGNORED if early else WAITING,
        "why": Why.TOO_EARLY.value if early else "",
    }


def message_of(content: str, text: str | None) -> Message:
    """A message as it was kept; its customer is a digest."""
    fields = json.loads(content)
    return Message(**{**fields, "author": Author(fields["author"])}, text=text or "")
