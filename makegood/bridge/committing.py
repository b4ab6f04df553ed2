# SPDX-License-Identifier: Apache-2.0
"""Deliveries are stored before they are acknowledged: those that come at once share one commit."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

from makegood.bridge.errors import InboxFull
from makegood.bridge.kept import Delivery, Kept
from makegood.errors import MakegoodError

_TOGETHER = 500
_WAITING = 5_000

log = logging.getLogger(__name__)


class Committer:
    """Stores deliveries, one transaction at a time, each with all that came meanwhile."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._waiting: list[tuple[Delivery, asyncio.Future[None]]] = []
        self._running: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="inbox")
        self.stored = self.repeated = 0

    async def store(self, delivery: Delivery, within: float) -> None:
        """Returns once it is stored, or was before.

        Raises InboxFull where too many wait, TimeoutError where it takes longer than `within` seconds, and
        MakegoodError where the database refuses; then the helpdesk has to send it again.
        """
        if len(self._waiting) >= _WAITING:
            raise InboxFull("Too many deliveries wait to be stored.")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, done))
        if self._running is None:
            self._running = asyncio.create_task(self._run())
        async with asyncio.timeout(within):
            # Shielded: what nobody waits for any more is stored nonetheless.
            await asyncio.shield(done)

    async def _run(self) -> None:
        try:
            while self._waiting:
                group, self._waiting = self._waiting[:_TOGETHER], self._waiting[_TOGETHER:]
                await self._commit(group)
        finally:
            self._running = None

    async def _commit(self, group: list[tuple[Delivery, asyncio.Future[None]]]) -> None:
        arrived = [delivery for delivery, _ in group]
        error: Exception | None = None
        try:
            new = await asyncio.get_running_loop().run_in_executor(self._thread, self._kept.store, arrived)
            self.stored += new
            self.repeated += len(arrived) - new
        except Exception as caught:
            log.error("deliveries were not stored", exc_info=caught)
            error = caught if isinstance(caught, MakegoodError) else MakegoodError("They were not stored.")
        for _, done in group:
            if done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)
                done.exception()  # somebody who has given up need not be told

    async def close(self) -> None:
        """Store what waits, then end."""
        if self._running is not None:
            await self._running
        self._thread.shutdown()
