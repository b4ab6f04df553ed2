# SPDX-License-Identifier: Apache-2.0
"""Settings of every test run."""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from boa.interpret import set_cache_dir
from quick_evm import quicken

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PROJECT = Path(__file__).resolve().parents[1]
INTEGRATION = PROJECT / "tests" / "integration"

SHARES_ITS_SET_UP = {"test_artifacts.py", "test_replay_batch_run.py", "test_fuzz.py"}

CACHE = PROJECT / ".cache"

# A user's own Ape accounts and settings neither change a test nor are changed by one. Ape reads the variable
# when it is configured, which pytest does after it has loaded this file.
os.environ.setdefault("APE_DATA_FOLDER", str(CACHE / "ape"))
# Nor does the key file that an agent's shell names.
os.environ.pop("MAKEGOOD_AGENT_KEY", None)
# Compiled contracts remember the paths of their sources, so coverage needs a cache of this checkout's own.
set_cache_dir(str(CACHE / "boa"))
# A compiled contract is hundreds of thousands of objects that last. Looked through for garbage as often as
# usual, loading one takes three times as long.
gc.set_threshold(500_000, 20, 10)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    binary = shutil.which("chromium")
    if binary is None:
        pytest.fail("needs Chromium: apt-get install chromium fonts-noto-cjk", pytrace=False)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=binary)
        yield started
        started.close()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Whose EVM, and how long a campaign is, such as ARGS='--api-cases 50000'."""
    parser.addoption(
        "--plain-evm", action="store_true", help="py-evm as it is, without tests/support/quick_evm"
    )
    parser.addoption("--api-cases", type=int, default=1_000, help="requests to the explorer's API (1000)")


def pytest_configure(config: pytest.Config) -> None:
    """The commonest instructions of py-evm are done quickly, unless left as they are."""
    if not config.getoption("plain_evm"):
        quicken()


# First, since the workers read the groups when this has run.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file whose set-up is costly on one worker."""
    for item in items:
        if item.path.name in SHARES_ITS_SET_UP or INTEGRATION in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
