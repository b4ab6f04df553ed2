# SPDX-License-Identifier: Apache-2.0
"""What an event does to a ticket's row, to what the desk owes it, and to the counts of its desk.

A ticket's word says where its clocks stand after each event. From the word before and the word after follows
which promise began or ended: a reply is owed from an opening or a follow-up until the desk answers; the
resolution from the opening until the ticket is solved, but for the time in which it waits for the requester.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from makegood.clock import Kind, Status
from makegood.indexer import schema
from makegood.indexer.rows import Row, Rows, keys_of

DAY = 86_400

OPEN, HOLD, PENDING, SOLVED, CLOSED = (int(status) for status in Status)
FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT = (int(kind) for kind in Kind)

RUNNING, PAUSED, KEPT, BREACHED, VOID = "running", "paused", "kept", "breached", "void"
"""Of a promise. Void: the requester closed the ticket while it was neither kept nor broken."""

_ACCOUNT = (1 << 160) - 1
_NO_PROMISES = {"kept": 0, "breached": 0}
_NO_TICKETS = {"tickets": 0}


class State(NamedTuple):
    """The fields of a ticket's word, as numbers."""

    account: int
    clock: int
    resolution: int
    policy_id: int
    priority: int
    status: int
    replied: bool
    breached: int
    compensated: int
    backed: bool
    holds_place: bool
    proven: bool
    disputed: bool
    challenged: bool

    @classmethod
    def of(cls, word: int) -> State:
        """As `makegood.clock.TicketState.unpack`, without what makes that slow."""
        return cls(
            word & _ACCOUNT,
            word >> 160 & 0xFFFFFFFF,
            word >> 192 & 0xFFFFFFFF,
            # From here on numbers are small.
            (high := word >> 224) & 0x1FFF,
            high >> 13 & 3,
            high >> 15 & 7,
            high >> 18 & 1 == 1,
            high >> 19 & 15,
            high >> 23 & 15,
            high >> 27 & 1 == 1,
            high >> 28 & 1 == 1,
            high >> 29 & 1 == 1,
            high >> 30 & 1 == 1,
            high >> 31 & 1 == 1,
        )

    @property
    def requester(self) -> str:
        """The account's address."""
        return f"0x{self.account:040x}"


def new(chain: int, desk: str, ticket_id: str, state: State, **more: Any) -> Row:
    """The row of a ticket that was just opened; `more` is what its word does not say."""
    return {
        "ticket_id": ticket_id,
        "chain": chain,
        "desk": desk,
        "requester": state.requester,
        "agent": None,
        "policy_id": state.policy_id,
        "priority": state.priority,
        "status": 0,
        "word": None,
        "replied": False,
        "backed": state.backed,
        "holds_place": state.holds_place,
        "disputed": False,
        "proven": state.proven,
        "challenged": state.challenged,
        "opened_transaction": None,
        "reply_due": None,
        "waiting_since": None,
        "solved_at": None,
        "resolution_due": None,
        "resolution_remaining": None,
        "first_reply_due": state.clock,
        "first_reply_at": None,
        "last_reply_at": None,
        "closed_at": None,
        "breached": 0,
        "compensated": 0,
        "paid": 0,
        "replies_due": 0,
        "resolution_state": RUNNING,
        "open_disputes": 0,
        "follow_up_nonce": 0,
        "batch": None,
        "leaf_index": None,
        "provable_until": None,
        "proven_at": None,
        "challenge_until": None,
        "prover": None,
        "proof_bond": 0,
        "proof_sequence": 0,
        "proof_answered": False,
        "challenge_ended_at": None,
        "bond_returned": None,
        "equivocated": False,
        "changed_at": 0,
        "changed_block": 0,
        **more,
    }


def apply(rows: Rows, ticket: Row, state: State, at: int) -> None:
    """The ticket is in this state from `at` on: its row, what is promised to it, and the counts."""
    before = ticket["status"]
    if state.status != before:
        _count(rows, ticket, before, -1)
        _count(rows, ticket, state.status, 1)
    _replies(rows, ticket, state, at)
    _resolution(rows, ticket, state, at)
    status = state.status
    runs = status in (OPEN, HOLD)
    ticket.update(
        status=status,
        replied=state.replied,
        disputed=state.disputed,
        proven=state.proven,
        challenged=state.challenged,
        breached=state.breached,
        compensated=state.compensated,
        holds_place=state.holds_place,
        reply_due=state.clock if status == OPEN else None,
        solved_at=state.clock if status == SOLVED else None,
        resolution_due=state.resolution if runs else None,
        resolution_remaining=state.resolution if status in (PENDING, SOLVED) else None,
    )
    if status == CLOSED:
        ticket["closed_at"] = at


def take_away(rows: Rows, ticket: Row) -> None:
    """Nothing that was counted of a ticket counts any more, and no promise to it is left. Its row stays."""
    if ticket["status"]:
        _count(rows, ticket, ticket["status"], -1)
    for number in range(ticket["replies_due"] + 1):
        promise = _found(rows, ticket, number)
        if promise is not None:
            _settle(rows, ticket, promise, None)
            rows.drop(schema.promises, ticket["ticket_id"], ticket["chain"], ticket["desk"], number)


# ---------------------------------------------------------------- promises


def _replies(rows: Rows, ticket: Row, state: State, at: int) -> None:
    was_open, is_open = ticket["status"] == OPEN, state.status == OPEN
    if was_open and not is_open:
        due = ticket["reply_due"]
        outcome = BREACHED if at > due else VOID if state.status == CLOSED else KEPT
        _promise(rows, ticket, ticket["replies_due"], ticket["waiting_since"], due, at, outcome)
        if state.status != CLOSED:
            ticket["waiting_since"] = None
            if ticket["first_reply_at"] is None and ticket["replies_due"] == 1:
                ticket["first_reply_at"] = at
    elif is_open and not was_open:
        ticket["replies_due"] += 1
        ticket["waiting_since"] = at
        _promise(rows, ticket, ticket["replies_due"], at, state.clock, None, RUNNING)
    if state.status == CLOSED:
        ticket["waiting_since"] = None


def _resolution(rows: Rows, ticket: Row, state: State, at: int) -> None:
    status, before = state.status, ticket["resolution_state"]
    due = ticket["resolution_due"]
    late = ticket["status"] in (OPEN, HOLD) and at > due
    if before == BREACHED:
        # For good; but the promise is not over before the ticket is solved.
        return
    if late:
        after = BREACHED
    elif status in (OPEN, HOLD):
        after, due = RUNNING, state.resolution
    elif status == PENDING:
        after, due = PAUSED, None
    elif status == SOLVED:
        after = KEPT
    else:
        after = KEPT if before == KEPT else VOID
    if after == before and (after != RUNNING or due == ticket["resolution_due"]):
        return
    # Only what was kept before was counted.
    old = _found(rows, ticket, 0) if before == KEPT else None
    ticket["resolution_state"] = after
    _promise(
        rows, ticket, 0, ticket["opened_at"], due, None if after in (RUNNING, PAUSED) else at, after, old
    )


def _promise(
    rows: Rows,
    ticket: Row,
    number: int,
    began_at: int,
    due: int | None,
    ended_at: int | None,
    state: str,
    old: Row | None = None,
) -> None:
    promise = {
        "ticket_id": ticket["ticket_id"],
        "chain": ticket["chain"],
        "desk": ticket["desk"],
        "number": number,
        "kind": (RESOLUTION, FIRST_REPLY)[number] if number < 2 else NEXT_REPLY,
        "policy_id": ticket["policy_id"],
        "priority": ticket["priority"],
        "began_at": began_at,
        "due": due,
        "ended_at": ended_at,
        "state": state,
    }
    _settle(rows, ticket, old, promise)
    rows.put(schema.promises, promise)


def _found(rows: Rows, ticket: Row, number: int) -> Row | None:
    return rows.get(schema.promises, ticket["ticket_id"], ticket["chain"], ticket["desk"], number)


def overrule(rows: Rows, ticket: Row, kind: int) -> None:
    """The arbiters found that what looked kept was none: the last promise of this kind is broken."""
    last = ticket["replies_due"] - (ticket["status"] == OPEN)
    number = {FIRST_REPLY: 1, NEXT_REPLY: last, RESOLUTION: 0}.get(kind)
    if number is None or (kind == NEXT_REPLY and number < 2):
        return
    old = _found(rows, ticket, number)
    if old is None or old["state"] in (BREACHED, VOID) or (number and old["state"] == RUNNING):
        return
    broken = {**old, "state": BREACHED, "ended_at": old["ended_at"] or ticket["changed_at"]}
    _settle(rows, ticket, old, broken)
    rows.put(schema.promises, broken)
    if number == 0:
        ticket["resolution_state"] = BREACHED


# ---------------------------------------------------------------- counts


def _settle(rows: Rows, ticket: Row, old: Row | None, new: Row | None) -> None:
    for promise, change in ((old, -1), (new, 1)):
        if promise is None or promise["state"] not in (KEPT, BREACHED):
            continue
        due = promise["due"] if promise["due"] is not None else promise["ended_at"]
        key = (
            ticket["chain"],
            ticket["desk"],
            due // DAY,
            ticket["policy_id"],
            ticket["priority"],
            promise["kind"],
            ticket["lane"],
        )
        count = _counter(rows, schema.attainment, key, _NO_PROMISES)
        count[promise["state"]] += change
        if not count["kept"] and not count["breached"]:
            rows.drop(schema.attainment, *key)


def _count(rows: Rows, ticket: Row, status: int, change: int) -> None:
    if not status:
        return
    key = (ticket["chain"], ticket["desk"], ticket["lane"], ticket["priority"], status)
    count = _counter(rows, schema.tallies, key, _NO_TICKETS)
    count["tickets"] += change
    if not count["tickets"]:
        rows.drop(schema.tallies, *key)


def _counter(rows: Rows, table: Any, key: tuple[Any, ...], zeros: dict[str, int]) -> Row:
    try:
        return rows.edit(table, *key)
    except KeyError:
        return rows.put(table, dict(zip(keys_of(table), key, strict=True)) | zeros)
