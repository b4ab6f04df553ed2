# SPDX-License-Identifier: Apache-2.0
"""What a desk refuses to publish, found before it is sent. The numbers are those of the contracts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from makegood.clock import CALENDAR_HOURS, WEEK, open_seconds_a_week
from makegood.policy.duration import DAY, format_duration
from makegood.policy.money import format_amount
from makegood.policy.section import compensation_amounts, target_seconds
from makegood.policy.share import BASIS_POINTS

if TYPE_CHECKING:
    from makegood.policy.policy import Policy

TEN_YEARS = 315_576_000
TWENTY_YEARS = 631_152_000

CHALLENGE_MAX = 7 * DAY
RULING_MAX = 60 * DAY
AMOUNT_MAX = 2**85 - 1
INCIDENT_CAP_MAX = 2**96 - 1
NAME_BYTES_MAX = 64
URI_BYTES_MAX = 256


def check(policy: Policy) -> None:
    """Raises PolicyError where a desk would refuse the policy whatever its asset and the time."""
    _check_texts(policy)
    _check_targets(policy)
    _check_windows(policy)
    _check_bonds(policy)


def check_dues(policy: Policy, published_at: int) -> None:
    """As `Policy.check_dues`."""
    open_seconds = open_seconds_a_week(policy.hours)
    for key, target in target_seconds(policy.targets):
        if published_at + TWENTY_YEARS + (target // open_seconds + 2) * WEEK >= 2**32:
            policy.refuse(
                key,
                f"{format_duration(target)} of these opening hours could end after the year 2106.",
                "Write a shorter target, or open more hours.",
            )


def check_notice(policy: Policy, notice: int) -> None:
    """As `Policy.check_notice`."""
    if policy.windows.contest > notice:
        window, most = (format_duration(each, days=True) for each in (policy.windows.contest, notice))
        policy.refuse(
            "windows.contest",
            f"{window} is longer than the pool's notice of {most}.",
            f"Write at most {most}, or deploy a desk with a longer notice.",
        )


def _check_texts(policy: Policy) -> None:
    for key, text, most in (
        ("name", policy.name, NAME_BYTES_MAX),
        ("terms.uri", policy.terms.uri, URI_BYTES_MAX),
    ):
        size = len(text.encode("utf-8", "surrogatepass"))
        if size > most:
            policy.refuse(key, f"The text has {size} bytes in UTF-8.", f"Write at most {most} bytes.")
    if len(policy.terms.sha256) != 32:
        policy.refuse("terms.sha256", "A SHA-256 has 32 bytes.", "Give the digest of what stands at the URI.")


def _check_targets(policy: Policy) -> None:
    if not 0 < policy.hours <= CALENDAR_HOURS:
        policy.refuse("hours", "No hour of the week is open.", 'Name days and their hours, or write "24/7".')
    for key, target in target_seconds(policy.targets):
        if target <= 0:
            policy.refuse(key, "A target of no time cannot be met.", "Write a longer one, such as 8h.")
        if target > TEN_YEARS:
            policy.refuse(key, "The target is longer than ten years.", "Write at most 87660h.")


def _check_windows(policy: Policy) -> None:
    windows = policy.windows
    for key, most, words in (
        ("contest", TEN_YEARS, "ten years, 87660h"),
        ("challenge", CHALLENGE_MAX, "7d"),
        ("ruling", RULING_MAX, "60d"),
        ("claim", TEN_YEARS, "ten years, 87660h"),
        ("anchor_lag", CHALLENGE_MAX, "half of the challenge window"),
    ):
        seconds = getattr(windows, key)
        if seconds <= 0:
            policy.refuse(f"windows.{key}", "The window is empty.", "Write a longer one, such as 24h.")
        if seconds > most:
            policy.refuse(f"windows.{key}", "The window is too long.", f"Write at most {words}.")
    if windows.challenge <= 2 * windows.anchor_lag:
        policy.refuse(
            "windows.challenge",
            f"{format_duration(windows.challenge, days=True)} is not longer than twice the anchor lag.",
            f"Write more than {format_duration(2 * windows.anchor_lag, days=True)}, or a shorter anchor lag.",
        )


def _check_bonds(policy: Policy) -> None:
    for key, amount in (
        *compensation_amounts(policy.targets),
        ("incident.cap", policy.incident.cap),
        ("bonds.contest", policy.bonds.contest),
        ("bonds.prove", policy.bonds.prove),
        ("fee", policy.fee),
    ):
        if not amount.is_finite() or amount < 0:
            policy.refuse(key, f"{amount} is no amount to promise.", "Use 0 or more.")
    if not 0 <= policy.incident.bond_share <= BASIS_POINTS:
        policy.refuse("incident.bond_share", "The share is not between 0% and 100%.", 'Write such as "5%".')
    if policy.bonds.contest < policy.fee:
        policy.refuse(
            "bonds.contest",
            f"A bond of {format_amount(policy.bonds.contest)} does not cover the arbiters' fee.",
            f"Write at least {format_amount(policy.fee)}, or a lower fee.",
        )
