# SPDX-License-Identifier: Apache-2.0
"""What the compiler made of the contracts, as texts: ABI, storage layout, sizes, hashes of the bytecode.

All but the layout is read from the build. The compiler is asked for the layouts, and whether the build is of
these sources; for neither does it generate code.
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from eth_utils.crypto import keccak

from checks.code_size import MAX_INITCODE, MAX_RUNTIME
from makegood.artifacts import NAMES, Artifact, load
from makegood.errors import MakegoodError

PROJECT = Path(__file__).resolve().parents[2]

_PLACES = {  # of a layout's sections: what is shown, and how its fields say where they are and how long
    "storage_layout": ("storage, in words", "slot", "n_slots"),
    "transient_storage_layout": ("transient storage, in words", "slot", "n_slots"),
    "code_layout": ("immutables, in bytes", "offset", "length"),
}


class Field(NamedTuple):
    """A variable of a contract or of a module of it."""

    at: int
    length: int
    type: str
    name: str


@cache
def artifacts() -> Mapping[str, Artifact]:
    """The build. Raises MakegoodError where it is not of these sources."""
    found = {name: load(name) for name in NAMES}
    old = [name for name, each in found.items() if each.integrity != _compiled()[name]["integrity"]]
    if old:
        raise MakegoodError(f"{', '.join(old)}: the build is of other sources.", hint="Run `make build`.")
    return found


def abi() -> dict[str, str]:
    """A line for the constructor, each function and each event of a contract, in the order of its sources."""
    return {name: _lines(map(_declared, each.abi)) for name, each in artifacts().items()}


def storage() -> dict[str, str]:
    """Where each variable of a contract is, and how long."""
    return {name: _lines(_layout(name)) for name in artifacts()}


def sizes() -> dict[str, str]:
    """Bytes of each code of a contract, and how many more a chain takes."""
    return {name: _lines(_sizes(each)) for name, each in artifacts().items()}


def bytecode() -> dict[str, str]:
    """Keccak-256 of each code of a contract; the metadata has a digest of sources and settings."""
    return {name: _lines(_hashes(each)) for name, each in artifacts().items()}


# ---------------------------------------------------------------- ABI


def _declared(entry: Mapping[str, Any]) -> str:
    kind, inputs = entry["type"], _fields(entry["inputs"])
    if kind == "event":
        return f"event {entry['name']}({inputs})" + (" anonymous" if entry["anonymous"] else "")
    outputs = f" -> ({_fields(entry['outputs'])})" if entry["outputs"] else ""
    named = kind if kind == "constructor" else f"{kind} {entry['name']}"
    return f"{named}({inputs}) {entry['stateMutability']}{outputs}"


def _fields(fields: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(_field(each) for each in fields)


def _field(field: Mapping[str, Any]) -> str:
    kind = field["type"]
    if kind.startswith("tuple"):
        kind = f"({_fields(field['components'])}){kind.removeprefix('tuple')}"
    return " ".join(filter(None, (kind, "indexed" if field.get("indexed") else "", field["name"])))


# ---------------------------------------------------------------- layout


def _layout(name: str) -> Iterator[str]:
    layout = _compiled()[name]["layout"]
    if unknown := layout.keys() - _PLACES.keys():
        raise MakegoodError(f"The compiler's layout of {name} has other sections: {', '.join(unknown)}.")
    for section, (title, place, length) in _PLACES.items():
        yield title
        fields = sorted(_variables(layout.get(section, {}), place, length))
        yield from (f"{each.at:6} {each.length:4}  {each.name}: {each.type}" for each in fields)
        if not fields:
            yield "  none"


def _variables(section: Mapping[str, Any], place: str, length: str, within: str = "") -> Iterator[Field]:
    # A module's variables are nested under its name.
    for name, field in section.items():
        if isinstance(field.get(place), int):
            yield Field(field[place], field[length], field["type"], within + name)
        else:
            yield from _variables(field, place, length, f"{within}{name}.")


# ---------------------------------------------------------------- code


def _sizes(artifact: Artifact) -> Iterator[str]:
    runtime, initcode = artifact.runtime_size, artifact.initcode_size
    yield f"{runtime:6} runtime, with its immutables; {MAX_RUNTIME - runtime} to spare"
    yield f"{initcode:6} initcode; {MAX_INITCODE - initcode} to spare in a blueprint"


def _hashes(artifact: Artifact) -> Iterator[str]:
    code = artifact.bytecode
    # The last two bytes are the length of the metadata, themselves included.
    bare = code[: -int.from_bytes(code[-2:], "big")]
    # What the initcode deploys ends it; the immutables are appended when it runs.
    immutables = sum(each.length for each in _immutables(artifact.name))
    runtime = bare[-(artifact.runtime_size - immutables) :]
    yield f"compiler {artifact.compiler}"
    yield f"0x{artifact.integrity} the compiler's integrity, of sources and settings"
    yield f"{_hash_of(code)} initcode"
    # A constructor's arguments stand behind all of it, so that the code has the length of all within.
    yield f"{_hash_of(bare)} initcode, its metadata cut off"
    yield f"{_hash_of(runtime)} runtime without immutables; it has no metadata"
    yield f"{_hash_of(artifact.blueprint)} what deploys the blueprint"


def _immutables(name: str) -> list[Field]:
    return list(_variables(_compiled()[name]["layout"].get("code_layout", {}), *_PLACES["code_layout"][1:]))


def _hash_of(code: bytes) -> str:
    """Its Keccak-256, in hexadecimal."""
    return f"0x{keccak(code).hex()}"


# ---------------------------------------------------------------- the compiler


@cache
def _compiled() -> Mapping[str, Mapping[str, Any]]:
    # One process for all: it takes a second to start.
    sources = [f"contracts/{name}.vy" for name in NAMES]
    lines = _vyper("-f", "layout,integrity", *sources)
    return {
        name: {"layout": json.loads(layout), "integrity": integrity}
        for name, layout, integrity in zip(NAMES, lines[::2], lines[1::2], strict=False)
    }


def compiled_without_metadata(name: str) -> tuple[str, str]:
    """Hashes of initcode and runtime code as the compiler makes them when asked to leave the metadata out."""
    formats = ("-f", "bytecode,bytecode_runtime", "--no-bytecode-metadata")
    initcode, runtime = _vyper(*formats, f"contracts/{name}.vy")[:2]
    return _hash_of(bytes.fromhex(initcode[2:])), _hash_of(bytes.fromhex(runtime[2:]))


def _vyper(*arguments: str) -> list[str]:
    # The environment's own compiler: `vyper` on PATH may be another one.
    command = [sys.executable, "-W", "ignore", "-m", "vyper", *arguments]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MakegoodError("Vyper refuses the contracts.", hint=done.stderr.strip())
    return done.stdout.split("\n")


def _lines(lines: Iterable[str]) -> str:
    return "".join(f"{line}\n" for line in lines)
