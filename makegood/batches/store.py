# SPDX-License-Identifier: Apache-2.0
"""The desk's own record of its batches: the queue of events, and how far each batch is. One SQLite file.

Whatever was committed here outlasts a crash of the machine. One process at a time has the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood.batches.batch import Counts
from makegood.batches.entry import Act, Entry
from makegood.batches.incoming import Incoming
from makegood.clock import Priority
from makegood.errors import MakegoodError, UsageError

PREPARED, SENT, ANCHORED = "prepared", "sent", "anchored"

_VERSION = "1"
_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS batches(
    key INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    agent TEXT NOT NULL,
    policy INTEGER NOT NULL,
    root BLOB NOT NULL,
    counts TEXT NOT NULL,
    uri TEXT NOT NULL,
    must_back INTEGER NOT NULL,
    from_block INTEGER NOT NULL,
    batches_before INTEGER NOT NULL,
    nonce INTEGER,
    number INTEGER,
    txn BLOB,
    block INTEGER,
    block_hash BLOB,
    at INTEGER,
    gas INTEGER,
    final INTEGER NOT NULL DEFAULT 0,
    handed_out INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE IF NOT EXISTS events(
    arrival INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    content BLOB NOT NULL,
    ticket BLOB NOT NULL,
    act INTEGER NOT NULL,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    digest BLOB NOT NULL,
    priority INTEGER,
    policy INTEGER,
    source TEXT NOT NULL,
    sequence INTEGER,
    batch INTEGER REFERENCES batches(key),
    refused TEXT
) STRICT;
CREATE UNIQUE INDEX IF NOT EXISTS openings ON events(ticket) WHERE act = 0 AND refused IS NULL;
CREATE UNIQUE INDEX IF NOT EXISTS entries ON events(ticket, sequence) WHERE sequence IS NOT NULL;
CREATE INDEX IF NOT EXISTS waiting ON events(at, arrival) WHERE batch IS NULL AND refused IS NULL;
CREATE INDEX IF NOT EXISTS waiting_of ON events(ticket) WHERE batch IS NULL AND refused IS NULL;
CREATE INDEX IF NOT EXISTS anchored_with ON events(batch) WHERE batch IS NOT NULL;
CREATE INDEX IF NOT EXISTS dead_letters ON events(ticket) WHERE refused IS NOT NULL;
"""
_WAITING = "batch IS NULL AND refused IS NULL"
_BATCH = (
    "key, state, agent, policy, root, counts, uri, must_back, from_block, batches_before, nonce, number, "
    "txn, block, block_hash, at, gas, final, handed_out"
)


@dataclass(frozen=True)
class Kept:
    """A batch as the store has it.

    `state` is prepared, sent or anchored; `nonce` is the only one that a transaction of it may have, None
    before one was chosen. From `from_block` on the chain may have it, after `batches_before` others. Number,
    transaction, block, time and gas are None until it is anchored. `handed_out`: receipts are written and
    leaves published.
    """

    key: int
    state: str
    agent: str
    policy: int
    root: bytes
    counts: Counts
    uri: str
    must_back: bool
    from_block: int
    batches_before: int
    nonce: int | None
    number: int | None
    transaction: bytes | None
    block: int | None
    block_hash: bytes | None
    at: int | None
    gas: int | None
    final: bool
    handed_out: bool

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return sum(self.counts)

    @property
    def openings(self) -> int:
        """How many tickets it opens."""
        return sum(self.counts[:4])


@dataclass(frozen=True)
class Waiting:
    """An event in the queue; `opened_by` is the agent that anchored its ticket's opening, None before."""

    arrival: int
    act: Act
    ticket: bytes
    at: int
    actor: str
    digest: bytes
    priority: Priority | None
    policy: int | None
    opened_by: str | None


@dataclass(frozen=True)
class Taken:
    """What came of taking events: how many were new, and how many were there already."""

    new: int
    known: int


@dataclass(frozen=True)
class DeadLetter:
    """An event that no batch takes, where it came from, and why."""

    id: str
    source: str
    why: str


class Store:
    """The record of one desk on one chain. A context manager: leaving it lets the next process in."""

    def __init__(self, path: Path, *, chain: str, desk: str, wait: float = 10.0) -> None:
        """Opens the file, or makes it, waiting up to `wait` seconds for a process that has it.

        `chain` tells the chain from every other. Raises MakegoodError where another process keeps it or it
        cannot be used, UsageError where it is another desk's.
        """
        self.path = path
        self._depth = 0
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise MakegoodError(f"{path.parent} cannot be made: {error.strerror}.") from None
        with self._errors():
            self._db = sqlite3.connect(path, timeout=wait, isolation_level=None)
        try:
            with self._errors():
                self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
                self._db.execute("PRAGMA journal_mode = WAL")
                self._db.execute("PRAGMA synchronous = FULL")
                # Kept until it is closed, or its process ends in whatever way.
                self._db.execute("BEGIN EXCLUSIVE")
                self._db.execute("COMMIT")
                self._db.executescript(_SCHEMA)
            self._claim({"version": _VERSION, "chain": chain, "desk": desk})
        except BaseException:
            self._db.close()
            raise

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let the next process in."""
        self._db.close()

    @property
    def folder(self) -> Path:
        """Where the leaves of its batches are kept."""
        return self.path.parent / "leaves"

    # ------------------------------------------------------------ transactions

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing. Within another one it is a part of that."""
        with self._errors():
            if not self._depth:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._db.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    @contextmanager
    def trial(self) -> Iterator[None]:
        """Whatever is changed within is undone."""
        with self._errors():
            self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")

    # ------------------------------------------------------------ events

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

    def opening_agents(self) -> tuple[str, ...]:
        """Whose batches have opened tickets."""
        return tuple(row[0] for row in self._rows("SELECT DISTINCT agent FROM batches ORDER BY agent"))

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

    def batches_of(self, ticket: bytes) -> tuple[Kept, ...]:
        """The batches that have entries of a ticket, in order."""
        rows = self._rows(
            f"SELECT {_BATCH} FROM batches WHERE key IN "  # noqa: S608
            "(SELECT batch FROM events WHERE ticket = ? AND sequence IS NOT NULL) ORDER BY key",
            (ticket,),
        )
        return tuple(map(_kept, rows))

    def has_ticket(self, ticket: bytes) -> bool:
        """Whether a batch of this store opens the ticket."""
        return bool(
            self._rows(
                "SELECT 1 FROM events WHERE ticket = ? AND act = 0 AND refused IS NULL AND batch IS NOT NULL",
                (ticket,),
            )
        )

    # ------------------------------------------------------------ batches

    def add(self, agent: str, policy: int, from_block: int, batches_before: int) -> int:
        """A batch to be prepared; returns its key."""
        return int(
            self._one(
                "INSERT INTO batches(state, agent, policy, root, counts, uri, must_back, from_block, "
                "batches_before) VALUES (?, ?, ?, x'', '[]', '', 0, ?, ?) RETURNING key",
                (PREPARED, agent, policy, from_block, batches_before),
            )
        )

    def set(self, key: int, **values: Any) -> Kept:
        """Record more of a batch; returns it as it is now."""
        if "counts" in values:
            values["counts"] = json.dumps(list(values["counts"]))
        assigned = ", ".join(f"{name} = ?" for name in values)
        self._run(f"UPDATE batches SET {assigned} WHERE key = ?", (*values.values(), key))  # noqa: S608
        return self.batch(key)

    def undo(self, key: int) -> None:
        """Take a batch apart: its events wait again. Only the last one, and only if it cannot be anchored."""
        with self.transaction():
            self._run("UPDATE events SET batch = NULL, sequence = NULL WHERE batch = ?", (key,))
            self._run("DELETE FROM batches WHERE key = ?", (key,))

    def batch(self, key: int) -> Kept:
        """A batch by its key."""
        return _kept(self._rows(f"SELECT {_BATCH} FROM batches WHERE key = ?", (key,))[0])  # noqa: S608

    def batches(self, where: str = "1") -> tuple[Kept, ...]:
        """The batches of which an SQL condition over the columns holds, in order."""
        return tuple(map(_kept, self._rows(f"SELECT {_BATCH} FROM batches WHERE {where} ORDER BY key")))  # noqa: S608

    # ------------------------------------------------------------ internal

    def _claim(self, expected: dict[str, str]) -> None:
        with self.transaction():
            for name, value in expected.items():
                self._run("INSERT OR IGNORE INTO meta VALUES (?, ?)", (name, value))
        found = dict(self._rows("SELECT name, value FROM meta"))
        if found != expected:
            raise UsageError(
                f"{self.path} is a store of {found.get('desk')} on another chain, or of another desk.",
                hint="Give another --store.",
            )

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

    def _run(self, statement: str, values: Sequence[Any] = ()) -> None:
        with self._errors():
            self._db.execute(statement, values)

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._errors():
            return self._db.execute(statement, values).fetchall()

    def _one(self, statement: str, values: Sequence[Any] = ()) -> Any:
        return self._rows(statement, values)[0][0]

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                raise MakegoodError(
                    f"Another process has the store {self.path}.",
                    hint="Wait until it has ended, then try again.",
                ) from None
            raise MakegoodError(f"The store {self.path} cannot be used: {error}.") from error


def _waiting(row: Sequence[Any]) -> Waiting:
    arrival, act, ticket, at, actor, digest, priority, policy, opened_by = row
    level = None if priority is None else Priority(priority)
    return Waiting(arrival, Act(act), ticket, at, actor, digest, level, policy, opened_by)


def _kept(row: Sequence[Any]) -> Kept:
    values = list(row)
    values[5] = tuple(json.loads(values[5]))
    for place in (7, 17, 18):
        values[place] = bool(values[place])
    return Kept(*values)
