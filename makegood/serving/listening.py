# SPDX-License-Identifier: Apache-2.0
"""Sockets of the services. It needs no web server, which not every service does."""

from __future__ import annotations

import socket

from makegood.errors import MakegoodError

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
