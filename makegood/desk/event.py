# SPDX-License-Identifier: Apache-2.0
"""A decoded event of a contract."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Event:
    """One log. `arguments` are in the contract's order; `at` is the block's Unix time, where it was read."""

    name: str
    arguments: Mapping[str, Any]
    address: str
    block_number: int
    log_index: int
    transaction: bytes
    at: int | None = None

    def __getitem__(self, argument: str) -> Any:
        return self.arguments[argument]
