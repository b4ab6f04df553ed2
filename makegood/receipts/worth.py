# SPDX-License-Identifier: Apache-2.0
"""What a ticket is worth now: what is due when, what was missed, what can be claimed, what waits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from makegood import clock
from makegood.batches.forecast import Forecast, forecast
from makegood.clock import Kind, Status, TicketState
from makegood.console import words
from makegood.desk import Desk, Dispute, DisputeState, Proof, Token
from makegood.disputes import disputes_of
from makegood.errors import MalformedWord
from makegood.policy import ChainPolicy
from makegood.receipts import node
from makegood.receipts.receipt import Receipt
from makegood.receipts.recording import Place
from makegood.receipts.step import Step, passed

NAME = "worth"


@dataclass(frozen=True)
class Funds:
    """What a requester has of all its tickets at the desk's pool, in smallest units of its asset."""

    token: Token
    collectable: int
    owed: int

    def sentences(self) -> list[str]:
        """What there is of it."""
        parts = []
        if self.collectable:
            ready = words.money(self.collectable, self.token)
            parts.append(f"Of all tickets, the requester can collect {ready}.")
        if self.owed:
            owed = words.money(self.owed, self.token)
            parts.append(f"Of all tickets, the requester is owed {owed} until funds come in.")
        return parts

    def facts(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "collectable": str(self.collectable),
            "owed": str(self.owed),
            "asset": self.token.symbol,
            "decimals": self.token.decimals,
        }


def funds_of(desk: Desk, requester: str) -> Funds:
    """What the pool has for a requester now."""
    return Funds(desk.pool.token, desk.pool.collectable(requester), desk.pool.owed(requester))


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
    return told(desk, receipt, state, max(now, place.at))


def told(
    desk: Desk, receipt: Receipt, state: TicketState, now: int, first: str = "", proof: Proof | None = None
) -> Step:
    """The step for a ticket that the desk has, which may be challenged where it has a `proof`."""
    with node.asking("policy"):
        policy = desk.policy(state.policy_id)
        funds = funds_of(desk, receipt.requester)
        disputes = disputes_of(desk, receipt.ticket_id) if state.disputed else {}
    challenge = _challenge(state, policy, now, proof)
    closed = state.status is Status.CLOSED
    breached = state.breached if closed else clock.check(state, now).breached
    unpaid = clock.NO_KIND if closed or challenge else breached & ~state.compensated
    amounts = policy.compensation[state.priority]
    if challenge:
        breached = state.breached | challenge.certain
    parts = [first] if first else []
    parts += [_phase(challenge, now)] if challenge else []
    parts.append(_status(state, policy, now))
    nothing = "Nothing is breached for certain." if challenge and challenge.kinds else "Nothing is breached."
    parts.append(f"Breached: {labels(breached)}." if breached else nothing)
    if challenge and challenge.kinds:
        parts.append(_then(challenge, funds.token))
    elif unpaid:
        amount = words.money(amount_of(unpaid, amounts), funds.token)
        parts.append(f"{amount} can be claimed now, by anyone, for the requester.")
    if state.compensated:
        parts.append(f"Compensated already: {labels(state.compensated)}.")
    if not state.backed and not closed:
        parts.append("The ticket is not backed: what it pays is debt until funds come in.")
    parts += [_dispute(kind, dispute, now) for kind, dispute in disputes.items()]
    parts += funds.sentences()
    facts: dict[str, Any] = {
        "as_of": words.iso(now),
        "status": state.status.label,
        "reply_due": words.iso(state.reply_due),
        "resolution_due": words.iso(state.resolution_due),
        "resolution_remaining": state.resolution_remaining,
        "backed": state.backed,
        "breached": list(breached.labels),
        "compensated": list(state.compensated.labels),
        "claimable": {"kinds": list(unpaid.labels), "amount": str(amount_of(unpaid, amounts))},
        **funds.facts(),
        "disputes": [_dispute_facts(kind, dispute) for kind, dispute in disputes.items()],
    }
    if proof is not None:
        facts |= {
            "proven": True,
            "proven_batch": proof.batch,
            "challenged": state.challenged,
            "challenged_until": words.iso(challenge.until) if challenge else None,
        }
    if challenge:
        facts["unless_answered"] = unless_answered(challenge)
    return passed(NAME, " ".join(parts), **facts)


def amount_of(kinds: Kind, amounts: Sequence[int]) -> int:
    """What these clock kinds come to."""
    return sum(each for index, each in enumerate(amounts) if int(kinds) >> index & 1)


def due_by(due: int, now: int) -> str:
    """Until when something is due, or was."""
    return f"{'was' if now > due else 'is'} due by {words.moment(due, now)}"


def unless_answered(challenge: Forecast) -> dict[str, Any]:
    """What a challenge comes to if the desk shows no reply, for machines."""
    return {"kinds": list(challenge.kinds.labels), "amount": str(challenge.amount)}


def _challenge(state: TicketState, policy: ChainPolicy, now: int, proof: Proof | None) -> Forecast | None:
    if not state.challenged:
        return None
    if proof is None:
        raise node.contradicts("the ticket's proof")
    return forecast(state, policy, now, proof)


def _phase(challenge: Forecast, now: int) -> str:
    if now > challenge.until:
        over = words.moment(challenge.until, now)
        return f"Challenged: the window was over {over}, so anyone can end the challenge."
    if now > challenge.half:
        taken = "its second half runs, for follow-ups and what was anchored in it"
    else:
        taken = f"its first half, for all that the desk shows, runs until {words.moment(challenge.half, now)}"
    return f"Challenged until {words.moment(challenge.until, now)}: {taken}. Nothing else can happen to it."


def _then(challenge: Forecast, token: Token) -> str:
    """What can be claimed when the challenge has ended, and whether a reply can still avert it."""
    certain = words.money(challenge.certain_amount, token)
    rest = words.money(challenge.amount - challenge.certain_amount, token)
    if not challenge.avertable:
        return f"{certain} can be claimed then, by anyone, for the requester."
    if not challenge.certain:
        return f"Unless the desk shows a reply, {rest} can be claimed then, by anyone, for the requester."
    return (
        f"{certain} can be claimed then, by anyone, for the requester; unless the desk shows a reply, {rest} "
        "more."
    )


def _status(state: TicketState, policy: ChainPolicy, now: int) -> str:
    if state.status is Status.OPEN:
        what = "a reply" if state.replied else "a first reply"
        return f"Open: {what} {due_by(state.clock, now)}, a resolution {due_by(state.resolution, now)}."
    if state.status is Status.HOLD:
        return f"On hold, the desk works on it: a resolution {due_by(state.resolution, now)}."
    if state.status is Status.PENDING:
        return f"Pending, waits for the requester: {words.span(state.resolution)} of open time are left."
    if state.status is Status.SOLVED:
        end = state.clock + policy.contest_window
        if state.challenged:
            return "Solved: its contest window begins when the challenge has ended."
        over = "the contest window ended" if now > end else "the requester can contest it until"
        return f"Solved: {over} {words.moment(end, now)}."
    return "Closed: nothing more is owed on it."


def _dispute(kind: Kind, dispute: Dispute, now: int) -> str:
    what = f"Dispute {dispute.number} on the {labels(kind)}"
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


def labels(kinds: Kind) -> str:
    """The words for what is in a set, for a sentence."""
    return ", ".join(label.replace("_", " ") for label in kinds.labels)
