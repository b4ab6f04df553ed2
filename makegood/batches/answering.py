# SPDX-License-Identifier: Apache-2.0
"""What a desk has to show for a challenged ticket: the entries that it anchored and that are to count."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from makegood.batches.batch import Batch
from makegood.batches.entry import Act
from makegood.batches.forecast import forecast
from makegood.batches.handing_out import leaves_of
from makegood.batches.proof import Proof, proofs_of
from makegood.batches.store import ANCHORED, Store
from makegood.batches.stories import shown
from makegood.desk import MAX_ENTRIES, Call, Desk


@dataclass(frozen=True)
class Answer:
    """What can be shown now of a challenged ticket, in sequence, and what comes too late for this half.

    `until` is the last second of its window; one that is not `open` takes nothing more.
    """

    ticket_id: bytes
    until: int
    open: bool
    showable: tuple[Proof, ...]
    too_late: int

    def calls(self, desk: Desk) -> list[Call[None]]:
        """The calls that show it, of which the chain takes each only after the one before."""
        calls = []
        for start in range(0, len(self.showable), MAX_ENTRIES):
            some = self.showable[start : start + MAX_ENTRIES]
            entries = [shown(proof) for proof in some]
            calls.append(desk.lane.prove_entries(self.ticket_id, some[0].entry.sequence, entries))
        return calls


def answer(desk: Desk, ticket_id: bytes, batches: Mapping[int, Batch], now: int) -> Answer | None:
    """What is left to show of a ticket from these batches; None where it was never proven."""
    proof = desk.lane.proof(ticket_id)
    if proof is None:
        return None
    state = desk.ticket(ticket_id)
    window = forecast(state, desk.policy(state.policy_id), now, proof)
    if not state.challenged or now > window.until:
        return Answer(ticket_id, window.until, False, (), 0)
    showable: list[Proof] = []
    left = list(_next(proofs_of(ticket_id, dict(batches)), batches, proof.sequence))
    for each in left:
        late = each.entry.act != Act.FOLLOWED_UP and desk.lane.batch(each.batch).anchored_at <= window.half
        if now > window.half and late:
            break
        showable.append(each)
    return Answer(ticket_id, window.until, True, tuple(showable), len(left) - len(showable))


def batches_in(store: Store, ticket_id: bytes) -> dict[int, Batch]:
    """The anchored batches of a store with entries of a ticket, by their numbers."""
    kept = [each for each in store.batches_of(ticket_id) if each.state == ANCHORED]
    return {each.number: leaves_of(store, each) for each in kept if each.number is not None}


def _next(proofs: Sequence[Proof], batches: Mapping[int, Batch], sequence: int) -> Iterator[Proof]:
    """The entries from a sequence on, each once, up to the first that is missing."""
    for each in proofs:
        # Only later entries can be shown.
        if each.entry.sequence == sequence and each.index >= sum(batches[each.batch].counts[:4]):
            yield each
            sequence += 1
