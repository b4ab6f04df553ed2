# SPDX-License-Identifier: Apache-2.0
"""The mutants: what is made of a source, what is dropped, what is killed, and what the page says of it."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from vyper.compiler import compile_from_file_input

from checks.mutants import table
from checks.mutants.compiling import DoesNotCompile, MutatedBundle, compiled, mutated_files, sources_of
from checks.mutants.generation import CONTRACTS, PROJECT, Mutant, mutants_of
from checks.mutants.normal import one_statement_a_line
from checks.mutants.reach import Reached, Targets, nearest

SOURCE = '''\
# pragma version 0.4.3
"""
@notice Never 1 < 2 in a docstring.
"""
LIMIT: constant(uint256) = 2**8 - 1
TYPE: constant(bytes32) = keccak256("Pay(uint256 1 < 2)")

total: uint256


@external
@nonreentrant
def pay(amount: uint256, again: bool) -> bool:
    """
    @notice Says 1 < 2.
    """
    # Or here 1 < 2.
    if amount > LIMIT:
        refusal.because("pool: 1 < 2")
    log Paid(
        amount=amount,
        again=again,
    )
    if again and amount != 0:
        self.total += amount
    return True
'''


@pytest.fixture(scope="module")
def everything() -> list[Mutant]:
    """All mutants that are tried."""
    return [mutant for file in mutated_files() for mutant in mutants_of(CONTRACTS / file)]


@pytest.fixture
def sample(tmp_path: Path) -> list[Mutant]:
    """The mutants of the source above."""
    (tmp_path / "Sample.vy").write_text(SOURCE)
    return mutants_of(tmp_path / "Sample.vy", tmp_path)


# ---------------------------------------------------------------- what is made


def test_a_statement_stands_on_the_line_it_begins_on() -> None:
    lines = one_statement_a_line(SOURCE)
    assert len(lines) == len(SOURCE.splitlines())
    shown = {number: line.rstrip() for number, line in enumerate(lines, 1) if line.strip()}
    assert shown == {
        1: "# pragma version 0.4.3",
        5: "LIMIT: constant(uint256) = 2**8 - 1",
        6: 'TYPE: constant(bytes32) = keccak256("Pay(uint256 1 < 2)")',
        8: "total: uint256",
        11: "@external",
        12: "@nonreentrant",
        13: "def pay(amount: uint256, again: bool) -> bool:",
        18: "    if amount > LIMIT:",
        19: '        refusal.because("pool: 1 < 2")',
        20: "    log Paid(amount=amount, again=again)",
        24: "    if again and amount != 0:",
        25: "        self.total += amount",
        26: "    return True",
    }


def test_each_mutant_changes_one_statement_of_code(sample: list[Mutant]) -> None:
    made = {(mutant.line, mutant.operator, mutant.after.strip()) for mutant in sample}
    assert made >= {
        (5, "constant", "LIMIT: constant(uint256) = 2**(8 + 1) - 1"),
        (5, "constant", "LIMIT: constant(uint256) = 2**(8 - 1) - 1"),
        (12, "decorator", ""),
        (18, "relation", "if amount >= LIMIT:"),
        (18, "logic", "if False:"),
        (20, "statement", "pass"),
        (24, "logic", "if again or amount != 0:"),
        (24, "relation", "if again and amount == 0:"),
        (24, "logic", "if True:"),
        (25, "statement", "pass"),
        (25, "arithmetic", "self.total -= amount"),
        (26, "logic", "return False"),
    }
    assert {line for line, _, _ in made} == {5, 12, 18, 20, 24, 25, 26}


def test_a_refusal_is_taken_away_and_not_made_for_everybody(sample: list[Mutant]) -> None:
    conditions = {mutant.after.strip() for mutant in sample if mutant.line == 18}
    assert conditions == {"if amount >= LIMIT:", "if False:"}


def test_a_mutant_keeps_its_name_where_lines_move(tmp_path: Path, sample: list[Mutant]) -> None:
    (tmp_path / "Sample.vy").write_text(SOURCE.replace("total: uint256\n", "\ntotal: uint256\n"))
    moved = mutants_of(tmp_path / "Sample.vy", tmp_path)
    assert [mutant.id for mutant in moved] == [mutant.id for mutant in sample]
    assert moved[-1].line == sample[-1].line + 1


def test_every_contract_and_every_module_of_one_is_mutated() -> None:
    contracts = {path.relative_to(CONTRACTS).as_posix() for path in CONTRACTS.glob("*.vy")}
    modules = {path.relative_to(CONTRACTS).as_posix() for path in CONTRACTS.glob("modules/*.vy")}
    assert set(mutated_files()) == contracts | modules
    assert "modules/create_address.vy" in sources_of("DeskFactory")


def test_mutants_have_names_of_their_own(everything: list[Mutant]) -> None:
    assert len({mutant.id for mutant in everything}) == len(everything) > 1_500


# ---------------------------------------------------------------- what is compiled


@pytest.mark.parametrize("name", ["DeskFactory", "PolicyRules"])
def test_the_code_is_the_compilers_own(name: str) -> None:
    bundle = MutatedBundle(None)
    formats = ["bytecode", "bytecode_runtime"]
    made = compile_from_file_input(
        bundle.load_file(CONTRACTS / f"{name}.vy"),
        input_bundle=bundle,
        output_formats=formats,
        no_bytecode_metadata=True,
    )
    ours = compiled(name)
    assert [f"0x{code.hex()}" for code in (ours.bytecode, ours.bytecode_runtime)] == [
        made[one] for one in formats
    ]


def test_one_statement_a_line_compiles_to_the_same_code(everything: list[Mutant]) -> None:
    mutant = next(mutant for mutant in everything if mutant.function == "_check_money")
    unchanged = replace(mutant, after=mutant.before)
    original = compiled("PolicyRules").bytecode
    assert compiled("PolicyRules", unchanged).bytecode == original
    assert compiled("PolicyRules", mutant).bytecode != original


def test_what_the_compiler_refuses_is_said(everything: list[Mutant]) -> None:
    mutant = next(mutant for mutant in everything if mutant.file == "PolicyRules.vy" and mutant.line > 40)
    with pytest.raises(DoesNotCompile):
        compiled("PolicyRules", replace(mutant, after="    no_such_thing"))


# ---------------------------------------------------------------- what is killed

TESTS = "tests/unit/contracts/test_policy_rules.py"
LONGEST_CHALLENGE = "MAX_CHALLENGE_WINDOW: constant(uint256) = "
# Of the policy rules: the change, and what becomes of it. Two of them are the same to a chain.
FIXED = {
    (f"{LONGEST_CHALLENGE}7 * 86_400", f"{LONGEST_CHALLENGE}(7 * 86_400) - 1"),
    (
        "if policy.challenge_window > MAX_CHALLENGE_WINDOW:",
        "if policy.challenge_window >= MAX_CHALLENGE_WINDOW:",
    ),
    ("p.challenge_window = t.challenge_window", "pass"),
}


def test_fixed_mutants_are_made_compiled_and_killed(everything: list[Mutant]) -> None:
    chosen = [
        mutant.id
        for mutant in everything
        if mutant.file == "PolicyRules.vy" and (mutant.before.strip(), mutant.after.strip()) in FIXED
    ]
    assert len(chosen) == len(FIXED)
    done = subprocess.run(
        [sys.executable, "-m", "checks.mutants", "--jobs", "1", "--tests", TESTS, "--mutant", *chosen],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    verdicts = re.findall(r" s  (\w+) +([0-9a-f]{12})", done.stderr)
    assert sorted(verdict for verdict, _ in verdicts) == ["duplicate", "killed", "killed"], done.stderr
    assert {mutant for _, mutant in verdicts} == set(chosen)


def test_a_file_that_is_not_mutated_is_named() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "checks.mutants", "--only", "mocks/PlainToken.vy"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "no source that is mutated: mocks/PlainToken.vy" in done.stderr


def test_tests_that_run_a_line_come_first(everything: list[Mutant]) -> None:
    mutant = next(mutant for mutant in everything if mutant.function == "_check_money")
    function = Targets(mutant).functions
    line = {mutant.file: 1 << mutant.line}
    reached = {
        "test_views.py::test_elsewhere": Reached(0.1, {}, {mutant.file: 1}),
        "test_views.py::test_function": Reached(0.1, {}, function),
        "test_views.py::test_prepares": Reached(0.1, line, {}),
        "test_views.py::test_slow": Reached(9.0, {}, line),
        "test_views.py::test_quick": Reached(0.1, {}, line),
        "test_policy_rules.py::test_money_is_checked": Reached(5.0, {}, line),
    }
    order = [name.partition("::test_")[2] for name in nearest(mutant, reached, ["test_views.py::test_slow"])]
    assert order == ["slow", "money_is_checked", "function", "quick", "prepares"]


# ---------------------------------------------------------------- the page


def test_the_page_is_of_these_contracts(everything: list[Mutant]) -> None:
    found = table.DIGEST.search(table.TABLE.read_text("utf-8"))
    assert found, "docs/mutants.md has no digest; run `make mutants`"
    assert found[1] == table.digest_of(everything), (
        "docs/mutants.md is of other contracts; run `make mutants`"
    )


def test_reasons_are_of_mutants_that_there_are(everything: list[Mutant]) -> None:
    assert set(table.justified()) <= {mutant.id for mutant in everything}


def test_the_change_of_a_mutant_is_shown_with_what_stands_around_it() -> None:
    before = "    if self.amount_of(requester) < limit_of_all_tickets:"
    mutant = Mutant("0", "A.vy", 1, "f", "relation", before, before.replace("<", "<="))
    assert table.change(mutant) == (
        "…f.amount_of(requester) < limit_of_all_tickets:",
        "…f.amount_of(requester) <= limit_of_all_tickets:",
    )
    assert table.change(replace(mutant, before="@payable", after="")) == ("@payable", "nothing")
