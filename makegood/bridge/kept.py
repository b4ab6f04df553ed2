# SPDX-License-Identifier: Apache-2.0
"""The bridge's own record: its database, and what the others of this package ask of it."""

from __future__ import annotations

import fcntl
import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Table, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from makegood.bridge import salts
from makegood.bridge.schema import (
    DEAD,
    DONE,
    IGNORED,
    SENDING,
    WAITING,
    deliveries,
    messages,
    meta,
    outgoing,
    returns,
)
from makegood.database import Database, upgrade
from makegood.errors import NotFound, UsageError

VERSIONS = Path(__file__).with_name("versions")
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request of a webhook, as it came in. `key` tells it from every other one of its helpdesk."""

    source: str
    key: str
    received_at: int
    body: bytes


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """What the bridge cannot take, and why: a delivery, a message, an event, or what should go back."""

    kind: str
    id: int
    source: str
    key: str
    why: str

    @property
    def name(self) -> str:
        """How it is named to be tried again, such as `message 7`."""
        return f"{self.kind} {self.id}"


class Kept:
    """The database of one desk's bridge. Opening it brings its tables up to date."""

    def __init__(self, database: Database, *, chain_id: int, desk: str) -> None:
        """Raises UsageError where it is another desk's."""
        self.database = database
        upgrade(database, "bridge", VERSIONS)
        with database.writing() as connection:
            for name, value in (
                ("chain", str(chain_id)),
                ("desk", desk),
                ("salt", secrets.token_hex(_SALT_BYTES)),
                (salts.NAME, salts.begun()),
            ):
                connection.execute(added(connection, meta).values(name=name, value=value))
            found = {row.name: row.value for row in connection.execute(select(meta))}
        if (found["chain"], found["desk"]) != (str(chain_id), desk):
            raise UsageError(
                "The database is the bridge's of another desk, or of this one on another chain.",
                hint="Give each desk a database of its own.",
            )
        self.chain_id, self.desk = chain_id, desk
        self._salt = bytes.fromhex(found["salt"])

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that changes something, in its turn: SQLite lets one write, and has no queue."""
        with self._turn(), self.database.writing() as connection:
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        if self.database.is_postgres:
            yield
            return
        # Whoever waits is woken at once; SQLite itself would have them ask again, and again be late.
        with Path(f"{self.database.url.database}.turn").open("ab") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def digest_of(self, source: str, customer: str) -> str:
        """A customer's digest: here alone, and not to be guessed without this database."""
        return sha256(self._salt + f"{source}\n{customer}".encode("utf-8", "replace")).hexdigest()

    def store(self, arrived: Sequence[Delivery]) -> int:
        """Keep deliveries, in one transaction; returns how many were new."""
        rows = [
            {
                "source": each.source,
                "key": each.key,
                "received_at": each.received_at,
                "body": each.body,
                "state": WAITING,
                "why": "",
            }
            for each in arrived
        ]
        with self.writing() as connection:
            return int(connection.execute(added(connection, deliveries), rows).rowcount)

    def dead_letters(self) -> tuple[DeadLetter, ...]:
        """What waits for somebody to look at it: of each kind, the oldest first."""
        found: list[DeadLetter] = []
        with self.database.reading() as connection:
            for kind, (table, source, key) in _DEAD.items():
                query = select(table.c.id, source, key, table.c.why).where(table.c.state == DEAD)
                rows = connection.execute(query.order_by(table.c.id))
                found += [DeadLetter(kind, *row) for row in rows]
        return tuple(found)

    def replay(self, letters: Iterable[tuple[str, int]], now: int) -> int:
        """Try dead letters again: each its kind and its id. Returns how many; raises NotFound for one that
        is none.
        """
        count = 0
        with self.writing() as connection:
            for kind, identity in letters:
                if kind not in _DEAD:
                    raise UsageError(f'"{kind}" is no kind of dead letter.', hint=f"Use {', '.join(_DEAD)}.")
                table = _DEAD[kind][0]
                values: dict[str, Any] = {"state": WAITING, "why": ""}
                if table is messages:
                    values["not_before"] = now
                if table is returns:
                    # As after an attempt: it may have come through, so the ticket is looked at first.
                    values |= {"state": SENDING, "next_at": now, "attempts": 0}
                fits = (table.c.id == identity, table.c.state == DEAD)
                if not connection.execute(update(table).where(*fits).values(**values)).rowcount:
                    raise NotFound(f"There is no dead {kind} {identity}.")
                count += 1
        return count

    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are of each kind in each state."""
        found: dict[tuple[str, str], int] = {}
        with self.database.reading() as connection:
            for kind, (table, _, _) in _DEAD.items():
                query = select(table.c.state, func.count()).group_by(table.c.state)
                for state, count in connection.execute(query):
                    found[kind, state] = count
        return found

    def overdue(self, now: int) -> dict[str, int]:
        """For how many seconds the first of each kind could have been worked on, and was not."""
        since = {
            "delivery": (deliveries, deliveries.c.received_at),
            "message": (messages, messages.c.not_before),
            "return": (returns, returns.c.next_at),
        }
        found: dict[str, int] = {}
        with self.database.reading() as connection:
            for kind, (table, at) in since.items():
                first = connection.execute(select(func.min(at)).where(table.c.state == WAITING)).scalar()
                found[kind] = 0 if first is None else max(0, now - first)
        return found

    def forget(self, before: int) -> int:
        """Take out bodies and texts, received before a time, of what is done; returns how many bodies.

        What the salts of the documents of that time came from is forgotten too.
        """
        with self.writing() as connection:
            salts.forget(connection, before)
            old = (
                deliveries.c.received_at < before,
                deliveries.c.state == DONE,
                deliveries.c.body.is_not(None),
            )
            count = connection.execute(update(deliveries).where(*old).values(body=None)).rowcount
            told = (
                messages.c.received_at < before,
                messages.c.state.in_((DONE, IGNORED)),
                messages.c.text.is_not(None),
            )
            connection.execute(update(messages).where(*told).values(text=None))
        return int(count)


_DEAD: dict[str, tuple[Table, Any, Any]] = {
    "delivery": (deliveries, deliveries.c.source, deliveries.c.key),
    "message": (messages, messages.c.source, messages.c.key),
    "event": (outgoing, outgoing.c.told_by, outgoing.c.event),
    "return": (returns, returns.c.source, returns.c.ticket),
}


def added(connection: Connection, table: Table) -> Any:
    """An insertion that leaves a row alone that is there already."""
    kind = postgresql if connection.dialect.name == "postgresql" else sqlite
    return kind.insert(table).on_conflict_do_nothing()
