# SPDX-License-Identifier: Apache-2.0
"""Whether an arbiter signed, by the rules of contracts/modules/signatures.vy, before anything is sent."""

from typing import Any, Protocol, cast

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils.crypto import keccak
from web3 import Web3

from makegood import typed_data
from makegood.desk.refusal import chain_errors
from makegood.errors import ChainRevert, SignatureRefused

# Half of secp256k1's order: a higher s is a second encoding of the same signature.
_MAX_S = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
_IS_VALID = keccak(text="isValidSignature(bytes32,bytes)")[:4]
_IS_VALID_WORD = _IS_VALID.ljust(32, b"\0")


class Signed(Protocol):
    """What an arbiter put its name to: a verdict, or a key for evidence."""

    @property
    def arbiter(self) -> str:
        """Who is said to have signed it; checksummed."""

    @property
    def signature(self) -> bytes:
        """65 bytes of ECDSA, or what the arbiter's contract takes (ERC-1271)."""

    def message(self) -> dict[str, Any]:
        """The EIP-712 message that the signature must be over."""


def is_signed(w3: Web3, file: Signed) -> bool:
    """Whether the file's arbiter signed it: ECDSA first, then, where it has code, its contract's word.

    Raises NodeUnreachable where the node does not answer.
    """
    if _recovers(file):
        return True
    arbiter = cast(ChecksumAddress, file.arbiter)
    with chain_errors("eth_getCode"):
        if not w3.eth.get_code(arbiter):
            return False
    data = _IS_VALID + encode(["bytes32", "bytes"], [typed_data.digest(file.message()), file.signature])
    try:
        with chain_errors("isValidSignature"):
            answer = w3.eth.call({"to": arbiter, "data": cast(Any, Web3.to_hex(data))})
    except ChainRevert:
        return False
    return bytes(answer)[:32] == _IS_VALID_WORD and len(answer) >= 32


def _recovers(file: Signed) -> bool:
    signature = file.signature
    if len(signature) != 65 or signature[64] not in (27, 28):
        return False
    if int.from_bytes(signature[32:64], "big") > _MAX_S:
        return False
    try:
        return typed_data.recover(file.message(), signature) == file.arbiter
    except SignatureRefused:
        return False
