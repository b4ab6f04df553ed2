# SPDX-License-Identifier: Apache-2.0
"""Reading what another system wrote: each value in its form, or a sentence that names it and repeats
nothing of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from makegood import documents
from makegood.bridge.errors import Unreadable
from makegood.errors import DocumentError

_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,63}")
_TIME_MAX = 2**32 - 1
_WORD_MAX = 200

Object = Mapping[str, Any]


def parsed(body: bytes) -> Object:
    """The JSON object that a body is."""
    try:
        value = documents.parse(body.decode("utf-8"))
    except UnicodeDecodeError:
        raise Unreadable("The body is no UTF-8.") from None
    except DocumentError:
        # Its sentence may repeat a key of theirs.
        raise Unreadable("The body is no JSON, or nested too deeply.") from None
    if not isinstance(value, dict):
        raise Unreadable("The body is no JSON object.")
    return value


def inner(fields: Object, name: str) -> Object:
    """A member that must be an object."""
    value = fields.get(name)
    if not isinstance(value, dict):
        raise Unreadable(f'"{name}" is missing or no object.')
    return value


def maybe(fields: Object, name: str) -> Object:
    """A member that is an object, or an empty one."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def many(fields: Object, name: str) -> list[Object]:
    """A member that is a list of objects; whatever else is in it is passed over."""
    value = fields.get(name)
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def key(fields: Object, name: str) -> str:
    """A member that is an id: a number, or a short text of letters, digits and . _ : -"""
    found = maybe_key(fields, name)
    if not found:
        raise Unreadable(f'"{name}" is missing or no id.')
    return found


def maybe_key(fields: Object, name: str) -> str:
    """A member that is an id; empty where it is none."""
    value = fields.get(name)
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    return text if isinstance(text, str) and _KEY.fullmatch(text) else ""


def flag(fields: Object, name: str) -> bool:
    """A member that must be true or false."""
    value = fields.get(name)
    if not isinstance(value, bool):
        raise Unreadable(f'"{name}" is missing or neither true nor false.')
    return value


def text(fields: Object, name: str) -> str:
    """A member that is text; empty where it is not."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def word(value: Any) -> str:
    """A status or a priority: text, or a number; empty where it is neither or too long."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value.strip().lower() if isinstance(value, str) and len(value) <= _WORD_MAX else ""


def seconds(fields: Object, name: str) -> int:
    """A member that is a time: seconds since 1970, or a date and time of ISO 8601 with its zone."""
    value = fields.get(name)
    found: float = -1
    if isinstance(value, int | float) and not isinstance(value, bool):
        found = value
    elif isinstance(value, str) and len(value) <= 40:
        try:
            when = datetime.fromisoformat(value.replace(" UTC", "+00:00"))
        except ValueError:
            raise Unreadable(f'"{name}" is no time.') from None
        found = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    if not 0 < found <= _TIME_MAX:
        raise Unreadable(f'"{name}" is missing or no time.')
    return int(found)
