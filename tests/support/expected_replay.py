# SPDX-License-Identifier: Apache-2.0
"""What a replay should find, by the rules in Python alone: no chain, no contract."""

from collections import Counter
from decimal import Decimal
from typing import Any, get_args

from makegood import clock
from makegood.clock import Kind, Priority, TicketState
from makegood.policy import DAY, KINDS, Policy
from makegood.replay import Log

NOBODY = "0x" + "00" * 20


def final_states(log: Log, policy: Policy) -> dict[str, TicketState]:
    """Each ticket 400 days after the last row. Unmoved: whole weeks change nothing in the rules."""
    states: dict[str, TicketState] = {}
    events = {str(event): event for event in get_args(clock.Event)}
    for row in log.rows:
        targets = policy.targets[row.priority]
        if row.event == "opened":
            states[row.ticket] = clock.opened(
                row.at,
                policy.hours,
                targets.first_reply,
                targets.resolution,
                requester=NOBODY,
                priority=row.priority,
            )
        else:
            states[row.ticket] = clock.apply(
                states[row.ticket], events[row.event], row.at, policy.hours, targets.next_reply
            )
    end = log.rows[-1].at + 400 * DAY
    return {ticket: clock.check(state, end) for ticket, state in states.items()}


def expected_summary(log: Log, policy: Policy) -> dict[str, Any]:
    """The figures of `helpdesk-expected.json` for any log and policy."""
    found: Counter[tuple[str, str]] = Counter()
    owed = Decimal(0)
    states = final_states(log, policy)
    for state in states.values():
        for kind in KINDS:
            if Kind[kind.upper()] in state.breached:
                found[kind, state.priority.label] += 1
                owed += getattr(policy.targets[state.priority].compensation, kind)
    return {
        "tickets": len(states),
        "events": len(log.rows),
        "breaches": {
            kind: {priority.label: found[kind, priority.label] for priority in Priority} for kind in KINDS
        },
        "breached_tickets": sum(1 for state in states.values() if state.breached),
        "compensation": str(owed.normalize()),
    }
