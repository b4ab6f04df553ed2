# SPDX-License-Identifier: Apache-2.0
"""A ticket as a worried person reads it: whose turn it is and until when, what it is worth, what happened."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from makegood import clock
from makegood.batches.forecast import Forecast, forecast
from makegood.clock import Kind, Status, TicketState
from makegood.console import ticket_ids, words
from makegood.console.dispute_words import STATES, kind_label, waits_words
from makegood.console.history import history_data, history_rows, timeline
from makegood.console.run import Run
from makegood.console.table import facts, table
from makegood.desk import Claimable, Dispute, DisputeState, Event, Proof
from makegood.disputes import disputes_of
from makegood.errors import NodeUnreachable
from makegood.policy import ChainPolicy


def show_ticket(run: Run, ticket: str) -> None:
    """Print a ticket's state, worth and history."""
    ticket_id = ticket_ids.ticket_id(run, ticket)
    state = run.desk.ticket(ticket_id)
    policy = run.desk.policy(state.policy_id)
    now = run.chain.now()
    due = claimable(state, policy, now)
    events = timeline(run, ticket_id, state)
    disputes = disputes_of(run.desk, ticket_id) if state.disputed else {}
    proof = _proof(run, ticket_id) if state.challenged else None
    challenge = forecast(state, policy, now, proof) if proof else None
    unpaid = run.money(due.amount) if due.kinds else None
    lines = [turn(state, policy, now, unpaid, challenge, tuple(disputes.values())), ""]
    lines += facts(
        [
            *_worth(run, state, policy, due, now, challenge),
            *_bond_rows(run, proof),
            *_dispute_rows(run, disputes, now),
        ]
    )
    lines += ["", *table(("when", "what happened"), history_rows(run, events, now))]
    data = _data(run, ticket_id, state, policy, due, events)
    run.output.result(
        {**data, **_challenge_data(state, challenge, proof), "disputes": _disputes_data(disputes)}, lines
    )


def claimable(state: TicketState, policy: ChainPolicy, now: int) -> Claimable:
    """What a claim would pay at `now`, by the chain's rules; its own view is of its last block."""
    if state.status is Status.CLOSED or state.challenged:
        return Claimable(clock.NO_KIND, 0)
    kinds = clock.check(state, now).breached & ~state.compensated
    return Claimable(kinds, value(kinds, state, policy))


def value(kinds: Kind, state: TicketState, policy: ChainPolicy) -> int:
    """What these clock kinds come to, in the asset's smallest units."""
    amounts = policy.compensation[state.priority]
    return sum(amount for index, amount in enumerate(amounts) if int(kinds) >> index & 1)


def _proof(run: Run, ticket_id: bytes) -> Proof:
    proof = run.desk.lane.proof(ticket_id)
    if proof is None:
        raise NodeUnreachable(
            "The node calls the ticket challenged and has no proof of it.", hint="Try again."
        )
    return proof


def turn(
    state: TicketState,
    policy: ChainPolicy,
    now: int,
    unpaid: str | None,
    challenge: Forecast | None = None,
    disputes: Sequence[Dispute] = (),
) -> str:
    """One sentence: whose turn it is and until when. `unpaid` is what can be claimed, in words."""
    if challenge is not None:
        return _challenged(challenge, now)
    unruled = [each for each in disputes if each.state is DisputeState.OPEN]
    if state.status is Status.SOLVED and unruled:
        sentence = _disputed(min(unruled, key=lambda each: each.rules_until), now)
    else:
        sentence = _turn(state, policy, now)
    return f"{sentence} {unpaid} can be claimed." if unpaid else sentence


def _challenged(challenge: Forecast, now: int) -> str:
    when = words.moment(challenge.until, now)
    if now > challenge.until:
        return f"Challenged until {when}: anyone can end it now, and claim what is breached."
    if now > challenge.half:
        since = words.calendar(challenge.half, now)
        return f"Challenged: until {when} only follow-ups count, and what was anchored after {since}."
    return f"Challenged: until {when} the desk shows what is to count for it; nothing else can happen to it."


def _disputed(dispute: Dispute, now: int) -> str:
    says = "Solved, the desk says, and the requester disputes it:"
    if dispute.epoch and now <= dispute.rules_until:
        return f"{says} the arbiters' turn, until {words.moment(dispute.rules_until, now)}."
    return f"{says} {waits_words(dispute.epoch, dispute.rules_until, now)}."


def _turn(state: TicketState, policy: ChainPolicy, now: int) -> str:
    when = words.moment
    if state.status is Status.OPEN:
        what = "a reply" if state.replied else "a first reply"
        if now > state.clock:
            return f"The desk owes {what} and is late: it was due by {when(state.clock, now)}."
        return f"The desk owes {what} by {when(state.clock, now)}."
    if state.status is Status.HOLD:
        if now > state.resolution:
            return f"The desk works on it and is late: a resolution was due by {when(state.resolution, now)}."
        return f"The desk works on it and owes a resolution by {when(state.resolution, now)}."
    if state.status is Status.PENDING:
        left = words.span(state.resolution)
        return f"The desk waits for the requester; its own clock stands still with {left} of open time left."
    if state.status is Status.SOLVED:
        end = state.clock + policy.contest_window
        if now > end:
            return f"Solved, and nobody objected by {when(end, now)}: anyone can close it."
        return f"Solved; the requester can say that it is not by {when(end, now)}."
    return "Closed: nothing more is owed on this ticket."


def _worth(
    run: Run, state: TicketState, policy: ChainPolicy, due: Claimable, now: int, challenge: Forecast | None
) -> list[tuple[str, str]]:
    rows = [("priority", f"{state.priority.label}, under policy {state.policy_id}")]
    if state.status is Status.OPEN:
        # The first line tells the reply's.
        rows.append(("resolution due", words.moment(state.resolution, now)))
    for index, label in enumerate(Kind(7).labels):
        bit = Kind(1 << index)
        amount = run.money(policy.compensation[state.priority][index])
        if bit in state.compensated:
            fate = "breached and paid" if state.backed else "breached, owed or paid from later funds"
        elif challenge and bit in challenge.certain:
            fate = "breached, " + (
                "can be claimed" if now > challenge.until else "and no reply helps any more"
            )
        elif challenge and bit in challenge.kinds:
            fate = "breached unless the desk shows a reply"
        elif bit in due.kinds:
            fate = "breached, can be claimed"
        else:
            fate = "not breached" if state.status is Status.CLOSED else "if it is missed"
        rows.append((label.replace("_", " "), f"{amount} {fate}"))
    ready = run.pool.collectable(state.requester)
    return [
        *rows,
        ("backing", backing(state, policy, run.money)),
        ("requester", f"{state.requester} (can collect {run.money(ready)} from the pool)"),
    ]


def backing(state: TicketState, policy: ChainPolicy, money: Callable[[int], str]) -> str:
    """What is reserved for a ticket; `money` puts an amount into words."""
    if state.status is Status.CLOSED:
        return "closed: nothing is reserved any more"
    if not state.backed:
        return "not backed: free funds did not reach when it was opened; a breach becomes debt"
    if not state.compensated:
        return "its whole worst case is reserved"
    left = value(Kind(7) & ~state.compensated, state, policy)
    if not left:
        return "its whole worst case was paid"
    return f"{money(left)} of its worst case is still reserved; the rest was paid"


def _bond_rows(run: Run, proof: Proof | None) -> list[tuple[str, str]]:
    if proof is None or not proof.bond:
        return []
    if proof.answered:
        goes = "lost at the challenge's end unless something is breached"
    else:
        goes = "goes back at the challenge's end, by what was shown so far"
    return [("bond", f"{run.money(proof.bond)} put down by {proof.prover}; {goes}")]


def _challenge_data(state: TicketState, challenge: Forecast | None, proof: Proof | None) -> dict[str, Any]:
    if challenge is None or proof is None:
        return {"challenged": state.challenged, "challenged_until": None}
    return {
        "challenged": True,
        "challenged_until": words.iso(challenge.until),
        "bond": str(proof.bond),
        "prover": proof.prover,
        "unless_answered": {"kinds": list(challenge.kinds.labels), "amount": str(challenge.amount)},
        "certain": {"kinds": list(challenge.certain.labels), "amount": str(challenge.certain_amount)},
    }


def _dispute_rows(run: Run, disputes: Mapping[Kind, Dispute], now: int) -> list[tuple[str, str]]:
    rows = []
    for kind, dispute in disputes.items():
        text = f"on the {kind_label(kind)}: {STATES[dispute.state]}"
        if dispute.state is DisputeState.OPEN:
            waits = waits_words(dispute.epoch, dispute.rules_until, now)
            text += f", {waits}; bond {run.money(dispute.bond)}"
        rows.append((f"dispute {dispute.number}", text))
    return rows


def _disputes_data(disputes: Mapping[Kind, Dispute]) -> list[dict[str, Any]]:
    return [
        {
            "dispute": dispute.number,
            "kind": kind.labels[0],
            "state": STATES[dispute.state],
            "epoch": dispute.epoch,
            "rules_until": words.iso(dispute.rules_until),
            "evidence_digest": "0x" + dispute.evidence_digest.hex(),
            "bond": str(dispute.bond),
        }
        for kind, dispute in disputes.items()
    ]


def _contest_until(state: TicketState, policy: ChainPolicy) -> int | None:
    # A contest window begins when the challenge has ended.
    if state.solved_at is None or state.challenged:
        return None
    return state.solved_at + policy.contest_window


def _data(
    run: Run,
    ticket_id: bytes,
    state: TicketState,
    policy: ChainPolicy,
    due: Claimable,
    events: tuple[Event, ...],
) -> dict[str, Any]:
    return {
        "ticket_id": "0x" + ticket_id.hex(),
        "status": state.status.label,
        "requester": state.requester,
        "policy_id": state.policy_id,
        "priority": state.priority.label,
        "replied": state.replied,
        "backed": state.backed,
        "holds_place": state.holds_place,
        "disputed": state.disputed,
        "reply_due": words.iso(state.reply_due),
        "resolution_due": words.iso(state.resolution_due),
        "resolution_remaining": state.resolution_remaining,
        "solved_at": words.iso(state.solved_at),
        "contest_until": words.iso(_contest_until(state, policy)),
        "breached": list(state.breached.labels),
        "compensated": list(state.compensated.labels),
        "claimable": {"kinds": list(due.kinds.labels), "amount": str(due.amount)},
        "asset": run.token.symbol,
        "history": history_data(run, events),
    }
