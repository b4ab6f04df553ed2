# SPDX-License-Identifier: Apache-2.0
"""A desk's arbiters at a glance: who decides, who is proposed, how many disputes wait."""

from dataclasses import dataclass
from typing import Any

from makegood.console import words
from makegood.console.arbiters import proposal_words
from makegood.console.dispute_words import listed, quorum_of
from makegood.console.run import Run
from makegood.console.table import facts
from makegood.desk import Proposal, Seats
from makegood.disputes import open_disputes
from makegood.disputes.case import NO_SEATS


@dataclass(frozen=True)
class Panel:
    """Today's arbiters, the panel proposed, and the numbers of the disputes that wait for a ruling."""

    epoch: int
    seats: Seats
    proposal: Proposal
    proposed: Seats
    open_disputes: tuple[int, ...]


def read_panel(run: Run) -> Panel:
    """What the panel's views and events tell."""
    panel = run.desk.panel
    epoch, proposal = panel.epoch(), panel.proposal()
    return Panel(
        epoch=epoch,
        seats=panel.seats(epoch) if epoch else NO_SEATS,
        proposal=proposal,
        proposed=panel.seats(proposal.epoch) if proposal.epoch else NO_SEATS,
        open_disputes=tuple(event["dispute"] for event in open_disputes(run.desk, run.first_block)),
    )


def panel_lines(panel: Panel, now: int) -> list[str]:
    """The panel of a desk."""
    waiting = words.count(len(panel.open_disputes), "open dispute")
    rows = [("decide", quorum_of(panel.seats)), ("arbiters", listed(panel.seats.arbiters))]
    if panel.proposal.epoch:
        rows += [
            ("proposed", proposal_words(panel.proposal, now)),
            ("", f"{quorum_of(panel.proposed)}: {', '.join(panel.proposed.arbiters)}"),
        ]
    return [f"Panel of epoch {panel.epoch}, {waiting}", *facts(rows, indent=2)]


def panel_data(run: Run, panel: Panel) -> dict[str, Any]:
    """The panel of a desk for machines."""
    proposal = panel.proposal
    return {
        "address": run.desk.panel.address,
        "epoch": panel.epoch,
        "arbiters": list(panel.seats.arbiters),
        "threshold": panel.seats.threshold,
        "proposal": {
            "epoch": proposal.epoch,
            "arbiters": list(panel.proposed.arbiters),
            "threshold": panel.proposed.threshold,
            "usable_from": words.iso(proposal.usable_from),
            "usable_until": words.iso(proposal.usable_until),
        }
        if proposal.epoch
        else None,
        "open_disputes": list(panel.open_disputes),
    }
