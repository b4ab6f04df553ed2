# SPDX-License-Identifier: Apache-2.0
"""What every page asks of the index, once a request."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar

from eth_utils.address import to_checksum_address
from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from makegood.errors import NotIndexed
from makegood.explorer import fetching
from makegood.explorer.fetching import Found, Statement
from makegood.explorer.holders import Holders
from makegood.explorer.languages import clean, token_of
from makegood.explorer.phrases import Hex, Link, Moment, Relative, Sentence, Token
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row
from makegood.indexer.store import Cursor
from makegood.indexer.terms import read
from makegood.policy import ChainPolicy

T = TypeVar("T")
_CURSORS = Statement(select(schema.chains).order_by(schema.chains.c.chain))
_MOST_REMEMBERED = 1_000


@dataclass(frozen=True, slots=True)
class DeskRow:
    """A desk's row with its asset as it is shown."""

    row: Row
    token: Token

    @property
    def chain(self) -> int:
        """The id of its chain."""
        return int(self.row["chain"])

    @property
    def address(self) -> str:
        """As the index has it."""
        return str(self.row["desk"])

    @property
    def name(self) -> str:
        """What it calls itself, which anyone can."""
        return clean(self.row["name"], 60) or shown_address(self.address)

    @property
    def path(self) -> str:
        """Of its page."""
        return f"/desk/{self.chain}/{self.address}"

    @property
    def link(self) -> Link:
        """To its page."""
        return Link(self.name, self.path)


@lru_cache(maxsize=65_536)
def shown_address(address: str) -> str:
    """With its checksum, as wallets show it."""
    return str(to_checksum_address(address))


class Memory:
    """What was asked of one state of the index, for the next who asks: most states last for many pages."""

    def __init__(self, revisions: tuple[tuple[int, int], ...]) -> None:
        self.revisions = revisions
        self._found: dict[Hashable, Any] = {}

    def get(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What was found under this key, or what asking finds now."""
        if key in self._found:
            return self._found[key]  # type: ignore[no-any-return]
        found = ask()
        if len(self._found) < _MOST_REMEMBERED:
            self._found[key] = found
        return found


class Reader:
    """One state of the index, and what time it is on each chain."""

    def __init__(
        self,
        connection: Connection,
        wall: int,
        memory: Memory | None = None,
        holders: Holders | None = None,
    ) -> None:
        """`memory` is what was asked before, which counts where the index has not changed since."""
        self.connection = connection
        self.wall = wall
        self.cursors: dict[int, Cursor] = {row["chain"]: Cursor(**row) for row in _CURSORS.rows(connection)}
        revisions = tuple((each.chain, each.revision) for each in self.cursors.values())
        self.memory = memory if memory and memory.revisions == revisions else Memory(revisions)
        self._tickets: dict[tuple[int, str], Row | None] = {}
        self._holders = holders

    def remembered(self, key: Hashable, ask: Callable[[], T]) -> T:
        """What depends on nothing but the state of the index, asked once for all readers of it."""
        return self.memory.get(key, ask)

    def now(self, chain: int) -> int:
        """The chain's time: a local chain's may run ahead of the world's, none runs behind it."""
        cursor = self.cursors.get(chain)
        if cursor is None:
            return self.wall
        return max(self.wall, cursor.head_time + max(0, self.wall - cursor.written_at))

    def desk(self, chain: int, address: str) -> DeskRow:
        """Raises NotIndexed."""
        found = self.remembered((schema.desks, chain, address), lambda: self._desk(chain, address))
        if found is None:
            raise NotIndexed(
                Sentence("This index has no such desk."),
                Sentence(
                    "Check the address and the chain. A desk that is not here may still be a true one: "
                    "ask its operator where it is indexed, or ask the chain yourself."
                ),
            )
        return found

    def _desk(self, chain: int, address: str) -> DeskRow | None:
        row = self.one(schema.desks, chain=chain, desk=address)
        return None if row is None else DeskRow(row, token_of(row["asset_symbol"], row["asset_decimals"]))

    def policy(self, chain: int, desk: str, policy_id: int) -> ChainPolicy | None:
        """A published policy."""
        key = (schema.policies, chain, desk, policy_id)
        return self.remembered(key, lambda: self._policy(chain, desk, policy_id))

    def _policy(self, chain: int, desk: str, policy_id: int) -> ChainPolicy | None:
        row = self.one(schema.policies, chain=chain, desk=desk, policy_id=policy_id)
        return None if row is None else read(row["terms"])

    def ticket(self, chain: int, ticket_id: str) -> Row | None:
        """A ticket's row, read once a request."""
        key = (chain, ticket_id)
        if key not in self._tickets:
            self._tickets[key] = self.one(schema.tickets, chain=chain, ticket_id=ticket_id)
        return self._tickets[key]

    def desk_holds(self, address: str) -> bool:
        """Whether the desk itself has the key of a requester's address; no index knows that."""
        return self._holders is not None and self._holders.desk_holds(shown_address(address))

    # ------------------------------------------------------------ rows

    def one(self, table: Table, **key: Any) -> Found | None:
        """The first row with these values."""
        return fetching.one(self.connection, table, **key)

    def listed(self, table: Table, *order: str, most: int | None = None, **key: Any) -> list[Found]:
        """Rows with these values, by these columns; one after a `-` has the largest first."""
        return fetching.listed(self.connection, table, *order, most=most, **key)

    # ------------------------------------------------------------ things to show

    def moment(self, chain: int, at: int) -> Moment:
        """A time of this chain."""
        return Moment(at, self.now(chain))

    def relative(self, chain: int, at: int) -> Relative:
        """How far it is from the chain's now."""
        return Relative(at, self.now(chain))

    def finality(self, chain: int, block_number: int) -> str:
        """How sure it is that what this block did stays."""
        cursor = self.cursors.get(chain)
        return "seen" if cursor is None else queries.finality(cursor, block_number)


def person(address: str, chain: int) -> Hex:
    """Somebody's address with its page."""
    return Hex(shown_address(address), f"/address/{address}" if chain >= 0 else "")


def ticket_link(chain: int, ticket_id: str) -> Hex:
    """A ticket's id with its page."""
    return Hex(ticket_id, f"/ticket/{chain}/{ticket_id}")
