# SPDX-License-Identifier: Apache-2.0
"""What the contracts are, written down, so that a change shows in the diff: `python -m checks.golden`.

In tests/golden, one file a contract: its ABI, its storage layout, its sizes, its bytecode's hashes, and the
gas of every function.
"""

from collections.abc import Callable, Mapping

from checks.golden import build, gas
from checks.golden.files import FOLDER, HINT, faults, write

KINDS: Mapping[str, Callable[[], dict[str, str]]] = {
    "abi": build.abi,
    "storage": build.storage,
    "size": build.sizes,
    "bytecode": build.bytecode,
    "gas": gas.measured,
}
"""What gives the text of each contract, by its name."""

__all__ = ["FOLDER", "HINT", "KINDS", "faults", "write"]
