# SPDX-License-Identifier: Apache-2.0
"""The struct that a desk publishes, from a policy and back to its sections."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from makegood.errors import UsageError
from makegood.policy.limits import AMOUNT_MAX, INCIDENT_CAP_MAX
from makegood.policy.money import format_amount, from_units, to_units
from makegood.policy.section import Bonds, Compensation, Incident, Targets, Windows, compensation_amounts

if TYPE_CHECKING:
    from makegood.policy.policy import Policy


class ChainPolicy(NamedTuple):
    """`ISupportDesk.Policy`, field by field, as web3 and Ape take the struct. Money is in smallest units."""

    hours: int
    targets: tuple[tuple[int, int, int], ...]
    compensation: tuple[tuple[int, int, int], ...]
    contest_window: int
    challenge_window: int
    ruling_window: int
    claim_window: int
    anchor_lag: int
    incident_cap: int
    incident_bond_share: int
    contest_bond: int
    prove_bond: int
    fee: int

    def bond_of(self, incident: int = 0) -> int:
        """What contesting costs, in smallest units: for a clock kind, or for an incident of this amount."""
        return self.contest_bond + incident * self.incident_bond_share // 10_000


def to_chain(policy: Policy, decimals: int) -> ChainPolicy:
    """As `Policy.to_chain`."""

    def units(key: str, amount: Decimal, most: int = AMOUNT_MAX) -> int:
        try:
            value = to_units(amount, decimals)
        except UsageError as error:
            policy.refuse(key, error.message, error.hint)
        if value > most:
            limit = format_amount(from_units(most, decimals))
            policy.refuse(
                key,
                f"{format_amount(amount)} is more than the desk can promise.",
                f"Write at most {limit}.",
            )
        return value

    compensation = [units(key, amount) for key, amount in compensation_amounts(policy.targets)]
    # Before the bonds, of which one is the fee where the file names none.
    fee = units("fee", policy.fee)
    return ChainPolicy(
        hours=policy.hours,
        targets=tuple((each.first_reply, each.next_reply, each.resolution) for each in policy.targets),
        compensation=tuple(
            (compensation[row], compensation[row + 1], compensation[row + 2]) for row in range(0, 12, 3)
        ),
        contest_window=policy.windows.contest,
        challenge_window=policy.windows.challenge,
        ruling_window=policy.windows.ruling,
        claim_window=policy.windows.claim,
        anchor_lag=policy.windows.anchor_lag,
        incident_cap=units("incident.cap", policy.incident.cap, INCIDENT_CAP_MAX),
        incident_bond_share=policy.incident.bond_share,
        contest_bond=units("bonds.contest", policy.bonds.contest),
        prove_bond=units("bonds.prove", policy.bonds.prove),
        fee=fee,
    )


def read_struct(struct: Sequence[Any] | Mapping[str, Any]) -> ChainPolicy:
    """The struct as web3 or Ape returns it: fields by name, or in their order."""
    values = [struct[key] for key in ChainPolicy._fields] if isinstance(struct, Mapping) else list(struct)
    return ChainPolicy(*values)


def read_targets(struct: ChainPolicy, decimals: int) -> tuple[Targets, Targets, Targets, Targets]:
    """The targets and compensation by priority, urgent first."""
    rows = [
        Targets(*targets, Compensation(*(from_units(units, decimals) for units in compensation)))
        for targets, compensation in zip(struct.targets, struct.compensation, strict=True)
    ]
    return (rows[0], rows[1], rows[2], rows[3])


def read_windows(struct: ChainPolicy) -> Windows:
    """The windows."""
    return Windows(
        contest=struct.contest_window,
        challenge=struct.challenge_window,
        ruling=struct.ruling_window,
        claim=struct.claim_window,
        anchor_lag=struct.anchor_lag,
    )


def read_incident(struct: ChainPolicy, decimals: int) -> Incident:
    """The cap and bond of an incident."""
    return Incident(from_units(struct.incident_cap, decimals), struct.incident_bond_share)


def read_bonds(struct: ChainPolicy, decimals: int) -> Bonds:
    """The bonds of a contest and of proving."""
    return Bonds(from_units(struct.contest_bond, decimals), from_units(struct.prove_bond, decimals))
