# SPDX-License-Identifier: Apache-2.0
"""Fixtures of the contract tests: a fresh desk for each test, on a chain that is put back afterwards."""

from collections.abc import Iterator
from dataclasses import replace

import boa
import pytest
from house import House, deploy_house


@pytest.fixture(autouse=True)
def _chain_is_put_back() -> Iterator[None]:
    with boa.env.anchor():
        yield
    # titanoboa describes a revert with all storage it ever saw written: each test would slow the next.
    boa.env.sstore_trace.clear()
    boa.env.sha3_trace.clear()


@pytest.fixture(scope="session")
def _standing() -> House:
    """Deployed once, before any test: what a test does to it is put back."""
    return deploy_house()


@pytest.fixture(scope="session")
def _standing_unfunded() -> House:
    return deploy_house(funds=0)


@pytest.fixture
def house(_standing: House) -> House:
    """A funded ETH desk with one policy, a human, a bot and a covered requester."""
    return replace(_standing)


@pytest.fixture
def unfunded(_standing_unfunded: House) -> House:
    """The same without funds."""
    return replace(_standing_unfunded)
