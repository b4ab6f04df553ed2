# SPDX-License-Identifier: Apache-2.0
"""What is deployed: the project's build, test tokens and recipients, or a changed copy of the contracts."""

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from vyper.compiler import compile_from_file_input
from vyper.compiler.input_bundle import FilesystemInputBundle

from makegood.artifacts import NAMES, load

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = PROJECT / "contracts"
CACHE = PROJECT / ".cache" / "fuzz"

MOCKS = tuple(
    f"mocks/{path.stem}"
    for path in sorted((CONTRACTS / "mocks").glob("*.vy"))
    if path.stem.endswith(("Token", "OnReceive"))
)


@dataclass(frozen=True)
class Code:
    """Initcode without arguments, and the transaction data that deploys its EIP-5202 blueprint."""

    initcode: bytes
    blueprint: bytes = b""


Build = dict[str, Code]  # by the contract's name; tokens and recipients as mocks/<name>


def sources_digest(contracts: Path) -> str:
    """One digest of all sources in a folder of contracts."""
    digest = sha256()
    for path in sorted(contracts.rglob("*.vy*")):
        digest.update(str(path.relative_to(contracts)).encode() + sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def compile_names(names: Iterable[str], contracts: Path = CONTRACTS) -> Build:
    """These contracts by the sources in a folder; kept in .cache/fuzz under the digest of all of them."""
    folder = CACHE / sources_digest(contracts)
    return {name: _compiled(name, contracts, folder) for name in names}


def _compiled(name: str, contracts: Path, folder: Path) -> Code:
    kept = folder / f"{name.replace('/', '-')}.json"
    if not kept.is_file():
        bundle = FilesystemInputBundle([*(Path(one) for one in sys.path if one), contracts.parent])
        source = bundle.load_file(contracts / f"{name}.vy")
        formats = ["bytecode", "blueprint_bytecode"]
        made = compile_from_file_input(source, input_bundle=bundle, output_formats=formats)
        folder.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{id(made)}")
        part.write_text(json.dumps(made), "utf-8")
        part.replace(kept)
    fields = json.loads(kept.read_text("utf-8"))
    return Code(bytes.fromhex(fields["bytecode"][2:]), bytes.fromhex(fields["blueprint_bytecode"][2:]))


@cache
def mocks() -> Build:
    """All test tokens and recipients."""
    # They are made of nothing else than each other.
    folder = CACHE / sources_digest(CONTRACTS / "mocks")
    return {name: _compiled(name, CONTRACTS, folder) for name in MOCKS}


@cache
def built() -> Build:
    """The project's build, with the test tokens and recipients."""
    artifacts = {name: load(name) for name in NAMES}
    return {name: Code(one.bytecode, one.blueprint) for name, one in artifacts.items()} | mocks()
