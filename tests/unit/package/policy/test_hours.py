# SPDX-License-Identifier: Apache-2.0
"""Opening hours as a policy file writes them, and back from their bits."""

import random
import re

import pytest
from policy_file import GOOD, assert_refused

from makegood import policy
from makegood.clock import CALENDAR_HOURS
from makegood.errors import UsageError

REFUSED = {
    "none": ("{}", "No hour of the week is open"),
    "empty": ("", "hours is empty"),
    "word": ("always", '"always" are no opening hours'),
    "number": ("24", '"24" are no opening hours'),
    "list": ("[mon]", "hours is not a single value"),
    "day unknown": ('{frd: "08:00-18:00"}', '"frd" is no day. Did you mean "fri"?'),
    "day in capitals": ('{Mon-Fri: "08:00-18:00"}', 'Did you mean "mon"?'),
    "day of nowhere": ('{"?": "08:00-18:00"}', "Days are mon, tue, wed"),
    "day twice": ('{mon-fri: "08:00-18:00", fri: "19:00-20:00"}', '"fri" names fri again'),
    "day empty": ("{mon: }", "hours.mon is empty"),
    "no hours": ('{mon: ""}', '"" is no span of hours'),
    "half hour": ('{mon: "08:30-18:00"}', "does not start and end on the hour"),
    "past midnight": (
        '{mon: "22:00-06:00"}',
        'Write "22:00-24:00" on the first day and "00:00-06:00" on the next',
    ),
    "until midnight as zero": ('{mon: "22:00-00:00"}', 'Write "22:00-24:00" on the first day.'),
    "hour 25": ('{mon: "08:00-25:00"}', "past the end of the day"),
    "starts at 24": ('{mon: "24:00-24:00"}', "past the end of the day"),
    "span empty": ('{mon: "08:00-08:00"}', '"08:00-08:00" is empty'),
    "spans overlap": ('{mon: "08:00-12:00, 11:00-13:00"}', "overlaps an earlier span"),
    "trailing comma": ('{mon: "08:00-12:00,"}', '"" is no span of hours'),
    "one digit": ('{mon: "8:00-12:00"}', "is no span of hours"),
}


@pytest.mark.parametrize(("hours", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_hours_that_are_none_are_refused_with_their_line(hours: str, words: str) -> None:
    assert_refused(re.sub(r"(?m)^hours: .*$", lambda _: f"hours: {hours}", GOOD), 2, words)


def test_always_is_every_hour_in_either_form() -> None:
    assert policy.parse_hours("24/7") == policy.parse_hours({"mon-sun": "00:00-24:00"}) == CALENDAR_HOURS
    assert policy.format_hours(CALENDAR_HOURS) == policy.describe_hours(CALENDAR_HOURS) == "24/7"


def test_span_of_days_may_run_over_the_end_of_the_week() -> None:
    days = (5, 6, 0)
    assert policy.parse_hours({"sat-mon": "00:00-01:00"}) == sum(1 << 24 * day for day in days)


def test_hours_without_a_day_are_refused() -> None:
    with pytest.raises(UsageError, match="No hour of the week is open"):
        policy.parse_hours({})


def test_hours_come_back_from_their_bits() -> None:
    spans = {"mon-thu": "07:00-12:00, 13:00-19:00", "fri": "07:00-12:00", "sun": "23:00-24:00"}
    assert policy.format_hours(policy.parse_hours(spans)) == spans


def test_every_set_of_hours_comes_back_from_its_words() -> None:
    source = random.Random(11)
    for _ in range(300):
        day = source.getrandbits(24)
        hours = (
            sum((day if source.random() < 0.5 else source.getrandbits(24)) << 24 * each for each in range(7))
            or 1
        )
        assert policy.parse_hours(policy.format_hours(hours)) == hours
