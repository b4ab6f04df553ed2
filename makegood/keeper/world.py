# SPDX-License-Identifier: Apache-2.0
"""What duties know and what they act through: the chain's time, the index, the store, the outbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from makegood.batches.kept import Backlog
from makegood.batches.store import Store
from makegood.desk import Call, Desk, KeySigner, chain_errors
from makegood.errors import IndexBehind, MakegoodError, NodeUnreachable
from makegood.indexer.queries import rows
from makegood.indexer.store import Cursor, cursor_of
from makegood.indexer.store import Store as Index
from makegood.keeper.settings import Settings
from makegood.policy import ChainPolicy
from makegood.sending import Intent, Outbox

_ASKED_AGAIN = 30  # seconds after which an intent that was put is put again


@dataclass
class Seen:
    """One state of the index, and the time by which it is judged."""

    connection: Connection
    cursor: Cursor
    desk: str
    now: int

    def rows(self, table: Table, *fits: Any, limit: int | None = None) -> list[dict[str, Any]]:
        """The desk's rows of a table that fit."""
        mine = (table.c.chain == self.cursor.chain, table.c.desk == self.desk)
        return rows(self.connection, select(table).where(*mine, *fits).limit(limit))


@dataclass
class World:
    """Of one keeper. What it sends goes through the outbox; `signer` says for which account.

    `backlog` is what waits to be anchored, `refused` how much never will be, as the duty last saw it.
    """

    desk: Desk
    signer: KeySigner
    outbox: Outbox
    store: Store
    index: Index
    settings: Settings
    backlog: Backlog | None = None
    refused: int | None = None
    _put: dict[str, int] = field(default_factory=dict)
    _policies: dict[int, ChainPolicy] = field(default_factory=dict)
    _now: int | None = None

    @property
    def account(self) -> str:
        """The address that sends, checksummed."""
        return self.signer.address

    def new_round(self) -> None:
        """Forget what is true for one round only."""
        self._now = None
        now = self.outbox.now()
        self._put = {key: at for key, at in self._put.items() if now - _ASKED_AGAIN < at <= now}

    @property
    def now(self) -> int:
        """The time that the next block may have, in Unix seconds; one a round."""
        if self._now is None:
            self._now = self._asked_now()
        return self._now

    def _asked_now(self) -> int:
        eth = self.desk.w3.eth
        with chain_errors("eth_getBlockByNumber"):
            latest = int(eth.get_block("latest")["timestamp"])
        try:
            with chain_errors("eth_getBlockByNumber"):
                return max(latest, int(eth.get_block("pending")["timestamp"]))
        except NodeUnreachable:
            raise
        except MakegoodError:
            return latest

    @cached_property
    def place(self) -> str:
        """The desk as the index and the keys of intents write it."""
        return str(self.desk.address).lower()

    def policy(self, policy_id: int) -> ChainPolicy:
        """A published policy; it never changes."""
        if policy_id not in self._policies:
            self._policies[policy_id] = self.desk.policy(policy_id)
        return self._policies[policy_id]

    @contextmanager
    def seen(self) -> Iterator[Seen]:
        """What the index says. Raises IndexBehind where it lacks what this account has done."""
        newest = self.outbox.newest_block()
        with self.index.reading() as connection:
            cursor = cursor_of(connection, self.desk.chain_id)
            if cursor is None:
                raise IndexBehind(
                    "The index has nothing of this chain yet.", hint="Run `makegood index run`."
                )
            if cursor.head_number < newest:
                raise IndexBehind(f"The index is at block {cursor.head_number}, this account at {newest}.")
            yield Seen(connection, cursor, self.place, self.now)

    def put(self, key: str, what: str, call: Call[Any]) -> Intent | None:
        """Have a call sent once; None where it was put a moment ago."""
        if key in self._put:
            return None
        intent = self.outbox.put(key, what, call)
        self._put[key] = self.outbox.now()
        return intent
