# SPDX-License-Identifier: Apache-2.0
"""What the pages of explorer and bridge take from npm, copied from node_modules into the package at build.

`python -m makegood.vendored` copies; with --check it ends with 1 where a copy is not the one of
package-lock.json.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parent
FILES = {
    # htmx (0BSD) makes the pages live, simple.css (MIT) is their style, noble-secp256k1 (MIT) checks ES256K.
    "explorer/static/vendor": {
        "htmx.min.js": "htmx.org/dist/htmx.min.js",
        "hx-sse.min.js": "htmx.org/dist/ext/hx-sse.min.js",
        "htmx.LICENSE": "htmx.org/LICENSE",
        "simple.min.css": "simpledotcss/simple.min.css",
        "simple.LICENSE": "simpledotcss/LICENSE",
        "secp256k1.js": "@noble/secp256k1/index.js",
        "secp256k1.LICENSE": "@noble/secp256k1/LICENSE",
    },
    # noble-secp256k1 (MIT) makes a requester's public key.
    "bridge/static/vendor": {
        "secp256k1.js": "@noble/secp256k1/index.js",
        "secp256k1.LICENSE": "@noble/secp256k1/LICENSE",
    },
}
"""By folder, each copy, and where in node_modules it comes from."""


def copies() -> Iterator[tuple[Path, Path]]:
    """Each copy with its original."""
    for folder, files in FILES.items():
        for name, source in files.items():
            yield PACKAGE / folder / name, PACKAGE.parent / "node_modules" / source


def copy() -> None:
    """Copy them all."""
    for target, source in copies():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(source.read_bytes())


def differing() -> list[Path]:
    """The copies that are not what node_modules has."""
    return [
        target
        for target, source in copies()
        if not target.is_file() or target.read_bytes() != source.read_bytes()
    ]


def main() -> None:
    """Copy or check."""
    if sys.argv[1:] != ["--check"]:
        copy()
        return
    found = differing()
    for path in found:
        print(f"{path} is not what package-lock.json names: make build", file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
