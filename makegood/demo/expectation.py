# SPDX-License-Identifier: Apache-2.0
"""What each step of a dispute must do to everybody's money, from the policy and the script alone.

These are the rules of DESIGN.md section 7, written a second time: what the chain did is held against them.
Amounts are in wei; a change is by party, and only of those whose money it changes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from makegood.clock import Kind, Priority
from makegood.demo.money import BONDS, OPERATOR, RESERVED
from makegood.desk import Ruling
from makegood.errors import MakegoodError
from makegood.policy import ChainPolicy

_CLOCK_KINDS = (Kind.FIRST_REPLY, Kind.NEXT_REPLY, Kind.RESOLUTION)


@dataclass(frozen=True)
class Claim:
    """What a requester contests. `asked` is in wei; of a clock kind it is the policy's compensation."""

    requester: str
    kind: Kind
    asked: int
    bond: int
    backed: bool

    @property
    def is_incident(self) -> bool:
        """Whether the money is asked for an incident, which no ticket has reserved."""
        return self.kind is Kind.INCIDENT


def claim_of(
    policy: ChainPolicy, requester: str, priority: Priority, kind: Kind, asked: int, backed: bool
) -> Claim:
    """A claim as the policy has it; `asked` counts for an incident only."""
    if kind is Kind.INCIDENT:
        return Claim(requester, kind, asked, policy.bond_of(asked), backed)
    compensation = policy.compensation[priority][_CLOCK_KINDS.index(kind)]
    return Claim(requester, kind, compensation, policy.bond_of(), backed)


def contested(claim: Claim, free: int) -> dict[str, int]:
    """The bond goes to the pool; an incident has set aside what it asks, as far as the `free` funds reach."""
    aside = _aside(claim, free)
    return _changes({claim.requester: -claim.bond, BONDS: claim.bond, OPERATOR: -aside, RESERVED: aside})


def ruled(
    claim: Claim, policy: ChainPolicy, ruling: Ruling, worth: int, signers: Sequence[str], free: int
) -> dict[str, int]:
    """A verdict by these arbiters. `free` is what the pool had free before the contest.

    The signers share the fee, whichever way they rule. Upheld, the requester gets what it is worth and its
    whole bond; rejected, the bond beyond the fee is the operator's.
    """
    share = min(policy.fee, claim.bond) // len(signers)
    fees = share * len(signers)
    changes = {BONDS: -claim.bond, **dict.fromkeys(signers, share)}
    released = _aside(claim, free)
    if ruling is Ruling.REJECTED:
        return _changes({**changes, RESERVED: -released, OPERATOR: released + claim.bond - fees})
    return _changes({**changes, **_upheld(claim, worth, released, fees)})


def defaulted(claim: Claim, free: int) -> dict[str, int]:
    """No verdict: the requester gets all that it asked and its bond, the arbiters nothing."""
    return _changes({BONDS: -claim.bond, **_upheld(claim, claim.asked, _aside(claim, free), 0)})


def check(what: str, expected: dict[str, int], found: dict[str, int]) -> None:
    """Raises MakegoodError with the first difference between what must have changed and what did."""
    for name in sorted({*expected, *found}):
        if expected.get(name, 0) != found.get(name, 0):
            raise MakegoodError(
                f"{what}: the money of “{name}” must change by {expected.get(name, 0)} wei by the policy, "
                f"but it changed by {found.get(name, 0)}."
            )


def _upheld(claim: Claim, worth: int, released: int, fees: int) -> dict[str, int]:
    # A backed ticket has reserved a clock kind's amount. The rest is the operator's: free funds or debt.
    reserved = released if claim.is_incident else worth if claim.backed else 0
    return {
        claim.requester: worth + claim.bond,
        RESERVED: -reserved,
        OPERATOR: reserved - worth - fees,
    }


def _aside(claim: Claim, free: int) -> int:
    return min(claim.asked, free) if claim.is_incident else 0


def _changes(changes: dict[str, int]) -> dict[str, int]:
    return {name: change for name, change in changes.items() if change}
