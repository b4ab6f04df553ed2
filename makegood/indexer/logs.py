# SPDX-License-Identifier: Apache-2.0
"""Logs as nodes give them, and what of them is looked for: by slicing at places that the build's ABIs give.

Decoding a log of a common event takes a microsecond or two this way; what has a string or an array in it goes
through the ABI decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from eth_utils.abi import collapse_if_tuple
from eth_utils.crypto import keccak

from makegood import artifacts
from makegood.desk.abi import Abi, Component
from makegood.errors import NodeUnreachable

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
    "digest": "digest",
    "evidence_digest": "digest",
}
SEARCHED = ("ticket_id", "batch", "dispute", "agent", "person", "channel", "policy_id", "digest")

Arguments = Mapping[str, Any]
"""Of an event, by their names: addresses and bytes in lower-case hex."""


Decoder = Callable[[Sequence[str], str], Arguments]
"""Reads the topics and the data of an event, both in lower case."""


@dataclass(frozen=True, slots=True)
class Kind:
    """An event of a contract: how many topics it has, and how its arguments are read."""

    name: str
    decode: Decoder
    topics: int
    columns: tuple[tuple[int, str], ...]
    """Which arguments are searched for: the place in SEARCHED, and the name."""

    def searched(self, given: Arguments) -> list[Any]:
        """The values of the columns SEARCHED."""
        values: list[Any] = [None] * len(SEARCHED)
        for place, name in self.columns:
            value = given[name]
            values[place] = min(value, MOST) if type(value) is int else value
        return values


@dataclass(slots=True)
class Log:
    """One log with the block it is in, its hex in lower case; `desk` is whose it is, None for a factory's."""

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
    _kind: Kind | None = field(default=None, repr=False)
    _given: Arguments | None = field(default=None, repr=False)

    @property
    def kind(self) -> Kind:
        """Which event of its contract it is."""
        if self._kind is None:
            self._kind = kinds_of(self.contract)[self.topics[0]]
        return self._kind

    @property
    def given(self) -> Arguments:
        """Its arguments, read once. Raises NodeUnreachable where they are cut short."""
        if self._given is None:
            try:
                self._given = self.kind.decode(self.topics, self.data)
            except ValueError:
                raise NodeUnreachable(
                    f"The node's log {self.log_index} of block {self.block_number} is cut short.",
                    hint="Try again, or ask another node.",
                ) from None
        return self._given


Handlers = Mapping[str, Callable[[Log, Arguments], None]]


def raw(topics: Sequence[str], data: str) -> tuple[bytes, bytes]:
    """As they are kept: the topics one after the other, and the data."""
    return bytes.fromhex("".join(topics).replace("0x", "")), bytes.fromhex(data[2:])


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
    return "0x" + word[-40:]


def _digest(word: str) -> str:
    return word if len(word) == 66 else "0x" + word


def _number(word: str) -> int:
    return int(word, 16)


def _flag(word: str) -> bool:
    return int(word, 16) != 0


# Of a topic, which is a word with 0x before it, or of 64 digits of the data.
_WORDS: Mapping[str, Callable[[str], Any]] = {
    "address": _address,
    "bytes32": _digest,
    "uint256": _number,
    "bool": _flag,
}


def _kind(abi: Abi, entry: Component) -> Kind:
    fields = entry["inputs"]
    searched = [
        (SEARCHED.index(_COLUMNS[one["name"]]), str(one["name"])) for one in fields if one["name"] in _COLUMNS
    ]
    simple = all(one["type"] in _WORDS for one in fields)
    decode = _sliced(fields) if simple else _whole(abi, fields)
    topics = 1 + sum(bool(one["indexed"]) for one in fields)
    return Kind(str(entry["name"]), decode, topics, tuple(searched))


def _sliced(fields: Sequence[Component]) -> Decoder:
    indexed: list[tuple[str, Callable[[str], Any], int]] = []
    plain: list[tuple[str, Callable[[str], Any], slice]] = []
    for one in fields:
        name, read = str(one["name"]), _WORDS[one["type"]]
        if one["indexed"]:
            indexed.append((name, read, len(indexed) + 1))
        else:
            start = 2 + 64 * len(plain)
            plain.append((name, read, slice(start, start + 64)))

    def decode(topics: Sequence[str], data: str) -> Arguments:
        given = {name: read(topics[place]) for name, read, place in indexed}
        for name, read, place in plain:
            given[name] = read(data[place])
        return given

    return decode


def _whole(abi: Abi, fields: Sequence[Component]) -> Decoder:
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
