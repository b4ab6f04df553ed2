# SPDX-License-Identifier: Apache-2.0
"""The coverage gate sees what was not run, however a contract came to be deployed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boa
import pytest
from boa.util.disk_cache import DiskCache

from checks import contract_coverage
from checks.contract_coverage import Recorder, shortfalls

PROJECT = Path(__file__).resolve().parents[3]

SAMPLE = """
from .modules import sample_rules

total: public(uint256)
LIMIT: immutable(uint256)

@deploy
def __init__(limit: uint256):
    if limit == 0:
        raise "sample: limit is zero"
    LIMIT = limit

@external
def limit() -> uint256:
    return LIMIT

@external
def add(amount: uint256, twice: bool):
    if amount == 0 or amount == 7 or amount == 8:
        return
    if twice:
        self.total += amount
    self.total += sample_rules.capped(amount)
"""

RULES = """
@internal
@pure
def capped(amount: uint256) -> uint256:
    for step: uint256 in range(3):
        if step == amount:
            break
    return 9 if amount > 9 else amount
"""

UNUSED = """

@internal
@pure
def unused() -> uint256:
    return 1
"""

FACTORY = """
@external
def create(blueprint: address, limit: uint256) -> address:
    return create_from_blueprint(blueprint, limit)
"""

PROXIES = """
@external
def create(implementation: address) -> address:
    return create_minimal_proxy_to(implementation)
"""

ALL_CALLS = ((1, True), (4, False), (10, False), (0, False), (7, False), (8, False))


class Sample:
    """A project with one contract and one module, and a recorder of what is run of them."""

    def __init__(self, root: Path, rules: str = RULES) -> None:
        (root / "contracts" / "modules").mkdir(parents=True)
        (root / "contracts" / "Sample.vy").write_text(SAMPLE, "utf-8")
        (root / "contracts" / "modules" / "sample_rules.vy").write_text(rules, "utf-8")
        self.deployer = boa.load_partial(str(root / "contracts" / "Sample.vy"))
        self.recorder = Recorder()
        self.recorder.add(self.deployer.compiler_data)

    def deploy(self, limit: int) -> Any:
        """A sample; what its constructor did is recorded."""
        sample = self.deployer.deploy(limit)
        self.recorder.record(sample._computation)
        return sample

    def refuse(self) -> None:
        """A constructor that reverts."""
        code = self.deployer.compiler_data.bytecode + (0).to_bytes(32, "big")
        _, computation = boa.env.deploy(bytecode=code)
        assert computation.is_error
        self.recorder.record(computation)

    def call(self, sample: Any, function: str, *arguments: Any) -> None:
        """A recorded call."""
        getattr(sample, function)(*arguments)
        self.recorder.record(sample._computation)

    def left(self) -> list[str]:
        """What nothing ran."""
        return shortfalls(self.recorder.measure())


@pytest.fixture(autouse=True)
def _project_is_the_sample(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setattr("boa.interpret._disk_cache", DiskCache(tmp_path / "cache", "sample"))
    monkeypatch.setattr(contract_coverage, "PROJECT", tmp_path)
    yield
    contract_coverage.measured_path.cache_clear()


def test_nothing_is_left_where_every_line_and_branch_was_taken(tmp_path: Path) -> None:
    project = Sample(tmp_path)
    sample = project.deploy(5)
    project.refuse()
    project.call(sample, "limit")
    for arguments in ALL_CALLS:
        project.call(sample, "add", *arguments)
    assert project.left() == []


@pytest.mark.parametrize(
    ("skipped", "left"),
    [
        ((1, True), ["contracts/Sample.vy:21: column 5: never true", "contracts/Sample.vy:22: not run"]),
        ((10, False), ["contracts/modules/sample_rules.vy:8: column 12: never true"]),
        ((0, False), ["contracts/Sample.vy:19: column 8: never operand 1 is true"]),
        ((7, False), ["contracts/Sample.vy:19: column 8: never operand 2 is true"]),
    ],
)
def test_a_way_not_taken_is_named(tmp_path: Path, skipped: tuple[int, bool], left: list[str]) -> None:
    project = Sample(tmp_path)
    sample = project.deploy(5)
    project.refuse()
    project.call(sample, "limit")
    for arguments in ALL_CALLS:
        if arguments != skipped:
            project.call(sample, "add", *arguments)
    # Where the call with 1 is left out, no step of the loop equals the amount either.
    assert [
        one for one in project.left() if "sample_rules.vy:6" not in one and "sample_rules.vy:7" not in one
    ] == left


def test_the_branch_past_an_if_counts(tmp_path: Path) -> None:
    project = Sample(tmp_path)
    sample = project.deploy(5)
    project.call(sample, "add", 1, True)
    assert "contracts/Sample.vy:21: column 5: never false" in project.left()


def test_a_getter_that_nothing_calls_is_left(tmp_path: Path) -> None:
    project = Sample(tmp_path)
    project.deploy(5)
    assert "contracts/Sample.vy:14: not run" in project.left()


def test_a_function_that_no_contract_contains_is_left(tmp_path: Path) -> None:
    project = Sample(tmp_path, RULES + UNUSED)
    project.deploy(5)
    assert "contracts/modules/sample_rules.vy:13: not run" in project.left()


def test_a_contract_from_a_blueprint_is_measured_with_its_constructor(tmp_path: Path) -> None:
    project = Sample(tmp_path)
    factory = boa.loads(FACTORY)
    factory.create(project.deployer.deploy_as_blueprint().address, 5)
    project.recorder.record(factory._computation)
    assert not {line for line in project.left() if line.startswith("contracts/Sample.vy:11:")}


def test_calls_through_a_proxy_are_the_implementations(tmp_path: Path) -> None:
    project = Sample(tmp_path)
    implementation = project.deploy(5)
    project.refuse()
    proxy = project.deployer.at(boa.loads(PROXIES).create(implementation.address))
    project.call(proxy, "limit")
    for arguments in ALL_CALLS:
        project.call(proxy, "add", *arguments)
    assert project.left() == []


def test_a_run_that_leaves_lines_over_fails() -> None:
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "checks.contract_coverage",
            "tests/unit/package/test_errors.py",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == pytest.ExitCode.TESTS_FAILED
    assert "contracts/SupportDesk.vy:" in run.stdout
