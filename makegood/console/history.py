# SPDX-License-Identifier: Apache-2.0
"""A ticket's history: what happened to it at the desk, at the panel and on the batch lane, in words."""

from collections.abc import Callable, Mapping
from typing import Any

from makegood.batches import Act
from makegood.clock import Kind, TicketState
from makegood.console import words
from makegood.console.run import Run
from makegood.desk import DisputeState, Event
from makegood.disputes import digest_of, history


def timeline(run: Run, ticket_id: bytes, state: TicketState) -> tuple[Event, ...]:
    """All events of a ticket in the order in which they came."""
    return with_lane(run, ticket_id, state, history(run.desk, ticket_id, run.first_block))


def with_lane(run: Run, ticket_id: bytes, state: TicketState, events: tuple[Event, ...]) -> tuple[Event, ...]:
    """The desk's and the panel's events of a ticket with the lane's among them."""
    if not state.proven:
        return events
    lanes = run.desk.lane.timeline(ticket_id, run.first_block)
    return tuple(sorted((*events, *lanes), key=lambda event: (event.block_number, event.log_index)))


def history_rows(run: Run, events: tuple[Event, ...], now: int) -> list[tuple[str, str]]:
    """A ticket's history as rows of a time and what happened."""
    # The panel's and the lane's events say more of the same, and are there too.
    told = [event for event in events if event.name not in ("TicketContested", "TicketMoved")]
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
    if name in _ELSEWHERE:
        return _ELSEWHERE[name](run, event)
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


def _proven(run: Run, event: Event) -> str:
    bond = f", bond {run.money(event['bond'])}" if event["bond"] else ""
    return (
        f"proven from batch {event['batch']} by {words.shortened(event['prover'])}{bond}, opened "
        f"{words.calendar(event['at'], event.at or 0)}; commitment "
        f"{words.shortened('0x' + event['commitment'].hex())}"
    )


def _entry(_: Run, event: Event) -> str:
    digest = words.shortened("0x" + event["digest"].hex())
    what = f"entry {event['sequence']}, of batch {event['batch']}: {_act(event)}, digest {digest}"
    if not event["taken"]:
        return f"{what}; passed over, since the rules do not take it"
    costs = "; it keeps the bond unless something is breached" if event["answers"] else ""
    return f"{what}; counts at {words.calendar(event['at'], event.at or 0)}{costs}"


def _act(event: Event) -> str:
    actor = words.shortened(event["actor"])
    return {
        Act.REPLIED: f"answered by agent {actor}",
        Act.LEFT_PENDING: f"left pending by agent {actor}",
        Act.SOLVED: f"solved by agent {actor}",
        Act.FOLLOWED_UP: "the requester followed up",
    }.get(event["act"], "nothing that is known")


def _ended(run: Run, event: Event) -> str:
    breached = f"{_labels(event['breached'])} breached" if event["breached"] else "nothing is breached"
    return f"the challenge ended: {breached}; {bond_went(run, event)}"


def bond_went(run: Run, event: Event) -> str:
    """Where the bond of a challenge that ended went."""
    if not event["bond"]:
        return "no bond"
    to = f"back to {words.shortened(event['prover'])}" if event["returned"] else "to the desk's free funds"
    return f"bond {run.money(event['bond'])} {to}"


_ELSEWHERE: Mapping[str, Callable[[Run, Event], str]] = {
    "TicketContested": lambda _run, event: f"the {_labels(event['kind'])} was contested",
    "BreachUpheld": lambda _run, event: f"the panel found the {_labels(event['kind'])} breached",
    "Contested": _contested,
    "DisputeRuled": _ruled,
    "BreachReported": _reported,
    "TicketProven": _proven,
    "EntryShown": _entry,
    "ChallengeEnded": _ended,
    "Equivocated": lambda _run, event: (
        f"two different entries {event['sequence']} were shown: the desk told two stories"
    ),
}


def _labels(kinds: int) -> str:
    return ", ".join(label.replace("_", " ") for label in Kind(kinds).labels)
