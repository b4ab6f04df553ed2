# SPDX-License-Identifier: Apache-2.0
"""Shares as percentages such as `5%`, and in basis points."""

import re

from makegood.errors import UsageError
from makegood.policy.money import format_amount, from_units

BASIS_POINTS = 10_000


def parse_share(text: str) -> int:
    """Basis points of a percentage such as `5%` or `2.5%`, at most 100 %. Raises UsageError otherwise."""
    match = re.fullmatch(r"([0-9]{1,3})(?:\.([0-9]{1,2}))? ?%", text)
    if not match:
        raise UsageError(
            f'"{text}" is no share.', hint='Write a percentage with at most two decimals, such as "5%".'
        )
    points = int(match[1]) * 100 + int((match[2] or "").ljust(2, "0"))
    if points > BASIS_POINTS:
        raise UsageError(f'"{text}" is more than the whole.', hint="Write at most 100%.")
    return points


def format_share(points: int) -> str:
    """The percentage that `parse_share` reads back as `points`."""
    return f"{format_amount(from_units(points, 2))}%"
