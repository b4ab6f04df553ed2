# SPDX-License-Identifier: Apache-2.0
"""Telephone numbers: rule 11 of the package's docstring. At most 15 digits: ITU-T E.164."""

import re

from makegood.channels.piece import DIGITS, Piece, refused

_SEPARATORS = frozenset(" -.()")
_LOOKS_LIKE_ONE = re.compile(r"\+[^@]*|[0-9(][0-9 ().-]{4,}")
_LOOKS_LIKE_IP = re.compile(r"[0-9]+(?:\.[0-9]+){3}")


def is_number(text: str) -> bool:
    """Whether this is written as a telephone number rather than as anything else."""
    return bool(_LOOKS_LIKE_ONE.fullmatch(text)) and not _LOOKS_LIKE_IP.fullmatch(text)


def number(text: Piece, what: str, *, plus: bool = True) -> str:
    """`+` and the digits. Where `plus` is false the `+` may be left out. Raises UsageError."""
    digits = text
    if text.text.startswith("+"):
        digits = text.after(1)
    elif plus:
        raise refused(
            "The number does not say which country it is in.",
            "Write it with + and the country's code, such as +44 20 7946 0018.",
        )
    digits.require(DIGITS | _SEPARATORS, what)
    if "(0)" in digits.text:
        raise refused("A number with (0) is dialled in two ways.", "Leave the (0) out.")
    plain = "".join(character for character in digits.text if character in DIGITS)
    if not 7 <= len(plain) <= 15 or plain.startswith("0"):
        raise refused(
            "After the + stand 7 to 15 digits, and a country's code does not begin with 0.",
            "Write the whole number with its country's code.",
        )
    return f"+{plain}"
