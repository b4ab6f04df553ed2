# SPDX-License-Identifier: Apache-2.0
"""Taking over batches that an agent anchored and that this store does not know.

A store that was restored from a backup is as it was then. What was anchored since would be anchored again.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from makegood.batches.batch import Batch, Counts
from makegood.batches.entry import Act, Entry
from makegood.batches.incoming import Incoming
from makegood.batches.leaves import read_leaves
from makegood.batches.store import ANCHORED, Kept, Store
from makegood.clock import Priority
from makegood.desk import Batch as Recorded
from makegood.desk import Desk, Event, chain_errors
from makegood.errors import LeavesMissing, MakegoodError, NodeUnreachable

_SAME_TIME = 64
"""Blocks that may have one time, on a chain with several a second."""


def adopt(
    store: Store,
    desk: Desk,
    agent: str,
    folders: Sequence[Path],
    told: Callable[[Kept], None] = lambda _: None,
) -> None:
    """Make known to the store what this agent anchored without it, in the chain's order.

    Leaves are read from the folders, else from where the batch says. Raises MakegoodError where a batch's are
    nowhere: what it holds is unknown, so nothing more can be anchored safely.
    """
    with chain_errors("eth_blockNumber"):
        newest = int(desk.w3.eth.block_number)
    own = [each for each in store.batches() if each.agent == agent]
    known, last = {each.root for each in own}, max((each.number or 0 for each in own), default=0)
    count = int(desk.lane.read("batch_count", block=newest))
    first = last + 1 if last else _first_since(desk, int(desk.directory.agent(agent).since), count, newest)
    for number in range(first, count + 1):
        recorded = desk.lane.batch(number, newest)
        if recorded.agent == agent and recorded.root not in known:
            anchored = _event(desk, number, recorded, newest)
            batch = _leaves(recorded, anchored, number, folders)
            told(_take_over(store, desk, recorded, anchored, batch, number))


def _first_since(desk: Desk, since: int, count: int, newest: int) -> int:
    """The first batch that an agent who is one since then can have anchored."""
    low, high = 1, count + 1
    while low < high:
        middle = (low + high) // 2
        if desk.lane.batch(middle, newest).anchored_at < since:
            low = middle + 1
        else:
            high = middle
    return low


def _take_over(
    store: Store, desk: Desk, recorded: Recorded, anchored: Event, batch: Batch, number: int
) -> Kept:
    with chain_errors("eth_getTransactionReceipt"):
        receipt = desk.w3.eth.get_transaction_receipt(cast(Any, anchored.transaction))
        block = desk.w3.eth.get_block(receipt["blockNumber"])
    with store.transaction():
        store.lock_queue()
        key = store.add(recorded.agent, recorded.policy_id, anchored.block_number, number - 1)
        for index in range(batch.size):
            entry = batch.entry(index)
            event = _incoming(entry, _priority(recorded, index), number)
            store.place(key, entry.sequence, event, recorded.policy_id)
        return store.set(
            key,
            state=ANCHORED,
            root=recorded.root,
            counts=batch.counts,
            uri=str(anchored["uri"]),
            must_back=0,
            number=number,
            txn=anchored.transaction,
            block=block["number"],
            block_hash=bytes(block["hash"]),
            at=block["timestamp"],
            gas=receipt["gasUsed"],
        )


def _incoming(entry: Entry, priority: Priority | None, number: int) -> Incoming:
    """The event that an entry was; its id is found again by whoever tells the same."""
    act = Act(entry.act)
    actor = "" if act is Act.FOLLOWED_UP else entry.actor
    made = Incoming("", act, entry.ticket_id, entry.at, actor, entry.digest, priority, f"batch {number}")
    return Incoming(made.anchored_id(), *(getattr(made, name) for name in Incoming.__slots__[1:]))


def _priority(recorded: Recorded, index: int) -> Priority | None:
    return next((each for each in Priority if index < recorded.ends[each]), None)


def _event(desk: Desk, number: int, recorded: Recorded, newest: int) -> Event:
    block = _first_block(desk, recorded.anchored_at, newest)
    last = min(newest, block + _SAME_TIME)
    where = ("batch", number.to_bytes(32, "big"))
    for event in desk.lane.events(("BatchAnchored",), block, last, where=where):
        return event
    raise NodeUnreachable(
        f"The node knows batch {number} but does not give its log.", hint="Try again, or ask another node."
    )


def _first_block(desk: Desk, at: int, newest: int) -> int:
    """The first block as late as this time; any node has blocks' times."""
    low, high = 0, newest
    with chain_errors("eth_getBlockByNumber"):
        while low < high:
            middle = (low + high) // 2
            if int(desk.w3.eth.get_block(middle)["timestamp"]) < at:
                low = middle + 1
            else:
                high = middle
    return low


def _leaves(recorded: Recorded, anchored: Event, number: int, folders: Sequence[Path]) -> Batch:
    counts = cast(Counts, tuple(after - before for before, after in pairwise((0, *recorded.ends))))
    uri = str(anchored["uri"])
    sources: list[Path | str] = [*folders]
    if uri.startswith(("http://", "https://")):
        sources.append(uri)
    for source in sources:
        try:
            return read_leaves(source, recorded.root, counts)
        except LeavesMissing:
            continue
    raise MakegoodError(
        f"This account anchored batch {number}, which the store does not know, and its leaves are nowhere.",
        hint=f"Put 0x{recorded.root.hex()}'s file of leaves back: docs/operations/backup.md.",
    )
