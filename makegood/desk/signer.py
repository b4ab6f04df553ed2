# SPDX-License-Identifier: Apache-2.0
"""Who signs: the protocol that the client needs, and a signer with a key of eth-account."""

from collections.abc import Mapping
from typing import Any, Protocol, cast

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from web3 import Web3
from web3.exceptions import TimeExhausted
from web3.types import TxParams, TxReceipt

from makegood import typed_data
from makegood.desk.refusal import chain_errors
from makegood.errors import MakegoodError, NodeUnreachable


class Signer(Protocol):
    """An account that can act: a key, an Ape account, a hardware wallet."""

    @property
    def address(self) -> str:
        """Checksummed."""
        ...

    def send(self, w3: Web3, transaction: TxParams) -> TxReceipt:
        """Fill in nonce and fees where they are absent, sign, send, wait; the receipt, also a failed one."""
        ...

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        """The 65 bytes r, s, v over a message of `makegood.typed_data`."""
        ...


class KeySigner:
    """A signer whose key is in this process. `timeout` is how many seconds it waits for a receipt."""

    def __init__(self, account: LocalAccount, *, timeout: float = 120.0) -> None:
        self._account = account
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"KeySigner({self.address})"

    @classmethod
    def from_key(cls, key: bytes | str) -> "KeySigner":
        """A signer with this private key."""
        return cls(Account.from_key(key))

    @property
    def address(self) -> str:
        """Checksummed."""
        return str(self._account.address)

    def send(self, w3: Web3, transaction: TxParams) -> TxReceipt:
        """As `Signer.send`. Raises NodeUnreachable, and MakegoodError where it is not mined in time."""
        with chain_errors("the transaction"):
            raw = self._account.sign_transaction(
                cast(dict[str, Any], self._filled(w3, transaction))
            ).raw_transaction
            sent = w3.eth.send_raw_transaction(raw)
        name = Web3.to_hex(sent)
        try:
            with chain_errors("the transaction"):
                return w3.eth.wait_for_transaction_receipt(sent, timeout=self._timeout, poll_latency=0.1)
        except TimeExhausted as error:
            raise MakegoodError(
                f"The transaction {name} is sent but not mined after {self._timeout:.0f} seconds.",
                hint="Look it up before you send it again: it may still be mined.",
            ) from error
        except NodeUnreachable as error:
            raise NodeUnreachable(
                f"The transaction {name} is sent, but then the node stopped answering.",
                hint="Look it up before you send it again.",
            ) from error

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        """As `Signer.sign_typed`."""
        return bytes(self._account.sign_message(typed_data.signable(message)).signature)

    def _filled(self, w3: Web3, transaction: TxParams) -> TxParams:
        filled: TxParams = {
            "nonce": w3.eth.get_transaction_count(cast(ChecksumAddress, self.address), "pending")
        }
        if "gasPrice" not in transaction and "maxFeePerGas" not in transaction:
            filled = {**filled, **fees(w3)}
        return {**filled, **transaction}


def fees(w3: Web3) -> TxParams:
    """What to offer now: by EIP-1559 twice the base fee and the node's tip, else the node's gas price."""
    base = w3.eth.get_block("latest").get("baseFeePerGas")
    if base is None:
        return {"gasPrice": w3.eth.gas_price}
    tip = w3.eth.max_priority_fee
    return {"maxFeePerGas": cast(Any, 2 * base + tip), "maxPriorityFeePerGas": tip}
