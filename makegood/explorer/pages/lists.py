# SPDX-License-Identifier: Apache-2.0
"""Rows of tickets, breaches and payments, as several pages list them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from makegood.explorer.phrases import Hex, Link, Moment, Money, Number, Sentence, sentence
from makegood.explorer.reading import DeskRow, Reader, ticket_link
from makegood.explorer.words import names
from makegood.explorer.words import ticket as words
from makegood.indexer.queries import Row
from makegood.indexer.standing import standing


@dataclass(frozen=True, slots=True)
class TicketLine:
    """A ticket in a list: its first line, and what can be claimed of it."""

    ticket: Hex
    desk: Link
    status: str
    status_word: Sentence
    priority_word: Sentence
    tone: str
    turn: Sentence
    opened: Moment
    claimable: Money | None
    paid: Money | None


@dataclass(frozen=True, slots=True)
class BreachLine:
    """A broken promise in a list, and what was paid for it."""

    ticket: Hex
    kind: Sentence
    priority: Sentence
    cause: Sentence
    recorded: Moment
    amount: Money | None
    paid: Moment | None


@dataclass(frozen=True, slots=True)
class DisputeRow:
    """A dispute in a list."""

    link: Link
    ticket: Hex
    kind: Sentence
    state: int
    state_word: Sentence
    asked: Money
    contested: Moment
    until: Moment


def tickets(reader: Reader, rows: Sequence[Row]) -> list[TicketLine]:
    """In the order given; one whose policy is not indexed yet is left out."""
    found = []
    for row in rows:
        desk = reader.desk(row["chain"], row["desk"])
        policy = reader.policy(row["chain"], row["desk"], row["policy_id"])
        if policy is None:
            continue
        now = reader.now(desk.chain)
        stands = standing(row, policy, now)
        claimable = stands.amount if stands.way not in (None, "expired") else 0
        found.append(
            TicketLine(
                ticket=ticket_link(desk.chain, row["ticket_id"]),
                desk=desk.link,
                status=("", "open", "hold", "pending", "solved", "closed")[row["status"]],
                status_word=names.STATUSES[row["status"]],
                priority_word=names.PRIORITIES[row["priority"]],
                tone=words.tone(row, stands),
                turn=words.told(row, stands, desk.token, now),
                opened=reader.moment(desk.chain, row["opened_at"]),
                claimable=Money(claimable, desk.token) if claimable else None,
                paid=Money(row["paid"], desk.token) if row["paid"] else None,
            )
        )
    return found


def breaches(reader: Reader, desk: DeskRow, rows: Sequence[Row]) -> list[BreachLine]:
    """In the order given."""
    return [
        BreachLine(
            ticket=ticket_link(desk.chain, row["ticket_id"]),
            kind=names.KINDS[row["kind"]],
            priority=names.PRIORITIES[row["priority"]],
            cause=names.CAUSES[row["cause"]],
            recorded=reader.moment(desk.chain, row["recorded_at"]),
            amount=None if row["amount"] is None else Money(row["amount"], desk.token),
            paid=None if row["compensated_at"] is None else reader.moment(desk.chain, row["compensated_at"]),
        )
        for row in rows
    ]


def disputes(reader: Reader, desk: DeskRow, rows: Sequence[Row]) -> list[DisputeRow]:
    """In the order given."""
    return [
        DisputeRow(
            link=Link(
                sentence("dispute %(number)s", number=Number(row["dispute"])),
                f"/dispute/{desk.chain}/{desk.row['panel']}/{row['dispute']}",
            ),
            ticket=ticket_link(desk.chain, row["ticket_id"]),
            kind=names.KINDS[row["kind"]],
            state=row["state"],
            state_word=names.DISPUTES[row["state"]],
            asked=Money(row["amount"], desk.token),
            contested=reader.moment(desk.chain, row["contested_at"]),
            until=reader.moment(desk.chain, row["rules_until"]),
        )
        for row in rows
    ]
