# SPDX-License-Identifier: Apache-2.0
"""The contracts' opening hours and clock rules on random cases, against the package's and a plain walk."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boa
import pytest
from house import CALENDAR, HOLD, MONDAY, PENDING, SOLVED, WEEKDAYS, deployer

from makegood import clock

HOUR, WEEK = 3_600, 604_800
TEN_YEARS = 315_576_000
# As ClockHarness numbers what happens; a reply is the status that the ticket gets.
OPENED, FOLLOWED_UP, CHECKED = 0, 1, 5
EVENTS: dict[int, clock.Event] = {
    FOLLOWED_UP: "followed_up",
    HOLD: "replied",
    PENDING: "pending",
    SOLVED: "solved",
}

BATCHES = 20
A_BATCH = 500  # so that there are 10,000 cases


@pytest.fixture(scope="module")
def harness() -> Iterator[Any]:
    with boa.env.anchor():
        yield deployer("mocks/ClockHarness").deploy()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_due_and_left_equal_the_packages(harness: Any, batch: int) -> None:
    """Due and left of 10,000 random cases, and the time that is left until what is due is what was needed."""
    cases = list(_cases(random.Random(f"due {batch}"), A_BATCH))
    expected = [clock.due(*case) for case in cases]
    assert harness.due_many(cases) == expected
    random_ = random.Random(f"left {batch}")
    spans = [
        (hours, at, due_at + random_.choice((0, 0, 0, 1, -1, random_.randrange(-WEEK, 4 * WEEK))))
        for (hours, at, _), due_at in zip(cases, expected, strict=True)
    ]
    assert harness.left_many(spans) == [clock.left(*span) for span in spans]
    assert all(
        clock.left(hours, at, due_at) == need
        for (hours, at, need), due_at in zip(cases, expected, strict=True)
    )


def test_due_and_left_equal_a_walk_through_the_hours(harness: Any) -> None:
    random_ = random.Random("walk")
    cases = [(hours, at, need % (4 * WEEK)) for hours, at, need in _cases(random_, A_BATCH)]
    cases = [case for case in cases if case[0].bit_count() > 3]
    expected = [_walk(*case) for case in cases]
    assert harness.due_many(cases) == expected
    spans = [(hours, at, due_at) for (hours, at, _), due_at in zip(cases, expected, strict=True)]
    assert harness.left_many(spans) == [need for _, _, need in cases]


@pytest.mark.parametrize("hour", [0, 1, 7, 8, 63, 64, 127, 128, 160, 166, 167])
def test_one_open_hour_a_week_to_the_second(harness: Any, hour: int) -> None:
    hours, opens = 1 << hour, MONDAY + hour * HOUR
    cases = {
        (hours, opens, 1): opens + 1,
        (hours, opens - 1, 1): opens + 1,
        (hours, opens, HOUR): opens + HOUR,
        (hours, opens, HOUR + 1): opens + WEEK + 1,
        (hours, opens + HOUR - 1, 1): opens + HOUR,
        (hours, opens + HOUR - 1, 2): opens + WEEK + 1,
        (hours, opens + HOUR, 1): opens + WEEK + 1,
        (hours, opens, 52 * HOUR): opens + 51 * WEEK + HOUR,
        (hours, opens + HOUR + 5, 0): opens + HOUR + 5,
    }
    assert harness.due_many(list(cases)) == list(cases.values())


def test_open_hours_a_week_are_counted(harness: Any) -> None:
    random_ = random.Random("count")
    for hours in [0, 1, CALENDAR, WEEKDAYS, *(random_.getrandbits(168) for _ in range(50))]:
        assert harness.open_hours_a_week(hours) == hours.bit_count()


def test_due_reaches_beyond_forty_bits_of_time(harness: Any) -> None:
    """Callers keep times and needs below 2**40; nothing wraps there, with one open hour a week either."""
    last = 2**40 - 1
    cases = [(hours, last, last) for hours in (1, 1 << 167, WEEKDAYS, CALENDAR - 1, CALENDAR)]
    assert harness.due_many(cases) == [clock.due(*case) for case in cases]
    spans = [(hours, 0, last) for hours, _, _ in cases]
    assert harness.left_many(spans) == [clock.left(*span) for span in spans]


# ---------------------------------------------------------------- histories

HISTORIES = 5_000
HISTORY_BATCHES = 20


@pytest.mark.parametrize("batch", range(HISTORY_BATCHES))
def test_histories_leave_the_packages_words(harness: Any, batch: int) -> None:
    """5,000 random histories: the ticket's word after every event is the one that the package packs."""
    requester = "0x" + random.Random(batch).randbytes(20).hex()
    random_ = random.Random(f"history {batch}")
    steps: list[Any] = []
    expected: list[int] = []
    for _ in range(HISTORIES // HISTORY_BATCHES):
        history = _history(random_, requester)
        if len(steps) + len(history) > A_BATCH:
            assert harness.play(requester, steps) == expected
            steps, expected = [], []
        steps += [step.on_chain() for step in history]
        expected += [step.word for step in history]
    assert harness.play(requester, steps) == expected


@dataclass(frozen=True)
class Step:
    """One event of a history and the word that the package says it leaves."""

    what: int
    at: int
    hours: int
    targets: tuple[int, int, int]
    word: int

    def on_chain(self) -> tuple[Any, ...]:
        return self.what, self.at, self.hours, list(self.targets)


def _history(random_: random.Random, requester: str) -> list[Step]:
    hours = random_.choice((CALENDAR, CALENDAR, WEEKDAYS, _hours(random_)))
    targets = tuple(random_.choice((1, 1_800, HOUR, random_.randrange(1, 2 * WEEK))) for _ in range(3))
    at = _time(random_)
    state = clock.opened(at, hours, targets[0], targets[2], requester=requester)
    steps = [Step(OPENED, at, hours, targets, state.pack())]
    for _ in range(random_.randrange(1, 5)):
        at = _next_time(random_, at, state)
        what = random_.choice((FOLLOWED_UP, FOLLOWED_UP, HOLD, PENDING, SOLVED, CHECKED))
        if what == CHECKED:
            state = clock.check(state, at)
        else:
            state = clock.apply(state, EVENTS[what], at, hours, targets[1])
        steps.append(Step(what, at, hours, targets, state.pack()))
    return steps


def _next_time(random_: random.Random, at: int, state: clock.TicketState) -> int:
    # Often just on a due time, or one second later.
    near = [moment for moment in (state.reply_due, state.resolution_due) if moment is not None]
    if near and random_.random() < 0.6:
        return max(at, random_.choice(near) + random_.choice((0, 1)))
    return at + random_.choice((0, 1, 60, random_.randrange(2 * WEEK)))


# ---------------------------------------------------------------- cases


def _hours(random_: random.Random) -> int:
    lunch = sum(1 << (day * 24 + hour) for day in range(5) for hour in (*range(7, 12), *range(13, 19)))
    return random_.choice(
        (
            CALENDAR,
            WEEKDAYS,
            lunch,
            lunch | 0b11 << 5 * 24 + 9,
            1 << random_.randrange(168),
            CALENDAR - (1 << random_.randrange(168)),
            (1 << 168) - (1 << random_.randrange(168)),
            random_.getrandbits(168) | 1 << random_.randrange(168),
            random_.getrandbits(168) & random_.getrandbits(168) | 1 << random_.randrange(168),
        )
    )


def _time(random_: random.Random) -> int:
    week = MONDAY + random_.randrange(-1_000, 1_000) * WEEK
    return week + random_.choice(
        (
            0,
            -1,
            1,
            random_.randrange(168) * HOUR,
            random_.randrange(168) * HOUR - 1,
            random_.randrange(WEEK),
            random_.randrange(WEEK),
        )
    )


def _cases(random_: random.Random, count: int) -> Iterator[tuple[int, int, int]]:
    for _ in range(count):
        hours, at = _hours(random_), _time(random_)
        a_week = hours.bit_count() * HOUR
        until_closing = HOUR - at % HOUR
        need = random_.choice(
            (
                0,
                1,
                HOUR,
                until_closing,
                until_closing + 1,
                a_week * random_.randrange(4),
                a_week + random_.choice((-1, 1)),
                random_.randrange(8 * HOUR),
                random_.randrange(40 * HOUR),
                random_.randrange(TEN_YEARS),
            )
        )
        yield hours, at, need


def _walk(hours: int, at: int, need: int) -> int:
    # Hour after hour, from the definition: the earliest T >= at such that [at, T) holds `need` open seconds.
    while need:
        until_next_hour = HOUR - at % HOUR
        if hours >> (at - MONDAY) // HOUR % 168 & 1:
            if need <= until_next_hour:
                return at + need
            need -= until_next_hour
        at += until_next_hour
    return at
