# SPDX-License-Identifier: Apache-2.0
"""Which sentences the explorer says, and which of them a catalog lacks.

`python -m makegood.explorer.catalogs` prints what the Chinese catalog lacks, and what it has too much.
It ends with 1 where there is either.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

FOLDER = Path(__file__).parent
CATALOG = FOLDER / "locale" / "zh.po"
_KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "sentence": None,
    "Sentence": None,
    "counted": (1, 2),
    "_": None,
    "_amount": None,
    "_amount_of": None,
    "_plain": None,
    "_of": None,
}
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_PLACE = re.compile(r"%\((\w+)\)s")

Message = str | tuple[str, ...]


def said() -> list[Message]:
    """Every sentence in the templates and the package; one with a plural as both of its forms."""
    found: dict[Message, None] = {}
    for _, _, message, _, _ in extract_from_dir(str(FOLDER), _METHODS, keywords={**_KEYWORDS}):
        key = message if isinstance(message, str) else tuple(message or ())
        if key:
            found.setdefault(key)
    return list(found)


def translated(catalog: Path = CATALOG) -> dict[Message, str]:
    """What a catalog has, without what is marked as fuzzy."""
    found: dict[Message, str] = {}
    for message in read_po(BytesIO(catalog.read_bytes()), locale=catalog.stem):
        if message.id and not message.fuzzy:
            key = message.id if isinstance(message.id, str) else tuple(message.id)
            said_as = message.string or ""
            text = said_as if isinstance(said_as, str) else next(iter(said_as), "")
            found[key] = text or ""
    return found


def places(message: Message) -> set[str]:
    """The named places of a sentence."""
    return set(_PLACE.findall(message if isinstance(message, str) else message[1]))


def faults(catalog: Path = CATALOG) -> Iterator[str]:
    """What is wrong with a catalog, a line each."""
    wanted, have = said(), translated(catalog)
    for message in wanted:
        if not have.get(message):
            yield f"missing: {message!r}"
        elif set(_PLACE.findall(have[message])) != places(message):
            yield f"other places than {sorted(places(message))}: {message!r}"
    for message in have:
        if message not in wanted:
            yield f"not said any more: {message!r}"


def main() -> None:
    """Print the faults, and entries to fill in."""
    found = list(faults())
    for line in found:
        print(line, file=sys.stderr)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
