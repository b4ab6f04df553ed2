# SPDX-License-Identifier: Apache-2.0
"""A contract account that signs by ERC-1271, as the test tells it."""

from functools import cache
from typing import Any

import boa

MAGIC = bytes.fromhex("1626ba7e")
ACCEPTS = MAGIC + b"\0" * 28

# What a contract account says to a signature that it would accept; to any other it answers zero.
CONTRACT_SIGNER = """
# pragma version 0.4.3
# pragma evm-version cancun

ANSWER: immutable(Bytes[64])
BREAKS: immutable(uint256)
digest: bytes32
signature: bytes32

@deploy
def __init__(answer: Bytes[64], breaks: uint256):
    ANSWER = answer
    BREAKS = breaks

@external
def expect(digest: bytes32, signature: bytes32):
    self.digest = digest
    self.signature = signature

@view
@raw_return
@external
def isValidSignature(digest: bytes32, signature: Bytes[1024]) -> Bytes[64]:
    if BREAKS == 1:
        raise "signer: broken"
    if BREAKS == 2:
        raise UNREACHABLE  # the opcode that takes all the gas there is
    if digest != self.digest or keccak256(signature) != self.signature:
        return abi_encode(empty(bytes32))
    return ANSWER
"""


@cache
def signer_deployer() -> Any:
    """Deploys one: what it answers to the signature that it expects, and how it breaks (0: not)."""
    return boa.loads_partial(CONTRACT_SIGNER)
