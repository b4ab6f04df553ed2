# SPDX-License-Identifier: Apache-2.0
"""Since when a helpdesk is known here. What was said before was promised nothing.

A ticket of the time before would be late at once, and its desk would pay for it. So nothing of then counts:
such a ticket begins with what its customer writes next.
"""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from makegood.bridge.kept import added
from makegood.bridge.schema import deliveries, meta

NAME = "known since "
"""How the rows of the table `bridge_meta` begin that hold it; the helpdesk's name follows."""

_ON_ITS_WAY = 600  # seconds that the first delivery may have taken


def known_since(connection: Connection, source: str, now: int) -> int:
    """When its first delivery came or it was first asked, whichever was first; now, where neither was."""
    name = f"{NAME}{source}"
    found = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar()
    if found is None:
        first = select(deliveries.c.received_at).where(deliveries.c.source == source)
        came_at = connection.execute(first.order_by(deliveries.c.id).limit(1)).scalar()
        found = str(now if came_at is None else min(now, came_at))
        # Where another process was first, that one's time is as good.
        connection.execute(added(connection, meta).values(name=name, value=found))
    return int(found)


def is_too_early(at: int, since: int) -> bool:
    """Whether something was said before the helpdesk was known."""
    return at < since - _ON_ITS_WAY
