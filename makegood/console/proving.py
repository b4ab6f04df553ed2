# SPDX-License-Identifier: Apache-2.0
"""Proving a batch's ticket onto the chain, and ending its challenge."""

from pathlib import Path

from makegood.batches.forecast import Forecast, forecast
from makegood.clock import Kind, TicketState
from makegood.console import bonds, ticket_ids, words
from makegood.console.run import Run
from makegood.desk import Outcome
from makegood.errors import ChainRevert, NotFound, UsageError, VerificationFailed
from makegood.policy import ChainPolicy
from makegood.receipts import Inclusion, Receipt, inclusion, read
from makegood.receipts import Outcome as StepOutcome

# ---------------------------------------------------------------- prove


def prove(run: Run, path: Path) -> None:
    """Prove the ticket of a batch receipt, with the policy's bond; its challenge begins."""
    receipt, found = batch_receipt(path)
    if run.desk_address is None:
        run.desk_address = receipt.desk
    if (receipt.chain_id, receipt.desk) != (run.desk.chain_id, run.desk.address):
        raise NotFound(
            f"The receipt is of the desk {receipt.desk} on chain {receipt.chain_id}, not {run.desk.address}.",
            hint="Give its --desk and --network.",
        )
    refuse_false(receipt)
    if run.desk.lane.batch(found.batch).root != found.root:
        raise VerificationFailed(
            f"Batch {found.batch} has another root on chain than the receipt says.",
            hint="Ask the desk for the receipt anew.",
        )
    if run.desk.lane.proof(receipt.ticket_id) is not None:
        raise ChainRevert(
            "The ticket is proven already.",
            reason="desk: ticket exists",
            hint=f"See `ape run status 0x{receipt.ticket_id.hex()}`.",
        )
    policy = run.desk.policy(receipt.policy_id)
    bond = policy.prove_bond
    call = run.desk.lane.prove_ticket(
        found.batch,
        found.index,
        found.path,
        receipt.requester,
        receipt.commitment,
        receipt.opened_at,
        value=bonds.value_of(run, bond),
    )
    bonds.check(run, call, bond)
    run.output.say(_bond_sentence(run, bond))
    warning = too_early(receipt, policy, run.chain.now())
    if warning is not None:
        run.output.say(f"Warning: {warning}")
    what = f"prove ticket 0x{receipt.ticket_id.hex()}, bond {run.money(bond)}"
    outcome = bonds.sent(run, what, call, bond)
    if outcome is not None:
        _tell_proven(run, outcome, policy)


def batch_receipt(path: Path) -> tuple[Receipt, Inclusion]:
    """The receipt of a ticket that a batch opened. Raises UsageError for a direct ticket's."""
    receipt = read(path)
    if receipt.inclusion is None:
        raise UsageError(
            "The ticket was opened directly, so there is nothing to prove.",
            hint=f"Claim it: `ape run claim 0x{receipt.ticket_id.hex()}`.",
        )
    return receipt, receipt.inclusion


def refuse_false(receipt: Receipt) -> None:
    """Raise VerificationFailed where the receipt does not lead to the root that it names."""
    if receipt.computed_ticket_id() != receipt.ticket_id:
        raise VerificationFailed(
            "The receipt's ticket id is not that of its requester and commitment.",
            hint="Ask the desk for the receipt anew.",
        )
    step = inclusion.check(receipt)
    if step.outcome is StepOutcome.FAILED:
        raise VerificationFailed(step.why, hint=step.hint)


def _bond_sentence(run: Run, bond: int) -> str:
    if bond == 0:
        return "Bond: none."
    return (
        f"Bond: {run.money(bond)}. It comes back where a breach stands at the end of the challenge, or where "
        "the desk has nothing to show that it anchored before; else it goes to the desk's free funds."
    )


def too_early(receipt: Receipt, policy: ChainPolicy, now: int) -> str | None:
    """Why a proof may cost its bond although the desk is honest, and from when on not; None once it is safe.

    A first reply in time may be anchored by the policy's anchor lag later. Whoever is told of no reply until
    then has a breach.
    """
    due = receipt.reply_due
    safe = due + policy.anchor_lag
    if not policy.prove_bond or now > safe:
        return None
    if now > due:
        late = (
            f"The first reply was due by {words.moment(due, now)}, but one in time may still be anchored, and"
        )
    else:
        late = f"Nothing is late yet: the first reply is due by {words.moment(due, now)}, and one in time"
    return f"{late} takes the bond. Proving is safe after {words.moment(safe, now)}, if none was published."


def _tell_proven(run: Run, outcome: Outcome, policy: ChainPolicy) -> None:
    event = outcome.event("TicketProven")
    state = run.desk.ticket(event["ticket_id"])
    found = forecast(state, policy, outcome.at)
    ticket = "0x" + event["ticket_id"].hex()
    run.done(
        {
            "ticket_id": ticket,
            "requester": event["requester"],
            "batch": event["batch"],
            "bond": str(event["bond"]),
            "challenge_half": words.iso(found.half),
            "challenge_until": words.iso(found.until),
            "breached_unless_answered": list(found.kinds.labels),
            "amount": str(found.amount),
        },
        [
            ("ticket", ticket),
            ("batch", str(event["batch"])),
            ("challenge until", words.moment(found.until, outcome.at)),
            (
                "if nobody shows more",
                f"{', '.join(found.kinds.labels).replace('_', ' ')} breached: {run.money(found.amount)}"
                if found.kinds
                else "nothing is breached then",
            ),
            ("bond", run.money(event["bond"])),
            ("then", f"`ape run claim {ticket[:10]}`, which also ends the challenge"),
        ],
    )


# ---------------------------------------------------------------- the challenge's end


def challenge_of(run: Run, ticket_id: bytes, state: TicketState) -> Forecast:
    """The challenge of a ticket: until when it runs, and what it comes to. Raises NotFound without one."""
    proof = run.desk.lane.proof(ticket_id)
    if proof is None:
        raise NotFound("The ticket was not proven.", hint="Prove it first: `ape run prove RECEIPT`.")
    return forecast(state, run.desk.policy(state.policy_id), run.chain.now(), proof)


def end_challenge(run: Run, ticket: str, *, claim: bool, collect: bool) -> None:
    """End a challenge whose window is over; the bond goes where it belongs."""
    ticket_id = ticket_ids.ticket_id(run, ticket)
    state = run.desk.ticket(ticket_id)
    if not state.challenged:
        raise ChainRevert(
            "No challenge of this ticket is open.",
            reason="lane: ticket is not challenged",
            hint=f"See `ape run status 0x{ticket_id.hex()}`.",
        )
    challenge, now = challenge_of(run, ticket_id, state), run.chain.now()
    if now <= challenge.until:
        raise still_challenged(ticket_id, challenge.until, now)
    # A claim of nothing would be refused, and the challenge with it.
    claims = (claim or collect) and bool(challenge.kinds)
    call = run.desk.lane.end_challenge(ticket_id, claim=claims, collect=collect)
    outcome = run.act(f"end the challenge of {ticket}", call)
    if outcome is not None:
        _tell_ended(run, outcome)


def still_challenged(ticket_id: bytes, until: int, now: int) -> ChainRevert:
    """The error for what must wait until a challenge is over."""
    return ChainRevert(
        f"The challenge of ticket 0x{ticket_id.hex()} runs until {words.moment(until, now)}.",
        reason="lane: challenge window still runs",
        hint="Nothing but entries count until then; try again after it.",
    )


def _tell_ended(run: Run, outcome: Outcome) -> None:
    event = outcome.event("ChallengeEnded")
    kinds = Kind(event["breached"])
    bond, prover = event["bond"], event["prover"]
    credited = sum(each["amount"] for each in outcome.all("BreachCompensated"))
    collected = sum(each["amount"] for each in outcome.all("Collected"))
    to = f"back to {prover}" if event["returned"] else "to the desk's free funds"
    rows = [
        ("ticket", "0x" + event["ticket_id"].hex()),
        ("breached", ", ".join(kinds.labels).replace("_", " ") or "nothing"),
        ("bond", f"{run.money(bond)} {to}" if bond else "none"),
    ]
    if credited:
        rows.append(("claimed", run.money(credited)))
    if collected:
        rows.append(("collected", run.money(collected)))
    run.done(
        {
            "ticket_id": "0x" + event["ticket_id"].hex(),
            "breached": list(kinds.labels),
            "prover": prover,
            "bond": str(bond),
            "bond_returned": event["returned"],
            "claimed": str(credited),
            "collected": str(collected),
        },
        rows,
    )
