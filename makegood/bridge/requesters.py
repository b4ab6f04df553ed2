# SPDX-License-Identifier: Apache-2.0
"""Who a ticket's requester is on chain: a known address, one that the customer's browser made, or one of
the desk's.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256

from coincurve import PrivateKey
from eth_utils.address import is_address, to_checksum_address
from eth_utils.crypto import keccak
from sqlalchemy import delete, select, update
from sqlalchemy.engine import Connection

from makegood.bridge.kept import Kept, added
from makegood.bridge.schema import WAITING, claims, messages, requesters
from makegood.bridge.settings import Settings

TOKEN_BYTES = 32
CLAIM_WITHIN = 30 * 86_400
"""Seconds in which an invitation can be taken up."""

_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@dataclass(frozen=True, slots=True)
class Requester:
    """An address, and whether the desk holds its key."""

    address: str
    held_by_desk: bool


class Requesters:
    """The requesters of a bridge: customers by their digests."""

    def __init__(self, kept: Kept, settings: Settings) -> None:
        self._kept, self._settings = kept, settings
        self._known = {
            (source, kept.digest_of(source, name)): address
            for source, table in settings.words.items()
            for name, address in table.requesters.items()
        }

    def known(self, connection: Connection, source: str, customer: str) -> Requester | None:
        """Whose address is known by now: from the operator's table, or from the customer."""
        if address := self._known.get((source, customer)):
            return Requester(address, held_by_desk=False)
        query = select(requesters.c.address, requesters.c.held_by_desk).where(
            requesters.c.source == source, requesters.c.customer == customer
        )
        row = connection.execute(query).first()
        return None if row is None else Requester(row[0], bool(row[1]))

    def made(self, connection: Connection, source: str, customer: str, now: int) -> Requester:
        """One whose key the desk holds, kept from now on."""
        found = Requester(address_of(self.key_of(source, customer)), held_by_desk=True)
        values = {"source": source, "customer": customer, "address": found.address}
        connection.execute(added(connection, requesters).values(**values, held_by_desk=True, since=now))
        return found

    def key_of(self, source: str, customer: str) -> bytes:
        """The key that the desk holds for a customer: always the same one of its secret."""
        said = f"makegood/desk-held/1\n{self._kept.chain_id}\n{self._kept.desk.lower()}\n{source}\n{customer}"
        digest = hmac.new(self._settings.requester_secret, said.encode(), sha256).digest()
        return (int.from_bytes(digest, "big") % (_ORDER - 1) + 1).to_bytes(32, "big")

    def invite(self, connection: Connection, source: str, customer: str, now: int) -> str:
        """A secret with which this customer, and nobody else, can name an address."""
        token = secrets.token_urlsafe(TOKEN_BYTES)
        values = {
            "token": _digest(token),
            "source": source,
            "customer": customer,
            "until": now + CLAIM_WITHIN,
        }
        connection.execute(added(connection, claims).values(**values))
        return token

    def invited(self, token: str, now: int) -> Requester | bool:
        """What an invitation stands for: True where it can be taken up, whom it was taken up for, False for
        none.
        """
        with self._kept.database.reading() as connection:
            found = self._claim(connection, token, now)
            return False if found is None else self.known(connection, *found) or True

    def claim(self, token: str, address: str, now: int) -> Requester | None:
        """Take up an invitation; what was named first stays. None where there is no such invitation."""
        with self._kept.writing() as connection:
            found = self._claim(connection, token, now)
            if found is None:
                return None
            source, customer = found
            values = {"source": source, "customer": customer, "address": to_checksum_address(address)}
            connection.execute(added(connection, requesters).values(**values, held_by_desk=False, since=now))
            # Its tickets need not wait any longer.
            waits = (
                messages.c.state == WAITING,
                messages.c.source == source,
                messages.c.content.contains(customer),
            )
            connection.execute(update(messages).where(*waits).values(not_before=now))
            return self.known(connection, source, customer)

    def held_by_desk(self, address: str) -> bool:
        """Whether the desk holds the key of a requester's address."""
        return self._held(address) is not None

    def key_for(self, address: str) -> bytes | None:
        """The key of a requester's address where the desk holds it: to prove and to collect for them."""
        held = self._held(address)
        return None if held is None else self.key_of(*held)

    def held_since(self, since: int) -> Iterator[tuple[str, Callable[[], bytes], int]]:
        """Addresses whose keys the desk holds, the oldest first: each with its key, and since when."""
        table = requesters.c
        query = select(table.address, table.source, table.customer, table.since)
        fits = (table.held_by_desk, table.since >= since)
        with self._kept.database.reading() as connection:
            rows = connection.execute(query.where(*fits).order_by(table.since)).all()
        for address, source, customer, made in rows:
            yield address, partial(self.key_of, source, customer), made

    def _held(self, address: str) -> tuple[str, str] | None:
        if not is_address(address):
            return None
        of = (requesters.c.address == to_checksum_address(address), requesters.c.held_by_desk)
        with self._kept.database.reading() as connection:
            query = select(requesters.c.source, requesters.c.customer).where(*of)
            row = connection.execute(query.limit(1)).first()
        return None if row is None else (row[0], row[1])

    def expire(self, now: int) -> None:
        """Forget invitations that can no longer be taken up."""
        with self._kept.writing() as connection:
            connection.execute(delete(claims).where(claims.c.until < now))

    @staticmethod
    def _claim(connection: Connection, token: str, now: int) -> tuple[str, str] | None:
        query = select(claims.c.source, claims.c.customer).where(
            claims.c.token == _digest(token), claims.c.until >= now
        )
        row = connection.execute(query).first()
        return None if row is None else (row[0], row[1])


def address_of(key: bytes) -> str:
    """The address of a private key."""
    public = PrivateKey(key).public_key.format(compressed=False)[1:]
    return to_checksum_address(keccak(public)[-20:])


def _digest(token: str) -> str:
    return sha256(token.encode("utf-8", "surrogateescape")).hexdigest()
