# SPDX-License-Identifier: Apache-2.0
"""A ticket log: a CSV file `ticket,event,at,priority`, in the order of time.

`event` is `opened`, `replied`, `pending`, `solved` or `followed_up`; `at` is UTC to the second, such as
`2010-01-13T08:40:25Z`; `priority` stands on the row that opens a ticket and nowhere else.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from difflib import get_close_matches
from io import StringIO
from pathlib import Path
from typing import NoReturn, get_args

from makegood import clock
from makegood.clock import Priority, TicketState
from makegood.desk import ETH
from makegood.errors import LogError, NotFound, UsageError
from makegood.policy import Policy

OPENED = "opened"
EVENTS = (OPENED, *get_args(clock.Event))
HEADER = ("ticket", "event", "at", "priority")

_AT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Row:
    """One event. `at` is Unix time; `priority` is the ticket's, on every row of it; `line` counts from 1."""

    ticket: str
    event: str
    at: int
    priority: Priority
    line: int


@dataclass(frozen=True)
class Log:
    """The rows of a log, at least one. `source` is the file as the reader knows it."""

    rows: tuple[Row, ...]
    source: str | None = None

    @property
    def tickets(self) -> dict[str, Priority]:
        """Every ticket's priority, in the order of opening."""
        return {row.ticket: row.priority for row in self.rows if row.event == OPENED}

    def head(self, tickets: int) -> "Log":
        """The log of the first so many tickets only."""
        kept = set(list(self.tickets)[:tickets])
        return Log(tuple(row for row in self.rows if row.ticket in kept), self.source)

    def by_second(self) -> Iterator[tuple[Row, ...]]:
        """The rows of each second, in file order."""
        group: list[Row] = []
        for row in self.rows:
            if group and row.at != group[0].at:
                yield tuple(group)
                group = []
            group.append(row)
        yield tuple(group)

    def moved(self, seconds: int) -> "Log":
        """The log with every row so much later."""
        return Log(tuple(replace(row, at=row.at + seconds) for row in self.rows), self.source)

    def check(self, policy: Policy) -> None:
        """Raises LogError for a row that a desk with this policy refuses: one on a ticket that is over."""
        self._states(policy)

    def breached(self, policy: Policy, by: int) -> frozenset[str]:
        """The tickets that have a breach by then, in Python's reckoning. Raises LogError as `check` does."""
        return frozenset(
            ticket for ticket, state in self._states(policy).items() if clock.check(state, by).breached
        )

    def _states(self, policy: Policy) -> dict[str, TicketState]:
        # After the last row of each ticket.
        states: dict[str, TicketState] = {}
        for row in self.rows:
            targets = policy.targets[row.priority]
            if row.event == OPENED:
                states[row.ticket] = clock.opened(
                    row.at, policy.hours, targets.first_reply, targets.resolution, requester=ETH
                )
                continue
            state = states[row.ticket]
            if clock.is_over(state, row.at, policy.windows.contest):
                raise LogError(
                    f"Ticket {row.ticket} is solved and its contest window is over, so the desk takes no"
                    f' "{row.event}".',
                    hint="Give the policy a longer contest window, or take the row out.",
                    line=row.line,
                    source=self.source,
                )
            event = next(event for event in get_args(clock.Event) if event == row.event)
            states[row.ticket] = clock.apply(state, event, row.at, policy.hours, targets.next_reply)
        return states


def read_log(path: Path) -> Log:
    """Reads a log. Raises NotFound without a file, LogError with the line of the first bad row."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise NotFound(f"The log {path} cannot be read: {error.strerror}.", hint="Check the path.") from error
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise LogError(
            "The file is not UTF-8 text.", hint="Save it as UTF-8.", line=line, source=str(path)
        ) from None
    return parse_log(text, str(path))


def parse_log(text: str, source: str | None = None) -> Log:
    """The log in a CSV text; `source` is what errors call it. Raises LogError with the line."""
    return _Reader(source).read(text)


class _Reader:
    """Reads row by row and knows which tickets are open."""

    def __init__(self, source: str | None) -> None:
        self._source = source
        self._line = 1
        self._last = 0
        self._priorities: dict[str, Priority] = {}

    def read(self, text: str) -> Log:
        lines = csv.reader(StringIO(text, newline=""), strict=True)
        try:
            header = next(lines, None)
            if header is None:
                self._refuse("The log is empty.", f"Its first line is {','.join(HEADER)}.")
            if tuple(header) != HEADER:
                self._refuse("The header is not that of a ticket log.", f"Write {','.join(HEADER)}.")
            rows = tuple(self._rows(lines))
        except csv.Error as error:
            self._line += 1
            self._refuse(f"The row is not CSV: {error}.", "Write four values with commas between them.")
        if not rows:
            self._refuse("The log has no events.", "Add a row for each event.")
        return Log(rows, self._source)

    def _rows(self, lines: Iterable[list[str]]) -> Iterator[Row]:
        for self._line, values in enumerate(lines, start=2):
            if len(values) != len(HEADER):
                self._refuse(
                    f"The row has {len(values)} values, not {len(HEADER)}.", f"They are {', '.join(HEADER)}."
                )
            yield self._row(*values)

    def _row(self, ticket: str, event: str, at: str, priority: str) -> Row:
        if not ticket.strip() or ticket != ticket.strip():
            self._refuse("The ticket is empty or begins or ends with a space.", "Write the ticket's id.")
        self._check_event(event)
        seconds = self._time(at)
        if event == OPENED:
            if ticket in self._priorities:
                self._refuse(
                    f"Ticket {ticket} is opened a second time.", "Give each ticket an id of its own."
                )
            self._priorities[ticket] = self._priority(priority)
        elif ticket not in self._priorities:
            self._refuse(f'Ticket {ticket} has "{event}" before it is opened.', "Open it in an earlier row.")
        elif priority:
            self._refuse(
                f'The priority "{priority}" stands on a row that opens no ticket.', "Leave it empty there."
            )
        return Row(ticket, event, seconds, self._priorities[ticket], self._line)

    def _check_event(self, event: str) -> None:
        if event in EVENTS:
            return
        near = get_close_matches(event.lower(), EVENTS, n=1)
        hint = f'Did you mean "{near[0]}"?' if near else f"Use one of {', '.join(EVENTS)}."
        self._refuse(f'"{event}" is no event of a log.', hint)

    def _priority(self, label: str) -> Priority:
        try:
            return Priority.named(label)
        except UsageError as error:
            self._refuse(error.message, error.hint)

    def _time(self, text: str) -> int:
        hint = "Write UTC to the second, such as 2010-01-13T08:40:25Z."
        if not _AT.fullmatch(text):
            self._refuse(f'"{text}" is no time.', hint)
        try:
            at = datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
        except ValueError:
            self._refuse(f'"{text}" is no time of the calendar.', hint)
        seconds = int(at.timestamp())
        if seconds < 0:
            self._refuse(f'"{text}" is before 1970.', "A chain's time begins in 1970.")
        if seconds < self._last:
            self._refuse(f'The time "{text}" is before that of the row above.', "Sort the rows by time.")
        self._last = seconds
        return seconds

    def _refuse(self, fact: str, hint: str | None) -> NoReturn:
        raise LogError(fact, hint=hint, line=self._line, source=self._source) from None
