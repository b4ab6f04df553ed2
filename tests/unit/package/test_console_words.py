# SPDX-License-Identifier: Apache-2.0
"""Times, spans and amounts in a terminal."""

from datetime import UTC, datetime

import pytest

from makegood.console import words
from makegood.desk import Token
from makegood.errors import UsageError

NOW = int(datetime(2026, 11, 24, 11, 55, tzinfo=UTC).timestamp())
ETH = Token("ETH", 18)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (7_800, "2 h 10 min"),
        (7_200, "2 h"),
        (90_000, "1 d 1 h"),
        (86_460, "1 d"),
        (-7_800, "2 h 10 min"),
    ],
)
def test_a_span_has_at_most_two_units(seconds: int, said: str) -> None:
    assert words.span(seconds) == said


def test_a_moment_is_absolute_and_relative() -> None:
    assert words.moment(NOW + 7_800, NOW) == "Tue 24 Nov 14:05 UTC (in 2 h 10 min)"
    assert words.moment(NOW - 60, NOW) == "Tue 24 Nov 11:54 UTC (1 min ago)"
    assert words.moment(NOW, NOW) == "Tue 24 Nov 11:55 UTC (now)"


def test_another_year_is_named() -> None:
    at = int(datetime(2027, 1, 2, tzinfo=UTC).timestamp())
    assert words.calendar(at, NOW) == "Sat 2 Jan 2027 00:00 UTC"


def test_an_end_beyond_the_calendar_is_said_in_words() -> None:
    assert words.calendar(2**40 - 1, NOW) == "after the year 9999"
    assert words.iso(2**40 - 1) is None


def test_iso_is_utc_to_the_second() -> None:
    assert words.iso(NOW) == "2026-11-24T11:55:00Z"


def test_a_day_ends_with_its_last_second() -> None:
    assert words.parse_end("2028-01-01", NOW) == int(datetime(2028, 1, 1, 23, 59, 59, tzinfo=UTC).timestamp())


def test_an_end_may_be_a_time_or_a_span() -> None:
    noon = int(datetime(2028, 1, 1, 12, tzinfo=UTC).timestamp())
    assert words.parse_end("2028-01-01T12:00Z", NOW) == noon
    assert words.parse_end("2028-01-01T13:00+01:00", NOW) == noon
    assert words.parse_end("90d", NOW) == NOW + 90 * 86_400


@pytest.mark.parametrize(
    ("text", "saying"), [("soon", "is no time"), ("2020-01-01", "is past"), ("90x", "is no time")]
)
def test_a_bad_end_is_refused(text: str, saying: str) -> None:
    with pytest.raises(UsageError, match=saying):
        words.parse_end(text, NOW)


def test_money_is_exact() -> None:
    assert words.money(1, ETH) == "0.000000000000000001 ETH"
    assert words.money(2 * 10**16, ETH) == "0.02 ETH"
    assert words.money(1_500_000, Token("USDC", 6)) == "1.5 USDC"


def test_parsed_money_is_in_smallest_units() -> None:
    assert words.parse_money("1.5", Token("USDC", 6)) == 1_500_000


@pytest.mark.parametrize(
    ("text", "saying"), [("0", "is 0"), ("-1", "negative"), ("0.0000001", "7 decimals"), ("x", "no amount")]
)
def test_bad_money_is_refused(text: str, saying: str) -> None:
    with pytest.raises(UsageError, match=saying):
        words.parse_money(text, Token("USDC", 6))


def test_a_count_agrees_with_its_noun() -> None:
    assert [words.count(number, "ticket") for number in (0, 1, 1_200)] == [
        "0 tickets",
        "1 ticket",
        "1,200 tickets",
    ]
    assert [words.count(number, "entry", "entries") for number in (1, 2)] == ["1 entry", "2 entries"]


def test_an_identifier_is_shortened_in_the_middle() -> None:
    assert words.shortened("0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266") == "0xf39F…2266"
    assert words.shortened("short") == "short"
