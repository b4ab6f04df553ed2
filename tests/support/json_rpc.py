# SPDX-License-Identifier: Apache-2.0
"""The in-process chain as a JSON-RPC node, in process or over HTTP, which can be made to lie."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

from web3 import Web3
from web3.exceptions import TransactionNotFound
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse

Answer = Callable[[list[Any]], Any]


class Refused(Exception):
    """The node answers with an error of this text, and over HTTP with this status."""

    def __init__(self, text: str, *, code: int = -32000, status: int = 200) -> None:
        super().__init__(text)
        self.code = code
        self.status = status


class JsonRpcNode(JSONBaseProvider):
    """Answers what the clients ask from `w3`; `lies` replace the results of methods."""

    def __init__(self, w3: Web3, lies: Mapping[str, Answer] | None = None) -> None:
        super().__init__()
        self._w3 = w3
        self.lies = dict(lies or {})
        self.asked: list[str] = []
        self.ranges: list[tuple[int, int]] = []
        self.status = 200

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        return self.answer({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})

    def answer(self, request: Mapping[str, Any]) -> Any:
        method, params = request["method"], list(request["params"])
        self.asked.append(method)
        self.status = 200
        if method == "eth_getLogs":
            self.ranges.append((int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)))
        head = {"jsonrpc": "2.0", "id": request["id"]}
        try:
            if method in self.lies:
                return {**head, "result": self.lies[method](params)}
            return {**head, "result": self.truth(method, params)}
        except Refused as error:
            self.status = error.status
            return {**head, "error": {"code": error.code, "message": str(error)}}

    def truth(self, method: str, params: list[Any]) -> Any:
        """What an honest node answers."""
        eth = self._w3.eth
        if method == "eth_chainId":
            return hex(eth.chain_id)
        if method == "eth_blockNumber":
            return hex(eth.block_number)
        if method == "eth_getCode":
            return _json(eth.get_code(params[0]))
        if method == "eth_call":
            return _json(eth.call(params[0], _block(params[1])))
        if method == "eth_getBlockByNumber":
            return _json(eth.get_block(_block(params[0])))
        if method == "eth_getLogs":
            wanted = {**params[0]}
            for end in ("fromBlock", "toBlock"):
                wanted[end] = _block(wanted[end])
            return _json(eth.get_logs(wanted))
        if method == "eth_getTransactionReceipt":
            try:
                return _json(eth.get_transaction_receipt(params[0]))
            except TransactionNotFound:
                return None
        raise Refused(f"the method {method} does not exist")

    def limit_ranges(self, blocks: int, **refusal: Any) -> None:
        """Refuse to look for logs in more blocks at once, as public nodes do."""

        def logs(params: list[Any]) -> Any:
            first, last = self.ranges[-1]
            if last - first >= blocks:
                raise Refused(f"query exceeds max block range {blocks}", **refusal)
            return self.truth("eth_getLogs", params)

        self.lies["eth_getLogs"] = logs

    def is_connected(self, show_traceback: bool = False) -> bool:  # noqa: ARG002
        return True


def _block(name: Any) -> Any:
    return int(name, 16) if isinstance(name, str) and name.startswith("0x") else name


def _json(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return hex(value)
    if isinstance(value, bytes):
        return "0x" + bytes(value).hex()
    if isinstance(value, Mapping):
        return {key: _json(member) for key, member in value.items()}
    return [_json(member) for member in value]


@contextmanager
def served(node: JsonRpcNode) -> Iterator[str]:
    """The address at which the node answers over HTTP."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            content = json.dumps(node.answer(json.loads(self.rfile.read(length)))).encode()
            self.send_response(node.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
