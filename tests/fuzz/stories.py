# SPDX-License-Identifier: Apache-2.0
"""What agents anchor: the trees that choices go back to. The model knows only roots."""

from dataclasses import dataclass, field
from random import Random

from fuzz.model.tree import Entry, leaf_hash, path_of, root_of


@dataclass
class Story:
    """A ticket in batches: whose it is, who opened it, and which entry comes next."""

    ticket_id: int
    requester: int
    commitment: int
    agent: int
    next: int = 1
    last_at: int = 0


@dataclass(frozen=True)
class Place:
    """Where an entry stands."""

    root: int
    index: int
    entry: Entry


@dataclass
class Stories:
    """All of them."""

    by_id: dict[int, Story] = field(default_factory=dict)
    recent: list[Story] = field(default_factory=list)
    openings: list[Place] = field(default_factory=list)
    entries: dict[tuple[int, int], list[Place]] = field(default_factory=dict)
    twice: list[tuple[int, int]] = field(default_factory=list)  # tickets and sequences told in two ways
    _trees: dict[int, list[bytes]] = field(default_factory=dict)

    def plant(self, leaves: list[Entry], openings: int) -> int:
        """A tree over these; returns its root."""
        hashes = [leaf_hash(one) for one in leaves]
        root = int.from_bytes(root_of(hashes), "big")
        self._trees[root] = hashes
        for index, entry in enumerate(leaves):
            place = Place(root, index, entry)
            if index < openings:
                self.openings.append(place)
            self.entries.setdefault((entry[0], entry[1]), []).append(place)
        return root

    def path(self, place: Place) -> tuple[int, ...]:
        """The proof of an entry."""
        return tuple(int.from_bytes(one, "big") for one in path_of(self._trees[place.root], place.index))

    def some(self, r: Random) -> Story | None:
        """A story that goes on, the newer ones more often."""
        if not self.recent:
            return None
        return self.recent[-1 - int(len(self.recent) * r.random() ** 3)]
