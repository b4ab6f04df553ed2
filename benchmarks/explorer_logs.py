# SPDX-License-Identifier: Apache-2.0
"""Logs as a node would give them, for events that never were, with names in the place of digests."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Any

from eth_abi.abi import encode
from eth_utils.abi import collapse_if_tuple

from makegood import artifacts
from makegood.indexer.logs import ARTIFACTS, kinds_of


def digest(name: str) -> str:
    """32 bytes that stand for a name."""
    return f"0x{hashlib.sha256(name.encode()).hexdigest()}"


def address(name: str) -> str:
    """An address that stands for a name."""
    return digest(name)[:42]


@cache
def _fields(contract: str, name: str) -> tuple[str, list[tuple[str, str, bool]], bool]:
    abi = artifacts.load(ARTIFACTS[contract]).abi
    entry = next(one for one in abi if one["type"] == "event" and one["name"] == name)
    fields = [(one["name"], collapse_if_tuple(dict(one)), bool(one["indexed"])) for one in entry["inputs"]]
    topic = next(topic for topic, kind in kinds_of(contract).items() if kind.name == name)
    simple = all(kind in ("address", "bytes32", "uint256") for _, kind, _ in fields)
    return topic, fields, simple


def _word(value: str | int) -> str:
    return f"{value:064x}" if isinstance(value, int) else value[2:].rjust(64, "0")


def encoded(contract: str, name: str, given: dict[str, Any]) -> tuple[list[str], str]:
    """The topics and the data of an event."""
    topic, fields, simple = _fields(contract, name)
    topics = [topic, *(f"0x{_word(given[field])}" for field, _, indexed in fields if indexed)]
    plain = [(kind, given[field]) for field, kind, indexed in fields if not indexed]
    if simple:
        return topics, "0x" + "".join(_word(value) for _, value in plain)
    values = [bytes.fromhex(value[2:]) if kind == "bytes32" else value for kind, value in plain]
    return topics, f"0x{encode([kind for kind, _ in plain], values).hex()}"
