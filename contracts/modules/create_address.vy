# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  create_address
@author Makegood
@license AGPL-3.0-only
@notice Where CREATE puts a contract: the last 20 bytes of keccak256(rlp([creator, nonce])), Yellow Paper 7.
"""

from . import refusal


@internal
@pure
def at(creator: address, nonce: uint256) -> address:
    """
    @notice The address of the contract that `creator` creates with `nonce`.
    @param creator A contract.
    @param nonce 1 .. 2**32 - 1.
    @return The address.
    """
    who: bytes20 = convert(creator, bytes20)
    if nonce < 2**7:
        return self._last_20(keccak256(concat(0xD694, who, convert(convert(nonce, uint8), bytes1))))
    if nonce < 2**8:
        return self._last_20(keccak256(concat(0xD794, who, 0x81, convert(convert(nonce, uint8), bytes1))))
    if nonce < 2**16:
        return self._last_20(keccak256(concat(0xD894, who, 0x82, convert(convert(nonce, uint16), bytes2))))
    if nonce < 2**24:
        return self._last_20(keccak256(concat(0xD994, who, 0x83, convert(convert(nonce, uint24), bytes3))))
    if nonce >= 2**32:
        refusal.because("factory: no nonce left")
    return self._last_20(keccak256(concat(0xDA94, who, 0x84, convert(convert(nonce, uint32), bytes4))))


@internal
@pure
def _last_20(digest: bytes32) -> address:
    return convert(convert(digest, uint256) & (2**160 - 1), address)
