# SPDX-License-Identifier: Apache-2.0
"""Encoding of calls and decoding of answers and logs, by the ABIs of the build."""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError, EncodingError
from eth_utils.abi import collapse_if_tuple
from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3.types import LogReceipt

from makegood import artifacts
from makegood.desk.event import Event
from makegood.errors import NotFound, UsageError

Component = Mapping[str, Any]


class Abi:
    """One contract's functions and events. Functions are told apart by name and number of arguments."""

    def __init__(self, entries: Iterable[Component]) -> None:
        self._functions: dict[tuple[str, int], Component] = {}
        self._events: dict[bytes, Component] = {}
        self._topics: dict[str, bytes] = {}
        for entry in entries:
            if entry["type"] == "event":
                topic = keccak(text=_signature(entry))
                self._events[topic] = entry
                self._topics[entry["name"]] = topic
            elif entry["type"] in ("function", "constructor"):
                self._functions[entry.get("name", ""), len(entry["inputs"])] = entry

    def encode(self, function: str, arguments: Sequence[Any]) -> bytes:
        """Selector and arguments. Raises UsageError, naming the argument, where one does not fit its type."""
        entry = self._functions[function, len(arguments)]
        return keccak(text=_signature(entry))[:4] + _encode(entry, arguments)

    def encode_constructor(self, arguments: Sequence[Any]) -> bytes:
        """What follows the initcode of a creation."""
        return _encode(self._functions["", len(arguments)], arguments)

    def named(self, function: str, arguments: Sequence[Any]) -> dict[str, Any]:
        """The arguments by the names that the contract gives them."""
        inputs = self._functions[function, len(arguments)]["inputs"]
        return {field["name"]: value for field, value in zip(inputs, arguments, strict=True)}

    def decode(self, function: str, count: int, answer: bytes) -> Any:
        """The returned value: nothing is None, several are a tuple; structs are tuples in field order.

        Raises NotFound where the answer is not one of this function: another contract lives there.
        """
        outputs = self._functions[function, count]["outputs"]
        try:
            values = _plain(outputs, decode([_wire(field) for field in outputs], answer))
        except DecodingError as error:
            raise NotFound(f"What answers to {function} is not the contract expected there.") from error
        if len(values) > 1:
            return values
        return values[0] if values else None

    def topic(self, event: str) -> bytes:
        """The first topic of an event's logs."""
        return self._topics[event]

    @property
    def events(self) -> tuple[str, ...]:
        """The names of all events."""
        return tuple(self._topics)

    def has(self, event: str, name: str) -> bool:
        """Whether the event has a field of this name."""
        return any(field["name"] == name for field in self._events[self.topic(event)]["inputs"])

    def place(self, event: str, name: str) -> int:
        """Which of the event's topics has the indexed field of this name, from 1 on; 0 where none has."""
        fields = [field for field in self._events[self.topic(event)]["inputs"] if field["indexed"]]
        return next((place for place, field in enumerate(fields, 1) if field["name"] == name), 0)

    def decode_event(self, topics: Sequence[bytes], data: bytes) -> tuple[str, dict[str, Any]] | None:
        """Name and arguments of the event with these topics and data; None where the contract has no such."""
        entry = self._events.get(topics[0]) if topics else None
        if entry is None:
            return None
        fields = entry["inputs"]
        indexed = [field for field in fields if field["indexed"]]
        plain = [field for field in fields if not field["indexed"]]
        values = {
            field["name"]: _value(field, decode([field["type"]], topic)[0])
            for field, topic in zip(indexed, topics[1:], strict=True)
        }
        decoded = decode([_wire(field) for field in plain], data)
        values |= {field["name"]: _tree(field, value) for field, value in zip(plain, decoded, strict=True)}
        return entry["name"], {field["name"]: values[field["name"]] for field in fields}

    def decode_log(self, log: LogReceipt) -> Event | None:
        """The event that a log is; None for one that the contract does not declare."""
        found = self.decode_event([bytes(topic) for topic in log["topics"]], bytes(log["data"]))
        if found is None:
            return None
        return Event(
            name=found[0],
            arguments=found[1],
            address=to_checksum_address(log["address"]),
            block_number=log["blockNumber"],
            log_index=log["logIndex"],
            transaction=bytes(log["transactionHash"]),
        )


@lru_cache
def abi_of(name: str) -> Abi:
    """The ABI of one of the deployables, from the build."""
    return Abi(artifacts.load(name).abi)


def shown(value: Any) -> str:
    """A value of a call as a reader sees it: bytes as 0x hex."""
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, list | tuple):
        return "[" + ", ".join(shown(item) for item in value) + "]"
    return repr(value) if isinstance(value, str) and not value.startswith("0x") else str(value)


def _signature(entry: Component) -> str:
    return f"{entry['name']}({','.join(collapse_if_tuple(dict(field)) for field in entry['inputs'])})"


def _encode(entry: Component, arguments: Sequence[Any]) -> bytes:
    parts = []
    for field, value in zip(entry["inputs"], arguments, strict=True):
        kind = collapse_if_tuple(dict(field))
        try:
            encode([kind], [value])
        except (EncodingError, ValueError, TypeError) as error:
            where = f"{field['name']} of {entry.get('name', 'the constructor')}"
            raise UsageError(f"The {where} cannot be {shown(value)}; it is a {kind}.") from error
        parts.append((kind, value))
    return encode([kind for kind, _ in parts], [value for _, value in parts])


def _wire(field: Component) -> str:
    # The chain does not check that a string is UTF-8, and one that is not must not hide the rest of an event.
    return "bytes" if field["type"] == "string" else collapse_if_tuple(dict(field))


def _plain(fields: Sequence[Component], values: Sequence[Any]) -> tuple[Any, ...]:
    return tuple(_value(field, value) for field, value in zip(fields, values, strict=True))


def _value(field: Component, value: Any) -> Any:
    """Addresses with their checksum; structs as tuples."""
    if field["type"] == "address":
        return to_checksum_address(value)
    if field["type"] == "string":
        return value.decode("utf-8", "replace")
    if field["type"] == "tuple":
        return _plain(field["components"], value)
    return value


def _tree(field: Component, value: Any) -> Any:
    """As `_value`, structs as mappings by field name."""
    if field["type"] == "tuple":
        return {
            part["name"]: _tree(part, item) for part, item in zip(field["components"], value, strict=True)
        }
    return _value(field, value)
