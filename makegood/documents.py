# SPDX-License-Identifier: Apache-2.0
"""Salted JSON documents, their canonical bytes (RFC 8785, JCS) and their SHA-256 digests.

A document is a JSON object with a `type` and a `salt` of 32 random bytes as 64 lower-case hex digits. The
chain carries only its digest: whoever deletes document and salt makes the digest meaningless. Amounts are
decimal strings.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

import rfc8785

from makegood.errors import DocumentError, NotFound

# RFC 8785 section 3.2.2.3: a JCS number is an IEEE 754 double, exact for integers up to here.
_INTEGER_MAX = 2**53 - 1
_DEPTH_MAX = 100
_SALT = re.compile(r"[0-9a-f]{64}")
# A string, to the end of the text where it has none, or a bracket outside of one.
_BRACKET = re.compile(r'"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def new_document(document_type: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """A document of this type with these fields and a fresh salt.

    Raises DocumentError where `fields` has a `type` or `salt` of its own, or anything without a canonical
    form. A float is refused too, since amounts are decimal strings.
    """
    for taken in ("type", "salt"):
        if taken in fields:
            _refuse(f"$.{taken}", "is set by the document itself.", "Leave it out of the fields.")
    document = {"type": document_type, **fields, "salt": secrets.token_hex(32)}
    _check(document, "$", 0, floats=False)
    return document


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of any JSON value.

    Raises DocumentError, with the place, for what JCS cannot carry: an integer of 2**53 or more, NaN or an
    infinity, a key that is no string, a lone surrogate, a type that is none of JSON's; and for nesting deeper
    than 100.
    """
    _check(value, "$", 0, floats=True)
    return rfc8785.dumps(value)


def digest(document: Mapping[str, Any]) -> bytes:
    """SHA-256 of the document's canonical bytes, 32 bytes.

    Raises DocumentError as `canonical_bytes` does, and where the salt is missing or no salt.
    """
    if not isinstance(document, dict):
        _refuse("$", "is not a JSON object.", "A document is an object with a salt.")
    salt = document.get("salt")
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        _refuse(
            "$.salt",
            "is not 64 lower-case hex digits." if "salt" in document else "is missing.",
            "Without 32 random bytes a digest on chain can be guessed; make the document with new_document.",
        )
    return hashlib.sha256(canonical_bytes(document)).digest()


def read(path: str | Path) -> dict[str, Any]:
    """The document in a UTF-8 JSON file, checked as `digest` checks it.

    Raises NotFound where there is no such file, and DocumentError, with what is known of file, line and
    place, where it is no document. A key given twice in one object is refused, since readers differ on which
    counts.
    """
    source = str(path)
    try:
        text = Path(path).read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise NotFound(f"There is no file {source}.", hint="Check the path of the document.") from None
    except OSError as error:
        raise DocumentError(f"The file cannot be read: {error.strerror}.", source=source) from None
    except UnicodeDecodeError:
        raise DocumentError("The file is not UTF-8 text.", hint="Save it as UTF-8.", source=source) from None
    try:
        document: dict[str, Any] = parse(text)
        digest(document)
    except DocumentError as error:
        error.source = source
        raise
    return document


def parse(text: str) -> Any:
    """The JSON value in a text that comes from somebody else.

    Raises DocumentError for what is no JSON, NaN and infinities, a key given twice in one object, and nesting
    deeper than 100.
    """
    _check_nesting(text)
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse_constant)
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


def _check_nesting(text: str) -> None:
    # Before the parser recurses: it crashes the process where a library raised Python's recursion limit.
    depth = 0
    for match in _BRACKET.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(match[0], 0)
        if depth > _DEPTH_MAX + 1:
            _refuse_depth()


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise DocumentError(f"An object has the key {json.dumps(twice)} twice.", hint="Keep one of them.")
    return members


def _refuse_constant(name: str) -> NoReturn:
    raise DocumentError(f"{name} is no JSON number.", hint="Write it as a string.")


def _check(value: Any, place: str, depth: int, *, floats: bool) -> None:
    if depth > _DEPTH_MAX:
        _refuse_depth()
    if isinstance(value, dict):
        for key, member in value.items():
            if not isinstance(key, str):
                _refuse(place, f"has the key {key!r}, which is no string.", "Put the key in quotes.")
            inner = f"{place}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{place}[{json.dumps(key)}]"
            _check_text(key, inner)
            _check(member, inner, depth + 1, floats=floats)
    elif isinstance(value, list | tuple):
        for index, member in enumerate(value):
            _check(member, f"{place}[{index}]", depth + 1, floats=floats)
    else:
        _check_scalar(value, place, floats=floats)


def _check_scalar(value: Any, place: str, *, floats: bool) -> None:
    if isinstance(value, str):
        _check_text(value, place)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > _INTEGER_MAX:
            _refuse(place, "is an integer of 2**53 or more.", "Write it as a string.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            _refuse(place, f"is {value}, which is no JSON number.", "Write it as a string or leave it out.")
        if not floats:
            _refuse(place, f"is the float {value!r}.", f'Write it as a decimal string, such as "{value}".')
    else:
        _refuse(place, f"is a {type(value).__name__}, which JSON does not have.", "Write it as a string.")


def _check_text(text: str, place: str) -> None:
    if any("\ud800" <= character <= "\udfff" for character in text):
        _refuse(place, "has half of a surrogate pair, which is no character.", "Take it out.")


def _refuse_depth() -> NoReturn:
    raise DocumentError(f"The document is nested deeper than {_DEPTH_MAX}.", hint="Flatten it.")


def _refuse(place: str, fact: str, hint: str) -> NoReturn:
    raise DocumentError(f"{place} {fact}", hint=hint, place=place)
