# SPDX-License-Identifier: Apache-2.0
"""Logs as the model writes them: a letter for the contract, the event's name, then every word as a number."""

from functools import cache
from typing import Any

from eth_utils import to_checksum_address

from fuzz.encode import keccak
from fuzz.model import Addresses
from makegood.artifacts import load

LETTERS = {
    "S": ("desk", "SupportDesk"),
    "P": ("pool", "CompensationPool"),
    "A": ("panel", "ArbiterPanel"),
    "L": ("lane", "BatchLane"),
    "D": ("directory", "AgentDirectory"),
}


def canonical(field: dict[str, Any]) -> str:
    """A type as it stands in a signature."""
    if field["type"].startswith("tuple"):
        inner = ",".join(canonical(one) for one in field["components"])
        return f"({inner}){field['type'][5:]}"
    return str(field["type"])


@cache
def topics_of(letter: str, contract: str) -> dict[bytes, str]:
    """The names of a contract's events, by first topic."""
    return {
        keccak(
            f"{one['name']}({','.join(map(canonical, one['inputs']))})".encode()
        ): f"{letter}.{one['name']}"
        for one in load(contract).abi
        if one["type"] == "event"
    }


class Decoder:
    """By emitter and first topic."""

    def __init__(self, at: Addresses) -> None:
        self._names = {
            to_checksum_address(f"0x{getattr(at, place):040x}"): topics_of(letter, contract)
            for letter, (place, contract) in LETTERS.items()
        }

    def decode(self, logs: list[Any]) -> list[tuple[Any, ...]]:
        """Events of the desk's contracts; an asset's own are left out."""
        found = []
        for log in logs:
            names = self._names.get(log.address)
            if names is None:
                continue
            topics, data = log.data
            words = [int.from_bytes(topic, "big") for topic in topics[1:]]
            words += [int.from_bytes(data[i : i + 32], "big") for i in range(0, len(data), 32)]
            found.append((names.get(topics[0], topics[0].hex()), *words))
        return found
