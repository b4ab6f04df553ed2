# SPDX-License-Identifier: Apache-2.0
"""A request that is sent before its answer is wanted: the node works while the answer before is written."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any

import requests

Wanted = tuple[str, list[Any]]
"""A request's method and parameters."""


class Ahead:
    """One request at a time, over a connection of its own.

    The thread only waits and receives. Were the answer read there too, writing would wait at every row.
    """

    def __init__(self, send: Callable[[requests.Session, Any], requests.Response]) -> None:
        self._send = send
        self._session = requests.Session()
        self._wanted: Wanted | None = None
        self._thread: Thread | None = None
        self._found: requests.Response | None = None

    def ask(self, wanted: Wanted) -> None:
        """Send this; an answer that nobody has taken is let go."""
        self.take(wanted)
        self._wanted = wanted
        # It ends with the process, whatever it waits for.
        self._thread = Thread(target=self._receive, args=(wanted,), daemon=True)
        self._thread.start()

    def take(self, wanted: Wanted) -> requests.Response | None:
        """The answer to this, if it was asked for and came."""
        if self._thread is None:
            return None
        self._thread.join()
        found = self._found if self._wanted == wanted else None
        self._thread = self._wanted = self._found = None
        return found

    def _receive(self, wanted: Wanted) -> None:
        method, params = wanted
        request = {"jsonrpc": "2.0", "id": 0, "method": method, "params": params}
        try:
            self._found = self._send(self._session, request)
        except (requests.RequestException, OSError):
            # Whoever wants it asks himself, and is told why.
            self._found = None
