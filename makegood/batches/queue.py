# SPDX-License-Identifier: Apache-2.0
"""The store's queue: events that wait for a batch, those that no batch takes, and their order in a batch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from makegood.batches.database import Database
from makegood.batches.entry import Act, Entry
from makegood.batches.incoming import Incoming
from makegood.batches.kept import DeadLetter, Taken, Waiting
from makegood.clock import Priority
from makegood.errors import UsageError

_WAITING = "batch IS NULL AND refused IS NULL"


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
            for event in events:
                if self._is_known(event):
                    known += 1
                else:
                    self._insert(event, policy)
                    new += 1
        return Taken(new, known)

    def waiting(self) -> int:
        """How many events are in no batch yet."""
        return int(self._one(f"SELECT count(*) FROM events WHERE {_WAITING}"))  # noqa: S608

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """The events that no batch takes, in the order in which they came."""
        rows = self._rows("SELECT id, source, refused FROM events WHERE refused IS NOT NULL ORDER BY arrival")
        return tuple(DeadLetter(*row) for row in rows)

    def refuse_unknown(self, until: int) -> None:
        """Make dead letters of later events up to a time whose tickets nobody opened here."""
        self._run(
            f"UPDATE events SET refused = ? WHERE {_WAITING} AND act > 0 AND at <= ? AND NOT EXISTS "  # noqa: S608
            "(SELECT 1 FROM events AS o WHERE o.ticket = events.ticket AND o.act = 0 AND o.refused IS NULL)",
            ("Nothing here opened its ticket.", until),
        )

    def first_block_of_later(self) -> int | None:
        """From which block on the chain may have a ticket of a later event that waits; None without one."""
        found = self._one(
            "SELECT min(b.from_block) FROM events AS e "
            "JOIN events AS o ON o.ticket = e.ticket AND o.act = 0 AND o.refused IS NULL "
            "JOIN batches AS b ON b.key = o.batch "
            "WHERE e.batch IS NULL AND e.refused IS NULL AND e.act > 0"
        )
        return None if found is None else int(found)

    def refuse_on_chain(self, ticket: bytes) -> None:
        """Make dead letters of a ticket's waiting later events: its challenge has ended, none counts."""
        self._run(
            f"UPDATE events SET refused = ? WHERE {_WAITING} AND act > 0 AND ticket = ?",  # noqa: S608
            ("The ticket is on chain now; answer it with `ape run reply`.", ticket),
        )

    def authors(self) -> tuple[str, ...]:
        """Who wrote the replies that wait."""
        rows = self._rows(f"SELECT DISTINCT actor FROM events WHERE {_WAITING} AND act BETWEEN 1 AND 3")  # noqa: S608
        return tuple(row[0] for row in rows)

    def refuse_of(self, actor: str, since: int, until: int) -> None:
        """Make dead letters of waiting replies that this agent gave before `since` or after `until`."""
        self._run(
            f"UPDATE events SET refused = ? WHERE {_WAITING} AND act BETWEEN 1 AND 3 AND actor = ? "  # noqa: S608
            "AND NOT at BETWEEN ? AND ?",
            (f"{actor} was no human agent of the desk then.", actor, since, until),
        )

    def next_policy(self, until: int) -> int | None:
        """The policy of the first opening in the queue up to a time; None where there is none."""
        found = self._rows(
            f"SELECT policy FROM events WHERE {_WAITING} AND act = 0 AND at <= ? "  # noqa: S608
            "ORDER BY at, arrival LIMIT 1",
            (until,),
        )
        return int(found[0][0]) if found else None

    def openings(self, policy: int, until: int, most: int) -> tuple[Waiting, ...]:
        """The first openings in the queue under a policy, up to a time, in order of time and arrival."""
        rows = self._rows(
            "SELECT arrival, act, ticket, at, actor, digest, priority, policy, NULL FROM events "  # noqa: S608
            f"WHERE {_WAITING} AND act = 0 AND policy = ? AND at <= ? ORDER BY at, arrival LIMIT ?",
            (policy, until, most),
        )
        return tuple(map(_waiting, rows))

    def later(self, until: int, agents: Sequence[str], most: int) -> tuple[Waiting, ...]:
        """The first later events in the queue of tickets whose openings are in batches of these agents."""
        marks = ", ".join("?" * len(agents))
        rows = self._rows(
            "SELECT e.arrival, e.act, e.ticket, e.at, CASE WHEN e.act = 4 THEN o.actor ELSE e.actor END, "  # noqa: S608
            "e.digest, NULL, NULL, b.agent FROM events AS e "
            "JOIN events AS o ON o.ticket = e.ticket AND o.act = 0 AND o.refused IS NULL "
            "JOIN batches AS b ON b.key = o.batch "
            "WHERE e.batch IS NULL AND e.refused IS NULL AND e.act > 0 AND e.at <= ? "
            f"AND b.agent IN ({marks}) ORDER BY e.at, e.arrival LIMIT ?",
            (until, *agents, most),
        )
        return tuple(map(_waiting, rows))

    def add_to(self, batch: int, arrival: int, ticket: bytes) -> int:
        """Put a waiting event into a batch; returns the sequence that it has from now on."""
        last = self._one(
            "SELECT max(sequence) FROM events WHERE ticket = ? AND sequence IS NOT NULL", (ticket,)
        )
        sequence = 0 if last is None else int(last) + 1
        self._run("UPDATE events SET batch = ?, sequence = ? WHERE arrival = ?", (batch, sequence, arrival))
        return sequence

    def entries(self, batch: int) -> Iterator[tuple[Entry, Priority | None]]:
        """The entries of a batch, the openings with their priorities, in no order."""
        for row in self._rows(
            "SELECT e.ticket, e.sequence, e.act, e.at, CASE WHEN e.act = 4 THEN o.actor ELSE e.actor END, "
            "e.digest, e.priority FROM events AS e "
            "JOIN events AS o ON o.ticket = e.ticket AND o.act = 0 AND o.refused IS NULL WHERE e.batch = ?",
            (batch,),
        ):
            ticket, sequence, act, at, actor, digest, priority = row
            entry = Entry(ticket, sequence, Act(act), at, actor, digest)
            yield entry, None if priority is None else Priority(priority)

    def has_ticket(self, ticket: bytes) -> bool:
        """Whether a batch of this store opens the ticket."""
        return bool(
            self._rows(
                "SELECT 1 FROM events WHERE ticket = ? AND act = 0 AND refused IS NULL AND batch IS NOT NULL",
                (ticket,),
            )
        )

    # ------------------------------------------------------------ internal

    def _is_known(self, event: Incoming) -> bool:
        found = self._rows("SELECT content, act, refused FROM events WHERE id = ?", (event.id,))
        if not found:
            return False
        content, act, refused = found[0]
        if content != event.content():
            raise UsageError(
                f'{event.source}: the id "{event.id}" was given before, with another content.',
                hint="An id is one event's, for good.",
            )
        if refused is not None and act != Act.OPENED:
            # What was missing may be there now.
            self._run("UPDATE events SET refused = NULL WHERE id = ?", (event.id,))
        return True

    def _insert(self, event: Incoming, policy: int) -> None:
        refused = None
        if event.act is Act.OPENED:
            twice = "SELECT 1 FROM events WHERE ticket = ? AND act = 0 AND refused IS NULL"
            if self._rows(twice, (event.ticket,)):
                refused = "Its ticket is opened already: requester and commitment are the same."
            else:
                self._run(
                    "UPDATE events SET refused = NULL WHERE ticket = ? AND act > 0 AND refused IS NOT NULL",
                    (event.ticket,),
                )
        self._run(
            "INSERT INTO events(id, content, ticket, act, at, actor, digest, priority, policy, source, "
            "refused) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                event.id,
                event.content(),
                event.ticket,
                int(event.act),
                event.at,
                event.actor,
                event.digest,
                None if event.priority is None else int(event.priority),
                policy if event.act is Act.OPENED else None,
                event.source,
                refused,
            ),
        )


def _waiting(row: Sequence[Any]) -> Waiting:
    arrival, act, ticket, at, actor, digest, priority, policy, opened_by = row
    level = None if priority is None else Priority(priority)
    return Waiting(arrival, Act(act), ticket, at, actor, digest, level, policy, opened_by)
