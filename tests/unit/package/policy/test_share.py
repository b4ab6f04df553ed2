# SPDX-License-Identifier: Apache-2.0
"""Shares in a policy file, and in basis points."""

import pytest
from policy_file import assert_refused, edited

from makegood import policy

REFUSED = {
    "share without a sign": (
        '"2.5%"',
        "2.5",
        9,
        'Write a percentage with at most two decimals, such as "5%"',
    ),
    "share over-precise": ('"2.5%"', '"2.555%"', 9, "is no share"),
    "share over the whole": ('"2.5%"', '"100.01%"', 9, "Write at most 100%"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_share_that_is_none_is_refused(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


@pytest.mark.parametrize(
    ("text", "points"), [("5%", 500), ("2.5 %", 250), ("0.01%", 1), ("100%", 10_000), ("0%", 0)]
)
def test_share_in_basis_points(text: str, points: int) -> None:
    assert policy.parse_share(text) == points
    assert policy.parse_share(policy.format_share(points)) == points
