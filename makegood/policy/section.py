# SPDX-License-Identifier: Apache-2.0
"""The sections of a policy: what it promises, in seconds and in whole units of the pool's asset."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from makegood.clock import Priority

KINDS = ("first_reply", "next_reply", "resolution")
"""What a policy has targets and compensation for, in the order of the chain."""


@dataclass(frozen=True, slots=True)
class Compensation:
    """What a breach of each kind pays, in whole units of the asset."""

    first_reply: Decimal
    next_reply: Decimal
    resolution: Decimal


@dataclass(frozen=True, slots=True)
class Targets:
    """What one priority is promised: seconds of open time, and the compensation where they are missed."""

    first_reply: int
    next_reply: int
    resolution: int
    compensation: Compensation


@dataclass(frozen=True, slots=True)
class Windows:
    """Calendar seconds, the last one included."""

    contest: int
    challenge: int
    ruling: int
    claim: int
    anchor_lag: int


@dataclass(frozen=True, slots=True)
class Incident:
    """The most that an incident pays, in whole units, and its bond, in basis points of what is asked."""

    cap: Decimal = Decimal(0)
    bond_share: int = 0


@dataclass(frozen=True, slots=True)
class Bonds:
    """In whole units of the asset."""

    contest: Decimal = Decimal(0)
    prove: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Terms:
    """Where the policy's terms stand, and the SHA-256 of what stands there; empty and zero for none."""

    uri: str = ""
    sha256: bytes = bytes(32)


NO_INCIDENT = Incident()
NO_BONDS = Bonds()
NO_TERMS = Terms()


def target_seconds(rows: Iterable[Targets]) -> Iterator[tuple[str, int]]:
    """Each target in seconds with its key in a policy file; `rows` is by priority, urgent first."""
    for priority, targets in zip(Priority, rows, strict=True):
        for kind in KINDS:
            yield f"targets.{priority.label}.{kind}", getattr(targets, kind)


def compensation_amounts(rows: Iterable[Targets]) -> Iterator[tuple[str, Decimal]]:
    """Each compensation in whole units with its key in a policy file, in the order of `target_seconds`."""
    for priority, targets in zip(Priority, rows, strict=True):
        for kind in KINDS:
            yield f"targets.{priority.label}.compensation.{kind}", getattr(targets.compensation, kind)
