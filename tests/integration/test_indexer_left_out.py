# SPDX-License-Identifier: Apache-2.0
"""Logs that a node leaves out of blocks that are not final are noticed by the blocks' bloom filters."""

import random
from collections.abc import Iterator
from pathlib import Path

import faulty_node
import pytest
from eth_bloom import BloomFilter
from faulty_node import ChangesLogs, Fault, FaultyNode, Json

from benchmarks.node import anvil
from checks.random_desk import RandomDesk
from makegood.errors import NodeUnreachable
from makegood.indexer import blooms, contracts, dump
from makegood.indexer.follow import Follower
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url

FULL = "0x" + "ff" * 256


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RandomDesk]:
    """On a chain that nobody changes."""
    with anvil() as w3:
        made = RandomDesk(w3, random.Random(8), tmp_path_factory.mktemp("leaves"), "http://127.0.0.1:9")
        made.act(12)
        yield made


@pytest.fixture
def node(desk: RandomDesk) -> Iterator[FaultyNode]:
    with faulty_node.faulty_node(str(desk.w3.provider.endpoint_uri)) as made:  # type: ignore[attr-defined]
        yield made


def lines(address: str, desk: RandomDesk, folder: Path) -> list[str]:
    store = Store(default_url(folder))
    try:
        node = Node(address, patience=0.0)
        contracts.follow(store, node, [desk.factory.address], [])
        backfill(Follower(store, node), None, lambda _: None)
        with store.reading() as connection:
            return list(dump.lines(connection, node.chain_id))
    finally:
        store.close()


class FullBlooms(Fault):
    """Any address may have logged in any block; `knows_receipts` says whether the node gives a block's."""

    def __init__(self, *, knows_receipts: bool) -> None:
        super().__init__()
        self._knows_receipts = knows_receipts

    def each(self, node: FaultyNode, request: Json) -> Json:
        method = request["method"]
        if method == "eth_getBlockReceipts":
            self.met += 1
            if not self._knows_receipts:
                error = {"code": -32601, "message": "the method does not exist"}
                return {"jsonrpc": "2.0", "id": request["id"], "error": error}
        answer = node.ask(request)
        if method == "eth_getBlockByNumber" and answer.get("result"):
            return {**answer, "result": {**answer["result"], "logsBloom": FULL}}
        return answer


def test_logs_that_are_left_out_are_noticed(desk: RandomDesk, node: FaultyNode, tmp_path: Path) -> None:
    node.begin(ChangesLogs(lambda found: found[:-1]))
    with pytest.raises(NodeUnreachable, match="left out logs of block"):
        lines(node.address, desk, tmp_path)


def test_a_block_whose_receipts_are_another_node_s_is_not_believed(
    desk: RandomDesk, node: FaultyNode, tmp_path: Path
) -> None:
    """Who has the receipts of a block's hash has the block."""

    class Elsewhere(FullBlooms):
        def each(self, node: FaultyNode, request: Json) -> Json:
            answer = super().each(node, request)
            return {**answer, "result": None} if request["method"] == "eth_getBlockReceipts" else answer

    node.begin(Elsewhere(knows_receipts=True))
    with pytest.raises(NodeUnreachable, match="lacks block"):
        lines(node.address, desk, tmp_path)


@pytest.mark.parametrize("knows_receipts", [True, False])
def test_a_filter_that_means_others_stops_nothing(
    desk: RandomDesk, node: FaultyNode, tmp_path: Path, knows_receipts: bool
) -> None:
    wanted = lines(node.address, desk, tmp_path / "well")
    fault = node.begin(FullBlooms(knows_receipts=knows_receipts))
    assert lines(node.address, desk, tmp_path / "full") == wanted
    assert fault.met > 0


def test_the_bits_of_an_address_are_those_of_the_yellow_paper() -> None:
    chance = random.Random(3)
    for _ in range(20):
        address = chance.randbytes(20)
        assert blooms.mask(f"0x{address.hex()}") == int(BloomFilter.from_iterable([address]))
