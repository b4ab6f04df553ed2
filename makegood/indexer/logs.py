# SPDX-License-Identifier: Apache-2.0
"""Logs as nodes give them, and what of them is looked for: by slicing at places that the build's ABIs give.

Decoding a log of a common event takes a microsecond or two this way; what has a string or an array in it goes
through the ABI decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from makegood import artifacts
from makegood.desk.abi import Abi, Component

FACTORY, DESK, POOL, PANEL, LANE, DIRECTORY = "factory", "desk", "pool", "panel", "lane", "directory"
ARTIFACTS = {
    FACTORY: "DeskFactory",
    DESK: "SupportDesk",
    POOL: "CompensationPool",
    PANEL: "ArbiterPanel",
    LANE: "BatchLane",
    DIRECTORY: "AgentDirectory",
}

MOST = 2**63 - 1
"""The largest number of a database; times and numbers beyond it stop there."""

# Which fields can be searched for, and in which column they stand.
_COLUMNS = {
    "ticket_id": "ticket_id",
    "batch": "batch",
    "dispute": "dispute",
    "agent": "agent",
    "channel": "channel",
    "policy_id": "policy_id",
    "requester": "person",
    "holder": "person",
    "beneficiary": "person",
    "payer": "person",
    "funder": "person",
    "to": "person",
    "arbiter": "person",
    "new_owner": "person",
    "operator": "person",
}
SEARCHED = ("ticket_id", "batch", "dispute", "agent", "person", "channel", "policy_id")

Arguments = Mapping[str, Any]
"""Of an event, by their names: addresses and bytes in lower-case hex."""


@dataclass(slots=True)
class Log:
    """One log with the block it is in; `desk` is whose it is, None for a factory's."""

    block_number: int
    block_hash: str
    log_index: int
    transaction: str
    address: str
    topics: Sequence[str]
    data: str
    contract: str = ""
    desk: str | None = None
    time: int = 0


Handlers = Mapping[str, Callable[[Log, Arguments], None]]


@dataclass(frozen=True, slots=True)
class Kind:
    """An event of a contract: how its arguments and its searched columns are read."""

    name: str
    decode: Callable[[Sequence[str], str], Arguments]
    searched: tuple[tuple[int, Callable[[str], Any], int, int], ...]
    """For each: the place in SEARCHED, how a word is read, the topic (0: the data), the word of the data."""
    topics: int


def searched_of(kind: Kind, topics: Sequence[str], data: str) -> list[Any]:
    """The values of the columns SEARCHED."""
    values: list[Any] = [None] * len(SEARCHED)
    for column, read, topic, word in kind.searched:
        values[column] = read(topics[topic][2:] if topic else data[2 + 64 * word : 66 + 64 * word])
    return values


def raw(topics: Sequence[str], data: str) -> tuple[bytes, bytes]:
    """As they are kept: the topics one after the other, and the data."""
    return bytes.fromhex("".join(topic[2:] for topic in topics)), bytes.fromhex(data[2:])


def hexed(topics: bytes, data: bytes) -> tuple[list[str], str]:
    """Kept topics and data as a node gives them."""
    found = [f"0x{topics[at : at + 32].hex()}" for at in range(0, len(topics), 32)]
    return found, f"0x{data.hex()}"


@cache
def kinds_of(contract: str) -> Mapping[str, Kind]:
    """The events of a contract by their first topic."""
    entries = artifacts.load(ARTIFACTS[contract]).abi
    abi = Abi(entries)
    found = {}
    for entry in entries:
        if entry["type"] == "event":
            signature = (
                f"{entry['name']}({','.join(collapse_if_tuple(dict(one)) for one in entry['inputs'])})"
            )
            found[f"0x{keccak(text=signature).hex()}"] = _kind(abi, entry)
    return found


# ---------------------------------------------------------------- words


def _address(word: str) -> str:
    return f"0x{word[24:]}".lower()


def _digest(word: str) -> str:
    return f"0x{word}".lower()


def _number(word: str) -> int:
    return int(word, 16)


def _small(word: str) -> int:
    return min(int(word, 16), MOST)


def _flag(word: str) -> bool:
    return int(word, 16) != 0


_WORDS: Mapping[str, Callable[[str], Any]] = {
    "address": _address,
    "bytes32": _digest,
    "uint256": _number,
    "bool": _flag,
}


def _kind(abi: Abi, entry: Component) -> Kind:
    topic, word = 0, 0
    places: list[tuple[str, Callable[[str], Any], int, int]] = []
    searched = []
    simple = True
    for field in entry["inputs"]:
        read = _WORDS.get(field["type"])
        indexed = bool(field["indexed"])
        topic += indexed
        if read is None:
            simple = False
        else:
            places.append((field["name"], read, topic if indexed else 0, word))
            column = _COLUMNS.get(field["name"])
            if column is not None:
                reader = _small if field["type"] == "uint256" else read
                searched.append((SEARCHED.index(column), reader, topic if indexed else 0, word))
        word += not indexed and _width(field)
    decode = _sliced(tuple(places)) if simple else _whole(abi, entry["inputs"])
    return Kind(entry["name"], decode, tuple(searched), topic + 1)


def _width(field: Component) -> int:
    # Words that a field takes in the head of the data: only a fixed array of words takes more than one.
    kind = str(field["type"])
    return int(kind.partition("[")[2][:-1]) if kind.endswith("]") and not kind.endswith("[]") else 1


def _sliced(
    places: tuple[tuple[str, Callable[[str], Any], int, int], ...],
) -> Callable[[Sequence[str], str], Arguments]:
    def decode(topics: Sequence[str], data: str) -> Arguments:
        return {
            name: read(topics[topic][2:] if topic else data[2 + 64 * word : 66 + 64 * word])
            for name, read, topic, word in places
        }

    return decode


def _whole(abi: Abi, fields: Sequence[Component]) -> Callable[[Sequence[str], str], Arguments]:
    types = {field["name"]: str(field["type"]) for field in fields}

    def decode(topics: Sequence[str], data: str) -> Arguments:
        found = abi.decode_event([bytes.fromhex(topic[2:]) for topic in topics], bytes.fromhex(data[2:]))
        assert found is not None  # noqa: S101
        return {name: _plain(value, types[name]) for name, value in found[1].items()}

    return decode


def _plain(value: Any, kind: str) -> Any:
    """As the sliced ones are: lower-case hex, and texts that every database takes."""
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, str):
        return value.lower() if kind.startswith("address") else value.replace("\0", "�")
    if isinstance(value, list | tuple):
        return [_plain(item, kind) for item in value]
    if isinstance(value, Mapping):
        return {name: _plain(item, "") for name, item in value.items()}
    return value
