# SPDX-License-Identifier: Apache-2.0
"""What a desk's batch lane does, from the design's section on lanes and the specification's section 8.

A batch is the plain list of its entries here: what stands at an index is what can be shown. Trees and paths
are the test's.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from batches import FOLLOWED_UP, LEFT_PENDING, REPLIED, SOLVES, Entry
from house import FAR, Policy
from model import FIRST_REPLY, KINDS, RESOLUTION, Desk, Refused, Ticket, due, refuse_if

STATUS_AFTER = {REPLIED: "hold", LEFT_PENDING: "pending", SOLVES: "solved"}
MOST_SUCCESSIONS = 8


@dataclass(frozen=True)
class Leaves:
    """The entries of a batch, which never change: copies of a model share them."""

    entries: tuple[Entry, ...]

    def __deepcopy__(self, memo: dict[int, Any]) -> "Leaves":
        return self


@dataclass
class Batch:
    """What an agent anchored. `counts`: openings by priority, then later entries, as the agent said."""

    agent: str
    policy_id: int
    policy: Policy
    leaves: Leaves
    counts: tuple[int, ...]
    anchored_at: int
    expires_at: int  # the last second
    backed: bool
    unproven: list[int]  # openings, by priority
    released: bool = False

    def reserved(self) -> int:
        """The worst cases of its openings that were not proven."""
        if not self.backed or self.released:
            return 0
        return worst_case(self.policy, self.unproven)

    def openings(self) -> int:
        """How many leaves count as openings."""
        return sum(self.counts[:4])

    def priority_at(self, index: int) -> int:
        """The priority of the opening at an index."""
        return [priority for priority in range(4) for _ in range(self.counts[priority])][index]


@dataclass
class Proof:
    """A ticket's proof, and what its challenge has come to."""

    batch: int
    prover: str
    at: int
    window: int
    last_at: int  # when the last entry counted
    bond: int  # 0 once the challenge has ended
    sequence: int = 1  # of the next entry
    answered: bool = False  # by another than the prover, with what was anchored before the proof

    def reserved(self) -> int:
        """Its bond."""
        return self.bond

    @property
    def half(self) -> int:
        """The last second of the window's first half."""
        return self.at + self.window // 2

    @property
    def until(self) -> int:
        """The window's last second."""
        return self.at + self.window


@dataclass(frozen=True)
class Shown:
    """An entry, where it is said to stand, and whether the path with it is the right one."""

    entry: Entry
    batch: int
    index: int
    is_path_good: bool = True


@dataclass
class Term:
    """From when until when an agent stands."""

    kind: str
    since: int
    until: int


class LaneDesk(Desk):
    """A desk with its batch lane, keepers and successors."""

    def __init__(self, is_token: bool, fee: int, notice: int) -> None:
        super().__init__(is_token, fee, notice)
        self.batches: list[Batch] = []
        self.proofs: dict[bytes, Proof] = {}
        self.terms: dict[str, Term] = {}
        self.keepers: dict[str, str] = {}
        self.predecessors: dict[str, str] = {}

    # People

    def appoint_agents(self, kinds: dict[str, str]) -> None:
        """Agents who stand from now on."""
        self.standing |= kinds
        self.terms |= {agent: Term(kind, self.now, FAR) for agent, kind in kinds.items()}

    def revoke(self, agent: str) -> None:
        """An agent's end: this second it stands no more."""
        super().revoke(agent)
        self.terms[agent].until = self.now - 1

    def stood_as(self, agent: str, at: int) -> str:
        """What somebody was at a time."""
        term = self.terms.get(agent)
        return term.kind if term is not None and term.since <= at <= term.until else ""

    def name_successor(self, agent: str, successor: str) -> None:
        """One predecessor each, for good."""
        refuse_if(
            {
                "directory: no successor": successor == agent,
                "directory: succeeds already": successor in self.predecessors,
            }
        )
        self.predecessors[successor] = agent

    def counts_for(self, agent: str, opened_by: str) -> bool:
        """Whether what one agent anchors counts for tickets whose openings another anchored."""
        each: str | None = agent
        for _ in range(MOST_SUCCESSIONS + 1):
            if each is None or each == opened_by:
                break
            each = self.predecessors.get(each)
        return each == opened_by

    # Anchoring

    def anchor_batch(
        self, agent: str, policy_id: int, entries: Iterable[Entry], counts: tuple[int, ...], must_back: bool
    ) -> int:
        """Its whole worst case is spent and, where free funds reach, set aside; returns its number."""
        if not 1 <= policy_id <= len(self.policies):
            raise Refused(["policy: unknown", "desk: caller is no agent", "lane: batch size out of range"])
        policy = self.policies[policy_id - 1]
        worst, allowance = worst_case(policy, counts), self.allowances.get(agent, 0)
        backed = worst <= self.pool.books().free
        refuse_if(
            {
                "lane: batch size out of range": sum(counts) == 0,
                "desk: caller is no agent": agent not in self.standing,
                "desk: allowance too low": allowance == 0 or allowance < worst,
                "desk: free funds too low": must_back and not backed,
            }
        )
        self.allowances[agent] = allowance - worst
        longest = max((max(policy.targets[p]) for p in range(4) if counts[p]), default=0)
        batch = Batch(
            agent=agent,
            policy_id=policy_id,
            policy=policy,
            leaves=Leaves(tuple(entries)),
            counts=counts,
            anchored_at=self.now,
            expires_at=due(policy.hours, self.now, longest) + policy.claim_window,
            backed=backed,
            unproven=list(counts[:4]),
        )
        self.batches.append(batch)
        self.pool.holders.append(batch)
        return len(self.batches)

    def release_batch(self, number: int) -> None:
        """Anyone frees what an expired batch still holds."""
        batch = self._batch(number)
        refuse_if(
            {
                "lane: batch has not expired": self.now <= batch.expires_at,
                "lane: nothing to release": batch.reserved() == 0,
            }
        )
        batch.released = True

    def _batch(self, number: int) -> Batch:
        if not 1 <= number <= len(self.batches):
            raise Refused(["lane: batch unknown"])
        return self.batches[number - 1]

    # Proving

    def prove_bond_of(self, number: int) -> int:
        """What a proof out of a batch takes."""
        return self.batches[number - 1].policy.prove_bond if 1 <= number <= len(self.batches) else 0

    def prove_ticket(self, sender: str, opening: Shown, sent: int) -> None:
        """Its requester or its keeper; `sent` is the value, or for a token what was approved."""
        batch, entry = self._batch(opening.batch), opening.entry
        requester, bond = entry.actor, batch.policy.prove_bond
        refuse_if(
            {
                "lane: index is no opening's": opening.index >= batch.openings(),
                "lane: opened after its anchoring": entry.at > batch.anchored_at,
                "lane: batch has expired": self.now > batch.expires_at,
                "lane: not requester or its keeper": sender not in (requester, self.keepers.get(requester)),
                "lane: path does not prove it": not self._is_there(opening, entry),
                "desk: ticket exists": entry.ticket_id in self.tickets,
                "pool: value differs from amount": not self.pool.is_token and sent != bond,
                "pool: asset did not come in": self.pool.is_token and sent < bond,
            }
        )
        policy, priority = batch.policy, batch.priority_at(opening.index)
        batch.unproven[priority] -= 1
        proof = Proof(
            batch=opening.batch,
            prover=sender,
            at=self.now,
            window=policy.challenge_window,
            last_at=entry.at,
            bond=self.pool.take_bond(bond),
        )
        self.proofs[entry.ticket_id] = proof
        self.pool.holders.append(proof)
        self.tickets[entry.ticket_id] = ticket = Ticket(
            requester=requester,
            policy_id=batch.policy_id,
            priority=priority,
            policy=policy,
            backed=batch.backed,
            holds_place=False,
            reply_due=None,
            resolution_due=None,
            proven=True,
            challenged=True,
        )
        ticket.reply_due = due(policy.hours, entry.at, ticket.target(FIRST_REPLY))
        ticket.resolution_due = due(policy.hours, entry.at, ticket.target(RESOLUTION))

    def _is_there(self, shown: Shown, entry: Entry) -> bool:
        entries = self.batches[shown.batch - 1].leaves.entries
        return shown.is_path_good and shown.index < len(entries) and entries[shown.index] == entry

    def _challenged(self, ticket_id: bytes) -> tuple[Ticket, Proof]:
        ticket = self.tickets.get(ticket_id)
        if ticket is None or not ticket.challenged:
            raise Refused(["lane: ticket is not challenged"])
        return ticket, self.proofs[ticket_id]

    # Entries

    def prove_entries(self, sender: str, ticket_id: bytes, first: int, entries: list[Shown]) -> None:
        """Anyone shows the next ones."""
        _, proof = self._challenged(ticket_id)
        refuse_if(
            {
                "lane: challenge window is over": self.now > proof.until,
                "lane: an entry is missing before": first > proof.sequence,
            }
        )
        for sequence, shown in enumerate(entries, first):
            if sequence == proof.sequence:
                entry = replace(shown.entry, ticket_id=ticket_id, sequence=sequence)
                self._check_anchored(shown, entry, self.batches[proof.batch - 1].agent)
                self._show(sender, entry, shown)
                proof.sequence += 1

    def _check_anchored(self, shown: Shown, entry: Entry, opened_by: str) -> None:
        batch = self._batch(shown.batch)
        refuse_if(
            {
                "lane: batch of another agent": not self.counts_for(batch.agent, opened_by),
                "lane: path does not prove it": not self._is_there(shown, entry),
            }
        )

    def _show(self, sender: str, entry: Entry, shown: Shown) -> None:
        ticket, proof = self.tickets[entry.ticket_id], self.proofs[entry.ticket_id]
        batch, follows_up = self.batches[shown.batch - 1], entry.act == FOLLOWED_UP
        in_second_half = self.now > proof.half
        refuse_if(
            {
                "lane: index is an opening's": shown.index < batch.openings(),
                "lane: too late for this entry": in_second_half
                and not follows_up
                and batch.anchored_at <= proof.half,
            }
        )
        at = entry.at
        if not follows_up and batch.anchored_at > at + ticket.policy.anchor_lag:
            at = batch.anchored_at
        at = max(at, proof.last_at)
        if not self._is_taken(ticket, proof, entry, batch.anchored_at, at):
            return
        if follows_up:
            self.reopen(ticket, at)
        else:
            self.answer(ticket, STATUS_AFTER[entry.act], at)
            if batch.anchored_at < proof.at and sender != proof.prover:
                proof.answered = True
        proof.last_at = at

    def _is_taken(self, ticket: Ticket, proof: Proof, entry: Entry, anchored_at: int, at: int) -> bool:
        if entry.act == FOLLOWED_UP:
            is_author_right = entry.actor == ticket.requester
        else:
            is_author_right = entry.act in STATUS_AFTER and self.stood_as(entry.actor, entry.at) == "human"
        # A contest window that ran at the proof, or began since, stands still for follow-ups.
        is_over = ticket.is_over(proof.at) and ticket.is_over(at)
        return is_author_right and entry.at <= anchored_at and not is_over

    # The end

    def end_challenge(self, ticket_id: bytes, claim: bool, collect: bool) -> None:
        """Anyone, after the window."""
        ticket, proof = self._challenged(ticket_id)
        refuse_if({"lane: challenge window still runs": self.now <= proof.until})
        self.check(ticket, proof.until)
        ticket.challenged = False
        if ticket.solved_at is not None:
            # The requester may see the solution here for the first time.
            ticket.solved_at = proof.until
        bond, proof.bond = proof.bond, 0
        if ticket.breached or not proof.answered:
            self.pool.credit(proof.prover, bond)
        if claim:
            self.claim(ticket_id, collect)

    def prove_equivocation(self, ticket_id: bytes, sequence: int, stories: tuple[Shown, Shown]) -> None:
        """Anyone shows two stories of one ticket."""
        proof = self.proofs.get(ticket_id)
        if proof is None:
            raise Refused(["lane: ticket was not proven"])
        told = [replace(one.entry, ticket_id=ticket_id, sequence=sequence) for one in stories]
        for shown, entry in zip(stories, told, strict=True):
            self._check_anchored(shown, entry, self.batches[proof.batch - 1].agent)
        ticket = self.tickets[ticket_id]
        refuse_if(
            {
                "lane: entries are the same": told[0] == told[1],
                "desk: ticket is closed": ticket.status == "closed",
            }
        )
        ticket.breached |= {*KINDS}


def worst_case(policy: Policy, counts: Iterable[int]) -> int:
    """What so many openings of each priority can cost."""
    return sum(
        count * sum(amounts) for count, amounts in zip(list(counts)[:4], policy.compensation, strict=True)
    )
