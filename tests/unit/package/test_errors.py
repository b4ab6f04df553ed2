# SPDX-License-Identifier: Apache-2.0
"""The exception tree: exit codes and what a reader sees."""

import ast
import builtins
import pickle
from pathlib import Path

import pytest

from makegood import errors


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        (errors.MakegoodError, 1),
        (errors.NodeUnreachable, 1),
        (errors.ProcessFailed, 1),
        (errors.EventRefused, 1),
        (errors.MalformedWord, 1),
        (errors.MalformedEntry, 1),
        (errors.UsageError, 2),
        (errors.PolicyError, 2),
        (errors.LogError, 2),
        (errors.DocumentError, 2),
        (errors.NotSealedForYou, 2),
        (errors.BundleTooLarge, 2),
        (errors.NotFound, 3),
        (errors.LeavesMissing, 3),
        (errors.SignatureRefused, 4),
        (errors.ChainRevert, 5),
        (errors.VerificationFailed, 6),
        (errors.LeavesDamaged, 6),
        (errors.LeavesOfAnotherRoot, 6),
        (errors.BundleDamaged, 6),
    ],
)
def test_error_has_the_exit_code_of_its_class(error: type[errors.MakegoodError], exit_code: int) -> None:
    assert error("It failed.").exit_code == exit_code


def test_every_error_is_in_the_one_tree() -> None:
    classes = [each for each in vars(errors).values() if isinstance(each, type) and _is_error(each)]
    assert len(classes) > 10
    assert all(issubclass(each, errors.MakegoodError) for each in classes)


def test_no_other_module_has_errors_of_its_own() -> None:
    folder = Path(errors.__file__).parent
    bases = {name for name, each in vars(errors).items() if isinstance(each, type)}
    bases |= {name for name, each in vars(builtins).items() if _is_error(each)}
    others = [
        f"{path.relative_to(folder)}: {node.name}"
        for path in sorted(folder.rglob("*.py"))
        if path.name != "errors.py"
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ClassDef)
        if {ast.unparse(base).rpartition(".")[2] for base in node.bases} & bases
    ]
    assert others == []


def _is_error(each: object) -> bool:
    return isinstance(each, type) and issubclass(each, BaseException)


def test_text_is_the_message_without_a_hint() -> None:
    assert str(errors.MakegoodError("The ticket is unknown.")) == "The ticket is unknown."


def test_text_ends_with_the_remedy() -> None:
    error = errors.UsageError("The priority is unknown.", hint="Use urgent, high, normal or low.")
    assert str(error) == "The priority is unknown. Use urgent, high, normal or low."


def test_file_error_names_file_and_line_first() -> None:
    error = errors.LogError("The time is no time.", hint="Write UTC.", line=7, source="log.csv")
    assert str(error) == "log.csv, line 7: The time is no time. Write UTC."


def test_file_error_without_a_file_names_the_line() -> None:
    assert str(errors.PolicyError("It is empty.", line=1)) == "line 1: It is empty."


def test_file_error_without_a_place_is_the_message() -> None:
    assert str(errors.PolicyError("It is empty.")) == "It is empty."


def test_chain_revert_carries_the_reason_of_the_contract() -> None:
    error = errors.ChainRevert("The desk refused.", reason="desk: ticket unknown")
    assert error.reason == "desk: ticket unknown"


def test_error_survives_another_process() -> None:
    error = errors.DocumentError("It is empty.", hint="Fill it.", line=3, source="a.json", place="$.a")
    copy = pickle.loads(pickle.dumps(error))  # noqa: S301
    assert (str(copy), copy.place, copy.hint) == (str(error), "$.a", "Fill it.")
