# SPDX-License-Identifier: Apache-2.0
"""Opening hours and the rules of a ticket's clocks, as pure functions equal to the contracts'.

All times are whole seconds of Unix time. Opening hours are a number of 168 bits, one an hour of the week in
UTC: bit 0 is Monday 00:00-01:00, and all ones are calendar hours. A due time is the last second at which
something is still in time; later is a breach. SPEC.md has the rules; `opening_hours.vy`, `ticket_clock.vy`
and `storage_words.vy` in contracts/modules are what this module mirrors.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import IntEnum, IntFlag
from typing import Literal, get_args

from eth_utils.address import to_checksum_address

from makegood.errors import EventRefused, MalformedWord, UsageError

HOUR = 3_600
WEEK = 168 * HOUR
CALENDAR_HOURS = 2**168 - 1

# 1970-01-01 was a Thursday: the Monday before it, 1969-12-29, is three days earlier.
_SINCE_MONDAY = 259_200

Event = Literal["replied", "pending", "solved", "followed_up"]
"""What can happen to an opened ticket: `replied` is a reply after which the desk keeps working (on hold),
`pending` one that waits for the requester, `solved` one that solves; `followed_up` is the requester's."""


class Priority(IntEnum):
    """How urgent a ticket is, as numbered on chain."""

    URGENT = 0
    HIGH = 1
    NORMAL = 2
    LOW = 3

    @property
    def label(self) -> str:
        """The word for it, such as `urgent`."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> Priority:
        """The priority with this word. Raises UsageError for any other."""
        for priority in cls:
            if priority.label == label:
                return priority
        words = [priority.label for priority in cls]
        near = get_close_matches(label.lower(), words, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Use one of {', '.join(words)}."
        raise UsageError(f'"{label}" is no priority.', hint=hint)


class Status(IntEnum):
    """Where a ticket stands, as numbered on chain; 0 there is an unknown ticket."""

    OPEN = 1
    HOLD = 2
    PENDING = 3
    SOLVED = 4
    CLOSED = 5

    @property
    def label(self) -> str:
        """The word for it, such as `hold`."""
        return self.name.lower()


class Kind(IntFlag):
    """A set of what targets and breaches are about, in the bits of the chain."""

    FIRST_REPLY = 1
    NEXT_REPLY = 2
    RESOLUTION = 4
    INCIDENT = 8

    @property
    def labels(self) -> tuple[str, ...]:
        """The words for what is in the set, such as `("first_reply", "resolution")`."""
        return tuple(kind.name.lower() for kind in Kind if kind in self and kind.name)

    @classmethod
    def named(cls, label: str) -> Kind:
        """The one kind with this word. Raises UsageError for any other."""
        for kind in cls:
            if kind.labels == (label,):
                return kind
        raise UsageError(f'"{label}" is no kind.', hint=f"Use one of {', '.join(Kind(15).labels)}.")


NO_KIND = Kind(0)


# ---------------------------------------------------------------- opening hours


def due(hours: int, at: int, need: int) -> int:
    """The earliest T >= `at` such that [at, T) holds `need` open seconds; `at` itself where `need` is 0.

    `hours` is not 0. With P(t), the open seconds from a fixed Monday to t, it is P^-1(P(at) + need)
    (DESIGN.md section 4). Raises UsageError where the hours are no hours of a week or `need` is negative.
    """
    _require_hours(hours)
    if need < 0:
        raise UsageError(f"{need} seconds of open time cannot be needed.", hint="Give 0 or more.")
    if need == 0 or hours == CALENDAR_HOURS:
        return at + need
    # One second less makes the last second of an open hour belong to that hour, not to the next open one.
    weeks, within = divmod(_open_before(hours, at) + need - 1, open_seconds_a_week(hours))
    index, second = divmod(within, HOUR)
    return weeks * WEEK + _nth_open_hour(hours, index) * HOUR + second + 1 - _SINCE_MONDAY


def left(hours: int, at: int, due_at: int) -> int:
    """The open seconds in [at, due_at); 0 where `due_at` <= `at`. Raises UsageError as `due` does."""
    _require_hours(hours)
    if due_at <= at:
        return 0
    return _open_before(hours, due_at) - _open_before(hours, at)


def open_seconds_a_week(hours: int) -> int:
    """How many seconds of every week are open, 0 to 604,800."""
    return hours.bit_count() * HOUR


def _require_hours(hours: int) -> None:
    if not 0 < hours <= CALENDAR_HOURS:
        raise UsageError(
            "The opening hours are not a set of the 168 hours of a week with at least one in it.",
            hint="Give a number from 1 to 2**168 - 1.",
        )


def _open_before(hours: int, at: int) -> int:
    # P(at). Python's divmod floors, so a time before the fixed Monday needs no case of its own.
    weeks, within = divmod(at + _SINCE_MONDAY, WEEK)
    hour, second = divmod(within, HOUR)
    whole = weeks * hours.bit_count() + (hours & ((1 << hour) - 1)).bit_count()
    return whole * HOUR + (second if hours >> hour & 1 else 0)


def _nth_open_hour(hours: int, index: int) -> int:
    # The position of the (index + 1)th one, by halving: is it in the lower half of the bits that remain?
    position = 0
    for width in (128, 64, 32, 16, 8, 4, 2, 1):
        below = (hours & ((1 << width) - 1)).bit_count()
        if below <= index:
            index -= below
            hours >>= width
            position += width
    return position


# ---------------------------------------------------------------- the state of a ticket


@dataclass(frozen=True, slots=True)
class TicketState:
    """What a desk stores for a ticket: what is owed and when, not what happened.

    `clock` is when the reply is due while open, when it was solved while solved, else 0. `resolution` is
    when the resolution is due while open or on hold, and the seconds of open time that remain while pending
    or solved. `challenged` is set from a batch ticket's proof until its challenge ends.
    """

    requester: str
    clock: int
    resolution: int
    policy_id: int
    priority: Priority
    status: Status
    replied: bool = False
    breached: Kind = NO_KIND
    compensated: Kind = NO_KIND
    backed: bool = False
    holds_place: bool = False
    proven: bool = False
    disputed: bool = False
    challenged: bool = False

    @property
    def runs(self) -> bool:
        """Whether the resolution clock runs."""
        return self.status in (Status.OPEN, Status.HOLD)

    @property
    def reply_due(self) -> int | None:
        """The last second for the reply that the desk owes; None where it owes none."""
        return self.clock if self.status is Status.OPEN else None

    @property
    def solved_at(self) -> int | None:
        """When it was solved; None where it is not."""
        return self.clock if self.status is Status.SOLVED else None

    @property
    def resolution_due(self) -> int | None:
        """The last second for the resolution; None where that clock stands still."""
        return self.resolution if self.runs else None

    @property
    def resolution_remaining(self) -> int | None:
        """Seconds of open time left for the resolution; None unless pending or solved."""
        return self.resolution if self.status in (Status.PENDING, Status.SOLVED) else None

    def pack(self) -> int:
        """The ticket's word: one number below 2**256.

        The two times stop at 2**32 - 1, the last second that 32 bits hold, as on chain. Raises MalformedWord
        where any other field is too wide or any is negative.
        """
        word = 0
        shift = 0
        for name, width in _FIELDS:
            value = int(self.requester, 16) if name == "requester" else int(getattr(self, name))
            if name in _TIMES:
                value = min(value, (1 << width) - 1)
            if not 0 <= value < 1 << width:
                raise MalformedWord(f"A ticket's {name} of {value} does not fit into {width} bits.")
            word |= value << shift
            shift += width
        return word

    @classmethod
    def unpack(cls, word: int) -> TicketState:
        """The state that a ticket's word holds. Raises MalformedWord for a word no ticket has, such as 0."""
        if not 0 <= word < 1 << _WORD_WIDTH:
            raise MalformedWord(f"{word} is no ticket's word: it has more than {_WORD_WIDTH} bits or a sign.")
        values: dict[str, int] = {}
        for name, width in _FIELDS:
            values[name] = word & ((1 << width) - 1)
            word >>= width
        if not Status.OPEN <= values["status"] <= Status.CLOSED:
            raise MalformedWord(f"A ticket's word has the status {values['status']}, which no ticket has.")
        return cls(
            requester=to_checksum_address(values["requester"].to_bytes(20, "big")),
            clock=values["clock"],
            resolution=values["resolution"],
            policy_id=values["policy_id"],
            priority=Priority(values["priority"]),
            status=Status(values["status"]),
            replied=bool(values["replied"]),
            breached=Kind(values["breached"]),
            compensated=Kind(values["compensated"]),
            backed=bool(values["backed"]),
            holds_place=bool(values["holds_place"]),
            proven=bool(values["proven"]),
            disputed=bool(values["disputed"]),
            challenged=bool(values["challenged"]),
        )


# From bit 0 up, as in contracts/modules/storage_words.vy.
_FIELDS = (
    ("requester", 160),
    ("clock", 32),
    ("resolution", 32),
    ("policy_id", 13),
    ("priority", 2),
    ("status", 3),
    ("replied", 1),
    ("breached", 4),
    ("compensated", 4),
    ("backed", 1),
    ("holds_place", 1),
    ("proven", 1),
    ("disputed", 1),
    ("challenged", 1),
)
_TIMES = ("clock", "resolution")
_WORD_WIDTH = sum(width for _, width in _FIELDS)


# ---------------------------------------------------------------- what happens to a ticket


def opened(
    at: int,
    hours: int,
    first_reply_target: int,
    resolution_target: int,
    *,
    requester: str,
    policy_id: int = 0,
    priority: Priority = Priority.URGENT,
    backed: bool = False,
    holds_place: bool = False,
) -> TicketState:
    """A ticket opened at `at`, with targets in seconds of open time. The address may be in any case."""
    return TicketState(
        requester=to_checksum_address(requester),
        clock=due(hours, at, first_reply_target),
        resolution=due(hours, at, resolution_target),
        policy_id=policy_id,
        priority=priority,
        status=Status.OPEN,
        backed=backed,
        holds_place=holds_place,
    )


def check(state: TicketState, at: int) -> TicketState:
    """The state with what is breached by `at` recorded. Comes before anything else that happens."""
    breached = state.breached
    if state.status is Status.OPEN and at > state.clock:
        breached |= Kind.NEXT_REPLY if state.replied else Kind.FIRST_REPLY
    if state.runs and at > state.resolution:
        breached |= Kind.RESOLUTION
    return state if breached == state.breached else replace(state, breached=breached)


def is_over(state: TicketState, at: int, contest_window: int) -> bool:
    """Whether a solved ticket's contest window (seconds, the last one included) has passed.

    Such a ticket takes only a claim, the ruling of an open dispute, and closing. `apply` does not know the
    window, so its caller asks here first.
    """
    return state.status is Status.SOLVED and at > state.clock + contest_window


def apply(state: TicketState, event: Event, at: int, hours: int, next_reply_target: int) -> TicketState:
    """The state after an event at `at`, what is breached by then recorded first.

    `next_reply_target` is in seconds of open time. Raises EventRefused for a closed ticket or no known event.
    """
    if event not in get_args(Event):
        raise EventRefused(
            f'"{event}" is no event of a ticket.', hint=f"Use one of {', '.join(get_args(Event))}."
        )
    if state.status is Status.CLOSED:
        raise EventRefused(f'A closed ticket takes no "{event}".', hint="Open a new ticket.")
    checked = check(state, at)
    if event == "followed_up":
        return _followed_up(checked, at, hours, next_reply_target)
    return _answered(checked, _ANSWERS[event], at, hours)


def claim(state: TicketState, at: int) -> TicketState:
    """The state after a claim at `at`: each breached kind is compensated, once."""
    checked = check(state, at)
    return replace(checked, compensated=checked.compensated | checked.breached)


def close(state: TicketState, at: int) -> TicketState:
    """The state after closing at `at`: claimed, the clocks gone, the coverage place given back.

    The caller knows who closes: the requester may at any time, anyone else once `is_over`.
    Raises EventRefused for a closed ticket.
    """
    if state.status is Status.CLOSED:
        raise EventRefused("The ticket is closed already.", hint="There is nothing left to do for it.")
    return replace(claim(state, at), status=Status.CLOSED, clock=0, resolution=0, holds_place=False)


_ANSWERS = {"replied": Status.HOLD, "pending": Status.PENDING, "solved": Status.SOLVED}


def _answered(state: TicketState, status: Status, at: int, hours: int) -> TicketState:
    if status is Status.SOLVED and state.status is Status.SOLVED:
        return state
    resolution = state.resolution
    if status is Status.HOLD and not state.runs:
        resolution = due(hours, at, resolution)
    elif status is not Status.HOLD and state.runs:
        resolution = left(hours, at, resolution)
    clock = at if status is Status.SOLVED else 0
    return replace(state, status=status, clock=clock, resolution=resolution, replied=True)


def _followed_up(state: TicketState, at: int, hours: int, next_reply_target: int) -> TicketState:
    # The oldest unanswered message counts.
    if state.status is Status.OPEN:
        return state
    resolution = state.resolution
    if state.status is Status.PENDING:
        resolution = due(hours, at, resolution)
    elif state.status is Status.SOLVED:
        resolution = due(hours, at, max(resolution, next_reply_target))
    return replace(state, status=Status.OPEN, clock=due(hours, at, next_reply_target), resolution=resolution)
