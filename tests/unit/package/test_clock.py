# SPDX-License-Identifier: Apache-2.0
"""Opening hours against a walk through them; the rules against reference histories and a helpdesk's log."""

import csv
import json
import random
from collections import Counter
from dataclasses import asdict, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest

from makegood import clock, policy
from makegood.clock import Kind, Priority, Status, TicketState
from makegood.errors import EventRefused, MalformedWord, UsageError

REQUESTER = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
MONDAY = 1_767_571_200  # 2026-01-05 00:00 UTC
DAY = 86_400
WEEKDAYS = policy.parse_hours({"mon-fri": "08:00-18:00"})
LUNCH = policy.parse_hours(
    {"mon-thu": "07:00-12:00, 13:00-19:00", "fri": "07:00-12:00", "sat": "09:00-11:00"}
)
ONE_HOUR = policy.parse_hours({"wed": "03:00-04:00"})
LAST_HOUR = 1 << 167
CALENDARS = (clock.CALENDAR_HOURS, WEEKDAYS, LUNCH, ONE_HOUR, LAST_HOUR, 1, clock.CALENDAR_HOURS ^ 1)


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


# ---------------------------------------------------------------- a walk, hour by hour


def hour_of_week(t: int) -> int:
    moment = datetime.fromtimestamp(t, UTC)
    return moment.weekday() * 24 + moment.hour


def walked_due(hours: int, t: int, need: int) -> int:
    hour = hour_of_week(t)
    while need > 0:
        end = (t // 3600 + 1) * 3600
        if hours >> hour & 1:
            taken = min(need, end - t)
            need -= taken
            if need == 0:
                return t + taken
        t = end
        hour = (hour + 1) % 168
    return t


def walked_left(hours: int, t: int, due_at: int) -> int:
    hour = hour_of_week(t)
    total = 0
    while t < due_at:
        end = min((t // 3600 + 1) * 3600, due_at)
        total += end - t if hours >> hour & 1 else 0
        t = end
        hour = (hour + 1) % 168
    return total


def random_case(source: random.Random) -> tuple[int, int, int]:
    """Opening hours, a time and a need; half of the times and needs are on a boundary or beside one."""
    hours = source.choice([*CALENDARS, source.getrandbits(168) | 1 << source.randrange(168)])
    week = hours.bit_count() * 3600
    t = source.randrange(at("2009-01-01"), at("2080-01-01"))
    if source.random() < 0.5:
        t -= t % source.choice([3600, DAY])
        if source.random() < 0.3:
            t -= (t - MONDAY) % (7 * DAY)
        t += source.choice([-1, 0, 1])
    need = source.randrange(0, 3 * week)
    if source.random() < 0.5:
        need = source.choice([0, 1, 3599, 3600, 3601, week - 1, week, week + 1, 2 * week])
    return hours, t, need


def test_due_and_left_equal_a_walk_on_10000_random_cases() -> None:
    source = random.Random(20261121)
    for _ in range(10_000):
        hours, t, need = random_case(source)
        due = clock.due(hours, t, need)
        assert due == walked_due(hours, t, need), (hours, t, need)
        assert clock.left(hours, t, due) == need, (hours, t, need)
        later = max(0, due + source.randrange(-2 * DAY, 2 * DAY))
        assert clock.left(hours, t, later) == walked_left(hours, t, later), (hours, t, later)


@pytest.mark.parametrize("hours", CALENDARS)
def test_due_of_nothing_is_now_even_while_closed(hours: int) -> None:
    for t in (MONDAY, MONDAY + 1, MONDAY + 6 * DAY + 3601):
        assert clock.due(hours, t, 0) == t


@pytest.mark.parametrize(
    ("opened", "need", "due"),
    [
        ("2026-01-05 08:00:00", 3600, "2026-01-05 09:00:00"),
        ("2026-01-05 08:00:00", 36_000, "2026-01-05 18:00:00"),
        ("2026-01-05 08:00:00", 36_001, "2026-01-06 08:00:01"),
        ("2026-01-05 18:00:00", 1, "2026-01-06 08:00:01"),
        ("2026-01-09 17:59:59", 2, "2026-01-12 08:00:01"),
        ("2026-01-10 12:00:00", 36_000, "2026-01-12 18:00:00"),
    ],
)
def test_due_over_nights_and_weekends(opened: str, need: int, due: str) -> None:
    assert clock.due(WEEKDAYS, at(opened), need) == at(due)


def test_due_ends_with_the_open_hour_not_at_the_start_of_the_next() -> None:
    assert clock.due(LUNCH, at("2026-01-05 11:00:00"), 3600) == at("2026-01-05 12:00:00")


def test_due_skips_the_lunch_break() -> None:
    assert clock.due(LUNCH, at("2026-01-05 11:30:00"), 3600) == at("2026-01-05 13:30:00")


def test_left_is_zero_where_due_has_passed() -> None:
    assert clock.left(WEEKDAYS, at("2026-01-05 10:00:01"), at("2026-01-05 10:00:00")) == 0


def test_left_counts_open_seconds_only() -> None:
    assert clock.left(WEEKDAYS, at("2026-01-09 17:00:00"), at("2026-01-12 09:00:00")) == 7200


@pytest.mark.parametrize("hours", [0, -1, 2**168])
def test_no_hours_of_a_week_are_refused(hours: int) -> None:
    with pytest.raises(UsageError, match="at least one"):
        clock.due(hours, MONDAY, 1)
    with pytest.raises(UsageError, match="at least one"):
        clock.left(hours, MONDAY, MONDAY + 1)


def test_negative_need_is_refused() -> None:
    with pytest.raises(UsageError, match="cannot be needed"):
        clock.due(WEEKDAYS, MONDAY, -1)


# ---------------------------------------------------------------- words for numbers


def test_priority_by_its_word() -> None:
    assert [Priority.named(word) for word in ("urgent", "high", "normal", "low")] == [0, 1, 2, 3]


def test_unknown_priority_is_refused_with_the_nearest() -> None:
    with pytest.raises(UsageError, match=r'"Urgent" is no priority\. Did you mean "urgent"\?'):
        Priority.named("Urgent")


def test_unknown_priority_is_refused_with_all_where_none_is_near() -> None:
    with pytest.raises(UsageError, match="Use one of urgent, high, normal, low"):
        Priority.named("7")


def test_a_kind_is_named_by_its_word() -> None:
    assert [Kind.named(word) for word in Kind(15).labels] == [1, 2, 4, 8]
    with pytest.raises(UsageError, match='"solved" is no kind'):
        Kind.named("solved")


def test_kinds_have_their_words_in_order() -> None:
    assert Kind(13).labels == ("first_reply", "resolution", "incident")
    assert Kind(0).labels == ()


# ---------------------------------------------------------------- the word


@pytest.fixture
def ticket() -> TicketState:
    """Open since Monday 08:00 on weekdays, 8 h to reply and 40 h to resolve."""
    return clock.opened(
        at("2026-01-05 08:00:00"), WEEKDAYS, 8 * 3600, 40 * 3600, requester=REQUESTER.lower(), policy_id=3
    )


def test_word_has_the_layout_of_the_contracts() -> None:
    state = TicketState(
        requester=REQUESTER,
        clock=0x11223344,
        resolution=0x55667788,
        policy_id=8191,
        priority=Priority.LOW,
        status=Status.SOLVED,
        replied=True,
        breached=Kind.NEXT_REPLY,
        compensated=Kind.INCIDENT,
        backed=True,
        proven=True,
        challenged=True,
    )
    assert state.pack() == (
        int(REQUESTER, 16)
        | 0x11223344 << 160
        | 0x55667788 << 192
        | 8191 << 224
        | 3 << 237
        | 4 << 239
        | 1 << 242
        | 2 << 243
        | 8 << 247
        | 1 << 251
        | 1 << 253
        | 1 << 255
    )


def test_word_gives_its_state_back() -> None:
    source = random.Random(7)
    for _ in range(500):
        word = source.getrandbits(256) & ~(7 << 239) | source.randrange(1, 6) << 239
        state = TicketState.unpack(word)
        assert state.pack() == word
        assert TicketState.unpack(state.pack()) == state


@pytest.mark.parametrize("word", [0, 6 << 239, 7 << 239, 1 << 256 | 1 << 239, -1])
def test_word_that_no_ticket_has_is_refused(word: int) -> None:
    with pytest.raises(MalformedWord):
        TicketState.unpack(word)


@pytest.mark.parametrize("seconds", [2**32, 2**40])
@pytest.mark.parametrize(("time", "position"), [("clock", 160), ("resolution", 192)])
def test_time_past_32_bits_stops_at_their_last_second(
    ticket: TicketState, time: str, position: int, seconds: int
) -> None:
    neighbours = ticket.pack() & ~((2**32 - 1) << position)
    late = TicketState(**{**asdict(ticket), time: seconds})
    assert late.pack() == neighbours | (2**32 - 1) << position


def test_state_too_wide_for_its_word_is_refused(ticket: TicketState) -> None:
    with pytest.raises(MalformedWord, match=r"policy_id of 8192 does not fit into 13 bits"):
        replace(ticket, policy_id=2**13).pack()


@pytest.mark.parametrize("time", ["clock", "resolution"])
def test_negative_time_has_no_word(ticket: TicketState, time: str) -> None:
    with pytest.raises(MalformedWord, match=rf"{time} of -1 does not fit into 32 bits"):
        TicketState(**{**asdict(ticket), time: -1}).pack()


# ---------------------------------------------------------------- the rules


def test_opened_owes_a_first_reply_and_a_resolution(ticket: TicketState) -> None:
    assert ticket.requester == REQUESTER
    assert (ticket.status, ticket.replied, ticket.breached) == (Status.OPEN, False, Kind(0))
    assert ticket.reply_due == at("2026-01-05 16:00:00")
    assert ticket.resolution_due == at("2026-01-08 18:00:00")
    assert (ticket.solved_at, ticket.resolution_remaining) == (None, None)


def test_check_in_the_last_second_finds_nothing(ticket: TicketState) -> None:
    assert clock.check(ticket, ticket.clock) is ticket


def test_check_a_second_late_finds_the_first_reply(ticket: TicketState) -> None:
    assert clock.check(ticket, ticket.clock + 1) == replace(ticket, breached=Kind.FIRST_REPLY)


def test_check_finds_a_next_reply_once_replied(ticket: TicketState) -> None:
    held = clock.apply(ticket, "replied", ticket.clock, WEEKDAYS, 3600)
    asked = clock.apply(held, "followed_up", ticket.clock, WEEKDAYS, 3600)
    assert clock.check(asked, asked.clock + 1).breached == Kind.NEXT_REPLY


def test_check_finds_a_resolution_on_hold(ticket: TicketState) -> None:
    held = clock.apply(ticket, "replied", ticket.clock, WEEKDAYS, 3600)
    assert clock.check(held, held.resolution).breached == Kind(0)
    assert clock.check(held, held.resolution + 1).breached == Kind.RESOLUTION


def test_late_reply_does_not_undo_the_breach_promise_2(ticket: TicketState) -> None:
    late = clock.apply(ticket, "replied", ticket.clock + 1, WEEKDAYS, 3600)
    assert (late.status, late.replied, late.breached) == (Status.HOLD, True, Kind.FIRST_REPLY)


def test_solving_what_is_solved_changes_nothing(ticket: TicketState) -> None:
    solved = clock.apply(ticket, "solved", ticket.clock, WEEKDAYS, 3600)
    assert clock.apply(solved, "solved", ticket.clock + 5, WEEKDAYS, 3600) == solved


def test_reopening_gives_at_least_the_time_of_a_next_reply(ticket: TicketState) -> None:
    solved = clock.apply(ticket, "solved", ticket.resolution, WEEKDAYS, 3600)
    assert solved.resolution_remaining == 0
    reopened = clock.apply(solved, "followed_up", at("2026-01-12 09:00:00"), WEEKDAYS, 3600)
    assert reopened.resolution_due == reopened.reply_due == at("2026-01-12 10:00:00")


def test_solved_ticket_is_over_after_the_last_second_of_the_contest_window(ticket: TicketState) -> None:
    solved = clock.apply(ticket, "solved", MONDAY + 9 * 3600, WEEKDAYS, 3600)
    assert not clock.is_over(solved, MONDAY + 9 * 3600 + 600, 600)
    assert clock.is_over(solved, MONDAY + 9 * 3600 + 601, 600)


def test_unsolved_ticket_is_never_over(ticket: TicketState) -> None:
    assert not clock.is_over(ticket, 2**32, 1)


def test_claim_compensates_each_breached_kind_once(ticket: TicketState) -> None:
    claimed = clock.claim(ticket, ticket.resolution + 1)
    assert claimed.compensated == claimed.breached == Kind.FIRST_REPLY | Kind.RESOLUTION
    assert clock.claim(claimed, ticket.resolution + 2) == claimed


def test_close_claims_and_gives_the_place_back(ticket: TicketState) -> None:
    closed = clock.close(replace(ticket, holds_place=True), ticket.clock + 1)
    assert (closed.status, closed.clock, closed.resolution, closed.holds_place) == (
        Status.CLOSED,
        0,
        0,
        False,
    )
    assert closed.compensated == closed.breached == Kind.FIRST_REPLY
    assert (closed.reply_due, closed.resolution_due, closed.resolution_remaining) == (None, None, None)


@pytest.mark.parametrize("event", get_args(clock.Event))
def test_closed_ticket_takes_no_event(ticket: TicketState, event: clock.Event) -> None:
    closed = clock.close(ticket, MONDAY + 9 * 3600)
    with pytest.raises(EventRefused, match="closed ticket"):
        clock.apply(closed, event, MONDAY + 10 * 3600, WEEKDAYS, 3600)


def test_closed_ticket_is_not_closed_again(ticket: TicketState) -> None:
    closed = clock.close(ticket, MONDAY + 9 * 3600)
    with pytest.raises(EventRefused, match="closed already"):
        clock.close(closed, MONDAY + 10 * 3600)


def test_closed_ticket_breaches_nothing_more(ticket: TicketState) -> None:
    closed = clock.close(ticket, MONDAY + 9 * 3600)
    assert clock.claim(closed, 2**32) == closed


def test_unknown_event_is_refused(ticket: TicketState) -> None:
    with pytest.raises(EventRefused, match='"reopened" is no event'):
        clock.apply(ticket, "reopened", MONDAY, WEEKDAYS, 3600)  # type: ignore[arg-type]


# ---------------------------------------------------------------- reference histories


def as_listed(state: TicketState) -> dict[str, object]:
    return {
        "status": state.status.label,
        "replied": state.replied,
        "reply_due": state.reply_due,
        "resolution_due": state.resolution_due,
        "resolution_remaining": state.resolution_remaining,
        "breached": list(state.breached.labels),
    }


def test_all_240_histories_give_the_listed_state_after_every_event(shared: Path) -> None:
    data = json.loads((shared / "data" / "clock-cases.json").read_text())
    calendars = {name: policy.parse_hours(hours) for name, hours in data["calendars"].items()}
    targets = data["target_seconds"]
    assert len(data["cases"]) == 240
    for number, case in enumerate(data["cases"]):
        hours = calendars[case["hours"]]
        state: TicketState | None = None
        for step in case["steps"]:
            event, t = step["event"], step["at"]
            if event == "opened":
                state = clock.opened(
                    t, hours, targets["first_reply"], targets["resolution"], requester=REQUESTER
                )
            elif event == "checked":
                assert state is not None
                state = clock.check(state, t)
            else:
                assert state is not None
                state = clock.apply(state, event, t, hours, targets["next_reply"])
            assert as_listed(state) == step["after"], (number, step)


def replayed(rows: list[dict[str, str]], promised: policy.Policy) -> dict[str, TicketState]:
    states: dict[str, TicketState] = {}
    for row in rows:
        t = at(row["at"].removesuffix("Z"))
        if row["event"] == "opened":
            priority = Priority.named(row["priority"])
            targets = promised.targets[priority]
            states[row["ticket"]] = clock.opened(
                t,
                promised.hours,
                targets.first_reply,
                targets.resolution,
                requester=REQUESTER,
                priority=priority,
            )
            continue
        state = states[row["ticket"]]
        assert not clock.is_over(state, t, promised.windows.contest), row
        next_reply = promised.targets[state.priority].next_reply
        states[row["ticket"]] = clock.apply(state, row["event"], t, promised.hours, next_reply)  # type: ignore[arg-type]
    return states


def test_helpdesk_log_gives_the_expected_breaches_and_compensation(shared: Path) -> None:
    promised = policy.read(shared / "data" / "helpdesk-policy.yaml")
    with (shared / "data" / "helpdesk-events.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    end = at(rows[-1]["at"].removesuffix("Z")) + 400 * DAY
    states = [clock.claim(state, end) for state in replayed(rows, promised).values()]
    breaches = Counter((kind, state.priority.label) for state in states for kind in state.compensated.labels)
    compensation = sum(
        (
            getattr(promised.targets[state.priority].compensation, kind)
            for state in states
            for kind in state.compensated.labels
        ),
        Decimal(0),
    )
    assert {
        "tickets": len(states),
        "events": len(rows),
        "breaches": {
            kind: {priority.label: breaches[kind, priority.label] for priority in Priority}
            for kind in policy.KINDS
        },
        "breached_tickets": sum(1 for state in states if state.breached),
        "compensation": policy.format_amount(compensation),
    } == json.loads((shared / "data" / "helpdesk-expected.json").read_text())
