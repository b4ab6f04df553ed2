# SPDX-License-Identifier: Apache-2.0
"""What a replay needs of a chain: blocks at seconds of its choosing."""

from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from web3 import Web3


@dataclass(frozen=True, slots=True)
class Block:
    """What shares a block: its Unix time, and signed transactions in the order in which they are to apply."""

    at: int
    transactions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """One raw log: who emitted it, its topics and its data."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction."""

    block_number: int
    succeeded: bool
    gas_used: int
    logs: tuple[Entry, ...]


Mined = Generator[tuple[Receipt, ...], None, None]
"""The receipts of each block, in order."""


class Driver(Protocol):
    """A chain whose time can be set."""

    @property
    def w3(self) -> Web3:
        """For what needs no second of its own; it mines at once."""
        ...

    def give(self, account: str, amount: int) -> None:
        """Sees that the account has at least `amount` wei."""
        ...

    def mine(self, blocks: Iterable[Block]) -> Mined:
        """Mines the blocks one by one; for each, the receipts of its transactions in their order.

        Receipts may come later than their blocks are mined. Once it is closed, the chain mines as before.
        Raises MakegoodError where a block does not hold its transactions, in their order and at its second.
        """
        ...

    def read_many(self, to: str, calls: Sequence[bytes]) -> list[bytes]:
        """The answers to these calls of one contract, at the latest block."""
        ...
