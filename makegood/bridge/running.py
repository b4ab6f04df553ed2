# SPDX-License-Identifier: Apache-2.0
"""The bridge as a service: the inbox as a server, the work behind it in threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

import uvicorn

from makegood.batches.incoming import Incoming
from makegood.batches.store import Store
from makegood.bridge.inbox import create_app
from makegood.bridge.kept import Kept
from makegood.bridge.namings import Namings
from makegood.bridge.requesters import Requesters
from makegood.bridge.settings import Settings
from makegood.bridge.taking import Take
from makegood.bridge.working import Chores, Worker, keep_working
from makegood.database import Database
from makegood.serving.ending import stopping
from makegood.serving.web import config, ending, listen

_ENDS_WITHIN = 30.0  # seconds that the work which is begun has
_ANSWERS_WITHIN = 5  # seconds that a webhook which is being taken has


def queue_of(database: Database, *, chain: str, desk: str, folder: Path, policy: int) -> Take:
    """What puts events into the batches' queue, in the database that the services share. For one thread."""

    opened: list[Store] = []

    def take(events: Sequence[Incoming]) -> object:
        if not opened:
            opened.append(Store.shared(database, chain=chain, desk=desk, folder=folder))
        return opened[0].take(events, policy)

    return take


@contextmanager
def working(kept: Kept, settings: Settings, take: Take) -> Iterator[None]:
    """The work behind the inbox, in threads, for as long as it is needed."""
    stop = threading.Event()
    parts = {"worker": Worker(kept, settings, take).once, "chores": Chores(kept, settings).once}
    if settings.namings is not None:
        # Of its own: what waits for the chain keeps no receipt back.
        namings = Namings(kept, settings, Requesters(kept, settings))
        parts["namings"] = lambda: namings.once(int(time.time()))
    threads = [
        threading.Thread(target=keep_working, args=(name, kept, once, stop), name=name, daemon=True)
        for name, once in parts.items()
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(_ENDS_WITHIN)


def work(kept: Kept, settings: Settings, take: Take, say: Callable[[str], None]) -> None:
    """Work on what inboxes of other processes stored, until ended."""
    with stopping() as ended, working(kept, settings, take):
        say("The bridge works on what came in, until Ctrl-C.")
        ended.wait()


def serve(kept: Kept, settings: Settings, take: Take | None, say: Callable[[str], None]) -> None:
    """Take webhooks until ended, and work on them unless another process does: then there is no `take`.

    Raises MakegoodError where the address cannot be had.
    """
    server = uvicorn.Server(config(create_app(kept, settings), ends_within=_ANSWERS_WITHIN))
    listening, place = listen("bridge", settings.host, settings.port)
    with ending(server), working(kept, settings, take) if take else nullcontext():
        say(f"The bridge takes webhooks at {place}/hooks/ until Ctrl-C.")
        server.run(sockets=[listening])
