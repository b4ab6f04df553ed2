# SPDX-License-Identifier: Apache-2.0
"""What one account is and has at a desk: standing, coverage, credit, an arbiter's seat and fees."""

from collections.abc import Iterable
from typing import Any

from makegood.clock import Priority
from makegood.console import words
from makegood.console.desk_panel import Panel
from makegood.console.ruling import uncollected
from makegood.console.run import Run
from makegood.desk import BOT, HUMAN


def holdings_of(run: Run, policies: Iterable[int], address: str) -> dict[str, Any]:
    """What an account holds, for machines."""
    coverages = {policy_id: run.desk.coverage(address, policy_id) for policy_id in policies}
    return {
        "address": address,
        "standing": {HUMAN: "human agent", BOT: "bot"}.get(run.desk.directory.standing(address)),
        "allowance": str(run.desk.allowance(address)),
        "collectable": str(run.pool.collectable(address)),
        "owed": str(run.pool.owed(address)),
        "coverage": [
            {
                "policy_id": policy_id,
                "priority": Priority(each.priority).label,
                "places": each.places,
                "used": each.used,
                "until": words.iso(each.until),
            }
            for policy_id, each in coverages.items()
            if each.places
        ],
    }


def seat_of(run: Run, panel: Panel, address: str) -> dict[str, Any]:
    """An account's seat and its fees, for machines."""
    fees = uncollected(run, address)
    return {
        "arbiter_of": panel.epoch if address in panel.seats.arbiters else None,
        "proposed_for": panel.proposal.epoch if address in panel.proposed.arbiters else None,
        "fees": str(sum(fees.values())),
        "fees_of": len(fees),
    }


def holding_rows(run: Run, holdings: dict[str, Any]) -> list[tuple[str, str]]:
    """What an account holds, in words."""
    rows = [
        ("is", holdings["standing"] or "no agent"),
        ("may bind for others", run.money(int(holdings["allowance"]))),
        ("can collect", run.money(int(holdings["collectable"]))),
        ("is owed", run.money(int(holdings["owed"]))),
    ]
    rows += [
        (
            f"covered by policy {each['policy_id']}",
            f"to {each['priority']}, {each['used']} of {each['places']} places used, until {each['until']}",
        )
        for each in holdings["coverage"]
    ]
    return rows


def seat_rows(run: Run, seat: dict[str, Any]) -> list[tuple[str, str]]:
    """An account's seat and its fees, in words."""
    rows = []
    if seat["arbiter_of"]:
        rows.append(
            ("arbiter", f"in the panel of epoch {seat['arbiter_of']}, which decides what is contested")
        )
    if seat["proposed_for"]:
        rows.append(("proposed", f"for the panel of epoch {seat['proposed_for']}"))
    if seat["fees_of"]:
        of = f"{run.money(int(seat['fees']))} of {words.count(seat['fees_of'], 'dispute')}"
        rows.append(("fees", f"{of} can be collected: `ape run collect_fees`"))
    elif seat["arbiter_of"]:
        rows.append(("fees", "none to collect"))
    return rows
