# SPDX-License-Identifier: Apache-2.0
"""How long policies can be published: while all due times of the next twenty years fit into 32 bits."""

import boa
import pytest
from house import MONDAY, Policy, deployer, now, travel, travel_to
from policies import TEN_YEARS

WEEK = 604_800
TARGET = 10 * WEEK
# Open at all hours: the target's ten weeks, and the two that it may begin and end in.
LONGEST = 12 * WEEK
LAST_SECOND = 2**32 - 1 - 2 * TEN_YEARS - LONGEST


@pytest.fixture
def policy() -> Policy:
    return Policy(targets=((TARGET,) * 3,) * 4)


def test_a_policy_is_accepted_at_the_last_second_and_refused_at_the_next(policy: Policy) -> None:
    travel_to(max(now(), MONDAY))
    rules = deployer("PolicyRules").deploy()
    travel_to(LAST_SECOND)
    rules.packed(policy.on_chain(), TEN_YEARS)
    travel(1)
    with boa.reverts("policy: due times pass 2106"):
        rules.packed(policy.on_chain(), TEN_YEARS)
