# SPDX-License-Identifier: Apache-2.0
"""A whole explorer at an address of this machine: a small index, and the chain that the receipts are of."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import explorer_house
import json_rpc
import uvicorn
from receipt_house import ReceiptHouse, cached_house
from small_index import CHAIN, SmallIndex
from web3 import Web3

from makegood.explorer import Settings, create_app
from makegood.indexer import contracts
from makegood.indexer.follow import Follower
from makegood.indexer.node import Node
from makegood.indexer.running import backfill

STARTS_WITHIN = 30.0


class _Node(json_rpc.JsonRpcNode):
    """As an index asks: several things at once, addresses in lower case."""

    def answer(self, request: Any) -> Any:
        if isinstance(request, list):
            return [super(_Node, self).answer(each) for each in request]
        return super().answer(request)

    def truth(self, method: str, params: list[Any]) -> Any:
        asked = params[0] if params else None
        if method == "eth_call":
            params = [{**asked, "to": Web3.to_checksum_address(asked["to"])}, *params[1:]]
        elif method == "eth_getCode":
            params = [Web3.to_checksum_address(asked), *params[1:]]
        elif method == "eth_getLogs" and isinstance(asked.get("address"), list):
            params = [{**asked, "address": [Web3.to_checksum_address(each) for each in asked["address"]]}]
        elif method == "eth_getLogs" and "address" in asked:
            params = [{**asked, "address": Web3.to_checksum_address(asked["address"])}]
        return super().truth(method, params)


@dataclass
class Site:
    """Its address, and the story that its pages tell; what is written into `index` shows up on them."""

    address: str
    index: SmallIndex
    late: str
    fresh: str
    paths: dict[str, str] = field(default_factory=dict)
    receipts: ReceiptHouse | None = None


@contextmanager
def site(folder: Path) -> Iterator[Site]:
    """Served until the end of the block."""
    story = explorer_house.build(folder)
    store = story.index.store
    more = {"open-ticket": f"/ticket/{CHAIN}/{story.fresh}", "unknown": f"/ticket/{CHAIN}/0x{'0' * 64}"}
    found = Site("", story.index, story.late, story.fresh, story.paths | more)
    house = found.receipts = cached_house()
    with json_rpc.served(_Node(house.w3)) as node_address:
        node = Node(node_address)
        desks = [house.desk.address, house.other_desk.address]
        contracts.follow(store, node, [], desks)
        backfill(Follower(store, node), None, lambda _: None)
    settings = Settings(rate=0, stale_after=0, streams=1_000)
    app = create_app(store, settings, lambda: found.index.at + 60)
    config = uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + STARTS_WITHIN
    while not server.started:
        if time.monotonic() > deadline or not thread.is_alive():
            raise RuntimeError("the explorer does not start")
        time.sleep(0.05)
    found.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield found
    finally:
        server.should_exit = True
        thread.join(STARTS_WITHIN)
