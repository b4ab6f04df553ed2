# SPDX-License-Identifier: Apache-2.0
"""/healthz and /metrics of a keeper, on a thread of their own."""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from makegood.errors import MakegoodError
from makegood.keeper.running import Keeper
from makegood.logs import fields
from makegood.metrics import CONTENT_TYPE, Sample, metric
from makegood.sending.outbox import UNFINISHED
from makegood.serving.listening import listen

log = logging.getLogger(__name__)

STALE = 120.0
"""Seconds without a whole round after which a keeper is not well."""


@contextmanager
def served(keeper: Keeper, host: str, port: int) -> Iterator[str]:
    """Answer until it is left; gives the address. Port 0 takes a free one."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_GET(self) -> None:
            path = self.path.partition("?")[0]
            if path == "/healthz":
                status, kind, text = _health(keeper)
            elif path == "/metrics":
                status, kind, text = 200, CONTENT_TYPE, "\n".join([*lines(keeper), ""])
            else:
                status, kind, text = 404, "text/plain", "Ask for /healthz or /metrics.\n"
            content = text.encode()
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: Any) -> None:
            # Whoever asked has gone away, mostly; the default prints a traceback.
            log.debug("an answer was not given", exc_info=True)

    listening, place = listen("keeper", host, port)
    server = Server((host, port), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listening
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _health(keeper: Keeper) -> tuple[int, str, str]:
    health = keeper.health
    well = health.age() < STALE
    told = {
        "well": well,
        "rounds": health.rounds,
        "whole_round_seconds_ago": round(health.age(), 1),
        "failing": health.failing,
        "short_of_gas_money": health.short,
        "gas_too_dear": health.dear,
    }
    return 200 if well else 503, "application/json", json.dumps(told) + "\n"


def lines(keeper: Keeper) -> Iterator[str]:
    """What Prometheus reads. Where the database does not answer, its own are missing."""
    health = keeper.health

    def one(value: float) -> list[Sample]:
        return [({}, float(value))]

    def by(label: str, counts: dict[str, int]) -> list[Sample]:
        return [({label: name}, float(count)) for name, count in sorted(counts.items())]

    yield from metric("makegood_keeper_rounds_total", "counter", "Rounds.", one(health.rounds))
    yield from metric(
        "makegood_keeper_whole_round_age_seconds", "gauge", "Since a round went well.", one(health.age())
    )
    failing = [({"part": name}, 1.0) for name in sorted(health.failing)]
    yield from metric("makegood_keeper_failing", "gauge", "Parts of the last round that failed.", failing)
    failures = by("part", dict(health.failures))
    yield from metric("makegood_keeper_failures_total", "counter", "Failures, by part.", failures)
    found = by("duty", dict(health.found))
    yield from metric("makegood_keeper_found_total", "counter", "Things found to do, by duty.", found)
    sent = by("outcome", dict(health.sent))
    yield from metric("makegood_keeper_transactions_total", "counter", "Transactions, by outcome.", sent)
    short, dear = one(health.short), one(health.dear)
    yield from metric("makegood_keeper_short_of_gas_money", "gauge", "Whether gas cannot be paid.", short)
    yield from metric("makegood_keeper_gas_too_dear", "gauge", "Whether gas is above the bound.", dear)
    yield from metric(
        "makegood_keeper_has_account",
        "gauge",
        "Whether this process sends for the account.",
        one(health.mine),
    )
    yield from _queue(keeper)
    try:
        counts = keeper.world.outbox.counts()
        unfinished = keeper.world.outbox.in_state(*UNFINISHED)
    except MakegoodError as error:
        log.warning("metrics without the database", extra=fields(why=error))
        return
    states = by("state", dict(counts))
    yield from metric("makegood_keeper_intents", "gauge", "What is in the outbox, by state.", states)
    now = keeper.world.outbox.now()
    oldest = max((now - intent.put_at for intent in unfinished), default=0)
    yield from metric(
        "makegood_keeper_oldest_intent_seconds", "gauge", "Age of the oldest not mined yet.", one(oldest)
    )


def _queue(keeper: Keeper) -> Iterator[str]:
    """What waits to be anchored; nothing where another keeper anchors."""
    backlog, refused = keeper.world.backlog, keeper.world.refused
    if backlog is None or refused is None:
        return
    now = keeper.world.outbox.now()
    oldest = 0 if backlog.oldest is None else max(0, now - backlog.oldest)
    for name, about, value in (
        ("queued_events", "Events that wait for a batch.", backlog.events),
        ("oldest_queued_seconds", "Age of the oldest of them.", oldest),
        ("dead_letters", "Events that no batch takes.", refused),
    ):
        yield from metric(f"makegood_keeper_{name}", "gauge", about, [({}, float(value))])
