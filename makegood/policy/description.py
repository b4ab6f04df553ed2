# SPDX-License-Identifier: Apache-2.0
"""A policy in words, for people."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from makegood.clock import Priority
from makegood.policy.duration import format_duration
from makegood.policy.hours import describe_hours
from makegood.policy.money import format_amount
from makegood.policy.section import KINDS, Windows
from makegood.policy.share import format_share

if TYPE_CHECKING:
    from makegood.policy.policy import Policy


def describe(policy: Policy, unit: str) -> list[tuple[str, str]]:
    """As `Policy.describe`."""
    rows = [("name", policy.name), ("open", describe_hours(policy.hours))]
    for priority, targets in zip(Priority, policy.targets, strict=True):
        rows.append(
            (
                priority.label,
                "; ".join(
                    f"{kind.replace('_', ' ')} in {format_duration(getattr(targets, kind))} "
                    f"or {_money(getattr(targets.compensation, kind), unit)}"
                    for kind in KINDS
                ),
            )
        )
    rows += [
        (key.replace("_", " "), format_duration(getattr(policy.windows, key), days=True))
        for key in Windows.__dataclass_fields__
    ]
    share = format_share(policy.incident.bond_share)
    incident = f"up to {_money(policy.incident.cap, unit)}, with a bond of {share} of what is asked"
    rows.append(("incident", incident if policy.incident.cap else "pays nothing"))
    rows.append(
        ("bonds", f"contest {_money(policy.bonds.contest, unit)}, prove {_money(policy.bonds.prove, unit)}")
    )
    rows.append(("fee", _money(policy.fee, unit)))
    if policy.terms.uri:
        rows.append(("terms", policy.terms.uri))
    return rows


def _money(amount: Decimal, unit: str) -> str:
    return f"{format_amount(amount)} {unit}".rstrip()
