# SPDX-License-Identifier: Apache-2.0
"""Where a demo is played: a chain whose clock can be moved, and who plays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from web3 import Web3

from makegood.desk import Signer


@dataclass(frozen=True)
class Stage:
    """`travel_to` gives the next block that Unix time. `cast` has a signer for every party by name."""

    w3: Web3
    travel_to: Callable[[int], None]
    cast: Mapping[str, Signer]
