# SPDX-License-Identifier: Apache-2.0
"""What a node says of an account and of its transactions."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, cast

from eth_typing import ChecksumAddress
from eth_utils.address import to_checksum_address
from web3 import Web3
from web3.exceptions import TransactionNotFound, Web3RPCError

from makegood.desk import chain_errors
from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable

_DEEP = 64
"""Blocks that are taken for final where the node does not say what is."""

_KNOWN = ("already known", "already imported", "known transaction", "already in mempool")
_USED = ("nonce too low", "nonce is too low", "nonce has already been used", "nonce_too_low", "old nonce")
_LOW = ("underpriced", "fee too low", "less than block base fee", "below the network", "price too low")
_POOR = ("insufficient funds", "insufficient balance", "cannot afford")


class Answer(Enum):
    """What a node says to a transaction."""

    TAKEN = "taken"
    NONCE_USED = "nonce used"
    UNDERPRICED = "underpriced"
    NO_MONEY = "no money"
    REFUSED = "refused"


class Node:
    """One account as a node sees it."""

    def __init__(self, w3: Web3, account: str) -> None:
        self.w3 = w3
        self.account: ChecksumAddress = to_checksum_address(account)

    def head(self) -> int:
        """The number of the newest block."""
        with chain_errors("eth_blockNumber"):
            return int(self.w3.eth.block_number)

    def final(self, head: int) -> int:
        """The newest block that never changes again; -1 where there is none yet."""
        try:
            with chain_errors("eth_getBlockByNumber"):
                return int(self.w3.eth.get_block("finalized")["number"])
        except NodeUnreachable:
            raise
        except MakegoodError:
            return head - _DEEP

    def block_hash(self, number: int, head: int) -> str | None:
        """The hash of the block with this number; None where the chain does not reach so far."""
        if number > head:
            return None
        with chain_errors("eth_getBlockByNumber"):
            return Web3.to_hex(self.w3.eth.get_block(number)["hash"])

    def count(self, block: int | str) -> int:
        """How many transactions of the account there are by a block."""
        with chain_errors("eth_getTransactionCount"):
            return int(self.w3.eth.get_transaction_count(self.account, cast(Any, block)))

    def use_of(self, nonce: int, newest: int) -> tuple[str, int, str] | None:
        """The transaction with which the account used a nonce, which it did by the block `newest`.

        With the number and the hash of its block. None where the node no longer knows the states of that
        time. Raises NodeUnreachable where its answers are of different chains.
        """
        number = self._used_in(nonce, newest)
        if number is None:
            return None
        with chain_errors("eth_getBlockByNumber"):
            block = self.w3.eth.get_block(number, full_transactions=True)
        for each in cast(list[Mapping[str, Any]], block["transactions"]):
            if each["from"] == self.account and each["nonce"] == nonce:
                return Web3.to_hex(each["hash"]), number, Web3.to_hex(block["hash"])
        raise NodeUnreachable("The node's answers are of different blocks.", hint="Ask another node.")

    def _used_in(self, nonce: int, newest: int) -> int | None:
        used, span = newest, _DEEP
        try:
            # Few nodes keep old states, so no older ones are asked for than there have to be.
            while (before := used - span) >= 0 and self.count(before) > nonce:
                used, span = before, 2 * span
            before = max(-1, before)
            while used - before > 1:
                middle = (before + used) // 2
                before, used = (before, middle) if self.count(middle) > nonce else (middle, used)
        except NodeUnreachable:
            raise
        except MakegoodError:
            return None
        return used

    def balance(self) -> int:
        """What the account has, in wei."""
        with chain_errors("eth_getBalance"):
            return int(self.w3.eth.get_balance(self.account))

    def receipt(self, transaction: str) -> Mapping[str, Any] | None:
        """What became of a transaction; None where it is in no block."""
        with chain_errors("eth_getTransactionReceipt"):
            try:
                return cast(Mapping[str, Any], self.w3.eth.get_transaction_receipt(cast(Any, transaction)))
            except TransactionNotFound:
                return None

    def knows(self, transaction: str) -> bool:
        """Whether a transaction is in the node's pool or in a block."""
        with chain_errors("eth_getTransactionByHash"):
            try:
                self.w3.eth.get_transaction(cast(Any, transaction))
            except TransactionNotFound:
                return False
            return True

    def gas(self, target: str, data: bytes, value: int) -> int:
        """What a call takes right after all that is in the pool. Raises ChainRevert where it is refused."""
        with chain_errors("the call"):
            return int(self.w3.eth.estimate_gas(self._fields(target, data, value), "pending"))

    def why_reverted(self, target: str, data: bytes, value: int, block: int) -> str:
        """The reason that a call reverted with in a block; empty where there is none to be had."""
        try:
            with chain_errors("the call"):
                self.w3.eth.call(self._fields(target, data, value), block)
        except ChainRevert as error:
            return error.reason
        except NodeUnreachable:
            raise
        except MakegoodError:
            pass
        return ""

    def send(self, raw: bytes) -> tuple[Answer, str]:
        """Hand a signed transaction over. Raises NodeUnreachable where no answer comes: it may be sent."""
        try:
            with chain_errors("the transaction"):
                self.w3.eth.send_raw_transaction(raw)
        except NodeUnreachable:
            raise
        except MakegoodError as error:
            return _answer(error)
        return Answer.TAKEN, ""

    def _fields(self, target: str, data: bytes, value: int) -> Any:
        return {
            "from": self.account,
            "to": to_checksum_address(target),
            "data": Web3.to_hex(data),
            "value": value,
        }


def _answer(error: MakegoodError) -> tuple[Answer, str]:
    cause = error.__cause__
    text = str(cause) if isinstance(cause, Web3RPCError) else error.message
    lowered = text.lower()
    for answer, marks in (
        (Answer.TAKEN, _KNOWN),
        (Answer.NONCE_USED, _USED),
        (Answer.UNDERPRICED, _LOW),
        (Answer.NO_MONEY, _POOR),
    ):
        if any(mark in lowered for mark in marks):
            return answer, text
    return Answer.REFUSED, error.message
