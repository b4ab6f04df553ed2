# SPDX-License-Identifier: Apache-2.0
"""`/metrics` in the text format of Prometheus: requests, streams, how far each chain is indexed, desks."""

from __future__ import annotations

import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from sqlalchemy import func, select
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from makegood.errors import MakegoodError
from makegood.explorer.reading import DeskRow, Reader, shown_address
from makegood.explorer.routes import PAGES
from makegood.explorer.settings import LANGUAGES
from makegood.indexer import queries, schema
from makegood.indexer.fold_lane import PUBLISHED
from makegood.indexer.standing import money
from makegood.indexer.store import Cursor
from makegood.indexer.tickets import RUNNING

if TYPE_CHECKING:
    from makegood.explorer.app import Explorer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Seconds: upper bounds of the classes in which requests are counted."""
MOST_DESKS = 200
"""Anyone can deploy a desk with a factory; those with the most tickets are told of."""
SOON = 3_600
_OWN = ("live", "static", "healthz", "ready", "metrics")
_NAMES = frozenset((*(page.name for page in PAGES), "recorded"))

Labels = Mapping[str, object]
Sample = tuple[Labels, float]


# ---------------------------------------------------------------- requests


def kind_of(path: str) -> tuple[str, str]:
    """What is asked for, such as ("page", "ticket"): few, whatever a client asks."""
    parts = path.split("/")
    first, second = parts[1] if len(parts) > 1 else "", parts[2] if len(parts) > 2 else ""
    if first in LANGUAGES:
        return "page", second if second in _NAMES else "other" if second else "front"
    if first == "api":
        name = parts[3] if len(parts) > 3 else ""
        return "api", name if name in _NAMES else "document" if name == "openapi.json" else "other"
    return ("own", first) if first in _OWN else ("own", "other")


class Measures:
    """Counts since the process began."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str, int]] = Counter()
        self._classes: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * (len(BOUNDS) + 1))
        self._seconds: defaultdict[tuple[str, str], float] = defaultdict(float)

    def took(self, kind: tuple[str, str], status: int, seconds: float) -> None:
        """A request was answered. How long a stream was open says nothing, so it is only counted."""
        self.requests[(*kind, status)] += 1
        if kind != ("own", "live"):
            self._classes[kind][bisect_left(BOUNDS, seconds)] += 1
            self._seconds[kind] += seconds

    def lines(self) -> Iterator[str]:
        """As Prometheus reads them."""
        counted = [
            ({"kind": kind, "name": name, "status": status}, count)
            for (kind, name, status), count in sorted(self.requests.items())
        ]
        yield from metric("makegood_requests_total", "counter", "Requests answered, by status.", counted)
        yield from _about("makegood_request_seconds", "histogram", "How long an answer took.")
        for (kind, name), classes in sorted(self._classes.items()):
            so_far = 0
            for bound, count in zip((*BOUNDS, "+Inf"), classes, strict=True):
                so_far += count
                labels = {"kind": kind, "name": name, "le": bound}
                yield _line("makegood_request_seconds_bucket", labels, so_far)
            labels = {"kind": kind, "name": name}
            yield _line("makegood_request_seconds_sum", labels, round(self._seconds[kind, name], 6))
            yield _line("makegood_request_seconds_count", labels, so_far)


class Measured:
    """Counts and times every request, those that are refused too."""

    def __init__(self, app: ASGIApp, measures: Measures) -> None:
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._measures.took(kind_of(scope["path"]), status, time.perf_counter() - began)


# ---------------------------------------------------------------- the answer


async def metrics(explorer: Explorer, _: Request) -> Response:
    """All of them. Where the index cannot be read, `makegood_index_readable` is 0 and its own are missing."""
    lines = list(explorer.measures.lines())
    streams: list[Sample] = [({}, float(explorer.streams.total()))]
    lines += metric("makegood_streams", "gauge", "Live pages that are open.", streams)
    making: list[Sample] = [({}, float(explorer.processes.left if explorer.processes else 0))]
    lines += metric("makegood_page_processes", "gauge", "Processes beside this one that make pages.", making)
    try:
        found = await explorer.read(lambda reader: list(of_index(reader)))
    except MakegoodError:
        found = []
    readable: list[Sample] = [({}, float(bool(found)))]
    lines += metric("makegood_index_readable", "gauge", "Whether the index can be read.", readable)
    return Response("\n".join([*lines, *found, ""]), headers={"Content-Type": CONTENT_TYPE})


_HOW_FAR: Mapping[str, tuple[str, Callable[[Cursor, int], int]]] = {
    "head_block": ("The newest block that is indexed.", lambda each, _: each.head_number),
    "safe_block": ("The newest indexed block that the node calls safe.", lambda each, _: each.safe_number),
    "final_block": ("The newest indexed block that never changes again.", lambda each, _: each.final_number),
    "node_block": ("The newest block that the node told of.", lambda each, _: each.node_number),
    "lag_blocks": (
        "Blocks of the node that are not indexed yet.",
        lambda each, _: max(0, each.node_number - each.head_number),
    ),
    "head_age_seconds": (
        "How old the newest indexed block is.",
        lambda each, wall: max(0, wall - each.head_time),
    ),
    "written_age_seconds": (
        "How long ago the indexer last wrote anything of the chain.",
        lambda each, wall: max(0, wall - each.written_at),
    ),
}


def of_index(reader: Reader) -> Iterator[str]:
    """How far each chain is, and how its desks stand."""
    for name, (about, of) in _HOW_FAR.items():
        samples: list[Sample] = [
            ({"chain": each.chain}, float(of(each, reader.wall))) for each in reader.cursors.values()
        ]
        yield from metric(f"makegood_index_{name}", "gauge", about, samples)
    yield from metric(
        "makegood_index_reorganisations_total", "counter", "Times that blocks were left.", _left(reader)
    )
    yield from _desks(reader)


def _left(reader: Reader) -> list[Sample]:
    table = schema.reorganisations
    query = select(table.c.chain, func.count()).group_by(table.c.chain)
    counts: dict[int, int] = {row[0]: row[1] for row in reader.connection.execute(query)}
    return [({"chain": chain}, float(counts.get(chain, 0))) for chain in reader.cursors]


def _desks(reader: Reader) -> Iterator[str]:
    table = schema.desks
    total = reader.connection.execute(select(func.count()).select_from(table)).scalar_one()
    yield from metric("makegood_desks", "gauge", "Desks in the index.", [({}, float(total))])
    query = select(table.c.chain, table.c.desk).order_by(table.c.tickets.desc(), table.c.desk)
    keys = [tuple(row) for row in reader.connection.execute(query.limit(MOST_DESKS))]
    desks = [reader.desk(chain, desk) for chain, desk in keys]
    names: list[Sample] = [
        ({**_of(desk), "name": desk.name, "asset": desk.token.symbol, "decimals": desk.token.decimals}, 1.0)
        for desk in desks
    ]
    yield from metric("makegood_desk_info", "gauge", "What a desk calls itself, and its asset.", names)
    books = [(desk, money(desk.row)) for desk in desks]
    for name, about in (
        ("funds", "What the pool holds"),
        ("free", "What is free for new tickets"),
        ("reserved", "What is set aside for tickets"),
        ("credited", "What is granted and not yet collected"),
        ("debt", "What is owed and not there"),
    ):
        samples = [(_of(desk), getattr(held, name) / 10**desk.token.decimals) for desk, held in books]
        yield from metric(f"makegood_desk_{name}", "gauge", f"{about}, in whole units of the asset.", samples)
    for name, about, counts in (
        ("due_in_an_hour", "Promises that fall due within an hour.", _running(reader, desks, late=False)),
        ("late", "Promises that are late and still run.", _running(reader, desks, late=True)),
    ):
        yield from metric(f"makegood_desk_{name}", "gauge", about, counts)
    hidden = _unpublished(reader, desks)
    yield from metric(
        "makegood_desk_unpublished_batches", "gauge", "Batches whose leaves were not found.", hidden
    )
    waits = _oldest(reader, desks)
    yield from metric(
        "makegood_desk_oldest_wait_seconds", "gauge", "How long the oldest message is unanswered.", waits
    )


def _of(desk: DeskRow) -> dict[str, object]:
    return {"chain": desk.chain, "desk": shown_address(desk.address)}


def _running(reader: Reader, desks: list[DeskRow], *, late: bool) -> list[Sample]:
    table = schema.promises
    counts: dict[tuple[int, str], int] = {}
    for chain in reader.cursors:
        now = reader.now(chain)
        mine = [desk.address for desk in desks if desk.chain == chain]
        when = table.c.due < now if late else table.c.due.between(now, now + SOON)
        query = (
            select(table.c.desk, func.count())
            .where(table.c.desk.in_(mine), table.c.chain == chain, table.c.state == RUNNING, when)
            .group_by(table.c.desk)
        )
        counts.update({(chain, desk): count for desk, count in reader.connection.execute(query)})
    return [(_of(desk), float(counts.get((desk.chain, desk.address), 0))) for desk in desks]


def _unpublished(reader: Reader, desks: list[DeskRow]) -> list[Sample]:
    table = schema.batches
    query = (
        select(table.c.chain, table.c.desk, func.count())
        .where(table.c.leaves != PUBLISHED, table.c.released_at.is_(None))
        .group_by(table.c.chain, table.c.desk)
    )
    counts = {(row[0], row[1]): row[2] for row in reader.connection.execute(query)}
    return [(_of(desk), float(counts.get((desk.chain, desk.address), 0))) for desk in desks]


def _oldest(reader: Reader, desks: list[DeskRow]) -> list[Sample]:
    table = schema.tickets
    found: list[Sample] = []
    for desk in desks:
        since = (
            table.c.desk == desk.address,
            table.c.chain == desk.chain,
            table.c.waiting_since.is_not(None),
        )
        query = select(table.c.waiting_since).where(*since).order_by(table.c.waiting_since)
        row = queries.first(reader.connection, query)
        waited = 0 if row is None else max(0, reader.now(desk.chain) - row["waiting_since"])
        found.append((_of(desk), float(waited)))
    return found


# ---------------------------------------------------------------- the format


def metric(name: str, kind: str, about: str, samples: Iterable[Sample]) -> Iterator[str]:
    """One metric, with what it is."""
    yield from _about(name, kind, about)
    for labels, value in samples:
        yield _line(name, labels, value)


def _about(name: str, kind: str, about: str) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"


def _line(name: str, labels: Labels, value: float) -> str:
    shown = ",".join(f'{label}="{_escaped(str(text))}"' for label, text in labels.items())
    number = repr(int(value)) if float(value).is_integer() and abs(value) < 2**53 else repr(float(value))
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
