# SPDX-License-Identifier: Apache-2.0
"""The bridge's events into the queue of the batches. A crash in between repeats what the queue knows
already.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Row

from makegood.batches import Act
from makegood.batches.incoming import Incoming
from makegood.bridge.kept import Kept
from makegood.bridge.rows import RECEIPT, send_back
from makegood.bridge.schema import DEAD, DONE, WAITING, outgoing, tickets
from makegood.clock import Priority
from makegood.errors import UsageError

Take = Callable[[Sequence[Incoming]], object]
"""What queues events; again is harmless."""

_AT_ONCE = 100


def take_outgoing(kept: Kept, take: Take, now: int) -> int:
    """Queue the next events that wait, then note that; returns how many."""
    with kept.database.reading() as connection:
        query = select(outgoing).where(outgoing.c.state == WAITING).order_by(outgoing.c.id).limit(_AT_ONCE)
        rows = connection.execute(query).all()
    if not rows:
        return 0
    refused: dict[int, str] = {}
    try:
        take([_incoming(row) for row in rows])
    except UsageError:
        # One of them was given before with another content; the others need not wait for it.
        for row in rows:
            try:
                take([_incoming(row)])
            except UsageError as error:
                refused[row.id] = error.message
    with kept.writing() as connection:
        taken = [row.id for row in rows if row.id not in refused]
        connection.execute(update(outgoing).where(outgoing.c.id.in_(taken)).values(state=DONE, why=""))
        for identity, why in refused.items():
            connection.execute(update(outgoing).where(outgoing.c.id == identity).values(state=DEAD, why=why))
        opened = [bytes(row.ticket) for row in rows if row.act == Act.OPENED and row.id not in refused]
        found = select(tickets.c.source, tickets.c.key).where(tickets.c.ticket.in_(opened))
        for source, key in connection.execute(found).all():
            send_back(connection, source, key, RECEIPT, "", now)
    return len(rows)


def _incoming(row: Row[Any]) -> Incoming:
    return Incoming(
        id=row.event,
        act=Act(row.act),
        ticket=bytes(row.ticket),
        at=row.at,
        actor=row.actor,
        digest=bytes(row.digest),
        priority=None if row.priority is None else Priority(row.priority),
        source=row.told_by,
    )
