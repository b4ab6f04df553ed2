# SPDX-License-Identifier: Apache-2.0
"""Tickets: opening and following up."""

from pathlib import Path

from makegood.clock import Kind, Priority
from makegood.console import signed, ticket_ids, words
from makegood.console.ids import bytes32
from makegood.console.message import Message, Said
from makegood.console.people import policy_or_newest
from makegood.console.run import Run
from makegood.desk import AGENT_LANE, REQUESTER_LANE, Outcome
from makegood.errors import SignatureRefused


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


# ---------------------------------------------------------------- results


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


def _kinds(kinds: Kind) -> str:
    return ", ".join(label.replace("_", " ") for label in kinds.labels)
