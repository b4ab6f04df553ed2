# SPDX-License-Identifier: Apache-2.0
"""What the web servers have in common: where they listen, and how they end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from makegood.serving.ending import handled
from makegood.serving.listening import listen

__all__ = ["config", "ending", "listen"]

_MOST_OF_HEADERS = 16_384


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
