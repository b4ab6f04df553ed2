# SPDX-License-Identifier: Apache-2.0
"""age through pyrage, which is used here and nowhere else. X25519 keys only."""

from collections.abc import Sequence
from typing import Any

import pyrage  # type: ignore[import-untyped]  # an extension module without stubs

from makegood.errors import BundleDamaged, NotSealedForYou

HEADER_MAX = 16_384
"""Bytes. Each recipient takes 98 of the header, and each is tried with each identity."""

_INTRODUCTION = b"age-encryption.org/v1\n"
_ARMOUR = b"-----BEGIN AGE"
INTRODUCTION_MAX = len(_INTRODUCTION)
"""Bytes that show whether a file is encrypted with age."""
_NO_MATCH = "No matching keys found"


def generate() -> str:
    """A new secret key, `AGE-SECRET-KEY-1…`."""
    return str(pyrage.x25519.Identity.generate())


def recipient_of(secret: str) -> str | None:
    """The `age1…` of a secret key; None where it is no such key."""
    key = _identity(secret)
    return None if key is None else str(key.to_public())


def is_recipient(text: str) -> bool:
    """Whether this is the `age1…` of an X25519 key."""
    return _recipient(text) is not None


def encrypt(plaintext: bytes, recipients: Sequence[str]) -> bytes:
    """The age file for recipients of which `is_recipient` holds."""
    return bytes(pyrage.encrypt(plaintext, [_recipient(each) for each in recipients]))


def decrypt(ciphertext: bytes, secrets: Sequence[str]) -> bytes:
    """The plaintext of an age file. Raises NotSealedForYou and BundleDamaged."""
    _check_header(ciphertext)
    try:
        return bytes(pyrage.decrypt(ciphertext, [_identity(each) for each in secrets]))
    except pyrage.DecryptError as error:
        if str(error) == _NO_MATCH:
            raise NotSealedForYou(
                "The bundle is sealed for others: none of your identities opens it.",
                hint="Use the identity whose recipient was published, or ask for a bundle sealed to yours.",
            ) from None
        raise BundleDamaged(
            "The bundle is damaged: it is not as it was sealed.", hint="Ask for it once more."
        ) from None


def is_encrypted(beginning: bytes) -> bool:
    """Whether a file with this beginning is one of age, armoured or not."""
    return beginning.startswith((_INTRODUCTION, _ARMOUR))


def _check_header(ciphertext: bytes) -> None:
    if ciphertext.startswith(_ARMOUR):
        raise BundleDamaged(
            "The bundle was turned into armoured text.", hint="Ask for the file as it was sealed."
        )
    if not ciphertext.startswith(_INTRODUCTION) or b"\n--- " not in ciphertext[:HEADER_MAX]:
        raise BundleDamaged("The file is no sealed bundle.", hint="Use the file as it was given to you.")


def _identity(text: str) -> Any:
    # Its own errors may hold what was given.
    if not text.isascii():
        return None
    try:
        return pyrage.x25519.Identity.from_str(text)
    except pyrage.IdentityError:
        return None


def _recipient(text: str) -> Any:
    if not text.isascii():
        return None
    try:
        return pyrage.x25519.Recipient.from_str(text)
    except pyrage.RecipientError:
        return None
