# SPDX-License-Identifier: Apache-2.0
"""The explorer as a server."""

from __future__ import annotations

import gc
import os
import sqlite3
import sys
import time
from collections.abc import Callable
from types import FrameType

import uvicorn
from sqlalchemy import event

from makegood.errors import MakegoodError, NotFound
from makegood.explorer import templating
from makegood.explorer.app import create_app
from makegood.explorer.making import Maker
from makegood.explorer.processes import Processes, forked
from makegood.explorer.settings import Settings
from makegood.indexer.queries import cursors
from makegood.indexer.store import Store
from makegood.serving.web import config, ending, listen

_ANSWERS_WITHIN = 3  # seconds that a page which is being made has
_PAGES_KEPT = 8_192  # KiB of the database, by each connection: the system keeps the rest


def serve(database: str, settings: Settings, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve until ended. Raises MakegoodError where the index or the address cannot be had."""
    store = _opened(database)
    _check(store)
    store.close()  # it opens again; what is open now would be open in each process
    templating.warm()
    processes = _processes(database, settings, say)
    app = create_app(store, settings, processes=processes)
    server = _Server(config(app, ends_within=_ANSWERS_WITHIN), app.state.explorer.pulse.end)
    # What is there now stays: it need not be looked through for what can go, again and again.
    gc.collect()
    gc.freeze()
    with ending(server):
        listening, place = listen("explorer", host, port)
        say(f"The explorer answers at {place}/ until Ctrl-C.")
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
