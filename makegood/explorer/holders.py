# SPDX-License-Identifier: Apache-2.0
"""Whose keys a desk holds, as its bridge tells: the chain does not know, and who looks at a ticket should."""

from __future__ import annotations

import time
from collections.abc import Callable

import requests

_TIMEOUTS = (0.3, 0.5)  # seconds to connect, and for an answer: a page waits for it
_ASKED_AGAIN = 60.0  # what is not held now may be soon; what is held stays so
_SPARED = 10.0  # seconds without questions after one that had no answer
_MOST_KEPT = 10_000


class Holders:
    """The bridge's own answers, each kept for a while. Without one, or without an address, nobody's are."""

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._url, self._clock = url.rstrip("/"), clock
        self._session = requests.Session()
        self._session.trust_env = False
        self._kept: dict[str, tuple[bool, float]] = {}
        self._spared_until = 0.0

    def desk_holds(self, address: str) -> bool:
        """Whether the bridge says that the desk holds the key of an address."""
        now = self._clock()
        held, known_until = self._kept.get(address, (False, 0.0))
        if held or now < known_until or not self._url or now < self._spared_until:
            return held
        try:
            held = self._ask(address)
        except (requests.RequestException, ValueError, AttributeError):
            self._spared_until = now + _SPARED
            return False
        if len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        self._kept[address] = held, now + _ASKED_AGAIN
        return held

    def _ask(self, address: str) -> bool:
        answer = self._session.get(f"{self._url}/{address}", timeout=_TIMEOUTS, allow_redirects=False)
        if answer.status_code != requests.codes.ok:
            raise ValueError(f"status {answer.status_code}")
        return bool(answer.json().get("key_held_by") == "desk")
