# SPDX-License-Identifier: Apache-2.0
"""Processes that make pages for the one that answers.

Making a page is computing, of which a Python process does one thing at a time; limits, counts and streams are
one process's business. So one process has all connections, and hands each page to the next of these that is
free. They are forked when everything is loaded, so what they have in common is in memory once. They end when
that process does, whatever ends it.

What goes over: a length and JSON there, a head and the page back.
"""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import signal
import socket
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import astuple

from makegood.errors import MakegoodError
from makegood.explorer.kept import Answer
from makegood.explorer.making import Asked, Maker

log = logging.getLogger(__name__)

_LENGTH = struct.Struct("!I")
_HEAD = struct.Struct("!HII")  # status, bytes of the place it leads to, bytes of the page
_DATABASE_DOWN, _OWN_ERROR = 0, 1

_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def forked(count: int, make: Callable[[], Maker]) -> list[socket.socket]:
    """Start so many, each with its own maker; returns the ends to talk to them. Call it with one thread."""
    pairs = [socket.socketpair() for _ in range(count)]
    gc.collect()
    gc.freeze()  # what is there now stays, and looking through it would copy it
    for _, theirs in pairs:
        if os.fork() == 0:
            _worker(theirs, [each for pair in pairs for each in pair if each is not theirs], make)
    for _, theirs in pairs:
        theirs.close()
    return [ours for ours, _ in pairs]


def _worker(mine: socket.socket, others: Sequence[socket.socket], make: Callable[[], Maker]) -> None:
    status = 1
    try:
        # Those who end the explorer tell the process that answers; it finishes what it began.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for each in others:
            each.close()
        maker = make()
        while asked := _received(mine):
            mine.sendall(_made(maker, asked))
        status = 0
    except BrokenPipeError:
        status = 0
    except BaseException:
        log.exception("A process that makes pages cannot go on.")
    finally:
        sys.stderr.flush()
        os._exit(status)


def _received(mine: socket.socket) -> bytes:
    head = mine.recv(_LENGTH.size, socket.MSG_WAITALL)
    if len(head) < _LENGTH.size:
        return b""
    (length,) = _LENGTH.unpack(head)
    return mine.recv(length, socket.MSG_WAITALL)


def _made(maker: Maker, asked: bytes) -> bytes:
    try:
        status, content, location = maker.make(Asked(*json.loads(asked)))
    except MakegoodError:
        return _HEAD.pack(_DATABASE_DOWN, 0, 0)
    except Exception:
        log.exception("A page could not be made.")
        return _HEAD.pack(_OWN_ERROR, 0, 0)
    there = location.encode()
    return _HEAD.pack(status, len(there), len(content)) + there + content


class Processes:
    """Those processes, as the one that answers sees them."""

    def __init__(self, ends: Sequence[socket.socket], say: Callable[[str], None]) -> None:
        self._ends, self._say = list(ends), say
        # The one that worked last knows most; None once all are gone.
        self._free: asyncio.LifoQueue[_Streams | None] = asyncio.LifoQueue()
        self.left = len(ends)

    async def open(self) -> None:
        """Begin, in the loop that asks."""
        for end in self._ends:
            self._free.put_nowait(await asyncio.open_unix_connection(sock=end))

    def close(self) -> None:
        """Ask no more: they end."""
        while not self._free.empty():
            streams = self._free.get_nowait()
            if streams is not None:
                streams[1].close()

    async def make(self, asked: Asked) -> Answer | None:
        """As a maker does, by the next that is free; None where that one ended, or none is left."""
        # Whoever asked may go away: what is answered then is still to be read.
        return await asyncio.shield(self._by_one(asked))

    async def _by_one(self, asked: Asked) -> Answer | None:
        streams = await self._free.get()
        if streams is None:
            self._free.put_nowait(None)  # the next who waits is to know as well
            return None
        try:
            answer = await self._exchanged(streams, asked)
        except (OSError, EOFError):
            self.left -= 1
            streams[1].close()
            self._say(f"A process that makes pages has ended; {self.left} are left.")
            if not self.left:
                self._free.put_nowait(None)
            return None
        self._free.put_nowait(streams)
        return _usable(answer)

    async def _exchanged(self, streams: _Streams, asked: Asked) -> Answer:
        reader, writer = streams
        text = json.dumps(astuple(asked)).encode()
        writer.write(_LENGTH.pack(len(text)) + text)
        status, there, page = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        location = (await reader.readexactly(there)).decode()
        return status, await reader.readexactly(page), location


def _usable(answer: Answer) -> Answer:
    if answer[0] == _DATABASE_DOWN:
        raise MakegoodError("The index cannot be read.")
    if answer[0] == _OWN_ERROR:
        raise RuntimeError("A page could not be made: its process says why.")
    return answer
