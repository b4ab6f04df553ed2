# SPDX-License-Identifier: Apache-2.0
"""A call that is ready to be tried, priced or sent, and what came of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, cast

from eth_typing import BlockIdentifier
from web3 import Web3
from web3.types import LogReceipt, TxParams, TxReceipt

from makegood.desk.abi import shown
from makegood.desk.event import Event
from makegood.desk.refusal import chain_errors, reverted
from makegood.desk.signer import Signer
from makegood.errors import ChainRevert

T = TypeVar("T")


@dataclass(frozen=True)
class Outcome:
    """What a sent transaction did. `at` is Unix time, `fee` what the sender paid for gas, in wei."""

    transaction: bytes
    block_number: int
    at: int
    gas_used: int
    fee: int
    events: tuple[Event, ...]
    created: str | None
    receipt: TxReceipt = field(repr=False)

    def all(self, name: str) -> tuple[Event, ...]:
        """The events of this name, in order."""
        return tuple(event for event in self.events if event.name == name)

    def event(self, name: str) -> Event:
        """The first event of this name. Raises LookupError where there is none."""
        for event in self.events:
            if event.name == name:
                return event
        raise LookupError(f"no {name} among the events of {Web3.to_hex(self.transaction)}")


@dataclass(frozen=True)
class Call(Generic[T]):
    """One call of a contract, not sent yet. `to` is None for a creation, `value` in wei."""

    w3: Web3 = field(repr=False)
    to: str | None
    data: bytes = field(repr=False)
    value: int
    function: str
    arguments: Mapping[str, Any]
    decode: Callable[[bytes], T] = field(repr=False, compare=False)
    decode_logs: Callable[[Iterable[LogReceipt]], tuple[Event, ...]] = field(repr=False, compare=False)

    @property
    def description(self) -> str:
        """Function and arguments, such as `close(ticket_id=0x12…)`."""
        inner = ", ".join(f"{name}={shown(value)}" for name, value in self.arguments.items())
        return f"{self.function}({inner})"

    def simulate(self, sender: str, block: BlockIdentifier = "latest") -> T:
        """What the call would return to `sender`; changes nothing. Raises ChainRevert with the reason."""
        with chain_errors(self.function):
            answer = self.w3.eth.call(self._transaction(sender), block)
        return self.decode(bytes(answer))

    def gas(self, sender: str) -> int:
        """How much gas the node thinks it takes. Raises ChainRevert where it would be refused."""
        transaction = self._transaction(sender)
        with chain_errors(self.function):
            # eth-tester takes no block here, and always looks at its pending one.
            if hasattr(self.w3.provider, "ethereum_tester"):
                return self.w3.eth.estimate_gas(transaction)
            # The last block of a quiet local chain can be days old, and then nothing would be due yet.
            return self.w3.eth.estimate_gas(transaction, "pending")

    def send(self, signer: Signer, *, gas: int | None = None) -> Outcome:
        """Send it and wait. `gas` is a fixed limit; without, it is estimated, and a refusal costs nothing.

        Raises ChainRevert with the reason, also where the refusal comes only in the block.
        """
        # A quarter more than estimated: a clock that stops or restarts by then takes another path.
        limit = self.gas(signer.address) * 5 // 4 if gas is None else gas
        transaction = self._transaction(signer.address)
        transaction["gas"] = limit
        with chain_errors(self.function):
            transaction["chainId"] = self.w3.eth.chain_id
            receipt = signer.send(self.w3, transaction)
        if receipt["status"] != 1:
            raise self._why_failed(signer.address, limit, receipt)
        with chain_errors(self.function):
            at = self.w3.eth.get_block(receipt["blockNumber"])["timestamp"]
        return Outcome(
            transaction=bytes(receipt["transactionHash"]),
            block_number=receipt["blockNumber"],
            at=at,
            gas_used=receipt["gasUsed"],
            fee=receipt["gasUsed"] * receipt.get("effectiveGasPrice", 0),
            events=self.decode_logs(receipt["logs"]),
            created=receipt.get("contractAddress"),
            receipt=receipt,
        )

    def _transaction(self, sender: str) -> TxParams:
        fields: dict[str, Any] = {"from": sender, "data": Web3.to_hex(self.data), "value": self.value}
        if self.to is not None:
            fields["to"] = self.to
        return cast(TxParams, fields)

    def _why_failed(self, sender: str, limit: int, receipt: TxReceipt) -> ChainRevert:
        # A receipt has no reason; the same call at the end of that block has, unless that block changed it.
        try:
            self.simulate(sender, receipt["blockNumber"])
        except ChainRevert as refusal:
            return refusal
        name = Web3.to_hex(receipt["transactionHash"])
        # A call of a call leaves a 64th to its caller (EIP-150), so running out need not use all of it.
        if receipt["gasUsed"] * 64 >= limit * 62:
            return ChainRevert(
                f"{self.function} ran out of gas at {limit} ({name}).", hint="Give it more gas."
            )
        return reverted(f"{self.function} in {name}", "")
