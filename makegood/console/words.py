# SPDX-License-Identifier: Apache-2.0
"""Times, spans and amounts as a reader of a terminal sees and writes them. Times are UTC."""

import re
from datetime import UTC, datetime, timedelta

from makegood.desk import Token
from makegood.errors import UsageError
from makegood.policy import (
    DAY,
    format_amount,
    from_units,
    parse_amount,
    parse_duration,
    to_units,
)

# The desk keeps ends of coverage in 40 bits; datetime ends in the year 9999.
_LAST_SHOWN = 253_402_300_799


def span(seconds: int) -> str:
    """A length of time by its two largest units, such as `2 h 10 min`; less than a minute in seconds."""
    parts = []
    rest = abs(seconds)
    for size, unit in ((DAY, "d"), (3_600, "h"), (60, "min")):
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2]) or f"{abs(seconds)} s"


def moment(at: int, now: int) -> str:
    """A time, absolute and relative, such as `Tue 24 Nov 14:05 UTC (in 2 h 10 min)`."""
    relative = "now" if at == now else f"in {span(at - now)}" if at > now else f"{span(now - at)} ago"
    return f"{calendar(at, now)} ({relative})"


def calendar(at: int, now: int) -> str:
    """A time as `Tue 24 Nov 14:05 UTC`, with its year where that is not the year of `now`."""
    if at > _LAST_SHOWN:
        return "after the year 9999"
    when = datetime.fromtimestamp(at, UTC)
    year = "" if when.year == datetime.fromtimestamp(now, UTC).year else f" {when.year}"
    return f"{when:%a} {when.day} {when:%b}{year} {when:%H:%M} UTC"


def iso(at: int | None) -> str | None:
    """A time for machines, such as `2026-11-24T14:05:00Z`."""
    return None if at is None or at > _LAST_SHOWN else f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def parse_end(text: str, now: int) -> int:
    """The last second of a day (`2028-01-01`), a time (`2028-01-01T12:00Z`), or a span from now (`90d`).

    Raises UsageError for anything else, and for what is past.
    """
    if re.fullmatch(r"[0-9]+[dhms].*", text):
        return now + parse_duration(text, days=True)
    try:
        when = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f'"{text}" is no time.', hint="Write a day such as 2028-01-01, or a span from now such as 90d."
        ) from None
    if len(text) == len("2028-01-01"):
        when += timedelta(days=1, seconds=-1)
    at = int((when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp())
    if at <= now:
        raise UsageError(f"{text} is past.", hint="Give a later time.")
    return at


def money(units: int, token: Token) -> str:
    """An amount of the asset, exact, such as `0.02 ETH`."""
    return f"{format_amount(from_units(units, token.decimals))} {token.symbol}"


def amount(units: int, token: Token) -> str:
    """An amount of the asset without its symbol, exact."""
    return format_amount(from_units(units, token.decimals))


def parse_money(text: str, token: Token) -> int:
    """Smallest units of an amount in whole units, such as `0.5`, more than 0. Raises UsageError otherwise."""
    units = to_units(parse_amount(text), token.decimals)
    if units == 0:
        raise UsageError("The amount is 0.", hint="Give more.")
    return units


def coin(wei: int) -> str:
    """An amount of the network's own coin, to a precision that fits a table."""
    whole = from_units(wei, 18)
    return format_amount(round(whole, 9))


def count(number: int, noun: str, plural: str | None = None) -> str:
    """A number with its noun, such as `1 ticket` or `3 tickets`; `plural` where an s does not make it."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def shortened(identifier: str) -> str:
    """An address or digest shortened in the middle, such as `0xf39F…2266`."""
    return identifier if len(identifier) <= 14 else f"{identifier[:6]}…{identifier[-4:]}"
