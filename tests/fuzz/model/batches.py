# SPDX-License-Identifier: Apache-2.0
"""A batch, a ticket's proof, an entry that is shown."""

from dataclasses import dataclass

from fuzz.model.policy import Policy


@dataclass
class Batch:
    """What an agent anchored."""

    agent: int
    policy_id: int
    policy: Policy
    root: bytes
    counts: tuple[int, ...]
    anchored_at: int
    expires_at: int
    backed: bool
    reserved: int

    @property
    def openings(self) -> int:
        """How many leaves count as openings."""
        return sum(self.counts[:4])

    def priority(self, index: int) -> int:
        """Of the opening at an index."""
        for priority in range(4):
            index -= self.counts[priority]
            if index < 0:
                return priority
        raise IndexError


@dataclass
class Proof:
    """What became of a ticket's proof."""

    batch: int
    prover: int
    at: int
    last_at: int
    bond: int
    sequence: int = 1
    answered: bool = False


@dataclass(frozen=True)
class Shown:
    """An entry, and where it is said to stand."""

    act: int
    at: int
    actor: int
    digest: int
    batch: int
    index: int
    path: tuple[int, ...]
