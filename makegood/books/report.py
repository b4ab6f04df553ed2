# SPDX-License-Identifier: Apache-2.0
"""The books of a span: its movements, what they come to, its tickets and breaches; all of it checked.

Nothing is ever added to make a sum come out: what the events do not explain ends in VerificationFailed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from makegood.books import tickets
from makegood.books.checking import check_accounts, check_counts, differs
from makegood.books.journal import Journal
from makegood.books.ledger import CREDITED, DEBT, Line, Position
from makegood.books.movements import COMING_IN, GOING_OUT, Movement
from makegood.books.span import Closing, Span, closing
from makegood.clock import Kind
from makegood.errors import NotFound
from makegood.explorer.languages import token_of
from makegood.explorer.phrases import Token
from makegood.indexer import schema
from makegood.indexer.queries import one
from makegood.indexer.store import Cursor


@dataclass(frozen=True, slots=True)
class Breaches:
    """Of one kind in the span: how many were recorded, how many paid, and what they came to."""

    kind: int
    recorded: int
    paid: int
    credited: int
    owed: int


@dataclass
class Flows:
    """What moved in a span, by movement and direction, and the payments one by one."""

    moved: Counter[Movement] = field(default_factory=Counter)
    compensated: Counter[tuple[int, str]] = field(default_factory=Counter)
    collected: Counter[Movement] = field(default_factory=Counter)
    payments: list[Line] = field(default_factory=list)
    lines: int = 0

    def take(self, line: Line) -> None:
        """Count a line."""
        part = line.part
        self.lines += 1
        self.moved[part.movement] += part.amount
        if part.movement is Movement.COMPENSATION and line.target in (CREDITED, DEBT):
            self.compensated[part.kinds, line.target] += part.amount
        if part.movement is Movement.COLLECTED:
            assert part.of is not None  # noqa: S101
            self.collected[part.of] += part.amount
            self.payments.append(line)


@dataclass(frozen=True)
class Books:
    """Of one desk and span."""

    desk: Mapping[str, Any]
    token: Token
    span: Span
    closing: Closing
    before: Position
    after: Position
    flows: Flows
    tickets: tickets.TicketAccount
    breaches: tuple[Breaches, ...]


def books_of(
    connection: Connection,
    cursor: Cursor,
    desk: str,
    span: Span,
    writer: Callable[[Token], Callable[[int, Line], None]] = lambda _: nothing,
) -> Books:
    """Read them from an index. `writer` makes what takes the lines of the span, each with its number.

    Raises VerificationFailed where an event is missing, or the index's own sums say something else.
    """
    row = one(connection, schema.desks, chain=cursor.chain, desk=desk)
    if row is None:
        raise NotFound(
            f"The index has no desk {desk} on chain {cursor.chain}.",
            hint="`makegood index run --desk` follows it.",
        )
    end, token = closing(connection, cursor, desk, span), token_of(row["asset_symbol"], row["asset_decimals"])
    each = writer(token)
    journal, flows = Journal(connection, cursor.chain, desk, end.block, span.since), Flows()
    for line in journal.lines():
        if line.event.time >= span.since:
            flows.take(line)
            each(flows.lines, line)
    before, after = journal.before, journal.ledger.position()
    _check_flows(before, after, flows)
    if end.is_head:
        check_accounts(connection, cursor.chain, desk, journal.ledger)
        check_counts(connection, cursor.chain, desk, journal.counts)
        if row["compensated"] != journal.compensated:
            raise differs("compensation", row["compensated"], journal.compensated)
    return Books(
        desk=row,
        token=token,
        span=span,
        closing=end,
        before=before,
        after=after,
        flows=flows,
        tickets=tickets.account_of(
            connection, cursor.chain, desk, span.since, end.moment, is_head=end.is_head
        ),
        breaches=_breaches(connection, cursor.chain, desk, span.since, end.moment, flows),
    )


def nothing(number: int, line: Line) -> None:
    """For lines that nobody wants."""


def change(flows: Flows) -> int:
    """By how much the funds grew."""
    return sum(flows.moved[each] for each in COMING_IN) - sum(flows.moved[each] for each in GOING_OUT)


# ---------------------------------------------------------------- checks


def _check_flows(before: Position, after: Position, flows: Flows) -> None:
    if before.funds + change(flows) != after.funds:
        raise differs("the funds", after.funds, before.funds + change(flows))
    for each in (before, after):
        parts = each.free + each.reserved + each.credited + each.bonds
        if each.funds + each.short != parts:
            raise differs("the funds", each.funds + each.short, parts)


def _breaches(
    connection: Connection, chain: int, desk: str, since: int, moment: int, flows: Flows
) -> tuple[Breaches, ...]:
    c = schema.breaches.c
    query = select(c.kind, c.recorded_at, c.compensated_at, c.amount).where(c.chain == chain, c.desk == desk)
    recorded: Counter[int] = Counter()
    paid: Counter[int] = Counter()
    amounts: Counter[int] = Counter()
    for kind, recorded_at, compensated_at, amount in connection.execute(query):
        recorded[kind] += since <= recorded_at <= moment
        if compensated_at is not None and since <= compensated_at <= moment:
            paid[kind] += 1
            amounts[kind] += amount
    found = []
    for each in Kind:
        kind = int(each)
        credited, owed = flows.compensated[kind, CREDITED], flows.compensated[kind, DEBT]
        if credited + owed != amounts[kind]:
            raise differs(f"compensation of {each.labels[0]}", amounts[kind], credited + owed)
        found.append(Breaches(kind, recorded[kind], paid[kind], credited, owed))
    return tuple(found)
