# SPDX-License-Identifier: Apache-2.0
"""A ticket as a worried person reads it: whose turn it is and until when, what it is worth, what happened."""

from collections.abc import Callable, Mapping
from typing import Any

from makegood import clock
from makegood.clock import Kind, Status, TicketState
from makegood.console import ticket_ids, words
from makegood.console.dispute_words import STATES, kind_label, waits_words
from makegood.console.run import Run
from makegood.console.table import facts, table
from makegood.desk import Claimable, Desk, Dispute, DisputeState, Event
from makegood.disputes import digest_of, disputes_of, history
from makegood.policy import ChainPolicy


def show_ticket(run: Run, ticket: str) -> None:
    """Print a ticket's state, worth and history."""
    ticket_id = ticket_ids.ticket_id(run, ticket)
    state = run.desk.ticket(ticket_id)
    policy = run.desk.policy(state.policy_id)
    now = run.chain.now()
    due = claimable(state, policy, now)
    events = history(run.desk, ticket_id, run.first_block)
    disputes = disputes_of(run.desk, ticket_id) if state.disputed else {}
    until = challenged_until(run.desk, ticket_id, state, policy)
    lines = [turn(state, policy, now, run.money(due.amount) if due.kinds else None, until), ""]
    lines += facts([*_worth(run, state, policy, due, now), *_dispute_rows(run, disputes, now)])
    lines += ["", *table(("when", "what happened"), history_rows(run, events, now))]
    data = _data(run, ticket_id, state, policy, due, events)
    data |= {"challenged": state.challenged, "challenged_until": words.iso(until)}
    run.output.result({**data, "disputes": _disputes_data(disputes)}, lines)


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


def challenged_until(desk: Desk, ticket_id: bytes, state: TicketState, policy: ChainPolicy) -> int | None:
    """The last second of a ticket's challenge window; None where it is not challenged."""
    proof = desk.lane.proof(ticket_id) if state.challenged else None
    return None if proof is None else proof.proven_at + policy.challenge_window


def turn(
    state: TicketState, policy: ChainPolicy, now: int, unpaid: str | None, until: int | None = None
) -> str:
    """One sentence: whose turn it is and until when.

    `unpaid` is what can be claimed, in words, `until` the last second of a challenge.
    """
    if until is not None:
        return _challenged(until, now)
    sentence = _turn(state, policy, now)
    return f"{sentence} {unpaid} can be claimed." if unpaid else sentence


def _challenged(until: int, now: int) -> str:
    when = words.moment(until, now)
    if now > until:
        return f"Challenged until {when}: anyone can end it now, and claim what is breached."
    return f"Challenged: until {when} the desk shows what is to count for it; nothing else can happen to it."


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
    run: Run, state: TicketState, policy: ChainPolicy, due: Claimable, now: int
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
        elif state.challenged and bit in clock.check(state, now).breached:
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


def history_rows(run: Run, events: tuple[Event, ...], now: int) -> list[tuple[str, str]]:
    """A ticket's history as rows of a time and what happened."""
    # Of a contest the desk's event says less than the panel's, which is there too.
    told = [event for event in events if event.name != "TicketContested"]
    return [(words.calendar(event.at or 0, now), happened(run, event)) for event in told]


def history_data(run: Run, events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """A ticket's history for machines; `digest` is of the document that an event names, else null."""
    digests = [digest_of(event) for event in events]
    return [
        {
            "event": event.name,
            "at": words.iso(event.at),
            "block": event.block_number,
            "transaction": "0x" + event.transaction.hex(),
            "digest": None if digest is None else "0x" + digest.hex(),
            "text": happened(run, event),
        }
        for event, digest in zip(events, digests, strict=True)
    ]


def happened(run: Run, event: Event) -> str:
    """One event of a ticket in words."""
    short = words.shortened
    name = event.name
    digest = f", digest {short('0x' + event['digest'].hex())}" if "digest" in event.arguments else ""
    if name == "TicketOpened":
        by_agent = int(event["agent"], 16) != 0
        who = (
            f"agent {short(event['agent'])} for {short(event['requester'])}" if by_agent else "the requester"
        )
        return f"opened by {who}, commitment {short('0x' + event['commitment'].hex())}"
    if name == "TicketReplied":
        status = TicketState.unpack(event["word"]).status.label
        return f"answered by agent {short(event['agent'])}: {status}{digest}"
    if name == "BotReplied":
        return f"bot {short(event['agent'])} wrote (stops no clock){digest}"
    if name == "TicketFollowedUp":
        return f"the requester followed up{digest}"
    if name == "BreachRecorded":
        return f"breach recorded: {_labels(event['kinds'])}"
    if name == "BreachCompensated":
        amount = run.money(event["amount"])
        # Whether the ticket is backed says nothing of an incident, for which a part is set aside.
        backed = TicketState.unpack(event["word"]).backed or event["kinds"] == Kind.INCIDENT
        return f"{amount} {'credited' if backed else 'owed as debt'} for {_labels(event['kinds'])}"
    if name == "FollowUpNonceUsed":
        return f"the follow-up number {event['nonce'] + 1} that the requester signed was relayed"
    if name == "TicketMoved":
        return f"moved by what its batch holds: {TicketState.unpack(event['word']).status.label}"
    if name in _DISPUTED:
        return _DISPUTED[name](run, event)
    return f"closed, {run.money(event['released'])} of the reserve released"


def _contested(run: Run, event: Event) -> str:
    return (
        f"dispute {event['dispute']}: the requester contested the {_labels(event['kind'])}, asking "
        f"{run.money(event['amount'])}, bond {run.money(event['bond'])}, evidence "
        f"{words.shortened('0x' + event['evidence_digest'].hex())}"
    )


def _ruled(run: Run, event: Event) -> str:
    state = DisputeState(event["state"])
    what = f"dispute {event['dispute']} on the {_labels(event['kind'])}"
    if state is DisputeState.DEFAULTED:
        return f"{what} upheld by the arbiters' silence, at {run.money(event['amount'])}"
    by = words.count(int(event["signers"]).bit_count(), "arbiter")
    if state is DisputeState.REJECTED:
        return f"{what} rejected by {by}"
    return f"{what} upheld by {by}, at {run.money(event['amount'])}"


def _reported(run: Run, event: Event) -> str:
    by = words.count(int(event["signers"]).bit_count(), "arbiter")
    return f"{by} reported a breach of the {_labels(event['kind'])}: {run.money(event['amount'])}"


_DISPUTED: Mapping[str, Callable[[Run, Event], str]] = {
    "TicketContested": lambda _run, event: f"the {_labels(event['kind'])} was contested",
    "BreachUpheld": lambda _run, event: f"the panel found the {_labels(event['kind'])} breached",
    "Contested": _contested,
    "DisputeRuled": _ruled,
    "BreachReported": _reported,
}


def _labels(kinds: int) -> str:
    return ", ".join(label.replace("_", " ") for label in Kind(kinds).labels)


def _contest_until(state: TicketState, policy: ChainPolicy) -> int | None:
    # A contest window stands still while the ticket is challenged.
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
