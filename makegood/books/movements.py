# SPDX-License-Identifier: Apache-2.0
"""What moves in a pool, and what for: the words of the books."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Movement(StrEnum):
    """What a movement is."""

    FUNDED = "funded"
    ADOPTED = "adopted"
    LOST = "lost"
    WITHDRAWN = "withdrawn"
    RESERVED = "reserved"
    RELEASED = "released"
    CONTEST_BOND = "contest bond"
    PROOF_BOND = "proof bond"
    BOND_ENDED = "bond ended"
    BOND_KEPT = "bond kept"
    BOND_RETURNED = "bond returned"
    COMPENSATION = "compensation"
    FEE_DUE = "fee due"
    FEE = "fee"
    FEE_REFUNDED = "fee refunded"
    DEBT_PAID = "debt paid"
    DEBT_CREDITED = "debt credited"
    COLLECTED = "collected"


COMING_IN = (Movement.FUNDED, Movement.CONTEST_BOND, Movement.PROOF_BOND, Movement.ADOPTED)
GOING_OUT = (Movement.COLLECTED, Movement.WITHDRAWN, Movement.LOST)
"""What changes how much a pool holds. All others move within it."""


class Held(StrEnum):
    """What reserved funds are held for. What a ruling or a fee moves is `settling` within its transaction."""

    TICKETS = "tickets"
    BATCHES = "batches"
    INCIDENTS = "incidents"
    PROOF_BONDS = "proof bonds"
    SETTLING = "settling"


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the index with its arguments."""

    name: str
    given: Mapping[str, Any]
    block: int
    time: int
    transaction: str
    log_index: int

    @property
    def place(self) -> str:
        """Where it is, for people."""
        return f"block {self.block}, transaction {self.transaction}"


@dataclass(frozen=True, slots=True)
class Part:
    """A part of what an event of the pool moved, and what for. Empty and 0 where it is for no such thing.

    `of` is what was credited or owed that is now collected, or became credit.
    """

    movement: Movement
    amount: int
    ticket: str = ""
    batch: int = 0
    dispute: int = 0
    kinds: int = 0
    held: Held = Held.SETTLING
    of: Movement | None = None
