# SPDX-License-Identifier: Apache-2.0
"""What an index makes of a node that limits, fails, lags or lies, and the commands around it."""

import json
import random
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from click.testing import CliRunner

from benchmarks.node import anvil
from checks.random_desk import RandomDesk
from makegood.cli import main
from makegood.errors import LogsMissing, MakegoodError, NodeUnreachable, NotFound
from makegood.indexer import contracts, dump
from makegood.indexer.follow import Follower
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url


@dataclass
class Proxy:
    """Stands before a node; it may fail, refuse a request in the node's place, or change its answer."""

    url: str
    address: str = ""
    asked: list[tuple[str, Any]] = field(default_factory=list)
    fail: Any = lambda: None
    refuse: Any = lambda method, params: None  # noqa: ARG005
    change: Any = lambda method, result: result  # noqa: ARG005

    def answer(self, body: bytes) -> tuple[int, bytes]:
        failure = self.fail()
        if failure is not None:
            return failure
        wanted = json.loads(body)
        many = wanted if isinstance(wanted, list) else [wanted]
        for each in many:
            self.asked.append((each["method"], each["params"]))
            refused = self.refuse(each["method"], each["params"])
            if refused is not None:
                error = {"jsonrpc": "2.0", "id": each["id"], "error": refused}
                return 200, json.dumps(error if many is not wanted else [error]).encode()
        answers = requests.post(self.url, json=wanted, timeout=30).json()
        by_id = {each["id"]: each["method"] for each in many}
        for each in answers if isinstance(answers, list) else [answers]:
            if "result" in each:
                each["result"] = self.change(by_id[each["id"]], each["result"])
        return 200, json.dumps(answers).encode()


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    proxy = Proxy(url)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            status, content = proxy.answer(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    proxy.address = f"http://127.0.0.1:{server.server_port}"
    try:
        yield proxy
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Chain:
    """A chain with a history, which nobody changes."""

    desk: RandomDesk
    url: str
    lines: list[str]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    folder = tmp_path_factory.mktemp("chain")
    with anvil() as w3:
        desk = RandomDesk(w3, random.Random(8), folder / "leaves", "http://127.0.0.1:9")
        desk.act(30)
        # Half of it final.
        desk.ask("anvil_mine", hex(50))
        desk.act(10)
        url = str(w3.provider.endpoint_uri)  # type: ignore[attr-defined]
        yield Chain(desk, url, indexed(url, desk, folder / "index"))


@pytest.fixture
def proxy(chain: Chain) -> Iterator[Proxy]:
    with proxied(chain.url) as made:
        yield made


def indexed(url: str, desk: RandomDesk, folder: Path, *, patience: float = 20.0) -> list[str]:
    store = Store(default_url(folder))
    try:
        node = Node(url, patience=patience)
        contracts.follow(store, node, [desk.factory.address], [])
        backfill(Follower(store, node), None, lambda _: None)
        with store.reading() as connection:
            return list(dump.lines(connection, node.chain_id))
    finally:
        store.close()


# ---------------------------------------------------------------- nodes


def test_ranges_halve_until_the_node_takes_them(chain: Chain, proxy: Proxy, tmp_path: Path) -> None:
    def at_most_five(method: str, params: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 5:
            return {"code": -32005, "message": "query exceeds max block range 5"}
        return None

    proxy.refuse = at_most_five
    assert indexed(proxy.address, chain.desk, tmp_path) == chain.lines
    spans = [
        int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) + 1
        for method, params in proxy.asked
        if method == "eth_getLogs"
    ]
    assert max(spans) > 5


@pytest.mark.parametrize(
    "failure", [(429, b""), (500, b"oops"), (503, b"{}"), (200, b'{"jsonrpc": "2.0", "id": 1, "resu')]
)
def test_what_fails_for_a_while_is_asked_again(
    chain: Chain, proxy: Proxy, tmp_path: Path, failure: tuple[int, bytes]
) -> None:
    chance = random.Random(1)
    proxy.fail = lambda: failure if chance.random() < 0.2 else None
    assert indexed(proxy.address, chain.desk, tmp_path) == chain.lines


def test_a_node_without_batches_is_asked_one_by_one(chain: Chain, proxy: Proxy, tmp_path: Path) -> None:
    answer = proxy.answer

    def alone(body: bytes) -> tuple[int, bytes]:
        if isinstance(json.loads(body), list):
            error = {"jsonrpc": "2.0", "id": None, "error": {"code": -32600, "message": "no batches"}}
            return 200, json.dumps(error).encode()
        return answer(body)

    proxy.answer = alone  # type: ignore[method-assign]
    assert indexed(proxy.address, chain.desk, tmp_path) == chain.lines


def test_a_chain_without_final_blocks_is_followed_all_the_same(
    chain: Chain, proxy: Proxy, tmp_path: Path
) -> None:
    def without_tags(method: str, params: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] in ("safe", "finalized"):
            return {"code": -32602, "message": "unknown block tag"}
        return None

    proxy.refuse = without_tags
    assert indexed(proxy.address, chain.desk, tmp_path) == chain.lines


def test_logs_given_twice_or_taken_back_count_once(chain: Chain, proxy: Proxy, tmp_path: Path) -> None:
    def twice(method: str, result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        gone = [{**each, "logIndex": hex(10**6), "removed": True} for each in result]
        return [*result, *gone, *reversed(result)]

    proxy.change = twice
    assert indexed(proxy.address, chain.desk, tmp_path) == chain.lines


def test_logs_that_the_node_leaves_out_are_noticed(chain: Chain, proxy: Proxy, tmp_path: Path) -> None:
    """Where what follows makes no sense without them; else `audit` finds them."""

    def without_openings(method: str, result: Any) -> Any:
        if method != "eth_getLogs":
            return result
        opened = "0x" + chain.desk.desk.abi.topic("TicketOpened").hex()
        return [each for each in result if each["topics"][0] != opened]

    proxy.change = without_openings
    with pytest.raises(LogsMissing, match="left out"):
        indexed(proxy.address, chain.desk, tmp_path)


def test_logs_of_other_blocks_are_not_believed(chain: Chain, proxy: Proxy, tmp_path: Path) -> None:
    def elsewhere(method: str, result: Any) -> Any:
        return (
            [{**each, "blockHash": "0x" + "00" * 32} for each in result]
            if method == "eth_getLogs"
            else result
        )

    proxy.change = elsewhere
    with pytest.raises(NodeUnreachable):
        indexed(proxy.address, chain.desk, tmp_path)


def test_another_chain_is_refused(proxy: Proxy) -> None:
    node = Node(proxy.address)
    proxy.change = lambda method, result: "0x1" if method == "eth_chainId" else result
    with pytest.raises(NotFound, match="on chain 1, not on chain 31337"):
        node.check_chain()


def test_patience_ends() -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(NodeUnreachable, match="no usable answer"):
        Node(f"http://127.0.0.1:{port}", patience=0.3)


# ---------------------------------------------------------------- commands


def run(*arguments: str) -> Any:
    return CliRunner(mix_stderr=False).invoke(main, ["index", *arguments])


def database(folder: Path) -> tuple[str, str]:
    return "--database", default_url(folder)


def test_backfill_dump_and_audit_as_commands(chain: Chain, tmp_path: Path) -> None:
    rpc = ("--rpc", chain.url)
    filled = run(
        "backfill",
        *rpc,
        *database(tmp_path),
        "--factory",
        chain.desk.factory.address,
        "--no-leaves",
        "--json",
    )
    assert filled.exit_code == 0
    found = json.loads(filled.stdout)
    assert found["block"] == chain.desk.w3.eth.block_number
    assert found["events"] > 50
    # What is followed is remembered.
    assert run("backfill", *rpc, *database(tmp_path), "--no-leaves").exit_code == 0
    assert run("dump", *database(tmp_path)).stdout.splitlines() == chain.lines
    audited = run("audit", *rpc, *database(tmp_path), "--json")
    assert audited.exit_code == 0
    assert json.loads(audited.stdout)["agrees"] is True


def test_audit_of_a_node_that_leaves_logs_out_exits_6(chain: Chain, proxy: Proxy, tmp_path: Path) -> None:
    rpc = ("--rpc", chain.url)
    run("backfill", *rpc, *database(tmp_path), "--factory", chain.desk.factory.address, "--no-leaves")
    bot = "0x" + chain.desk.desk.abi.topic("AllowanceSet").hex()
    proxy.change = lambda method, result: (
        [each for each in result if each["topics"][0] != bot] if method == "eth_getLogs" else result
    )
    found = run("audit", "--rpc", proxy.address, *database(tmp_path), "--json")
    assert found.exit_code == 6
    told = json.loads(found.stdout)
    assert told["agrees"] is False
    assert told["ours"]["rows"]["events"] > told["theirs"]["rows"]["events"]


def test_one_desk_is_followed_by_its_address(chain: Chain, tmp_path: Path) -> None:
    rpc = ("--rpc", chain.url)
    filled = run("backfill", *rpc, *database(tmp_path), "--desk", chain.desk.desk.address, "--no-leaves")
    assert filled.exit_code == 0
    lines = run("dump", *database(tmp_path)).stdout.splitlines()
    tickets = [line for line in lines if line.startswith("tickets\t")]
    assert tickets
    assert set(tickets) <= set(chain.lines)
    assert run("audit", *rpc, *database(tmp_path)).exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        ((), 2, "Nothing was named"),
        (("--factory", "nobody"), 2, "is not an address"),
        (("--factory", "0x" + "11" * 20), 3, "There is no DeskFactory at"),
        (("--desk", "0x" + "11" * 20), 3, "There is no SupportDesk at"),
        (("--database", "mysql://x/y"), 2, "cannot be used"),
        (("--database", "nothing"), 2, "is none"),
        (("--database", "sqlite:////proc/nowhere/index.sqlite"), 1, "cannot be made"),
    ],
)
def test_bad_input_gets_a_sentence(
    chain: Chain, tmp_path: Path, arguments: tuple[str, ...], code: int, told: str
) -> None:
    given = arguments if "--database" in arguments else (*arguments, *database(tmp_path))
    found = run("backfill", "--rpc", chain.url, *given)
    assert found.exit_code == code, found.output
    assert told in found.stderr
    assert len(found.stderr.splitlines()) == 1


def test_a_factory_of_a_desk_that_is_followed_is_refused(chain: Chain, tmp_path: Path) -> None:
    rpc, desk = ("--rpc", chain.url), chain.desk.desk.address
    assert run("backfill", *rpc, *database(tmp_path), "--desk", desk, "--no-leaves").exit_code == 0
    before = run("dump", *database(tmp_path)).stdout
    found = run("backfill", *rpc, *database(tmp_path), "--factory", chain.desk.factory.address)
    assert found.exit_code == 2
    assert "is followed already" in found.stderr
    assert run("dump", *database(tmp_path)).stdout == before
    # Nothing of it stays.
    assert run("backfill", *rpc, *database(tmp_path)).exit_code == 0


def test_commands_without_an_index_or_a_node_say_so(chain: Chain, tmp_path: Path) -> None:
    assert run("audit", "--rpc", chain.url, *database(tmp_path)).exit_code == 3
    assert run("dump", *database(tmp_path)).exit_code == 3
    assert run("backfill", *database(tmp_path)).exit_code == 2


def test_what_the_database_refuses_is_told(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    with pytest.raises(MakegoodError, match="refuses"), store.writing() as connection:
        connection.exec_driver_sql("INSERT INTO chains VALUES (1)")
    store.close()
