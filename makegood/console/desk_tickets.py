# SPDX-License-Identifier: Apache-2.0
"""A desk's tickets at a glance: whose reply is owed, what is late, the next due times."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from makegood.clock import Status, TicketState, check
from makegood.console import words
from makegood.console.run import Run
from makegood.console.table import table

_LISTED = 20


def read_tickets(run: Run) -> dict[bytes, TicketState]:
    """Every ticket as its last event left it: each event that changes one carries its whole word."""
    names = [name for name in run.desk.abi.events if run.desk.abi.has(name, "word")]
    return {
        event["ticket_id"]: TicketState.unpack(event["word"])
        for event in run.desk.events(names, from_block=run.first_block)
    }


def headline(run: Run, tickets: Mapping[bytes, TicketState], now: int) -> str:
    """How many wait for a reply, how many are late, and what is free for new ones."""
    owed = _owed(tickets)
    waiting = sum(state.status is Status.OPEN for state in owed.values())
    late = sum(now > _next_due(state) for state in owed.values())
    who = words.count(waiting, "ticket") if waiting else "No ticket"
    sentence = f"{who} {'wait' if waiting > 1 else 'waits'} for a reply"
    if late:
        sentence += f", the desk is late with {words.count(late, 'ticket')}"
    return f"{sentence}; {run.money(run.pool.free())} free to back new ones."


def ticket_lines(tickets: Mapping[bytes, TicketState], now: int) -> list[str]:
    """The tickets by their status, and the next due times, the earliest first."""
    challenged = sum(state.challenged for state in tickets.values())
    counts = Counter(state.status for state in tickets.values() if not state.challenged)
    parts = [f"{counts[status]} {status.label}" for status in Status if counts[status]]
    if challenged:
        parts.append(f"{challenged} challenged")
    lines = ["", f"Tickets: {', '.join(parts) or 'none yet'}"]
    rows = []
    for ticket_id, state in sorted(_owed(tickets).items(), key=lambda item: _next_due(item[1])):
        due = _next_due(state)
        late = "late, " if now > due else ""
        rows.append(
            (
                words.shortened("0x" + ticket_id.hex()),
                state.priority.label,
                state.status.label,
                "reply" if state.status is Status.OPEN and state.clock == due else "resolution",
                late + words.moment(due, now),
            )
        )
    if rows:
        lines += table(("ticket", "priority", "status", "owes", "by"), rows[:_LISTED])
    if len(rows) > _LISTED:
        lines.append(f"… and {len(rows) - _LISTED} more; --json has all.")
    return lines


def _next_due(state: TicketState) -> int:
    return min(state.clock, state.resolution) if state.status is Status.OPEN else state.resolution


def _owed(tickets: Mapping[bytes, TicketState]) -> dict[bytes, TicketState]:
    """Those for which the desk has something to do; a challenged one waits for what is shown of it."""
    return {ticket_id: state for ticket_id, state in tickets.items() if state.runs and not state.challenged}


def tickets_data(tickets: Mapping[bytes, TicketState], now: int) -> list[dict[str, Any]]:
    """The tickets for machines."""
    return [
        {
            "ticket_id": "0x" + ticket_id.hex(),
            "requester": state.requester,
            "priority": state.priority.label,
            "status": state.status.label,
            "backed": state.backed,
            "reply_due": words.iso(state.reply_due),
            "resolution_due": words.iso(state.resolution_due),
            "breached": list(check(state, now).breached.labels),
            "compensated": list(state.compensated.labels),
            "challenged": state.challenged,
        }
        for ticket_id, state in tickets.items()
    ]
