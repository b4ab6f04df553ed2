# SPDX-License-Identifier: Apache-2.0
"""A policy made in code is held to the limits of one that is read."""

from decimal import Decimal

import pytest

from makegood import policy
from makegood.errors import PolicyError


def test_policy_made_in_code_is_held_to_the_same_limits(required_only: policy.Policy) -> None:
    with pytest.raises(PolicyError, match=r"^bonds\.contest: "):
        policy.Policy("Desk", 1, required_only.targets, required_only.windows, fee=Decimal(1))
    with pytest.raises(PolicyError, match=r"^fee: "):
        policy.Policy("Desk", 1, required_only.targets, required_only.windows, fee=Decimal(-1))
    with pytest.raises(PolicyError, match=r"^hours: "):
        policy.Policy("Desk", 0, required_only.targets, required_only.windows)
    with pytest.raises(PolicyError, match=r"^incident\.bond_share: "):
        policy.Policy(
            "Desk", 1, required_only.targets, required_only.windows, policy.Incident(Decimal(1), 10_001)
        )
    with pytest.raises(PolicyError, match=r"^terms\.sha256: "):
        policy.Policy("Desk", 1, required_only.targets, required_only.windows, terms=policy.Terms("x:y", b""))
