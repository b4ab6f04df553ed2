# SPDX-License-Identifier: Apache-2.0
"""The explorer as an ASGI application."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import TypeVar

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import (
    JSONResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
    StreamingResponse,
)
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from makegood.errors import MakegoodError, NotIndexed
from makegood.explorer import live, recorded
from makegood.explorer.api import endpoints
from makegood.explorer.headers import SafeHeaders
from makegood.explorer.kept import Answer
from makegood.explorer.limits import LATER, TOO_OFTEN, Limits, client_of
from makegood.explorer.making import Asked, Maker
from makegood.explorer.metrics import Measured, Measures, metrics
from makegood.explorer.pages import operator
from makegood.explorer.phrases import Sentence, sentence
from makegood.explorer.processes import Processes
from makegood.explorer.reading import Reader
from makegood.explorer.refusing import refusal
from makegood.explorer.routes import PAGES, Page
from makegood.explorer.settings import LANGUAGES, Settings
from makegood.explorer.templating import STATIC
from makegood.indexer.store import Store

T = TypeVar("T")

DATABASE_DOWN = sentence("The index cannot be read at the moment.")
TRY_AGAIN = sentence(
    "Try again in a minute. What you are owed stands on the chain and does not depend on this page."
)
NO_PAGE = sentence("There is no such page.")
GO_FRONT = sentence(
    "Go to the first page and search for what you have. Nothing that you are owed depends on this."
)
WENT_WRONG = sentence("Something went wrong here, on our side.")


class Explorer:
    """What the endpoints share: the index, threads to read it in, and the pulse of the live pages."""

    def __init__(
        self, store: Store, settings: Settings, clock: Callable[[], float], processes: Processes | None
    ) -> None:
        self.store, self.settings = store, settings
        # Few: a page is computing, not waiting, and more threads would only wait for each other.
        self._threads = ThreadPoolExecutor(settings.threads, thread_name_prefix="page")
        # SQLite has a page's rows sooner than a thread is woken; of Postgres one waits for an answer.
        self._at_once = store.url.get_backend_name() == "sqlite"
        self._maker = Maker(store, settings, clock)
        self.processes = processes
        self.pulse = live.Pulse(self._look)
        self.streams: Counter[str] = Counter()
        self.measures = Measures()

    async def read(self, what: Callable[[Reader], T]) -> T:
        """Ask one state of the index, in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, what)

    def _read(self, what: Callable[[Reader], T]) -> T:
        with self.store.reading() as connection:
            return what(self._maker.reader(connection))

    async def _look(self) -> str:
        try:
            return await self.read(lambda reader: live.version(reader, ""))
        except MakegoodError:
            return ""

    def close(self) -> None:
        """No page is read any more."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    # ------------------------------------------------------------ pages

    async def page(self, request: Request, page: Page, code: str) -> Response:
        """A page in a language."""
        url = request.url
        asked = Asked(page.name, code, url.path, url.query, request.path_params)
        status, content, location = await self._made(asked, page)
        if location:
            return RedirectResponse(location, 303)
        return Response(content, status, media_type="text/html")

    async def _made(self, asked: Asked, page: Page) -> Answer:
        if not page.long and self.processes and self.processes.left:
            answer = await self.processes.make(asked)
            if answer is not None:
                return answer
        if self._at_once and not page.long:
            return self._maker.make(asked)
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._maker.make, asked)

    async def csv(self, request: Request) -> Response:
        """What falls due at a desk, for a spreadsheet."""
        fields = request.path_params
        page = next(page for page in PAGES if page.name == "operator")

        def lines(reader: Reader) -> str:
            view = page.build(reader, fields, {})
            return "".join(operator.as_csv(reader, view.chain, view.desk_address))

        try:
            content = await self.read(lines)
        except NotIndexed as unknown:
            return refusal(request.url.path, 404, unknown.what, unknown.then)
        name = operator.file_name(fields["address"].lower())
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        return Response(content, media_type="text/csv; charset=utf-8", headers=headers)

    async def recorded(self, request: Request) -> Response:
        """What is on record of a receipt's ticket, for the page that checks it in the browser."""
        fields, query = request.path_params, request.query_params
        try:
            return JSONResponse(await self.read(lambda reader: recorded.build(reader, fields, query)))
        except NotIndexed as unknown:
            return refusal(request.url.path, 404, unknown.what, unknown.then)

    # ------------------------------------------------------------ live

    async def live(self, request: Request) -> Response:
        """The stream of a page: `topic` is its address without the language, `since` the version it shows."""
        client = client_of(request.scope, self.settings.trusted_proxies)
        full = self.streams.total() >= self.settings.all_streams
        if full or self.streams[client] >= self.settings.streams:
            return refusal(request.url.path, 429, TOO_OFTEN, LATER, {"Retry-After": "60"})
        topic = request.query_params.get("topic", "")[:200]
        since = request.headers.get("last-event-id") or request.query_params.get("since", "")
        known = since[:200] if since.isprintable() else ""

        async def current() -> str:
            return await self.read(lambda reader: live.version(reader, topic))

        async def events() -> AsyncIterator[str]:
            self.streams[client] += 1
            try:
                async for event in live.stream(self.pulse, current, known, request.is_disconnected):
                    yield event
            finally:
                self.streams[client] -= 1
                self.streams += Counter()  # without those at 0

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return StreamingResponse(events(), media_type="text/event-stream", headers=headers)

    # ------------------------------------------------------------ whether it works

    async def ready(self, _: Request) -> Response:
        """Whether the index can be read and holds a chain."""
        try:
            chains = await self.read(lambda reader: len(reader.cursors))
        except MakegoodError:
            return PlainTextResponse("the index cannot be read\n", 503)
        if not chains:
            return PlainTextResponse("the index is empty\n", 503)
        return PlainTextResponse("ready\n")


def create_app(
    store: Store,
    settings: Settings | None = None,
    clock: Callable[[], float] = time.time,
    processes: Processes | None = None,
) -> Starlette:
    """The application; it closes the store and the processes when it ends."""
    chosen = settings or Settings()
    explorer = Explorer(store, chosen, clock, processes)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        if processes is not None:
            await processes.open()
        yield
        if processes is not None:
            processes.close()
        explorer.close()
        store.close()

    app = Starlette(
        routes=_routes(explorer),
        middleware=[
            Middleware(Measured, measures=explorer.measures),
            Middleware(SafeHeaders),
            Middleware(Limits, settings=chosen),
        ],
        exception_handlers={
            HTTPException: _http_error,
            MakegoodError: _database_error,
            Exception: _own_error,
        },
        lifespan=lifespan,
    )
    app.state.explorer = explorer
    return app


def _routes(explorer: Explorer) -> list[BaseRoute]:
    found: list[BaseRoute] = [
        Route("/", _by_language),
        Route("/healthz", lambda _: PlainTextResponse("alive\n")),
        Route("/ready", explorer.ready),
        Route("/live", explorer.live),
        Route("/metrics", partial(metrics, explorer)),
        *endpoints.routes(explorer),
        Route(recorded.PATH, explorer.recorded),
        Mount("/static", _Assets(directory=STATIC)),
    ]
    for code in LANGUAGES:
        found.append(Route(f"/{code}/operator/{{chain}}/{{address}}/due.csv", explorer.csv))
        found += [
            Route(f"/{code}{page.path}", partial(_page, explorer, page, code), name=f"{code}-{page.name}")
            for page in PAGES
        ]
        found.append(Route(f"/{code}", partial(_slash, code)))
    return found


async def _page(explorer: Explorer, page: Page, code: str, request: Request) -> Response:
    return await explorer.page(request, page, code)


async def _slash(code: str, _: Request) -> Response:
    return RedirectResponse(f"/{code}/", 308)


async def _by_language(request: Request) -> Response:
    """Where the reader's browser would rather be."""
    headers = {"Vary": "Accept-Language"}
    return RedirectResponse(f"/{preferred(request.headers.get('accept-language', ''))}/", 307, headers)


def preferred(accepted: str) -> str:
    """The language of ours that an Accept-Language header puts first; English where it names none."""
    best, found = 0.0, LANGUAGES[0]
    for part in accepted[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        code = tag.partition("-")[0].strip().lower()
        try:
            quality = float(weight) if weight else 1.0
        except ValueError:
            continue
        if code in LANGUAGES and quality > best:
            best, found = quality, code
    return found


class _Assets(StaticFiles):
    """Static files: one asked for with its digest never changes."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        """With how long it can be kept."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        scope = args[2] if len(args) > 2 else kwargs["scope"]
        if isinstance(scope, dict) and scope["query_string"].startswith(b"v="):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


async def _http_error(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    what: Sentence = NO_PAGE if status == 404 else WENT_WRONG
    return refusal(request.url.path, status, what, GO_FRONT if status == 404 else TRY_AGAIN)


async def _database_error(request: Request, _: Exception) -> Response:
    return refusal(request.url.path, 503, DATABASE_DOWN, TRY_AGAIN, {"Retry-After": "30"})


async def _own_error(request: Request, _: Exception) -> Response:
    return refusal(request.url.path, 500, WENT_WRONG, TRY_AGAIN)
