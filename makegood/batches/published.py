# SPDX-License-Identifier: Apache-2.0
"""What a desk published of the batches that can speak for a ticket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from makegood.batches.batch import Batch
from makegood.batches.leaves import read_leaves
from makegood.desk import Batch as Recorded
from makegood.desk import Desk
from makegood.errors import LeavesDamaged, LeavesMissing, LeavesOfAnotherRoot
from makegood.receipts import Receipt
from makegood.receipts.node import asking

PUBLISHED = "published"
"""Stands for the addresses that the batches themselves give."""


@dataclass(frozen=True)
class Published:
    """The leaves of the batches that can speak for a ticket, by number; what is missing or false."""

    batches: dict[int, Batch]
    missing: tuple[int, ...]
    false: tuple[tuple[int, str], ...]


def published(desk: Desk, receipt: Receipt, source: Path | str, from_block: int | None = None) -> Published:
    """The leaves of the batches of the ticket's agent and its successors, from the desk's first batch on.

    Earlier batches than the receipt's count too: one of them may tell another story. `source` is a file, a
    folder, an http(s) address, or `PUBLISHED`.
    """
    with asking("eth_getLogs"):
        start = _first_block(desk) if from_block is None else from_block
        anchored = list(desk.lane.events(("BatchAnchored",), start))
    counting: dict[str, bool] = {}
    batches: dict[int, Batch] = {}
    missing: list[int] = []
    false: list[tuple[int, str]] = []
    for event in anchored:
        number = int(event["batch"])
        agent = event["agent"]
        if agent not in counting:
            counting[agent] = _counts_for(desk, receipt, agent)
        if not counting[agent]:
            continue
        where = str(event["uri"]) if source == PUBLISHED else source
        try:
            if not where:
                raise LeavesMissing("The batch does not say where its leaves are.")
            batches[number] = read_leaves(where, bytes(event["root"]), event["counts"])
        except LeavesMissing:
            missing.append(number)
        except (LeavesDamaged, LeavesOfAnotherRoot) as error:
            false.append((number, error.message))
    return Published(batches, tuple(missing), tuple(false))


def _first_block(desk: Desk) -> int:
    """The first block as late as the desk's first batch, found by its time: any node has blocks' times."""
    anchored_at = desk.lane.batch(1).anchored_at
    with asking("eth_getBlockByNumber"):
        low, high = 0, int(desk.w3.eth.block_number)
        while low < high:
            middle = (low + high) // 2
            if int(desk.w3.eth.get_block(middle)["timestamp"]) < anchored_at:
                low = middle + 1
            else:
                high = middle
    return low


def _counts_for(desk: Desk, receipt: Receipt, agent: str) -> bool:
    opened_by = recorded(desk, receipt).agent
    with asking("succeeds"):
        return agent == opened_by or desk.directory.succeeds(agent, opened_by)


def recorded(desk: Desk, receipt: Receipt) -> Recorded:
    """The batch that a receipt names."""
    assert receipt.inclusion is not None  # noqa: S101
    with asking("batch"):
        return desk.lane.batch(receipt.inclusion.batch)
