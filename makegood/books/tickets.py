# SPDX-License-Identifier: Apache-2.0
"""Every ticket of a span: by lane and priority, how it was answered and resolved, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select
from sqlalchemy.engine import Connection

from makegood.errors import VerificationFailed
from makegood.indexer import schema
from makegood.indexer.batch_tickets import LEAVES
from makegood.indexer.fold_lane import PUBLISHED
from makegood.indexer.terms import amount_of, read
from makegood.indexer.tickets import BREACHED, KEPT, VOID

FLOW = ("carried", "opened", "closed", "over", "remaining")
"""Not over before the span; opened in it; closed in it; over, as nothing can be claimed now; the rest."""
REPLY = ("in_time", "late", "unanswered", "waiting", "void")
"""What became of the first reply of those opened. Void: the requester closed the ticket before it was due."""
RESOLUTION = ("solved", "overdue", "unsolved", "withdrawn")
"""What became of their resolution: solved in time, late, not yet due, closed by the requester before."""


@dataclass(frozen=True, slots=True)
class Row:
    """Of a lane (0 requester, 1 agent, 2 batch) and priority: counts by the names above."""

    lane: int
    priority: int
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class TicketAccount:
    """All rows; and the openings in batches that are no such ticket's.

    `unpublished` are in batches whose leaves nobody published, `repeated` open nothing of their own. `late`
    are batch tickets that nobody has proven and that published leaves show as breached; `late_amount` is
    what they could still claim. Both are None for a time before the index's newest block.
    """

    rows: tuple[Row, ...]
    unpublished: int
    repeated: int
    late: int | None
    late_amount: int | None

    def total(self, name: str, **fits: int) -> int:
        """Of all rows that fit, such as `lane=2`."""
        return sum(
            row.counts[name]
            for row in self.rows
            if all(getattr(row, key) == value for key, value in fits.items())
        )


def account_of(
    connection: Connection, chain: int, desk: str, since: int, moment: int, *, is_head: bool
) -> TicketAccount:
    """From the second `since` to the second `moment`. Raises VerificationFailed where sums do not match."""
    counted = connection.execute(_query(chain, desk, since, moment)).mappings().all()
    rows = tuple(
        Row(
            found["lane"],
            found["priority"],
            {name: int(found[name]) for name in (*FLOW, *REPLY, *RESOLUTION)},
        )
        for found in counted
    )
    for row in rows:
        _check(row)
    t = schema.tickets.c
    known = select(func.count()).where(t.chain == chain, t.desk == desk, t.opened_at <= moment)
    # One without its promises would be in no row.
    if sum(found["counted"] for found in counted) != connection.execute(known).scalar_one():
        raise _differs("the tickets")
    unpublished, repeated = _openings(connection, chain, desk, since, moment)
    late, amount = _late(connection, chain, desk, moment) if is_head else (None, None)
    found = TicketAccount(rows, unpublished, repeated, late, amount)
    if is_head:
        _check_all(connection, chain, desk, found, since)
    return found


def _query(chain: int, desk: str, since: int, moment: int) -> Any:
    t = schema.tickets.c
    reply, resolution = schema.promises.alias("reply"), schema.promises.alias("resolution")

    def promise(table: Any, number: int) -> ColumnElement[bool]:
        c = table.c
        return and_(c.ticket_id == t.ticket_id, c.chain == t.chain, c.desk == t.desk, c.number == number)

    def ended(table: Any, *states: str) -> ColumnElement[bool]:
        return and_(table.c.ended_at.is_not(None), table.c.ended_at <= moment, table.c.state.in_(states))

    def overdue(table: Any) -> ColumnElement[bool]:
        return and_(table.c.due.is_not(None), table.c.due < moment)

    opened = t.opened_at >= since
    closed = and_(t.closed_at.is_not(None), t.closed_at <= moment)
    over = and_(t.source == LEAVES, t.provable_until < moment)
    closed_before = and_(t.closed_at.is_not(None), t.closed_at < since)
    over_before = and_(t.source == LEAVES, t.provable_until < since - 1)
    answered = ended(reply, KEPT)
    late = and_(ended(reply, BREACHED), t.last_reply_at.is_not(None))
    void = ended(reply, VOID)
    unanswered = and_(not_(answered), not_(late), not_(void), overdue(reply))
    solved, withdrawn = ended(resolution, KEPT), ended(resolution, VOID)
    slow = and_(not_(solved), not_(withdrawn), or_(ended(resolution, BREACHED), overdue(resolution)))

    def count(*fits: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((and_(*fits), 1), else_=0)), 0)

    columns = {
        "carried": count(~opened, not_(closed_before), not_(over_before)),
        "opened": count(opened),
        "closed": count(closed, not_(closed_before)),
        "over": count(over, not_(over_before)),
        "remaining": count(not_(closed), not_(over)),
        "in_time": count(opened, answered),
        "late": count(opened, late),
        "unanswered": count(opened, unanswered),
        "waiting": count(opened, not_(or_(answered, late, void, unanswered))),
        "void": count(opened, void),
        "solved": count(opened, solved),
        "overdue": count(opened, slow),
        "unsolved": count(opened, not_(or_(solved, slow, withdrawn))),
        "withdrawn": count(opened, withdrawn),
    }
    joined = schema.tickets.join(reply, promise(reply, 1)).join(resolution, promise(resolution, 0))
    return (
        select(
            t.lane,
            t.priority,
            func.count().label("counted"),
            *(column.label(name) for name, column in columns.items()),
        )
        .select_from(joined)
        .where(t.chain == chain, t.desk == desk, t.opened_at <= moment)
        .group_by(t.lane, t.priority)
        .order_by(t.lane, t.priority)
    )


# ---------------------------------------------------------------- batches


def _openings(connection: Connection, chain: int, desk: str, since: int, moment: int) -> tuple[int, int]:
    b, leaves, t = schema.batches.c, schema.leaves.c, schema.tickets.c
    mine = (b.chain == chain, b.desk == desk, b.anchored_at >= since, b.anchored_at <= moment)
    size = b.urgent + b.high + b.normal + b.low
    published = b.leaves == PUBLISHED

    def total(*fits: ColumnElement[bool]) -> int:
        return int(
            connection.execute(select(func.coalesce(func.sum(size), 0)).where(*mine, *fits)).scalar_one()
        )

    theirs = and_(t.ticket_id == leaves.ticket_id, t.chain == b.chain, t.desk == b.desk, t.batch == b.batch)
    own = (
        select(leaves.ticket_id)
        .select_from(
            schema.batches.join(schema.leaves, and_(leaves.root == b.root, leaves.position < size)).join(
                schema.tickets, theirs
            )
        )
        .where(*mine, published)
        .distinct()
    )
    count = int(connection.execute(select(func.count()).select_from(own.subquery())).scalar_one())
    return total(not_(published)), total(published) - count


def _late(connection: Connection, chain: int, desk: str, moment: int) -> tuple[int, int]:
    t, p = schema.tickets.c, schema.policies.c
    query = (
        select(p.terms, t.priority, t.breached, func.count())
        .join(schema.policies, and_(p.chain == t.chain, p.desk == t.desk, p.policy_id == t.policy_id))
        .where(t.chain == chain, t.desk == desk, t.source == LEAVES, t.breached != 0)
        .where(t.provable_until >= moment)
        .group_by(p.terms, t.priority, t.breached)
    )
    found = connection.execute(query).all()
    amounts = (amount_of(read(terms), priority, kinds) * count for terms, priority, kinds, count in found)
    return sum(row[3] for row in found), sum(amounts)


# ---------------------------------------------------------------- checks


def _check(row: Row) -> None:
    counts = row.counts
    for names, total in ((REPLY, "opened"), (RESOLUTION, "opened")):
        if sum(counts[name] for name in names) != counts[total]:
            raise _differs("the tickets of a priority")
    if counts["carried"] + counts["opened"] - counts["closed"] - counts["over"] != counts["remaining"]:
        raise _differs("the tickets that remain")


def _check_all(connection: Connection, chain: int, desk: str, found: TicketAccount, since: int) -> None:
    """Against what the index counts of its own accord, and against the batches."""
    t, d, b = schema.tickets.c, schema.desks.c, schema.batches.c
    mine = (t.chain == chain, t.desk == desk)
    whole = int(
        connection.execute(select(func.count()).select_from(schema.tickets).where(*mine)).scalar_one()
    )
    known = connection.execute(select(d.tickets).where(d.chain == chain, d.desk == desk)).scalar_one()
    opened = connection.execute(
        select(func.count()).select_from(schema.tickets).where(*mine, t.opened_at >= since)
    ).scalar_one()
    if whole != known or opened != found.total("opened"):
        raise _differs("the tickets")
    published = select(b.batch).where(b.chain == chain, b.desk == desk, b.leaves == PUBLISHED)
    if since == 0:
        rows = connection.execute(
            select(func.count()).select_from(schema.tickets).where(*mine, t.batch.in_(published))
        ).scalar_one()
        size = func.coalesce(func.sum(b.urgent + b.high + b.normal + b.low), 0)
        fits = (b.chain == chain, b.desk == desk, b.leaves == PUBLISHED)
        anchored = connection.execute(select(size).where(*fits)).scalar_one()
        if rows + found.repeated != anchored:
            raise _differs("the tickets of batches")


def _differs(what: str) -> VerificationFailed:
    return VerificationFailed(
        f"In the index {what} are not as many as their parts.",
        hint="Compare the index with a node: `makegood index audit`.",
    )
