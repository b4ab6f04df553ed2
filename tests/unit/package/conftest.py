# SPDX-License-Identifier: Apache-2.0
"""What the tests of the package have in common."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from case_house import CaseHouse

PROJECT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def project() -> Path:
    """The root of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the checkout, which is not part of it."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the reference data in ../shared beside the checkout")
    return folder


@pytest.fixture(scope="session")
def new_case_house() -> CaseHouse:
    # web3 warns when it is imported, which here, before the tests are collected, would be an error.
    from case_house import build

    return build()


@pytest.fixture
def house(new_case_house: CaseHouse) -> Iterator[CaseHouse]:
    """A desk with a panel, as it was set up."""
    tester: Any = new_case_house.w3.provider
    snapshot = tester.ethereum_tester.take_snapshot()
    yield new_case_house
    tester.ethereum_tester.revert_to_snapshot(snapshot)
