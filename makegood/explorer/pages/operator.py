# SPDX-License-Identifier: Apache-2.0
"""For the operator of a desk: what falls due, who waits longest, how long the money lasts."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import func, select

from makegood.explorer.languages import iso, plain_amount
from makegood.explorer.pages import lists
from makegood.explorer.phrases import Hex, Link, Moment, Money, Relative, Sentence, Span, counted, sentence
from makegood.explorer.reading import DeskRow, Reader, shown_address, ticket_link
from makegood.explorer.words import names
from makegood.indexer import queries, schema
from makegood.indexer.standing import money
from makegood.indexer.terms import amount_of, worst_case
from makegood.indexer.tickets import RUNNING

DAY = 86_400
SOON = 3_600
SHOWN = 50
MOST_OF_CSV = 10_000
_DAYS_BACK = 28


@dataclass(frozen=True, slots=True)
class DueLine:
    """A promise that falls due soon, or is late."""

    ticket: Hex
    kind: Sentence
    priority: Sentence
    due: Moment
    left: Relative
    late: bool
    costs: Money


@dataclass(frozen=True, slots=True)
class CauseLine:
    """How many promises were broken for one reason, and what they cost."""

    cause: Sentence
    kind: Sentence
    count: int
    paid: Money


@dataclass(frozen=True, slots=True)
class OperatorView:
    """The page for a desk's operator."""

    chain: int
    desk: Link
    desk_address: str
    first: Sentence
    tone: str
    soon: list[DueLine]
    late: list[DueLine]
    late_count: int
    oldest: lists.TicketLine | None
    waits: Span | None
    runway: Sentence
    room: list[tuple[Sentence, int]]
    causes: list[CauseLine]
    open_disputes: list[lists.DisputeRow]


def build(reader: Reader, chain: int, address: str) -> OperatorView:
    """Raises NotIndexed."""
    desk = reader.desk(chain, address)
    now = reader.now(chain)
    late, soon = _due(reader, desk, now, late=True), _due(reader, desk, now, late=False)
    late_count = _late_count(reader, desk, now)
    oldest, waits = _oldest(reader, desk, now)
    return OperatorView(
        chain=chain,
        desk=desk.link,
        desk_address=address,
        first=_first(late_count, len(soon)),
        tone="late" if late_count else "due" if soon else "calm",
        soon=soon,
        late=late,
        late_count=late_count,
        oldest=oldest,
        waits=waits,
        runway=_runway(reader, desk, now),
        room=_room(reader, desk),
        causes=_causes(reader, desk),
        open_disputes=_disputes(reader, desk),
    )


def _first(late: int, soon: int) -> Sentence:
    if late:
        return counted(
            "1 promise is late. Due in the next hour: %(soon)s.",
            "%(count)s promises are late. Due in the next hour: %(soon)s.",
            late,
            soon=soon,
        )
    if soon:
        return counted(
            "1 promise falls due in the next hour; none is late.",
            "%(count)s promises fall due in the next hour; none is late.",
            soon,
        )
    return sentence("Nothing is late, and nothing falls due in the next hour.")


def _due(reader: Reader, desk: DeskRow, now: int, *, late: bool, limit: int = SHOWN) -> list[DueLine]:
    table = schema.promises
    when = table.c.due < now if late else table.c.due.between(now, now + SOON)
    query = (
        select(table)
        .where(table.c.chain == desk.chain, table.c.desk == desk.address, table.c.state == RUNNING, when)
        .order_by(table.c.due)
        .limit(limit)
    )
    return [_line(reader, desk, row, now) for row in queries.rows(reader.connection, query)]


def _line(reader: Reader, desk: DeskRow, row: queries.Row, now: int) -> DueLine:
    policy = reader.policy(desk.chain, desk.address, row["policy_id"])
    cost = 0 if policy is None else amount_of(policy, row["priority"], row["kind"])
    return DueLine(
        ticket=ticket_link(desk.chain, row["ticket_id"]),
        kind=names.KINDS[row["kind"]],
        priority=names.PRIORITIES[row["priority"]],
        due=Moment(row["due"], now),
        left=Relative(row["due"], now),
        late=row["due"] < now,
        costs=Money(cost, desk.token),
    )


def _late_count(reader: Reader, desk: DeskRow, now: int) -> int:
    table = schema.promises
    query = select(func.count()).where(
        table.c.chain == desk.chain,
        table.c.desk == desk.address,
        table.c.state == RUNNING,
        table.c.due < now,
    )
    return int(reader.connection.execute(query).scalar_one())


def _oldest(reader: Reader, desk: DeskRow, now: int) -> tuple[lists.TicketLine | None, Span | None]:
    table = schema.tickets
    query = (
        select(table)
        .where(table.c.chain == desk.chain, table.c.desk == desk.address, table.c.waiting_since.is_not(None))
        .order_by(table.c.waiting_since)
    )
    row = queries.first(reader.connection, query)
    if row is None:
        return None, None
    (line,) = lists.tickets(reader, [row]) or (None,)
    return line, Span(max(0, now - row["waiting_since"]))


def _runway(reader: Reader, desk: DeskRow, now: int) -> Sentence:
    table = schema.books
    query = (
        select(table.c.compensated)
        .where(
            table.c.chain == desk.chain, table.c.desk == desk.address, table.c.time < now - _DAYS_BACK * DAY
        )
        .order_by(table.c.block_number.desc())
    )
    before = queries.first(reader.connection, query)
    spent = desk.row["compensated"] - (before["compensated"] if before is not None else 0)
    free = money(desk.row).free
    if spent <= 0:
        return sentence(
            "No compensation arose in the last %(days)s; %(free)s is free.",
            days=Span(_DAYS_BACK * DAY),
            free=Money(free, desk.token),
        )
    return sentence(
        "In the last %(days)s the desk granted %(spent)s. At that pace its free funds of %(free)s last "
        "%(left)s.",
        days=Span(_DAYS_BACK * DAY),
        spent=Money(spent, desk.token),
        free=Money(free, desk.token),
        left=Span(free * _DAYS_BACK * DAY // spent),
    )


def _room(reader: Reader, desk: DeskRow) -> list[tuple[Sentence, int]]:
    """How many more tickets of each priority the free funds could back under the newest policy."""
    policy = reader.policy(desk.chain, desk.address, desk.row["policies"])
    if policy is None:
        return []
    free = money(desk.row).free
    worst = [worst_case(policy, priority) for priority in range(4)]
    return [(names.PRIORITIES[priority], free // worst[priority]) for priority in range(4) if worst[priority]]


def _causes(reader: Reader, desk: DeskRow) -> list[CauseLine]:
    table = schema.breaches
    query = select(table.c.cause, table.c.kind, table.c.amount).where(
        table.c.desk == desk.address, table.c.chain == desk.chain
    )
    newest = query.order_by(table.c.recorded_at.desc()).limit(MOST_OF_CSV)
    sums: dict[tuple[str, int], list[int]] = {}
    for cause, kind, amount in reader.connection.execute(newest):
        found = sums.setdefault((cause, kind), [0, 0])
        found[0] += 1
        found[1] += amount or 0
    return [
        CauseLine(names.CAUSES[cause], names.KINDS[kind], count, Money(paid, desk.token))
        for (cause, kind), (count, paid) in sorted(sums.items(), key=lambda each: -each[1][0])
    ]


def _disputes(reader: Reader, desk: DeskRow) -> list[lists.DisputeRow]:
    table = schema.disputes
    query = (
        select(table)
        .where(table.c.desk == desk.address, table.c.state == 1, table.c.chain == desk.chain)
        .order_by(table.c.rules_until)
        .limit(SHOWN)
    )
    return lists.disputes(reader, desk, queries.rows(reader.connection, query))


# ---------------------------------------------------------------- for a spreadsheet

COLUMNS = (
    "ticket_id",
    "kind",
    "priority",
    "began_at",
    "due",
    "seconds_left",
    "costs",
    "asset",
    "policy",
    "ticket_page",
)


def as_csv(reader: Reader, chain: int, address: str) -> Iterator[str]:
    """All promises that run, the next one first. Raises NotIndexed."""
    desk = reader.desk(chain, address)
    now = reader.now(chain)
    table = schema.promises
    query = (
        select(table)
        .where(table.c.chain == chain, table.c.desk == address, table.c.state == RUNNING)
        .order_by(table.c.due)
        .limit(MOST_OF_CSV)
    )
    yield _csv_line(COLUMNS)
    for row in queries.rows(reader.connection, query):
        policy = reader.policy(chain, address, row["policy_id"])
        cost = 0 if policy is None else amount_of(policy, row["priority"], row["kind"])
        yield _csv_line(
            (
                row["ticket_id"],
                names.KINDS[row["kind"]].text,
                names.PRIORITIES[row["priority"]].text,
                iso(row["began_at"]),
                iso(row["due"]),
                row["due"] - now,
                plain_amount(cost, desk.token.decimals).replace(",", ""),
                cell(desk.token.symbol),
                row["policy_id"],
                f"/ticket/{chain}/{row['ticket_id']}",
            )
        )


def cell(text: str) -> str:
    """A text of somebody else's, which a spreadsheet then takes for no formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r" else text


def _csv_line(values: tuple[object, ...]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(values)
    return line.getvalue()


def file_name(address: str) -> str:
    """Of the CSV."""
    return f"due-{shown_address(address)}.csv"
