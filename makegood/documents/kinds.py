# SPDX-License-Identifier: Apache-2.0
"""The kinds of documents that are known, and whether a document is one of them."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from makegood.documents.canonical import canonical_bytes
from makegood.documents.refusal import member, refuse, shown

if TYPE_CHECKING:
    from jsonschema import Draft202012Validator, ValidationError

BYTES_MAX = 256 << 10
"""Of a document's canonical form."""
TEXT_MAX = 64 << 10
"""Bytes of UTF-8 of a document's `text`."""

_FOLDER = Path(__file__).with_name("schemas")
_FILES = {
    "makegood/ticket/1": "ticket.json",
    "makegood/follow-up/1": "follow_up.json",
    "makegood/reply/1": "reply.json",
    "makegood/evidence/1": "evidence.json",
}

TYPES = tuple(_FILES)
"""The known types."""

_WORDS = {"string": "text", "integer": "a whole number", "array": "a list", "object": "an object"}


def check(document: Mapping[str, Any]) -> None:
    """Raises DocumentError, with the place, unless this is a document of a type in `TYPES`.

    It has every field that its schema asks for and no other, each in its form; its text has at most 64 KiB,
    no two of its files one name, its canonical form at most 256 KiB.
    """
    if not isinstance(document, dict):
        refuse("$", "is not a JSON object.", "A document is an object with a type and a salt.")
    _check_measure(document)
    canonical = canonical_bytes(document)
    if len(canonical) > BYTES_MAX:
        _refuse_size(f"{len(canonical):,}")
    # What is digested is what is checked.
    value = json.loads(canonical)
    _check_type(value)
    error = next(_validator(value["type"]).iter_errors(value), None)
    if error is not None:
        _refuse(error)
    _check_text(value["text"])
    _check_names(value.get("files", []))


def schema(document_type: str) -> dict[str, Any]:
    """The JSON Schema of a type. Raises DocumentError for one that is not in `TYPES`."""
    _check_type({"type": document_type})
    loaded: dict[str, Any] = json.loads((_FOLDER / _FILES[document_type]).read_text("utf-8"))
    return loaded


@cache
def _validator(document_type: str) -> "Draft202012Validator":
    # Not at import: jsonschema loads slowly, and digests do without it.
    from jsonschema import Draft202012Validator
    from referencing import Registry

    # Its default registry would fetch what a schema refers to; an empty one never does.
    return Draft202012Validator(schema(document_type), registry=Registry())


def _check_measure(document: Mapping[str, Any]) -> None:
    # Each value and each character takes a byte or more. An object in memory can hold one list a billion
    # times, or itself; the canonical form of such a one is never begun.
    size = 0
    left: list[Any] = [document]
    while left:
        value = left.pop()
        size += 1 + (len(value) if isinstance(value, str | dict | list | tuple) else 0)
        if size > BYTES_MAX:
            _refuse_size(f"more than {BYTES_MAX:,}")
        if isinstance(value, dict):
            left += [*value.keys(), *value.values()]
        elif isinstance(value, list | tuple):
            left += value


def _refuse_size(size: str) -> None:
    refuse(
        "$",
        f"has {size} bytes in its canonical form; a document has at most {BYTES_MAX:,}.",
        "Put what is long into a file, and that file's digest into an evidence document.",
    )


def _check_type(document: Mapping[str, Any]) -> None:
    hint = f"Known are {', '.join(TYPES)}."
    if "type" not in document:
        refuse("$.type", "is missing.", hint)
    found = document["type"]
    if not isinstance(found, str):
        refuse("$.type", "is not text.", hint)
    if found not in _FILES:
        refuse("$.type", f"is {shown(json.dumps(found))}, which is not known.", hint)


def _refuse(error: "ValidationError") -> None:
    place = "$"
    for step in error.absolute_path:
        place = member(place, step) if isinstance(step, str) else f"{place}[{step}]"
    found: Any = error.instance
    asked: Any = error.validator_value
    rules: Any = error.schema
    match error.validator:
        case "required":
            missing = next(name for name in asked if name not in found)
            refuse(member(place, missing), "is missing.", f"Give {rules['properties'][missing]['title']}.")
        case "additionalProperties":
            known = rules["properties"]
            extra = next(name for name in found if name not in known)
            refuse(member(place, extra), "is not known.", f"Leave it out; known are {', '.join(known)}.")
        case "type":
            fact = f"is not {_WORDS[asked]}."
        case "enum":
            fact = "is none of the words for it."
        case "minLength":
            fact = "is empty."
        case "maxLength":
            fact = f"has {len(found):,} characters; it may have {asked:,}."
        case "maxItems":
            fact = f"has {len(found):,} entries; it may have {asked:,}."
        case "minimum" | "maximum":
            fact = f"is {found:,}, beyond its limit of {asked:,}."
        case _:
            fact = "is not in its form."
    refuse(place, fact, f"Give {rules['title']}.")


def _check_text(text: str) -> None:
    size = len(text.encode("utf-8"))
    if size > TEXT_MAX:
        refuse(
            "$.text",
            f"has {size:,} bytes of UTF-8; it may have {TEXT_MAX:,}.",
            "Say it shorter, or put it into a file of the evidence.",
        )


def _check_names(files: list[dict[str, Any]]) -> None:
    seen: dict[str, int] = {}
    for index, file in enumerate(files):
        first = seen.setdefault(file["name"], index)
        if first != index:
            refuse(f"$.files[{index}].name", f"is that of $.files[{first}], too.", "Rename one of the files.")
