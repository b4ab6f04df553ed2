# SPDX-License-Identifier: Apache-2.0
"""Durations in the form of a policy file, such as `1h30m`, to seconds and back."""

import re

from makegood.clock import HOUR
from makegood.errors import UsageError

MINUTE = 60
DAY = 86_400


def parse_duration(text: str, *, days: bool = False) -> int:
    """Seconds of a duration such as `8h` or `1h30m`; `2d` only with `days`. Raises UsageError otherwise."""
    example = "2d, 8h, 90m or 1h30m" if days else "8h, 90m or 1h30m"
    match = re.fullmatch(r"(?:([0-9]+)d)?(?:([0-9]+)h)?(?:([0-9]+)m)?(?:([0-9]+)s)?", text)
    if not match or not text or len(text) > 40:
        raise UsageError(
            f'"{text}" is no duration.', hint=f"Write whole numbers with units, such as {example}."
        )
    if match[1] and not days:
        raise UsageError(
            f'"{text}" counts days, but a target is open time, where a day is not always 24 hours.',
            hint=f"Write hours, such as {int(match[1]) * 24}h for full days.",
        )
    parts = zip(match.groups(), (DAY, HOUR, MINUTE, 1), strict=True)
    return sum(int(number) * unit for number, unit in parts if number)


def format_duration(seconds: int, *, days: bool = False) -> str:
    """The duration that `parse_duration` reads back as `seconds`, such as `1h30m`."""
    text = ""
    for unit, letter in ((DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (1, "s")):
        if letter == "d" and not days:
            continue
        count, seconds = divmod(seconds, unit)
        text += f"{count}{letter}" if count else ""
    return text or "0s"
