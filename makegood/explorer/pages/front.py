# SPDX-License-Identifier: Apache-2.0
"""The front: where a reader with a ticket id begins, and the desks of this index."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from makegood.explorer.phrases import Hex, Link, Money, Percent
from makegood.explorer.reading import Reader, shown_address
from makegood.indexer import queries, schema
from makegood.indexer.standing import money
from makegood.indexer.tickets import RUNNING

SHOWN = 100
_DAY = 86_400
_DAYS_BACK = 84


@dataclass(frozen=True, slots=True)
class DeskLine:
    """A desk in the list."""

    desk: Link
    address: Hex
    chain: int
    tickets: int
    running: int
    rate: Percent | None
    free: Money
    debt: Money | None
    operator_path: str


@dataclass(frozen=True, slots=True)
class FrontView:
    """The first page."""

    desks: list[DeskLine]
    more: int


def build(reader: Reader) -> FrontView:
    """The desks with the most tickets first."""
    table = schema.desks
    query = select(table).order_by(table.c.tickets.desc(), table.c.desk).limit(SHOWN)
    rows = queries.rows(reader.connection, query)
    total = int(reader.connection.execute(select(func.count()).select_from(table)).scalar_one())
    running = _running(reader)
    rates = _rates(reader)
    found = []
    for row in rows:
        desk = reader.desk(row["chain"], row["desk"])
        books = money(row)
        key = (desk.chain, desk.address)
        kept, broken = rates.get(key, (0, 0))
        found.append(
            DeskLine(
                desk.link,
                Hex(shown_address(desk.address), desk.path),
                desk.chain,
                row["tickets"],
                running.get(key, 0),
                Percent(kept, kept + broken) if kept + broken else None,
                Money(books.free, desk.token),
                Money(books.debt, desk.token) if books.debt else None,
                f"/operator/{desk.chain}/{desk.address}",
            )
        )
    return FrontView(found, max(0, total - len(rows)))


def _running(reader: Reader) -> dict[tuple[int, str], int]:
    table = schema.tallies
    query = (
        select(table.c.chain, table.c.desk, func.sum(table.c.tickets))
        .where(table.c.status != 5)
        .group_by(table.c.chain, table.c.desk)
    )
    return {(chain, desk): int(count) for chain, desk, count in reader.connection.execute(query)}


def _rates(reader: Reader) -> dict[tuple[int, str], tuple[int, int]]:
    """How many promises that fell due were kept and broken, as the desk's own page counts them."""
    found: dict[tuple[int, str], tuple[int, int]] = {}
    for chain in reader.cursors:
        overdue = _overdue(reader, chain)
        for desk, kept, broken in _counted(reader, chain):
            found[chain, desk] = (kept, broken + overdue.pop(desk, 0))
        found |= {(chain, desk): (0, broken) for desk, broken in overdue.items()}
    return found


def _counted(reader: Reader, chain: int) -> list[tuple[str, int, int]]:
    table, today = schema.attainment, reader.now(chain) // _DAY
    query = (
        select(table.c.desk, func.sum(table.c.kept), func.sum(table.c.breached))
        .where(table.c.chain == chain, table.c.day > today - _DAYS_BACK, table.c.day <= today)
        .group_by(table.c.desk)
    )
    return [(desk, int(kept), int(broken)) for desk, kept, broken in reader.connection.execute(query)]


def _overdue(reader: Reader, chain: int) -> dict[str, int]:
    table, now = schema.promises, reader.now(chain)
    since = (now // _DAY - _DAYS_BACK + 1) * _DAY
    query = (
        select(table.c.desk, func.count())
        .where(table.c.chain == chain, table.c.state == RUNNING, table.c.due < now, table.c.due >= since)
        .group_by(table.c.desk)
    )
    return {desk: int(count) for desk, count in reader.connection.execute(query)}
