# SPDX-License-Identifier: Apache-2.0
"""Client of the ArbiterPanel: who decides what a chain cannot see, and the disputes about it.

A dispute is named by its ticket and its kind; amounts are in the asset's smallest units, times Unix seconds.
"""

from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from enum import IntEnum
from functools import cached_property
from typing import Any

from eth_utils.address import is_address, to_checksum_address

from makegood import typed_data
from makegood.clock import Kind
from makegood.desk.abi import Abi, abi_of
from makegood.desk.call import Call
from makegood.desk.contract import ETH, Contract
from makegood.desk.pool import Pool
from makegood.errors import NotFound, UsageError

MAX_ARBITERS = 15
MAX_SIGNATURE = 1_024
"""Bytes of a signature, so that a Safe's fits (ERC-1271)."""


class DisputeState(IntEnum):
    """Where a dispute stands."""

    NONE = 0
    OPEN = 1
    UPHELD = 2
    REJECTED = 3
    DEFAULTED = 4
    """Upheld, since no verdict came in time."""


class Ruling(IntEnum):
    """What arbiters sign."""

    UPHELD = 1
    REJECTED = 2


@dataclass(frozen=True)
class Seats:
    """A panel: its arbiters, ascending by address, and how many of them decide."""

    arbiters: tuple[str, ...]
    threshold: int


@dataclass(frozen=True)
class Proposal:
    """The panel of `epoch` was proposed, and can be adopted from and until these seconds; all 0 for none."""

    epoch: int
    usable_from: int
    usable_until: int


@dataclass(frozen=True)
class Dispute:
    """A dispute as the panel has it; number 0 where there is none.

    `amount` and `reserved` are an incident's, 0 for a clock kind, whose amount is the policy's. `bond` is
    held while it is open; then `fee_share` is what each of the signers in `fee_open` can still collect.
    """

    number: int
    state: DisputeState
    epoch: int
    rules_until: int
    amount: int
    reserved: int
    evidence_digest: bytes
    bond: int
    fee_share: int
    fee_open: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What arbiters sign: how a dispute ends, or with dispute 0 a breach that they report."""

    ticket_id: bytes
    kind: Kind
    outcome: Ruling
    amount: int
    evidence_digest: bytes
    dispute: int
    epoch: int
    deadline: int

    def message(self, chain_id: int, panel: str) -> dict[str, Any]:
        """The EIP-712 message in the panel's domain."""
        return typed_data.verdict(
            chain_id,
            panel,
            ticket_id=self.ticket_id,
            kind=int(self.kind),
            outcome=int(self.outcome),
            amount=self.amount,
            evidence_digest=self.evidence_digest,
            dispute=self.dispute,
            epoch=self.epoch,
            deadline=self.deadline,
        )


@dataclass(frozen=True)
class ArbiterSignature:
    """One arbiter's signature over a verdict: 65 bytes of ECDSA, or what its contract takes (ERC-1271)."""

    arbiter: str
    signature: bytes


class Panel(Contract):
    """The arbiters of one desk, and its disputes."""

    ARTIFACT = "ArbiterPanel"

    @cached_property
    def pool(self) -> Pool:
        """Where bonds and fees are."""
        return Pool(self.w3, self.read("pool"))

    def emitters(self) -> Mapping[str, Abi]:
        """The panel's calls also show in its desk's and its pool's events."""
        desk = to_checksum_address(self.read("desk"))
        return {self.address: self.abi, desk: abi_of("SupportDesk"), self.pool.address: self.pool.abi}

    # ------------------------------------------------------------ requester

    def contest(
        self, ticket_id: bytes, kind: Kind, amount: int, evidence_digest: bytes, bond: int
    ) -> Call[int]:
        """The requester asks the arbiters; returns the dispute's number.

        `bond` is the policy's (`ChainPolicy.bond_of`): sent along in ETH, approved to the pool in a token.
        """
        value = bond if self.pool.asset == ETH else 0
        return self.call("contest", ticket_id, int(kind), amount, evidence_digest, value=value)

    # ------------------------------------------------------------ operator

    def propose_panel(self, arbiters: Iterable[str], threshold: int | None = None) -> Call[int]:
        """Announces other arbiters, a majority of whom decide where no threshold is given; returns the epoch.

        Raises UsageError for arbiters that can be no panel.
        """
        seats = seated(arbiters)
        return self.call("propose_panel", seats, majority(len(seats)) if threshold is None else threshold)

    def cancel_panel(self) -> Call[None]:
        """Takes the proposal back."""
        return self.call("cancel_panel")

    def adopt_panel(self) -> Call[None]:
        """Makes the proposed panel the one that decides what is contested from then on."""
        return self.call("adopt_panel")

    # ------------------------------------------------------------ anyone

    def submit_verdict(
        self, verdict: Verdict, signatures: Iterable[ArbiterSignature], collect: bool = False
    ) -> Call[None]:
        """Ends a dispute as its arbiters signed; with `collect` the requester is sent what it gets."""
        return self.call("submit_verdict", astuple(verdict), ascending(signatures), collect)

    def report_breach(self, verdict: Verdict, signatures: Iterable[ArbiterSignature]) -> Call[None]:
        """Records a breach that nobody contested, as today's arbiters signed."""
        return self.call("report_breach", astuple(verdict), ascending(signatures))

    def rule_by_default(self, ticket_id: bytes, kind: Kind, collect: bool = False) -> Call[None]:
        """Ends a dispute whose arbiters stayed silent: the requester wins."""
        return self.call("rule_by_default", ticket_id, int(kind), collect)

    def collect_fees(self, arbiter: str, disputes: Iterable[tuple[bytes, Kind]]) -> Call[int]:
        """Sends an arbiter its shares of the fees of these disputes, at most 100; returns their sum."""
        return self.call("collect_fees", arbiter, [(ticket_id, int(kind)) for ticket_id, kind in disputes])

    # ------------------------------------------------------------ views

    def dispute(self, ticket_id: bytes, kind: Kind) -> Dispute:
        """A dispute; number 0 where there is none."""
        found = self.read("dispute", ticket_id, int(kind))
        number, state, epoch, rules_until, amount, reserved, digest, bond, share, signers = found
        return Dispute(
            number=number,
            state=DisputeState(state),
            epoch=epoch,
            rules_until=rules_until,
            amount=amount,
            reserved=reserved,
            evidence_digest=bytes(digest),
            bond=bond,
            fee_share=share,
            fee_open=tuple(to_checksum_address(one) for one in signers),
        )

    def dispute_count(self) -> int:
        """How many disputes there have been; also the number of the newest."""
        return int(self.read("dispute_count"))

    def has_open_dispute(self, ticket_id: bytes) -> bool:
        """Whether a ticket waits for a ruling."""
        return bool(self.read("has_open_dispute", ticket_id))

    def epoch(self) -> int:
        """Whose panel decides what is contested now; 0 where none was ever adopted."""
        return int(self.read("epoch"))

    def seats(self, epoch: int) -> Seats:
        """The panel of an epoch. Raises NotFound where there is none."""
        arbiters, threshold = self.read("panel", epoch)
        if threshold == 0:
            raise NotFound(f"There is no panel of epoch {epoch} at {self.address}.")
        return Seats(tuple(to_checksum_address(one) for one in arbiters), threshold)

    def proposal(self) -> Proposal:
        """The panel that was proposed, also one that has lapsed."""
        return Proposal(*self.read("proposal"))

    def verdict_digest(self, verdict: Verdict) -> bytes:
        """What an arbiter signs, as the contract computes it."""
        return bytes(self.read("verdict_digest", astuple(verdict)))


def seated(arbiters: Iterable[str]) -> list[str]:
    """Arbiters as the panel wants them: checksummed, ascending by address.

    Raises UsageError for what is no address, one that is there twice, the zero address, and more than
    `MAX_ARBITERS`.
    """
    seats = []
    for one in arbiters:
        if not is_address(one) or int(one, 16) == 0:
            raise UsageError(f'"{one}" can be no arbiter.', hint="Give 0x and 40 hexadecimal digits.")
        seats.append(to_checksum_address(one))
    for one in seats:
        if seats.count(one) > 1:
            raise UsageError(f"{one} is among the arbiters twice.", hint="Each has one seat.")
    if len(seats) > MAX_ARBITERS:
        raise UsageError(f"A panel has at most {MAX_ARBITERS} arbiters, not {len(seats)}.")
    return sorted(seats, key=lambda one: int(one, 16))


def majority(count: int) -> int:
    """The smallest threshold that is more than half of `count` arbiters; 0 of none."""
    return count // 2 + 1 if count else 0


def ascending(signatures: Iterable[ArbiterSignature]) -> list[tuple[str, bytes]]:
    """Signatures in the order that the panel wants."""
    pairs = [(one.arbiter, one.signature) for one in signatures]
    return sorted(pairs, key=lambda pair: int(pair[0], 16))
