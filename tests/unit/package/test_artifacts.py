# SPDX-License-Identifier: Apache-2.0
"""The build: what is in it, and when it is refused. Sources are compiled here too, once."""

import json
import shutil
from pathlib import Path

import pytest

from makegood import artifacts
from makegood.errors import MakegoodError, NotFound

DIRECTORY = "AgentDirectory"
# EIP-170, and what a blueprint (EIP-5202: three bytes, then the initcode) leaves of it.
RUNTIME_MAX = 24_576
INITCODE_MAX = 24_573


@pytest.fixture(scope="module")
def checkout(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the sources that a test may change."""
    copy = tmp_path_factory.mktemp("checkout")
    shutil.copytree(project / "contracts", copy / "contracts")
    return copy


@pytest.fixture(scope="module")
def built(checkout: Path) -> Path:
    """A folder with what the sources give."""
    folder = checkout / "artifacts"
    artifacts.build(folder, checkout)
    return folder


def test_every_deployable_is_in_the_build(built: Path) -> None:
    assert sorted(path.stem for path in built.iterdir()) == sorted(artifacts.NAMES)


@pytest.mark.parametrize("name", artifacts.NAMES)
def test_code_and_blueprint_fit_the_limits_of_a_chain(built: Path, name: str) -> None:
    artifact = artifacts.load(name, built)
    assert 0 < artifact.runtime_size <= RUNTIME_MAX
    assert artifact.runtime_size < artifact.initcode_size == len(artifact.bytecode) <= INITCODE_MAX


@pytest.mark.parametrize("name", artifacts.NAMES)
def test_the_blueprint_leaves_eip5202_code_with_the_initcode(built: Path, name: str) -> None:
    # The preamble makes all that follows it the code: PUSH2 length, RETURNDATASIZE, DUP2, PUSH1 10, ...
    artifact = artifacts.load(name, built)
    code = bytes.fromhex("fe7100") + artifact.bytecode
    assert artifact.blueprint[10:] == code
    assert int.from_bytes(artifact.blueprint[1:3], "big") == len(code)


def test_the_same_sources_give_the_same_build(built: Path, checkout: Path) -> None:
    assert artifacts.stale(built, checkout, [DIRECTORY]) == ()


def test_a_changed_source_makes_the_build_stale(built: Path, checkout: Path, tmp_path: Path) -> None:
    shutil.copytree(checkout / "contracts", tmp_path / "contracts")
    source = tmp_path / "contracts" / f"{DIRECTORY}.vy"
    source.write_text(source.read_text().replace("directory: agent revoked", "directory: agent expelled"))
    assert artifacts.stale(built, tmp_path, [DIRECTORY]) == (DIRECTORY,)


def test_an_artifact_that_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"AgentDirectory is not compiled\. Run `make build`\."):
        artifacts.load(DIRECTORY, tmp_path)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"name": 1', '{"name": "AgentDirectory", "abi": 3}'])
def test_an_artifact_that_cannot_be_read_says_how_to_make_it(tmp_path: Path, text: str) -> None:
    (tmp_path / f"{DIRECTORY}.json").write_text(text)
    with pytest.raises(NotFound, match=r"cannot be read.*Run `make build`"):
        artifacts.load(DIRECTORY, tmp_path)


def test_sources_that_do_not_compile_leave_the_build_as_it_is(
    built: Path, checkout: Path, tmp_path: Path
) -> None:
    shutil.copytree(checkout, tmp_path / "copy")
    (tmp_path / "copy/contracts/DeskFactory.vy").write_text("# pragma version 0.4.3\nno contract\n")
    before = {path.name: path.read_bytes() for path in built.iterdir()}
    with pytest.raises(MakegoodError, match=r"Vyper refuses .*DeskFactory\.vy"):
        artifacts.build(tmp_path / "copy/artifacts", tmp_path / "copy", [DIRECTORY, "DeskFactory"])
    assert {path.name: path.read_bytes() for path in (tmp_path / "copy/artifacts").iterdir()} == before


def test_a_place_without_sources_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="in a checkout"):
        artifacts.build(tmp_path / "artifacts", tmp_path)


def test_an_edited_artifact_is_stale(built: Path, checkout: Path, tmp_path: Path) -> None:
    edited = tmp_path / "artifacts"
    shutil.copytree(built, edited)
    fields = json.loads((edited / f"{DIRECTORY}.json").read_text())
    fields["abi"] = fields["abi"][1:]
    (edited / f"{DIRECTORY}.json").write_text(json.dumps(fields))
    assert artifacts.stale(edited, checkout, [DIRECTORY]) == (DIRECTORY,)


def test_the_checkout_has_a_current_build(built: Path, project: Path) -> None:
    # `make check` runs `python -m makegood.artifacts --check`, which compiles all of them once more.
    folders = (built, project / "makegood" / "artifacts")
    given, there = ({path.name: path.read_bytes() for path in folder.iterdir()} for folder in folders)
    assert there == given
