# SPDX-License-Identifier: Apache-2.0
"""A contract that somebody acts through: what it calls sees it as the caller, and another as the origin."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import boa

# It does what anybody tells it; who may tell an account something is not what these tests are about.
SMART_ACCOUNT = """
# pragma version 0.4.3
# pragma evm-version cancun

MAGIC: constant(bytes4) = 0x1626ba7e

@payable
@external
def __default__():
    pass

@payable
@external
def execute(to: address, amount: uint256, data: Bytes[8192]) -> Bytes[256]:
    return raw_call(to, data, value=amount, max_outsize=256)

@view
@external
def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> bytes4:
    return MAGIC
"""


@dataclass(frozen=True)
class SmartAccount:
    """A contract account. Whoever sends its transactions, such as a bundler, is their origin."""

    contract: Any

    @property
    def address(self) -> str:
        """The account, as the contracts that it calls know it."""
        return str(self.contract.address)

    def call(self, function: Any, *arguments: Any, origin: str, value: int = 0) -> bytes:
        """Calls a contract's function by a transaction of `origin`; gives what it answered, encoded."""
        if value:
            boa.env.set_balance(self.address, boa.env.get_balance(self.address) + value)
        data = function.prepare_calldata(*arguments)
        return bytes(self.contract.execute(function.contract.address, value, data, sender=origin))


@cache
def _deployer() -> Any:
    return boa.loads_partial(SMART_ACCOUNT)


def deploy_account() -> SmartAccount:
    """An account of nobody's in particular."""
    return SmartAccount(_deployer().deploy())
