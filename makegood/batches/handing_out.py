# SPDX-License-Identifier: Apache-2.0
"""What an anchored batch is for others: a receipt for each ticket that it opens, and its published leaves."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from makegood.batches.batch import Batch
from makegood.batches.leaves import read_leaves, write_leaves
from makegood.batches.store import ANCHORED, Kept, Store
from makegood.clock import Priority
from makegood.desk import BATCH_LANE, Desk
from makegood.desk import Batch as Recorded
from makegood.errors import DocumentError, LeavesMissing, MakegoodError, NotFound, UsageError
from makegood.policy import ChainPolicy
from makegood.receipts import Inclusion, Receipt, read
from makegood.receipts.anchoring import opened_state


@dataclass(frozen=True)
class HandedOut:
    """Where a batch's receipts and leaves are, and how many receipts were written."""

    receipts: int
    folder: Path
    leaves: Path


def leaves_of(store: Store, kept: Kept) -> Batch:
    """The leaves of a batch, from the store's folder, or made again from its events."""
    try:
        return read_leaves(store.folder, kept.root, kept.counts)
    except LeavesMissing:
        entries = list(store.entries(kept.key))
    batch = Batch.of(
        [(entry, priority) for entry, priority in entries if priority is not None],
        [entry for entry, priority in entries if priority is None],
    )
    if batch.root != kept.root:
        raise MakegoodError(
            f"The store {store.name} is damaged: the events of batch {kept.number} have another root.",
            hint="Get the leaves from where they were published.",
        )
    write_leaves(batch, store.folder)
    return batch


def hand_out(
    store: Store,
    desk: Desk,
    receipts: Path,
    publish: Path | None = None,
    step: Callable[[str], None] = lambda _: None,
) -> dict[int, HandedOut]:
    """Write the receipts and publish the leaves of all anchored batches that have not yet; by their keys.

    A receipt that is there already stays as it is, with its document and statements, where it says the same.
    """
    done = {}
    for kept in store.batches(f"state = '{ANCHORED}' AND handed_out = 0"):
        batch = leaves_of(store, kept)
        written = _write_receipts(desk, kept, batch, receipts)
        step("receipts written")
        leaves = write_leaves(batch, publish or store.folder)
        step("leaves published")
        # Single files are not made to last one by one: this does it for all.
        os.sync()
        store.set(kept.key, handed_out=1)
        step("handed out")
        done[kept.key] = HandedOut(written, receipts, leaves)
    return done


def receipt_of(
    desk: Desk,
    kept: Kept,
    recorded: Recorded,
    policy: ChainPolicy,
    batch: Batch,
    index: int,
    path: tuple[bytes, ...],
) -> Receipt:
    """The receipt of the ticket that the leaf at `index` opens."""
    entry = batch.entry(index)
    priority = next(each for each in Priority if index < recorded.ends[each])
    state = opened_state(policy, recorded, priority, entry.actor, entry.at)
    assert kept.number is not None  # noqa: S101
    assert kept.transaction is not None  # noqa: S101
    assert kept.block is not None  # noqa: S101
    assert kept.block_hash is not None  # noqa: S101
    return Receipt(
        chain_id=desk.chain_id,
        desk=desk.address,
        ticket_id=entry.ticket_id,
        lane=BATCH_LANE,
        requester=entry.actor,
        commitment=entry.digest,
        policy_id=kept.policy,
        priority=priority,
        opened_at=entry.at,
        reply_due=state.clock,
        resolution_due=state.resolution,
        transaction=kept.transaction,
        block_number=kept.block,
        block_hash=kept.block_hash,
        inclusion=Inclusion(kept.number, index, batch.size, path, batch.root),
    )


def _write_receipts(desk: Desk, kept: Kept, batch: Batch, folder: Path) -> int:
    if not kept.openings:
        return 0
    assert kept.number is not None  # noqa: S101
    recorded, policy = desk.lane.batch(kept.number), desk.policy(kept.policy)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise MakegoodError(f"{folder} cannot be made: {error.strerror}.") from None
    for index, path in zip(range(kept.openings), batch.tree.paths(), strict=False):
        receipt = receipt_of(desk, kept, recorded, policy, batch, index, path)
        _write(folder / f"0x{receipt.ticket_id.hex()}.json", receipt)
    return kept.openings


def _write(path: Path, receipt: Receipt) -> None:
    there = _there(path, receipt)
    if there is not None:
        receipt = replace(receipt, document=there.document, statements=there.statements)
        if there == receipt:
            return
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_text(receipt.text(), "utf-8")
        part.replace(path)
    except OSError as error:
        raise MakegoodError(f"{path} cannot be written: {error.strerror}.") from None


def _there(path: Path, receipt: Receipt) -> Receipt | None:
    """The same ticket's receipt that is there; None where nothing is, or what a crash left empty."""
    try:
        found = read(path)
    except NotFound:
        return None
    except DocumentError:
        if path.stat().st_size == 0:
            return None
        found = None
    if found is None or found.ticket_id != receipt.ticket_id:
        raise UsageError(
            f"{path} is there already, is not this ticket's receipt, and is not overwritten.",
            hint="Move it away, or give another folder.",
        )
    return found
