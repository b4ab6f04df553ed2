# SPDX-License-Identifier: Apache-2.0
"""Bugs planted on purpose: each patch is applied to a copy of the contracts, and that is compiled."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from fuzz.build import CONTRACTS, Build, built, compile_names
from makegood.artifacts import NAMES

PATCHES = Path(__file__).with_name("planted")


def names() -> list[str]:
    """All of them."""
    return sorted(path.stem for path in PATCHES.glob("*.patch"))


def about(name: str) -> str:
    """What a patch does: the lines before its diff."""
    text = (PATCHES / f"{name}.patch").read_text("utf-8")
    return " ".join(text[: text.index("--- ")].split())


def touched(name: str) -> set[str]:
    """The files that a patch changes, below contracts/."""
    text = (PATCHES / f"{name}.patch").read_text("utf-8")
    return {file for file, _ in hunks_of(text)}


def copy_with(name: str, folder: Path) -> Path:
    """A copy of the contracts with the bug."""
    contracts = folder / "contracts"
    shutil.copytree(CONTRACTS, contracts)
    for file, hunks in hunks_of((PATCHES / f"{name}.patch").read_text("utf-8")):
        path = contracts / file
        text = path.read_text("utf-8")
        for old, new in hunks:
            if text.count(old) != 1:
                raise ValueError(f"{name}.patch does not apply to {file}.")
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
    return contracts


def hunks_of(patch: str) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """By file below contracts/: each hunk's lines before and after. Where it stands, its context says."""
    for part in re.split(r"^--- .*\n", patch, flags=re.MULTILINE)[1:]:
        head, *hunks = re.split(r"^@@ .*\n", part, flags=re.MULTILINE)
        yield (
            head.removeprefix("+++ b/contracts/").strip(),
            [(side_of(hunk, " -"), side_of(hunk, " +")) for hunk in hunks],
        )


def side_of(hunk: str, kept: str) -> str:
    """Its lines before, or after."""
    return "".join(line[1:] for line in hunk.splitlines(keepends=True) if line[0] in kept)


@cache
def planted(name: str) -> Build:
    """The project's build with one bug: only the deployables that can differ are compiled."""
    with tempfile.TemporaryDirectory() as folder:
        contracts = copy_with(name, Path(folder))
        changed = [one for one in NAMES if uses(one, touched(name))]
        return built() | compile_names(changed, contracts)


def uses(deployable: str, files: set[str]) -> bool:
    """Whether a deployable is, or is made of, one of these files."""
    seen: set[str] = set()
    waiting = [f"{deployable}.vy"]
    while waiting:
        file = waiting.pop()
        if file in files:
            return True
        if file not in seen:
            seen.add(file)
            waiting += [f"modules/{one}.vy" for one in imported(file)]
    return False


def imported(file: str) -> list[str]:
    """The modules that a source imports."""
    text = (CONTRACTS / file).read_text("utf-8")
    return re.findall(r"^from (?:\.modules|\.) import (\w+)", text, re.MULTILINE)
