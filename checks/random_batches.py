# SPDX-License-Identifier: Apache-2.0
"""What is anchored, published, proven and challenged, one ticket's contradicting entries among it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.random_policy import HOUR, UNIT
from checks.random_tickets import Actions
from makegood.batches import Act, Batch, Entry, prove, ticket_id, write_leaves
from makegood.clock import Priority
from makegood.desk import KeySigner, Shown

if TYPE_CHECKING:
    from checks.random_desk import RandomDesk


@dataclass
class Anchored:
    """A batch and what it is on chain, unless it was taken back."""

    number: int
    batch: Batch
    openings: list[Entry]


class Batches:
    """The lane and its leaves, of which one in ten batches' are never published."""

    def __init__(self, house: RandomDesk) -> None:
        self._house = house
        self._lane = house.desk.lane
        self._pick = house.random.choice
        self._anchored: list[Anchored] = []
        self._proven: list[Entry] = []
        # By ticket: the batches of its later entries by their sequence, and two of one sequence.
        self._noted: dict[bytes, list[Anchored]] = {}
        self._twins: dict[bytes, tuple[int, Anchored, Anchored]] = {}

    def actions(self) -> Actions:
        """By name."""
        return {
            "anchor": (4, self._anchor),
            "note": (8, self._note),
            "prove": (7, self._prove),
            "show": (12, self._show),
            "end": (3, self._end),
            "equivocate": (4, self._equivocate),
            "release": (1, self._release),
        }

    def _anchor(self) -> None:
        house = self._house
        at = house.now() - house.random.randrange(HOUR)
        openings = []
        for _ in range(house.random.randrange(1, 6)):
            requester, commitment = self._pick([house.one, house.other]).address, house.digest()
            name = ticket_id(house.desk.chain_id, house.desk.address, requester, commitment)
            openings.append(
                (Entry(name, 0, Act.OPENED, at, requester, commitment), self._pick(list(Priority)))
            )
        # Later entries of the successor's count only once it was named.
        who = self._pick([house.agent] * 4 + [house.successor])
        self._publish(Batch.of(openings), [entry for entry, _ in openings], who)

    def _note(self) -> None:
        batches = [each for each in self._anchored if each.openings]
        opening = self._pick(self._proven[-2:] or self._pick(batches).openings)
        noted = self._noted.setdefault(opening.ticket_id, [])
        again = bool(noted) and self._house.random.random() < 0.2
        act = self._pick(list(Act)[1:])
        actor = opening.actor if act is Act.FOLLOWED_UP else self._house.agent.address
        sequence = len(noted) + (not again)
        entry = Entry(opening.ticket_id, sequence, act, self._house.now(), actor, self._house.digest())
        self._publish(Batch.of([], [entry]), [], self._house.agent)
        if again:
            self._twins[opening.ticket_id] = (sequence, noted[-1], self._anchored[-1])
        else:
            noted.append(self._anchored[-1])

    def _publish(self, batch: Batch, openings: list[Entry], who: KeySigner) -> None:
        if self._house.random.random() < 0.9:
            write_leaves(batch, self._house.leaves)
        number = self._lane.batch_count() + 1
        self._house.send(self._lane.anchor_batch(1, batch.root, batch.counts, self._house.address), who)
        self._anchored.append(Anchored(number, batch, openings))

    def _prove(self) -> None:
        house = self._house
        one = self._pick([each for each in self._anchored if each.openings][-8:])
        opening = self._pick(one.openings)
        found = prove(one.batch, one.number, one.batch.index(opening))
        call = self._lane.prove_ticket(
            one.number, found.index, found.path, opening.actor, opening.digest, opening.at, value=UNIT
        )
        house.send(call, house.one if opening.actor == house.one.address else house.other)
        house.know(opening.ticket_id)
        self._proven = [*self._proven[-3:], opening]

    def _show(self) -> None:
        opening = self._pick(self._proven[-2:])
        proof = self._lane.proof(opening.ticket_id)
        if proof is None:
            return
        shown = [_shown(one) for one in self._noted.get(opening.ticket_id, [])[proof.sequence - 1 :][:3]]
        if shown:
            call = self._lane.prove_entries(opening.ticket_id, proof.sequence, shown)
            self._house.send(call, self._house.anyone)

    def _end(self) -> None:
        opening = self._pick(self._proven)
        self._house.later(6 * HOUR, 0.3)
        call = self._lane.end_challenge(
            opening.ticket_id, claim=self._pick([True, False]), collect=self._pick([True, False])
        )
        self._house.send(call, self._house.anyone)

    def _equivocate(self) -> None:
        opening = self._pick([each for each in self._proven if each.ticket_id in self._twins])
        sequence, one, other = self._twins[opening.ticket_id]
        call = self._lane.prove_equivocation(opening.ticket_id, sequence, _shown(one), _shown(other))
        self._house.send(call, self._house.anyone)

    def _release(self) -> None:
        one = self._pick(self._anchored)
        self._house.send(self._lane.release_batch(one.number), self._house.anyone)


def _shown(one: Anchored) -> Shown:
    found = prove(one.batch, one.number, 0)
    entry = found.entry
    return Shown(entry.act, entry.at, entry.actor, entry.digest, one.number, 0, found.path)
