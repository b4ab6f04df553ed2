# SPDX-License-Identifier: Apache-2.0
"""Pages asked of a server over connections that stay open: by a schedule, or as fast as they come.

By a schedule (open loop) a request is due at its time whether or not those before it were answered, and its
latency counts from there: a server that stands still is not asked less meanwhile.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

_MOST_HOPS = 3
_HEADERS = (
    b"Host: 127.0.0.1\r\nAccept: text/html\r\nAccept-Encoding: gzip\r\nUser-Agent: makegood-benchmark\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One page, and a text that its answer has."""

    kind: str
    path: str
    has: bytes


@dataclass(slots=True)
class Found:
    """What came of many requests: seconds by the kind of page, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    @property
    def pages(self) -> int:
        """How many were answered as they should."""
        return sum(map(len, self.seconds.values()))

    def took(self, asked: Asked, seconds: float) -> None:
        """One was answered."""
        self.seconds.setdefault(asked.kind, []).append(seconds)


class _Connection(asyncio.Protocol):
    """One request at a time; a redirection is followed."""

    def __init__(self, lost: Callable[[_Connection], None]) -> None:
        self._lost = lost
        self._transport: asyncio.Transport | None = None
        self._asked: Asked | None = None
        self._since = 0.0
        self._done: Callable[[_Connection, Asked, float, str], None] | None = None
        self._parts: list[bytes] = []
        self._missing = 0
        self._hops = 0

    def ask(self, asked: Asked, since: float, done: Callable[[_Connection, Asked, float, str], None]) -> None:
        """Send it; `done` is told since when it was due, and what is wrong with the answer."""
        self._asked, self._since, self._done, self._hops = asked, since, done, 0
        self._send(asked.path)

    def close(self) -> None:
        """No more."""
        if self._transport is not None:
            self._transport.close()

    def _send(self, path: str) -> None:
        assert self._transport is not None  # noqa: S101
        self._parts, self._missing = [], -1
        self._transport.write(b"GET %b HTTP/1.1\r\n%b" % (path.encode(), _HEADERS))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """A part of the answer."""
        self._parts.append(data)
        if self._missing < 0:
            data = b"".join(self._parts)
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return
            self._parts = [data]
            self._missing = end + 4 + int(_header(data[:end], b"content-length") or b"0")
        else:
            data = self._parts[-1]
        self._missing -= len(data)
        if self._missing <= 0:
            self._answered(b"".join(self._parts))

    def _answered(self, answer: bytes) -> None:
        status = answer[9:12]
        if status == b"303" and self._hops < _MOST_HOPS:
            self._hops += 1
            self._send(_header(answer.partition(b"\r\n\r\n")[0], b"location").decode())
            return
        asked = self._asked
        if asked is None:
            return
        wrong = ""
        if status != b"200":
            wrong = f"{asked.path}: status {status.decode()}"
        elif asked.has not in answer:
            wrong = f"{asked.path}: another page"
        self._end(wrong)

    def _end(self, wrong: str) -> None:
        asked, done, self._asked = self._asked, self._done, None
        if asked is not None and done is not None:
            done(self, asked, self._since, wrong)

    def connection_lost(self, error: Exception | None) -> None:  # noqa: ARG002
        """It is closed; what was asked has no answer."""
        self._lost(self)
        if self._asked is not None:
            self._end(f"{self._asked.path}: the connection was lost")


def _header(head: bytes, name: bytes) -> bytes:
    start = head.lower().find(b"\r\n%b:" % name)
    return head[start + len(name) + 3 :].partition(b"\r\n")[0].strip() if start >= 0 else b""


class Load:
    """Connections to one server."""

    def __init__(self, port: int, connections: int) -> None:
        self._port, self._many = port, connections
        self._all: list[_Connection] = []
        self._idle: deque[_Connection] = deque()
        self._waiting: deque[tuple[float, Asked]] = deque()
        self._found = Found()
        self._next: Iterator[Asked] | None = None
        self._until = 0.0
        self._busy = 0
        self._loop = asyncio.get_running_loop()

    async def open(self) -> None:
        """Connect."""
        for _ in range(self._many):
            _, made = await self._loop.create_connection(
                lambda: _Connection(self._gone), "127.0.0.1", self._port
            )
            self._all.append(made)
            self._idle.append(made)

    def close(self) -> None:
        """Let go of them."""
        for each in self._all:
            each.close()

    async def scheduled(self, plan: Iterable[tuple[float, Asked]]) -> Found:
        """Ask each page at its second from now on."""
        self._found, self._next = Found(), None
        began = self._loop.time()
        for at, asked in plan:
            late = began + at - self._loop.time()
            if late > 0:
                await asyncio.sleep(late)
            self._waiting.append((began + at, asked))
            self._hand_out()
        while self._busy or self._waiting:
            await asyncio.sleep(0.01)
        return self._found

    async def saturating(self, pages: Iterator[Asked], seconds: float) -> Found:
        """Ask on every connection again as soon as it has answered."""
        self._found, self._next = Found(), pages
        self._until = self._loop.time() + seconds
        for _ in list(self._idle):
            self._again()
        while self._busy:
            await asyncio.sleep(0.01)
        return self._found

    def _again(self) -> None:
        now = self._loop.time()
        if self._next is not None and now < self._until:
            self._waiting.append((now, next(self._next)))
        self._hand_out()

    def _hand_out(self) -> None:
        while self._waiting and self._idle:
            since, asked = self._waiting.popleft()
            self._busy += 1
            self._idle.popleft().ask(asked, since, self._done)

    def _done(self, idle: _Connection, asked: Asked, since: float, wrong: str) -> None:
        self._busy -= 1
        now = self._loop.time()
        if wrong:
            self._found.wrong.append(wrong)
        elif self._next is None or now < self._until:
            self._found.took(asked, now - since)
        if idle in self._all:
            self._idle.append(idle)
            self._again()

    def _gone(self, lost: _Connection) -> None:
        self._all.remove(lost)
        if lost in self._idle:
            self._idle.remove(lost)
