# SPDX-License-Identifier: Apache-2.0
"""Amounts in a policy file, and in the smallest units of an asset."""

from decimal import Decimal

import pytest
from policy_file import assert_refused, edited

from makegood import policy
from makegood.errors import UsageError

REFUSED = {
    "negative amount": ('"0.020"', '"-0.020"', 4, "is negative. Write 0 or more"),
    "negative whole amount": ('"0.020"', "-1", 4, "is negative"),
    "exponent": ('"0.020"', '"2e-2"', 4, '"2e-2" is no amount'),
    "digits of another script": ('"0.020"', '"٣"', 4, "is no amount"),
    "hexadecimal": ('"0.020"', "0x10", 4, '"0x10" is no amount'),
    "underscore": ('"0.020"', "1_0", 4, '"1_0" is no amount'),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_amount_that_is_none_is_refused(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


@pytest.mark.parametrize(
    ("text", "decimals", "units"),
    [
        ("0.010", 18, 10**16),
        ("1", 18, 10**18),
        ("12.5", 1, 125),
        ("0", 0, 0),
        ("7.000", 0, 7),
        ("0.000001", 6, 1),
    ],
)
def test_amount_in_smallest_units(text: str, decimals: int, units: int) -> None:
    amount = policy.parse_amount(text)
    assert policy.to_units(amount, decimals) == units
    assert policy.from_units(units, decimals) == amount


def test_amount_keeps_every_digit() -> None:
    units = 2**255 - 19
    assert policy.to_units(policy.from_units(units, 18), 18) == units


def test_negative_amount_has_no_units() -> None:
    with pytest.raises(UsageError, match="negative"):
        policy.to_units(Decimal(-1), 18)


def test_amount_in_words_has_no_idle_zeros() -> None:
    assert [policy.format_amount(Decimal(text)) for text in ("0.010", "100", "1E+2", "0.000", "1E-7")] == [
        *("0.01", "100", "100", "0", "0.0000001"),
    ]
