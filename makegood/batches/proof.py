# SPDX-License-Identifier: Apache-2.0
"""What proves an entry on chain: where it stands in an anchored batch, and its path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from makegood.batches.batch import Batch
from makegood.batches.entry import Entry
from makegood.errors import MalformedEntry
from makegood.merkle import leaf_hash, verify


@dataclass(frozen=True, slots=True)
class Proof:
    """An entry of the batch with this number on chain, its index among the leaves, and its inclusion path."""

    batch: int
    index: int
    entry: Entry
    path: tuple[bytes, ...]

    def holds(self, root: bytes, size: int) -> bool:
        """Whether it proves the entry in a batch with this root and so many leaves."""
        return verify(root, leaf_hash(self.entry.encoded()), self.index, size, self.path)

    def shown(self) -> tuple[Any, ...]:
        """The fields of IBatchLane.Shown, for `prove_entries` and `prove_equivocation`."""
        entry = self.entry
        return entry.act, entry.at, entry.actor, entry.digest, self.batch, self.index, list(self.path)


def prove(batch: Batch, number: int, index: int) -> Proof:
    """The proof of the entry at an index of a batch; `number` is the batch's on chain.

    Raises NotFound where there is no such leaf, MalformedEntry where it holds no entry.
    """
    return Proof(number, index, batch.entry(index), batch.path(index))


def proofs_of(ticket_id: bytes, batches: Mapping[int, Batch]) -> list[Proof]:
    """All entries of a ticket in batches by their number on chain, sorted by sequence, batch and index.

    Two of one sequence that differ are an equivocation. A leaf that begins with the id and holds no entry
    is left out: it cannot be shown.
    """
    found = []
    for number, batch in batches.items():
        for index in batch.beginning_with(ticket_id):
            try:
                found.append(prove(batch, number, index))
            except MalformedEntry:
                continue
    return sorted(found, key=lambda proof: (proof.entry.sequence, proof.batch, proof.index))
