# SPDX-License-Identifier: Apache-2.0
"""Pages that stay true: a stream of server-sent events says when to fetch the page anew.

A page carries the version of what it shows, and the stream compares. So nothing is lost between the page and
its stream, nor while the stream was cut: a browser resumes with the last version that it was told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import bindparam, func, select

from makegood.explorer.fetching import Statement
from makegood.explorer.reading import Reader
from makegood.indexer import queries, schema

POLL = 0.5
"""Seconds between looks at the index, while anybody listens."""
PAUSE = 1.0
"""Seconds between two events of one stream."""
HEARTBEAT = 15.0
"""Seconds after which a silent stream says that it lives, which proxies want."""


def version(reader: Reader, topic: str) -> str:
    """What a page about this topic depends on. Of all but tickets, every change of the index."""
    parts = topic.split("/")
    if parts[0] == "ticket" and len(parts) == 3:
        found = _ticket_version(reader, parts[1], parts[2])
        if found:
            return found
    return ",".join(f"{each.chain}:{each.revision}" for each in reader.cursors.values()) or "none"


_LAST = Statement(
    select(func.max(schema.events.c.block_number).label("block"), func.count().label("many")).where(
        schema.events.c.ticket_id == bindparam("ticket_id"), ~schema.events.c.orphaned
    )
)


def _ticket_version(reader: Reader, chain: str, ticket_id: str) -> str:
    if not chain.isdecimal() or len(chain) > 18:
        return ""
    row = reader.ticket(int(chain), ticket_id)
    cursor = reader.cursors.get(int(chain))
    if row is None or cursor is None:
        return ""
    [last] = _LAST.rows(reader.connection, ticket_id=ticket_id)
    lags = cursor.node_number > cursor.head_number + 5
    sure = queries.finality(cursor, max(row["changed_block"], last["block"] or 0))
    return f"{chain}:{row['changed_block']}:{last['block']}:{last['many']}:{sure}:{int(lags)}"


class Pulse:
    """Tells all streams at once that the index has changed; asks it only while somebody listens."""

    def __init__(self, look: Callable[[], Awaitable[str]]) -> None:
        self._look = look
        self._changed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.listeners = 0
        self.ended = False

    def end(self) -> None:
        """The streams end now: their pages ask again, by then another process."""
        self.ended = True
        self._changed.set()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """While a stream is open."""
        self.listeners += 1
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            self.listeners -= 1

    async def wait(self, seconds: float) -> bool:
        """Until the index changes; False where it did not within so many seconds."""
        try:
            await asyncio.wait_for(self._changed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _beat(self) -> None:
        last = ""
        while self.listeners and not self.ended:
            now = await self._look()
            if last and now != last:
                self._changed.set()
                # Whoever waits has seen it; who comes later compares versions first.
                self._changed = asyncio.Event()
            last = now
            await asyncio.sleep(POLL)


async def stream(
    pulse: Pulse, current: Callable[[], Awaitable[str]], since: str, closing: Callable[[], Awaitable[bool]]
) -> AsyncIterator[str]:
    """Events for one page, from the version that it shows on."""
    with pulse.listening():
        known = since
        yield "retry: 2000\n\n"
        while not (pulse.ended or await closing()):
            found = await current()
            if found != known:
                known = found
                yield f"id: {found}\nevent: changed\ndata: {found}\n\n"
                await asyncio.sleep(PAUSE)
                continue
            if not await pulse.wait(HEARTBEAT):
                yield ": alive\n\n"
