# SPDX-License-Identifier: Apache-2.0
"""A ticket log on the batch lane as a timeline: what is anchored, proven, shown and ended at which second.

A desk that keeps the rules: it anchors at every whole multiple of `every` seconds where a row has come since,
and at the last second of a ticket's challenge window where one of that ticket has, which could not be shown
later. It shows what counts for a challenged ticket as soon as it is anchored, and what was anchored before
the proof at the next multiple. What comes after the window is direct, at its own second.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Any

from makegood import clock
from makegood.desk import MAX_ENTRIES
from makegood.errors import UsageError
from makegood.policy import MINUTE, Policy, format_duration
from makegood.replay.log import OPENED, Log, Row

EVERY = 10 * MINUTE
"""Seconds between two anchorings, where nobody says otherwise."""

GAS_A_BLOCK = 15_000_000
"""Half of a usual block, so that the base fee does not rise."""
PROOF_GAS = 300_000
ENTRY_GAS = 100_000
"""Generous: what a proof, and what showing an entry, is taken to need of a block."""


@dataclass(frozen=True, slots=True)
class Batching:
    """How a log is played on the batch lane.

    Anchored every so many seconds. With `false_claims` every second requester proves all its tickets at the
    first second, without cause.
    """

    every: int = EVERY
    false_claims: bool = False

    def check(self, policy: Policy) -> None:
        """Raises UsageError where replies would be anchored too late to count at their time."""
        if self.every < 1:
            raise UsageError("Batches cannot be anchored every 0 seconds.", hint="Give 1s or more.")
        if self.every > policy.windows.anchor_lag:
            raise UsageError(
                f"Anchored every {format_duration(self.every)}, replies would count late: the policy's anchor"
                f" lag is {format_duration(policy.windows.anchor_lag)}.",
                hint="Anchor more often, or give the policy a longer anchor lag.",
            )


@dataclass(frozen=True, slots=True)
class Leaf:
    """A row as an entry: the ticket's so many-th, in the batch of this number."""

    row: Row
    sequence: int
    batch: int


@dataclass(frozen=True, slots=True)
class Anchor:
    """All rows since the last anchoring, in file order. The openings can be proven until `expires_at`."""

    number: int
    leaves: tuple[Leaf, ...]
    expires_at: int


@dataclass(frozen=True, slots=True)
class Prove:
    """A ticket is proven by its requester."""

    opening: Leaf


@dataclass(frozen=True, slots=True)
class Show:
    """The agent shows the next entries of a ticket, at most `MAX_ENTRIES`."""

    leaves: tuple[Leaf, ...]


@dataclass(frozen=True, slots=True)
class End:
    """A ticket's challenge ends."""

    ticket: str


@dataclass(frozen=True, slots=True)
class Direct:
    """A row of a ticket whose challenge has ended."""

    row: Row


Move = Anchor | Prove | Show | End | Direct

# The order of what happens in a second. What ended takes direct rows; what is anchored can be shown at once.
_END, _ROW, _ANCHOR, _PROVE, _SHOW = range(5)


def plan(
    log: Log,
    policy: Policy,
    every: int,
    *,
    early: Collection[str] = (),
    late: Collection[str] = (),
    ends_by: int,
) -> list[tuple[int, list[Move]]]:
    """What happens at which second, in order, for a log whose times are the chain's.

    Tickets in `early` are proven the second after their anchoring; of the others those in `late` at the last
    second at which their batch can be proven and their challenge ends before `ends_by`. All other tickets are
    anchored and nothing else.
    """
    return _Planner(policy, every, early, late, ends_by).play(log)


@dataclass(slots=True)
class _Ticket:
    leaves: list[Leaf] = field(default_factory=list)
    shown: int = 1  # the opening is shown by its proof
    shown_at: int = 0
    half: int = 0
    until: int | None = None
    direct: bool = False

    @property
    def is_challenged(self) -> bool:
        return self.until is not None and not self.direct


class _Room:
    """The gas planned for each second."""

    def __init__(self) -> None:
        self._planned: Counter[int] = Counter()

    def take(self, at: int, gas: int, limit: int) -> int:
        """The first second from `at` towards `limit` with room for this; `limit` where none has."""
        step = 1 if limit > at else -1
        while at != limit and self._planned[at] + gas > GAS_A_BLOCK:
            at += step
        self._planned[at] += gas
        return at


class _Planner:
    """Goes through time once: what happens makes what happens later."""

    def __init__(
        self, policy: Policy, every: int, early: Collection[str], late: Collection[str], ends_by: int
    ) -> None:
        self._policy = policy
        self._every = every
        self._early, self._late = early, late
        self._ends_by = ends_by
        self._to_come: list[tuple[int, int, int, Callable[[int, Any], None], Any]] = []
        self._scheduled = 0
        self._moves: dict[int, list[tuple[int, Move]]] = defaultdict(list)
        self._tickets: dict[str, _Ticket] = defaultdict(_Ticket)
        self._waiting: list[Row] = []
        self._batches = 0
        self._room = _Room()

    def play(self, log: Log) -> list[tuple[int, list[Move]]]:
        """The whole timeline."""
        for row in log.rows:
            self._schedule(row.at, _ROW, self._row, row)
        while self._to_come:
            at, _, _, happens, subject = heappop(self._to_come)
            happens(at, subject)
        return [
            (at, [move for _, move in sorted(moves, key=lambda each: each[0])])
            for at, moves in sorted(self._moves.items())
        ]

    def _schedule(self, at: int, phase: int, happens: Callable[[int, Any], None], subject: object) -> None:
        self._scheduled += 1
        heappush(self._to_come, (at, phase, self._scheduled, happens, subject))

    def _add(self, at: int, phase: int, move: Move) -> None:
        self._moves[at].append((phase, move))

    # ------------------------------------------------------------ what happens

    def _row(self, at: int, row: Row) -> None:
        if self._tickets[row.ticket].direct:
            self._add(at, _ROW, Direct(row))
            return
        self._waiting.append(row)
        self._schedule(-(-at // self._every) * self._every, _ANCHOR, self._anchor, None)

    def _anchor(self, at: int, _: None = None) -> None:
        if not self._waiting:
            return
        self._batches += 1
        leaves = tuple(self._leaf(row) for row in self._waiting)
        self._waiting.clear()
        expires_at = self._expires_at(at, leaves)
        self._add(at, _ANCHOR, Anchor(self._batches, leaves, expires_at))
        for leaf in leaves:
            if leaf.row.event == OPENED:
                self._decide(at, expires_at, leaf)
            elif self._tickets[leaf.row.ticket].is_challenged:
                self._schedule(at, _SHOW, self._show, leaf.row.ticket)

    def _anchor_last(self, at: int, name: str) -> None:
        if any(row.ticket == name for row in self._waiting):
            self._anchor(at)

    def _prove(self, at: int, opening: Leaf) -> None:
        name = opening.row.ticket
        ticket = self._tickets[name]
        window = self._policy.windows.challenge
        ticket.half, ticket.until = at + window // 2, at + window
        self._add(at, _PROVE, Prove(opening))
        # Within the first half, since that is no shorter than the anchor lag.
        self._schedule((at // self._every + 1) * self._every, _SHOW, self._show, name)
        self._schedule(ticket.until, _ANCHOR, self._anchor_last, name)
        self._schedule(ticket.until + 1, _END, self._end, name)

    def _show(self, at: int, name: str) -> None:
        ticket = self._tickets[name]
        if ticket.until is None:
            return
        limit = ticket.half if at <= ticket.half else ticket.until
        while some := tuple(ticket.leaves[ticket.shown : ticket.shown + MAX_ENTRIES]):
            earliest = min(max(at, ticket.shown_at), limit)
            ticket.shown_at = self._room.take(earliest, len(some) * ENTRY_GAS, limit)
            ticket.shown += len(some)
            self._add(ticket.shown_at, _SHOW, Show(some))

    def _end(self, at: int, name: str) -> None:
        self._tickets[name].direct = True
        self._add(at, _END, End(name))

    # ------------------------------------------------------------ of a batch

    def _leaf(self, row: Row) -> Leaf:
        leaves = self._tickets[row.ticket].leaves
        leaf = Leaf(row, len(leaves), self._batches)
        leaves.append(leaf)
        return leaf

    def _expires_at(self, at: int, leaves: tuple[Leaf, ...]) -> int:
        opened = {leaf.row.priority for leaf in leaves if leaf.row.event == OPENED}
        targets = [self._policy.targets[priority] for priority in opened]
        longest = max(
            (max(each.first_reply, each.next_reply, each.resolution) for each in targets), default=0
        )
        return clock.due(self._policy.hours, at, longest) + self._policy.windows.claim

    def _decide(self, at: int, expires_at: int, opening: Leaf) -> None:
        last = min(expires_at, self._ends_by - self._policy.windows.challenge - 2)
        if opening.row.ticket in self._early:
            first, limit = at + 1, last
        elif opening.row.ticket in self._late:
            first, limit = last, at + 1
        else:
            return
        self._schedule(self._room.take(first, PROOF_GAS, limit), _PROVE, self._prove, opening)
