# SPDX-License-Identifier: Apache-2.0
"""What a ticket of a batch is worth: until it is proven only its batch answers for it, then as any other."""

from typing import Any

from makegood import clock
from makegood.batches.forecast import forecast
from makegood.clock import TicketState
from makegood.console import words
from makegood.desk import Batch, Proof, Token
from makegood.errors import MalformedWord
from makegood.policy import ChainPolicy
from makegood.receipts import anchoring, node, worth
from makegood.receipts.receipt import Receipt
from makegood.receipts.recording import Place
from makegood.receipts.step import Step, passed

NAME = worth.NAME


def check(receipt: Receipt, place: Place, now: int) -> Step:
    """The step; it reads everything from the chain. Raises MakegoodError where the node cannot tell."""
    assert receipt.inclusion is not None  # noqa: S101
    assert place.batch is not None  # noqa: S101
    desk, batch = place.desk, place.batch
    with node.asking("ticket_word"):
        word = desk.ticket_word(receipt.ticket_id)
        proof = desk.lane.proof(receipt.ticket_id)
    if (word != 0) != (proof is not None):
        raise node.contradicts("the ticket's proof")
    at = max(now, place.at)
    if proof is None:
        with node.asking("policy"):
            policy, funds = desk.policy(batch.policy_id), worth.funds_of(desk, receipt.requester)
        state = anchoring.opened_state(policy, batch, receipt.priority, receipt.requester, receipt.opened_at)
        return _unproven(state, policy, batch, funds, at)
    try:
        state = TicketState.unpack(word)
    except MalformedWord:
        raise node.contradicts("the ticket's state") from None
    return worth.told(desk, receipt, state, at, _from(receipt, batch, state, proof), proof)


def _from(receipt: Receipt, batch: Batch, state: TicketState, proof: Proof) -> str:
    """What is to be said first: nothing where the ticket was proven from the receipt's batch."""
    assert receipt.inclusion is not None  # noqa: S101
    if proof.batch != receipt.inclusion.batch:
        return f"It was proven from batch {proof.batch}, not from this one: what follows is of that proof."
    agreed = (state.requester, state.policy_id, state.priority)
    if agreed != (receipt.requester, batch.policy_id, receipt.priority):
        raise node.contradicts("the ticket's state")
    return ""


def _unproven(state: TicketState, policy: ChainPolicy, batch: Batch, funds: worth.Funds, now: int) -> Step:
    expired = now > batch.expires_at
    late = clock.NO_KIND if expired else clock.check(state, now).breached
    if_proven = forecast(state, policy, now)
    amounts = policy.compensation[state.priority]
    until = words.moment(batch.expires_at, now)
    if expired:
        parts = [f"Not proven: it had to be by {until}, so it is worth nothing any more."]
    else:
        parts = [
            f"Not proven: to be paid it must be proven by {until}.",
            _backing(batch, sum(amounts), funds.token),
            f"The first reply {worth.due_by(state.clock, now)}, the resolution "
            f"{worth.due_by(state.resolution, now)}.",
        ]
        if late:
            money = words.money(if_proven.amount, funds.token)
            parts.append(
                f"Late: {worth.labels(late)}. Proven now, and unless the desk shows a reply, it pays {money} "
                f"for {worth.labels(if_proven.kinds)}."
            )
        else:
            parts.append("Nothing is breached.")
    facts: dict[str, Any] = {
        "as_of": words.iso(now),
        "status": "expired" if expired else "unproven",
        "proven": False,
        "prove_until": words.iso(batch.expires_at),
        "prove_bond": str(policy.prove_bond),
        "reply_due": words.iso(state.clock),
        "resolution_due": words.iso(state.resolution),
        "backed": batch.backed and not expired,
        "worst_case": "0" if expired else str(sum(amounts)),
        "late": list(late.labels),
        "unless_answered": {"kinds": [], "amount": "0"} if expired else worth.unless_answered(if_proven),
        "claimable": {"kinds": [], "amount": "0"},
        **funds.facts(),
    }
    return passed(NAME, " ".join([*parts, *funds.sentences()]), **facts)


def _backing(batch: Batch, worst_case: int, token: Token) -> str:
    money = words.money(worst_case, token)
    if batch.backed:
        return f"Its worst case, {money}, is set aside."
    return f"Its batch is not backed: what it pays, at most {money}, is debt until funds come in."
