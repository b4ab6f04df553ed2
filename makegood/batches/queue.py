# SPDX-License-Identifier: Apache-2.0
"""The store's queue: events that wait for a batch, those that no batch takes, and their order in a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import (
    ColumnElement,
    and_,
    bindparam,
    case,
    exists,
    func,
    insert,
    not_,
    null,
    or_,
    select,
    update,
)
from sqlalchemy.sql import FromClause

from makegood.batches.database import Database
from makegood.batches.entry import Act, Entry
from makegood.batches.incoming import Incoming
from makegood.batches.kept import Backlog, DeadLetter, Taken, Waiting
from makegood.clock import Priority
from makegood.errors import UsageError

T = TypeVar("T")

_AT_ONCE = 500
_REPLIES = (Act.REPLIED, Act.LEFT_PENDING, Act.SOLVED)


class Queue(Database):
    """The events of a store."""

    def take(self, events: Iterable[Incoming], policy: int) -> Taken:
        """Queue events; openings come under `policy`. One whose id is there already is not taken again.

        A second opening of a ticket is a dead letter, and so is a later event of an unknown ticket, until its
        opening comes or it is given again. Raises UsageError for an id that was given with another content;
        then none is taken.
        """
        new = known = 0
        with self.transaction():
            self.lock_queue()
            for some in _in_parts(events):
                taken = self._take(some, policy)
                new, known = new + taken.new, known + taken.known
        return Taken(new, known)

    def waiting(self) -> int:
        """How many events are in no batch yet."""
        return int(self._one(select(func.count()).select_from(self._events).where(self._waits())))

    def backlog(self, until: int) -> Backlog:
        """What waits of events up to a time: how many, since when, and openings by policy and priority."""
        events = self._events
        due = and_(self._waits(), events.c.at <= until)
        count, oldest = self._rows(select(func.count(), func.min(events.c.at)).where(due))[0]
        kinds = (events.c.policy, events.c.priority)
        openings = self._rows(
            select(*kinds, func.min(events.c.at)).where(due, events.c.act == Act.OPENED).group_by(*kinds)
        )
        return Backlog(int(count), oldest, tuple((row[0], Priority(row[1]), row[2]) for row in openings))

    def answered_since(self, ticket: bytes, since: int, acts: Sequence[Act] = _REPLIES) -> bool:
        """Whether such an answer to a ticket, from a time on, still waits for its batch."""
        events = self._events
        fits = (events.c.ticket == ticket, events.c.act.in_(acts), events.c.at >= since)
        return bool(self._rows(select(events.c.arrival).where(self._waits(), *fits).limit(1)))

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The events that no batch takes, in the order in which they came."""
        events = self._events
        query = select(events.c.id, events.c.source, events.c.refused).where(events.c.refused.is_not(None))
        return tuple(DeadLetter(*row) for row in self._rows(query.order_by(events.c.arrival)))

    def refused(self) -> int:
        """How many dead letters there are."""
        return int(self._one(select(func.count()).where(self._events.c.refused.is_not(None))))

    def refuse_unknown(self, until: int) -> None:
        """Make dead letters of later events up to a time whose tickets nobody opened here."""
        events, openings = self._events, self._events.alias("o")
        opened = exists().where(_opens(openings, events))
        self._refuse("Nothing here opened its ticket.", events.c.act > 0, events.c.at <= until, not_(opened))

    def first_block_of_later(self) -> int | None:
        """From which block on the chain may have a ticket of a later event that waits; None without one."""
        events, openings, batches = self._events, self._events.alias("o"), self._tables.batches
        found = self._one(
            select(func.min(batches.c.from_block))
            .select_from(self._opened(events, openings).join(batches, batches.c.key == openings.c.batch))
            .where(self._waits(), events.c.act > 0)
        )
        return None if found is None else int(found)

    def refuse_on_chain(self, ticket: bytes) -> None:
        """Make dead letters of a ticket's waiting later events: its challenge has ended, none counts."""
        events = self._events
        self._refuse(
            "The ticket is on chain now; answer it with `ape run reply`.",
            events.c.act > 0,
            events.c.ticket == ticket,
        )

    def authors(self) -> tuple[str, ...]:
        """Who wrote the replies that wait."""
        events = self._events
        query = select(events.c.actor).distinct().where(self._waits(), events.c.act.in_(_REPLIES))
        return tuple(row[0] for row in self._rows(query))

    def refuse_of(self, actor: str, since: int, until: int) -> None:
        """Make dead letters of waiting replies that this agent gave before `since` or after `until`."""
        events = self._events
        self._refuse(
            f"{actor} was no human agent of the desk then.",
            events.c.act.in_(_REPLIES),
            events.c.actor == actor,
            not_(events.c.at.between(since, until)),
        )

    def next_policy(self, until: int) -> int | None:
        """The policy of the first opening in the queue up to a time; None where there is none."""
        events = self._events
        found = self._rows(
            select(events.c.policy)
            .where(self._waits(), events.c.act == Act.OPENED, events.c.at <= until)
            .order_by(events.c.at, events.c.arrival)
            .limit(1)
        )
        return int(found[0][0]) if found else None

    def openings(self, policy: int, until: int, most: int) -> tuple[Waiting, ...]:
        """The first openings in the queue under a policy, up to a time, in order of time and arrival."""
        c = self._events.c
        rows = self._rows(
            select(c.arrival, c.act, c.ticket, c.at, c.actor, c.digest, c.priority, c.policy, null())
            .where(self._waits(), c.act == Act.OPENED, c.policy == policy, c.at <= until)
            .order_by(c.at, c.arrival)
            .limit(most)
        )
        return tuple(map(_waiting, rows))

    def later(self, until: int, agents: Sequence[str], most: int) -> tuple[Waiting, ...]:
        """The first later events in the queue of tickets whose openings are in batches of these agents."""
        events, openings, batches = self._events, self._events.alias("o"), self._tables.batches
        c, actor = events.c, _actor(events, openings)
        rows = self._rows(
            select(c.arrival, c.act, c.ticket, c.at, actor, c.digest, null(), null(), batches.c.agent)
            .select_from(self._opened(events, openings).join(batches, batches.c.key == openings.c.batch))
            .where(self._waits(), c.act > 0, c.at <= until, batches.c.agent.in_(agents))
            .order_by(c.at, c.arrival)
            .limit(most)
        )
        return tuple(map(_waiting, rows))

    def put(self, batch: int, waiting: Iterable[Waiting]) -> list[int]:
        """Put waiting events into a batch, in this order; returns the sequences that they have from now."""
        events, sequences = self._events, []
        placed = (
            update(events)
            .where(events.c.arrival == bindparam("of"))
            .values(batch=batch, sequence=bindparam("place"))
        )
        with self.transaction():
            for some in _in_parts(waiting):
                last = self._last_of({each.ticket for each in some})
                rows = []
                for each in some:
                    last[each.ticket] = last.get(each.ticket, -1) + 1
                    rows.append({"of": each.arrival, "place": last[each.ticket]})
                self._run(placed, rows)
                sequences += [row["place"] for row in rows]
        return sequences

    def place(self, batch: int, sequence: int, event: Incoming, policy: int) -> None:
        """Note that an event is in a batch that was anchored without this store: the one that waits, or a
        new one.
        """
        c = self._events.c
        same = [self._waits(), c.ticket == event.ticket, c.act == int(event.act), c.digest == event.digest]
        found = self._rows(select(c.arrival).where(*same, c.at == event.at).order_by(c.arrival).limit(1))
        if found:
            where = {"batch": batch, "sequence": sequence}
            self._run(update(self._events).where(c.arrival == found[0][0]).values(where))
            return
        row = _row(event, policy, None)
        self._run(insert(self._events), [{**row, "batch": batch, "sequence": sequence}])

    def _last_of(self, tickets: Iterable[bytes]) -> dict[bytes, int]:
        c = self._events.c
        query = select(c.ticket, func.max(c.sequence)).where(c.ticket.in_(tickets), c.sequence.is_not(None))
        return {bytes(row[0]): int(row[1]) for row in self._rows(query.group_by(c.ticket))}

    def entries(self, batch: int) -> Iterator[tuple[Entry, Priority | None]]:
        """The entries of a batch, the openings with their priorities, in no order."""
        events, openings = self._events, self._events.alias("o")
        c, actor = events.c, _actor(events, openings)
        for row in self._rows(
            select(c.ticket, c.sequence, c.act, c.at, actor, c.digest, c.priority)
            .select_from(self._opened(events, openings))
            .where(c.batch == batch)
        ):
            ticket, sequence, act, at, actor_of, digest, priority = row
            entry = Entry(bytes(ticket), sequence, Act(act), at, actor_of, bytes(digest))
            yield entry, None if priority is None else Priority(priority)

    def has_ticket(self, ticket: bytes) -> bool:
        """Whether a batch of this store opens the ticket."""
        c = self._events.c
        fits = (c.ticket == ticket, c.act == Act.OPENED, c.refused.is_(None), c.batch.is_not(None))
        return bool(self._rows(select(c.arrival).where(*fits)))

    # ------------------------------------------------------------ internal

    @property
    def _events(self) -> Any:
        return self._tables.events

    def _waits(self) -> ColumnElement[bool]:
        return and_(self._events.c.batch.is_(None), self._events.c.refused.is_(None))

    @staticmethod
    def _opened(events: Any, openings: Any) -> FromClause:
        joined: FromClause = events.join(openings, _opens(openings, events))
        return joined

    def _refuse(self, why: str, *fits: ColumnElement[bool]) -> None:
        self._run(update(self._events).where(self._waits(), *fits).values(refused=why))

    def _take(self, some: Sequence[Incoming], policy: int) -> Taken:
        c = self._events.c
        known = {
            row[0]: (bytes(row[1]), row[2], row[3])
            for row in self._rows(
                select(c.id, c.content, c.act, c.refused).where(
                    c.id.in_([name for event in some for name in (event.id, event.anchored_id())])
                )
            )
        }
        tickets = [event.ticket for event in some if event.act is Act.OPENED]
        there = (c.ticket.in_(tickets), c.act == Act.OPENED, c.refused.is_(None))
        opened = {bytes(row[0]) for row in self._rows(select(c.ticket).where(*there))}
        rows, again, begun = [], [], []
        for event in some:
            if event.anchored_id() in known:
                continue
            if event.id in known:
                content, act, refused = known[event.id]
                _require_same(event, content)
                if refused is not None and act != Act.OPENED:
                    again.append(event.id)
                continue
            refused = None
            if event.act is Act.OPENED:
                if event.ticket in opened:
                    refused = "Its ticket is opened already: requester and commitment are the same."
                else:
                    opened.add(event.ticket)
                    begun.append(event.ticket)
            known[event.id] = (event.content(), int(event.act), refused)
            rows.append(_row(event, policy, refused))
        if rows:
            self._run(insert(self._events), rows)
        # What was missing may be there now.
        some_later = or_(c.id.in_(again), and_(c.ticket.in_(begun), c.act > 0))
        if again or begun:
            self._run(update(self._events).where(c.refused.is_not(None), some_later).values(refused=None))
        return Taken(len(rows), len(some) - len(rows))


def _in_parts(things: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(things)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _require_same(event: Incoming, content: bytes) -> None:
    if content != event.content():
        raise UsageError(
            f'{event.source}: the id "{event.id}" was given before, with another content.',
            hint="An id is one event's, for good.",
        )


def _row(event: Incoming, policy: int, refused: str | None) -> dict[str, Any]:
    return {
        "id": event.id,
        "content": event.content(),
        "ticket": event.ticket,
        "act": int(event.act),
        "at": event.at,
        "actor": event.actor,
        "digest": event.digest,
        "priority": None if event.priority is None else int(event.priority),
        "policy": policy if event.act is Act.OPENED else None,
        "source": event.source,
        "refused": refused,
    }


def _opens(openings: Any, events: Any) -> ColumnElement[bool]:
    return and_(
        openings.c.ticket == events.c.ticket, openings.c.act == Act.OPENED, openings.c.refused.is_(None)
    )


def _actor(events: Any, openings: Any) -> ColumnElement[str]:
    # A follow-up is its ticket's requester's.
    return case((events.c.act == Act.FOLLOWED_UP, openings.c.actor), else_=events.c.actor)


def _waiting(row: Sequence[Any]) -> Waiting:
    arrival, act, ticket, at, actor, digest, priority, policy, opened_by = row
    level = None if priority is None else Priority(priority)
    return Waiting(arrival, Act(act), bytes(ticket), at, actor, bytes(digest), level, policy, opened_by)
