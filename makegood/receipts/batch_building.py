# SPDX-License-Identifier: Apache-2.0
"""A receipt of a ticket that a batch opened, from the batch's leaves and what the chain says of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from makegood.batches import Act, Entry, read_leaves, ticket_id
from makegood.batches import Batch as Leaves
from makegood.desk import BATCH_LANE, Desk, Event
from makegood.errors import (
    LeavesDamaged,
    LeavesMissing,
    LeavesOfAnotherRoot,
    MakegoodError,
    MalformedEntry,
    NotFound,
    UsageError,
)
from makegood.receipts import anchoring
from makegood.receipts.node import asking
from makegood.receipts.opening import ANCHORED, mined
from makegood.receipts.receipt import Inclusion, Receipt

AS_PUBLISHED = "published"
"""Stands for the address that the batch itself gives, which nobody is asked for otherwise."""

Source = Leaves | Path | str
"""Leaves, a file or a folder of them, an http(s) address, or `AS_PUBLISHED`."""

_NOT_HAD = (LeavesMissing, LeavesDamaged, LeavesOfAnotherRoot)


@dataclass(frozen=True)
class Found:
    """The receipt, and the leaves that it is made from."""

    receipt: Receipt
    leaves: Leaves


def find(
    desk: Desk,
    ticket: bytes,
    source: Source,
    *,
    batch: int | None = None,
    transaction: bytes | None = None,
    from_block: int = 0,
) -> Found:
    """The receipt, without document and statements, of the ticket of this id.

    Without `batch`, its number, and without the transaction that anchored it, the ticket is looked for in all
    batches from `from_block` on whose leaves can be had. Raises NotFound where it is in none.
    """
    candidates = list(_anchorings(desk, ticket, source, batch, transaction, from_block))
    errors: list[MakegoodError] = []
    for event in candidates:
        try:
            leaves = _leaves(source, event)
        except _NOT_HAD as error:
            errors.append(error)
            continue
        for index, entry in _openings(desk, ticket, leaves, sum(event["counts"][:-1])):
            return Found(_receipt(desk, event, leaves, index, entry), leaves)
    if len(errors) == len(candidates) == 1:
        raise errors[0]
    raise NotFound(
        f"No batch whose leaves are there opened the ticket 0x{ticket.hex()} at the desk {desk.address}.",
        hint="Check the id, the leaves and the batch.",
    )


def _anchorings(
    desk: Desk,
    ticket: bytes,
    source: Source,
    batch: int | None,
    transaction: bytes | None,
    from_block: int,
) -> Iterator[Event]:
    with asking("eth_getLogs"):
        lane = desk.lane
        if batch is None:
            proof = lane.proof(ticket)
            batch = proof.batch if proof else None
        if transaction is not None:
            events = iter(mined(lane, transaction).events)
        else:
            where = None if batch is None else ("batch", batch.to_bytes(32, "big"))
            events = lane.events((ANCHORED,), from_block, where=where)
        for event in events:
            if batch in (None, event["batch"]) and (
                not isinstance(source, Leaves) or source.root == event["root"]
            ):
                yield event


def _leaves(source: Source, event: Event) -> Leaves:
    if isinstance(source, Leaves):
        return source
    if source == AS_PUBLISHED:
        source = str(event["uri"])
        if not source:
            raise LeavesMissing(
                f"Batch {event['batch']} does not say where its leaves are published.",
                hint="Ask the desk for them.",
            )
    return read_leaves(source, bytes(event["root"]), event["counts"])


def _openings(desk: Desk, ticket: bytes, leaves: Leaves, end: int) -> Iterator[tuple[int, Entry]]:
    # Whatever a desk anchored: only what can be proven makes a receipt.
    for index in leaves.beginning_with(ticket):
        if index >= end:
            return
        try:
            entry = leaves.entry(index)
        except MalformedEntry:
            continue
        computed = ticket_id(desk.chain_id, desk.address, entry.actor, entry.digest)
        if (entry.sequence, entry.act, computed) == (0, Act.OPENED, ticket):
            yield index, entry


def _receipt(desk: Desk, event: Event, leaves: Leaves, index: int, entry: Entry) -> Receipt:
    found = mined(desk.lane, event.transaction)
    batch = anchoring.batch_of(desk, event)
    priority = anchoring.priority_at(batch, index)
    assert priority is not None  # noqa: S101
    if entry.at > batch.anchored_at:
        raise UsageError(
            "The batch says that the ticket was opened after its anchoring, so it cannot be proven.",
            hint="Ask the desk to anchor it anew.",
        )
    with asking("policy"):
        policy = desk.policy(batch.policy_id)
    state = anchoring.opened_state(policy, batch, priority, entry.actor, entry.at)
    return Receipt(
        chain_id=desk.chain_id,
        desk=desk.address,
        ticket_id=entry.ticket_id,
        lane=BATCH_LANE,
        requester=state.requester,
        commitment=entry.digest,
        policy_id=batch.policy_id,
        priority=priority,
        opened_at=entry.at,
        reply_due=state.clock,
        resolution_due=state.resolution,
        transaction=event.transaction,
        block_number=found.block_number,
        block_hash=found.block_hash,
        inclusion=Inclusion(int(event["batch"]), index, leaves.size, leaves.path(index), leaves.root),
    )
