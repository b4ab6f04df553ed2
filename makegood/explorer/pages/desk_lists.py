# SPDX-License-Identifier: Apache-2.0
"""What belongs to a desk: its newest tickets and breaches, its people, batches and contracts."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sqlalchemy import func, select

from makegood.explorer.pages import lists
from makegood.explorer.phrases import Hex, Link, Moment, Number, Sentence, sentence
from makegood.explorer.reading import DeskRow, Reader, person, shown_address
from makegood.explorer.words import names
from makegood.indexer import queries, schema

SHOWN = 12
"""Rows of each list."""


@dataclass(frozen=True, slots=True)
class AgentLine:
    """Somebody who answers for the desk."""

    agent: Hex
    kind: Sentence
    stands: bool
    since: Moment | None
    until: Moment | None
    replies: int


@dataclass(frozen=True, slots=True)
class ChannelLine:
    """An official channel; only its digest is known to the chain."""

    digest: Hex
    since: Moment
    revoked: Moment | None


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A batch in a list."""

    link: Link
    tickets: int
    anchored: Moment
    leaves: str
    leaves_word: Sentence
    backed: bool


def by_status(reader: Reader, desk: DeskRow) -> list[tuple[Sentence, int]]:
    """How many tickets have each status."""
    table = schema.tallies
    query = (
        select(table.c.status, func.sum(table.c.tickets))
        .where(table.c.chain == desk.chain, table.c.desk == desk.address)
        .group_by(table.c.status)
        .order_by(table.c.status)
    )
    return [(names.STATUSES[status], int(count)) for status, count in reader.connection.execute(query)]


def breaches(reader: Reader, desk: DeskRow) -> list[lists.BreachLine]:
    """The newest broken promises."""
    table = schema.breaches
    query = (
        select(table)
        .where(table.c.desk == desk.address, table.c.chain == desk.chain)
        .order_by(table.c.recorded_at.desc())
        .limit(SHOWN)
    )
    return lists.breaches(reader, desk, queries.rows(reader.connection, query))


def tickets(reader: Reader, desk: DeskRow) -> list[lists.TicketLine]:
    """The newest tickets."""
    table = schema.tickets
    query = (
        select(table)
        .where(table.c.desk == desk.address, table.c.chain == desk.chain)
        .order_by(table.c.opened_at.desc(), table.c.ticket_id)
        .limit(SHOWN)
    )
    return lists.tickets(reader, queries.rows(reader.connection, query))


def disputes(reader: Reader, desk: DeskRow) -> list[lists.DisputeRow]:
    """The newest disputes."""
    table = schema.disputes
    query = (
        select(table)
        .where(table.c.chain == desk.chain, table.c.desk == desk.address)
        .order_by(table.c.dispute.desc())
        .limit(SHOWN)
    )
    return lists.disputes(reader, desk, queries.rows(reader.connection, query))


def agents(reader: Reader, desk: DeskRow, now: int) -> list[AgentLine]:
    """Who answers for it."""
    table = schema.agents
    query = (
        select(table)
        .where(table.c.chain == desk.chain, table.c.desk == desk.address)
        .order_by(table.c.kind, table.c.since)
        .limit(4 * SHOWN)
    )
    return [
        AgentLine(
            agent=Hex(shown_address(row["agent"]), f"/agent/{desk.chain}/{row['agent']}"),
            kind=names.AGENTS[row["kind"]],
            stands=bool(row["kind"]) and row["since"] <= now <= row["until"],
            since=reader.moment(desk.chain, row["since"]) if row["kind"] else None,
            until=reader.moment(desk.chain, row["until"]) if row["kind"] else None,
            replies=row["replies"],
        )
        for row in queries.rows(reader.connection, query)
    ]


def channels(reader: Reader, desk: DeskRow) -> list[ChannelLine]:
    """Its official channels, the newest first."""
    table = schema.channels
    query = (
        select(table)
        .where(table.c.chain == desk.chain, table.c.desk == desk.address)
        .order_by(table.c.since.desc())
        .limit(4 * SHOWN)
    )
    return [
        ChannelLine(
            Hex(row["channel"]),
            reader.moment(desk.chain, row["since"]),
            reader.moment(desk.chain, row["revoked_at"]) if row["revoked_at"] else None,
        )
        for row in queries.rows(reader.connection, query)
    ]


def batches(reader: Reader, desk: DeskRow) -> list[BatchLine]:
    """The newest batches."""
    table = schema.batches
    query = (
        select(table)
        .where(table.c.chain == desk.chain, table.c.desk == desk.address)
        .order_by(table.c.batch.desc())
        .limit(SHOWN)
    )
    return [
        BatchLine(
            Link(
                sentence("batch %(number)s", number=Number(row["batch"])),
                f"/batch/{desk.chain}/{desk.row['lane']}/{row['batch']}",
            ),
            sum(row[name] for name in ("urgent", "high", "normal", "low")),
            reader.moment(desk.chain, row["anchored_at"]),
            row["leaves"],
            names.LEAVES[row["leaves"]],
            row["backed"],
        )
        for row in queries.rows(reader.connection, query)
    ]


def panel(reader: Reader, desk: DeskRow) -> tuple[list[Hex], int]:
    """Who decides its disputes, and how many of them must agree."""
    row = queries.one(
        reader.connection, schema.panels, chain=desk.chain, desk=desk.address, epoch=desk.row["epoch"]
    )
    if row is None:
        return [], 0
    return [person(each, desk.chain) for each in json.loads(row["arbiters"])], row["threshold"]


def parts(desk: DeskRow) -> list[tuple[Sentence, str]]:
    """Its contracts."""
    row = desk.row
    named: tuple[tuple[Sentence, str], ...] = (
        (sentence("Desk contract"), "desk"),
        (sentence("Pool"), "pool"),
        (sentence("Arbiters' panel"), "panel"),
        (sentence("Batch lane"), "lane"),
        (sentence("Directory"), "directory"),
    )
    found = [(name, shown_address(row[key])) for name, key in named]
    return [*found, (sentence("Factory"), shown_address(row["factory"]))] if row["factory"] else found


def checks(desk: DeskRow) -> list[str]:
    """How to ask the chain about it."""
    pool, address = shown_address(desk.row["pool"]), shown_address(desk.address)
    found = [
        f'cast call {pool} "free()(uint256)" --rpc-url "$RPC"',
        f'cast call {address} "policy_count()(uint256)" --rpc-url "$RPC"',
    ]
    factory = desk.row["factory"]
    if factory:
        found.append(
            f'cast call {shown_address(factory)} "is_desk(address)(bool)" {address} --rpc-url "$RPC"'
        )
    return found
