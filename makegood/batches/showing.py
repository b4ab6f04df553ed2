# SPDX-License-Identifier: Apache-2.0
"""What a ticket's state is once all that was anchored for it is shown, by the lane's rules."""

from __future__ import annotations

from collections.abc import Iterable

from makegood import clock
from makegood.batches.entry import Act
from makegood.batches.proof import Proof
from makegood.batches.published import recorded
from makegood.clock import TicketState
from makegood.desk import HUMAN, Desk
from makegood.policy import ChainPolicy
from makegood.receipts import Receipt
from makegood.receipts.anchoring import opened_state, priority_at
from makegood.receipts.node import asking


def state_by(
    desk: Desk, receipt: Receipt, proofs: Iterable[Proof], policy: ChainPolicy, now: int
) -> TicketState:
    """The ticket's state once all these entries are shown, by the lane's rules, before any proof."""
    batch = recorded(desk, receipt)
    assert receipt.inclusion is not None  # noqa: S101
    priority = priority_at(batch, receipt.inclusion.index)
    assert priority is not None  # noqa: S101
    state = opened_state(policy, batch, priority, receipt.requester, receipt.opened_at)
    last_at, sequence = receipt.opened_at, 1
    for each in proofs:
        if each.entry.sequence != sequence:
            continue
        sequence += 1
        with asking("batch"):
            anchored_at = desk.lane.batch(each.batch).anchored_at
        at = each.entry.at
        if each.entry.act != Act.FOLLOWED_UP and at + policy.anchor_lag < anchored_at:
            at = anchored_at
        at = max(at, last_at)
        over = state.solved_at is not None and clock.is_over(state, now, policy.contest_window)
        if not _is_taken(desk, receipt, each, anchored_at) or (
            over and clock.is_over(state, at, policy.contest_window)
        ):
            continue
        event = Act(each.entry.act).event
        state = clock.apply(state, event, at, policy.hours, policy.targets[priority][1])
        last_at = at
    return state


def _is_taken(desk: Desk, receipt: Receipt, proof: Proof, anchored_at: int) -> bool:
    entry = proof.entry
    if entry.at > anchored_at or not Act.OPENED < entry.act <= Act.FOLLOWED_UP:
        return False
    if entry.act == Act.FOLLOWED_UP:
        return entry.actor == receipt.requester
    with asking("standing_at"):
        return desk.directory.standing_at(entry.actor, entry.at) == HUMAN
