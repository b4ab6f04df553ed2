# SPDX-License-Identifier: Apache-2.0
"""How a desk kept its promises, by weeks; `queries.attainment` has it by days, which are many rows."""

from __future__ import annotations

from sqlalchemy import bindparam, func, select

from makegood.explorer.fetching import Statement
from makegood.explorer.reading import DeskRow, Reader
from makegood.indexer import schema
from makegood.indexer.queries import Attainment
from makegood.indexer.tickets import DAY, RUNNING

WEEK = 7

_settled, _promises = schema.attainment.c, schema.promises.c
_week = ((_settled.day - bindparam("first")) // WEEK).label("week")
_SETTLED = Statement(
    select(
        _week,
        _settled.priority,
        _settled.kind,
        func.sum(_settled.kept).label("kept"),
        func.sum(_settled.breached).label("breached"),
    )
    .where(
        _settled.chain == bindparam("chain"),
        _settled.desk == bindparam("desk"),
        _settled.day.between(bindparam("first"), bindparam("last")),
    )
    .group_by("week", _settled.priority, _settled.kind)
)
_OVERDUE = Statement(
    select(
        ((_promises.due // DAY - bindparam("first")) // WEEK).label("week"),
        _promises.priority,
        _promises.kind,
        func.count().label("breached"),
    )
    .where(
        _promises.chain == bindparam("chain"),
        _promises.desk == bindparam("desk"),
        _promises.state == RUNNING,
        _promises.due < bindparam("now"),
        _promises.due >= bindparam("since"),
    )
    .group_by("week", _promises.priority, _promises.kind)
)


def by_week(reader: Reader, desk: DeskRow, first: int, now: int) -> list[Attainment]:
    """Of the weeks from the day `first` to today, by the first day of each; what is overdue is broken."""
    place = {"chain": desk.chain, "desk": desk.address, "first": first}
    days = {**place, "last": now // DAY}
    found = {
        (row["week"], row["priority"], row["kind"]): (int(row["kept"]), int(row["breached"]))
        for row in reader.remembered(
            (schema.attainment, *days.values()), lambda: _SETTLED.rows(reader.connection, **days)
        )
    }
    for row in _OVERDUE.rows(reader.connection, **place, since=first * DAY, now=now):
        key = (row["week"], row["priority"], row["kind"])
        kept, breached = found.get(key, (0, 0))
        found[key] = (kept, breached + row["breached"])
    return [
        Attainment(first + week * WEEK, priority, kind, *counts)
        for (week, priority, kind), counts in sorted(found.items())
    ]
