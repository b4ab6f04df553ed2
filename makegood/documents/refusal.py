# SPDX-License-Identifier: Apache-2.0
"""What is refused, and at which place in the document: `$` is all of it, `$.files[2].name` a name in it."""

import json
import re
from typing import NoReturn

from makegood.errors import DocumentError

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN_MAX = 120  # characters; a key may have thousands


def member(place: str, key: str) -> str:
    """The place of an object's member."""
    return f"{place}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{place}[{json.dumps(key)}]"


def shown(text: str) -> str:
    """A place or a quoted text as a sentence has it: shortened in the middle where it is long."""
    return text if len(text) <= _SHOWN_MAX else f"{text[: _SHOWN_MAX // 2]}…{text[-_SHOWN_MAX // 3 :]}"


def refuse(place: str, fact: str, hint: str) -> NoReturn:
    """Raises DocumentError; its `place` is whole."""
    raise DocumentError(f"{shown(place)} {fact}", hint=hint, place=place)
