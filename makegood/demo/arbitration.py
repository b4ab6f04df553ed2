# SPDX-License-Identifier: Apache-2.0
"""The disputes of a demo while it is played: their calls, and what each step must do to everybody's money."""

from collections import defaultdict
from dataclasses import dataclass, field

from makegood.clock import Kind
from makegood.demo import expectation
from makegood.demo.dispute import DisputeStory, Step
from makegood.demo.expectation import Claim
from makegood.demo.money import Money, count
from makegood.demo.script import Act, Script, Ticket
from makegood.demo.stage import Stage
from makegood.desk import ArbiterSignature, Call, Desk, Outcome, Ruling, Verdict
from makegood.errors import MakegoodError, UsageError
from makegood.policy import ChainPolicy, to_units

_Name = tuple[bytes, Kind]


@dataclass
class Arbitration:
    """All disputes so far. `gas_fees` is what each party has paid for gas, in wei."""

    stage: Stage
    script: Script
    policy: ChainPolicy
    desk: Desk
    gas_fees: dict[str, int]
    told: list[DisputeStory] = field(default_factory=list)
    _claims: dict[_Name, Claim] = field(default_factory=dict)
    _contests: dict[_Name, Step] = field(default_factory=dict)
    _fees: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def money(self) -> Money:
        """Everybody's money now. Raises MakegoodError where it does not add up."""
        return count(self.stage, self.script, self.desk, self.gas_fees, self._claims)

    # ------------------------------------------------------------ calls

    def contest(self, act: Act, ticket: Ticket, ticket_id: bytes, evidence_digest: bytes) -> Call[int]:
        """The requester's contest, with the policy's bond."""
        kind = _kind(act)
        backed = self.desk.ticket(ticket_id).backed
        asked = to_units(act.whole_units, 18)
        claim = expectation.claim_of(self.policy, ticket.requester, ticket.priority, kind, asked, backed)
        if act.refused is None:
            self._claims[ticket_id, kind] = claim
        return self.desk.panel.contest(ticket_id, kind, claim.asked, evidence_digest, claim.bond)

    def verdict(self, act: Act, ticket: Ticket, ticket_id: bytes) -> Call[None]:
        """What the arbiters of the act signed, each with its own key, for anybody to submit."""
        kind, panel = _kind(act), self.desk.panel
        found = panel.dispute(ticket_id, kind)
        verdict = Verdict(
            ticket_id=ticket_id,
            kind=kind,
            outcome=_ruling(act),
            amount=self._worth(act, self._claim(ticket, ticket_id, kind)),
            evidence_digest=found.evidence_digest,
            dispute=found.number,
            epoch=found.epoch,
            deadline=found.rules_until,
        )
        message = verdict.message(self.desk.chain_id, panel.address)
        signers = [self.stage.cast[name] for name in act.signed]
        signatures = [ArbiterSignature(one.address, one.sign_typed(message)) for one in signers]
        return panel.submit_verdict(verdict, signatures, act.collect)

    def default(self, act: Act, ticket_id: bytes) -> Call[None]:
        """The end of a dispute about which the arbiters stayed silent."""
        return self.desk.panel.rule_by_default(ticket_id, _kind(act), act.collect)

    def collect_fees(self, act: Act) -> Call[int]:
        """All fees of one arbiter; the disputes in which it has none are skipped by the panel."""
        return self.desk.panel.collect_fees(self.stage.cast[act.arbiter or ""].address, self._claims)

    # ------------------------------------------------------------ what came of it

    def record(self, act: Act, ticket_id: bytes, before: Money, outcome: Outcome) -> None:
        """Hold what a sent act did to the money against the policy, and keep it.

        Raises MakegoodError with the first difference.
        """
        step = Step(outcome, before, self.money())
        if act.act == "collect_fees":
            self._record_fees(act, step)
            return
        name = ticket_id, _kind(act)
        claim = self._claims[name]
        expectation.check(f"{act.act} on ticket {act.ticket}", self._expected(act, name, step), step.changes)
        if act.act == "contest":
            self._contests[name] = step
            return
        self.told.append(DisputeStory(act.ticket or 0, claim, act.signed, self._contests[name], step))
        for arbiter, change in step.changes.items():
            if arbiter in act.signed:
                self._fees[arbiter] += change

    def _record_fees(self, act: Act, step: Step) -> None:
        # What was the arbiter's before is in its hand now; nobody's share changes.
        what = f"the fees of {act.arbiter}"
        expectation.check(what, {}, step.changes)
        expected, found = self._fees[act.arbiter or ""], step.after.in_hand - step.before.in_hand
        if expected != found:
            raise MakegoodError(f"{what} are {expected} wei by the policy, but {found} were paid.")

    def _expected(self, act: Act, name: _Name, step: Step) -> dict[str, int]:
        claim = self._claims[name]
        if act.act == "contest":
            return expectation.contested(claim, step.before.books.free)
        free = self._contests[name].before.books.free
        if act.act == "default":
            return expectation.defaulted(claim, free)
        return expectation.ruled(claim, self.policy, _ruling(act), self._worth(act, claim), act.signed, free)

    def _worth(self, act: Act, claim: Claim) -> int:
        if act.ruling is Ruling.REJECTED:
            return 0
        return to_units(act.whole_units, 18) if claim.is_incident else claim.asked

    def _claim(self, ticket: Ticket, ticket_id: bytes, kind: Kind) -> Claim:
        found = self._claims.get((ticket_id, kind))
        if found is None:
            label = kind.labels[0]
            raise UsageError(
                f"Ticket {ticket.number} has a verdict about its {label}, which nobody contested before.",
                hint="Add the contest to the script.",
            )
        return found


def _kind(act: Act) -> Kind:
    if act.kind is None:
        raise UsageError(f'"{act.act}" has no kind.')
    return act.kind


def _ruling(act: Act) -> Ruling:
    if act.ruling is None:
        raise UsageError(f'"{act.act}" has no ruling.')
    return act.ruling
