# SPDX-License-Identifier: Apache-2.0
"""Tickets: opening, following up, claiming, closing."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from makegood import receipts
from makegood.clock import Kind, Priority
from makegood.console import proving, signed, ticket_ids, words
from makegood.console.ids import bytes32
from makegood.console.message import Message, Said
from makegood.console.people import policy_or_newest
from makegood.console.run import Run, Step
from makegood.desk import AGENT_LANE, MAX_ITEMS, REQUESTER_LANE, Call, Outcome
from makegood.errors import ChainRevert, MakegoodError, SignatureRefused, UsageError


def open_ticket(run: Run, policy: int | None, priority: str, message: Message, requester: str | None) -> None:
    """Open a ticket as its requester, or as an agent for `requester`."""
    level = Priority.named(priority)
    policy_id = policy_or_newest(run, policy)
    holder = run.address(requester) if requester else run.signer.address
    said = message.said("makegood/ticket/1", {"requester": holder})
    if requester:
        call = run.desk.open_ticket_for(holder, policy_id, level, said.digest)
    else:
        call = run.desk.open_ticket(policy_id, level, said.digest)
    what = f"open a ticket of priority {level.label} under policy {policy_id}"
    outcome = run.act(what, call, lambda: said.keep(run.output))
    if outcome is not None:
        _tell_opened(run, outcome, said.path)


def sign_opening(
    run: Run, policy: int | None, priority: str, message: Message, valid: str, path: Path
) -> None:
    """Sign an opening into a file; nothing is sent."""
    signer = run.signer.address
    said = message.said("makegood/ticket/1", {"requester": signer})
    request = signed.OpenTicket(
        chain_id=run.desk.chain_id,
        desk=run.desk.address,
        signer=signer,
        deadline=words.parse_end(valid, run.chain.now()),
        policy_id=policy_or_newest(run, policy),
        priority=Priority.named(priority).label,
        commitment="0x" + said.digest.hex(),
    )
    signed.sign_into(run, request, path, lambda: said.keep(run.output))


def relay_opening(run: Run, path: Path) -> None:
    """Send an opening that a requester signed."""
    request = signed.read(path, signed.OpenTicket)
    signature = signed.checked(run, request, request.signer)
    commitment = bytes32(request.commitment)
    ticket_id = run.desk.ticket_id(REQUESTER_LANE, request.signer, commitment)
    if run.desk.ticket_word(ticket_id):
        raise SignatureRefused(
            f"The signature was used already: it opened ticket 0x{ticket_id.hex()}.",
            hint="A new ticket needs a new document and signature.",
        )
    call = run.desk.open_ticket_signed(
        request.signer,
        request.policy_id,
        Priority.named(request.priority),
        commitment,
        request.deadline,
        signature,
    )
    outcome = run.act(f"relay the ticket of {request.signer}", call)
    if outcome is not None:
        _tell_opened(run, outcome, None)


def follow_up(run: Run, ticket: str, message: Message) -> None:
    """Write again as the requester."""
    ticket_id = ticket_ids.ticket_id(run, ticket)
    run.desk.ticket(ticket_id)
    said = message.said("makegood/follow-up/1", {"ticket": "0x" + ticket_id.hex()})
    call = run.desk.follow_up(ticket_id, said.digest)
    if run.act(f"follow up on {ticket}", call, lambda: said.keep(run.output)) is not None:
        tell_changed(run, ticket_id, said)


def sign_follow_up(run: Run, ticket: str, message: Message, valid: str, path: Path) -> None:
    """Sign a follow-up into a file; nothing is sent."""
    ticket_id = ticket_ids.ticket_id(run, ticket)
    run.desk.ticket(ticket_id)
    said = message.said("makegood/follow-up/1", {"ticket": "0x" + ticket_id.hex()})
    request = signed.FollowUp(
        chain_id=run.desk.chain_id,
        desk=run.desk.address,
        signer=run.signer.address,
        deadline=words.parse_end(valid, run.chain.now()),
        ticket_id="0x" + ticket_id.hex(),
        digest="0x" + said.digest.hex(),
        nonce=run.desk.follow_up_nonce(ticket_id),
    )
    signed.sign_into(run, request, path, lambda: said.keep(run.output))


def relay_follow_up(run: Run, path: Path) -> None:
    """Send a follow-up that a requester signed."""
    request = signed.read(path, signed.FollowUp)
    ticket_id = bytes32(request.ticket_id)
    signature = signed.checked(run, request, run.desk.ticket(ticket_id).requester)
    nonce = run.desk.follow_up_nonce(ticket_id)
    if nonce != request.nonce:
        raise SignatureRefused(
            f"The signature is for follow-up {request.nonce} of the ticket, and the next is {nonce}.",
            hint="It was used already, or came too late; let it be signed again.",
        )
    digest = bytes32(request.digest)
    call = run.desk.follow_up_signed(ticket_id, digest, request.deadline, signature)
    outcome = run.act(f"relay a follow-up on {request.ticket_id}", call)
    if outcome is not None:
        tell_changed(run, ticket_id, Said(digest))


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
                else "not closed: not there, closed already, or too early for this account",
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
        until = proving.challenge_until(run, ticket_id, state)
        if now <= until and (len(ids) == 1 or collect):
            raise proving.still_challenged(ticket_id, until, now)
        if now > until:
            # Where nothing is breached it only ends: else the ticket would stay where nobody can move it.
            breached = bool(proving.breached_at(state, now))
            calls[ticket_id] = run.desk.lane.end_challenge(ticket_id, claim=breached, collect=collect)
    return calls


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


def _tell_opened(run: Run, outcome: Outcome, saved: Path | None) -> None:
    event = outcome.event("TicketOpened")
    state = run.desk.ticket(event["ticket_id"])
    lane = REQUESTER_LANE if int(event["agent"], 16) == 0 else AGENT_LANE
    now = outcome.at
    ticket = "0x" + event["ticket_id"].hex()
    run.done(
        {
            "ticket_id": ticket,
            "requester": state.requester,
            "policy_id": state.policy_id,
            "priority": state.priority.label,
            "lane": lane,
            "backed": state.backed,
            "commitment": "0x" + event["commitment"].hex(),
            "reply_due": words.iso(state.reply_due),
            "resolution_due": words.iso(state.resolution_due),
            "document": str(saved) if saved else None,
        },
        [
            ("ticket", ticket),
            ("requester", state.requester),
            ("reply due", words.moment(state.clock, now)),
            ("resolution due", words.moment(state.resolution, now)),
            (
                "backed",
                "yes, its whole worst case is reserved"
                if state.backed
                else "no: free funds did not reach; what it comes to cost is debt",
            ),
        ],
    )


def tell_changed(run: Run, ticket_id: bytes, said: Said, statement: Path | None = None) -> None:
    """What a message made of a ticket, and where its document and the statement over it are kept."""
    state = run.desk.ticket(ticket_id)
    now = run.sent[-1][1].at
    rows = [("ticket", "0x" + ticket_id.hex()), ("status", state.status.label)]
    if state.reply_due is not None:
        rows.append(("reply due", words.moment(state.reply_due, now)))
    if state.resolution_due is not None:
        rows.append(("resolution due", words.moment(state.resolution_due, now)))
    if state.resolution_remaining is not None:
        rows.append(("left for the resolution", words.span(state.resolution_remaining) + " of open time"))
    if state.breached:
        rows.append(("breached", _kinds(state.breached)))
    run.done(
        {
            "ticket_id": "0x" + ticket_id.hex(),
            "status": state.status.label,
            "digest": "0x" + said.digest.hex(),
            "reply_due": words.iso(state.reply_due),
            "resolution_due": words.iso(state.resolution_due),
            "resolution_remaining": state.resolution_remaining,
            "breached": list(state.breached.labels),
            "document": str(said.path) if said.path else None,
            **({"statement": str(statement)} if statement else {}),
        },
        rows,
    )


def _tell_claimed(run: Run, ids: Sequence[bytes], outcomes: Sequence[Outcome]) -> None:
    paid = _paid(outcomes)
    collected = sum(event["amount"] for outcome in outcomes for event in outcome.all("Collected"))
    run.done(
        {
            "tickets": [
                {"ticket_id": "0x" + ticket_id.hex(), **_paid_fields(paid, ticket_id)} for ticket_id in ids
            ],
            "collected": str(collected),
        },
        [
            (
                words.shortened("0x" + ticket_id.hex()),
                _paid_words(run, paid, ticket_id).removeprefix("; ") or _unpaid_words(run, ticket_id),
            )
            for ticket_id in ids
        ]
        + ([("collected", run.money(collected))] if collected else []),
    )


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
