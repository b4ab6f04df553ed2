# SPDX-License-Identifier: Apache-2.0
"""What every page asks of the index, once a request."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from eth_utils.address import to_checksum_address
from sqlalchemy.engine import Connection

from makegood.explorer.languages import clean, token_of
from makegood.explorer.phrases import Hex, Link, Moment, Relative, Sentence, Token
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row
from makegood.indexer.store import Cursor
from makegood.policy import ChainPolicy


class Unknown(Exception):
    """The index has no such thing. `what` says so, `then` what to do."""

    def __init__(self, what: Sentence, then: Sentence) -> None:
        super().__init__(what.text)
        self.what, self.then = what, then


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


class Reader:
    """One state of the index, and what time it is on each chain."""

    def __init__(self, connection: Connection, wall: int) -> None:
        self.connection = connection
        self.wall = wall
        self.cursors: dict[int, Cursor] = {each.chain: each for each in queries.cursors(connection)}
        self._desks: dict[tuple[int, str], DeskRow | None] = {}
        self._policies: dict[tuple[int, str, int], ChainPolicy | None] = {}
        self._tickets: dict[tuple[int, str], Row | None] = {}

    def now(self, chain: int) -> int:
        """The chain's time: a local chain's may run ahead of the world's, none runs behind it."""
        cursor = self.cursors.get(chain)
        if cursor is None:
            return self.wall
        return max(self.wall, cursor.head_time + max(0, self.wall - cursor.written_at))

    def desk(self, chain: int, address: str) -> DeskRow:
        """Raises Unknown."""
        key = (chain, address)
        if key not in self._desks:
            row = queries.one(self.connection, schema.desks, chain=chain, desk=address)
            token = None if row is None else token_of(row["asset_symbol"], row["asset_decimals"])
            self._desks[key] = None if row is None or token is None else DeskRow(row, token)
        found = self._desks[key]
        if found is None:
            raise Unknown(
                Sentence("This index has no such desk."),
                Sentence(
                    "Check the address and the chain. A desk that is not here may still be a true one: "
                    "ask its operator where it is indexed, or ask the chain yourself."
                ),
            )
        return found

    def policy(self, chain: int, desk: str, policy_id: int) -> ChainPolicy | None:
        """A published policy, read once a request."""
        key = (chain, desk, policy_id)
        if key not in self._policies:
            self._policies[key] = queries.policy_of(self.connection, chain, desk, policy_id)
        return self._policies[key]

    def ticket(self, chain: int, ticket_id: str) -> Row | None:
        """A ticket's row, read once a request."""
        key = (chain, ticket_id)
        if key not in self._tickets:
            found = queries.one(self.connection, schema.tickets, chain=chain, ticket_id=ticket_id)
            self._tickets[key] = found
        return self._tickets[key]

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
