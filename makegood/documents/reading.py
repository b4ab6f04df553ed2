# SPDX-License-Identifier: Apache-2.0
"""Reading JSON that comes from somebody else."""

import json
import re
from pathlib import Path
from typing import Any

from makegood.documents.canonical import DEPTH_MAX
from makegood.documents.kinds import TYPES, check
from makegood.documents.refusal import member, refuse, shown
from makegood.documents.salted import digest
from makegood.errors import DocumentError, NotFound

FILE_MAX = 16 << 20
"""Bytes of a document's file, which may be indented and escaped; more is no document and is not read."""

# A string, to the end of the text where it has none, or a bracket outside of one.
_BRACKET = re.compile(r'"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)|[\[\]{}]', re.DOTALL)


def read(path: str | Path, document_type: str | None = None) -> dict[str, Any]:
    """The document in a UTF-8 JSON file, of this type where one is given.

    One of a type in `TYPES` is checked as `check` does, any other as `digest` does.

    Raises NotFound where there is no such file, and DocumentError, with what is known of file, line and
    place, where it is no such document. A key given twice in one object is refused, since readers differ on
    which counts.
    """
    document = read_salted(path)
    try:
        if document_type is not None:
            _check_is(document, document_type)
        elif document.get("type") in TYPES:
            check(document)
    except DocumentError as error:
        error.source = str(path)
        raise
    return document


def read_salted(path: str | Path) -> dict[str, Any]:
    """The salted object in a UTF-8 JSON file, checked as `digest` does, whatever its type and fields.

    For what is only compared with a digest on chain. Raises as `read` does.
    """
    source = str(path)
    try:
        value = parse(_text(path))
        digest(value)
    except DocumentError as error:
        error.source = source
        raise
    document: dict[str, Any] = value
    return document


def parse(text: str, document_type: str | None = None) -> Any:
    """The JSON value in a text that comes from somebody else; with a type, the document of that type.

    Without a type any JSON is taken, documents unchecked: digests and key files are read here as well.

    Raises DocumentError for what is no JSON, NaN and infinities, a key given twice in one object, and nesting
    deeper than 100; with a type, for what is no document of it, as `check` does.
    """
    _check_nesting(text)
    reader = _Reader()
    try:
        value = json.loads(text, object_pairs_hook=reader.members, parse_constant=reader.constant)
    except json.JSONDecodeError as error:
        raise DocumentError(
            f"The file is not JSON: {error.msg} at column {error.colno}.",
            hint="Use the file as it was given to you.",
            line=error.lineno,
        ) from None
    except ValueError:
        # int() refuses a number of more than 4,300 digits.
        raise DocumentError(
            "The document has a number that is too large.", hint="Write it as a string."
        ) from None
    reader.refuse_within(value)
    if document_type is not None:
        _check_is(value, document_type)
    return value


class _Reader:
    """What the parser is to do with members and constants. The first that is wrong is kept, to be placed."""

    def __init__(self) -> None:
        self._wrong: tuple[Any, str, str] | None = None

    def members(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs) and self._wrong is None:
            twice = _first_twice(pairs)
            self._wrong = found, f"has the key {shown(json.dumps(twice))} twice.", "Keep one of them."
        return found

    def constant(self, name: str) -> float:
        value = float(name)
        if self._wrong is None:
            self._wrong = value, f"is {name}, and {name} is no JSON number.", "Write it as a string."
        return value

    def refuse_within(self, value: Any) -> None:
        if self._wrong is not None:
            wrong, fact, hint = self._wrong
            # A member given twice hides what its first value had wrong; then the whole is named.
            refuse(_place_of(wrong, value, "$") or "$", fact, hint)


def _first_twice(pairs: list[tuple[str, Any]]) -> str:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            break
        seen.add(key)
    return key


def _place_of(wrong: Any, value: Any, place: str) -> str | None:
    if value is wrong:
        return place
    inner: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        inner = [(member(place, key), each) for key, each in value.items()]
    elif isinstance(value, list):
        inner = [(f"{place}[{index}]", each) for index, each in enumerate(value)]
    return next((found for at, each in inner if (found := _place_of(wrong, each, at))), None)


def _text(path: str | Path) -> str:
    try:
        with Path(path).open("rb") as file:
            content = file.read(FILE_MAX + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check the path of the document.") from None
    except OSError as error:
        raise DocumentError(f"The file cannot be read: {error.strerror}.") from None
    except ValueError:
        raise DocumentError("The path is none that a file can have.", hint="Check it.") from None
    if len(content) > FILE_MAX:
        raise DocumentError(
            f"The file has more than {FILE_MAX:,} bytes, which no document has.",
            hint="Use the file as it was given to you.",
        )
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError("The file is not UTF-8 text.", hint="Save it as UTF-8.") from None


def _check_nesting(text: str) -> None:
    # Before the parser recurses: it crashes the process where a library raised Python's recursion limit.
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > DEPTH_MAX + 1:
            before = text[: match.start()]
            raise DocumentError(
                f"The document is nested deeper than {DEPTH_MAX} at column "
                f"{len(before) - before.rfind(chr(10))}.",
                hint="Flatten it.",
                line=before.count("\n") + 1,
            )


def _check_is(value: Any, document_type: str) -> None:
    if isinstance(value, dict) and "type" in value and value["type"] != document_type:
        refuse("$.type", f'is not "{document_type}".', "Use the file of that type.")
    check(value)
