# SPDX-License-Identifier: Apache-2.0
"""What the web servers have in common: where they listen, and how they end."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from makegood.errors import MakegoodError
from makegood.serving.ending import handled

_MOST_OF_HEADERS = 16_384
_WAITING = 2_048  # connections that are not taken yet


def listen(name: str, host: str, port: int) -> tuple[socket.socket, str]:
    """A socket and its address, such as http://127.0.0.1:8000.

    Raises MakegoodError where it cannot be had.
    """
    try:
        listening = _listening(host, port)
    except (OSError, UnicodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "that is no host"
        raise MakegoodError(
            f"The {name} cannot listen at {host}, port {port}: {why}.",
            hint="Choose another host or port.",
        ) from None
    found = listening.getsockname()
    shown = f"[{found[0]}]" if ":" in found[0] else found[0]
    return listening, f"http://{shown}:{found[1]}"


def _listening(host: str, port: int) -> socket.socket:
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    # With its protocol named: only then does asyncio send the end of an answer without a delay.
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        # Whoever comes before the first answer can be given waits for it.
        found.listen(_WAITING)
    except OSError:
        found.close()
        raise
    return found


def config(app: ASGIApp, *, ends_within: int) -> uvicorn.Config:
    """How an application is served; what it began has `ends_within` seconds.

    By what comes with uvicorn: another parser and loop save a tenth of a millisecond, and that parser knows
    no end of a request's head. No log of addresses: a secret can be in one.
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
        timeout_graceful_shutdown=ends_within,
    )


@contextmanager
def ending(server: uvicorn.Server) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the server in order, from now on.

    It listens to them itself, but only once its loop runs: until then they would end what starts the loop.
    """
    with handled(server.handle_exit):
        yield
