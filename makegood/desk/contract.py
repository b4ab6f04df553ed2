# SPDX-License-Identifier: Apache-2.0
"""What the clients of all contracts share: where it is, how it is read, how a call to it is made."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar, cast

from eth_typing import BlockIdentifier, ChecksumAddress
from eth_utils.address import is_address, to_checksum_address
from web3 import Web3
from web3.types import FilterParams, LogReceipt

from makegood.desk.abi import Abi, abi_of
from makegood.desk.call import Call
from makegood.desk.event import Event
from makegood.desk.refusal import chain_errors
from makegood.desk.scan import SPAN, scan
from makegood.errors import NotFound, UsageError

T = TypeVar("T")

ETH = "0x" + "00" * 20
"""Stands for the chain's own coin where an asset's address is asked for."""


def connect(w3: Web3, chain_id: int | None = None) -> int:
    """The chain id that the node tells.

    Raises NodeUnreachable without an answer, and NotFound where it is another chain than `chain_id`.
    """
    with chain_errors("eth_chainId"):
        found = w3.eth.chain_id
    if chain_id is not None and found != chain_id:
        raise NotFound(
            f"The node is on chain {found}, not on chain {chain_id}.", hint="Choose the network of the desk."
        )
    return found


class Contract:
    """One deployed contract. Reading never sends; writing gives a `Call`."""

    ARTIFACT: str

    def __init__(self, w3: Web3, address: str) -> None:
        """Raises NotFound where no code lives at `address`, UsageError where it is no address."""
        if not is_address(address):
            raise UsageError(f'"{address}" is not an address.', hint="Give 0x and 40 hexadecimal digits.")
        self.w3 = w3
        self.address: ChecksumAddress = to_checksum_address(address)
        self.abi: Abi = abi_of(self.ARTIFACT)
        with chain_errors("eth_getCode"):
            code = w3.eth.get_code(self.address)
        if not code:
            raise NotFound(
                f"There is no contract at {self.address} on chain {connect(w3)}.",
                hint="Check the address and the network.",
            )

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address})"

    def read(self, function: str, *arguments: Any, block: BlockIdentifier = "latest") -> Any:
        """What a view returns. Raises ChainRevert for a refusal, NotFound for another contract's answer."""
        with chain_errors(function):
            answer = self.w3.eth.call(
                {"to": self.address, "data": cast(Any, Web3.to_hex(self.abi.encode(function, arguments)))},
                block,
            )
        return self.abi.decode(function, len(arguments), bytes(answer))

    def call(self, function: str, *arguments: Any, value: int = 0) -> Call[Any]:
        """A call of this contract; `value` in wei."""
        return self._call(lambda answer: answer, function, *arguments, value=value)

    def _call(self, shape: Callable[[Any], T], function: str, *arguments: Any, value: int = 0) -> Call[T]:
        return Call(
            w3=self.w3,
            to=self.address,
            data=self.abi.encode(function, arguments),
            value=value,
            function=function,
            arguments=self.abi.named(function, arguments),
            decode=lambda answer: shape(self.abi.decode(function, len(arguments), answer)),
            decode_logs=self.decode_logs,
        )

    def decode_logs(self, logs: Iterable[LogReceipt]) -> tuple[Event, ...]:
        """The events among these logs that this contract's calls cause, in order; others are left out."""
        emitters = self.emitters()
        known = ((emitters.get(to_checksum_address(log["address"])), log) for log in logs)
        events = (abi.decode_log(log) for abi, log in known if abi is not None)
        return tuple(event for event in events if event is not None)

    def emitters(self) -> Mapping[str, Abi]:
        """Whose events a call of this contract can cause, by address."""
        return {self.address: self.abi}

    # ------------------------------------------------------------ what happened

    def events(
        self,
        names: Sequence[str] | None = None,
        from_block: int = 0,
        to_block: int | None = None,
        span: int = SPAN,
        *,
        where: tuple[str, bytes | str] | None = None,
        newest_first: bool = False,
    ) -> Iterator[Event]:
        """This contract's events of these names (all without), in order, in ranges of `span` blocks at most.

        `where` is an indexed argument, 32 bytes or an address, and its value: events without it are left out.
        """
        with chain_errors("eth_blockNumber"):
            last = self.w3.eth.block_number if to_block is None else to_block
        filters = self._filters(self.abi.events if names is None else names, where)
        for log in scan(self.w3, filters, from_block, last, span, newest_first=newest_first):
            event = self.abi.decode_log(log)
            if event is not None:
                yield event

    def timeline(self, ticket_id: bytes, from_block: int = 0, span: int = SPAN) -> tuple[Event, ...]:
        """All events of a ticket in order, each with its time; empty where the ticket is unknown."""
        events = tuple(self.events(None, from_block, None, span, where=("ticket_id", ticket_id)))
        times = {number: self._timestamp(number) for number in {event.block_number for event in events}}
        return tuple(replace(event, at=times[event.block_number]) for event in events)

    def _filters(self, names: Iterable[str], where: tuple[str, bytes | str] | None) -> list[FilterParams]:
        if where is None:
            return [{"address": self.address, "topics": [_topics(self.abi, names)]}]
        argument, value = where
        places: dict[int, list[str]] = {}
        for name in names:
            place = self.abi.place(name, argument)
            if place:
                places.setdefault(place, []).append(name)
        word = value if isinstance(value, bytes) else bytes.fromhex(value.removeprefix("0x"))
        topic = Web3.to_hex(word.rjust(32, b"\0"))
        return [
            {"address": self.address, "topics": [_topics(self.abi, each), *([None] * (place - 1)), topic]}
            for place, each in places.items()
        ]

    def _timestamp(self, block_number: int) -> int:
        with chain_errors("eth_getBlockByNumber"):
            return int(self.w3.eth.get_block(block_number)["timestamp"])


def _topics(abi: Abi, names: Iterable[str]) -> list[str]:
    return [Web3.to_hex(abi.topic(name)) for name in names]


def creation(w3: Web3, name: str, initcode: bytes, arguments: Sequence[Any] = ()) -> Call[None]:
    """The call that creates the contract `name`; its outcome has the address in `created`."""
    abi = abi_of(name)
    tail = abi.encode_constructor(arguments) if arguments else b""
    return Call(
        w3=w3,
        to=None,
        data=initcode + tail,
        value=0,
        function=f"create {name}",
        arguments=abi.named("", arguments) if arguments else {},
        decode=lambda _: None,
        decode_logs=lambda _: (),
    )
