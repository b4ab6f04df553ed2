# SPDX-License-Identifier: Apache-2.0
"""Host names: rule 6 of the package's docstring."""

import re

from makegood.channels.piece import DIGITS, LOWER, Piece, refused

_LABEL = LOWER | DIGITS | {"-"}
# As browsers read one: also a number alone, hexadecimal, or with fewer dots.
_IP = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)(?:\.(?:[0-9]+|0x[0-9a-f]*))*")


def host(text: Piece) -> str:
    """The canonical host name. Raises UsageError."""
    name = text.lower()
    if name.text.endswith("."):
        name = name.before(len(name.text) - 1)
    if _IP.fullmatch(name.text) or name.text.startswith("["):
        raise refused("This is an IP address, which anyone may hold tomorrow.", "Give the site's name.")
    labels = name.split(".")
    for label in labels:
        _check_label(label)
    if len(labels) < 2:
        raise refused(
            f'"{name.text}" is no whole host name.', "Give it with its ending, such as example.com."
        )
    if not set(labels[-1].text) <= LOWER or len(labels[-1].text) < 2:
        raise refused(f'No site ends in ".{labels[-1].text}".', "Give the site's whole name.")
    if len(name.text) > 253:
        raise refused("The host name is longer than 253 characters.", "Give the site's own name.")
    return name.text


def without_www(name: str) -> str:
    """A host name without `www.` in front, however often, as long as two labels remain."""
    while name.startswith("www.") and "." in name.removeprefix("www."):
        name = name.removeprefix("www.")
    return name


def _check_label(label: Piece) -> None:
    label.require(_LABEL, "a host name")
    if not label.text:
        raise refused(
            f"A part of the host name is empty at character {label.at + 1}.", "Check its dots and slashes."
        )
    if label.text.startswith("xn--"):
        raise refused(
            f'"{label.text}" is punycode: it stands for letters that can be taken for others.',
            "Give a site whose name is in plain letters.",
        )
    if len(label.text) > 63 or label.text.startswith("-") or label.text.endswith("-"):
        raise refused(
            f"The part of the host name at character {label.at + 1} is longer than 63 characters or has a "
            "hyphen at its end.",
            "Check how the site is written.",
        )
