# SPDX-License-Identifier: Apache-2.0
"""The tree of the benchmark of batches, with few tickets: as a script and as a module, from anywhere."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.batch import PEAK_LIMIT, SECONDS_LIMIT, TreeFigures

PROJECT = Path(__file__).resolve().parents[3]
TREE_ONLY = ("--without", "chain", "--without", "log", "--without", "peers")
SCRIPT, MODULE = (str(PROJECT / "benchmarks" / "batch.py"),), ("-m", "benchmarks.batch")


def run(*arguments: str, folder: Path = PROJECT) -> subprocess.CompletedProcess[str]:
    # A process of its own: it keeps itself on one core.
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


def test_script_prints_one_object(tmp_path: Path) -> None:
    done = run(*SCRIPT, "--tickets", "1000", "--json", *TREE_ONLY, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["tickets"] == 1_000
    assert found["receipts_mb"] == pytest.approx(_hashes(1_000) * 32 / 1e6)
    assert all(found[name] > 0 for name in ("leaves_seconds", "tree_seconds", "receipts_seconds", "peak_mb"))


def _hashes(leaves: int) -> int:
    """Of all paths together, by the RFC's own splits: each split adds one to each leaf's."""
    if leaves == 1:
        return 0
    left = 1 << ((leaves - 1).bit_length() - 1)
    return leaves + _hashes(left) + _hashes(leaves - left)


def test_module_prints_a_table() -> None:
    done = run(*MODULE, "--tickets", "10", *TREE_ONLY)
    assert done.returncode == 0, done.stderr
    assert "10 tickets, on one core" in done.stdout


def test_no_tickets_are_refused() -> None:
    done = run(*MODULE, "--tickets", "0")
    assert done.returncode == 2
    assert "--tickets must be 1 or more" in done.stderr


@pytest.mark.parametrize(
    ("tickets", "seconds", "peak", "within"),
    [
        (1_000_000, SECONDS_LIMIT, PEAK_LIMIT, True),
        (1_000_000, SECONDS_LIMIT + 0.1, PEAK_LIMIT, False),
        (1_000_000, SECONDS_LIMIT, PEAK_LIMIT + 1, False),
        (1_000, SECONDS_LIMIT, PEAK_LIMIT, True),
        (3_000_000, 3 * SECONDS_LIMIT, 3 * PEAK_LIMIT, True),
        (3_000_000, 3 * SECONDS_LIMIT + 0.1, 3 * PEAK_LIMIT, False),
    ],
)
def test_limits_are_for_a_million(tickets: int, seconds: float, peak: float, within: bool) -> None:
    figures = TreeFigures(tickets, 1.0, seconds - 4.0, 4.0, 640.0, peak)
    assert figures.within is within
