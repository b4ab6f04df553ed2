# SPDX-License-Identifier: Apache-2.0
"""Amounts as plain decimal numbers of whole units of an asset, and in its smallest units."""

import re
from decimal import Decimal

from makegood.errors import UsageError


def parse_amount(text: str) -> Decimal:
    """The amount, 0 or more, in a plain decimal number such as `0.010`. Raises UsageError otherwise."""
    if re.fullmatch(r"-[0-9.]+", text):
        raise UsageError(f'The amount "{text}" is negative.', hint="Write 0 or more.")
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text) or len(text) > 100:
        raise UsageError(f'"{text}" is no amount.', hint='Write a plain decimal number, such as "0.010".')
    return Decimal(text)


def format_amount(amount: Decimal) -> str:
    """The amount as a plain decimal number without trailing zeros, exact, such as `0.01`."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def to_units(amount: Decimal, decimals: int) -> int:
    """The amount in the asset's smallest units. Raises UsageError where it is negative or finer than one."""
    if amount < 0:
        raise UsageError(f"The amount {amount:f} is negative.", hint="Use 0 or more.")
    whole, _, fraction = format_amount(amount).partition(".")
    if len(fraction) > decimals:
        raise UsageError(
            f"The amount {format_amount(amount)} has {len(fraction)} decimals, but the asset has {decimals}.",
            hint="Round it to what the asset can pay.",
        )
    return int(whole + fraction.ljust(decimals, "0"))


def from_units(units: int, decimals: int) -> Decimal:
    """The amount of whole units of the asset that `units` of its smallest are, exact."""
    digits = str(units).rjust(decimals + 1, "0")
    return Decimal(
        format_amount(Decimal(f"{digits[: len(digits) - decimals]}.{digits[len(digits) - decimals :]}"))
    )
