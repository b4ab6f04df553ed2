# SPDX-License-Identifier: Apache-2.0
"""A chain in process on which each call is a transaction, and what it takes is noted.

titanoboa runs calls as one endless transaction: what an earlier one touched is warm, and what it wrote is
dirty. Here each begins as a transaction does, and pays for its data, less what it gets back.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from boa.environment import Env
from eth_utils import keccak
from eth_utils.abi import collapse_if_tuple
from house import MONDAY

from checks.golden.gas import named

BASE = 21_000
PER_TOKEN = 4  # of calldata: a zero byte is one token, another byte four
FLOOR_PER_TOKEN = 10  # EIP-7623
REFUNDED_AT_MOST = 5  # a fifth of what was used: EIP-3529
PRECOMPILES = range(1, 0x12)


class Meter(Env):
    """The chain. Its addresses and times are the same on each machine and in each run."""

    # Whoever runs the tests for their coverage of the contracts wants tests with names.
    _coverage_enabled = False

    def __init__(self) -> None:
        super().__init__()
        self.set_random_seed("golden")
        self.eoa = self.generate_address("eoa")
        self.evm.patch.timestamp = MONDAY
        self.rows: dict[str, dict[str, dict[str, int]]] = {}
        self._watched: dict[str, tuple[str, dict[bytes, str]]] = {}
        self._case: str | None = None
        self._only: tuple[str, ...] = ()

    def watch(self, name: str, contract: Any) -> None:
        """From here on, note the calls of this contract."""
        functions = [entry for entry in contract.abi if entry["type"] == "function"]
        self._watched[str(contract.address)] = name, {selector(entry): named(entry) for entry in functions}

    @contextmanager
    def case(self, what: str = "", *only: str) -> Iterator[None]:
        """Note what is called within as this case of it: all functions, or only those that are named."""
        self._case, self._only = what, only
        yield
        self._case = None

    def execute_code(self, to_address: Any = b"", sender: Any = None, data: bytes = b"", **more: Any) -> Any:
        """A transaction."""
        self._begin(sender or self.eoa, to_address)
        computation = super().execute_code(to_address, sender, data=data, **more)
        if self._case is not None and not computation.is_error and str(to_address) in self._watched:
            name, functions = self._watched[str(to_address)]
            self._note(name, functions[data[:4]], transaction_gas(computation, data))
        return computation

    def _note(self, name: str, function: str, gas: int) -> None:
        if self._only and function.split("(", 1)[0] not in self._only:
            return
        cases = self.rows.setdefault(name, {}).setdefault(function, {})
        if cases.setdefault(self._case, gas) != gas:
            raise KeyError(f"{name}: {function} took other gas before in the case {self._case!r}")

    def _begin(self, sender: Any, to_address: Any) -> None:
        state = self.evm.vm.state
        state.lock_changes()
        state.clear_transient_storage()
        precompiles = (number.to_bytes(20, "big") for number in PRECOMPILES)
        for address in (canonical(sender), canonical(to_address), state.coinbase, *precompiles):
            state.mark_address_warm(address)


def transaction_gas(computation: Any, data: bytes) -> int:
    """What the sender pays for."""
    tokens = len(data) + 3 * (len(data) - data.count(0))
    used = BASE + PER_TOKEN * tokens + computation.get_gas_used()
    refunded = min(computation.get_gas_refund(), used // REFUNDED_AT_MOST)
    return max(used - refunded, BASE + FLOOR_PER_TOKEN * tokens)


def canonical(address: Any) -> bytes:
    """Its twenty bytes."""
    return bytes.fromhex(str(address).removeprefix("0x"))


def selector(function: dict[str, Any]) -> bytes:
    """The first four bytes of its calls."""
    types = ",".join(collapse_if_tuple(field) for field in function["inputs"])
    return keccak(text=f"{function['name']}({types})")[:4]
