# SPDX-License-Identifier: Apache-2.0
"""What the store keeps: batches, waiting events, dead letters."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.batches.batch import Counts
from makegood.batches.entry import Act
from makegood.clock import Priority

PREPARED, SENT, ANCHORED = "prepared", "sent", "anchored"


@dataclass(frozen=True)
class Kept:
    """A batch as the store has it.

    `state` is prepared, sent or anchored; `nonce` is the only one that a transaction of it may have, None
    before one was chosen. From `from_block` on the chain may have it, after `batches_before` others. Number,
    transaction, block, time and gas are None until it is anchored. `handed_out`: receipts are written and
    leaves published.
    """

    key: int
    state: str
    agent: str
    policy: int
    root: bytes
    counts: Counts
    uri: str
    must_back: bool
    from_block: int
    batches_before: int
    nonce: int | None
    number: int | None
    transaction: bytes | None
    block: int | None
    block_hash: bytes | None
    at: int | None
    gas: int | None
    final: bool
    handed_out: bool

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return sum(self.counts)

    @property
    def openings(self) -> int:
        """How many tickets it opens."""
        return sum(self.counts[:4])


@dataclass(frozen=True)
class Waiting:
    """An event in the queue; `opened_by` is the agent that anchored its ticket's opening, None before."""

    arrival: int
    act: Act
    ticket: bytes
    at: int
    actor: str
    digest: bytes
    priority: Priority | None
    policy: int | None
    opened_by: str | None


@dataclass(frozen=True)
class Taken:
    """What came of taking events: how many were new, and how many were there already."""

    new: int
    known: int


@dataclass(frozen=True)
class Backlog:
    """What waits: how many events, the time of the oldest, and of openings by policy and priority."""

    events: int
    oldest: int | None
    openings: tuple[tuple[int, Priority, int], ...]


@dataclass(frozen=True)
class DeadLetter:
    """An event that no batch takes, where it came from, and why."""

    id: str
    source: str
    why: str
