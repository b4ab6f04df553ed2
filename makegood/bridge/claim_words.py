# SPDX-License-Identifier: Apache-2.0
"""The sentences of the page for a requester's key, in English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")

_FILE = Path(__file__).parent / "templates" / "claim_words.json"


@cache
def words() -> Mapping[str, Mapping[str, str]]:
    """Each sentence by its name, in each language."""
    found: Mapping[str, Mapping[str, str]] = json.loads(_FILE.read_text("utf-8"))
    return found
