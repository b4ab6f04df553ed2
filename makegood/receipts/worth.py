# SPDX-License-Identifier: Apache-2.0
"""What a ticket is worth now: what is due when, what was missed, what can be claimed, what waits."""

from collections.abc import Mapping
from typing import Any

from makegood import clock
from makegood.clock import Kind, Status, TicketState
from makegood.console import words
from makegood.desk import Dispute, DisputeState, Token
from makegood.disputes import disputes_of
from makegood.errors import MalformedWord
from makegood.policy import ChainPolicy
from makegood.receipts import node
from makegood.receipts.receipt import Receipt
from makegood.receipts.recording import Place
from makegood.receipts.step import Step, passed

NAME = "worth"


def check(receipt: Receipt, place: Place, now: int) -> Step:
    """The step; it reads everything from the chain. Raises MakegoodError where the node cannot tell."""
    desk = place.desk
    with node.asking("ticket_word"):
        try:
            state = desk.ticket(receipt.ticket_id)
        except MalformedWord:
            raise node.contradicts("the ticket's state") from None
    if (state.requester, state.policy_id, state.priority) != (
        receipt.requester,
        receipt.policy_id,
        receipt.priority,
    ):
        raise node.contradicts("the ticket's state")
    with node.asking("policy"):
        policy = desk.policy(state.policy_id)
        token = desk.pool.token
        ready = desk.pool.collectable(receipt.requester)
        owed = desk.pool.owed(receipt.requester)
        disputes = disputes_of(desk, receipt.ticket_id) if state.disputed else {}
        at = max(now, place.at)
        return _told(state, policy, token, ready, owed, disputes, at)


def _told(
    state: TicketState,
    policy: ChainPolicy,
    token: Token,
    ready: int,
    owed: int,
    disputes: Mapping[Kind, Dispute],
    now: int,
) -> Step:
    closed = state.status is Status.CLOSED
    breached = state.breached if closed else clock.check(state, now).breached
    unpaid = clock.NO_KIND if closed else breached & ~state.compensated
    amounts = policy.compensation[state.priority]
    amount = sum(each for index, each in enumerate(amounts) if int(unpaid) >> index & 1)
    parts = [_status(state, policy, now)]
    parts.append(f"Breached: {_labels(breached)}." if breached else "Nothing is breached.")
    if unpaid:
        parts.append(f"{words.money(amount, token)} can be claimed now, by anyone, for the requester.")
    if state.compensated:
        parts.append(f"Compensated already: {_labels(state.compensated)}.")
    if not state.backed and not closed:
        parts.append("The ticket is not backed: what it pays is debt until funds come in.")
    parts += [_dispute(kind, dispute, now) for kind, dispute in disputes.items()]
    if ready:
        parts.append(f"Of all tickets, the requester can collect {words.money(ready, token)}.")
    if owed:
        parts.append(f"Of all tickets, the requester is owed {words.money(owed, token)} until funds come in.")
    facts: dict[str, Any] = {
        "as_of": words.iso(now),
        "status": state.status.label,
        "reply_due": words.iso(state.reply_due),
        "resolution_due": words.iso(state.resolution_due),
        "resolution_remaining": state.resolution_remaining,
        "backed": state.backed,
        "breached": list(breached.labels),
        "compensated": list(state.compensated.labels),
        "claimable": {"kinds": list(unpaid.labels), "amount": str(amount)},
        "collectable": str(ready),
        "owed": str(owed),
        "asset": token.symbol,
        "decimals": token.decimals,
        "disputes": [_dispute_facts(kind, dispute) for kind, dispute in disputes.items()],
    }
    return passed(NAME, " ".join(parts), **facts)


def _status(state: TicketState, policy: ChainPolicy, now: int) -> str:
    def by(due: int) -> str:
        return f"{'was' if now > due else 'is'} due by {words.moment(due, now)}"

    if state.status is Status.OPEN:
        what = "a reply" if state.replied else "a first reply"
        return f"Open: {what} {by(state.clock)}, a resolution {by(state.resolution)}."
    if state.status is Status.HOLD:
        return f"On hold, the desk works on it: a resolution {by(state.resolution)}."
    if state.status is Status.PENDING:
        return f"Pending, waits for the requester: {words.span(state.resolution)} of open time are left."
    if state.status is Status.SOLVED:
        end = state.clock + policy.contest_window
        over = "the contest window ended" if now > end else "the requester can contest it until"
        return f"Solved: {over} {words.moment(end, now)}."
    return "Closed: nothing more is owed on it."


def _dispute(kind: Kind, dispute: Dispute, now: int) -> str:
    what = f"Dispute {dispute.number} on the {_labels(kind)}"
    if dispute.state is DisputeState.OPEN:
        return f"{what} is open; the arbiters can rule until {words.moment(dispute.rules_until, now)}."
    ended = {
        DisputeState.UPHELD: "was upheld",
        DisputeState.REJECTED: "was rejected",
        DisputeState.DEFAULTED: "was upheld by the arbiters' silence",
    }
    return f"{what} {ended[dispute.state]}."


def _dispute_facts(kind: Kind, dispute: Dispute) -> dict[str, Any]:
    return {
        "dispute": dispute.number,
        "kind": kind.labels[0],
        "state": dispute.state.name.lower(),
        "rules_until": words.iso(dispute.rules_until),
    }


def _labels(kinds: Kind) -> str:
    return ", ".join(label.replace("_", " ") for label in kinds.labels)
