# SPDX-License-Identifier: Apache-2.0
"""What is contested, and how arbiters rule, report, change and are paid."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.random_policy import FAR, HOUR, UNIT, policy
from checks.random_tickets import Actions
from makegood.clock import CALENDAR_HOURS, Kind
from makegood.desk import ArbiterSignature, DisputeState, Ruling, Verdict
from makegood.policy import DAY

if TYPE_CHECKING:
    from checks.random_desk import RandomDesk

_CLOCKS = (Kind.FIRST_REPLY, Kind.NEXT_REPLY, Kind.RESOLUTION)


class Disputes:
    """Requesters who contest, and a panel of three of whom two decide."""

    def __init__(self, house: RandomDesk) -> None:
        self._house = house
        self._panel = house.desk.panel
        self._pick = house.random.choice
        self._contested: list[tuple[bytes, Kind]] = []

    def actions(self) -> Actions:
        """By name."""
        return {
            "contest": (4, self._contest),
            "verdict": (3, self._verdict),
            "report": (1, self._report),
            "default": (3, self._default),
            "fees": (1, self._fees),
            "propose": (1, self._propose),
            "adopt": (1, self._adopt),
            "cancel panel": (1, lambda: self._house.send(self._panel.cancel_panel(), self._house.owner())),
        }

    def _contest(self) -> None:
        house = self._house
        ticket = house.ticket()
        kind = self._pick([Kind.INCIDENT, *_CLOCKS])
        terms = policy(CALENDAR_HOURS)
        state = house.desk.ticket(ticket)
        amount = UNIT if kind is Kind.INCIDENT else _worth(kind, state.priority)
        bond = terms.bond_of(amount if kind is Kind.INCIDENT else 0)
        call = self._panel.contest(ticket, kind, amount, house.digest(), bond)
        house.send(call, house.one if state.requester == house.one.address else house.other)
        self._contested = [*self._contested[-4:], (ticket, kind)]

    def _verdict(self) -> None:
        ticket, kind = self._pick(self._contested)
        found = self._panel.dispute(ticket, kind)
        if found.state is not DisputeState.OPEN:
            return
        ruling = self._pick(list(Ruling))
        amount = 0
        if ruling is Ruling.UPHELD:
            priority = self._house.desk.ticket(ticket).priority
            amount = self._pick([1, found.amount]) if kind is Kind.INCIDENT else _worth(kind, priority)
        verdict = Verdict(ticket, kind, ruling, amount, found.evidence_digest, found.number, found.epoch, FAR)
        call = self._panel.submit_verdict(verdict, self._signed(verdict), self._pick([True, False]))
        self._house.send(call, self._house.anyone)

    def _report(self) -> None:
        house = self._house
        ticket, kind = house.ticket(), self._pick(_CLOCKS)
        amount = _worth(kind, house.desk.ticket(ticket).priority)
        epoch = self._panel.epoch()
        verdict = Verdict(ticket, kind, Ruling.UPHELD, amount, house.digest(), 0, epoch, FAR)
        house.send(self._panel.report_breach(verdict, self._signed(verdict)), house.anyone)

    def _signed(self, verdict: Verdict) -> list[ArbiterSignature]:
        house = self._house
        seats = self._panel.seats(verdict.epoch)
        known = {each.address: each for each in house.people.values()}
        message = verdict.message(house.desk.chain_id, self._panel.address)
        some = house.random.sample(seats.arbiters, self._pick([seats.threshold, len(seats.arbiters)]))
        return [ArbiterSignature(each, known[each].sign_typed(message)) for each in some]

    def _default(self) -> None:
        ticket, kind = self._pick(self._contested)
        self._house.later(4 * HOUR, 0.3)
        self._house.send(self._panel.rule_by_default(ticket, kind), self._house.anyone)

    def _fees(self) -> None:
        arbiter = self._pick(self._house.arbiters)
        self._house.send(
            self._panel.collect_fees(arbiter.address, [self._pick(self._contested)]), self._house.anyone
        )

    def _propose(self) -> None:
        house = self._house
        some = house.random.sample(house.arbiters, self._pick([1, 2, 3]))
        house.send(self._panel.propose_panel(each.address for each in some), house.owner())

    def _adopt(self) -> None:
        self._house.later(2 * DAY, 0.15)
        self._house.send(self._panel.adopt_panel(), self._house.owner())


def _worth(kind: Kind, priority: int) -> int:
    return policy(CALENDAR_HOURS).compensation[priority][_CLOCKS.index(kind)]
