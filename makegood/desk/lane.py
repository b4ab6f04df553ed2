# SPDX-License-Identifier: Apache-2.0
"""Client of the BatchLane. Roots, hashes, ids and digests are 32 bytes; times are Unix seconds."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from eth_typing import BlockIdentifier

from makegood.desk.abi import Abi, abi_of
from makegood.desk.call import Call
from makegood.desk.contract import Contract
from makegood.errors import NotFound

MAX_ENTRIES = 16
"""The most that one call of `prove_entries` takes."""


@dataclass(frozen=True)
class Batch:
    """What is on record of a batch.

    `ends` has the first index beyond the openings of urgent, high, normal and low tickets, and beyond all
    leaves. Its openings can be proven until `expires_at`. `reserved` is what is still set aside for those not
    proven, in the asset's smallest units; of a batch that is not backed, 0.
    """

    agent: str
    policy_id: int
    root: bytes
    ends: tuple[int, int, int, int, int]
    anchored_at: int
    expires_at: int
    backed: bool
    reserved: int


@dataclass(frozen=True)
class Proof:
    """How far the proof of a ticket has come: the batch of its opening, the sequence of the next entry.

    `last_at` is when the last entry counted. The bond is held until the challenge ends. `answered` is whether
    another than the prover added a desk's entry that was anchored before the proof.
    """

    proven_at: int
    batch: int
    sequence: int
    last_at: int
    prover: str
    bond: int
    answered: bool


@dataclass(frozen=True)
class Shown:
    """An entry of a known ticket and sequence, and where it was anchored."""

    act: int
    at: int
    actor: str
    digest: bytes
    batch: int
    index: int
    path: tuple[bytes, ...]

    def fields(self) -> tuple[object, ...]:
        """In the order of IBatchLane.Shown."""
        return (self.act, self.at, self.actor, self.digest, self.batch, self.index, list(self.path))


class Lane(Contract):
    """Batches, and the proof of single tickets."""

    ARTIFACT = "BatchLane"

    def emitters(self) -> Mapping[str, Abi]:
        """The lane's calls also show in the events of its desk and its pool."""
        return {
            self.address: self.abi,
            self._desk: abi_of("SupportDesk"),
            self._pool: abi_of("CompensationPool"),
        }

    @cached_property
    def _desk(self) -> str:
        return str(self.read("desk"))

    @cached_property
    def _pool(self) -> str:
        return str(self.read("pool"))

    def anchor_batch(
        self, policy_id: int, root: bytes, counts: Sequence[int], uri: str = "", *, must_back: bool = False
    ) -> Call[int]:
        """An agent anchors a batch; returns its number.

        `counts` has the openings of urgent, high, normal and low tickets, then the later entries. With
        `must_back` it is refused where free funds do not reach.
        """
        return self.call("anchor_batch", policy_id, root, list(counts), uri, must_back)

    def prove_ticket(
        self,
        batch: int,
        index: int,
        path: Sequence[bytes],
        requester: str,
        commitment: bytes,
        at: int,
        value: int = 0,
    ) -> Call[bytes]:
        """Proves a ticket that a batch opened at `at`, and begins its challenge; returns its id.

        `value` is the policy's bond where the asset is ETH.
        """
        return self.call("prove_ticket", batch, index, list(path), requester, commitment, at, value=value)

    def prove_entries(self, ticket_id: bytes, first: int, entries: Sequence[Shown]) -> Call[None]:
        """Shows the next entries of a challenged ticket from sequence `first` on, at most `MAX_ENTRIES`."""
        return self.call("prove_entries", ticket_id, first, [entry.fields() for entry in entries])

    def end_challenge(self, ticket_id: bytes, *, claim: bool = False, collect: bool = False) -> Call[None]:
        """Makes the ticket a direct one once its challenge window is over, and claims what is breached."""
        return self.call("end_challenge", ticket_id, claim, collect)

    def prove_equivocation(self, ticket_id: bytes, sequence: int, one: Shown, other: Shown) -> Call[None]:
        """Shows two different entries of one ticket and sequence: its clock kinds are breached."""
        return self.call("prove_equivocation", ticket_id, sequence, one.fields(), other.fields())

    def release_batch(self, batch: int) -> Call[None]:
        """Frees what an expired batch holds for openings that were not proven."""
        return self.call("release_batch", batch)

    # ------------------------------------------------------------ views

    def batch_count(self) -> int:
        """How many batches were anchored; also the number of the newest."""
        return int(self.read("batch_count"))

    def batch(self, batch: int, block: BlockIdentifier = "latest") -> Batch:
        """A batch. Raises NotFound where it is unknown."""
        agent, policy_id, root, ends, anchored_at, expires_at, backed, reserved = self.read(
            "batch", batch, block=block
        )
        if anchored_at == 0:
            raise NotFound(f"The lane {self.address} has no batch {batch}.", hint="Check its number.")
        return Batch(agent, policy_id, bytes(root), tuple(ends), anchored_at, expires_at, backed, reserved)

    def proof(self, ticket_id: bytes) -> Proof | None:
        """The proof of a ticket; None where it was not proven."""
        found = Proof(*self.read("proof", ticket_id))
        return found if found.proven_at else None
