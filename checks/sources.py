# SPDX-License-Identifier: Apache-2.0
"""Every source names its licence, and no file names a machine's path or a package registry."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

SOURCE_SUFFIXES = {".py", ".vy", ".vyi", ".sh", ".js", ".mjs", ".css", ".html", ".toml", ".yaml", ".yml"}
SOURCE_NAMES = {"Makefile", "run", ".gitignore", ".npmrc"}
HEADER_LINES = 3

FORBIDDEN = {
    # But for the places on a server that deploy/ installs to.
    "an absolute machine path": re.compile(
        r"(?<![\w./~})-])/(?!opt/makegood\b|var/lib/makegood\b|var/lib/postgresql/data\b)"
        r"(?:home|root|Users|work|opt|tmp|var)/\w"
    ),
    "a package registry": re.compile(
        r"registry\.(?:npmjs|yarnpkg)\.|\bpypi\.org|\bpythonhosted\.org|\bdeb\.debian\.org"
    ),
}


def licence_of(path: Path) -> str:
    """The SPDX identifier that the sources of that folder carry."""
    return "AGPL-3.0-only" if path.parts[0] == "contracts" else "Apache-2.0"


def faults(path: Path) -> Iterator[str]:
    """One line for each fault of the file, which is relative to the project."""
    try:
        lines = path.read_text("utf-8").splitlines()
    except UnicodeDecodeError:
        return
    if path.suffix in SOURCE_SUFFIXES or path.name in SOURCE_NAMES:
        header = f"SPDX-License-Identifier: {licence_of(path)}"
        if not any(line.strip("#/*<!->{} ") == header for line in lines[:HEADER_LINES]):
            yield f"{path}:1: no `{header}` in the first {HEADER_LINES} lines"
    for number, line in enumerate(lines, 1):
        for what, pattern in FORBIDDEN.items():
            if found := pattern.search(line):
                yield f"{path}:{number}: {what}: {found[0]}"


def project_files() -> list[Path]:
    """What is committed or about to be: all that git does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [path for name in sorted(set(listed.split("\0"))) if name and (path := Path(name)).is_file()]


def main() -> int:
    """Print the faults; 0 where there are none."""
    files = project_files()
    found = [fault for path in files for fault in faults(path)]
    for fault in found:
        print(fault, file=sys.stderr)
    print(f"sources: {len(files)} files, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
