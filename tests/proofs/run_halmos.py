# SPDX-License-Identifier: Apache-2.0
"""Halmos, with its SHA-256 mended: `python run_halmos.py` takes what `halmos` takes.

For the precompile Halmos 0.3.3 declares an uninterpreted function of as many bits as the input has bytes,
and fails at the first call. Here the function has eight times as many.
"""

import sys
from typing import Any

from halmos import sevm
from halmos.__main__ import main

_declare = sevm.Function


def declare(name: str, *sorts: Any) -> Any:
    """The function that stands for a precompile."""
    if name.startswith("f_sha256_"):
        size = int(name.removeprefix("f_sha256_"))
        return _declare(name, sevm.BitVecSorts[8 * size], sorts[-1])
    return _declare(name, *sorts)


if __name__ == "__main__":
    sevm.Function = declare
    sys.exit(main())
