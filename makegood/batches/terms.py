# SPDX-License-Identifier: Apache-2.0
"""How a desk anchors its batches."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.batches.batch import MAX_SIZE
from makegood.errors import UsageError

URI_MAX = 256
"""Bytes of the address where leaves are published."""


@dataclass(frozen=True)
class Terms:
    """How batches are anchored: the policy where no opening has one, where the leaves are, whether backed."""

    policy: int
    uri: str = ""
    must_back: bool = False
    max_leaves: int = MAX_SIZE

    def __post_init__(self) -> None:
        if len(self.uri.encode()) > URI_MAX:
            raise UsageError(f"The address of the leaves has more than {URI_MAX} bytes.", hint="Shorten it.")
