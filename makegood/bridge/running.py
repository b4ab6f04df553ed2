# SPDX-License-Identifier: Apache-2.0
"""The bridge as a service: the inbox as a server, the work behind it in threads."""

from __future__ import annotations

import signal
import socket
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
from makegood.errors import MakegoodError

_MOST_OF_HEADERS = 16_384
_ENDS_WITHIN = 30.0


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
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    say("The bridge works on what came in, until Ctrl-C.")
    with working(kept, settings, take):
        ended.wait()


def serve(kept: Kept, settings: Settings, take: Take | None, say: Callable[[str], None]) -> None:
    """Take webhooks until ended, and work on them unless another process does: then there is no `take`.

    Raises MakegoodError where the address cannot be had.
    """
    listening = _socket(settings.host, settings.port)
    found = listening.getsockname()
    shown = f"[{found[0]}]" if ":" in found[0] else found[0]
    say(f"The bridge takes webhooks at http://{shown}:{found[1]}/hooks/ until Ctrl-C.")
    config = uvicorn.Config(
        create_app(kept, settings),
        log_level="warning",
        # A secret can be in an address.
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=_MOST_OF_HEADERS,
        timeout_graceful_shutdown=5,
    )
    with working(kept, settings, take) if take else nullcontext():
        uvicorn.Server(config).run(sockets=[listening])


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
            f"The bridge cannot listen at {host}, port {port}: {error.strerror}.", hint="Choose another port."
        ) from None
    return listening
