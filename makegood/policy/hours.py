# SPDX-License-Identifier: Apache-2.0
"""Opening hours in the form of a policy file, to the 168 bits of `makegood.clock` and back."""

import re
from collections.abc import Mapping
from difflib import get_close_matches

from makegood.clock import CALENDAR_HOURS
from makegood.errors import UsageError

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def parse_hours(hours: str | Mapping[str, str]) -> int:
    """The 168 bits of opening hours in the form of a policy file. Raises UsageError for anything else."""
    if isinstance(hours, str):
        return _parse_always(hours)
    mask = 0
    for days, spans in hours.items():
        mask |= parse_days(days, spans, mask)
    if mask == 0:
        raise UsageError("No hour of the week is open.", hint='Name days and their hours, or write "24/7".')
    return mask


def format_hours(hours: int) -> str | dict[str, str]:
    """Opening hours in the form of a policy file: `"24/7"`, or spans of days to their hours, Monday first."""
    if hours == CALENDAR_HOURS:
        return "24/7"
    runs: list[tuple[int, int, str]] = []
    for day in range(7):
        spans = _format_spans(hours >> 24 * day & 0xFFFFFF)
        if runs and runs[-1][1] == day - 1 and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    return {
        _DAYS[first] if first == last else f"{_DAYS[first]}-{_DAYS[last]}": spans
        for first, last, spans in runs
        if spans
    }


def describe_hours(hours: int) -> str:
    """Opening hours in words, such as `mon-fri 08:00-18:00 UTC`."""
    spans = format_hours(hours)
    if isinstance(spans, str):
        return spans
    return "; ".join(f"{days} {day_hours}" for days, day_hours in spans.items()) + " UTC"


def parse_days(days: str, spans: str, taken: int) -> int:
    """The bits of some days of a week, such as `mon-fri`, and their hours, such as `08:00-18:00`.

    Raises UsageError for anything else, and where a day has bits in `taken`, the days named before.
    """
    first, dash, last = days.partition("-")
    start, end = _parse_day(first), _parse_day(last if dash else first)
    day_hours = _parse_spans(spans)
    mask = 0
    for offset in range((end - start) % 7 + 1):
        day = (start + offset) % 7
        if taken >> 24 * day & 0xFFFFFF:
            raise UsageError(
                f'"{days}" names {_DAYS[day]} again.', hint="Name each day once, with all of its hours."
            )
        mask |= day_hours << 24 * day
    return mask


def _parse_always(text: str) -> int:
    if text != "24/7":
        raise UsageError(
            f'"{text}" are no opening hours.',
            hint='Write "24/7", or days and their hours, such as {mon-fri: "08:00-18:00"}.',
        )
    return CALENDAR_HOURS


def _parse_day(text: str) -> int:
    if text in _DAYS:
        return _DAYS.index(text)
    near = get_close_matches(text.lower()[:3], _DAYS, n=1)
    hint = (
        f'Did you mean "{near[0]}"?' if near else f"Days are {', '.join(_DAYS)}, and spans such as mon-fri."
    )
    raise UsageError(f'"{text}" is no day.', hint=hint)


def _parse_spans(text: str) -> int:
    mask = 0
    for span in text.split(","):
        match = re.fullmatch(r" *([0-9]{2}):([0-9]{2}) *- *([0-9]{2}):([0-9]{2}) *", span)
        if not match:
            raise UsageError(
                f'"{span.strip()}" is no span of hours.',
                hint='Write a start and an end, such as "08:00-18:00", with commas between several.',
            )
        if match[2] != "00" or match[4] != "00":
            raise UsageError(
                f'"{span.strip()}" does not start and end on the hour.',
                hint='Write whole hours, such as "08:00-18:00".',
            )
        start, end = int(match[1]), int(match[3])
        _check_span(span.strip(), start, end)
        hours = (1 << end) - (1 << start)
        if mask & hours:
            raise UsageError(
                f'"{span.strip()}" overlaps an earlier span of that day.', hint="Name each hour once."
            )
        mask |= hours
    return mask


def _check_span(span: str, start: int, end: int) -> None:
    if start > 23 or end > 24:
        raise UsageError(f'"{span}" is past the end of the day.', hint="Hours go from 00:00 to 24:00.")
    if start == end:
        raise UsageError(f'"{span}" is empty.', hint='Write a later end, or "00:00-24:00" for the whole day.')
    if start > end:
        rest = f' and "00:00-{end:02}:00" on the next' if end else ""
        raise UsageError(
            f'"{span}" runs over midnight.', hint=f'Write "{start:02}:00-24:00" on the first day{rest}.'
        )


def _format_spans(day_hours: int) -> str:
    spans = []
    hour = 0
    while day_hours >> hour:
        start = hour
        while day_hours >> hour & 1:
            hour += 1
        if hour > start:
            spans.append(f"{start:02}:00-{hour:02}:00")
        hour += 1
    return ", ".join(spans)
