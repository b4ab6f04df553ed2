# SPDX-License-Identifier: Apache-2.0
"""What stands now: a ticket's row says what its last event left, the clock goes on from there.

Pure functions of a row, its policy and a time, which is the chain's: seconds since 1970.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from makegood.clock import Kind
from makegood.indexer.terms import amount_of, worst_case
from makegood.indexer.tickets import CLOSED, FIRST_REPLY, HOLD, NEXT_REPLY, OPEN, PENDING, RESOLUTION, SOLVED
from makegood.policy import ChainPolicy

CLOCKS = FIRST_REPLY | NEXT_REPLY | RESOLUTION

Turn = Literal["desk", "requester", "nobody"]
Owed = Literal["reply", "resolution"]
Way = Literal["claim", "prove", "end_challenge", "wait", "expired"]


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket at a time.

    `turn` is whose move it is; `owes` what the desk owes first, and `due` the last second for it. `breached`
    are the kinds recorded or run out by now, `unrecorded` those that no event recorded yet. `claimable` are
    the kinds that can still be paid, `amount` what they come to, and `way` how: a claim; a proof first, by
    the requester, until the ticket's `provable_until`; the end of a challenge, or waiting for it; or never,
    since the batch has expired.
    `reserved` is set aside for the ticket's clocks, in its batch where it is not proven.
    `contest_until` is the last second of the contest window of a solved ticket, which a challenge makes
    begin at its end; `over` whether it has passed.
    """

    turn: Turn
    owes: Owed | None
    due: int | None
    late: bool
    breached: Kind
    unrecorded: Kind
    claimable: Kind
    amount: int
    way: Way | None
    reserved: int
    worst_case: int
    contest_until: int | None
    over: bool


def standing(ticket: Mapping[str, Any], policy: ChainPolicy, now: int) -> Standing:
    """How the ticket of this row of `tickets` stands at `now`."""
    status, priority = ticket["status"], ticket["priority"]
    breached = _breached(ticket, now)
    unpaid = breached & ~ticket["compensated"] if status != CLOSED else 0
    worth = worst_case(policy, priority)
    left = amount_of(policy, priority, CLOCKS & ~ticket["compensated"])
    owes, due = _owed(ticket)
    contest_until = _solved(ticket) + policy.contest_window if status == SOLVED else None
    return Standing(
        turn=_turn(status),
        owes=owes,
        due=due,
        late=due is not None and now > due,
        breached=Kind(breached),
        unrecorded=Kind(breached & ~_recorded(ticket)),
        claimable=Kind(unpaid),
        amount=amount_of(policy, priority, unpaid),
        way=_way(ticket, now) if unpaid else None,
        reserved=left if ticket["backed"] and status != CLOSED else 0,
        worst_case=worth,
        contest_until=contest_until,
        over=contest_until is not None and now > contest_until,
    )


def _recorded(ticket: Mapping[str, Any]) -> int:
    # Of a ticket that only leaves tell of, nothing is on record.
    return int(ticket["breached"]) if ticket["source"] == "chain" else 0


def _breached(ticket: Mapping[str, Any], now: int) -> int:
    breached = int(ticket["breached"])
    # What runs out during a challenge is recorded as of the challenge's last second.
    at = now if not ticket["challenged"] else min(now, ticket["challenge_until"])
    if ticket["status"] == OPEN and at > ticket["reply_due"]:
        breached |= NEXT_REPLY if ticket["replied"] else FIRST_REPLY
    if ticket["status"] in (OPEN, HOLD) and at > ticket["resolution_due"]:
        breached |= RESOLUTION
    return breached


def _solved(ticket: Mapping[str, Any]) -> int:
    # Of a challenged one: if nothing else is shown until the challenge's last second.
    return int(ticket["challenge_until"] if ticket["challenged"] else ticket["solved_at"])


def _turn(status: int) -> Turn:
    if status in (OPEN, HOLD):
        return "desk"
    return "requester" if status == PENDING else "nobody"


def _owed(ticket: Mapping[str, Any]) -> tuple[Owed | None, int | None]:
    status = ticket["status"]
    if status == OPEN:
        # Both are owed: the one that falls due first.
        if ticket["resolution_due"] < ticket["reply_due"]:
            return "resolution", ticket["resolution_due"]
        return "reply", ticket["reply_due"]
    if status == HOLD:
        return "resolution", ticket["resolution_due"]
    return None, None


def _way(ticket: Mapping[str, Any], now: int) -> Way:
    if ticket["source"] != "chain":
        return "prove" if now <= ticket["provable_until"] else "expired"
    if ticket["challenged"]:
        return "end_challenge" if now > ticket["challenge_until"] else "wait"
    return "claim"


@dataclass(frozen=True, slots=True)
class Money:
    """The books of a pool as the pool itself tells them."""

    funds: int
    reserved: int
    credited: int
    bonded: int
    debt: int
    free: int


def money(books: Mapping[str, Any]) -> Money:
    """From a row of `desks` or `books`: today's funds pay debt at once, though lazily on chain."""
    unpaid = books["debt_incurred"] - books["debt_paid"]
    held = books["reserved"] + books["credited"] + books["bonded"]
    paying = min(unpaid, max(0, books["funds"] - held))
    return Money(
        funds=books["funds"],
        reserved=books["reserved"],
        credited=books["credited"] + paying,
        bonded=books["bonded"],
        debt=unpaid - paying,
        free=max(0, books["funds"] - held - unpaid),
    )
