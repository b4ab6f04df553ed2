# SPDX-License-Identifier: Apache-2.0
"""All that the desk's contracts say, compared at once: here shows what a transaction must have left alone."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuzz.world import World

Read = tuple[str, tuple[Any, ...]]


def everything(w: "World") -> Iterator[Read]:
    """Every view worth asking, with all that there is to ask it for."""
    yield from tickets(w)
    yield from people(w)
    for name in ("books", "withdrawal", "proposal", "epoch", "dispute_count", "owner", "policy_count"):
        yield f"read_{name}", ()
    for number in range(1, len(w.m.lane.batches) + 1):
        yield "read_batch", (number,)
    for policy_id in range(1, len(w.m.desk.policies) + 1):
        yield "read_policy", (policy_id,)
    for epoch in w.m.panel.seats:
        yield "read_seats", (epoch,)


def tickets(w: "World") -> Iterator[Read]:
    """Each ticket with its disputes and its proof."""
    for ticket_id in w.known:
        ticket = w.m.tickets[ticket_id]
        yield "read_ticket_word", (ticket_id,)
        yield "read_claimable", (ticket_id,)
        if ticket.nonce:
            yield "read_follow_up_nonce", (ticket_id,)
        if ticket.proof:
            yield "read_proof", (ticket_id,)
        for kind in ticket.disputes:
            yield "read_dispute", (ticket_id, kind)


def people(w: "World") -> Iterator[Read]:
    """What everybody is, may do and is owed."""
    for person in w.m.pool.credit_of:
        yield "read_collectable", (person,)
        yield "read_owed", (person,)
    for holder, policy_id in w.m.desk.coverages:
        yield "read_coverage", (holder, policy_id)
    for agent in w.m.desk.allowances:
        yield "read_allowance", (agent,)
    for agent in w.m.directory.agents:
        yield "read_agent", (agent,)
    for requester in w.m.directory.keepers:
        yield "read_keeper", (requester,)
    for successor in w.m.directory.predecessors:
        yield "read_predecessor", (successor,)
    for channel in w.m.directory.channels:
        yield "read_channel", (channel,)


def stray_word(w: "World") -> str:
    """The first ticket whose word is not the model's; cheap enough to ask often."""
    for ticket_id in w.known:
        if w.ticket_word(ticket_id) != w.m.tickets[ticket_id].word():
            return f"ticket {ticket_id:#x} was changed by something else"
    return ""
