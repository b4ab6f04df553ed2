# SPDX-License-Identifier: Apache-2.0
"""Ids, digests and hashes as they are typed. Needs no Ape."""

from makegood.errors import UsageError


def bytes32(text: str) -> bytes:
    """32 bytes of 0x hex. Raises UsageError for anything else."""
    try:
        value = bytes.fromhex(text.removeprefix("0x"))
    except ValueError:
        value = b""
    if len(value) != 32:
        raise UsageError(f'"{text}" is not 32 bytes in hex.', hint="Give 0x and 64 hexadecimal digits.")
    return value
