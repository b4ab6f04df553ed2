# SPDX-License-Identifier: Apache-2.0
"""Claiming what is breached on tickets, and closing them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from makegood import receipts
from makegood.clock import Kind, Status
from makegood.console import proving, ticket_ids, words
from makegood.console.history import bond_went
from makegood.console.run import Run, Step
from makegood.desk import MAX_ITEMS, Call, DisputeState, Event, Outcome
from makegood.disputes import disputes_of
from makegood.errors import ChainRevert, MakegoodError, UsageError


def claim(run: Run, tickets: Sequence[str], *, collect: bool) -> None:
    """Make what is breached pay; several tickets in one transaction, with --collect one by one.

    Of a batch ticket whose challenge window is over the challenge is ended in the claim's transaction.
    """
    ids = _known(run, [_proven(run, ticket) for ticket in tickets])
    calls = _ends(run, ids, collect=collect)
    for ticket_id in calls:
        run.output.say(f"The challenge of 0x{ticket_id.hex()} is over: claiming it also ends it.")
    rest = [ticket_id for ticket_id in ids if ticket_id not in calls]
    planned = [(f"claim 0x{ticket_id.hex()}", call) for ticket_id, call in calls.items()]
    if len(rest) > 1 and not collect:
        planned.append((f"claim {words.count(len(rest), 'ticket')}", run.desk.claim_many(rest)))
    else:
        planned += [(f"claim 0x{ticket_id.hex()}", run.desk.claim(ticket_id, collect)) for ticket_id in rest]
    outcomes = _each(run, planned)
    if outcomes is not None:
        _tell_claimed(run, ids, outcomes)


def close(run: Run, tickets: Sequence[str]) -> None:
    """End tickets: what is breached is paid, the rest of the reserve is free again."""
    ids = _known(run, tickets)
    if len(ids) == 1:
        _refuse_disputed(run, ids[0])
        outcome = run.act(f"close {tickets[0]}", run.desk.close(ids[0]))
    else:
        outcome = run.act(f"close {words.count(len(ids), 'ticket')}", run.desk.close_many(ids))
    if outcome is None:
        return
    closed = {event["ticket_id"]: event["released"] for event in outcome.all("TicketClosed")}
    paid = _paid([outcome])
    run.done(
        {
            "tickets": [
                {
                    "ticket_id": "0x" + ticket_id.hex(),
                    "closed": ticket_id in closed,
                    "released": str(closed.get(ticket_id, 0)),
                    **_paid_fields(paid, ticket_id),
                }
                for ticket_id in ids
            ]
        },
        [
            (
                words.shortened("0x" + ticket_id.hex()),
                f"closed, {run.money(closed[ticket_id])} released{_paid_words(run, paid, ticket_id)}"
                if ticket_id in closed
                else "not closed: not there, closed already, disputed, or too early for this account",
            )
            for ticket_id in ids
        ],
    )


def _proven(run: Run, text: str) -> str:
    """The ticket's id where a receipt's file is given. Raises UsageError where it must be proven first."""
    if text.startswith("0x") or not Path(text).is_file():
        return text
    receipt = receipts.read(text)
    if run.desk_address is None:
        run.desk_address = receipt.desk
    if receipt.inclusion is not None and run.desk.lane.proof(receipt.ticket_id) is None:
        raise UsageError(
            "A batch opened the ticket, and it is not proven yet.",
            hint=f"Prove it first: `ape run prove {text}`.",
        )
    return "0x" + receipt.ticket_id.hex()


def _ends(run: Run, ids: Sequence[bytes], *, collect: bool) -> dict[bytes, Call[Any]]:
    """The calls that end the challenges that are over, and claim what was breached by then.

    Raises ChainRevert where a challenge still runs, unless `claim_many` passes its ticket over.
    """
    calls, now = {}, run.chain.now()
    for ticket_id in ids:
        state = run.desk.ticket(ticket_id)
        if not state.challenged:
            continue
        challenge = proving.challenge_of(run, ticket_id, state)
        if now <= challenge.until and (len(ids) == 1 or collect):
            raise proving.still_challenged(ticket_id, challenge.until, now)
        if now > challenge.until:
            # Where nothing is breached it only ends: else the ticket would stay where nobody can move it.
            breached = bool(challenge.kinds)
            calls[ticket_id] = run.desk.lane.end_challenge(ticket_id, claim=breached, collect=collect)
    return calls


def _refuse_disputed(run: Run, ticket_id: bytes) -> None:
    """Before the chain, which says of anybody but the requester only that it is not theirs to close."""
    state = run.desk.ticket(ticket_id)
    if state.status is Status.CLOSED or not state.disputed:
        return
    if any(each.state is DisputeState.OPEN for each in disputes_of(run.desk, ticket_id).values()):
        raise ChainRevert("A dispute of the ticket is open.", reason="desk: dispute is open")


def _known(run: Run, tickets: Sequence[str]) -> list[bytes]:
    if len(tickets) > MAX_ITEMS:
        raise UsageError(f"One transaction takes at most {MAX_ITEMS} tickets.", hint="Give fewer.")
    ids = [ticket_ids.ticket_id(run, ticket) for ticket in tickets]
    for ticket_id in ids:
        run.desk.ticket(ticket_id)
    return ids


# ---------------------------------------------------------------- results


def _each(run: Run, calls: Sequence[tuple[str, Any]]) -> list[Outcome] | None:
    if not run.goes_ahead([Step(what, call) for what, call in calls]):
        return None
    outcomes = []
    for what, call in calls:
        try:
            outcomes.append(run.send(what, call))
        except ChainRevert:
            if not outcomes:
                raise
            raise MakegoodError(f"{what} was refused after {len(outcomes)} were done.") from None
    return outcomes


def _tell_claimed(run: Run, ids: Sequence[bytes], outcomes: Sequence[Outcome]) -> None:
    paid = _paid(outcomes)
    ended = [event for outcome in outcomes for event in outcome.all("ChallengeEnded") if event["bond"]]
    collected = sum(event["amount"] for outcome in outcomes for event in outcome.all("Collected"))
    run.done(
        {
            "tickets": [
                {"ticket_id": "0x" + ticket_id.hex(), **_paid_fields(paid, ticket_id)} for ticket_id in ids
            ],
            "bonds": [_bond_fields(event) for event in ended],
            "collected": str(collected),
        },
        [
            (
                words.shortened("0x" + ticket_id.hex()),
                _paid_words(run, paid, ticket_id).removeprefix("; ") or _unpaid_words(run, ticket_id),
            )
            for ticket_id in ids
        ]
        + [("bond", bond_went(run, event).removeprefix("bond ")) for event in ended]
        + ([("collected", run.money(collected))] if collected else []),
    )


def _bond_fields(event: Event) -> dict[str, Any]:
    return {
        "ticket_id": "0x" + event["ticket_id"].hex(),
        "prover": event["prover"],
        "amount": str(event["bond"]),
        "returned": bool(event["returned"]),
    }


def _unpaid_words(run: Run, ticket_id: bytes) -> str:
    if run.desk.ticket(ticket_id).challenged:
        return "challenged: claim it once its window is over; `ape run status TICKET` says when"
    return "nothing to claim"


_Paid = dict[bytes, tuple[str, Kind, int, bool]]


def _paid(outcomes: Sequence[Outcome]) -> _Paid:
    return {
        event["ticket_id"]: (
            event["requester"],
            Kind(event["kinds"]),
            event["amount"],
            bool(event["word"] >> 251 & 1),
        )
        for outcome in outcomes
        for event in outcome.all("BreachCompensated")
    }


def _paid_fields(paid: _Paid, ticket_id: bytes) -> dict[str, Any]:
    requester, kinds, amount, backed = paid.get(ticket_id, (None, Kind(0), 0, True))
    return {
        "requester": requester,
        "compensated": list(kinds.labels),
        "amount": str(amount),
        "as": None if not kinds else "credit" if backed else "debt",
    }


def _paid_words(run: Run, paid: _Paid, ticket_id: bytes) -> str:
    if ticket_id not in paid:
        return ""
    requester, kinds, amount, backed = paid[ticket_id]
    verb = "credited to" if backed else "owed to"
    return f"; {run.money(amount)} {verb} {words.shortened(requester)} for {_kinds(kinds)}"


def _kinds(kinds: Kind) -> str:
    return ", ".join(label.replace("_", " ") for label in kinds.labels)
