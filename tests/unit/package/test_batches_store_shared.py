# SPDX-License-Identifier: Apache-2.0
"""The store in a database that several processes use: SQLite, and Postgres where there is one."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgres
import pytest

from makegood.batches.entry import ticket_id
from makegood.batches.incoming import Incoming, read_lines
from makegood.batches.kept import Backlog
from makegood.batches.store import ANCHORED, SENT, Store, Taken
from makegood.clock import Priority
from makegood.database import Database
from makegood.errors import UsageError

REQUESTER = "0x00000000000000000000000000000000000000B1"
AGENT = "0x00000000000000000000000000000000000000C1"
DESK = "0x00000000000000000000000000000000000000D1"
AT = 1_800_000_000
LATE = 2**32


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.fail(postgres.INSTALL)
    with postgres.server() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "postgres":
        made = Database(request.getfixturevalue("server").fresh())
    else:
        made = Database(f"sqlite:///{tmp_path / 'shared.sqlite'}")
    yield made
    made.close()


def shared(database: Database, **more: str) -> Store:
    return Store.shared(database, folder=Path("leaves"), **{"chain": "1", "desk": DESK, **more})


def events(number: int) -> tuple[Incoming, ...]:
    """A ticket's opening and its answer."""
    commitment = number.to_bytes(32, "big")
    ticket = ticket_id(1, DESK, REQUESTER, commitment)
    given = [
        {"event": "opened", "requester": REQUESTER, "priority": "high", "commitment": commitment, "at": AT},
        {"event": "replied", "ticket": ticket, "digest": b"\2" * 32, "at": AT + 5},
    ]
    lines = [json.dumps({name: _text(value) for name, value in each.items()}) for each in given]
    return read_lines(lines, f"file {number}", chain_id=1, desk=DESK, agent=AGENT)


def _text(value: Any) -> Any:
    return "0x" + value.hex() if isinstance(value, bytes) else value


def test_another_desk_s_is_refused(database: Database) -> None:
    shared(database)
    with pytest.raises(UsageError, match="of another desk"):
        shared(database, desk=REQUESTER)


def test_what_is_recorded_is_there_for_others(database: Database) -> None:
    store = shared(database)
    key = store.add(AGENT, 3, 7, 2)
    store.set(key, state=SENT, nonce=5, counts=(1, 0, 0, 0, 2), root=b"\1" * 32, must_back=True)
    (kept,) = shared(database).batches(f"state <> '{ANCHORED}' AND final = 0")
    assert (kept.nonce, kept.counts, kept.root, kept.must_back) == (5, (1, 0, 0, 0, 2), b"\1" * 32, True)


def test_several_take_the_same_events_at_once_and_each_counts_once(database: Database) -> None:
    taken: list[Taken] = []
    errors: list[BaseException] = []

    def work(first: int) -> None:
        try:
            store = shared(database)
            for number in range(20):
                taken.append(store.take(events((first + number) % 20 + 1), 1))  # noqa: PERF401
        except BaseException as error:  # noqa: BLE001
            errors.append(error)

    shared(database)
    threads = [threading.Thread(target=work, args=(first,)) for first in (0, 7, 13)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sum(each.new for each in taken) == 40
    assert shared(database).waiting() == 40


def test_one_anchors_at_a_time(database: Database) -> None:
    with shared(database).anchoring() as first, shared(database).anchoring() as second:
        assert (first, second) == (True, False)
    with shared(database).anchoring() as again:
        assert again


def test_the_backlog_is_what_waits_by_then(database: Database) -> None:
    store = shared(database)
    assert store.backlog(LATE) == Backlog(0, None, ())
    store.take(events(1), 1)
    assert store.backlog(AT) == Backlog(1, AT, ((1, Priority.HIGH, AT),))
    assert store.backlog(AT - 1).events == 0
    assert store.backlog(LATE).events == 2


def test_an_answer_that_waits_is_known(database: Database) -> None:
    store = shared(database)
    store.take(events(1), 1)
    (_, answer) = events(1)
    assert store.answered_since(answer.ticket, answer.at)
    assert not store.answered_since(answer.ticket, answer.at + 1)
    assert not store.answered_since(b"\0" * 32, 0)
