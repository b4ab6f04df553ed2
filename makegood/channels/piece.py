# SPDX-License-Identifier: Apache-2.0
"""A part of what was given that still knows its place there, and the refusal of characters by their place."""

import unicodedata
from collections.abc import Container
from dataclasses import dataclass

from makegood.errors import UsageError

PRINTABLE = frozenset(map(chr, range(0x20, 0x7F)))
DIGITS = frozenset("0123456789")
LOWER = frozenset("abcdefghijklmnopqrstuvwxyz")
PLAIN = LOWER | frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ") | DIGITS

_TYPE_IT = "It can pass for another one. To check a channel, type it yourself in plain letters."


@dataclass(frozen=True)
class Piece:
    """A part of a text. `at` is the position of its first character in the whole, from 0."""

    text: str
    at: int = 0

    def after(self, count: int) -> "Piece":
        """Without the first `count` characters."""
        return Piece(self.text[count:], self.at + count)

    def before(self, count: int) -> "Piece":
        """The first `count` characters."""
        return Piece(self.text[:count], self.at)

    def stripped(self, characters: str) -> "Piece":
        """Without these characters at both ends."""
        rest = self.after(len(self.text) - len(self.text.lstrip(characters)))
        return Piece(rest.text.rstrip(characters), rest.at)

    def cut(self, separator: str) -> tuple["Piece", "Piece"]:
        """What stands before the separator and what after it; all and nothing where there is none."""
        head, found, _ = self.text.partition(separator)
        return self.before(len(head)), self.after(len(head) + len(found))

    def split(self, separator: str) -> list["Piece"]:
        """The parts between the separators."""
        parts, at = [], self.at
        for text in self.text.split(separator):
            parts.append(Piece(text, at))
            at += len(text) + len(separator)
        return parts

    def lower(self) -> "Piece":
        """In lower case, which for ASCII keeps every place."""
        return Piece(self.text.lower(), self.at)

    def require(self, allowed: Container[str], what: str) -> None:
        """Raises UsageError for the first character that is not allowed in `what`."""
        for index, character in enumerate(self.text):
            if character not in allowed:
                raise refused(
                    f"Character {self.at + index + 1} is {named(character)}, which {what} cannot have.",
                    f"Check how {what} is written." if character in PRINTABLE else _TYPE_IT,
                )

    def require_printable_ascii(self, hint: str = _TYPE_IT) -> None:
        """Raises UsageError for the first character that is none, with why it is refused."""
        for index, character in enumerate(self.text):
            if character not in PRINTABLE:
                raise refused(
                    f"Character {self.at + index + 1} is {named(character)}, {_danger(character)}.", hint
                )


def refused(message: str, hint: str) -> UsageError:
    """The refusal of what was given as a channel."""
    return UsageError(message, hint=hint)


def named(character: str) -> str:
    """A character in printable ASCII, such as `CYRILLIC SMALL LETTER A (U+0430)`; never the character itself,
    which could turn the writing of a terminal around."""
    if character == " ":
        return "a space"
    if character in PRINTABLE:
        return f'"{character}"'
    return f"{unicodedata.name(character, 'a character without a name')} (U+{ord(character):04X})"


def _danger(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cc", "Cs", "Co", "Cn"):
        return "which is not for writing"
    if category == "Cf":
        return "which is invisible or turns the writing around"
    if category.startswith("M"):
        return "a mark that joins the character before it"
    if category.startswith("Z"):
        return "which is not the plain space"
    return "which is no plain letter, digit or sign"
