# SPDX-License-Identifier: Apache-2.0
"""A node that is away, slow, wrong, behind or at odds with itself, while index and keeper work through it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import fault_scene
import faulty_node
import keeper_house
import pytest
from fault_scene import Scene
from faulty_node import (
    Alternates,
    Answer,
    Behind,
    ChangesLogs,
    Cuts,
    Elsewhere,
    Fault,
    Hangs,
    Says,
    Truncates,
)
from queue_house import QueueHouse
from real_helpdesk import free_port

from benchmarks.node import anvil
from makegood.clock import Priority


@pytest.fixture(scope="module")
def house() -> Iterator[QueueHouse]:
    with anvil() as w3:
        yield fault_scene.build(w3)


@pytest.mark.quick
def test_rpc_down(scene: Scene) -> None:
    scene.begin()
    scene.node.down()
    with scene.fault():
        pass
    scene.node.up()
    scene.over()
    scene.recovered("every connection is refused")


def test_timeout(scene: Scene) -> None:
    """Who waits for an answer when it is over, waits until his own time is."""
    scene.begin()
    with scene.fault(Hangs()):
        pass
    scene.recovered("every request is taken, and none is ever answered")


def test_429(scene: Scene) -> None:
    scene.begin()
    refused = Answer(
        b'{"jsonrpc": "2.0", "id": 1, "error": {"code": -32005, "message": "limit exceeded"}}', 429
    )
    plain, after = Answer(b"Too Many Requests", 429), Answer(b"", 429, {"Retry-After": "1"})
    with scene.fault(Says(plain, after, refused)):
        pass
    scene.recovered("429 in three forms, with Retry-After and without")


def test_500(scene: Scene) -> None:
    scene.begin()
    pages = [faulty_node.html(500, "Internal Server Error"), faulty_node.html(502, "Bad Gateway")]
    with scene.fault(Says(*pages, faulty_node.html(200, "Maintenance"))):
        pass
    scene.recovered("500, 502 and 200, each with a page of HTML")


@pytest.mark.quick
def test_truncated_json(scene: Scene) -> None:
    scene.begin()
    with scene.fault(Truncates()):
        pass
    scene.recovered("two thirds of each answer, as if that were all")


def test_websocket_cut(scene: Scene) -> None:
    """The connections that last: services ask the node over HTTP, and a live page is a stream of events.

    Neither is a WebSocket. Both are cut in the midst of what is said.
    """
    scene.begin()
    port = free_port()
    words = ("--port", str(port), "--processes", "0", "--rate", "0")
    scene.start("explorer", "explorer", "--database", scene.index, *words)
    scene.wait(lambda: answers(port), "the explorer")
    ticket = scene.opened[Priority.HIGH][0]
    topic = f"ticket/{scene.house.desk.chain_id}/0x{ticket.hex()}"
    seen = version_told(port, topic)
    with scene.fault(Cuts()):
        pass
    scene.recovered("each of the node's answers, and a live page's stream, is cut in the midst")
    assert version_told(port, topic, seen) != seen


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


def version_told(port: int, topic: str, seen: str = "") -> str:
    """What a page's stream tells first to a browser that has seen this; cut before the event's end."""
    request = f"GET /live?topic={topic} HTTP/1.1\r\nHost: 127.0.0.1\r\nLast-Event-ID: {seen}\r\n\r\n"
    with socket.create_connection(("127.0.0.1", port), 30) as connection:
        connection.sendall(request.encode())
        said = b""
        while b"\nevent: " not in said:
            piece = connection.recv(64)
            assert piece, said
            said += piece
    return said.partition(b"id: ")[2].partition(b"\n")[0].decode()


@pytest.mark.quick
def test_wrong_chain_id(scene: Scene) -> None:
    scene.begin()
    with anvil("--chain-id", "5") as other:
        url = str(other.provider.endpoint_uri)  # type: ignore[attr-defined]
        fault_scene.ask(other, "anvil_mine", hex(2 * scene.house.w3.eth.block_number))
        with scene.fault(Elsewhere(url)):
            pass
    scene.recovered("a node of another chain, with more blocks, answers")


def test_lagging_node(scene: Scene) -> None:
    scene.begin()
    with scene.fault(Behind(scene.house.w3.eth.block_number - 3)):
        scene.blocks(10)
    scene.recovered("the node stays at a block three before the newest, then thirteen")


def test_two_nodes_that_disagree(scene: Scene) -> None:
    """The second has a fork of its own, on which it also takes transactions."""
    scene.begin()
    url, block = keeper_house.rpc_of(scene.house), scene.house.w3.eth.block_number - 1
    with anvil("--fork-url", url, "--fork-block-number", str(block), "--block-time", "1") as other:
        theirs = str(other.provider.endpoint_uri)  # type: ignore[attr-defined]
        with scene.fault(Alternates(Fault(), Elsewhere(theirs))):
            fault_scene.ask(other, "anvil_mine", hex(12))
            scene.blocks(12)
    scene.recovered("requests go to two nodes in turn, whose last blocks differ")


@pytest.mark.quick
def test_missing_logs(scene: Scene) -> None:
    scene.begin()
    with scene.fault(ChangesLogs(faulty_node.none)):
        scene.blocks(2)
    scene.recovered("eth_getLogs answers with none")


def test_duplicate_logs(scene: Scene) -> None:
    scene.begin()
    with scene.fault(ChangesLogs(faulty_node.twice)):
        pass
    scene.recovered("eth_getLogs gives each twice, out of order")
