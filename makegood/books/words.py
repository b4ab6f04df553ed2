# SPDX-License-Identifier: Apache-2.0
"""The words of the page of books, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")
FOLDER = Path(__file__).parent / "templates"


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Each word by its name, in each language."""
    found: Mapping[str, Mapping[str, str]] = json.loads((FOLDER / "words.json").read_text("utf-8"))
    return found
