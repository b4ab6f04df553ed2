# SPDX-License-Identifier: Apache-2.0
"""Showing that a desk told two stories of one ticket."""

from pathlib import Path

from makegood.batches import proofs_of
from makegood.batches.published import PUBLISHED, published
from makegood.batches.stories import equivocations, moot, shown
from makegood.clock import Kind
from makegood.console.proving import batch_receipt
from makegood.console.run import Run
from makegood.errors import ChainRevert, MakegoodError, NotFound


def prove_equivocation(run: Run, path: Path, leaves: str) -> None:
    """Find two different entries of one sequence in published leaves, and show them to the chain."""
    receipt, _ = batch_receipt(path)
    if run.desk_address is None:
        run.desk_address = receipt.desk
    is_address = leaves == PUBLISHED or leaves.startswith(("http://", "https://"))
    found = published(run.desk, receipt, leaves if is_address else Path(leaves), run.first_block or None)
    pair = next(equivocations(proofs_of(receipt.ticket_id, found.batches)), None)
    if pair is None:
        raise NotFound("The leaves hold no two different entries of one sequence.", hint="Check --leaves.")
    if run.desk.lane.proof(receipt.ticket_id) is None:
        raise ChainRevert(
            "The ticket is not proven yet.",
            reason="lane: ticket was not proven",
            hint=f"Prove it first: `ape run prove {path}`.",
        )
    if (why := moot(run.desk, receipt.ticket_id)) is not None:
        raise MakegoodError(
            f"Showing two stories changes nothing any more: {why}.",
            hint=f"See `ape run status 0x{receipt.ticket_id.hex()}`.",
        )
    one, other = pair
    sequence = one.entry.sequence
    call = run.desk.lane.prove_equivocation(receipt.ticket_id, sequence, shown(one), shown(other))
    ticket = "0x" + receipt.ticket_id.hex()
    outcome = run.act(f"show two entries {sequence} of {ticket}", call)
    if outcome is None:
        return
    breached = Kind(run.desk.ticket(receipt.ticket_id).breached)
    run.done(
        {
            "ticket_id": ticket,
            "sequence": sequence,
            "batches": [one.batch, other.batch],
            "breached": list(breached.labels),
        },
        [
            ("ticket", ticket),
            ("two entries", f"of sequence {sequence}, in batches {one.batch} and {other.batch}"),
            ("breached", ", ".join(breached.labels).replace("_", " ")),
        ],
    )
