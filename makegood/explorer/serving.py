# SPDX-License-Identifier: Apache-2.0
"""The explorer as a server."""

from __future__ import annotations

import gc
import os
import socket
import sqlite3
import sys
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from sqlalchemy import event
from starlette.types import ASGIApp

from makegood.errors import MakegoodError, NotFound
from makegood.explorer import templating
from makegood.explorer.app import create_app
from makegood.explorer.making import Maker
from makegood.explorer.processes import Processes, forked
from makegood.explorer.settings import Settings
from makegood.indexer.queries import cursors
from makegood.indexer.store import Store

_MOST_OF_HEADERS = 16_384
_PAGES_KEPT = 8_192  # KiB of the database, by each connection: the system keeps the rest


def serve(database: str, settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until ended. Raises MakegoodError where the index or the address cannot be had."""
    store = _opened(database)
    _check(store)
    store.close()  # it opens again; what is open now would be open in each process
    templating.warm()
    processes = _processes(database, settings, say)
    listening = _socket(host, port)
    found = listening.getsockname()
    shown = f"[{found[0]}]" if ":" in found[0] else found[0]
    say(f"The explorer answers at http://{shown}:{found[1]}/ until Ctrl-C.")
    app = create_app(store, settings, processes=processes)
    server = _Server(config(app), app.state.explorer.pulse.end)
    # What is there now stays: it need not be looked through for what can go, again and again.
    gc.collect()
    gc.freeze()
    server.run(sockets=[listening])


class _Server(uvicorn.Server):
    """Ends the live pages' streams when it is told to end: it would wait for them, and then cut them off."""

    def __init__(self, chosen: uvicorn.Config, ending: Callable[[], None]) -> None:
        super().__init__(chosen)
        self._ending = ending

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """In the signal's handler, which is the loop's thread."""
        self._ending()
        super().handle_exit(sig, frame)


def enough_processes() -> int:
    """As many as this machine runs at a time, at most four; none where a loaded process cannot be forked."""
    forks = hasattr(os, "fork") and sys.platform != "darwin"
    return min(4, len(os.sched_getaffinity(0))) if forks else 0


def _opened(database: str) -> Store:
    store = Store(database, read_only=True)
    if store.engine.dialect.name == "sqlite":
        event.listen(store.engine, "connect", _keep_less)
    return store


def _processes(database: str, settings: Settings, say: Callable[[str], None]) -> Processes | None:
    if not settings.processes:
        return None
    # Each with a connection of its own: none can be shared.
    return Processes(forked(settings.processes, lambda: Maker(_opened(database), settings, time.time)), say)


def config(app: ASGIApp) -> uvicorn.Config:
    """How the application is served.

    By what comes with uvicorn: another parser and loop save a tenth of a millisecond, and that parser knows
    no end of a request's head.
    """
    return uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        http="h11",
        h11_max_incomplete_event_size=_MOST_OF_HEADERS,
        loop="asyncio",
        ws="none",
        timeout_graceful_shutdown=3,
    )


def _keep_less(connection: sqlite3.Connection, _: object) -> None:
    connection.execute(f"PRAGMA cache_size = -{_PAGES_KEPT}")


def _check(store: Store) -> None:
    try:
        with store.reading() as connection:
            cursors(connection)
    except MakegoodError as error:
        raise NotFound(
            "There is no index at this address.", hint="Make one first: `makegood index run`."
        ) from error


def _socket(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        # With its protocol named: only then does asyncio send the end of an answer without a delay.
        listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        # Whoever comes before the first answer can be given waits for it.
        listening.listen(2_048)
    except OSError as error:
        raise MakegoodError(
            f"The explorer cannot listen at {host}, port {port}: {error.strerror}.",
            hint="Choose another --port.",
        ) from None
    return listening
