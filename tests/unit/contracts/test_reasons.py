# SPDX-License-Identifier: Apache-2.0
"""Every reason with which a contract refuses is named by a test."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from makegood.artifacts import NAMES

TESTS = Path(__file__).parent
CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"

DOCSTRING = re.compile(r'"""[\s\S]*?"""')
COMMENT = re.compile(r"#.*")
REASON = re.compile(r'"([a-z_]+: [^"\n]+)"')


def _reasons(source: str) -> set[str]:
    # Raised, passed to `because` or returned: whatever code text has the form "module: fact".
    code = COMMENT.sub("", DOCSTRING.sub("", source))
    return set(REASON.findall(code))


def _sources() -> list[Path]:
    return sorted(path for path in CONTRACTS.rglob("*.vy") if path.parent.name != "mocks")


def _all_reasons() -> set[str]:
    return set().union(*(_reasons(path.read_text()) for path in _sources()))


@cache
def _literals() -> set[str]:
    # Every text of a contract test.
    found: set[str] = set()
    for path in TESTS.rglob("test_*.py"):
        if path != Path(__file__):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    found.add(node.value)
    return found


@pytest.mark.parametrize("reason", sorted(_all_reasons()))
def test_reason_is_named_by_a_test(reason: str) -> None:
    assert reason in _literals(), f'no test asserts "{reason}"'


def test_reasons_are_found_wherever_they_stand() -> None:
    source = '''
    """ "module: fact" in a docstring """
    refusal.because("desk: raised")  # "desk: comment"
    refusal.because(
        "pool: on a line of its own"
    )
    return "desk: returned", 0
    log Event(text="no reason")
    '''
    assert _reasons(source) == {"desk: raised", "pool: on a line of its own", "desk: returned"}


def test_every_contract_is_searched() -> None:
    names = {path.name for path in _sources()}
    assert {f"{name}.vy" for name in NAMES} <= names
    assert {"policies.vy", "coverages.vy", "ledger.vy", "create_address.vy"} <= names
    assert len(_all_reasons()) > 120


@pytest.mark.parametrize("reason", sorted(_all_reasons()))
def test_reason_fits_into_its_string(reason: str) -> None:
    """`refusal.because` takes 64 bytes, and "module: fact" has no capital and no full stop."""
    assert len(reason.encode()) <= 64
    assert not reason.endswith(".")
