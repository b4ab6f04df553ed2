# SPDX-License-Identifier: Apache-2.0
"""SECURITY.md: what it says was tried is tried, by a test of that name."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[3]
PAGE = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")
CONTRACT_TESTS = PROJECT / "tests" / "unit" / "contracts"

# A file without a folder is a contract test.
NAMED = re.compile(r"`((?:[\w-]+/)*)(test_\w+\.py)::(\w+)`")
TESTS = sorted(set(NAMED.findall(PAGE)))


def rows() -> list[list[str]]:
    """The rows of all tables, without their heads, as cells."""
    lines = [line for line in PAGE.splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] not in ("tries to", "try to") and "---" not in row[0]]


@cache
def defined(path: Path) -> frozenset[str]:
    """The names at a file's top level: functions, and classes that a state machine gives."""
    names = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return frozenset(names)


@pytest.mark.parametrize(
    ("folder", "file", "name"), TESTS, ids=[f"{file}::{name}" for _, file, name in TESTS]
)
def test_a_named_test_exists(folder: str, file: str, name: str) -> None:
    path = (PROJECT / folder if folder else CONTRACT_TESTS) / file
    assert path.is_file(), f"{path} is named, and there is no such file"
    assert name.lower().startswith("test")
    assert name in defined(path)


def test_every_row_names_a_test_and_every_test_in_full() -> None:
    assert len(rows()) >= 80
    assert [row for row in rows() if len(row) != 3] == []
    assert [row[0] for row in rows() if not NAMED.search(row[2])] == []
    # Whatever looks like a test's name was read as one.
    assert len(re.findall(r"test_\w+\.py", PAGE)) == len(NAMED.findall(PAGE))


def test_every_attack_is_on_the_page() -> None:
    files = sorted(CONTRACT_TESTS.glob("test_attacks_*.py"))
    tried = {(path.name, name) for path in files for name in defined(path) if name.startswith("test_")}
    told = {(file, name) for _, file, name in TESTS}
    # What the others' scene comes to where nobody attacks.
    assert tried - told == {("test_attacks_crossing.py", "test_calm_the_actor_gets_all_that_it_is_owed")}


def test_no_row_is_there_twice() -> None:
    tries = [tuple(row[:2]) for row in rows()]
    assert len(tries) == len(set(tries))
