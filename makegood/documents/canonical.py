# SPDX-License-Identifier: Apache-2.0
"""Canonical bytes: the one form that a JSON value has under RFC 8785."""

import math
import re
from typing import Any

import rfc8785

from makegood.documents.refusal import member, refuse, shown

DEPTH_MAX = 100

# RFC 8785 section 3.2.2.3: a JCS number is an IEEE 754 double, exact for integers up to here.
_INTEGER_MAX = 2**53 - 1
_SURROGATE = re.compile("[\ud800-\udfff]")


def canonical_bytes(value: Any) -> bytes:
    """The RFC 8785 bytes of any JSON value.

    Raises DocumentError, with the place, for what JCS cannot carry: an integer of 2**53 or more, NaN or an
    infinity, a key that is no string, a lone surrogate, a type that is none of JSON's; and for nesting deeper
    than 100.
    """
    check_value(value, floats=True)
    return rfc8785.dumps(value)


def check_value(value: Any, *, floats: bool) -> None:
    """Raises DocumentError as `canonical_bytes` does, and for any float unless `floats`."""
    _check(value, "$", 0, floats=floats)


def _check(value: Any, place: str, depth: int, *, floats: bool) -> None:
    if depth > DEPTH_MAX:
        refuse(place, f"is nested deeper than {DEPTH_MAX}.", "Flatten the document.")
    if isinstance(value, dict):
        for key, inner_value in value.items():
            if not isinstance(key, str):
                refuse(
                    place, f"has the key {shown(repr(key))}, which is no string.", "Put the key in quotes."
                )
            inner = member(place, key)
            _check_text(key, inner)
            _check(inner_value, inner, depth + 1, floats=floats)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            _check(item, f"{place}[{index}]", depth + 1, floats=floats)
    else:
        _check_scalar(value, place, floats=floats)


def _check_scalar(value: Any, place: str, *, floats: bool) -> None:
    if isinstance(value, str):
        _check_text(value, place)
    elif value is None or isinstance(value, bool):
        return
    elif isinstance(value, int):
        if abs(value) > _INTEGER_MAX:
            refuse(place, "is an integer of 2**53 or more.", "Write it as a string.")
    elif isinstance(value, float):
        if not math.isfinite(value):
            refuse(place, f"is {value}, which is no JSON number.", "Write it as a string or leave it out.")
        if not floats:
            refuse(place, f"is the float {value!r}.", f'Write it as a decimal string, such as "{value}".')
    else:
        refuse(place, f"is a {type(value).__name__}, which JSON does not have.", "Write it as a string.")


def _check_text(text: str, place: str) -> None:
    if not text.isascii() and _SURROGATE.search(text):
        refuse(place, "has half of a surrogate pair, which is no character.", "Take it out.")
