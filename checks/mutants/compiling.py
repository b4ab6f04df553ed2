# SPDX-License-Identifier: Apache-2.0
"""The deployables, compiled with one source replaced by its mutant."""

import gc
import hashlib
import re
import warnings
from collections.abc import Iterable
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from vyper import ast as vyper_ast
from vyper.cli.vyper_compile import get_search_paths
from vyper.codegen.core import reset_names
from vyper.codegen.module import generate_ir_for_module
from vyper.compiler.input_bundle import FileInput, FilesystemInputBundle
from vyper.compiler.phases import CompilerData
from vyper.compiler.settings import Settings, anchor_settings
from vyper.exceptions import VyperException
from vyper.ir import optimizer
from vyper.ir.compile_ir import RuntimeHeader, assembly_to_evm, reset_symbols

from checks.mutants.generation import CONTRACTS, Mutant
from makegood.artifacts import NAMES

IMPORT = re.compile(r"^from (\.+)([\w.]*) import (\w+)", re.MULTILINE)


class DoesNotCompile(Exception):
    """The compiler refuses a mutant."""


class MutatedBundle(FilesystemInputBundle):  # type: ignore[misc]
    """The contracts' folder as the compiler sees it, with one file in another's place."""

    def __init__(self, mutant: Mutant | None) -> None:
        super().__init__(get_search_paths())
        self._mutant = mutant

    def _load_from_path(self, resolved_path: Path, original_path: Path) -> Any:
        file = super()._load_from_path(resolved_path, original_path)
        if self._mutant and resolved_path == CONTRACTS / self._mutant.file:
            return replace(file, contents=self._mutant.apply(file.contents))
        return file


class CompiledOnce(CompilerData):  # type: ignore[misc]
    """The compiler makes the runtime code twice, also on its own. Here it is taken out of the initcode."""

    @cached_property
    def _ir_output(self) -> tuple[Any, Any]:
        reset_names()
        reset_symbols()
        with anchor_settings(self.settings):
            deploying, running = generate_ir_for_module(self.global_ctx)
        return optimizer.optimize(deploying), running

    @cached_property
    def assembly_runtime(self) -> list[Any]:
        """What follows the constructor."""
        inner = [
            part for part in self.assembly if isinstance(part, list) and isinstance(part[0], RuntimeHeader)
        ]
        return list(inner[0][1:])


def compiled(name: str, mutant: Mutant | None = None) -> Any:
    """What the compiler makes of the contract contracts/`name`.vy: its CompilerData, complete.

    The initcode has no metadata, since a digest of the sources in it would tell every mutant apart.
    Raises DoesNotCompile.
    """
    path = CONTRACTS / f"{name}.vy"
    bundle = MutatedBundle(mutant)
    source = bundle.load_file(path)
    given = FileInput(contents=source.contents, source_id=-1, path=path, resolved_path=path)
    data = CompiledOnce(given, bundle, Settings(), no_bytecode_metadata=True)
    gc.disable()  # most of what it makes lives until it ends
    try:
        with warnings.catch_warnings(), anchor_settings(data.settings):
            warnings.simplefilter("ignore")
            _ = data.bytecode, data.bytecode_runtime
            data.source_map = assembly_to_evm(data.assembly_runtime)[1]  # titanoboa looks for it here
    except VyperException as error:
        raise DoesNotCompile(str(error)) from error
    finally:
        gc.enable()
    return data


def codes(datas: dict[str, Any]) -> str:
    """What tells two builds apart: one digest of the initcode and runtime code of these deployables."""
    digest = hashlib.sha256()
    for name, data in sorted(datas.items()):
        for code in (name.encode(), data.bytecode, data.bytecode_runtime):
            digest.update(hashlib.sha256(code).digest())
    return digest.hexdigest()


def functions_in(data: Any) -> set[tuple[str, str]]:
    """File and name of each function that is part of a compiled deployable."""
    found: set[tuple[str, str]] = set()
    for module in (data.annotated_vyper_module, *data.resolved_imports.compiler_inputs.values()):
        path = Path(module.resolved_path) if isinstance(module, vyper_ast.Module) else None
        if path is None or CONTRACTS not in path.parents or path.suffix != ".vy":
            continue
        file = path.relative_to(CONTRACTS).as_posix()
        for function in module.get_children(vyper_ast.FunctionDef):
            kind = function._metadata["func_type"]
            # Only what is compiled has this. A constructor of a deployable is, without it.
            if kind._ir_info is not None or kind.is_constructor:
                found.add((file, function.name))
    return found


@cache
def sources_of(name: str) -> frozenset[str]:
    """All files that the contract contracts/`name`.vy is made of, relative to contracts/."""
    return frozenset(_closure(CONTRACTS / f"{name}.vy", set()))


def _closure(path: Path, seen: set[str]) -> set[str]:
    seen.add(path.relative_to(CONTRACTS).as_posix())
    for dots, package, name in IMPORT.findall(path.read_text("utf-8")):
        folder = path.parents[len(dots) - 1].joinpath(*filter(None, package.split(".")))
        for imported in (folder / f"{name}.vy", folder / f"{name}.vyi"):
            if imported.is_file() and imported.relative_to(CONTRACTS).as_posix() not in seen:
                _closure(imported, seen)
    return seen


def users_of(file: str, names: Iterable[str] = NAMES) -> tuple[str, ...]:
    """The deployables that contain a source."""
    return tuple(name for name in names if file in sources_of(name))


def mutated_files() -> tuple[str, ...]:
    """The sources that are mutated: every deployable, and every module that one of them contains."""
    return tuple(sorted({file for name in NAMES for file in sources_of(name) if file.endswith(".vy")}))


def sources_digest(files: Iterable[str]) -> str:
    """One digest of these sources."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(f"{file} {hashlib.sha256((CONTRACTS / file).read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()
