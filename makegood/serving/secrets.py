# SPDX-License-Identifier: Apache-2.0
"""What of a settings file, and of what it names, is not to be printed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from makegood.rpc import secrets_of
from makegood.settings import Settings

_KEYS = ("password", "secret", "old_secret", "requester_secret", "api_credential", "callback", "channels")
"""Beside `rpc` and `url`, of which only a part is secret."""

_LEAST = 4  # characters: what is shorter stands in many words


def secrets_in(given: Settings) -> tuple[str, ...]:
    """All of them, longest first."""
    found = {each for section in given.sections.values() for each in _within(section, given.path.parent)}
    return tuple(sorted((each for each in found if len(each) >= _LEAST), key=len, reverse=True))


def _within(values: Mapping[str, Any], folder: Path) -> Iterator[str]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _within(value, folder)
        elif isinstance(value, str):
            yield from _of(key, value, folder)


def _of(key: str, value: str, folder: Path) -> Iterator[str]:
    """The secrets that stand at a key, or where it points."""
    if key.endswith("_env"):
        key, value = key.removesuffix("_env"), os.environ.get(value, "")
    elif key.endswith("_file"):
        name, key, value = value, key.removesuffix("_file"), ""
        # RuntimeError: the home of somebody who is not here.
        with suppress(OSError, UnicodeDecodeError, RuntimeError):
            value = (folder / Path(name).expanduser()).read_text("utf-8").strip()
    if key == "rpc":
        yield from secrets_of(value)
    elif key == "url":
        with suppress(ValueError):
            parts = urlsplit(value)
            # As it is written, and as drivers repeat it.
            yield from {parts.password or "", unquote(parts.password or "")}
            for name, given in parse_qs(parts.query).items():
                yield from given if "password" in name.lower() else ()
    elif key in _KEYS:
        yield from (each.strip() for each in value.splitlines())
