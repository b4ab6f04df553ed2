# SPDX-License-Identifier: Apache-2.0
"""What disputes cost in gas, from contest to collected payment.

Each is that of a requester who never had anything in the pool. In an ERC-20 the bond is all that it holds, so
that the payment writes a balance that is zero. Unless the name says otherwise the pool holds no other bond,
fee or credit, so that the contest writes a word that is zero.
"""

from dataclasses import dataclass

from benchmarks.bench import OPENING, THRESHOLD, Bench
from makegood.clock import Kind, Priority, Status
from makegood.desk import ArbiterSignature, KeySigner, Ruling, Verdict
from makegood.policy import DAY

TOGETHER = "together"

_CLOCK_KINDS = (Kind.FIRST_REPLY, Kind.NEXT_REPLY, Kind.RESOLUTION)


@dataclass(frozen=True)
class _Dispute:
    ticket_id: bytes
    kind: Kind
    requester: KeySigner
    amount: int
    evidence_digest: bytes


class Disputes:
    """What is measured on a bench, by the name of the operation; a dispute's steps and their sum."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.desk = bench.desk
        self.panel = bench.desk.panel
        self.policy = bench.desk.policy(OPENING)
        self.gas: dict[str, int] = {}

    def run(self) -> dict[str, int]:
        """Gas by the name of the operation."""
        self.ruled("a reply, collected later", Kind.FIRST_REPLY)
        self.ruled("a solution, collected later", Kind.RESOLUTION)
        self.ruled("an incident, collected later", Kind.INCIDENT)
        self.ruled("a reply, paid by the verdict", Kind.FIRST_REPLY, collect=True)
        self.ruled("a solution, paid by the verdict", Kind.RESOLUTION, collect=True)
        self.ruled("an incident, paid by the verdict", Kind.INCIDENT, collect=True)
        self.defaulted()
        # The bond of one that stays open is in the pool.
        self._contest(Kind.FIRST_REPLY)
        self.ruled("a reply, another dispute open", Kind.FIRST_REPLY)
        return self.gas

    def ruled(self, name: str, kind: Kind, *, collect: bool = False) -> None:
        """Upheld by as many arbiters as it takes, who then collect their fees."""
        dispute, contest = self._contest(kind)
        verdict, signatures = self._verdict(dispute)
        call = self.panel.submit_verdict(verdict, signatures, collect)
        steps = {"contest": contest, "submit_verdict": self.bench.send(call, self.bench.anyone).gas_used}
        if not collect:
            paid = self.desk.pool.collect(dispute.requester.address)
            steps["collect"] = self.bench.send(paid, self.bench.anyone).gas_used
        self._note(name, steps)
        for one in signatures:
            fee = self.panel.collect_fees(one.arbiter, [(dispute.ticket_id, dispute.kind)])
            used = self.bench.send(fee, self.bench.anyone).gas_used
            # The first that an arbiter collects is the dearest in an ERC-20: it held none.
            self.gas["collect_fees, one dispute"] = max(used, self.gas.get("collect_fees, one dispute", 0))

    def defaulted(self) -> None:
        """The arbiters stay silent."""
        dispute, contest = self._contest(Kind.FIRST_REPLY)
        self.bench.travel(self.policy.ruling_window + 1)
        call = self.panel.rule_by_default(dispute.ticket_id, dispute.kind, True)
        ruled = self.bench.send(call, self.bench.anyone).gas_used
        self._note("a reply, paid by default", {"contest": contest, "rule_by_default": ruled})

    def _contest(self, kind: Kind) -> tuple[_Dispute, int]:
        requester = self.bench.account()
        ticket_id = self.bench.open_for(requester.address, OPENING)
        solved = self.desk.reply(ticket_id, Status.SOLVED, self.bench.digest())
        self.bench.send(solved, self.bench.agent)
        amounts = dict(zip(_CLOCK_KINDS, self.policy.compensation[Priority.HIGH], strict=True))
        amount = amounts.get(kind, self.policy.incident_cap)
        bond = self.policy.bond_of(amount if kind is Kind.INCIDENT else 0)
        self.bench.give(requester, bond)
        dispute = _Dispute(ticket_id, kind, requester, amount, self.bench.digest())
        call = self.panel.contest(ticket_id, kind, amount, dispute.evidence_digest, bond)
        return dispute, self.bench.send(call, requester).gas_used

    def _verdict(self, dispute: _Dispute) -> tuple[Verdict, list[ArbiterSignature]]:
        found = self.panel.dispute(dispute.ticket_id, dispute.kind)
        verdict = Verdict(
            ticket_id=dispute.ticket_id,
            kind=dispute.kind,
            outcome=Ruling.UPHELD,
            amount=dispute.amount,
            evidence_digest=dispute.evidence_digest,
            dispute=found.number,
            epoch=found.epoch,
            deadline=self.bench.now() + DAY,
        )
        message = verdict.message(self.desk.chain_id, self.panel.address)
        signers = self.bench.arbiters[:THRESHOLD]
        return verdict, [ArbiterSignature(one.address, one.sign_typed(message)) for one in signers]

    def _note(self, name: str, steps: dict[str, int]) -> None:
        for step, used in {**steps, TOGETHER: sum(steps.values())}.items():
            self.gas[f"{name}: {step}"] = used
