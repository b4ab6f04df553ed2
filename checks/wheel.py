# SPDX-License-Identifier: Apache-2.0
"""The package builds a wheel that imports on its own, with the contracts, the pages and the migrations."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCES = ("pyproject.toml", "README.md", "LICENSES", "makegood")
# Run against the installed wheel, away from the checkout.
PROBE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import makegood.artifacts
assert Path(makegood.__file__).is_relative_to(sys.argv[1]), makegood.__file__
for name in makegood.artifacts.NAMES:
    assert makegood.artifacts.load(name).bytecode, name
from makegood import vendored
from makegood.explorer.app import create_app
from makegood.indexer.store import Store
for path, _ in vendored.copies():
    assert path.is_file(), path
assert create_app
Store("sqlite:///index.sqlite").close()  # its tables come by the migrations
print(f"wheel: makegood {makegood.__version__} imports and loads", *makegood.artifacts.NAMES)
"""


def pip(*arguments: str) -> None:
    """Run pip offline; its output goes to stderr."""
    command = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", *arguments]
    subprocess.run(command, check=True, stdout=sys.stderr)


def main() -> int:
    """Build, install aside, import; 0 where all of it works."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        sources, wheels, target = folder / "sources", folder / "wheels", folder / "target"
        sources.mkdir()
        # A copy, so that nothing an earlier build left in the checkout gets into the wheel.
        for source in map(Path, SOURCES):
            if source.is_dir():
                shutil.copytree(source, sources / source, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(source, sources)
        pip(
            "wheel",
            "--no-index",
            "--no-deps",
            "--no-build-isolation",
            "--wheel-dir",
            str(wheels),
            str(sources),
        )
        (wheel,) = wheels.iterdir()
        pip("install", "--no-index", "--no-deps", "--target", str(target), str(wheel))
        return subprocess.run([sys.executable, "-c", PROBE, str(target)], cwd=folder, check=False).returncode


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (OSError, ValueError, subprocess.CalledProcessError) as error:
        sys.exit(f"wheel: {error}")
