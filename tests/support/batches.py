# SPDX-License-Identifier: Apache-2.0
"""Batches of a desk under test: RFC 9162 trees by the RFC's own definitions, entries, proofs, challenges.

Nothing here is the package's: roots, paths and ids are computed from the texts.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from disputes import give
from eth_abi import encode
from house import ETH, URGENT, House, now, travel_to

OPENED, REPLIED, LEFT_PENDING, SOLVES, FOLLOWED_UP = range(5)
LANE_BATCH = 2
ENTRY = ["bytes32", "uint256", "uint256", "uint256", "address", "bytes32"]


# ---------------------------------------------------------------- trees


def leaf_hash(data: bytes) -> bytes:
    """Section 2.1.1: what a leaf is hashed to."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Section 2.1.1: what two subtrees are hashed to."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    k = 1
    while 2 * k < size:
        k *= 2
    return k


def directions(index: int, size: int) -> tuple[bool, ...]:
    """Whether each hash of a path stands on the left, from the leaf up."""
    if size == 1:
        return ()
    k = split(size)
    if index < k:
        return (*directions(index, k), False)
    return (*directions(index - k, size - k), True)


class Tree:
    """A tree over some leaves; every subtree is hashed once."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        self.leaves = list(leaves)
        self._hashes: dict[tuple[int, int], bytes] = {}

    @property
    def root(self) -> bytes:
        """Section 2.1.1, MTH of all leaves."""
        return self._hash(0, len(self.leaves))

    def path(self, index: int) -> list[bytes]:
        """Section 2.1.3.1, PATH of a leaf."""
        return self._path(index, 0, len(self.leaves))

    def _hash(self, begin: int, end: int) -> bytes:
        if end - begin == 1:
            return leaf_hash(self.leaves[begin])
        if (begin, end) not in self._hashes:
            middle = begin + split(end - begin)
            self._hashes[begin, end] = node_hash(self._hash(begin, middle), self._hash(middle, end))
        return self._hashes[begin, end]

    def _path(self, index: int, begin: int, end: int) -> list[bytes]:
        if end - begin == 1:
            return []
        middle = begin + split(end - begin)
        if index < middle:
            return [*self._path(index, begin, middle), self._hash(middle, end)]
        return [*self._path(index, middle, end), self._hash(begin, middle)]


# ---------------------------------------------------------------- entries


@dataclass(frozen=True)
class Entry:
    """One event of a ticket, as a batch holds it."""

    ticket_id: bytes
    sequence: int
    act: int
    at: int
    actor: str
    digest: bytes

    @property
    def data(self) -> bytes:
        """The six words of the leaf."""
        return encode(
            ENTRY,
            [self.ticket_id, self.sequence, self.act, self.at, str(self.actor), self.digest],
        )

    def on_chain(self) -> tuple[Any, ...]:
        """In the order of IBatchLane.Entry."""
        return (self.ticket_id, self.sequence, self.act, self.at, self.actor, self.digest)


@dataclass
class Ticket:
    """A ticket that a batch opens, and the entries that were made for it."""

    requester: str
    priority: int
    commitment: bytes
    at: int
    id: bytes
    entries: list[Entry] = field(default_factory=list)

    @property
    def opening(self) -> Entry:
        """Its first entry."""
        return Entry(self.id, 0, OPENED, self.at, self.requester, self.commitment)


@dataclass(frozen=True)
class Batch:
    """An anchored batch with its leaves."""

    number: int
    entries: list[Entry]
    counts: list[int]
    tree: Tree
    anchored_at: int

    def index(self, entry: Entry) -> int:
        """Where an entry stands."""
        return self.entries.index(entry)

    def path(self, entry: Entry) -> list[bytes]:
        """Its path."""
        return self.tree.path(self.index(entry))

    def shown(self, entry: Entry) -> tuple[Any, ...]:
        """An entry and its place, in the order of IBatchLane.Shown."""
        return (
            entry.act,
            entry.at,
            entry.actor,
            entry.digest,
            self.number,
            self.index(entry),
            self.path(entry),
        )


# ---------------------------------------------------------------- a desk's batches


@dataclass
class Batches:
    """What a desk's agent, its requesters and others do with batches."""

    house: House
    _places: dict[Entry, Batch] = field(default_factory=dict)

    def ticket(self, priority: int = URGENT, requester: str | None = None, at: int | None = None) -> Ticket:
        """A ticket that no batch opened yet."""
        requester, commitment = str(requester or self.house.requester), self.house.digest()
        return Ticket(
            requester,
            priority,
            commitment,
            now() if at is None else at,
            self.house.ticket_id(LANE_BATCH, requester, commitment),
        )

    def entry(self, ticket: Ticket, act: int, at: int | None = None, actor: str | None = None) -> Entry:
        """The ticket's next entry; a follow-up is its requester's, all else the human agent's."""
        author = actor or (ticket.requester if act == FOLLOWED_UP else self.house.human)
        made = Entry(
            ticket.id,
            len(ticket.entries) + 1,
            act,
            now() if at is None else at,
            author,
            self.house.digest(),
        )
        ticket.entries.append(made)
        return made

    def anchor(
        self,
        tickets: Sequence[Ticket] = (),
        later: Sequence[Entry] = (),
        *,
        counts: list[int] | None = None,
        policy_id: int | None = None,
        must_back: bool = False,
        sender: str | None = None,
    ) -> Batch:
        """Anchors openings by priority, then later entries; false `counts` are the test's."""
        ordered = sorted(tickets, key=lambda ticket: ticket.priority)
        entries = [ticket.opening for ticket in ordered] + list(later)
        true_counts = [sum(ticket.priority == priority for ticket in tickets) for priority in range(4)]
        counts = counts or [*true_counts, len(later)]
        tree = Tree([entry.data for entry in entries])
        number = self.house.lane.anchor_batch(
            policy_id or self.house.policy_id,
            tree.root,
            counts,
            "",
            must_back,
            sender=sender or self.house.human,
        )
        batch = Batch(number, entries, counts, tree, now())
        self._places.update(dict.fromkeys(entries, batch))
        return batch

    def opened(self, priority: int = URGENT, requester: str | None = None) -> Ticket:
        """A ticket in an anchored batch of its own."""
        ticket = self.ticket(priority, requester)
        self.anchor([ticket])
        return ticket

    def noted(self, ticket: Ticket, act: int, at: int | None = None, actor: str | None = None) -> Entry:
        """The ticket's next entry, in an anchored batch of its own."""
        entry = self.entry(ticket, act, at, actor)
        self.anchor(later=[entry])
        return entry

    def batch_of(self, entry: Entry) -> Batch:
        """The batch that an entry was anchored in last."""
        return self._places[entry]

    def proof_of(self, ticket: Ticket, batch: Batch | None = None) -> list[Any]:
        """The arguments of `prove_ticket`."""
        batch = batch or self.batch_of(ticket.opening)
        index = batch.index(ticket.opening)
        return [
            batch.number,
            index,
            batch.tree.path(index),
            ticket.requester,
            ticket.commitment,
            ticket.at,
        ]

    def prove(
        self,
        ticket: Ticket,
        batch: Batch | None = None,
        sender: str | None = None,
        *,
        bond: int | None = None,
    ) -> int:
        """Proves a ticket with its bond, and gives the time of it."""
        sender = sender or ticket.requester
        bond = self.house.policy.prove_bond if bond is None else bond
        give(self.house, sender, bond)
        value = bond if self.house.asset == ETH else 0
        self.house.lane.prove_ticket(*self.proof_of(ticket, batch), value=value, sender=sender)
        return now()

    def proven(self, priority: int = URGENT) -> Ticket:
        """A ticket anchored and proven in the same second."""
        ticket = self.opened(priority)
        self.prove(ticket)
        return ticket

    def shown(self, entries: Sequence[Entry]) -> list[tuple[Any, ...]]:
        """Entries with the places where they were anchored last."""
        return [self.batch_of(entry).shown(entry) for entry in entries]

    def show(
        self, ticket: Ticket, entries: Sequence[Entry], first: int | None = None, sender: str | None = None
    ) -> None:
        """Shows entries; by default the first is the one that comes first."""
        first = entries[0].sequence if first is None else first
        self.house.lane.prove_entries(
            ticket.id, first, self.shown(entries), sender=sender or self.house.human
        )

    def last_second(self, ticket: Ticket) -> int:
        """Of its challenge window."""
        return int(self.house.lane.proof(ticket.id).proven_at) + self.house.policy.challenge_window

    def half(self, ticket: Ticket) -> int:
        """The last second of the first half of its challenge window."""
        return int(self.house.lane.proof(ticket.id).proven_at) + self.house.policy.challenge_window // 2

    def end(
        self,
        ticket: Ticket,
        *,
        claim: bool = False,
        collect: bool = False,
        sender: str | None = None,
    ) -> None:
        """Ends a challenge, at the first second after its window if that is to come."""
        travel_to(max(now(), self.last_second(ticket) + 1))
        self.house.lane.end_challenge(ticket.id, claim, collect, sender=sender or self.house.stranger)


def tampered(entry: Entry, **changes: Any) -> Entry:
    """The entry with other fields."""
    return replace(entry, **changes)
