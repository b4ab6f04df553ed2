# SPDX-License-Identifier: Apache-2.0
"""`makegood doctor`: Python, PATH and versions, which need no settings."""

from __future__ import annotations

import sys
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest

from makegood.doctor import Finding, State
from makegood.doctor import machine as machine_module
from makegood.doctor.machine import PYTHONS, machine


def found(check: str) -> list[Finding]:
    return [each for each in machine() if each.check == check]


def program(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{text}\n", "utf-8")
    path.chmod(0o755)
    return path


def test_pythons_are_those_of_the_package(project: Path) -> None:
    wanted = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    (major, first), (_, last) = PYTHONS[0], PYTHONS[-1]
    assert wanted == f">={major}.{first},<{major}.{last + 1}"


@pytest.mark.parametrize(
    ("python", "state"), [((3, 10, 9), State.WRONG), ((3, 12, 1), State.OK), ((3, 13, 0), State.WRONG)]
)
def test_a_python_that_was_never_tried_is_told(
    python: tuple[int, int, int], state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "version_info", python)
    (told,) = found("python")
    assert told.state is state
    assert ("3.11 or 3.12" in told.do) == (state is State.WRONG)


def test_a_makegood_that_is_not_on_path_or_another_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = program(tmp_path / "own", "makegood", "")
    monkeypatch.setattr(sys, "executable", str(tmp_path / "own" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    (told,) = found("path")
    assert (told.state, told.says) == (State.WARN, "there is no makegood on PATH")
    assert told.do == f'export PATH="{tmp_path / "own"}:$PATH"'
    other = program(tmp_path / "other", "makegood", "")
    monkeypatch.setenv("PATH", f"{other.parent}:{own.parent}")
    assert found("path")[0].says == f"makegood on PATH is another one, {other}"
    monkeypatch.setenv("PATH", f"{own.parent}:{other.parent}")
    assert found("path") == [Finding("path", State.OK, str(own))]


def test_requirements_that_are_not_met_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    click = version("click")
    for required, expected in (
        ([f"click=={click}"], [(State.OK, f"makegood {version('makegood')}, and what it was tried with")]),
        (["click==0.1", "web3>=1"], [(State.WARN, f"click {click} instead of 0.1")]),
        (["nothing-of-this-name==1.0"], [(State.WRONG, "not installed: nothing-of-this-name")]),
        (
            ['nothing-of-this-name==1.0 ; extra == "dev"', f"click=={click}"],
            [(State.OK, f"makegood {version('makegood')}, and what it was tried with")],
        ),
        (
            ["nothing-of-this-name==1.0", 'click[all]==0.1 ; extra == "ape"', 'click==0.1 ; extra == "dev"'],
            [
                (State.WRONG, "not installed: nothing-of-this-name"),
                (State.WARN, f"click {click} instead of 0.1"),
            ],
        ),
    ):
        monkeypatch.setattr(machine_module, "requires", lambda _, required=required: required)
        assert [(each.state, each.says) for each in found("versions")] == expected


def test_an_anvil_is_told_only_where_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert found("anvil") == []
    program(tmp_path / "bin", "anvil", "echo 'anvil Version: 1.7.1'; echo more")
    assert found("anvil") == [Finding("anvil", State.OK, "1.7.1")]
    program(tmp_path / "bin", "anvil", r"printf '\\377'")
    assert found("anvil")[0].state is State.OK
    program(tmp_path / "bin", "anvil", "exit 0")
    assert found("anvil") == [Finding("anvil", State.OK, str(tmp_path / "bin" / "anvil"))]
    program(tmp_path / "bin", "anvil", "exit 3")
    assert found("anvil")[0].state is State.WARN
