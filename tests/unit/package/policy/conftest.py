# SPDX-License-Identifier: Apache-2.0
"""The policies that the tests of a policy start from."""

import pytest
from policy_file import GOOD, MINIMAL

from makegood import policy


@pytest.fixture
def good() -> policy.Policy:
    """The policy of GOOD, as a file gives it."""
    return policy.parse(GOOD, "policy.yaml")


@pytest.fixture
def required_only() -> policy.Policy:
    """The policy of MINIMAL: no key that may be left out."""
    return policy.parse(MINIMAL)
