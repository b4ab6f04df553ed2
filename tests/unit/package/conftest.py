# SPDX-License-Identifier: Apache-2.0
"""What the tests of the package have in common."""

from pathlib import Path

import pytest

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
