# SPDX-License-Identifier: Apache-2.0
"""E-mail addresses: rule 10 of the package's docstring."""

from makegood.channels.host import host
from makegood.channels.piece import DIGITS, LOWER, Piece, refused

_LOCAL = LOWER | DIGITS | frozenset("._+-")


def address(text: Piece) -> str:
    """The canonical address. Raises UsageError."""
    whole, _ = text.cut("?")
    local, domain = whole.lower().cut("@")
    if not local.text or not domain.text:
        raise refused("This is no e-mail address.", "Write it as name@example.com.")
    local.require(_LOCAL, "the name in an e-mail address")
    if len(local.text) > 64 or local.text.startswith(".") or local.text.endswith(".") or ".." in local.text:
        raise refused(
            "The name before the @ is longer than 64 characters or has a dot at an end or two together.",
            "Check how the address is written.",
        )
    found = f"{local.text}@{host(domain)}"
    if len(found) > 254:
        raise refused("The address is longer than 254 characters.", "Check how the address is written.")
    return found
