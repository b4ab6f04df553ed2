# SPDX-License-Identifier: Apache-2.0
"""Who decides disputes: the operator proposes a panel, and adopts it after the notice."""

from collections.abc import Sequence

from makegood.console import words
from makegood.console.dispute_words import listed, quorum_of
from makegood.console.run import Run
from makegood.desk import Outcome, Proposal, majority
from makegood.errors import UsageError


def threshold_of(count: int, threshold: int | None) -> int:
    """How many of so many arbiters decide: a majority unless another number is given.

    Raises UsageError where it is not more than half of them, or more than there are.
    """
    if threshold is None:
        return majority(count)
    if not count:
        raise UsageError("--threshold goes with arbiters.", hint="Name them too.")
    least = majority(count)
    if not least <= threshold <= count:
        possible = f"{least}" if least == count else f"{least} {'or' if least + 1 == count else 'to'} {count}"
        raise UsageError(
            f"A panel of {count} decides by {possible}, not by {threshold}.",
            hint="Leave --threshold out for a majority, or give another.",
        )
    return threshold


def propose_panel(run: Run, arbiters: Sequence[str], threshold: int | None) -> None:
    """Announce other arbiters."""
    addresses = [run.address(one) for one in arbiters]
    needed = threshold_of(len(addresses), threshold)
    call = run.desk.panel.propose_panel(addresses, needed)
    what = f"propose a panel of {words.count(len(addresses), 'arbiter')}, of whom {needed} decide"
    outcome = run.act(what, call)
    if outcome is None:
        return
    event = outcome.event("PanelProposed")
    now = outcome.at
    run.done(
        {
            "epoch": event["epoch"],
            "arbiters": [str(one) for one in run.desk.panel.seats(event["epoch"]).arbiters],
            "threshold": needed,
            "usable_from": words.iso(event["usable_from"]),
            "usable_until": words.iso(event["usable_until"]),
        },
        [
            ("proposed", f"epoch {event['epoch']}: {quorum_of(run.desk.panel.seats(event['epoch']))}"),
            ("arbiters", listed(run.desk.panel.seats(event["epoch"]).arbiters)),
            ("notice", words.span(run.pool.notice)),
            ("can be adopted from", words.moment(event["usable_from"], now)),
            ("lapses after", words.moment(event["usable_until"], now)),
            ("until adopted", "today's panel decides what is contested"),
        ],
    )


def adopt_panel(run: Run) -> None:
    """Make the proposed panel the one that decides what is contested from then on."""
    outcome = run.act(
        f"adopt the panel of epoch {run.desk.panel.proposal().epoch}", run.desk.panel.adopt_panel()
    )
    if outcome is not None:
        _tell_adopted(run, outcome)


def cancel_panel(run: Run) -> None:
    """Take the proposal back."""
    outcome = run.act("cancel the proposed panel", run.desk.panel.cancel_panel())
    if outcome is not None:
        epoch = outcome.event("PanelProposalCancelled")["epoch"]
        run.done({"epoch": epoch, "cancelled": True}, [("cancelled", f"the proposal of epoch {epoch}")])


def proposal_words(proposal: Proposal, now: int) -> str:
    """A proposed panel: from when and until when it can be adopted."""
    if now > proposal.usable_until:
        return f"epoch {proposal.epoch}, lapsed {words.moment(proposal.usable_until, now)}"
    return (
        f"epoch {proposal.epoch}, can be adopted from {words.moment(proposal.usable_from, now)} "
        f"to {words.moment(proposal.usable_until, now)}"
    )


def _tell_adopted(run: Run, outcome: Outcome) -> None:
    epoch = outcome.event("PanelAdopted")["epoch"]
    seats = run.desk.panel.seats(epoch)
    run.done(
        {"epoch": epoch, "arbiters": list(seats.arbiters), "threshold": seats.threshold},
        [
            ("adopted", f"epoch {epoch}: {quorum_of(seats)}"),
            ("arbiters", listed(seats.arbiters)),
            ("decides", "what is contested from now on; open disputes stay with their own panel"),
        ],
    )
