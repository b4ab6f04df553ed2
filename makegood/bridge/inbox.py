# SPDX-License-Identifier: Apache-2.0
"""The bridge as an ASGI application: webhooks come in, requesters make their keys, and it says how it is."""

from __future__ import annotations

import json
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from hashlib import sha256

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from makegood.bridge import claiming
from makegood.bridge.committing import Committer
from makegood.bridge.headers import SafeHeaders
from makegood.bridge.helpdesks import KINDS
from makegood.bridge.kept import Delivery, Kept
from makegood.bridge.measuring import CONTENT_TYPE, lines
from makegood.bridge.namings import Namings
from makegood.bridge.requesters import Requesters
from makegood.bridge.settings import Settings, Source
from makegood.bridge.signatures import same_secret
from makegood.errors import MakegoodError, SignatureRefused

ANSWERS_WITHIN = 0.9
"""Seconds; later a helpdesk is told to send it again, although it may be stored by then."""

_KEY_MAX = 200
_RETRY = {"Retry-After": "5"}

log = logging.getLogger(__name__)


class Inbox:
    """Takes deliveries: from whom they should be, stored, then acknowledged."""

    def __init__(self, kept: Kept, settings: Settings, clock: Callable[[], float]) -> None:
        self.kept, self.settings, self.clock = kept, settings, clock
        self.committer = Committer(kept)
        self.requesters = Requesters(kept, settings)
        self.namings = Namings(kept, settings, self.requesters)
        self.answers: Counter[tuple[str, int]] = Counter()

    async def hook(self, request: Request) -> Response:
        """One delivery."""
        source = self.settings.source(request.path_params["source"])
        status, says = (
            (404, "There is no such helpdesk.") if source is None else await self._taken(source, request)
        )
        self.answers["" if source is None else source.name, status] += 1
        return PlainTextResponse(says + "\n", status, _RETRY if status == 503 else None)

    async def _taken(self, source: Source, request: Request) -> tuple[int, str]:
        given = request.path_params.get("secret")
        if source.signed != (given is None) or (given is not None and not same_secret(given, source.secrets)):
            return 404, "There is no such helpdesk."
        body = await self._body(request)
        if body is None:
            return 413, "The delivery is too large."
        helpdesk, now = KINDS[source.kind], int(self.clock())
        headers = {name.lower(): value for name, value in request.headers.items()}
        try:
            if source.signed:
                helpdesk.verify(headers, body, source.secrets, now, source.window)
        except SignatureRefused as error:
            log.warning(
                "a delivery was refused", extra={"fields": {"helpdesk": source.name, "why": error.message}}
            )
            return 401, error.message
        key = helpdesk.delivery_id(headers)
        if not key.isprintable() or len(key) > _KEY_MAX:
            return 400, "The id of the delivery is none."
        delivery = Delivery(source.name, key or f"sha256:{sha256(body).hexdigest()}", now, body)
        try:
            await self.committer.store(delivery, ANSWERS_WITHIN)
        except (TimeoutError, MakegoodError):
            return 503, "The delivery cannot be stored at the moment; send it again."
        return 200, "Stored."

    async def _body(self, request: Request) -> bytes | None:
        parts, size = [], 0
        async for part in request.stream():
            size += len(part)
            if size > self.settings.most_of_body:
                return None
            parts.append(part)
        return b"".join(parts)

    async def ready(self, _: Request) -> Response:
        """Whether the database can be asked."""
        try:
            await run_in_threadpool(self.kept.counts)
        except MakegoodError:
            return PlainTextResponse("the database cannot be used\n", 503)
        return PlainTextResponse("ready\n")

    async def metrics(self, _: Request) -> Response:
        """How much came in, and how much of it waits, in the text format of Prometheus."""
        try:
            counts = await run_in_threadpool(self.kept.counts)
            overdue = await run_in_threadpool(self.kept.overdue, int(self.clock()))
        except MakegoodError:
            return PlainTextResponse("the database cannot be used\n", 503)
        committer = self.committer
        found = lines(counts, overdue, self.answers, committer.stored, committer.repeated)
        return Response("\n".join(found) + "\n", media_type=CONTENT_TYPE)

    async def holder(self, request: Request) -> Response:
        """Who holds the key of a requester's address, as far as this bridge knows."""
        found = await run_in_threadpool(self.requesters.held_by_desk, request.path_params["address"])
        body = json.dumps({"key_held_by": "desk" if found else "unknown"})
        return Response(body, media_type="application/json")


def create_app(kept: Kept, settings: Settings, clock: Callable[[], float] = time.time) -> Starlette:
    """The application."""
    inbox = Inbox(kept, settings, clock)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await inbox.committer.close()

    app = Starlette(
        routes=[
            Route("/hooks/{source}", inbox.hook, methods=["POST"]),
            Route("/hooks/{source}/{secret}", inbox.hook, methods=["POST"]),
            *claiming.routes(inbox.requesters, inbox.namings, clock),
            Route("/holders/{address}", inbox.holder),
            Route("/healthz", lambda _: PlainTextResponse("alive\n")),
            Route("/ready", inbox.ready),
            Route("/metrics", inbox.metrics),
            Mount("/static", StaticFiles(directory=claiming.STATIC)),
        ],
        middleware=[Middleware(SafeHeaders)],
        exception_handlers={
            ClientDisconnect: _gone,
            MakegoodError: _unavailable,
            Exception: _own_error,
        },
        lifespan=lifespan,
    )
    # A redirect would lose the body, and repeat a secret.
    app.router.redirect_slashes = False
    app.state.inbox = inbox
    return app


async def _gone(_: Request, __: Exception) -> Response:
    # Nobody reads it; a delivery cut off is not stored.
    return PlainTextResponse("The delivery was cut off.\n", 400)


async def _unavailable(_: Request, __: Exception) -> Response:
    return PlainTextResponse("The database cannot be used at the moment.\n", 503, _RETRY)


async def _own_error(_: Request, error: Exception) -> Response:
    log.error("a request failed", exc_info=error)
    return PlainTextResponse("Something went wrong here, on our side.\n", 500)
