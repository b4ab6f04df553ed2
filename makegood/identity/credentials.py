# SPDX-License-Identifier: Apache-2.0
"""W3C Verifiable Credentials (data model 1.1): what one is to say, and what a verified one says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

CONTEXT = "https://www.w3.org/2018/credentials/v1"
TYPE = "VerifiableCredential"
TIME_MAX = 253_402_300_799
"""The last second of the year 9999, which is as far as a date goes."""

_TEXT_MAX = 2_048


@dataclass(frozen=True)
class Claims:
    """What a credential is to say: its `type` besides VerifiableCredential, of whom, what, and when.

    `subject` is a DID or another URI. Times are whole seconds since 1970; at `expires_at` it is over.
    """

    type: str
    subject: str
    claims: Mapping[str, Any]
    issued_at: int
    expires_at: int | None = None


@dataclass(frozen=True)
class Credential:
    """A credential that was verified. `claims` are those about `subject`; times as in `Claims`."""

    text: str = field(repr=False)
    issuer: str
    subject: str
    types: tuple[str, ...]
    claims: Mapping[str, Any]
    issued_at: int
    expires_at: int | None


@lru_cache(maxsize=1024)
def date(seconds: int) -> str:
    """A time in seconds since 1970, as a credential writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_text(value: Any) -> bool:
    """Whether it can be a type or a subject: printable and of a sensible length."""
    return isinstance(value, str) and 0 < len(value) <= _TEXT_MAX and value.isprintable()
