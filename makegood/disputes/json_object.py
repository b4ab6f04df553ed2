# SPDX-License-Identifier: Apache-2.0
"""A JSON object in a small file that comes from somebody else, read strictly: it decides about money."""

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from eth_utils.address import (
    is_checksum_address,
    is_checksum_formatted_address,
    is_hex_address,
    to_checksum_address,
)

from makegood import documents
from makegood.errors import DocumentError, NotFound

MAX_BYTES = 16_384
"""Of the whole file; a verdict with the longest signature has less than 4,000."""

T = TypeVar("T")

_REMEDY = "Use the file as it was written."


class JsonObject:
    """The members of an object, taken by name. A refusal is a DocumentError with file, place, remedy."""

    def __init__(self, source: str, members: Mapping[str, Any]) -> None:
        self._source = source
        self._members = members

    @classmethod
    def read(cls, path: str | Path, expected: str, names: Collection[str]) -> "JsonObject":
        """The object of type `expected` in a file, with exactly the members `names` besides its type.

        Raises NotFound where there is no such file, DocumentError for anything else.
        """
        source = str(path)
        try:
            members = documents.parse(_text(Path(path), source))
        except DocumentError as error:
            error.source = source
            raise
        if not isinstance(members, dict) or members.get("type") != expected:
            raise DocumentError(
                f'This is no file of the type "{expected}".', hint=_REMEDY, source=source, place="$.type"
            )
        found = cls(source, members)
        for name in members:
            if name != "type" and name not in names:
                found.refuse(name, "is not known here")
        for name in names:
            if name not in members:
                found.refuse(name, "is missing")
        return found

    def number(self, name: str, most: int) -> int:
        """A whole number from 0 to `most`."""
        value = self._members[name]
        if type(value) is not int or not 0 <= value <= most:
            self.refuse(name, f"is no whole number from 0 to {most}")
        return value

    def units(self, name: str) -> int:
        """An amount in smallest units, as a string of digits."""
        value = self._text(name)
        # Without leading zeros, so that an amount has one form.
        digits = value.isascii() and value.isdecimal() and len(value) <= 40
        if not digits or str(int(value)) != value:
            self.refuse(name, 'is no amount in smallest units, such as the string "1000"')
        return int(value)

    def hexadecimal(self, name: str, least: int, most: int) -> bytes:
        """0x and the lower-case digits of `least` to `most` bytes."""
        value = self._text(name)
        digits = value.removeprefix("0x")
        if digits == value or digits.strip("0123456789abcdef") or len(digits) % 2:
            self.refuse(name, "is not 0x and lower-case hexadecimal digits")
        if not least <= len(digits) // 2 <= most:
            size = f"{least}" if least == most else f"{least} to {most}"
            self.refuse(name, f"has {len(digits) // 2} bytes, not {size}")
        return bytes.fromhex(digits)

    def digest(self, name: str) -> bytes:
        """32 bytes."""
        return self.hexadecimal(name, 32, 32)

    def digests(self, name: str) -> tuple[bytes, ...]:
        """A list of 32 bytes each."""
        each = {f"{name}[{index}]": value for index, value in enumerate(self._members[name])}
        return tuple(JsonObject(self._source, each).digest(place) for place in each)

    def optional_digest(self, name: str) -> bytes | None:
        """32 bytes, or None for null."""
        return None if self._members[name] is None else self.digest(name)

    def address(self, name: str) -> str:
        """A checksummed address."""
        return self._address(name, self._members[name])

    def addresses(self, name: str, most: int) -> tuple[str, ...]:
        """At most `most` addresses."""
        values = self._members[name]
        if not isinstance(values, list) or len(values) > most:
            self.refuse(name, f"is no list of at most {most} addresses")
        return tuple(self._address(f"{name}[{index}]", value) for index, value in enumerate(values))

    def word(self, name: str, choices: Mapping[str, T]) -> T:
        """What one of the words of `choices` stands for."""
        value = self._text(name)
        if value not in choices:
            self.refuse(name, f"is none of {', '.join(choices)}")
        return choices[value]

    def short_text(self, name: str, most: int) -> str:
        """A printable text of at most `most` characters."""
        value = self._text(name)
        if not value.isprintable() or not 0 < len(value) <= most:
            self.refuse(name, f"is no printable text of at most {most} characters")
        return value

    def refuse(self, name: str, fact: str) -> NoReturn:
        """Raises DocumentError about a member."""
        place = f"$.{name}"
        shown = place if place.isprintable() and len(place) <= 80 else "A member"
        raise DocumentError(f"{shown} {fact}.", hint=_REMEDY, source=self._source, place=place)

    def _text(self, name: str) -> str:
        value = self._members[name]
        if not isinstance(value, str):
            self.refuse(name, "is no string")
        return value

    def _address(self, name: str, value: Any) -> str:
        if not isinstance(value, str) or not value.startswith("0x") or not is_hex_address(value):
            self.refuse(name, "is no address")
        if is_checksum_formatted_address(value) and not is_checksum_address(value):
            self.refuse(name, "is an address that fails its checksum")
        return str(to_checksum_address(value))


def _text(path: Path, source: str) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no file {source}.", hint="Check its path.") from None
    except OSError as error:
        raise DocumentError(f"The file cannot be read: {error.strerror}.") from None
    if len(content) > MAX_BYTES:
        raise DocumentError(f"The file has more than {MAX_BYTES:,} bytes.", hint=_REMEDY)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError("The file is not UTF-8 text.", hint=_REMEDY) from None
