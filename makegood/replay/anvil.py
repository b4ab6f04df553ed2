# SPDX-License-Identifier: Apache-2.0
"""Anvil as a driver, by its own JSON-RPC methods.

What changes the chain goes request by request, since anvil works on all parts of a JSON-RPC batch at the same
time; what only reads goes in batches. Anvil hashes its whole state for every block and keeps old states,
so a long log takes it longer than the in-process chain; `--prune-history` spares it the keeping.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any, cast

from eth_utils.crypto import keccak
from web3 import Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint

from makegood.desk.refusal import chain_errors
from makegood.errors import MakegoodError, NodeUnreachable
from makegood.replay.driver import Block, Entry, Mined, Receipt

_AT_ONCE = 200
"""Blocks mined before their receipts are fetched, and reads in one batch."""


class AnvilDriver:
    """Sends signed transactions and mines each block by hand."""

    def __init__(self, w3: Web3) -> None:
        self._w3 = w3
        self._provider = cast(JSONBaseProvider, w3.provider)

    @property
    def w3(self) -> Web3:
        """As `Driver.w3`."""
        return self._w3

    def give(self, account: str, amount: int) -> None:
        """As `Driver.give`: anvil makes it."""
        with chain_errors("eth_getBalance"):
            balance = self._w3.eth.get_balance(Web3.to_checksum_address(account))
        if balance < amount:
            self._ask("anvil_setBalance", account, hex(amount))

    def mine(self, blocks: Iterable[Block]) -> Mined:
        """As `Driver.mine`. Anvil's own mining rests meanwhile, and is as before afterwards."""
        remaining = iter(blocks)
        with self._by_hand():
            while some := list(islice(remaining, _AT_ONCE)):
                first = int(self._ask("eth_blockNumber"), 16) + 1
                for block in some:
                    for raw in block.transactions:
                        self._ask("eth_sendRawTransaction", Web3.to_hex(raw))
                    self._ask("evm_mine", hex(block.at))
                yield from self._receipts(first, some)

    def read_many(self, to: str, calls: Sequence[bytes]) -> list[bytes]:
        """As `Driver.read_many`."""
        answers: list[bytes] = []
        for start in range(0, len(calls), _AT_ONCE):
            requests = [
                ("eth_call", [{"to": to, "data": Web3.to_hex(data)}, "latest"])
                for data in calls[start : start + _AT_ONCE]
            ]
            answers += [Web3.to_bytes(hexstr=answer) for answer in self._ask_many(requests)]
        return answers

    @contextmanager
    def _by_hand(self) -> Iterator[None]:
        at_once = self._ask("anvil_getAutomine")
        interval = self._ask("anvil_getIntervalMining")
        self._ask("evm_setAutomine", False)
        try:
            yield
        finally:
            if at_once:
                self._ask("evm_setAutomine", True)
            elif interval:
                self._ask("evm_setIntervalMining", interval)

    def _receipts(self, first: int, blocks: Sequence[Block]) -> Iterator[tuple[Receipt, ...]]:
        numbers = range(first, first + len(blocks))
        headers = self._ask_many([("eth_getBlockByNumber", [hex(number), False]) for number in numbers])
        receipts = self._ask_many([("eth_getBlockReceipts", [hex(number)]) for number in numbers])
        for number, block, header, found in zip(numbers, blocks, headers, receipts, strict=True):
            hashes = [Web3.to_hex(keccak(raw)) for raw in block.transactions]
            if int(header["timestamp"], 16) != block.at or header["transactions"] != hashes:
                raise MakegoodError(
                    f"Block {number} does not hold what the replay put into it.",
                    hint="Let nobody else use the node, and start it with `--order fifo`.",
                )
            yield tuple(_receipt(number, each) for each in found)

    def _ask(self, method: str, *arguments: Any) -> Any:
        with chain_errors(method):
            response = self._provider.make_request(RPCEndpoint(method), list(arguments))
        return _result(method, response)

    def _ask_many(self, requests: Sequence[tuple[str, Any]]) -> list[Any]:
        with chain_errors(requests[0][0]):
            responses = self._provider.make_batch_request(
                [(RPCEndpoint(method), arguments) for method, arguments in requests]
            )
        if not isinstance(responses, list) or len(responses) != len(requests):
            raise NodeUnreachable("The node answers a batch of requests with something else.")
        return [_result(method, response) for (method, _), response in zip(requests, responses, strict=True)]


def _result(method: str, response: Any) -> Any:
    if response.get("error"):
        message = str(response["error"].get("message", "")).rstrip(".")
        raise MakegoodError(f"The node refuses {method}: {message}.")
    return response["result"]


def _receipt(number: int, found: Any) -> Receipt:
    return Receipt(
        block_number=number,
        succeeded=int(found["status"], 16) == 1,
        gas_used=int(found["gasUsed"], 16),
        logs=tuple(
            Entry(
                Web3.to_bytes(hexstr=log["address"]),
                tuple(Web3.to_bytes(hexstr=topic) for topic in log["topics"]),
                Web3.to_bytes(hexstr=log["data"]),
            )
            for log in found["logs"]
        ),
    )
