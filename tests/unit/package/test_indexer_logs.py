# SPDX-License-Identifier: Apache-2.0
"""Slicing logs gives what the ABI decoder gives."""

import random
from typing import Any

import pytest
from eth_abi import encode
from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple

from makegood import artifacts
from makegood.desk.abi import Abi
from makegood.errors import NodeUnreachable
from makegood.indexer.logs import ARTIFACTS, MOST, SEARCHED, Log, hexed, kinds_of, raw

EVENTS = [
    (contract, entry)
    for contract, name in ARTIFACTS.items()
    for entry in artifacts.load(name).abi
    if entry["type"] == "event"
]


def some(field: dict[str, Any], chance: random.Random) -> Any:
    kind = field["type"]
    if kind == "tuple":
        return tuple(some(part, chance) for part in field["components"])
    if kind.endswith("]"):
        base, _, size = kind.rpartition("[")
        length = int(size[:-1]) if size[:-1] else chance.randrange(4)
        return [some({**field, "type": base}, chance) for _ in range(length)]
    return {
        "address": lambda: "0x" + chance.randbytes(20).hex(),
        "bytes32": lambda: chance.randbytes(32),
        "bool": lambda: chance.random() < 0.5,
        "string": lambda: chance.choice(["", "Acme", "客服\0", "0x" + "AB" * 20]),
        "uint256": lambda: chance.choice([0, 1, chance.getrandbits(64), chance.getrandbits(256)]),
    }[kind]()


def a_log(entry: dict[str, Any], chance: random.Random) -> tuple[list[str], str]:
    indexed = [field for field in entry["inputs"] if field["indexed"]]
    plain = [field for field in entry["inputs"] if not field["indexed"]]
    signature = f"{entry['name']}({','.join(collapse_if_tuple(dict(one)) for one in entry['inputs'])})"
    topics = [keccak(text=signature), *(encode([one["type"]], [some(one, chance)]) for one in indexed)]
    data = encode([collapse_if_tuple(dict(one)) for one in plain], [some(one, chance) for one in plain])
    return ["0x" + topic.hex() for topic in topics], "0x" + data.hex()


def comparable(value: Any, kind: str = "") -> Any:
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, str):
        return value.lower() if kind.startswith("address") else value.replace("\0", "�")
    if isinstance(value, list | tuple):
        return [comparable(item, kind) for item in value]
    if isinstance(value, dict):
        return {name: comparable(item) for name, item in value.items()}
    return value


@pytest.mark.parametrize(("contract", "entry"), EVENTS, ids=[f"{c}-{e['name']}" for c, e in EVENTS])
def test_slices_are_what_the_abi_decoder_gives(contract: str, entry: dict[str, Any]) -> None:
    chance = random.Random(entry["name"])
    types = {field["name"]: field["type"] for field in entry["inputs"]}
    for _ in range(20):
        topics, data = a_log(entry, chance)
        found = Abi(artifacts.load(ARTIFACTS[contract]).abi).decode_event(
            [bytes.fromhex(topic[2:]) for topic in topics], bytes.fromhex(data[2:])
        )
        assert found is not None
        kind = kinds_of(contract)[topics[0]]
        assert kind.name == entry["name"]
        assert kind.topics == len(topics)
        expected = {name: comparable(value, types[name]) for name, value in found[1].items()}
        assert kind.decode(topics, data) == expected


def test_what_is_searched_stands_in_its_column() -> None:
    entry = next(entry for _, entry in EVENTS if entry["name"] == "Contested")
    topics, data = a_log(entry, random.Random(1))
    kind = kinds_of("panel")[topics[0]]
    given = kind.decode(topics, data)
    found = dict(zip(SEARCHED, kind.searched(given), strict=True))
    assert found["ticket_id"] == given["ticket_id"]
    assert found["person"] == given["requester"]
    assert found["dispute"] == min(given["dispute"], MOST)
    assert found["agent"] is found["batch"] is found["channel"] is None


def test_numbers_beyond_a_database_stop_at_its_largest() -> None:
    kind = kinds_of("lane")[_topic("lane", "BatchReleased")]
    topics = [_topic("lane", "BatchReleased"), "0x" + "ff" * 32]
    given = kind.decode(topics, "0x" + "00" * 32)
    assert given["batch"] == 2**256 - 1
    assert kind.searched(given)[SEARCHED.index("batch")] == MOST


def test_a_log_that_is_cut_short_is_refused_plainly() -> None:
    topics = [_topic("pool", "Funded"), "0x" + "00" * 32]
    log = Log(7, "0x", 3, "0x", "0x", topics, "0x", contract="pool")
    with pytest.raises(NodeUnreachable, match="log 3 of block 7 is cut short"):
        _ = log.given


@pytest.mark.parametrize("count", [1, 2, 4])
def test_a_kept_log_is_read_as_it_was(count: int) -> None:
    chance = random.Random(count)
    topics = ["0x" + chance.randbytes(32).hex() for _ in range(count)]
    data = "0x" + chance.randbytes(96).hex()
    assert hexed(*raw(topics, data)) == (topics, data)


def _topic(contract: str, name: str) -> str:
    return next(topic for topic, kind in kinds_of(contract).items() if kind.name == name)
