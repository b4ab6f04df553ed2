# SPDX-License-Identifier: Apache-2.0
"""The queue of events and the record of batches, and the lines that events come in."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import postgres
import pytest

from makegood.batches import Act
from makegood.batches.incoming import Incoming, read_lines
from makegood.batches.store import PREPARED, SENT, Store, Taken
from makegood.clock import Priority
from makegood.database import Database
from makegood.errors import IncomingError, MakegoodError, UsageError

DESK = "0x00000000000000000000000000000000000000Aa"
REQUESTER = "0x00000000000000000000000000000000000000b1"
AGENT = "0x00000000000000000000000000000000000000C1"
COMMITMENT = "0x" + "11" * 32
AT = 1_800_000_000
LATE = 2**32


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.fail(postgres.INSTALL)
    with postgres.server() as made:
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Iterator[Store]:
    """In a file of its own."""
    with Store(tmp_path / "store.sqlite", chain="1", desk=DESK, wait=0.1) as opened:
        yield opened


@pytest.fixture(params=["file", "sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """In a file, or in a database that others use too."""
    if request.param == "file":
        yield request.getfixturevalue("file")
        return
    server = request.getfixturevalue("server") if request.param == "postgres" else None
    database = Database(server.fresh() if server else f"sqlite:///{tmp_path / 'shared.sqlite'}")
    with Store.shared(database, chain="1", desk=DESK, folder=tmp_path) as opened:
        yield opened
    database.close()


def opened(commitment: str = COMMITMENT, **more: Any) -> dict[str, Any]:
    given = {"requester": REQUESTER, "priority": "high", "commitment": commitment, "at": AT}
    return {"event": "opened", **given, **more}


def ticket(commitment: str = COMMITMENT) -> str:
    words = [1, int(DESK, 16), 2, int(REQUESTER, 16), int(commitment, 16)]
    return "0x" + hashlib.sha256(b"".join(word.to_bytes(32, "big") for word in words)).hexdigest()


def replied(commitment: str = COMMITMENT, event: str = "replied", **more: Any) -> dict[str, Any]:
    return {"event": event, "ticket": ticket(commitment), "digest": "0x" + "22" * 32, "at": AT + 5, **more}


def events(*given: dict[str, Any]) -> tuple[Incoming, ...]:
    return read_lines(map(json.dumps, given), "file", chain_id=1, desk=DESK, agent=AGENT)


# ---------------------------------------------------------------- lines


def test_an_opening_has_the_id_of_its_ticket() -> None:
    (event,) = events(opened())
    assert "0x" + event.ticket.hex() == ticket()
    assert (event.act, event.priority, event.actor.lower()) == (Act.OPENED, Priority.HIGH, REQUESTER.lower())


def test_an_event_without_an_id_has_that_of_its_line() -> None:
    (event,) = events(opened())
    assert event.id == hashlib.sha256(json.dumps(opened()).encode()).hexdigest()
    assert events(opened(id="mail 7"))[0].id == "mail 7"


def test_who_answered_is_the_anchoring_agent_unless_the_line_says() -> None:
    assert events(replied())[0].actor == AGENT
    assert events(replied(agent=REQUESTER))[0].actor.lower() == REQUESTER.lower()
    assert events(replied(event="followed_up"))[0].actor == ""


@pytest.mark.parametrize("line", ["[]", "{", '{"event": "opened", "event": "opened"}', "[" * 4000, "1"])
def test_what_is_no_object_is_refused_with_its_line(line: str) -> None:
    with pytest.raises(IncomingError) as refusal:
        read_lines([json.dumps(opened()), "", line], "file", chain_id=1, desk=DESK, agent=AGENT)
    assert (refusal.value.line, refusal.value.source) == (3, "file")


@pytest.mark.parametrize("name", ["requester", "priority", "commitment", "at", "event"])
def test_no_field_can_be_left_out(name: str) -> None:
    fields = opened()
    del fields[name]
    with pytest.raises(IncomingError):
        events(fields)


def test_an_address_with_a_typing_error_is_refused() -> None:
    with pytest.raises(IncomingError, match="checksum"):
        events(opened(requester="0xF39Fd6e51aad88F6F4ce6aB8827279cffFb92266"))


def test_the_page_s_lines_are_events() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "batches.md").read_text("utf-8")
    lines = page.split("```jsonl\n")[1].split("```")[0].splitlines()
    read = read_lines(lines, "page", chain_id=1, desk=DESK, agent=AGENT)
    assert [each.act for each in read] == [Act.OPENED, Act.REPLIED, Act.FOLLOWED_UP]


# ---------------------------------------------------------------- events


def test_an_event_given_twice_counts_once(store: Store) -> None:
    assert store.take(events(opened(), replied()), 1) == Taken(2, 0)
    assert store.take(events(opened(), replied()), 1) == Taken(0, 2)
    assert store.waiting() == 2


def test_an_id_given_for_two_contents_refuses_all(store: Store) -> None:
    with pytest.raises(UsageError, match="another content"):
        store.take(events(opened(id="a"), replied(id="a")), 1)
    assert store.waiting() == 0


def test_a_second_opening_of_a_ticket_is_a_dead_letter(store: Store) -> None:
    store.take(events(opened(), opened(at=AT + 1)), 1)
    (dead,) = store.dead_letters()
    assert "opened already" in dead.why
    assert dead.source == "file, line 2"


def test_a_dead_letter_waits_again_once_its_ticket_is_opened(store: Store) -> None:
    store.take(events(replied()), 1)
    store.refuse_unknown(LATE)
    assert len(store.dead_letters()) == 1
    store.take(events(opened()), 1)
    assert store.dead_letters() == ()
    assert store.waiting() == 2


def test_sequences_count_on_over_batches(store: Store) -> None:
    store.take(events(opened(), replied()), 1)
    first = store.add(AGENT, 1, 0, 0)
    (opening,) = store.openings(1, LATE, 10)
    assert store.put(first, [opening]) == [0]
    (reply,) = store.later(LATE, [AGENT], 10)
    assert reply.opened_by == AGENT
    assert store.put(store.add(AGENT, 1, 0, 0), [reply]) == [1]


def test_later_events_are_given_only_for_openings_of_these_agents(store: Store) -> None:
    store.take(events(opened(), replied()), 1)
    assert store.later(LATE, [AGENT], 10) == ()
    (opening,) = store.openings(1, LATE, 10)
    store.put(store.add(AGENT, 1, 0, 0), [opening])
    assert store.later(LATE, [REQUESTER], 10) == ()
    assert len(store.later(LATE, [AGENT], 10)) == 1


def test_a_follow_up_is_its_ticket_s_requester_s(store: Store) -> None:
    store.take(events(opened(), replied(event="followed_up")), 1)
    key = store.add(AGENT, 1, 0, 0)
    (opening,) = store.openings(1, LATE, 10)
    store.put(key, [opening])
    assert store.later(LATE, [AGENT], 10)[0].actor == opening.actor


def test_openings_come_by_time_then_arrival_and_of_one_policy(store: Store) -> None:
    names = ["0x" + f"{number:02x}" * 32 for number in (1, 2, 3)]
    store.take(events(opened(names[0], at=AT + 9), opened(names[1])), 1)
    store.take(events(opened(names[2])), 2)
    assert store.next_policy(LATE) == 1
    assert ["0x" + each.digest.hex() for each in store.openings(1, LATE, 10)] == [names[1], names[0]]
    assert [each.policy for each in store.openings(2, LATE, 10)] == [2]
    assert store.openings(1, AT - 1, 10) == ()


# ---------------------------------------------------------------- batches


def test_an_undone_batch_gives_its_events_back(store: Store) -> None:
    store.take(events(opened()), 1)
    key = store.add(AGENT, 1, 0, 0)
    (opening,) = store.openings(1, LATE, 10)
    store.put(key, [opening])
    assert store.waiting() == 0
    store.undo(key)
    assert (store.waiting(), store.batches()) == (1, ())


def test_what_is_recorded_is_there_after_closing(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    with Store(path, chain="1", desk=DESK) as store:
        key = store.add(AGENT, 3, 7, 2)
        assert store.batch(key).state == PREPARED
        store.set(key, state=SENT, nonce=5, counts=(1, 0, 0, 0, 2), root=b"\1" * 32)
    with Store(path, chain="1", desk=DESK) as store:
        (kept,) = store.batches()
    assert (kept.state, kept.nonce, kept.counts, kept.size, kept.openings) == (SENT, 5, (1, 0, 0, 0, 2), 3, 1)
    assert (kept.from_block, kept.batches_before, kept.policy) == (7, 2, 3)


def test_a_transaction_that_fails_changes_nothing(store: Store) -> None:
    def fails() -> None:
        with store.transaction():
            store.take(events(opened()), 1)
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fails()
    assert store.waiting() == 0


def test_a_trial_is_undone(store: Store) -> None:
    with store.trial():
        store.take(events(opened()), 1)
        assert store.waiting() == 1
    assert store.waiting() == 0


# ---------------------------------------------------------------- the file


def test_a_second_process_is_refused(file: Store) -> None:
    program = (
        "import sys; from pathlib import Path; from makegood.batches.store import Store\n"
        "Store(Path(sys.argv[1]), chain='1', desk=sys.argv[2], wait=0.1)"
    )
    command = [sys.executable, "-c", program, str(file.path), DESK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "Another process has the store" in done.stderr


def test_a_process_that_waits_comes_after_the_first(tmp_path: Path) -> None:
    Store(tmp_path / "s", chain="1", desk=DESK).close()
    Store(tmp_path / "s", chain="1", desk=DESK, wait=0.1).close()


@pytest.mark.parametrize(("chain", "desk"), [("2", DESK), ("1", REQUESTER)])
def test_another_desk_s_store_is_refused(file: Store, chain: str, desk: str) -> None:
    file.close()
    with pytest.raises(UsageError, match="another chain, or of another desk"):
        Store(file.path, chain=chain, desk=desk)


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "notes"
    path.write_text("These are notes. " * 100, "utf-8")
    with pytest.raises(MakegoodError, match="cannot be used"):
        Store(path, chain="1", desk=DESK)


def test_commits_outlast_the_machine(file: Store) -> None:
    file.close()
    with sqlite3.connect(file.path) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    db.close()
