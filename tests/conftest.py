# SPDX-License-Identifier: Apache-2.0
"""Settings of every test run."""

import os
from pathlib import Path

import pytest
from boa.interpret import set_cache_dir

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


def pytest_addoption(parser: pytest.Parser) -> None:
    """How long a campaign is, such as ARGS='tests/unit/package/test_explorer_schema.py --api-cases 50000'."""
    parser.addoption("--api-cases", type=int, default=1_000, help="requests to the explorer's API (1000)")


# First, since the workers read the groups when this has run.
@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the tests of a file whose set-up is costly on one worker."""
    for item in items:
        if item.path.name in SHARES_ITS_SET_UP or INTEGRATION in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
