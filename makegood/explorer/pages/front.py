# SPDX-License-Identifier: Apache-2.0
"""The front: where a reader with a ticket id begins, and the desks of this index."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select

from makegood.explorer.phrases import Hex, Link, Money, Percent
from makegood.explorer.reading import Reader, shown_address
from makegood.indexer import queries, schema
from makegood.indexer.standing import money

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
    table = schema.attainment
    since = min((reader.now(chain) for chain in reader.cursors), default=reader.wall) // _DAY - _DAYS_BACK
    query = (
        select(table.c.chain, table.c.desk, func.sum(table.c.kept), func.sum(table.c.breached))
        .where(table.c.day > since)
        .group_by(table.c.chain, table.c.desk)
    )
    return {
        (chain, desk): (int(kept), int(broken))
        for chain, desk, kept, broken in reader.connection.execute(query)
    }
