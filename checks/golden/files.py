# SPDX-License-Identifier: Apache-2.0
"""The files of one kind: written, or compared with what they would be."""

import difflib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from checks.golden.build import PROJECT

FOLDER = PROJECT / "tests" / "golden"
HINT = "If that is meant, run `python -m checks.golden` and commit what it writes."

_DIFF_LINES = 24


def write(kind: str, texts: Mapping[str, str], folder: Path = FOLDER) -> None:
    """Write the file of each contract, and remove those of contracts that are no more."""
    here = folder / kind
    here.mkdir(parents=True, exist_ok=True)
    for name in _written(kind, folder) - set(texts):
        _path(kind, name, folder).unlink()
    for name, text in texts.items():
        _path(kind, name, folder).write_text(text, "utf-8")


def faults(kind: str, texts: Mapping[str, str], folder: Path = FOLDER) -> Iterator[str]:
    """For each file that is not what it would be, a sentence and the beginning of the difference."""
    for name in sorted(_written(kind, folder) | set(texts)):
        path = _path(kind, name, folder)
        shown = f"{folder.name}/{kind}/{path.name}"
        if name not in texts:
            yield f"There is no contract for {shown}."
            continue
        found = path.read_text("utf-8") if path.is_file() else ""
        if found != texts[name]:
            yield f"{shown} is not what the contracts give:\n{_difference(found, texts[name])}"


def _difference(before: str, after: str) -> str:
    # The first two lines of a unified diff name files, which the sentence has done.
    lines = list(
        islice(difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm=""), 2, None)
    )
    left = len(lines) - _DIFF_LINES
    return "\n".join([*lines[:_DIFF_LINES], *([f"... and {left} more lines"] if left > 0 else [])])


def _written(kind: str, folder: Path) -> set[str]:
    return {path.stem for path in (folder / kind).glob("*.txt")}


def _path(kind: str, name: str, folder: Path) -> Path:
    return folder / kind / f"{name}.txt"
