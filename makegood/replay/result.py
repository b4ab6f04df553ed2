# SPDX-License-Identifier: Apache-2.0
"""What a replay found, counted from what the chain recorded."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from makegood.clock import Kind, Priority
from makegood.policy import KINDS, format_amount, from_units


@dataclass(frozen=True, slots=True)
class TicketResult:
    """One ticket: what was breached, and what that came to in the asset's smallest units."""

    ticket: str
    priority: Priority
    breached: Kind
    compensation: int

    def row(self, decimals: int = 18) -> dict[str, str]:
        """For a CSV file: `ticket`, `priority`, `breached` (kinds with spaces between), `compensation`."""
        return {
            "ticket": self.ticket,
            "priority": self.priority.label,
            "breached": " ".join(self.breached.labels),
            "compensation": format_amount(from_units(self.compensation, decimals)),
        }


@dataclass(frozen=True, slots=True)
class BatchFigures:
    """What only the batch lane has: seconds between anchorings, entries shown, and proofs that were refuted.

    A proof is refuted where nothing is breached when its challenge ends and the desk had to show that; its
    bond is lost. Others are returned, and collected with compensation.
    """

    every: int
    entries_shown: int
    refuted: int
    bonds_returned: int
    bonds_lost: int


@dataclass(frozen=True)
class Result:
    """A finished replay. Amounts are in the asset's smallest units; `gas` is of each call, by function."""

    desk: str
    events: int
    tickets: tuple[TicketResult, ...]
    collected: int
    gas: Mapping[str, tuple[int, ...]]
    seconds: float
    decimals: int = 18
    batches: BatchFigures | None = None

    @property
    def compensation(self) -> int:
        """What all breaches came to."""
        return sum(ticket.compensation for ticket in self.tickets)

    def summary(self) -> dict[str, Any]:
        """The figures, ready for JSON: amounts as decimal strings in whole units, `seconds` by the clock."""
        return {
            "lane": "batch" if self.batches else "direct",
            "tickets": len(self.tickets),
            "events": self.events,
            "breaches": {kind: self._by_priority(Kind[kind.upper()]) for kind in KINDS},
            "breached_tickets": sum(1 for ticket in self.tickets if ticket.breached),
            "compensation": self._amount(self.compensation),
            "collected": self._amount(self.collected),
            "gas": {function: _statistics(used) for function, used in sorted(self.gas.items())},
            "seconds": round(self.seconds, 1),
        } | (self._batches(self.batches) if self.batches else {})

    def rows(self) -> Iterable[dict[str, str]]:
        """Each ticket's row, in the order of opening."""
        return (ticket.row(self.decimals) for ticket in self.tickets)

    def _batches(self, figures: BatchFigures) -> dict[str, Any]:
        anchoring = self.gas["anchor_batch"]
        return {
            "batches": {
                "every": figures.every,
                "anchored": len(anchoring),
                "anchoring_gas": sum(anchoring),
                # All that a ticket takes that nobody proves.
                "anchoring_gas_a_ticket": sum(anchoring) // len(self.tickets),
                "proofs": len(self.gas.get("prove_ticket", ())),
                "proofs_refuted": figures.refuted,
                "bonds_returned": self._amount(figures.bonds_returned),
                "bonds_lost": self._amount(figures.bonds_lost),
                "entries_shown": figures.entries_shown,
                "challenges_ended": len(self.gas.get("end_challenge", ())),
                "released": len(self.gas.get("release_batch", ())),
            }
        }

    def _amount(self, units: int) -> str:
        return format_amount(from_units(units, self.decimals))

    def _by_priority(self, kind: Kind) -> dict[str, int]:
        return {
            priority.label: sum(
                1 for each in self.tickets if each.priority == priority and kind in each.breached
            )
            for priority in Priority
        }


def _statistics(used: tuple[int, ...]) -> dict[str, int]:
    return {"calls": len(used), "median": median_low(used), "max": max(used)}
