# SPDX-License-Identifier: Apache-2.0
"""A published policy as it is kept, and what it is worth."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from makegood.indexer import schema
from makegood.indexer.rows import Row, Rows
from makegood.policy import ChainPolicy
from makegood.policy.chain import read_struct


def kept(policy: Any) -> str:
    """The struct as JSON: every number in decimal, since many readers of JSON know no large ones."""
    return json.dumps(_texts(policy), separators=(",", ":"))


@lru_cache(maxsize=1_024)
def read(text: str) -> ChainPolicy:
    """A kept policy."""
    fields = json.loads(text)
    return read_struct({name: _numbers(value) for name, value in fields.items()})


def worst_case(policy: ChainPolicy, priority: int) -> int:
    """What a ticket's three clocks can cost, in smallest units."""
    return sum(policy.compensation[priority])


def amount_of(policy: ChainPolicy, priority: int, kinds: int) -> int:
    """What these kinds come to; an incident has no amount of the policy's."""
    return sum(amount for bit, amount in enumerate(policy.compensation[priority]) if kinds >> bit & 1)


class Terms:
    """The policies of the desks in the rows, each read once: a policy never changes."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._known: dict[tuple[str, int, str], ChainPolicy] = {}

    def of(self, desk: str, policy_id: int) -> ChainPolicy:
        """Raises KeyError for one that was not published."""
        row: Row | None = self._rows.get(schema.policies, self._rows.chain, desk, policy_id)
        if row is None:
            raise KeyError(f"policy {policy_id}")
        key = (desk, policy_id, row["terms"])
        if key not in self._known:
            self._known[key] = read(row["terms"])
        return self._known[key]


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _texts(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_texts(item) for item in value]
    return str(value)


def _numbers(value: Any) -> Any:
    return tuple(_numbers(item) for item in value) if isinstance(value, list) else int(value)
