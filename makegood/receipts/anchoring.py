# SPDX-License-Identifier: Apache-2.0
"""What the chain knows of a batch, and what it makes of an opening in it: its priority and its dues."""

from makegood import clock
from makegood.clock import Priority, TicketState
from makegood.desk import Batch, Desk, Event
from makegood.errors import NotFound
from makegood.policy import ChainPolicy
from makegood.receipts.node import asking, contradicts


def batch_of(desk: Desk, anchoring: Event) -> Batch:
    """What is on record of the batch that was anchored. Raises NodeUnreachable where that contradicts it."""
    number = int(anchoring["batch"])
    try:
        with asking("batch"):
            batch = desk.lane.batch(number)
    except NotFound:
        raise contradicts(f"batch {number}") from None
    said = (
        anchoring["agent"],
        anchoring["policy_id"],
        bytes(anchoring["root"]),
        ends_of(anchoring["counts"]),
        anchoring["backed"],
        anchoring["expires_at"],
    )
    if said != (batch.agent, batch.policy_id, batch.root, batch.ends, batch.backed, batch.expires_at):
        raise contradicts(f"batch {number}")
    return batch


def ends_of(counts: list[int]) -> tuple[int, ...]:
    """The first index beyond the openings of each priority, and beyond all leaves."""
    return tuple(sum(counts[: place + 1]) for place in range(len(counts)))


def priority_at(batch: Batch, index: int) -> Priority | None:
    """The priority of the opening at an index; None where a later entry is there, or nothing."""
    return next((priority for priority in Priority if index < batch.ends[priority]), None)


def opened_state(
    policy: ChainPolicy, batch: Batch, priority: Priority, requester: str, opened_at: int
) -> TicketState:
    """The state that a proof begins with, its dues as the chain keeps them."""
    first_reply, _, resolution = policy.targets[priority]
    state = clock.opened(
        opened_at,
        policy.hours,
        first_reply,
        resolution,
        requester=requester,
        policy_id=batch.policy_id,
        priority=priority,
        backed=batch.backed,
    )
    # Packed and unpacked: the chain's times stop at the last second that it keeps.
    return TicketState.unpack(state.pack())
