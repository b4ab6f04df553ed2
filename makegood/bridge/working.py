# SPDX-License-Identifier: Apache-2.0
"""The bridge's work behind the inbox: one process at a time does each part, and any of them can stop at any
point.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from makegood.bridge.acting import Acting
from makegood.bridge.comparing import Comparer
from makegood.bridge.kept import Kept
from makegood.bridge.reading import read_deliveries
from makegood.bridge.requesters import Requesters
from makegood.bridge.returning import Returner
from makegood.bridge.settings import Settings
from makegood.bridge.taking import Take, take_outgoing
from makegood.errors import MakegoodError

_IDLE = 0.3
_GIVES_WAY = 0.005
_AFTER_ERROR = 5.0
_FORGETS_EVERY = 3_600
_DAY = 86_400

log = logging.getLogger(__name__)


class Worker:
    """Deliveries to messages, messages to tickets and events, events to the batches' queue."""

    def __init__(
        self, kept: Kept, settings: Settings, take: Take, clock: Callable[[], float] = time.time
    ) -> None:
        self._kept, self._settings, self._take, self._clock = kept, settings, take, clock
        self._acting = Acting(kept, settings, Requesters(kept, settings))

    def once(self) -> int:
        """One round; returns how much it did."""
        done = 0
        for part in (self._read, self._act, self._give):
            did = part()
            if did:
                # In SQLite one writes at a time, and the inbox must not wait for its turn.
                time.sleep(_GIVES_WAY)
            done += did
        return done

    def _read(self) -> int:
        return read_deliveries(self._kept, self._settings)

    def _act(self) -> int:
        return self._acting.act(int(self._clock()))

    def _give(self) -> int:
        return take_outgoing(self._kept, self._take, int(self._clock()))

    def until_idle(self) -> None:
        """Rounds until there is nothing to do that is ready."""
        while self.once():
            pass


class Chores:
    """What asks the helpdesks and may be slow: receipts back, lost webhooks. What is old is forgotten."""

    def __init__(self, kept: Kept, settings: Settings, clock: Callable[[], float] = time.time) -> None:
        self._kept, self._settings, self._clock = kept, settings, clock
        self._returner, self._comparer = Returner(kept, settings), Comparer(kept, settings)
        self._requesters = Requesters(kept, settings)
        self._compared_at = self._forgot_at = 0

    def once(self) -> int:
        """One round; returns how much it did."""
        now = int(self._clock())
        done = self._returner.send(now)
        if self._settings.compare_every and now >= self._compared_at + self._settings.compare_every:
            self._compared_at = now
            done += self._comparer.compare(now)
        if now >= self._forgot_at + _FORGETS_EVERY:
            self._forgot_at = now
            self._kept.forget(now - self._settings.keep_days * _DAY)
            self._requesters.expire(now)
        return done


def keep_working(name: str, kept: Kept, once: Callable[[], int], stop: threading.Event) -> None:
    """Rounds until `stop` is set, by one process at a time; what fails is tried again."""
    while not stop.is_set():
        try:
            with kept.database.lock(f"bridge {name} {kept.chain_id} {kept.desk}") as mine:
                while mine and not stop.is_set():
                    if not once():
                        stop.wait(_IDLE)
        except MakegoodError as error:
            log.error("the bridge could not go on", extra={"fields": {"part": name, "why": error.message}})
        except Exception:
            log.exception("the bridge could not go on", extra={"fields": {"part": name}})
        stop.wait(_AFTER_ERROR)
