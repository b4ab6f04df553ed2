# SPDX-License-Identifier: Apache-2.0
"""The desk: policies, coverage, allowances, how tickets are opened; sections 4 and 5 of the specification."""

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from fuzz.model.people import MAX_UNTIL
from fuzz.model.policy import MAX_POLICIES, Policy, faults
from fuzz.model.reasons import Reasons, refusals
from fuzz.model.tickets import Tickets

if TYPE_CHECKING:
    from fuzz.model import Model

MAX_PLACES = 65_535


@dataclass
class Coverage:
    """A right to open tickets under a policy."""

    until: int
    places: int
    used: int
    priority: int


class Desk(Tickets):
    """Who is covered, and every ticket."""

    def __init__(self, model: "Model") -> None:
        super().__init__(model)
        self.coverages: dict[tuple[int, int], Coverage] = {}
        self.allowances: dict[int, int] = {}

    def policy(self, policy_id: int) -> Policy | None:
        """Published, or none."""
        return self.policies[policy_id - 1] if 1 <= policy_id <= len(self.policies) else None

    def ticket_id(self, lane: int, requester: int, commitment: int) -> int:
        """By the formula of section 5."""
        m = self.m
        words = (m.chain_id, m.at.desk, lane, requester, commitment)
        return int.from_bytes(sha256(b"".join(word.to_bytes(32, "big") for word in words)).digest(), "big")

    # Operator

    def publish(self, sender: int, policy: Policy, terms: int, texts: tuple[int, ...]) -> Reasons:
        """A policy, for good. `texts`: name and link as they stand in the event."""
        why = self.m.unless_operator(sender, "desk") | faults(policy, self.m.pool.notice, self.m.now)
        if len(self.policies) == MAX_POLICIES:
            why.add("policy: no id left")
        if not why:
            self.policies.append(policy)
            flat = policy.flat()
            # Before the two strings: their places, the digest, the policy.
            name_at = 32 * (3 + len(flat))
            uri_at = name_at + 32 * (1 + (texts[0] + 31) // 32)
            self.m.log("S.PolicyPublished", len(self.policies), name_at, uri_at, terms, *flat, *texts)
            self.m.out = (len(self.policies),)
        return why

    def set_allowance(self, sender: int, agent: int, amount: int) -> Reasons:
        """What an agent may bind."""
        if why := self.m.unless_operator(sender, "desk"):
            return why
        self.allowances[agent] = amount
        self.m.log("S.AllowanceSet", agent, amount)
        return why

    def grant(self, sender: int, *grant: int) -> Reasons:
        """A right to open tickets."""
        return self.m.unless_operator(sender, "desk") | self._grant(*grant, sender != self.m.directory.owner)

    def redeem(self, *fields: int, is_signed: bool) -> Reasons:
        """The same by a voucher; the deadline comes last."""
        *grant, deadline = fields
        why = self._why_unsigned(deadline, is_signed)
        return why | self._grant(*grant, bool(why))

    def _grant(
        self, holder: int, policy_id: int, priority: int, places: int, until: int, is_refused: bool
    ) -> Reasons:
        why = refusals(
            "coverage",
            ("holder is zero", holder == 0),
            ("priority unknown", priority > 3),
            ("places out of range", not 1 <= places <= MAX_PLACES),
            ("end out of range", until < self.m.now or until > MAX_UNTIL),
        )
        if self.policy(policy_id) is None:
            why.add("policy: unknown")
        if not why and not is_refused:
            had = self.coverages.setdefault((holder, policy_id), Coverage(until, places, 0, priority))
            had.until, had.places = max(until, had.until), max(places, had.places)
            had.priority = min(priority, had.priority)
            self.m.log("S.CoverageGranted", holder, policy_id, had.priority, had.places, had.until)
        return why

    # Opening

    def open(self, sender: int, policy_id: int, priority: int, commitment: int) -> Reasons:
        """The requester's own lane."""
        why = self._why_uncovered(sender, policy_id, priority)
        return self._open(why, 0, sender, policy_id, priority, commitment, 0)

    def open_signed(
        self,
        requester: int,
        policy_id: int,
        priority: int,
        commitment: int,
        deadline: int,
        *,
        is_signed: bool,
    ) -> Reasons:
        """The same, carried by anyone."""
        why = self._why_unsigned(deadline, is_signed)
        why |= self._why_uncovered(requester, policy_id, priority)
        return self._open(why, 0, requester, policy_id, priority, commitment, 0)

    def open_for(
        self, sender: int, requester: int, policy_id: int, priority: int, commitment: int
    ) -> Reasons:
        """An agent's lane."""
        why = refusals(
            "desk",
            ("caller is no agent", not self.m.directory.standing(sender)),
            ("requester is zero", requester == 0),
        )
        policy = self.policy(policy_id)
        if policy and priority <= 3:
            why |= self._why_no_allowance(sender, policy.worst[priority])
        return self._open(why, 1, requester, policy_id, priority, commitment, sender)

    def _why_uncovered(self, holder: int, policy_id: int, priority: int) -> Reasons:
        coverage = self.coverages.get((holder, policy_id))
        if coverage is None:
            return {"coverage: none"}
        return refusals(
            "coverage",
            ("ended", self.m.now > coverage.until),
            ("priority too urgent", priority < coverage.priority),
            ("no place left", coverage.used >= coverage.places),
        )

    def _why_no_allowance(self, agent: int, worst: int) -> Reasons:
        allowance = self.allowances.get(agent, 0)
        return refusals("desk", ("allowance too low", allowance == 0 or allowance < worst))

    def _open(
        self,
        why: Reasons,
        lane: int,
        requester: int,
        policy_id: int,
        priority: int,
        commitment: int,
        agent: int,
    ) -> Reasons:
        policy = self.policy(policy_id)
        ticket_id = self.ticket_id(lane, requester, commitment)
        why |= refusals(
            "desk", ("commitment is zero", commitment == 0), ("ticket exists", ticket_id in self.m.tickets)
        ) | refusals("policy", ("priority unknown", priority > 3), ("unknown", policy is None))
        if why or policy is None:
            return why
        if lane == 0:
            self.coverages[requester, policy_id].used += 1
        else:
            self.allowances[agent] -= policy.worst[priority]
        backed = self.m.pool.reserve(policy.worst[priority])
        ticket = self.record(ticket_id, requester, policy_id, priority, backed)
        ticket.holds_place = lane == 0
        ticket.begin(self.m.now)
        self.m.log("S.TicketOpened", ticket_id, requester, agent, commitment, ticket.word())
        self.m.out = (ticket_id,)
        return why
