# SPDX-License-Identifier: Apache-2.0
"""The leaves of two large batches, openings and later entries; those that are shown stand in the middle."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256

from benchmarks.bench import Bench
from makegood.batches import Act, Entry
from makegood.batches.entry import ticket_id
from makegood.desk import KeySigner


@dataclass(frozen=True)
class Ticket:
    """A ticket that is proven: its opening, who opened it, and where it stands."""

    opening: Entry
    requester: KeySigner
    index: int


@dataclass
class Plan:
    """The tickets that are proven, in the middle of the others, and their later entries likewise."""

    bench: Bench
    tickets: int
    openings: list[tuple[KeySigner, Entry]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def first(self) -> int:
        """The index of the first of them."""
        return self.tickets // 2

    def open(self, at: int, requester: KeySigner | None = None) -> Ticket:
        """One more, of somebody new where no requester is given."""
        who = requester or self.bench.account()
        commitment = self.bench.digest()
        opening = self._opening(who.address, commitment, at)
        self.openings.append((who, opening))
        return Ticket(opening, who, self.first + len(self.openings) - 1)

    def enter(self, ticket: Ticket, sequence: int, act: Act, at: int) -> int:
        """A later entry of a ticket; returns its place among `entries`."""
        actor = ticket.requester if act is Act.FOLLOWED_UP else self.bench.agent
        entry = Entry(ticket.opening.ticket_id, sequence, act, at, actor.address, self.bench.digest())
        self.entries.append(entry)
        return len(self.entries) - 1

    def opening_leaves(self) -> Iterator[bytes]:
        """Of the tree of openings."""
        return self._around([opening for _, opening in self.openings], self._other_opening)

    def entry_leaves(self) -> Iterator[bytes]:
        """Of the tree of later entries, as large."""
        return self._around(self.entries, self._other_reply)

    def _around(self, some: list[Entry], other: Callable[[int], Entry]) -> Iterator[bytes]:
        for index in range(self.tickets):
            place = index - self.first
            yield (some[place] if 0 <= place < len(some) else other(index)).encoded()

    def _other_opening(self, index: int) -> Entry:
        commitment = sha256(b"opening %d" % index).digest()
        return self._opening(f"0x{commitment[:20].hex()}", commitment, 0)

    def _other_reply(self, index: int) -> Entry:
        digest = sha256(b"reply %d" % index).digest()
        return Entry(digest, 1, Act.REPLIED, 0, self.bench.agent.address, digest)

    def _opening(self, requester: str, commitment: bytes, at: int) -> Entry:
        desk = self.bench.desk
        name = ticket_id(desk.chain_id, desk.address, requester, commitment)
        return Entry(name, 0, Act.OPENED, at, requester, commitment)
