# SPDX-License-Identifier: Apache-2.0
"""The build: what the compiler made of the deployable contracts. The only source of ABIs in the package.

`python -m makegood.artifacts` compiles, `--check` says whether what is there is what the sources give.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError, NotFound

NAMES = (
    "SupportDesk",
    "CompensationPool",
    "ArbiterPanel",
    "BatchLane",
    "AgentDirectory",
    "PolicyRules",
    "DeskFactory",
)

_FOLDER = Path(__file__).with_name("artifacts")
_PROJECT = Path(__file__).resolve().parents[1]
_FORMATS = ("abi", "bytecode", "bytecode_runtime", "blueprint_bytecode", "layout", "integrity")
# Vyper's CLI sets ERC-5202's preamble and version byte in front of the initcode.
_BLUEPRINT_MARK = bytes.fromhex("fe7100")


@dataclass(frozen=True)
class Artifact:
    """One compiled contract.

    `bytecode` is the initcode without constructor arguments; `blueprint` is the transaction data that deploys
    its EIP-5202 blueprint. `runtime_size` is of the deployed code with its immutables, `initcode_size` of
    `bytecode`, both in bytes. `integrity` is the compiler's digest over all sources and settings.
    """

    name: str
    abi: tuple[Mapping[str, Any], ...]
    bytecode: bytes
    blueprint: bytes
    runtime_size: int
    initcode_size: int
    compiler: str
    integrity: str


def load(name: str, folder: Path = _FOLDER) -> Artifact:
    """The artifact of the contract `name`, one of `NAMES`.

    Raises NotFound where it was not built or cannot be read.
    """
    path = folder / f"{name}.json"
    try:
        fields = json.loads(path.read_text("utf-8"))
        return Artifact(
            name=fields["name"],
            abi=tuple(fields["abi"]),
            bytecode=bytes.fromhex(fields["bytecode"][2:]),
            blueprint=bytes.fromhex(fields["blueprint"][2:]),
            runtime_size=fields["runtime_size"],
            initcode_size=fields["initcode_size"],
            compiler=fields["compiler"],
            integrity=fields["integrity"],
        )
    except FileNotFoundError:
        raise NotFound(f"The contract {name} is not compiled.", hint="Run `make build`.") from None
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise NotFound(
            f"The compiled contract {path} cannot be read: {error}.", hint="Run `make build`."
        ) from error


def compile_contract(name: str, project: Path = _PROJECT) -> dict[str, Any]:
    """What the artifact of `name` is by the sources in `project`/contracts, ready for JSON.

    Raises NotFound without sources, and MakegoodError with the compiler's own words where it refuses them.
    """
    source = project / "contracts" / f"{name}.vy"
    if not source.is_file():
        raise NotFound(f"There is no {source}.", hint="Contracts are compiled in a checkout of the project.")
    outputs = dict(zip(_FORMATS, _vyper(project, "-f", ",".join(_FORMATS), str(source)), strict=True))
    bytecode, blueprint = outputs["bytecode"], outputs["blueprint_bytecode"]
    if _BLUEPRINT_MARK.hex() + bytecode[2:] not in blueprint:
        raise MakegoodError(f"The compiler's blueprint of {name} is not an EIP-5202 one.")
    immutables = json.loads(outputs["layout"]).get("code_layout", {})
    return {
        "name": name,
        "compiler": _vyper(project, "--version")[0],
        "integrity": outputs["integrity"],
        "runtime_size": _size(outputs["bytecode_runtime"]) + _immutables_size(immutables),
        "initcode_size": _size(bytecode),
        "abi": json.loads(outputs["abi"]),
        "bytecode": bytecode,
        "blueprint": blueprint,
    }


def build(folder: Path = _FOLDER, project: Path = _PROJECT, names: Sequence[str] = NAMES) -> tuple[Path, ...]:
    """Compile the deployables into `folder`, all or none; returns the files."""
    texts = {folder / f"{name}.json": _text(compile_contract(name, project)) for name in names}
    folder.mkdir(exist_ok=True)
    for path, text in texts.items():
        path.write_text(text, "utf-8")
    return tuple(texts)


def stale(folder: Path = _FOLDER, project: Path = _PROJECT, names: Sequence[str] = NAMES) -> tuple[str, ...]:
    """The names whose artifact is absent or not what the sources give."""
    return tuple(
        name for name in names if _current(folder / f"{name}.json") != _text(compile_contract(name, project))
    )


def _current(path: Path) -> str | None:
    return path.read_text("utf-8") if path.is_file() else None


def _text(fields: Mapping[str, Any]) -> str:
    return json.dumps(fields, indent=1) + "\n"


def _size(code: str) -> int:
    return (len(code) - 2) // 2


def _immutables_size(layout: Mapping[str, Any]) -> int:
    """Bytes that the constructor appends to the runtime code; modules' immutables are nested by module."""
    if "offset" in layout and "length" in layout:
        return int(layout["length"])
    return sum(_immutables_size(field) for field in layout.values())


def _vyper(project: Path, *arguments: str) -> list[str]:
    # The environment's own compiler: `vyper` on PATH may be another one.
    command = [sys.executable, "-W", "ignore", "-m", "vyper", *arguments]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MakegoodError(f"Vyper refuses {arguments[-1]}.", hint=done.stderr.strip())
    return done.stdout.strip().splitlines()


def main(arguments: Sequence[str] | None = None) -> int:
    """Build, or with `--check` compare; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m makegood.artifacts", description=__doc__)
    parser.add_argument("--check", action="store_true", help="compile and compare; write nothing")
    check = parser.parse_args(arguments).check
    try:
        if check:
            old = stale()
            for name in old:
                print(
                    f"{name}.json is not what the contracts give. Run `make build`.",
                    file=sys.stderr,
                )
            return 1 if old else 0
        for path in build():
            print(f"compiled {path.stem}", file=sys.stderr)
        return 0
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
