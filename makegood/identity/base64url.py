# SPDX-License-Identifier: Apache-2.0
"""Base64url without padding, as JOSE has it (RFC 7515), with exactly one text for the same bytes."""

from base64 import urlsafe_b64encode
from binascii import Error, a2b_base64, b2a_base64


def encode(data: bytes) -> str:
    """The text of these bytes."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def decode(text: str) -> bytes:
    """The reverse of `encode`. Raises ValueError for any text that `encode` does not return."""
    if not text.isascii() or "+" in text or "/" in text or "=" in text:
        raise ValueError("no base64url")
    plain = (text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4)).encode()
    try:
        data = a2b_base64(plain)
    except Error:
        raise ValueError("no base64url") from None
    # The decoder passes over foreign characters and spare bits.
    if b2a_base64(data, newline=False) != plain:
        raise ValueError("no canonical base64url")
    return data
