# SPDX-License-Identifier: Apache-2.0
"""JSON from somebody else, read so that no two readers can understand it differently.

`documents.parse` reads documents alike, and names places; this one is for credentials, of which thousands are
read a second.
"""

import json
import math
from typing import Any

MAX_DEPTH = 16

_BLANKS = " \t\n\r"


def parse(data: bytes) -> Any:
    """The value in UTF-8 bytes.

    Raises ValueError, whose text says what is wrong, for what is no JSON, a key given twice in one object,
    NaN and infinities, numbers beyond a double, half a surrogate pair, and nesting deeper than 16.
    """
    try:
        text = data.decode().strip(_BLANKS)
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8 text") from None
    if text.count("{") + text.count("[") > MAX_DEPTH and _depth(text) > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH}")
    try:
        value, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        raise ValueError("it is not JSON") from None
    if end != len(text):
        raise ValueError("it is not JSON")
    if "\\u" in text:
        try:
            json.dumps(value, ensure_ascii=False).encode()
        except UnicodeEncodeError:
            raise ValueError("it has half a surrogate pair") from None
    return value


def _depth(text: str) -> int:
    # Before the parser recurses. Brackets inside strings do not count.
    deepest = depth = 0
    within = escaped = False
    for character in text:
        if within:
            within = escaped or character != '"'
            escaped = not escaped and character == "\\"
        elif character == '"':
            within = True
        elif character in "{[":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "}]":
            depth -= 1
    return deepest


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("it has a key twice in one object")
    return members


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("it has a number that is too large")
    return number


def _whole(text: str) -> int:
    # int() takes a time that grows with the square of the digits.
    if len(text) > 80:
        raise ValueError("it has a number that is too large")
    return int(text)


def _no_constant(name: str) -> float:
    raise ValueError(f"it has {name}, which is no JSON number")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_unique, parse_float=_finite, parse_int=_whole, parse_constant=_no_constant
)
