# SPDX-License-Identifier: Apache-2.0
"""A policy in the shape of its file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from makegood.clock import Priority
from makegood.policy.duration import format_duration
from makegood.policy.hours import format_hours
from makegood.policy.money import format_amount
from makegood.policy.section import KINDS, Windows
from makegood.policy.share import format_share

if TYPE_CHECKING:
    from makegood.policy.policy import Policy


def to_document(policy: Policy) -> dict[str, Any]:
    """As `Policy.to_document`."""
    document: dict[str, Any] = {"name": policy.name, "hours": format_hours(policy.hours), "targets": {}}
    for priority, targets in zip(Priority, policy.targets, strict=True):
        row: dict[str, Any] = {kind: format_duration(getattr(targets, kind)) for kind in KINDS}
        row["compensation"] = {kind: format_amount(getattr(targets.compensation, kind)) for kind in KINDS}
        document["targets"][priority.label] = row
    document["windows"] = {
        key: format_duration(getattr(policy.windows, key), days=True) for key in Windows.__dataclass_fields__
    }
    document["incident"] = {
        "cap": format_amount(policy.incident.cap),
        "bond_share": format_share(policy.incident.bond_share),
    }
    document["bonds"] = {
        "contest": format_amount(policy.bonds.contest),
        "prove": format_amount(policy.bonds.prove),
    }
    document["fee"] = format_amount(policy.fee)
    if policy.terms.uri:
        document["terms"] = {"uri": policy.terms.uri}
        if any(policy.terms.sha256):
            document["terms"]["sha256"] = policy.terms.sha256.hex()
    return document
