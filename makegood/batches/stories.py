# SPDX-License-Identifier: Apache-2.0
"""Two stories of one ticket: different entries that were anchored for one sequence of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from makegood.batches.proof import Proof
from makegood.clock import Kind, Status
from makegood.desk import Desk, Shown
from makegood.receipts.node import asking

CLOCKS = Kind.FIRST_REPLY | Kind.NEXT_REPLY | Kind.RESOLUTION
"""What two stories breach."""


def equivocations(proofs: Iterable[Proof]) -> Iterator[tuple[Proof, Proof]]:
    """Pairs of different entries of one ticket and sequence, one pair a sequence."""
    first: dict[int, Proof] = {}
    told: set[int] = set()
    for each in proofs:
        sequence = each.entry.sequence
        one = first.setdefault(sequence, each)
        if one.entry != each.entry and sequence not in told:
            told.add(sequence)
            yield one, each


def moot(desk: Desk, ticket_id: bytes) -> str | None:
    """Why showing two stories changes nothing any more, as the rest of a sentence; None where it does."""
    with asking("proof"):
        if desk.lane.proof(ticket_id) is None:
            return None
        state = desk.ticket(ticket_id)
    if state.status is Status.CLOSED:
        return "the ticket is closed"
    if state.breached & CLOCKS == CLOCKS:
        return "the ticket's three clock kinds are breached already"
    return None


def shown(proof: Proof) -> Shown:
    """A proof as the lane takes it."""
    entry = proof.entry
    return Shown(entry.act, entry.at, entry.actor, entry.digest, proof.batch, proof.index, proof.path)
