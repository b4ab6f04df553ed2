# SPDX-License-Identifier: Apache-2.0
"""The golden files: `python -m checks.golden` writes them, with `--check` compares them."""

import argparse
import sys
from collections.abc import Sequence

from checks.golden import FOLDER, HINT, KINDS, faults, write
from makegood.errors import MakegoodError


def main(arguments: Sequence[str] | None = None) -> int:
    """Write or compare; 1 where a file is not what the contracts give."""
    parser = argparse.ArgumentParser(prog="python -m checks.golden", description=__doc__)
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help=f"{', '.join(KINDS)}; all where none is named"
    )
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args(arguments)
    if unknown := set(options.kinds) - set(KINDS):
        parser.error(f"no kind of golden file: {', '.join(sorted(unknown))}")
    found: list[str] = []
    try:
        for kind in options.kinds or KINDS:
            texts = KINDS[kind]()
            if options.check:
                found += faults(kind, texts, FOLDER)
            else:
                write(kind, texts, FOLDER)
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    for fault in found:
        print(fault, file=sys.stderr)
    if found:
        print(HINT, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
