# SPDX-License-Identifier: Apache-2.0
"""A backup that is taken mid-way and restored after the original is lost, with the commands of its page."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bridge_house
import keeper_house
import postgres
import pytest
import queue_house
from bridge_house import Bridge, generic
from keeper_house import KeeperHouse
from queue_house import QueueHouse

from benchmarks.node import ask
from makegood.batches import Act, Entry, read_leaves
from makegood.bridge.kept import Delivery, Kept
from makegood.clock import Priority
from makegood.database import Database
from makegood.indexer import contracts
from makegood.indexer.follow import Follower
from makegood.indexer.node import Node
from makegood.indexer.store import Store as Index
from makegood.indexer.store import default_url

HOUR = 3_600
PAGE = Path(__file__).resolve().parents[2] / "docs" / "operations" / "backup.md"


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    with postgres.server() as made:
        yield made


# ---------------------------------------------------------------- backups


def command(name: str, **values: object) -> None:
    """A command of the page, known by a word in it, with its capitals replaced."""
    lines = [
        line
        for block in re.findall(
            r"^ *```bash\n(.*?)^ *```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
        )
        for line in block.splitlines()
        if name in line
    ]
    [line] = lines
    words = shlex.split(line, comments=True)
    for word, value in values.items():
        words = [re.sub(rf"\b{word}\b", lambda _, text=str(value): text, each) for each in words]
    place = postgres.binaries()
    path = f"{place}{os.pathsep}{os.environ['PATH']}"
    found = shutil.which(words[0], path=path)
    assert found is not None, words[0]
    subprocess.run([found, *words[1:]], check=True, timeout=120)


@dataclass
class Kind:
    """A kind of database: where one begins, how it is copied, where the copy is restored to."""

    begin: Callable[[Path], str]
    save: Callable[[str, Path], None]
    restore: Callable[[Path, Path], str]


def sqlite_file(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def address(place: KeeperHouse) -> str:
    """That of its database, as Postgres's own tools take it too."""
    return place.database.url.set(drivername=place.database.url.get_backend_name()).render_as_string(False)


def lose(url: str) -> None:
    """What a dead disk leaves of a SQLite file; a Postgres database is simply not used any more."""
    if url.startswith("sqlite"):
        for path in sqlite_file(url).parent.glob(f"{sqlite_file(url).name}*"):
            path.unlink()


def sqlite_restored(copy: Path, folder: Path) -> str:
    shutil.copy(copy, folder / "makegood.sqlite")
    return f"sqlite:///{folder / 'makegood.sqlite'}"


@pytest.fixture(params=["sqlite", "postgres"])
def kind(request: pytest.FixtureRequest) -> Kind:
    if request.param == "sqlite":
        return Kind(
            lambda folder: f"sqlite:///{folder / 'makegood.sqlite'}",
            lambda url, copy: command("import sqlite3", FROM=sqlite_file(url), COPY=copy),
            sqlite_restored,
        )
    server: postgres.Server = request.getfixturevalue("server")

    def restored(copy: Path, _: Path) -> str:
        url = server.fresh()
        command("pg_restore", URL=url, COPY=copy)
        return url

    return Kind(lambda _: server.fresh(), lambda url, copy: command("pg_dump", URL=url, COPY=copy), restored)


@contextmanager
def begun_anew(place: KeeperHouse, url: str) -> Iterator[None]:
    """The keeper of a new machine: the restored database, an index made anew, no folder of its own."""
    shutil.rmtree(place.folder / "store", ignore_errors=True)
    shutil.rmtree(place.folder / "receipts", ignore_errors=True)
    place.index.close()
    place.database.close()
    place.index = Index(default_url(place.folder / "index anew"))
    node = Node(keeper_house.rpc_of(place.house))
    contracts.follow(place.index, node, [], [place.house.desk.address])
    place.follower = Follower(place.index, node)
    place.database = Database(url)
    place.keeper = place.started()
    try:
        yield
    finally:
        place.index.close()
        place.database.close()


def entries(place: KeeperHouse) -> Counter[tuple[bytes, int]]:
    """How often each entry is on the chain, by what is published."""
    found: Counter[tuple[bytes, int]] = Counter()
    for event in place.events("lane", "BatchAnchored"):
        batch = read_leaves(place.folder / "published", bytes(event["root"]), event["counts"])
        for index in range(batch.size):
            entry = Entry.decode(batch.leaf(index))
            found[entry.ticket_id, entry.sequence] += 1
    return found


def late_ticket(house: QueueHouse) -> bytes:
    commitment = bytes.fromhex(queue_house.digest("late")[2:])
    call = house.desk.open_ticket_for(house.requester.address, 1, Priority.URGENT, commitment)
    return bytes(call.send(house.agent).event("TicketOpened")["ticket_id"])


@pytest.fixture
def place(house: QueueHouse, tmp_path: Path, kind: Kind) -> Iterator[KeeperHouse]:
    with keeper_house.kept(house, tmp_path, kind.begin(tmp_path)) as made:
        yield made


# ---------------------------------------------------------------- the keeper's and the batches' database


def test_a_restored_backup_anchors_and_pays_nothing_twice(
    place: KeeperHouse, kind: Kind, tmp_path: Path
) -> None:
    house, copy = place.house, tmp_path / "copy"
    late = late_ticket(house)
    place.anchored(house.opened("anchored"))
    # One batch is signed and in the pool, one ticket waits in the queue.
    place.take(house.opened("signed"))
    ask(house.w3, "evm_setAutomine", False)
    place.pass_time(300)
    place.rounds(2)
    place.take(house.opened("waiting"), house.later("replied", "waiting"))
    kind.save(address(place), copy)
    # What the backup does not have: these batches, a ticket with its answer, a payment.
    ask(house.w3, "evm_setAutomine", True)
    ask(house.w3, "evm_mine")
    after = [house.opened("after"), house.later("replied", "after")]
    place.take(*after)
    place.pass_time(HOUR)
    place.rounds(6)
    counted = entries(place)
    assert len(counted) == 6
    assert len(place.compensated()) == 1

    lose(address(place))
    with begun_anew(place, kind.restore(copy, tmp_path)):
        place.rounds(4)
        assert entries(place) == counted
        assert len(place.compensated()) == 1
        assert place.keeper.world.store.backlog(2**40).events == 0
        # Each ticket's receipt is there again, also of those that the backup did not know of.
        names = {path.stem for path in (place.folder / "receipts").iterdir()}
        assert {house.ticket(each) for each in ("signed", "waiting", "after")} <= names
        # The bridge's comparison tells again what came after the backup: it is known, by what it says.
        place.take(*(event | {"id": f"told again {number}"} for number, event in enumerate(after)))
        assert place.keeper.world.store.dead_letters() == ()
        # And everything goes on: the next answers follow those that were anchored.
        answers = [house.later("solved", each) for each in ("anchored", "signed", "waiting", "after")]
        place.take(house.opened("new"), *answers)
        place.pass_time(300)
        place.rounds(4)
        counted += Counter({(place.ticket("new"), 0): 1, (place.ticket("anchored"), 1): 1})
        counted += Counter({(place.ticket("signed"), 1): 1, (place.ticket("waiting"), 2): 1})
        counted += Counter({(place.ticket("after"), 2): 1})
        assert entries(place) == counted
        assert set(counted.values()) == {1}
        assert len(place.compensated()) == 1
        assert place.compensated()[0][0] == late


def test_each_agent_of_a_shared_store_takes_its_own_batches_over(
    place: KeeperHouse, kind: Kind, tmp_path: Path
) -> None:
    house, copy = place.house, tmp_path / "copy"
    house.desk.set_allowance(house.successor.address, queue_house.COIN).send(house.operator)
    accounts = [place.account, keeper_house.key(3)]
    place.rounds(1)
    kind.save(address(place), copy)
    told = []
    for number, account in enumerate((*accounts, accounts[0])):
        place.keeper = place.started(account)
        told.append(house.opened(f"ticket {number}"))
        place.anchored(told[-1])
    batches = place.events("lane", "BatchAnchored")
    assert [each["agent"] == accounts[0].address for each in batches] == [True, False, True]
    counted = entries(place)
    lose(address(place))
    with begun_anew(place, kind.restore(copy, tmp_path)):
        for account in accounts:
            place.keeper = place.started(account)
            place.rounds(2)
        known = place.keeper.world.store.batches()
        assert sorted(each.number or 0 for each in known) == [1, 2, 3]
        place.take(*(event | {"id": f"again {number}"} for number, event in enumerate(told)))
        assert place.keeper.world.store.backlog(2**40).events == 0
        assert entries(place) == counted


def test_without_the_leaves_nothing_is_anchored_until_they_are_back(
    place: KeeperHouse, kind: Kind, tmp_path: Path
) -> None:
    house, copy = place.house, tmp_path / "copy"
    place.take(house.opened("waiting"))
    place.rounds(1)
    kind.save(address(place), copy)
    place.pass_time(300)
    place.rounds(3)
    counted = entries(place)
    assert len(counted) == 1
    lose(address(place))
    hidden = (place.folder / "published").rename(tmp_path / "elsewhere")
    (place.folder / "published").mkdir()
    with begun_anew(place, kind.restore(copy, tmp_path)):
        place.pass_time(300)
        place.rounds(2, well=False)
        assert "its leaves are nowhere" in place.keeper.health.failing["anchor"]
        assert len(place.events("lane", "BatchAnchored")) == 1
        for path in hidden.iterdir():
            path.rename(place.folder / "published" / path.name)
        place.rounds(3)
        assert entries(place) == counted


# ---------------------------------------------------------------- the bridge's


def test_what_came_after_the_backup_is_found_again_as_the_same_tickets(kind: Kind, tmp_path: Path) -> None:
    url = kind.begin(tmp_path)
    bridge = bridge_house.build(tmp_path, url)
    bridge.tell("generic", generic("m1"))
    kind.save(url, tmp_path / "copy")
    later = [
        generic("m2", "agent", at=bridge_house.NOW - 50),
        generic("m3", ticket="T-2", at=bridge_house.NOW - 40),
        generic("m4", "agent", ticket="T-2", at=bridge_house.NOW - 30, status="solved"),
    ]
    bridge.tell("generic", *later)
    lost = bridge.taken
    assert [each.act for each in lost] == [Act.OPENED, Act.LEFT_PENDING, Act.OPENED, Act.SOLVED]
    bridge.kept.database.close()
    lose(url)

    with ExitStack() as stack:
        database = Database(kind.restore(tmp_path / "copy", tmp_path))
        stack.callback(database.close)
        kept = Kept(database, chain_id=bridge_house.CHAIN, desk=bridge_house.DESK)
        again = Bridge(kept, bridge.settings, bridge.now + HOUR)
        assert [row.state for row in again.told()] == ["done"]
        # As makegood.bridge.comparing stores what the helpdesk's API has and no webhook told.
        for body in later:
            raw = json.dumps(body).encode()
            kept.store([Delivery("generic", f"compared:{body['message']}", again.now, raw)])
        again.worker.until_idle()
        assert [dropped(each) for each in again.taken] == [dropped(each) for each in lost[1:]]


def dropped(event: Any) -> tuple[Any, ...]:
    return (event.id, event.act, event.ticket, event.at, event.actor, event.digest, event.priority)
