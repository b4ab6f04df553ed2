# SPDX-License-Identifier: Apache-2.0
"""The panel: arbiters by epoch, disputes and verdicts; section 7 of the specification."""

from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

from fuzz.model.disputes import (
    DEFAULTED,
    REJECTED,
    UNDER_DISPUTE,
    UPHELD,
    Dispute,
    Seats,
    Signed,
    Verdict,
)
from fuzz.model.reasons import LOCKED, Reasons, refusals
from fuzz.model.ticket import INCIDENT

if TYPE_CHECKING:
    from fuzz.model import Model

USABLE = 7 * 86_400


class Panel:
    """Who decides, and what was decided."""

    def __init__(self, model: "Model", arbiters: tuple[int, ...], threshold: int) -> None:
        self.m = model
        self.seats = {0: Seats()}
        self.epoch = self.newest = 1 if arbiters else 0
        if arbiters:
            self.seats[1] = Seats(arbiters, threshold)
        self.proposed, self.usable_from = 0, 0
        self.disputes: list[Dispute] = []
        self.is_locked = False

    def find(self, ticket_id: int, kind: int) -> Dispute | None:
        """The dispute of a ticket's kind."""
        ticket = self.m.tickets.get(ticket_id)
        return ticket.disputes.get(kind) if ticket else None

    def has_open_dispute(self, ticket_id: int) -> bool:
        """Whether a ticket waits for a ruling."""
        ticket = self.m.tickets.get(ticket_id)
        return ticket is not None and any(one.state == UNDER_DISPUTE for one in ticket.disputes.values())

    # Requester

    def contest(
        self, sender: int, ticket_id: int, kind: int, amount: int, evidence: int, value: int
    ) -> Reasons:
        """Ask the arbiters."""
        desk, pool, ticket = self.m.desk, self.m.pool, self.m.tickets.get(ticket_id)
        why = desk.why_undecidable(ticket_id, kind)
        if self.is_locked:
            why.add(LOCKED)
        why |= refusals(
            "panel",
            ("evidence digest is zero", evidence == 0),
            ("kind was contested before", self.find(ticket_id, kind) is not None),
        )
        if ticket is None:
            return why
        policy, bond = ticket.policy, ticket.policy.contest_bond
        why |= refusals("desk", ("caller is not the requester", sender != ticket.requester))
        if kind == INCIDENT:
            why |= refusals(
                "desk",
                ("amount is zero", amount == 0),
                ("amount over the incident cap", amount > policy.incident_cap),
            )
            bond += amount * policy.bond_share // 10_000
        elif amount != ticket.amount(kind):
            why.add("desk: amount is not the policy's")
        if not why and (bond or value):
            why |= pool.why_no_bond(sender, bond, value)
        if why:
            return why
        desk.check(ticket, self.m.now)
        ticket.disputed = True
        self.m.log("S.TicketContested", ticket_id, kind, ticket.word())
        number, rules_until = len(self.disputes) + 1, self.m.now + policy.ruling_window
        dispute = Dispute(ticket_id, kind, number, self.epoch, rules_until, evidence, bond)
        ticket.disputes[kind] = dispute
        self.disputes.append(dispute)
        if kind == INCIDENT:
            dispute.asked, dispute.reserved = amount, pool.reserve_up_to(amount)
        if bond or value:
            self.is_locked = True
            dispute.money = pool.take_bond(sender, bond, by_panel=True)
            self.is_locked = False
        self.m.log(
            "A.Contested", number, ticket_id, sender, kind, amount, dispute.reserved, evidence,
            dispute.money, dispute.epoch, rules_until,
        )  # fmt: skip
        self.m.out = (number,)
        return why

    # Operator

    def propose(self, sender: int, arbiters: tuple[int, ...], threshold: int) -> Reasons:
        """Other arbiters."""
        why = self.m.unless_operator(sender, "panel")
        count = len(arbiters)
        ascending = all(a < b for a, b in zip((0, *arbiters), arbiters, strict=False))
        why |= refusals(
            "panel",
            ("proposal pending", bool(self.proposed) and self.m.now <= self.usable_from + USABLE),
            ("no arbiter", count == 0),
            ("threshold out of range", not count < 2 * threshold <= 2 * count),
            ("arbiters not ascending", not ascending),
        )
        if why:
            return why
        self.newest += 1
        self.proposed, self.usable_from = self.newest, self.m.now + self.m.pool.notice
        self.seats[self.proposed] = Seats(arbiters, threshold)
        self.m.log(
            "A.PanelProposed", self.proposed, 128, threshold, self.usable_from, self.usable_from + USABLE,
            count, *arbiters,
        )  # fmt: skip
        self.m.out = (self.proposed,)
        return why

    def cancel(self, sender: int) -> Reasons:
        """Take it back."""
        why = self.m.unless_operator(sender, "panel")
        if not self.proposed:
            why.add("panel: no panel proposed")
        if not why:
            self.m.log("A.PanelProposalCancelled", self.proposed)
            self.proposed = 0
        return why

    def adopt(self, sender: int) -> Reasons:
        """From here on the proposed panel decides."""
        why = self.m.unless_operator(sender, "panel")
        if not self.proposed:
            why.add("panel: no panel proposed")
        else:
            why |= refusals(
                "panel",
                ("notice still runs", self.m.now < self.usable_from),
                ("proposal lapsed", self.m.now > self.usable_from + USABLE),
            )
        if not why:
            self.epoch, self.proposed = self.proposed, 0
            seats = self.seats[self.epoch]
            self.m.log(
                "A.PanelAdopted", self.epoch, 64, seats.threshold, len(seats.arbiters), *seats.arbiters
            )
        return why

    # Verdicts

    def _why_no_quorum(self, verdict: Verdict, signed: Signed, epoch: int) -> Reasons:
        seats = self.seats[epoch]
        who = [arbiter for arbiter, _ in signed]
        return refusals(
            "panel",
            ("verdict of another epoch", verdict.epoch != epoch),
            ("verdict expired", self.m.now > verdict.deadline),
            ("too few signatures", not signed or len(signed) < seats.threshold),
            ("signer is no arbiter", not set(who) <= set(seats.arbiters)),
            ("signatures not ascending", any(a >= b for a, b in pairwise(who))),
            ("signature is not the arbiter's", not all(is_good for _, is_good in signed)),
        )

    def submit(self, verdict: Verdict, signed: Signed, collect: bool) -> Reasons:
        """A ruling by the arbiters."""
        why, dispute = self._why_closed(verdict.ticket_id, verdict.kind)
        if dispute is None:
            return why
        why |= self._why_no_quorum(verdict, signed, dispute.epoch)
        why |= refusals(
            "panel",
            ("verdict on another dispute", verdict.dispute != dispute.number),
            ("verdict on other evidence", verdict.evidence != dispute.evidence),
            ("ruling window is over", self.m.now > dispute.rules_until),
            ("outcome unknown", verdict.outcome not in (1, 2)),
        )
        ticket, upheld = self.m.tickets[verdict.ticket_id], verdict.outcome == 1
        if not upheld:
            why |= refusals("panel", ("amount of a rejection", verdict.amount != 0))
        elif verdict.kind == INCIDENT:
            is_asked = 1 <= verdict.amount <= dispute.asked
            why |= refusals("panel", ("amount is not what was asked", not is_asked))
        else:
            is_right = verdict.amount == ticket.amount(verdict.kind)
            why |= refusals("panel", ("amount is not the policy's", not is_right))
        state = UPHELD if upheld else REJECTED
        return why or self._rule(dispute, state, verdict.amount, [who for who, _ in signed], collect)

    def default(self, ticket_id: int, kind: int, collect: bool) -> Reasons:
        """Silence: the requester wins."""
        why, dispute = self._why_closed(ticket_id, kind)
        if dispute is None:
            return why
        why |= refusals("panel", ("ruling window still runs", self.m.now <= dispute.rules_until))
        worth = dispute.asked if kind == INCIDENT else self.m.tickets[ticket_id].amount(kind)
        return why or self._rule(dispute, DEFAULTED, worth, [], collect)

    def _why_closed(self, ticket_id: int, kind: int) -> tuple[Reasons, Dispute | None]:
        dispute = self.find(ticket_id, kind)
        why = {LOCKED} if self.is_locked else set()
        if dispute is None:
            why.add("panel: dispute unknown")
        elif dispute.state != UNDER_DISPUTE:
            why.add("panel: dispute was ruled before")
        return why, dispute

    def _rule(self, dispute: Dispute, state: int, worth: int, signers: list[int], collect: bool) -> Reasons:
        ticket, pool = self.m.tickets[dispute.ticket_id], self.m.pool
        upheld, kind, bond = state != REJECTED, dispute.kind, dispute.money
        share = min(ticket.policy.fee, bond) // len(signers) if signers else 0
        fees, held = share * len(signers), dispute.reserved
        credited = due = 0
        if upheld:
            credited, due = bond - fees, fees
            if kind == INCIDENT:
                credited += min(worth, held)
                due += max(0, worth - held)

        def settle() -> None:
            pool.settle(ticket.requester, bond - fees, held, credited, due, collect)

        amount = ticket.amount(kind) if upheld and not ticket.compensated & kind else 0
        if why := self._why_no_money(ticket, amount, settle, collect):
            return why
        if upheld:
            self.m.desk.uphold(ticket, kind, worth)
        dispute.state, dispute.money, dispute.reserved = state, share, 0
        dispute.signers = signers
        seats = self.seats[dispute.epoch].arbiters
        bits = sum(1 << seats.index(one) for one in signers)
        self.m.log("A.DisputeRuled", dispute.number, dispute.ticket_id, kind, state, worth, bits, share)
        self.is_locked = True
        settle()
        self.is_locked = False
        return set()

    def _why_no_money(
        self, ticket: object, amount: int, settle: Callable[[], None], collect: bool
    ) -> Reasons:
        pool = self.m.pool
        if pool.is_locked:
            return {LOCKED}
        if not collect:
            return set()

        def play() -> None:
            if amount:
                pool.pay(ticket.requester, amount, ticket.backed, False)
            settle()

        return pool.would_refuse((ticket.requester,), play)

    def report(self, verdict: Verdict, signed: Signed) -> Reasons:
        """A breach that nobody contested."""
        why = self._why_no_quorum(verdict, signed, self.epoch)
        if self.is_locked or self.m.pool.is_locked:
            why.add(LOCKED)
        why |= refusals(
            "panel",
            ("verdict on a dispute", verdict.dispute != 0),
            ("outcome is not upheld", verdict.outcome != 1),
            ("kind was contested before", self.find(verdict.ticket_id, verdict.kind) is not None),
        )
        why |= self.m.desk.why_undecidable(verdict.ticket_id, verdict.kind)
        why |= refusals("desk", ("kind cannot be reported", verdict.kind == INCIDENT))
        ticket = self.m.tickets.get(verdict.ticket_id)
        if ticket is None:
            return why
        if verdict.amount != ticket.amount(verdict.kind):
            why.add("panel: amount is not the policy's")
        if why:
            return why
        self.m.desk.uphold(ticket, verdict.kind, 0)
        seats = self.seats[self.epoch].arbiters
        bits = sum(1 << seats.index(who) for who, _ in signed)
        self.m.log(
            "A.BreachReported", verdict.ticket_id, verdict.kind, verdict.amount, verdict.evidence, self.epoch,
            bits,
        )  # fmt: skip
        return why

    def collect_fees(self, arbiter: int, names: list[tuple[int, int]]) -> Reasons:
        """An arbiter's shares."""
        if self.is_locked or self.m.pool.is_locked:
            return {LOCKED}
        found: list[Dispute] = []
        for ticket_id, kind in names:
            dispute = self.find(ticket_id, kind)
            if dispute and arbiter in dispute.signers and dispute not in found:
                found.append(dispute)
        total = sum(one.money for one in found)
        if total == 0:
            return {"panel: no fee to collect"}

        def settle() -> None:
            self.m.pool.settle(arbiter, total, 0, total, 0, True)

        if why := self.m.pool.would_refuse((arbiter,), settle):
            return why
        for dispute in found:
            dispute.signers = [one for one in dispute.signers if one != arbiter]
            self.m.log("A.FeeCollected", dispute.number, arbiter, dispute.money)
        self.is_locked = True
        settle()
        self.is_locked = False
        self.m.out = (total,)
        return set()
