# SPDX-License-Identifier: Apache-2.0
"""The batch lane: batches, proofs, challenges; section 8 of the specification."""

from typing import TYPE_CHECKING

from fuzz.model.batches import Batch, Proof, Shown
from fuzz.model.people import HUMAN, MAX_UNTIL
from fuzz.model.policy import MAX_TIME
from fuzz.model.reasons import LOCKED, Reasons, refusals
from fuzz.model.ticket import CLOCKS, CLOSED, FOLLOWED_UP, SOLVED, Ticket
from fuzz.model.tree import implied_root, leaf_hash

if TYPE_CHECKING:
    from fuzz.model import Model

MAX_SIZE = 2**24 - 1


class Lane:
    """Batches by number, from 1 on; proofs stand with their tickets."""

    def __init__(self, model: "Model") -> None:
        self.m = model
        self.batches: list[Batch] = []
        self.is_locked = False

    def batch(self, number: int) -> Batch | None:
        """Anchored, or none."""
        return self.batches[number - 1] if 1 <= number <= len(self.batches) else None

    def _why_locked(self) -> Reasons:
        return {LOCKED} if self.is_locked else set()

    # Anchoring

    def anchor(
        self,
        sender: int,
        policy_id: int,
        root: int,
        counts: tuple[int, ...],
        uri: tuple[int, ...],
        must_back: bool,
    ) -> Reasons:
        """Everything is prepaid. `uri`: as it stands in the event."""
        m, desk, policy = self.m, self.m.desk, self.m.desk.policy(policy_id)
        why = self._why_locked() | refusals(
            "lane",
            ("root is zero", root == 0),
            ("batch size out of range", max(counts) > MAX_SIZE or not 1 <= sum(counts) <= MAX_SIZE),
        )
        why |= refusals("desk", ("caller is no agent", not m.directory.standing(sender)))
        if policy is None:
            return why | {"policy: unknown"}
        worst = sum(count * one for count, one in zip(counts, policy.worst, strict=False))
        why |= desk._why_no_allowance(sender, worst)
        backed = worst == 0 or m.pool.committed + worst <= m.pool.funds
        why |= refusals("desk", ("free funds too low", must_back and not backed))
        if why:
            return why
        desk.allowances[sender] -= worst
        if worst:
            m.pool.reserve(worst)
        longest = max((max(policy.targets[p]) for p in range(4) if counts[p]), default=0)
        expires_at = policy.table.due(m.now, longest) + policy.claim_window
        batch = Batch(
            sender, policy_id, policy, root.to_bytes(32, "big"), counts, m.now, min(expires_at, MAX_UNTIL),
            backed, worst if backed else 0,
        )  # fmt: skip
        self.batches.append(batch)
        number = len(self.batches)
        m.log(
            "L.BatchAnchored",
            number,
            sender,
            policy_id,
            root,
            *counts,
            32 * 10,
            worst,
            backed,
            expires_at,
            *uri,
        )
        m.out = (number,)
        return why

    def release(self, number: int) -> Reasons:
        """What an expired batch still holds."""
        batch, why = self.batch(number), self._why_locked()
        if batch is None:
            return why | {"lane: batch unknown"}
        why |= refusals(
            "lane",
            ("batch has not expired", self.m.now <= batch.expires_at),
            ("nothing to release", batch.reserved == 0),
        )
        if self.m.pool.is_locked:
            why.add(LOCKED)
        if not why:
            amount, batch.reserved = batch.reserved, 0
            self.m.log("L.BatchReleased", number, amount)
            self.m.pool.settle(0, 0, amount, 0, 0, False)
        return why

    # Proving

    def prove(
        self,
        sender: int,
        number: int,
        index: int,
        path: tuple[int, ...],
        requester: int,
        commitment: int,
        at: int,
        value: int,
    ) -> Reasons:
        """A batch's opening becomes a ticket."""
        m, batch, why = self.m, self.batch(number), self._why_locked()
        if batch is None:
            return why | {"lane: batch unknown"}
        ticket_id = m.desk.ticket_id(2, requester, commitment)
        leaf = leaf_hash((ticket_id, 0, 0, at, requester, commitment))
        why |= refusals(
            "lane",
            ("index is no opening's", index >= batch.openings),
            ("opened after its anchoring", at > batch.anchored_at),
            ("batch has expired", m.now > batch.expires_at),
            (
                "not requester or its keeper",
                sender not in (requester, m.directory.keepers.get(requester, 0)),
            ),
            ("path does not prove it", not self._is_there(batch, leaf, index, path)),
        )
        why |= refusals("desk", ("ticket exists", ticket_id in m.tickets))
        policy, bond = batch.policy, batch.policy.prove_bond
        if not why and (bond or value):
            why |= m.pool.why_no_bond(sender, bond, value)
        if why:
            return why
        priority = batch.priority(index)
        ticket = m.desk.record(ticket_id, requester, batch.policy_id, priority, batch.backed)
        ticket.proven = ticket.challenged = True
        ticket.begin(at)
        m.log("S.TicketMoved", ticket_id, ticket.word())
        if batch.backed:
            batch.reserved -= policy.worst[priority]
        proof = ticket.proof = Proof(number, sender, m.now, at, bond)
        if bond or value:
            self.is_locked = True
            proof.bond = m.pool.take_bond(sender, bond, by_panel=False)
            self.is_locked = False
        m.log("L.TicketProven", ticket_id, requester, number, commitment, at, sender, proof.bond)
        m.out = (ticket_id,)
        return why

    def _is_there(self, batch: Batch, leaf: bytes, index: int, path: tuple[int, ...]) -> bool:
        hashes = [one.to_bytes(32, "big") for one in path]
        return implied_root(leaf, index, sum(batch.counts), hashes) == batch.root

    def _why_not_anchored(self, ticket_id: int, sequence: int, one: Shown, opened_by: int) -> Reasons:
        batch = self.batch(one.batch)
        if batch is None:
            return {"lane: batch unknown"}
        leaf = leaf_hash((ticket_id, sequence, one.act, one.at, one.actor, one.digest))
        return refusals(
            "lane",
            ("batch of another agent", not self.m.directory.counts_for(batch.agent, opened_by)),
            ("path does not prove it", not self._is_there(batch, leaf, one.index, one.path)),
        )

    def _challenged(self, ticket_id: int) -> Ticket | None:
        ticket = self.m.tickets.get(ticket_id)
        return ticket if ticket and ticket.challenged else None

    # Entries

    def show(self, sender: int, ticket_id: int, first: int, entries: list[Shown]) -> Reasons:
        """The next entries."""
        ticket, why = self._challenged(ticket_id), self._why_locked()
        if ticket is None:
            return why | {"lane: ticket is not challenged"}
        proof: Proof = ticket.proof
        opened_by, window = self.batches[proof.batch - 1].agent, ticket.policy.challenge_window
        half = proof.at + window // 2
        why |= refusals(
            "lane",
            ("challenge window is over", self.m.now > proof.at + window),
            ("an entry is missing before", first > proof.sequence),
        )
        new = entries[max(0, proof.sequence - first) :]
        for i, one in enumerate(new):
            why |= self._why_not_anchored(ticket_id, proof.sequence + i, one, opened_by)
            if batch := self.batch(one.batch):
                is_late = self.m.now > half and one.act != FOLLOWED_UP and batch.anchored_at <= half
                why |= refusals(
                    "lane",
                    ("index is an opening's", one.index < batch.openings),
                    ("too late for this entry", is_late),
                )
        if not why:
            for one in new:
                self._show(sender, ticket, proof, one)
        return why

    def _show(self, sender: int, ticket: Ticket, proof: Proof, one: Shown) -> None:
        anchored_at = self.batches[one.batch - 1].anchored_at
        by_desk = one.act != FOLLOWED_UP
        at = one.at
        if by_desk and anchored_at > at + ticket.policy.anchor_lag:
            at = anchored_at
        at = max(at, proof.last_at)
        taken = self._is_taken(ticket, proof, one, anchored_at, at)
        answers = taken and by_desk and anchored_at < proof.at and sender != proof.prover
        if taken:
            self.m.desk.check(ticket, at)
            ticket.move(one.act, at)
            self.m.log("S.TicketMoved", ticket.id, ticket.word())
            proof.last_at = at
            proof.answered |= answers
        self.m.log(
            "L.EntryShown", ticket.id, one.batch, proof.sequence, one.act, at, one.actor, one.digest, taken,
            answers,
        )  # fmt: skip
        proof.sequence += 1

    def _is_taken(self, ticket: Ticket, proof: Proof, one: Shown, anchored_at: int, at: int) -> bool:
        if one.at > anchored_at or not 1 <= one.act <= FOLLOWED_UP:
            return False
        if one.act == FOLLOWED_UP and one.actor != ticket.requester:
            return False
        if one.act != FOLLOWED_UP and self.m.directory.standing_at(one.actor, one.at) != HUMAN:
            return False
        return not (ticket.is_over(at) and ticket.is_over(proof.at))

    # The end

    def end(self, ticket_id: int, claim: bool, collect: bool) -> Reasons:
        """What stands at the window's last second is recorded."""
        ticket, why = self._challenged(ticket_id), self._why_locked()
        if ticket is None:
            return why | {"lane: ticket is not challenged"}
        m, proof = self.m, ticket.proof
        until = proof.at + ticket.policy.challenge_window
        why |= refusals("lane", ("challenge window still runs", m.now <= until))
        breached = ticket.breached | ticket.overdue(until)
        returned = breached != 0 or not proof.answered
        why = why or self._why_no_money(ticket, until, claim, collect, returned)
        if why:
            return why
        m.desk.check(ticket, until)
        ticket.challenged = False
        if ticket.status == SOLVED:
            ticket.clock = min(until, MAX_TIME)
        m.log("S.TicketMoved", ticket_id, ticket.word())
        bond, proof.bond = proof.bond, 0
        m.log("L.ChallengeEnded", ticket_id, breached, proof.prover, bond, returned)
        self.is_locked = True
        if bond:
            m.pool.settle(proof.prover, 0, bond, bond if returned else 0, 0, False)
        if claim:
            m.desk.claim(ticket_id, collect)
            m.out = None
        self.is_locked = False
        return why

    def _why_no_money(
        self, ticket: Ticket, until: int, claim: bool, collect: bool, returned: bool
    ) -> Reasons:
        pool, proof = self.m.pool, ticket.proof
        if proof.bond and pool.is_locked:
            return {LOCKED}
        if not claim:
            return set()
        # A later second than the window's last counts for a claim.
        kinds = ticket.unpaid(until) | ticket.unpaid(self.m.now)
        if not kinds:
            return {"desk: nothing to claim"}
        amount = ticket.amount(kinds)
        if amount and pool.is_locked:
            return {LOCKED}
        if not amount or not collect:
            return set()

        def play() -> None:
            if proof.bond:
                pool.settle(proof.prover, 0, proof.bond, proof.bond if returned else 0, 0, False)
            pool.pay(ticket.requester, amount, ticket.backed, True)

        return pool.would_refuse((ticket.requester, proof.prover), play)

    def equivocation(self, ticket_id: int, sequence: int, one: Shown, other: Shown) -> Reasons:
        """Two stories of one ticket."""
        ticket, why = self.m.tickets.get(ticket_id), self._why_locked()
        if ticket is None or ticket.proof is None:
            return why | {"lane: ticket was not proven"}
        opened_by = self.batches[ticket.proof.batch - 1].agent
        stories = (one, other)
        for story in stories:
            why |= self._why_not_anchored(ticket_id, sequence, story, opened_by)
        leaves = [
            leaf_hash((ticket_id, sequence, story.act, story.at, story.actor, story.digest))
            for story in stories
        ]
        why |= refusals("lane", ("entries are the same", leaves[0] == leaves[1]))
        why |= refusals("desk", ("ticket is closed", ticket.status == CLOSED))
        if why:
            return why
        self.m.touched.add(ticket_id)
        if kinds := CLOCKS & ~ticket.breached:
            ticket.breached |= kinds
            self.m.log("S.BreachRecorded", ticket_id, kinds)
            self.m.log("S.TicketMoved", ticket_id, ticket.word())
        one_leaf, other_leaf = (int.from_bytes(leaf, "big") for leaf in leaves)
        self.m.log("L.Equivocated", ticket_id, sequence, one_leaf, other_leaf)
        return why
