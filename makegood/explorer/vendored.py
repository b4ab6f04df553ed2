# SPDX-License-Identifier: Apache-2.0
"""What the pages take from npm, copied from node_modules into the package at build.

`python -m makegood.explorer.vendored` copies; with --check it ends with 1 where a copy is not the one of
package-lock.json.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "vendor"
PROJECT = Path(__file__).parents[2]
FILES = {
    "htmx.min.js": "htmx.org/dist/htmx.min.js",
    "hx-sse.min.js": "htmx.org/dist/ext/hx-sse.min.js",
    "htmx.LICENSE": "htmx.org/LICENSE",
    "simple.min.css": "simpledotcss/simple.min.css",
    "simple.LICENSE": "simpledotcss/LICENSE",
}
"""Each copy, and where it comes from: htmx (0BSD) makes the pages live, simple.css (MIT) is their style."""


def copy() -> None:
    """Copy them all."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, source in FILES.items():
        (FOLDER / name).write_bytes((PROJECT / "node_modules" / source).read_bytes())


def differing() -> list[str]:
    """The copies that are not what node_modules has."""
    return [
        name
        for name, source in FILES.items()
        if not (FOLDER / name).is_file()
        or (FOLDER / name).read_bytes() != (PROJECT / "node_modules" / source).read_bytes()
    ]


def main() -> None:
    """Copy or check."""
    if sys.argv[1:] != ["--check"]:
        copy()
        return
    found = differing()
    for name in found:
        print(f"{name} is not what package-lock.json names: make build", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
