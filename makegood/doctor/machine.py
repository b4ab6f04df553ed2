# SPDX-License-Identifier: Apache-2.0
"""Checks of what needs no settings: Python, PATH, versions."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from makegood.doctor.finding import Finding, ok, warn, wrong

PYTHONS = ((3, 11), (3, 12))

_PINNED = re.compile(r"([\w.-]+)(?:\[[\w,-]+\])?\s*==\s*([\w.]+)(.*)")
_SHOWN = 5


def machine() -> Iterator[Finding]:
    """All of them."""
    yield _python(sys.version_info[:3])
    yield _path(Path(sys.executable).parent)
    yield from _versions(requires("makegood") or [])
    yield from _anvil()


def _python(found: tuple[int, ...]) -> Finding:
    shown = ".".join(map(str, found))
    if found[:2] in PYTHONS:
        return ok("python", shown)
    wanted = " or ".join(f"{major}.{minor}" for major, minor in PYTHONS)
    return wrong("python", f"{shown} was never tried", f"install makegood with Python {wanted}")


def _path(folder: Path) -> Finding:
    """Whether a shell starts the `makegood` of this Python."""
    found, do = shutil.which("makegood"), f'export PATH="{folder}:$PATH"'
    if found is None:
        return warn("path", "there is no makegood on PATH", do)
    if Path(found).resolve() != (folder / "makegood").resolve():
        return warn("path", f"makegood on PATH is another one, {found}", do)
    return ok("path", found)


def _versions(required: list[str]) -> Iterator[Finding]:
    """Whether what is installed is what the package was tried with; extras may be missing."""
    missing, others = [], []
    for name, wanted, marker in (each.groups() for each in map(_PINNED.match, required) if each):
        try:
            found = version(name)
        except PackageNotFoundError:
            if "extra" not in marker:
                missing.append(name)
            continue
        if found != wanted:
            others.append(f"{name} {found} instead of {wanted}")
    do = "install it anew, with the versions that it names"
    if missing:
        yield wrong("versions", f"not installed: {_some(missing)}", do)
    if others:
        yield warn("versions", f"{_some(sorted(set(others)))}", do)
    if not missing and not others:
        yield ok("versions", f"makegood {version('makegood')}, and what it was tried with")


def _some(names: list[str]) -> str:
    rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return ", ".join(names[:_SHOWN]) + rest


def _anvil() -> Iterator[Finding]:
    """Only where there is one: no service needs it."""
    binary = shutil.which("anvil")
    if binary is None:
        return
    try:
        done = subprocess.run(
            [binary, "--version"], capture_output=True, text=True, errors="replace", check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        yield warn("anvil", f"{binary} does not start", "install it anew, or take it from PATH")
        return
    yield ok("anvil", done.stdout.partition("\n")[0].rpartition(" ")[2] or binary)
