# SPDX-License-Identifier: Apache-2.0
"""Where contracts come to stand."""

from eth_utils import keccak, to_checksum_address


def create_address(creator: str, nonce: int) -> str:
    """Where CREATE puts a contract, by RLP written out (Yellow Paper 7 and appendix B)."""
    number = nonce.to_bytes((nonce.bit_length() + 7) // 8, "big")
    item = number if len(number) == 1 and nonce < 0x80 else bytes([0x80 + len(number)]) + number
    payload = bytes([0x80 + 20]) + bytes.fromhex(str(creator)[2:]) + item
    return to_checksum_address(keccak(bytes([0xC0 + len(payload)]) + payload)[-20:])


def proxy_code(implementation: str) -> bytes:
    """The code of a minimal proxy (ERC-1167), which runs the implementation's and nothing else."""
    return bytes.fromhex(
        "363d3d373d3d3d363d73" + str(implementation)[2:].lower() + "5af43d82803e903d91602b57fd5bf3"
    )
