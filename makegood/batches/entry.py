# SPDX-License-Identifier: Apache-2.0
"""One entry of a ticket: a leaf of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from hashlib import sha256

from eth_utils.address import to_checksum_address

from makegood.clock import Event
from makegood.errors import EventRefused, MalformedEntry, UsageError

ENTRY_BYTES = 192
"""Six words of 32 bytes."""
LANE = 2
"""Of tickets that a batch opened."""

_WORD = 32
_ACTOR_PADDING = bytes(12)


class Act(IntEnum):
    """What happened to a ticket, as numbered in its entries."""

    OPENED = 0
    REPLIED = 1
    LEFT_PENDING = 2
    SOLVED = 3
    FOLLOWED_UP = 4

    @property
    def event(self) -> Event:
        """The clock's event. Raises EventRefused for an opening, with which the clocks begin."""
        if self is Act.OPENED:
            raise EventRefused(
                "An opened ticket is not opened again.", hint="Its clocks begin with `opened`."
            )
        return _EVENTS[self]


_EVENTS: dict[Act, Event] = {
    Act.REPLIED: "replied",
    Act.LEFT_PENDING: "pending",
    Act.SOLVED: "solved",
    Act.FOLLOWED_UP: "followed_up",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event of a ticket.

    `sequence` counts from 0, the opening. `at` is in seconds since 1970. `actor` is the requester, or the
    human agent who answered, its address in any case. `digest` is of the document; an opening's is the
    commitment. `act` is an `Act`; what was read from a batch may have another number there, or times that
    nothing has: such an entry can be shown to the chain, which passes it over.
    """

    ticket_id: bytes
    sequence: int
    act: int
    at: int
    actor: str
    digest: bytes

    def encoded(self) -> bytes:
        """The leaf: abi_encode(ticket_id, sequence, act, at, actor, digest), 192 bytes.

        Raises UsageError, naming the field, where one does not fit.
        """
        return (
            _digest("ticket_id", self.ticket_id)
            + _number("sequence", self.sequence)
            + _number("act", self.act)
            + _number("at", self.at)
            + _address("actor", self.actor)
            + _digest("digest", self.digest)
        )

    @classmethod
    def decode(cls, leaf: bytes) -> Entry:
        """The entry that a leaf holds. Raises MalformedEntry where no entry has these bytes."""
        if len(leaf) != ENTRY_BYTES:
            raise MalformedEntry(f"An entry has {ENTRY_BYTES} bytes; this one has {len(leaf)}.")
        ticket_id, sequence, act, at, actor, digest = (
            leaf[start : start + _WORD] for start in range(0, ENTRY_BYTES, _WORD)
        )
        if not actor.startswith(_ACTOR_PADDING):
            raise MalformedEntry("The actor of an entry is no address: it has more than 20 bytes.")
        number = int.from_bytes(act, "big")
        return cls(
            ticket_id=ticket_id,
            sequence=int.from_bytes(sequence, "big"),
            act=Act(number) if number in _ACTS else number,
            at=int.from_bytes(at, "big"),
            actor=to_checksum_address(actor[len(_ACTOR_PADDING) :]),
            digest=digest,
        )


_ACTS = frozenset(int(act) for act in Act)


def ticket_id(chain_id: int, desk: str, requester: str, commitment: bytes) -> bytes:
    """The id of a ticket that a batch opens: sha256(abi_encode(chain_id, desk, 2, requester, commitment)).

    Raises UsageError, naming the field, where one does not fit.
    """
    return sha256(
        _number("chain_id", chain_id)
        + _address("desk", desk)
        + _number("lane", LANE)
        + _address("requester", requester)
        + _digest("commitment", commitment)
    ).digest()


def _number(name: str, value: int) -> bytes:
    try:
        return value.to_bytes(_WORD, "big")
    except OverflowError:
        raise UsageError(f"{name} is {value}, which is no number of 256 bits.") from None


def _digest(name: str, value: bytes) -> bytes:
    if len(value) != _WORD:
        raise UsageError(f"{name} has {len(value)} bytes instead of {_WORD}.")
    return value


def _address(name: str, value: str) -> bytes:
    try:
        address = bytes.fromhex(value[2:])
    except ValueError:
        address = b""
    if len(value) != 42 or value[:2] != "0x" or len(address) != 20:
        raise UsageError(f'{name} is "{value}", which is no address.', hint="Give 0x and 40 hex digits.")
    return _ACTOR_PADDING + address
