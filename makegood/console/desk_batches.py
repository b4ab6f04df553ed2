# SPDX-License-Identifier: Apache-2.0
"""The batch lane of a desk at a glance: what can still be proven, what is challenged, what is held for it."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from makegood.clock import TicketState
from makegood.console import words
from makegood.console.run import Run
from makegood.console.table import facts
from makegood.desk import Event

_LISTED = 10


@dataclass(frozen=True)
class Challenge:
    """A ticket whose challenge has not ended: the last second of its window, and the bond held for it."""

    ticket_id: bytes
    until: int
    bond: int


@dataclass(frozen=True)
class Batches:
    """All batches of a desk by their number. `held` is what is set aside for their tickets not proven.

    `unproven` counts the tickets of open batches that nobody has proven.
    """

    open: tuple[int, ...]
    expired: tuple[int, ...]
    unproven: int
    held: Mapping[int, int]
    challenges: tuple[Challenge, ...]

    @property
    def reserved(self) -> int:
        """What is set aside for tickets not proven, of expired batches too."""
        return sum(self.held.values())

    @property
    def releasable(self) -> dict[int, int]:
        """What expired batches still hold, which anyone can free."""
        return {number: self.held[number] for number in self.expired if self.held.get(number)}

    @property
    def bonds(self) -> int:
        """The bonds of proofs that the pool holds."""
        return sum(each.bond for each in self.challenges)


def read_batches(run: Run, tickets: Mapping[bytes, TicketState], now: int) -> Batches:
    """What the lane's events and views tell."""
    events = list(
        run.desk.lane.events(("BatchAnchored", "TicketProven", "BatchReleased"), from_block=run.first_block)
    )
    anchored = {event["batch"]: event for event in events if event.name == "BatchAnchored"}
    proven = Counter(event["batch"] for event in events if event.name == "TicketProven")
    released = {event["batch"] for event in events if event.name == "BatchReleased"}
    still_open = tuple(number for number, event in anchored.items() if now <= event["expires_at"])
    return Batches(
        open=still_open,
        expired=tuple(number for number, event in anchored.items() if now > event["expires_at"]),
        unproven=sum(sum(anchored[number]["counts"][:4]) - proven[number] for number in still_open),
        held={
            number: run.desk.lane.batch(number).reserved
            for number, event in anchored.items()
            if _may_hold(event) and number not in released
        },
        challenges=_challenges(run, tickets),
    )


def _may_hold(anchored: Event) -> bool:
    return bool(anchored["backed"] and anchored["worst_case"])


def _challenges(run: Run, tickets: Mapping[bytes, TicketState]) -> tuple[Challenge, ...]:
    @cache
    def window(policy_id: int) -> int:
        return run.desk.policy(policy_id).challenge_window

    found = []
    for ticket_id, state in tickets.items():
        proof = run.desk.lane.proof(ticket_id) if state.challenged else None
        if proof is not None:
            found.append(Challenge(ticket_id, proof.proven_at + window(state.policy_id), proof.bond))
    return tuple(sorted(found, key=lambda each: each.until))


# ---------------------------------------------------------------- in words


def batch_lines(run: Run, batches: Batches, now: int) -> list[str]:
    """The batches of a desk; no lines where it has none."""
    count = len(batches.open) + len(batches.expired)
    if not count:
        return []
    rows = [("not proven", _unproven(run, batches))]
    if batches.releasable:
        numbers = ", ".join(map(str, list(batches.releasable)[:_LISTED]))
        more = ", …" if len(batches.releasable) > _LISTED else ""
        amount = run.money(sum(batches.releasable.values()))
        rows.append(("releasable", f"{amount} of {_batches(numbers)}{more}: `ape run release`"))
    rows += [("challenged", _challenged(run, each, now)) for each in batches.challenges[:_LISTED]]
    if len(batches.challenges) > _LISTED:
        rows.append(("challenged", f"… and {len(batches.challenges) - _LISTED} more; --json has all"))
    summary = f"{count} anchored: {len(batches.open)} open, {len(batches.expired)} expired"
    return ["", f"Batches: {summary}", *facts(rows, indent=2)]


def _batches(numbers: str) -> str:
    return f"batches {numbers}" if "," in numbers else f"batch {numbers}"


def _unproven(run: Run, batches: Batches) -> str:
    held = run.money(sum(batches.held.get(number, 0) for number in batches.open))
    return f"{words.count(batches.unproven, 'ticket')} of open batches, {held} set aside for them"


def _challenged(run: Run, each: Challenge, now: int) -> str:
    ticket = words.shortened("0x" + each.ticket_id.hex())
    bond = f", bond {run.money(each.bond)}" if each.bond else ""
    when = words.moment(each.until, now)
    if now > each.until:
        return f"{ticket}, over since {when}{bond}: `ape run claim` ends it"
    return f"{ticket} until {when}{bond}: `ape run answer`"


def reserved_for(run: Run, batches: Batches) -> str:
    """What the pool's reserve is for, in words."""
    parts = [
        f"{run.money(amount)} of it {what}"
        for amount, what in (
            (batches.reserved, "for tickets of batches not proven"),
            (batches.bonds, "bonds of proofs"),
        )
        if amount
    ]
    return ", ".join(["for worst cases and contested incidents", *parts])


# ---------------------------------------------------------------- for machines


def batches_data(batches: Batches) -> dict[str, Any]:
    """The batches of a desk for machines."""
    return {
        "anchored": len(batches.open) + len(batches.expired),
        "open": list(batches.open),
        "expired": list(batches.expired),
        "unproven": batches.unproven,
        "reserved": str(batches.reserved),
        "releasable": [
            {"batch": number, "amount": str(amount)} for number, amount in batches.releasable.items()
        ],
        "challenged": [
            {
                "ticket_id": "0x" + each.ticket_id.hex(),
                "until": words.iso(each.until),
                "bond": str(each.bond),
            }
            for each in batches.challenges
        ],
        "bonds": str(batches.bonds),
    }
