# SPDX-License-Identifier: Apache-2.0
"""What the desk would refuse is refused before, to the unit."""

import re

import pytest
from policy_file import GOOD, assert_refused, edited

from makegood import policy
from makegood.errors import PolicyError

REFUSED = {
    "target of zero": ("15m", "0h", 4, "A target of no time"),
    "target over ten years": ("45h", "87661h", 6, "longer than ten years. Write at most 87660h"),
    "bond below the fee": ('"0.008"', '"0.0059"', 10, "Write at least 0.006, or a lower fee"),
    "window of zero": ("5d", "0s", 8, "windows.contest: The window is empty"),
    "anchor lag of zero": ("anchor_lag: 15m", "anchor_lag: 0m", 8, "windows.anchor_lag: The window is empty"),
    "contest too long": ("5d", "87660h1s", 8, "windows.contest: The window is too long"),
    "claim too long": ("90d", "3653d", 8, "windows.claim: The window is too long"),
    "challenge too long": ("24h", "7d1s", 8, "windows.challenge: The window is too long. Write at most 7d"),
    "ruling too long": ("10d12h", "61d", 8, "windows.ruling: The window is too long. Write at most 60d"),
    "challenge within two lags": ("24h", "30m", 8, "Write more than 30m, or a shorter anchor lag"),
    "name too long": (
        "Wallet support",
        "é" * 33,
        1,
        "The text has 66 bytes in UTF-8. Write at most 64 bytes",
    ),
    "uri too long": ("terms-1", "t" * 250, 12, "Write at most 256 bytes"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_value_past_a_limit_is_refused_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("45h", "87660h"),
        ("5d", "87660h"),
        ("90d", "87660h"),
        ("24h", "7d"),
        ("24h", "30m1s"),
        ("10d12h", "60d"),
        ('"0.008"', '"0.006"'),
        ('"2.5%"', '"100%"'),
        ('"0.020"', '"38685626.227668133590597631"'),
        ('"2.5"', '"79228162514.264337593543950335"'),
        ('"0.020"', '"0.000000000000000001"'),
        ("Wallet support", "é" * 32),
    ],
)
def test_the_last_allowed_value_is_taken(old: str, new: str) -> None:
    assert policy.parse(edited(old, new)).to_chain(18)


def test_dues_within_32_bits_are_taken_up_to_the_last_second(good: policy.Policy) -> None:
    # 45 h of 49 open hours a week are no whole week: two weeks at most.
    last = 2**32 - 1 - 631_152_000 - 2 * 604_800
    good.check_dues(last)
    with pytest.raises(
        PolicyError, match=r"policy\.yaml, line 4: targets\.urgent\.first_reply: .* year 2106"
    ):
        good.check_dues(last + 1)


def test_dues_count_the_weeks_of_the_longest_target() -> None:
    rare = policy.parse(re.sub(r"(?m)^hours: .*$", 'hours: {wed: "03:00-04:00"}', GOOD))
    last = 2**32 - 1 - 631_152_000 - 47 * 604_800
    rare.check_dues(last)
    with pytest.raises(PolicyError, match=r"line 6: targets\.normal\.resolution: 45h of these opening hours"):
        rare.check_dues(last + 1)


def test_contest_window_as_long_as_the_notice_is_taken(good: policy.Policy) -> None:
    good.check_notice(432_000)


def test_contest_window_longer_than_the_notice_is_refused(good: policy.Policy) -> None:
    with pytest.raises(
        PolicyError, match=r"line 8: windows\.contest: 5d is longer than the pool's notice of 4d23h"
    ):
        good.check_notice(428_400)
