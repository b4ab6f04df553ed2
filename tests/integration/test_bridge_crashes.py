# SPDX-License-Identifier: Apache-2.0
"""A bridge as a process, killed at random while webhooks come: nothing acknowledged is lost, nothing told
twice.
"""

from __future__ import annotations

import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests
from bridge_house import CHAIN, DESK, MAPPING, SECRET, generic, signed
from postgres import INSTALL, Server, binaries, server
from real_helpdesk import free_port
from sqlalchemy import func, select

from makegood.batches.store import Store
from makegood.bridge.kept import Kept
from makegood.bridge.schema import deliveries, documents, messages, outgoing
from makegood.database import Database

TICKETS = 60  # at least
KILLS = int(os.environ.get("MAKEGOOD_KILLS", "4"))
WITHIN = 90.0


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    if binaries() is None:
        pytest.fail(INSTALL, pytrace=False)
    with server() as found:
        yield found


def write_settings(folder: Path, database: str, port: int) -> Path:
    (folder / "mapping.yaml").write_text(
        "\n".join(MAPPING[MAPPING.index("generic:") :].splitlines()), "utf-8"
    )
    path = folder / "makegood.toml"
    path.write_text(
        f"""
[chain]
rpc = "http://127.0.0.1:1"
chain_id = {CHAIN}
desk = "{DESK}"

[database]
url = "{database}"

[bridge]
policy = 1
port = {port}
mapping = "mapping.yaml"
requester_secret = "of the desk's own keys"
settle = 0
compare_every = 0

[bridge.helpdesks.generic]
kind = "generic"
secret = "{SECRET}"
""",
        "utf-8",
    )
    return path


@contextmanager
def bridge_process(settings: Path, log: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("ab") as file:
        command = [sys.executable, "-m", "makegood", "bridge", "run", "--settings", settings]
        process = subprocess.Popen(command, stdout=file, stderr=file)
    try:
        wait(lambda: process.poll() is not None or answers(port), log)
        assert process.poll() is None, log.read_text()
        yield process
    finally:
        process.kill()
        process.wait(30)


def answers(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=2).ok
    except requests.RequestException:
        return False


def wait(done: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + WITHIN
    while not done():
        assert time.monotonic() < deadline, log.read_text()[-3_000:]
        time.sleep(0.05)


def story(ticket: int) -> list[dict[str, object]]:
    """Five messages, each of which changes something."""
    at = int(time.time()) - 100
    of = {"ticket": f"T-{ticket}"}
    return [
        generic(f"{ticket}-1", at=at, **of),
        generic(f"{ticket}-2", "agent", at + 1, status="open", **of),
        generic(f"{ticket}-3", at=at + 2, **of),
        generic(f"{ticket}-4", "agent", at + 3, status="solved", **of),
        generic(f"{ticket}-5", at=at + 4, **of),
    ]


def tell(port: int, body: dict[str, object], session: requests.Session) -> None:
    """As a helpdesk does: again until it is acknowledged."""
    raw = json.dumps(body).encode()
    deadline = time.monotonic() + WITHIN
    while time.monotonic() < deadline:
        headers = signed("generic", raw, at=int(time.time()))
        try:
            answer = session.post(f"http://127.0.0.1:{port}/hooks/generic", raw, headers=headers, timeout=5)
        except requests.RequestException:
            time.sleep(0.05)
            continue
        if answer.status_code == 200:
            return
        assert answer.status_code == 503, answer.text
        time.sleep(0.05)
    pytest.fail("a delivery was never acknowledged")


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_killed_again_and_again_under_load_it_loses_nothing_and_tells_nothing_twice(
    tmp_path: Path, kind: str, postgres: Server
) -> None:
    database = f"sqlite:///{tmp_path / 'makegood.sqlite'}" if kind == "sqlite" else postgres.fresh()
    port, log = free_port(), tmp_path / "bridge.log"
    settings = write_settings(tmp_path, database, port)
    seed = int(os.environ.get("MAKEGOOD_SEED", "0")) or random.randrange(2**32)
    chance = random.Random(seed)
    print(f"seed {seed}")
    bodies: list[dict[str, object]] = []
    enough = threading.Event()

    def helpdesk() -> None:
        with requests.Session() as session:
            for ticket in itertools.count():
                for body in story(ticket):
                    tell(port, body, session)
                    bodies.append(body)
                if enough.is_set() and ticket >= TICKETS:
                    return

    thread = threading.Thread(target=helpdesk)
    thread.start()
    killed = 0
    for _ in range(KILLS):
        with bridge_process(settings, log, port) as process:
            time.sleep(chance.random() * 1.5)
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait(30)
    enough.set()
    assert killed == KILLS
    opened = Database(database)
    with bridge_process(settings, log, port):
        thread.join(WITHIN)
        assert not thread.is_alive()
        kept = Kept(opened, chain_id=CHAIN, desk=DESK)
        wait(lambda: kept.counts().get(("event", "done"), 0) == len(bodies), log)
    check(opened, kept, len(bodies), tmp_path)
    opened.close()
    print(f"bridge, {kind}: {killed} kills -9 under load; {len(bodies):,} messages, each one event, once")


def check(opened: Database, kept: Kept, count: int, folder: Path) -> None:
    """Each message is one event with one document, and waits once in the batches' queue, in its ticket's
    order.
    """
    with opened.reading() as connection:
        counts = [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (deliveries, messages, documents, outgoing)
        ]
        events = connection.execute(select(outgoing.c.event, outgoing.c.ticket).order_by(outgoing.c.id)).all()
    assert counts == [count] * 4
    order: dict[bytes, list[str]] = {}
    for event, ticket in events:
        order.setdefault(bytes(ticket), []).append(event[-1])
    assert set(map("".join, order.values())) == {"12345"}
    assert kept.dead_letters() == ()
    with Store.shared(opened, chain=str(CHAIN), desk=DESK, folder=folder / "batches") as store:
        assert store.waiting() == count
        assert store.dead_letters() == ()
