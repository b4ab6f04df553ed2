# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ticket_clock
@author Makegood
@license AGPL-3.0-only
@notice The rules of a ticket's clocks, as pure functions of its state: what each event does and what is a breach.
        A due time is the last second at which something is still in time.
"""

from . import opening_hours
from . import storage_words as words

# What happens to a ticket after its opening, by the numbers that a batch's entries have.
REPLIED: constant(uint256) = 1
LEFT_PENDING: constant(uint256) = 2
SOLVED: constant(uint256) = 3
FOLLOWED_UP: constant(uint256) = 4


@internal
@pure
def apply(
    state: words.TicketState, act: uint256, at: uint256, hours: uint256, next_reply: uint256
) -> words.TicketState:
    """
    @notice What an event does to a ticket, on either lane. Breaches are recorded first.
    @param state The ticket, not closed.
    @param act 1 replied, 2 left pending, 3 solved, 4 followed up.
    @param at When.
    @param hours The policy's opening hours; read only where `needs_hours`.
    @param next_reply Target in seconds of open time; read only where a follow-up `needs_hours`.
    @return The state.
    """
    t: words.TicketState = self.check(state, at)
    if act == FOLLOWED_UP:
        return self.followed_up(t, at, hours, next_reply)
    # Replied, left pending and solved make it hold, pending and solved.
    return self.answered(t, unsafe_add(act, 1), at, hours)


@internal
@pure
def needs_hours(status: uint256, act: uint256) -> bool:
    """
    @notice Whether an event starts, stops or restarts a clock, for which the opening hours count.
    @param status The ticket's status before.
    @param act 1 replied, 2 left pending, 3 solved, 4 followed up.
    @return True or false.
    """
    if act == FOLLOWED_UP:
        return status != words.OPEN
    return self.is_running(status) != (act == REPLIED)


@internal
@pure
def opened(
    state: words.TicketState, at: uint256, hours: uint256, first_reply: uint256, resolution: uint256
) -> words.TicketState:
    """
    @notice A ticket is opened: the desk owes a first reply and a resolution.
    @param state A state whose parties, policy and priority are set.
    @param at When.
    @param hours The policy's opening hours.
    @param first_reply Target in seconds of open time.
    @param resolution Target in seconds of open time.
    @return The state with its clocks running.
    """
    t: words.TicketState = state
    t.status = words.OPEN
    t.clock = opening_hours.due(hours, at, first_reply)
    t.resolution = opening_hours.due(hours, at, resolution)
    return t


@internal
@pure
def check(state: words.TicketState, at: uint256) -> words.TicketState:
    """
    @notice Records what is breached by now. Comes before whatever else happens to a ticket.
    @param state The ticket.
    @param at When it is looked at.
    @return The state; breaches are only ever added.
    """
    t: words.TicketState = state
    if t.status == words.OPEN and at > t.clock:
        t.breached |= words.NEXT_REPLY if t.replied == 1 else words.FIRST_REPLY
    if (t.status == words.OPEN or t.status == words.HOLD) and at > t.resolution:
        t.breached |= words.RESOLUTION
    return t


@internal
@pure
def is_running(status: uint256) -> bool:
    """
    @notice Whether the resolution clock runs.
    @param status A ticket's status.
    @return True for open and hold.
    """
    return status == words.OPEN or status == words.HOLD


@internal
@pure
def answered(state: words.TicketState, status: uint256, at: uint256, hours: uint256) -> words.TicketState:
    """
    @notice A human agent replied or solved.
    @param state The ticket after `check`, not closed.
    @param status What it becomes: hold, pending or solved.
    @param at When.
    @param hours The policy's opening hours; read only where a clock stops or restarts.
    @return The state. Solving what is solved changes nothing.
    """
    t: words.TicketState = state
    if status == words.SOLVED and t.status == words.SOLVED:
        return t
    if status == words.HOLD:
        if not self.is_running(t.status):
            t.resolution = opening_hours.due(hours, at, t.resolution)
    elif self.is_running(t.status):
        t.resolution = opening_hours.left(hours, at, t.resolution)
    t.status = status
    t.clock = at if status == words.SOLVED else 0
    t.replied = 1
    return t


@internal
@pure
def followed_up(state: words.TicketState, at: uint256, hours: uint256, next_reply: uint256) -> words.TicketState:
    """
    @notice The requester wrote again.
    @param state The ticket after `check`, not closed.
    @param at When.
    @param hours The policy's opening hours; read only where the ticket was not open.
    @param next_reply Target in seconds of open time; read only where the ticket was not open.
    @return The state. From open nothing changes: the oldest unanswered message counts.
    """
    t: words.TicketState = state
    if t.status == words.OPEN:
        return t
    if t.status == words.PENDING:
        t.resolution = opening_hours.due(hours, at, t.resolution)
    elif t.status == words.SOLVED:
        t.resolution = opening_hours.due(hours, at, max(t.resolution, next_reply))
    t.status = words.OPEN
    t.clock = opening_hours.due(hours, at, next_reply)
    return t
