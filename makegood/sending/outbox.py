# SPDX-License-Identifier: Apache-2.0
"""What an account is to do on a chain, each under a key that makes it one thing, and how far it has come."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, func, insert, not_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from makegood.database import Database, upgrade
from makegood.desk import Call
from makegood.sending.schema import intents, transactions

WAITING, SIGNED, MINED, FINAL = "waiting", "signed", "mined", "final"
REFUSED, REVERTED = "refused", "reverted"
"""Refused before it was sent, so at no cost; reverted in a block."""

LIVE = (SIGNED,)
UNFINISHED = (WAITING, SIGNED)
TRIES = 4
"""How often a thing is tried that reverts."""

# Seconds before something is tried again, each time twice as long. What was refused cost nothing.
_PAUSES = {REFUSED: (30, 300), REVERTED: (60, 3_600)}
_LONGEST_PAUSE = 3_600


@dataclass(frozen=True)
class Intent:
    """A row of the outbox. `what` is for people; `value` is in wei."""

    id: int
    key: str
    what: str
    target: str
    data: bytes
    value: int
    state: str
    nonce: int | None
    gas: int | None
    failures: int
    reason: str | None
    again_at: int | None
    done_by: str | None
    block_number: int | None
    block_hash: str | None
    put_at: int
    changed_at: int


@dataclass(frozen=True)
class Signed:
    """A signed transaction of an intent; `sent_at` is None until a node has taken it."""

    hash: str
    nonce: int
    raw: bytes
    most: int
    tip: int
    sent_at: int | None


class Outbox:
    """The intents of one account on one chain."""

    def __init__(
        self, database: Database, chain: int, account: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        """Brings the tables up to date. `clock` is the wall's, in seconds."""
        upgrade(database, "sending", Path(__file__).parent / "versions")
        self.database = database
        self.chain = chain
        self.account = account.lower()
        self._clock = clock

    def now(self) -> int:
        """The wall's time, in seconds."""
        return int(self._clock())

    # ------------------------------------------------------------ what is to be done

    def put(self, key: str, what: str, call: Call[Any]) -> Intent:
        """Have a call sent once, whoever asks and how often; returns how far it is.

        One that was refused, or reverted less than `TRIES` times, is tried anew once its pause is over.
        """
        assert call.to is not None  # noqa: S101
        return self.put_raw(key, what, call.to, call.data, call.value)

    def put_raw(self, key: str, what: str, target: str, data: bytes, value: int) -> Intent:
        """The same for a transaction's fields."""
        now = self.now()
        row = {
            "chain": self.chain,
            "account": self.account,
            "key": key,
            "what": what,
            "target": target,
            "data": data,
            "value": str(value),
            "state": WAITING,
            "failures": 0,
            "put_at": now,
            "changed_at": now,
        }
        add = (postgresql if self.database.is_postgres else sqlite).insert(intents).values(row)
        again = (
            update(intents)
            .where(
                *self._mine(intents.c.key == key),
                intents.c.state.in_((REFUSED, REVERTED)),
                # A clock that was set back makes nothing wait for ever.
                not_(intents.c.again_at.between(now + 1, now + _LONGEST_PAUSE)),
            )
            .values(state=WAITING, nonce=None, data=data, value=str(value), target=target, changed_at=now)
        )
        with self.database.writing() as connection:
            connection.execute(add.on_conflict_do_nothing(index_elements=["chain", "account", "key"]))
            connection.execute(again)
            return self._one(connection, intents.c.key == key)

    def find(self, key: str) -> Intent | None:
        """The intent with a key."""
        with self.database.reading() as connection:
            return next(iter(self._read(connection, intents.c.key == key)), None)

    def beginning(self, prefix: str, states: Sequence[str] = UNFINISHED) -> list[Intent]:
        """The intents whose keys begin so, in these states, in the order in which they came."""
        with self.database.reading() as connection:
            fits = intents.c.key.startswith(prefix, autoescape=True)
            return self._read(connection, fits, intents.c.state.in_(states))

    def in_state(self, *states: str) -> list[Intent]:
        """The intents in these states, in the order in which they came."""
        with self.database.reading() as connection:
            return self._read(connection, intents.c.state.in_(states))

    def counts(self) -> Counter[str]:
        """How many are in which state."""
        query = select(intents.c.state, func.count()).where(*self._mine()).group_by(intents.c.state)
        with self.database.reading() as connection:
            return Counter({row[0]: row[1] for row in connection.execute(query)})

    def newest_block(self) -> int:
        """The newest block that has something of this account; 0 without one."""
        query = select(func.max(intents.c.block_number)).where(*self._mine())
        with self.database.reading() as connection:
            return int(connection.execute(query).scalar() or 0)

    # ------------------------------------------------------------ how far it is

    def nonces(self) -> set[int]:
        """The nonces that something of this account has, and that may not be on the chain for good."""
        states = (*LIVE, MINED)
        query = select(intents.c.nonce).where(*self._mine(intents.c.state.in_(states)))
        with self.database.reading() as connection:
            return {int(nonce) for nonce in connection.execute(query).scalars() if nonce is not None}

    def signed_of(self, intent: Intent) -> list[Signed]:
        """Its transactions with its present nonce, the newest first."""
        with self.database.reading() as connection:
            return self._signed_of(connection, intent)

    def keep_signed(self, intent: Intent, gas: int, signed: Signed) -> Intent:
        """Record a transaction, before it is sent."""
        now = self.now()
        with self.database.writing() as connection:
            self._set(connection, intent, state=SIGNED, nonce=signed.nonce, gas=gas, reason=None)
            connection.execute(
                insert(transactions).values(
                    hash=signed.hash,
                    intent=intent.id,
                    nonce=signed.nonce,
                    raw=signed.raw,
                    most=signed.most,
                    tip=signed.tip,
                    signed_at=now,
                )
            )
            return self._one(connection, intents.c.id == intent.id)

    def sent(self, signed: Signed) -> None:
        """Record that a node has taken it."""
        with self.database.writing() as connection:
            connection.execute(
                update(transactions).where(transactions.c.hash == signed.hash).values(sent_at=self.now())
            )

    def mined(self, intent: Intent, by: str, number: int, block_hash: str) -> Intent:
        """Record the block that has it."""
        return self.set(
            intent, state=MINED, done_by=by, block_number=number, block_hash=block_hash, reason=None
        )

    def failed(self, intent: Intent, state: str, reason: str, **more: Any) -> Intent:
        """Record that it was refused or reverted; it is tried again after a pause, or not at all."""
        failures = intent.failures + 1
        # What was refused before says nothing of how often it reverted.
        tries = self._tries(intent) if state == REVERTED else failures
        first, longest = _PAUSES[state]
        pause = min(longest, first * 2 ** min(tries - 1, 10))
        given_up = state == REVERTED and tries >= TRIES
        again_at = None if given_up else self.now() + pause
        return self.set(
            intent, state=state, failures=failures, reason=reason[:500], again_at=again_at, **more
        )

    def set(self, intent: Intent, **values: Any) -> Intent:
        """Record more of an intent; returns it as it is now."""
        with self.database.writing() as connection:
            self._set(connection, intent, **values)
            return self._one(connection, intents.c.id == intent.id)

    # ------------------------------------------------------------ internal

    def _mine(self, *fits: ColumnElement[bool]) -> Iterable[ColumnElement[bool]]:
        return (intents.c.chain == self.chain, intents.c.account == self.account, *fits)

    def _read(self, connection: Connection, *fits: ColumnElement[bool]) -> list[Intent]:
        query = select(intents).where(*self._mine(*fits)).order_by(intents.c.id)
        return [_intent(row) for row in connection.execute(query).mappings()]

    def _one(self, connection: Connection, fits: ColumnElement[bool]) -> Intent:
        return self._read(connection, fits)[0]

    def _set(self, connection: Connection, intent: Intent, **values: Any) -> None:
        connection.execute(
            update(intents).where(intents.c.id == intent.id).values(changed_at=self.now(), **values)
        )

    def _tries(self, intent: Intent) -> int:
        """With how many nonces it was sent: a transaction that reverted has used its own."""
        nonces = select(func.count(transactions.c.nonce.distinct())).where(transactions.c.intent == intent.id)
        with self.database.reading() as connection:
            return int(connection.execute(nonces).scalar_one())

    def _signed_of(self, connection: Connection, intent: Intent) -> list[Signed]:
        wanted = (transactions.c.intent == intent.id, transactions.c.nonce == intent.nonce)
        columns = ("hash", "nonce", "raw", "most", "tip", "sent_at")
        query = select(*(transactions.c[name] for name in columns)).where(*wanted)
        newest_first = (transactions.c.most.desc(), transactions.c.tip.desc())
        return [
            Signed(row[0], row[1], bytes(row[2]), row[3], row[4], row[5])
            for row in connection.execute(query.order_by(*newest_first))
        ]


def _intent(row: Any) -> Intent:
    fields = {name: row[name] for name in Intent.__dataclass_fields__}
    return Intent(**{**fields, "data": bytes(row["data"]), "value": int(row["value"])})
