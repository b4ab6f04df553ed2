# SPDX-License-Identifier: Apache-2.0
"""Lays out the Foundry project of the proofs: Solidity sources, compiled Vyper, storage layout."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from plants import PLANTS, Plant

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parents[1]
CACHE = PROJECT / ".cache" / "proofs"
STAGE = CACHE / "project"
# What a Solidity suite deploys, and the prefix of its slots in Layout.sol.
SUBJECTS = {
    "PoolEther": "CompensationPool.vy",
    "Desk": "SupportDesk.vy",
    "Words": "mocks/ClockHarness.vy",
    "Merkle": "mocks/MerkleHarness.vy",
}


class StageError(Exception):
    """What could not be laid out, in one sentence."""


def stage(plants: Sequence[Plant]) -> None:
    """Lay everything out and build it, with those of the plants. What is compiled is not compiled again."""
    shutil.rmtree(STAGE / "sol", ignore_errors=True)
    shutil.copytree(HERE / "sol", STAGE / "sol")
    for name in ("foundry.toml", "solc.js", "package.json", "package-lock.json"):
        shutil.copy(HERE / name, STAGE / name)
    wrapper = STAGE / "solc"
    wrapper.write_text(f'#!/bin/sh\nexec node "{STAGE / "solc.js"}" "$@"\n', "utf-8")
    wrapper.chmod(0o755)
    (STAGE / "sol" / "Layout.sol").write_text(_layout(), "utf-8")
    (STAGE / "sol" / "Plants.sol").write_text(_planted_suites(plants), "utf-8")
    _compile_subjects(plants)
    # The wrapper's path is taken from the folder that forge starts in.
    build = ("forge", "build", "--ast", "--root", str(STAGE), "--extra-output", "storageLayout", "metadata")
    _run(*build, folder=STAGE)


def planted_suite(plant: Plant) -> str:
    """The name of the Solidity contract that deploys a wrong variant."""
    return f"{plant.suite}Plant{PLANTS.index(plant)}"


def _compile_subjects(plants: Sequence[Plant]) -> None:
    code = STAGE / "code"
    code.mkdir(exist_ok=True)
    for source in SUBJECTS.values():
        _compile(PROJECT / "contracts" / source, code / f"{Path(source).stem}.json")
    for plant in plants:
        tree = STAGE / "planted"
        shutil.rmtree(tree, ignore_errors=True)
        shutil.copytree(PROJECT / "contracts", tree / "contracts")
        _plant(tree / "contracts" / plant.source, plant)
        _compile(tree / "contracts" / SUBJECTS[plant.suite], code / f"{planted_suite(plant)}.json")


def _plant(source: Path, plant: Plant) -> None:
    text = source.read_text("utf-8")
    if text.count(plant.right) != 1:
        raise StageError(f"{plant.source} does not have once what the plant '{plant.what}' changes.")
    source.write_text(text.replace(plant.right, plant.wrong), "utf-8")


def _compile(source: Path, artifact: Path) -> None:
    digest = _digest(source)
    if artifact.is_file() and json.loads(artifact.read_text("utf-8"))["digest"] == digest:
        return
    bytecode = _run(sys.executable, "-W", "ignore", "-m", "vyper", "-f", "bytecode", str(source)).strip()
    artifact.write_text(json.dumps({"digest": digest, "bytecode": {"object": bytecode}}), "utf-8")


def _digest(source: Path) -> str:
    """Of a contract and of all sources that it can import."""
    contracts = next(folder for folder in source.parents if folder.name == "contracts")
    read = [
        source,
        *sorted((contracts / "modules").glob("*.vy")),
        *sorted((contracts / "interfaces").glob("*.vyi")),
    ]
    return sha256(b"".join(path.read_bytes() for path in read)).hexdigest()


def _layout() -> str:
    lines = ["// SPDX-License-Identifier: Apache-2.0", "pragma solidity 0.8.30;", ""]
    for prefix, source in (("POOL", "CompensationPool.vy"), ("DESK", "SupportDesk.vy")):
        text = _run(
            sys.executable, "-W", "ignore", "-m", "vyper", "-f", "layout", str(PROJECT / "contracts" / source)
        )
        for name, slot in _slots(json.loads(text)["storage_layout"]):
            lines.append(f"uint256 constant {prefix}_{name.strip('_').upper()} = {slot};")
    return "\n".join(lines) + "\n"


def _slots(layout: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Each variable and its slot; a module's are nested."""
    for name, entry in layout.items():
        if "slot" in entry:
            yield name, entry["slot"]
        else:
            yield from _slots(entry)


def _planted_suites(plants: Sequence[Plant]) -> str:
    suites = sorted({plant.suite for plant in plants})
    lines = ["// SPDX-License-Identifier: Apache-2.0", "pragma solidity 0.8.30;", ""]
    lines += [f'import {{{suite}}} from "./{suite}.sol";' for suite in suites]
    for plant in plants:
        name = planted_suite(plant)
        lines += [
            "",
            f"/// {plant.what}",
            f"contract {name} is {plant.suite} {{",
            "    function code() internal pure override returns (string memory) {",
            f'        return "{name}";',
            "    }",
            "}",
        ]
    return "\n".join(lines) + "\n"


def _run(*command: str, folder: Path = PROJECT) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        raise StageError(f"{' '.join(command[:3])} fails:\n{(done.stdout + done.stderr).strip()}")
    return done.stdout
