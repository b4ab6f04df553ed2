# SPDX-License-Identifier: Apache-2.0
"""What a ticket's row and the time say, against the rules in makegood.clock."""

import random
from dataclasses import replace
from typing import Any

import pytest

from makegood import clock
from makegood.clock import CALENDAR_HOURS, Kind, Priority, Status, TicketState
from makegood.indexer import tickets
from makegood.indexer.rows import Rows
from makegood.indexer.standing import money, standing
from makegood.indexer.store import Store, default_url
from makegood.indexer.tickets import State
from makegood.policy import ChainPolicy

START = 1_800_000_000
POLICY = ChainPolicy(
    hours=CALENDAR_HOURS,
    targets=((100, 200, 1_000),) * 4,
    compensation=((3, 2, 5),) * 4,
    contest_window=500,
    challenge_window=60,
    ruling_window=60,
    claim_window=60,
    anchor_lag=10,
    incident_cap=0,
    incident_bond_share=0,
    contest_bond=0,
    prove_bond=0,
    fee=0,
)
REQUESTER = "0x" + "11" * 20


@pytest.fixture
def rows(tmp_path: Any) -> Any:
    store = Store(default_url(tmp_path))
    with store.writing() as connection:
        yield Rows(connection, 1)
    store.close()


def opened(rows: Rows, state: TicketState, **more: Any) -> dict[str, Any]:
    fields = {
        "lane": 0,
        "source": "chain",
        "commitment": "0x" + "22" * 32,
        "opened_at": START,
        "recorded_at": START,
        "opened_block": 1,
        **more,
    }
    row = tickets.new(1, "0x" + "33" * 20, "0x" + "44" * 32, State.of(state.pack()), **fields)
    tickets.apply(rows, row, State.of(state.pack()), START)
    return row


def a_state(**changes: Any) -> TicketState:
    state = clock.opened(START, CALENDAR_HOURS, 100, 1_000, requester=REQUESTER, policy_id=1, backed=True)
    return replace(state, **changes)


def test_breaches_of_the_clock_are_those_of_the_rules(rows: Rows) -> None:
    chance = random.Random(3)
    for _ in range(300):
        state = a_state()
        row = opened(rows, state)
        at = START
        for _ in range(chance.randrange(6)):
            at += chance.randrange(1, 400)
            event: Any = chance.choice(["replied", "pending", "solved", "followed_up"])
            if clock.is_over(state, at, POLICY.contest_window):
                break
            state = TicketState.unpack(clock.apply(state, event, at, CALENDAR_HOURS, 200).pack())
            tickets.apply(rows, row, State.of(state.pack()), at)
        now = at + chance.randrange(1_500)
        found = standing(row, POLICY, now)
        expected = clock.check(state, now)
        assert found.breached == expected.breached
        assert found.unrecorded == expected.breached & ~state.breached
        assert found.claimable == expected.breached & ~state.compensated
        amounts = dict(zip((1, 2, 4), POLICY.compensation[0], strict=True))
        assert found.amount == sum(amounts[kind] for kind in amounts if kind & found.claimable)
        assert found.turn == {"open": "desk", "hold": "desk", "pending": "requester"}.get(
            state.status.label, "nobody"
        )
        assert found.over == clock.is_over(state, now, POLICY.contest_window)


def test_an_open_ticket_waits_for_the_reply_until_its_last_second(rows: Rows) -> None:
    row = opened(rows, a_state())
    before, after = (standing(row, POLICY, START + at) for at in (100, 101))
    assert (before.turn, before.owes, before.due, before.late) == ("desk", "reply", START + 100, False)
    assert (before.way, before.amount, before.reserved) == (None, 0, 10)
    assert (after.late, after.breached, after.way, after.amount) == (True, Kind.FIRST_REPLY, "claim", 3)


def test_what_falls_due_first_is_owed_first(rows: Rows) -> None:
    row = opened(rows, a_state(resolution=START + 50))
    assert standing(row, POLICY, START).owes == "resolution"


def test_a_closed_ticket_owes_nothing_and_holds_nothing(rows: Rows) -> None:
    row = opened(rows, a_state())
    state = a_state(status=Status.CLOSED, clock=0, resolution=0, breached=Kind.FIRST_REPLY)
    tickets.apply(rows, row, State.of(state.pack()), START + 10)
    found = standing(row, POLICY, START + 10_000)
    assert (found.turn, found.due, found.claimable, found.reserved) == ("nobody", None, 0, 0)


@pytest.mark.parametrize(
    ("source", "now", "way"), [("leaves", 200, "prove"), ("leaves", 901, "expired"), ("chain", 200, "claim")]
)
def test_how_a_breach_is_paid_depends_on_what_is_on_chain(
    rows: Rows, source: str, now: int, way: str
) -> None:
    row = opened(rows, a_state(), source=source, provable_until=START + 900)
    found = standing(row, POLICY, START + now)
    assert found.way == way
    assert found.unrecorded == found.breached


def test_during_a_challenge_nothing_is_claimed_and_no_later_breach_counts(rows: Rows) -> None:
    row = opened(rows, a_state(challenged=True, proven=True), challenge_until=START + 99)
    assert standing(row, POLICY, START + 99).breached == 0
    assert standing(row, POLICY, START + 5_000).breached == 0
    row["challenge_until"] = START + 150
    assert standing(row, POLICY, START + 140).way == "wait"
    assert standing(row, POLICY, START + 151).way == "end_challenge"


def test_a_contest_window_begins_where_the_challenge_ends(rows: Rows) -> None:
    state = a_state(status=Status.SOLVED, clock=START + 5, resolution=0, challenged=True, proven=True)
    row = opened(rows, state, challenge_until=START + 150)
    found = standing(row, POLICY, START + 150 + POLICY.contest_window)
    assert (found.contest_until, found.over) == (START + 150 + POLICY.contest_window, False)
    ended = replace(state, challenged=False, clock=START + 150)
    tickets.apply(rows, row, State.of(ended.pack()), START + 150)
    assert row["solved_at"] == START + 150
    assert standing(row, POLICY, found.contest_until) == found
    assert standing(row, POLICY, found.contest_until + 1).over


@pytest.mark.parametrize(
    ("funds", "reserved", "debt", "expected"),
    [
        (100, 30, 0, (0, 0, 70)),
        (100, 30, 50, (50, 0, 20)),
        (100, 80, 50, (20, 30, 0)),
        (10, 80, 50, (0, 50, 0)),
    ],
)
def test_todays_funds_pay_debt_first(
    funds: int, reserved: int, debt: int, expected: tuple[int, int, int]
) -> None:
    books = {
        "funds": funds,
        "reserved": reserved,
        "credited": 0,
        "bonded": 0,
        "debt_incurred": debt,
        "debt_paid": 0,
    }
    found = money(books)
    assert (found.credited, found.debt, found.free) == expected


def test_priorities_of_the_word_are_those_of_the_chain() -> None:
    for priority in Priority:
        state = a_state(priority=priority, disputed=True, holds_place=True, compensated=Kind.RESOLUTION)
        found = State.of(state.pack())
        assert (found.priority, found.disputed, found.holds_place) == (priority, True, True)
        assert (found.requester, found.clock, found.resolution) == (REQUESTER, state.clock, state.resolution)
        assert (found.compensated, found.status, found.policy_id) == (4, 1, 1)
