# SPDX-License-Identifier: Apache-2.0
"""Durations in a policy file, and back to their words."""

import pytest
from policy_file import assert_refused, edited

from makegood import policy

REFUSED = {
    "unit missing": ("15m", "15", 4, '"15" is no duration'),
    "unit unknown": ("15m", "15x", 4, '"15x" is no duration'),
    "fraction of an hour": ("15m", "1.5h", 4, '"1.5h" is no duration'),
    "bare fraction": ("15m", "1.5", 4, '"1.5" is no duration'),
    "clock time": ("15m", "1:30", 4, '"1:30" is no duration'),
    "negative time": ("15m", "-1h", 4, '"-1h" is no duration'),
    "units out of order": ("15m", "30m1h", 4, '"30m1h" is no duration'),
    "empty time": ("15m", '""', 4, '"" is no duration'),
    "endless time": ("15m", "9" * 50 + "h", 4, "is no duration"),
    "days of open time": ("15m", "2d", 4, "Write hours, such as 48h"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_duration_that_is_none_is_refused(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


@pytest.mark.parametrize("seconds", [0, 1, 59, 60, 3599, 3600, 5400, 86_399, 86_400, 90_061, 315_576_000])
def test_duration_comes_back_from_its_words(seconds: int) -> None:
    assert policy.parse_duration(policy.format_duration(seconds)) == seconds
    assert policy.parse_duration(policy.format_duration(seconds, days=True), days=True) == seconds
