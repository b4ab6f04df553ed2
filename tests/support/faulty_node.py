# SPDX-License-Identifier: Apache-2.0
"""A node that fails: a proxy on a real socket before a real node, which answers as a broken one would."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import requests
from eth_account import Account
from eth_account.typed_transactions import TypedTransaction
from eth_utils.crypto import keccak
from hexbytes import HexBytes

Json = dict[str, Any]

SEND = "eth_sendRawTransaction"
_TAGS = ("latest", "pending", "safe", "finalized")


@dataclass(frozen=True)
class Answer:
    """To one HTTP request; after `told` bytes of the content the connection is cut."""

    content: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    told: int | None = None


class Fault:
    """What stands between the callers and the node; by itself it changes nothing."""

    def __init__(self) -> None:
        self.met = 0
        """How many requests it did something to."""

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:
        """To a whole HTTP request, which may be a batch; None where none ever comes."""
        wanted = json.loads(body)
        if isinstance(wanted, list):
            return Answer(json.dumps([self.each(node, one) for one in wanted]).encode())
        return Answer(json.dumps(self.each(node, wanted)).encode())

    def each(self, node: FaultyNode, request: Json) -> Json:
        """To one request of JSON-RPC."""
        return node.ask(request)


class FaultyNode:
    """Where callers believe the node to be.

    Other than anvil, it takes a replacement only where both fees are a tenth higher, as most nodes do.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.raise_percent = 10
        self.underpriced = 0
        """How many replacements it refused."""
        self.callers: set[str] = set()
        """What programs have asked since the last fault began."""
        self._offers: dict[tuple[str, int], tuple[str, int, int]] = {}
        self._sessions = threading.local()
        self._server: _Server | None = None
        self._fault = Fault()
        self._well = self._fault
        self.up()
        self.address = f"http://127.0.0.1:{self._port}"

    # ------------------------------------------------------------ faults

    def begin(self, fault: Fault) -> Fault:
        """From now on."""
        self.callers.clear()
        self._fault = fault
        return fault

    def end(self) -> None:
        """All is well again; who waits for an answer that never comes, goes on waiting."""
        self._fault = self._well

    def down(self) -> None:
        """Nobody listens, and whoever was connected no longer is."""
        assert self._server is not None
        self._server.stop()
        self._server = None

    def up(self) -> None:
        """Listens, at the same place as before."""
        self._server = _Server(self, 0 if self._server is None and not hasattr(self, "_port") else self._port)
        self._port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        """Let go of the port."""
        if self._server is not None:
            self.down()

    # ------------------------------------------------------------ the node behind

    def answer(self, body: bytes, caller: str) -> Answer | None:
        """As the present fault has it."""
        self.callers.add(caller)
        return self._fault.answer(self, body)

    def ask(self, request: Json, url: str | None = None) -> Json:
        """What the node, or another, answers."""
        if request["method"] == SEND and self._is_underpriced(request):
            self.underpriced += 1
            return _error(request, -32000, "replacement transaction underpriced")
        return self._ask(request, url)

    def _is_underpriced(self, request: Json) -> bool:
        sender, fields = _read(request["params"][0])
        name = (sender, fields["nonce"])
        offer = (_hash(request), fields["maxFeePerGas"], fields["maxPriorityFeePerGas"])
        before = self._offers.get(name)
        if before is not None and before[0] != offer[0] and self._is_pending(before[0]):
            least = [each * (100 + self.raise_percent) for each in before[1:]]
            if any(100 * now < wanted for now, wanted in zip(offer[1:], least, strict=True)):
                return True
        self._offers[name] = offer
        return False

    def _is_pending(self, found: str) -> bool:
        asked = {"jsonrpc": "2.0", "id": 0, "method": "eth_getTransactionByHash", "params": [found]}
        known = self._ask(asked)["result"]
        return known is not None and known["blockNumber"] is None

    def _ask(self, request: Json, url: str | None = None) -> Json:
        if not hasattr(self._sessions, "one"):
            self._sessions.one = requests.Session()
        answer: Json = self._sessions.one.post(url or self.url, json=request, timeout=30).json()
        return answer


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, node: FaultyNode, port: int) -> None:
        self.node = node
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Handler)

    def stop(self) -> None:
        self.shutdown()
        self.server_close()
        for each in list(self.open):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def handle_error(self, *_: Any) -> None:
        """A caller who hung up is none of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.server.open.add(self.connection)

    def finish(self) -> None:
        self.server.open.discard(self.connection)
        super().finish()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        answer = self.server.node.answer(body, self.headers["User-Agent"].partition("/")[0])
        if answer is None:
            # Until the caller has had enough.
            select.select([self.connection], [], [])
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.content)))
        self.end_headers()
        self.wfile.write(answer.content[: answer.told])
        if answer.told is not None:
            self.close_connection = True
            with contextlib.suppress(OSError):
                self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def faulty_node(url: str) -> Iterator[FaultyNode]:
    """For as long as it is needed."""
    node = FaultyNode(url)
    try:
        yield node
    finally:
        node.close()


# ---------------------------------------------------------------- answers that are none


class Says(Fault):
    """These, one after the other, whatever was asked."""

    def __init__(self, *answers: Answer) -> None:
        super().__init__()
        self._answers = answers

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:  # noqa: ARG002
        self.met += 1
        return self._answers[self.met % len(self._answers)]


class Hangs(Fault):
    """It takes what is asked and says nothing."""

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:  # noqa: ARG002
        self.met += 1
        return None


class Truncates(Fault):
    """A part of what it had to say, as if that were all."""

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:
        whole = super().answer(node, body)
        assert whole is not None
        self.met += 1
        return Answer(whole.content[: len(whole.content) * 2 // 3])


class Cuts(Fault):
    """The connection ends in the midst of an answer."""

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:
        whole = super().answer(node, body)
        assert whole is not None
        self.met += 1
        return Answer(whole.content, told=len(whole.content) // 2)


# ---------------------------------------------------------------- other views of the chain


class Elsewhere(Fault):
    """Another node answers."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._url = url

    def each(self, node: FaultyNode, request: Json) -> Json:
        self.met += 1
        return node.ask(request, self._url)


class Alternates(Fault):
    """Each request is answered by the next of several, as behind an address that many nodes share."""

    def __init__(self, *some: Fault) -> None:
        super().__init__()
        self._some = some

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:
        self.met += 1
        return self._some[self.met % len(self._some)].answer(node, body)


class Behind(Fault):
    """A node that has the chain up to a block only. What is sent to it reaches the others."""

    def __init__(self, newest: int) -> None:
        super().__init__()
        self._newest = newest

    def each(self, node: FaultyNode, request: Json) -> Json:
        self.met += 1
        method, params = request["method"], list(request["params"])
        if method == "eth_blockNumber":
            return _result(request, hex(self._newest))
        if method == "eth_getBlockByNumber" and self._is_ahead(params[0]):
            return _result(request, None)
        if method == "eth_getLogs":
            return self._logs(node, request, params[0])
        seen = [self._seen(each) for each in params]
        answer = node.ask({**request, "params": seen})
        found = answer.get("result")
        if method == "eth_getTransactionReceipt" and found and self._is_ahead(found["blockNumber"]):
            return _result(request, None)
        if method == "eth_getTransactionByHash" and found and self._is_ahead(found["blockNumber"]):
            where = dict.fromkeys(("blockHash", "blockNumber", "transactionIndex"))
            return _result(request, {**found, **where})
        if method == "eth_getBlockByNumber" and found and self._is_ahead(found["number"]):
            return node.ask({**request, "params": [hex(self._newest), *params[1:]]})
        return answer

    def _logs(self, node: FaultyNode, request: Json, wanted: Json) -> Json:
        if int(wanted["fromBlock"], 16) > self._newest:
            return _result(request, [])
        until = min(int(wanted["toBlock"], 16), self._newest)
        return node.ask({**request, "params": [{**wanted, "toBlock": hex(until)}]})

    def _seen(self, param: Any) -> Any:
        return hex(self._newest) if param in ("latest", "pending") else param

    def _is_ahead(self, number: Any) -> bool:
        return isinstance(number, str) and number not in _TAGS and int(number, 16) > self._newest


# ---------------------------------------------------------------- logs


class ChangesLogs(Fault):
    """Of what eth_getLogs answers."""

    def __init__(self, change: Callable[[list[Json]], list[Json]]) -> None:
        super().__init__()
        self._change = change

    def each(self, node: FaultyNode, request: Json) -> Json:
        answer = node.ask(request)
        found = answer.get("result")
        if request["method"] != "eth_getLogs" or not found:
            return answer
        self.met += 1
        return {**answer, "result": self._change(found)}


def none(_: list[Json]) -> list[Json]:
    """All are left out."""
    return []


def twice(found: list[Json]) -> list[Json]:
    """Each is given again, in another order."""
    return [*found, *reversed(found)]


# ---------------------------------------------------------------- transactions


class Swallows(Fault):
    """Transactions are taken, and dropped."""

    def each(self, node: FaultyNode, request: Json) -> Json:
        if request["method"] != SEND:
            return node.ask(request)
        self.met += 1
        return _result(request, _hash(request))


class Hoards(Fault):
    """The first transaction of each nonce is in this node's pool, and in nobody else's."""

    def __init__(self) -> None:
        super().__init__()
        self._kept: dict[tuple[str, int], str] = {}

    def each(self, node: FaultyNode, request: Json) -> Json:
        method, params = request["method"], request["params"]
        if method == SEND:
            sender, fields = _read(params[0])
            if self._kept.setdefault((sender, fields["nonce"]), _hash(request)) == _hash(request):
                self.met += 1
                return _result(request, _hash(request))
        answer = node.ask(request)
        if method == "eth_getTransactionByHash" and answer.get("result") is None:
            known = [each for each in self._kept.items() if each[1] == params[0]]
            return _result(request, _pending(*known[0])) if known else answer
        if method == "eth_getTransactionCount" and params[1] == "pending":
            count = int(answer["result"], 16)
            while (params[0], count) in self._kept:
                count += 1
            return _result(request, hex(count))
        return answer


class LosesReceipts(Fault):
    """Transactions are sent, but the answer is lost on the way; nor does it know of receipts."""

    def answer(self, node: FaultyNode, body: bytes) -> Answer | None:
        whole = super().answer(node, body)
        if SEND.encode() not in body:
            return whole
        self.met += 1
        return Answer(b" " * 100, told=0)

    def each(self, node: FaultyNode, request: Json) -> Json:
        if request["method"] == "eth_getTransactionReceipt":
            return _result(request, None)
        return node.ask(request)


def _read(raw: str) -> tuple[str, Json]:
    sender: str = Account.recover_transaction(raw)
    return sender, TypedTransaction.from_bytes(HexBytes(raw)).as_dict()


def _hash(request: Json) -> str:
    return "0x" + keccak(hexstr=request["params"][0]).hex()


def _pending(name: tuple[str, int], found: str) -> Json:
    return {
        "hash": found,
        "from": name[0],
        "nonce": hex(name[1]),
        "blockHash": None,
        "blockNumber": None,
        "transactionIndex": None,
    }


def _result(request: Json, result: Any) -> Json:
    return {"jsonrpc": "2.0", "id": request["id"], "result": result}


def _error(request: Json, code: int, message: str) -> Json:
    return {"jsonrpc": "2.0", "id": request["id"], "error": {"code": code, "message": message}}


def html(status: int, title: str) -> Answer:
    """A page, as a gateway before a node gives it."""
    page = f"<html><head><title>{status} {title}</title></head><body><h1>{title}</h1></body></html>"
    return Answer(page.encode(), status, {"Content-Type": "text/html"})
