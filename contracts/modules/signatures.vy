# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  signatures
@author Makegood
@license AGPL-3.0-only
@notice Whether an account signed a digest: by ECDSA, or by its contract's word (ERC-1271, signatures of up to
        1,024 bytes, so that a Safe's fits). ECDSA is tried first: an account may have both a key and code (EIP-7702).
"""

# The lower half of secp256k1's order: a signature with a higher s is a second encoding of the same one.
MAX_S: constant(bytes32) = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0

# ERC-1271: bytes4(keccak256("isValidSignature(bytes32,bytes)")), as the first four bytes of the returned word.
IS_VALID: constant(bytes4) = 0x1626BA7E
IS_VALID_WORD: constant(bytes32) = 0x1626BA7E00000000000000000000000000000000000000000000000000000000


@internal
@view
def is_signed_by(signer: address, digest: bytes32, signature: Bytes[1024]) -> bool:
    """
    @notice Whether `signature` is `signer`'s over `digest`.
    @param signer An account; not zero.
    @param digest What was signed, an EIP-712 digest.
    @param signature 65 bytes (r, s, v with v 27 or 28, low s) for ECDSA; up to 1,024 for ERC-1271.
    @return True or false; a signer's contract that reverts or answers otherwise gives false.
    """
    if signer == empty(address):
        return False
    if len(signature) == 65 and self._recovered(digest, signature) == signer:
        return True
    if not signer.is_contract:
        return False
    success: bool = False
    answer: Bytes[32] = b""
    success, answer = raw_call(
        signer,
        abi_encode(digest, signature, method_id=IS_VALID),
        max_outsize=32,
        is_static_call=True,
        revert_on_failure=False,
    )
    return success and len(answer) == 32 and convert(answer, bytes32) == IS_VALID_WORD


@internal
@pure
def _recovered(digest: bytes32, signature: Bytes[1024]) -> address:
    # Zero where the signature is none: the precompile's own answer to another v than 27 or 28.
    r: uint256 = extract32(signature, 0, output_type=uint256)
    s: uint256 = extract32(signature, 32, output_type=uint256)
    v: uint256 = convert(slice(signature, 64, 1), uint256)
    if s > convert(MAX_S, uint256):
        return empty(address)
    return ecrecover(digest, v, r, s)
