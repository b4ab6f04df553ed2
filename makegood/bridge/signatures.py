# SPDX-License-Identifier: Apache-2.0
"""Whether a webhook's request is from whom it should be: over its raw body, in constant time, within a
window.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from hashlib import sha256

from makegood.errors import SignatureRefused

Headers = Mapping[str, str]
"""By their names in lower case."""

Verify = Callable[[Headers, bytes, tuple[bytes, ...], int, int], None]
"""Of headers, body, secrets, the time now and the window in seconds; raises SignatureRefused."""


def given(headers: Headers, name: str) -> str:
    """A header that a signed request has."""
    value = headers.get(name, "")
    if not value:
        raise SignatureRefused(f"The request has no {name}.")
    return value


def check_fresh(at: int, now: int, window: int) -> None:
    """Raises SignatureRefused for a request that was signed too long ago, or in the future."""
    if abs(now - at) > window:
        raise SignatureRefused(f"The request was not signed within {window} seconds of now.")


def unix_time(text: str) -> int:
    """A header's time in seconds since 1970."""
    if not (text.isascii() and text.isdigit() and len(text) <= 12):
        raise SignatureRefused("The request's time is none.")
    return int(text)


def iso_time(text: str) -> int:
    """A header's time in ISO 8601."""
    try:
        return int(datetime.fromisoformat(text).timestamp())
    except (ValueError, OverflowError, OSError):
        raise SignatureRefused("The request's time is none.") from None


def check(found: str, expected: Iterable[str]) -> None:
    """Raises SignatureRefused unless what was found is one of those expected, each compared in constant
    time.
    """
    candidate = found.encode("utf-8", "surrogateescape")
    matches = [hmac.compare_digest(candidate, each.encode()) for each in expected]
    if not any(matches):
        raise SignatureRefused("The request's signature is not of our secret.")


def same_secret(found: str, secrets: tuple[bytes, ...]) -> bool:
    """Whether a secret in an address is one of ours. Their digests are compared, so that lengths say
    nothing.
    """
    candidate = sha256(found.encode("utf-8", "surrogateescape")).digest()
    matches = [hmac.compare_digest(candidate, sha256(each).digest()) for each in secrets]
    return any(matches)
