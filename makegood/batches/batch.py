# SPDX-License-Identifier: Apache-2.0
"""A batch: many entries under one Merkle root, in the order that tells the chain each opening's priority."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, pairwise

from makegood.batches.entry import ENTRY_BYTES, Act, Entry
from makegood.clock import Priority
from makegood.errors import MalformedEntry, NotFound, UsageError
from makegood.merkle import Tree, leaf_hash

MAX_SIZE = 2**24 - 1
"""Leaves that a batch has at most."""

Counts = tuple[int, int, int, int, int]
"""Openings of urgent, high, normal and low tickets, in this order among the leaves, then later entries."""

# What names an entry: its ticket's id and its sequence.
_NAME_BYTES = 64


class Batch:
    """The leaves of a batch with their tree. `Batch.of` makes one; `read_leaves` reads a published one."""

    def __init__(self, leaves: bytes, counts: Counts) -> None:
        """Takes leaves that are in order, one after the other; they are not looked into."""
        if len(leaves) != sum(counts) * ENTRY_BYTES:
            raise UsageError(f"{len(leaves)} bytes are not {sum(counts)} leaves of {ENTRY_BYTES} bytes.")
        self.leaves = leaves
        self.counts = counts

    @classmethod
    def of(cls, openings: Iterable[tuple[Entry, Priority]], later: Iterable[Entry] = ()) -> Batch:
        """A batch of openings, each with its priority, and of later entries.

        Openings of urgent, high, normal and low tickets come first, in this order, then the later entries;
        within each of the five, leaves are sorted by their bytes, which is by ticket id, then by sequence.
        So the same entries make the same batch in whatever order they are given.

        Raises UsageError for no entry, over 2**24 - 1, one that is no opening among the openings or the
        reverse, an act or a field out of its range, and two entries of one ticket and sequence.
        """
        groups: list[list[bytes]] = [[], [], [], [], []]
        for opening, priority in openings:
            if not _is_opening(opening):
                raise _refused(opening, "is no opening", "An opening has sequence 0 and act 0.")
            groups[Priority(priority)].append(opening.encoded())
        for entry in later:
            if not _is_later(entry):
                raise _refused(
                    entry, "is no later entry", "A later entry has sequence 1 or more and act 1 to 4."
                )
            groups[-1].append(entry.encoded())
        size = sum(map(len, groups))
        if not 0 < size <= MAX_SIZE:
            raise UsageError(
                f"{size:,} entries are no batch.",
                hint=f"A batch has 1 to {MAX_SIZE:,}; make several of more.",
            )
        for group in groups:
            group.sort()
        # Four sorted groups are one sorted list at the cost of merging them.
        _refuse_two_of_one_name(sorted(leaf for group in groups[:-1] for leaf in group))
        _refuse_two_of_one_name(groups[-1])
        urgent, high, normal, low, rest = map(len, groups)
        return cls(b"".join(leaf for group in groups for leaf in group), (urgent, high, normal, low, rest))

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self.leaves) // ENTRY_BYTES

    @cached_property
    def tree(self) -> Tree:
        """The tree of its leaves."""
        return Tree(self.each_leaf())

    @property
    def root(self) -> bytes:
        """What is anchored."""
        return self.tree.root

    def leaf(self, index: int) -> bytes:
        """The bytes of one leaf. Raises NotFound where there is none."""
        if not 0 <= index < self.size:
            raise NotFound(f"The batch has no leaf {index}.", hint=f"It has {self.size}, counted from 0.")
        return bytes(self.leaves[index * ENTRY_BYTES : (index + 1) * ENTRY_BYTES])

    def each_leaf(self) -> Iterator[bytes]:
        """The bytes of all leaves, in order."""
        leaves = self.leaves
        return (leaves[at : at + ENTRY_BYTES] for at in range(0, len(leaves), ENTRY_BYTES))

    def entry(self, index: int) -> Entry:
        """The entry that a leaf holds. Raises NotFound, or MalformedEntry where it holds no entry."""
        return Entry.decode(self.leaf(index))

    def priority(self, index: int) -> Priority | None:
        """The priority that the chain gives to an opening at this index; None for a later entry's.

        Raises NotFound where there is no such leaf.
        """
        self.leaf(index)
        ends = list(accumulate(self.counts[:-1]))
        return next((priority for priority in Priority if index < ends[priority]), None)

    def index(self, entry: Entry) -> int:
        """Where an entry stands among the leaves. Raises NotFound where it does not."""
        leaf = entry.encoded()
        # Others than `of` may have ordered the leaves otherwise.
        for start, end in pairwise(accumulate(self.counts, initial=0)):
            found = bisect_left(range(end), leaf, start, key=self.leaf)
            if found < end and self.leaf(found) == leaf:
                return found
        for found in self.beginning_with(leaf):
            return found
        raise NotFound("The entry is not in the batch.", hint="It may be in another one.")

    def beginning_with(self, start: bytes) -> Iterator[int]:
        """The indices of the leaves that begin with these bytes, such as a ticket's id, in order."""
        at = self.leaves.find(start)
        while at >= 0:
            index, within = divmod(at, ENTRY_BYTES)
            if within == 0:
                yield index
            at = self.leaves.find(start, (index + 1) * ENTRY_BYTES)

    def misplaced(self) -> Iterator[int]:
        """The indices at which no honest desk anchors what stands there, in order; none of a batch of `of`.

        Among the openings: what is no opening. Behind them: what is no later entry. Whether an opening has
        its right priority, the batch cannot tell.
        """
        openings = sum(self.counts[:-1])
        for index, leaf in enumerate(self.each_leaf()):
            try:
                entry = Entry.decode(leaf)
            except MalformedEntry:
                yield index
                continue
            if (_is_opening if index < openings else _is_later)(entry):
                continue
            yield index

    def path(self, index: int) -> tuple[bytes, ...]:
        """The inclusion path of one leaf. Raises NotFound where there is none."""
        self.leaf(index)
        return self.tree.path(index)

    def leaf_hash(self, index: int) -> bytes:
        """The hash of one leaf. Raises NotFound where there is none."""
        return leaf_hash(self.leaf(index))


def _is_opening(entry: Entry) -> bool:
    return entry.sequence == 0 and entry.act == Act.OPENED


def _is_later(entry: Entry) -> bool:
    return entry.sequence != 0 and Act.OPENED < entry.act <= Act.FOLLOWED_UP


def _refused(entry: Entry, what: str, hint: str) -> UsageError:
    return UsageError(
        f"The entry of ticket 0x{entry.ticket_id.hex()} with sequence {entry.sequence} and act {entry.act} "
        f"{what}.",
        hint=hint,
    )


def _refuse_two_of_one_name(leaves: Sequence[bytes]) -> None:
    # Sorted, so that the two stand beside each other.
    for one, other in pairwise(leaves):
        if one.startswith(other[:_NAME_BYTES]):
            sequence = int.from_bytes(one[32:_NAME_BYTES], "big")
            raise UsageError(
                f"Ticket 0x{one[:32].hex()} has two entries with sequence {sequence}.",
                hint="Whoever anchors two for one ticket can be shown to have told two stories.",
            )
