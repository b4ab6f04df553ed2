# SPDX-License-Identifier: Apache-2.0
"""Which duties of a keeper its account cannot do, before the first of them is due."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from makegood.desk import ETH, Desk
from makegood.keeper.settings import Settings

SOON = 14 * 86_400
"""Seconds before an agent's end from which on it is told."""


@dataclass(frozen=True)
class Lacking:
    """What a duty lacks, and what to do. Where it is not `for_good` the duty is done for now."""

    duty: str
    why: str
    do: str
    for_good: bool = True


def lacking(desk: Desk, account: str, settings: Settings, now: int) -> Iterator[Lacking]:
    """What the duties of the settings lack now. Raises what the chain raises."""
    if "anchor" in settings.duties:
        yield from _to_anchor(desk, account, settings, now)
    if "prove" in settings.duties:
        yield from _to_prove(desk, account)
    if "warn" in settings.duties and not settings.warn.before:
        why, do = (
            "nobody is warned: [keeper.warn] before is missing",
            "name times and channels, or leave it out",
        )
        yield Lacking("warn", why, do, for_good=False)


def _to_anchor(desk: Desk, account: str, settings: Settings, now: int) -> Iterator[Lacking]:
    count = desk.policy_count()
    if not count or settings.anchor.policy > count:
        named = f"policy {settings.anchor.policy}" if settings.anchor.policy else "a policy"
        yield Lacking("anchor", f"the desk has not published {named}", "publish it: `ape run publish_policy`")
    if not desk.directory.standing(account):
        why = f"{account} is no agent of the desk, or no longer"
        yield Lacking("anchor", why, "register it: `ape run register_agent`, or take anchor out of duties")
        return
    until = desk.directory.agent(account).until
    if until - now < SOON:
        why = f"{account} is an agent for {max(0, until - now) // 86_400} more days only"
        do = "extend it: `ape run register_agent` with a later end"
        yield Lacking("anchor", why, do, for_good=False)
    if not desk.allowance(account):
        why = f"{account} has no allowance left to bind money for tickets"
        yield Lacking("anchor", why, f"give it one: `ape run set_allowance {account} AMOUNT`")


def _to_prove(desk: Desk, account: str) -> Iterator[Lacking]:
    bond = max((desk.policy(number).prove_bond for number in range(1, desk.policy_count() + 1)), default=0)
    if desk.pool.balance_of(account) < bond:
        why = f"{account} has too little of the desk's asset for a bond of {bond:,} smallest units"
        what = "ETH" if desk.pool.asset == ETH else desk.pool.asset
        yield Lacking("prove", why, f"send it some {what}", for_good=False)
