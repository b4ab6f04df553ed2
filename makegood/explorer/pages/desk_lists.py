# SPDX-License-Identifier: Apache-2.0
"""What belongs to a desk: its newest tickets and breaches, its people, batches and contracts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass

from sqlalchemy import Table

from makegood.explorer.fetching import Found
from makegood.explorer.pages import lists
from makegood.explorer.phrases import Hex, Link, Moment, Number, Sentence, sentence
from makegood.explorer.reading import DeskRow, Reader, person, shown_address
from makegood.explorer.words import names
from makegood.indexer import schema

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


def listed(reader: Reader, desk: DeskRow, table: Table, *order: str, most: int | None = None) -> list[Found]:
    """Rows of the desk, by these columns, read once for each state of the index."""
    key = (table, order, desk.chain, desk.address)
    place = {"desk": desk.address, "chain": desk.chain}
    return reader.remembered(key, lambda: reader.listed(table, *order, most=most, **place))


def by_status(reader: Reader, desk: DeskRow) -> list[tuple[Sentence, int]]:
    """How many tickets have each status."""
    counts = Counter[int]()
    for row in listed(reader, desk, schema.tallies):
        counts[row["status"]] += row["tickets"]
    return [(names.STATUSES[status], count) for status, count in sorted(counts.items())]


def breaches(reader: Reader, desk: DeskRow) -> list[lists.BreachLine]:
    """The newest broken promises."""
    rows = listed(reader, desk, schema.breaches, "-recorded_at", most=SHOWN)
    return lists.breaches(reader, desk, rows)


def tickets(reader: Reader, desk: DeskRow) -> list[lists.TicketLine]:
    """The newest tickets."""
    rows = listed(reader, desk, schema.tickets, "-opened_at", "ticket_id", most=SHOWN)
    return lists.tickets(reader, rows)


def disputes(reader: Reader, desk: DeskRow) -> list[lists.DisputeRow]:
    """The newest disputes."""
    rows = listed(reader, desk, schema.disputes, "-dispute", most=SHOWN)
    return lists.disputes(reader, desk, rows)


def agents(reader: Reader, desk: DeskRow, now: int) -> list[AgentLine]:
    """Who answers for it."""
    rows = listed(reader, desk, schema.agents, "kind", "since", most=4 * SHOWN)
    return [
        AgentLine(
            agent=Hex(shown_address(row["agent"]), f"/agent/{desk.chain}/{row['agent']}"),
            kind=names.AGENTS[row["kind"]],
            stands=bool(row["kind"]) and row["since"] <= now <= row["until"],
            since=reader.moment(desk.chain, row["since"]) if row["kind"] else None,
            until=reader.moment(desk.chain, row["until"]) if row["kind"] else None,
            replies=row["replies"],
        )
        for row in rows
    ]


def channels(reader: Reader, desk: DeskRow) -> list[ChannelLine]:
    """Its official channels, the newest first."""
    rows = listed(reader, desk, schema.channels, "-since", most=4 * SHOWN)
    return [
        ChannelLine(
            Hex(row["channel"]),
            reader.moment(desk.chain, row["since"]),
            reader.moment(desk.chain, row["revoked_at"]) if row["revoked_at"] else None,
        )
        for row in rows
    ]


def batches(reader: Reader, desk: DeskRow) -> list[BatchLine]:
    """The newest batches."""
    rows = listed(reader, desk, schema.batches, "-batch", most=SHOWN)
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
        for row in rows
    ]


def panel(reader: Reader, desk: DeskRow) -> tuple[list[Hex], int]:
    """Who decides its disputes, and how many of them must agree."""
    row = reader.one(schema.panels, chain=desk.chain, desk=desk.address, epoch=desk.row["epoch"])
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
