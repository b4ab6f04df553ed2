# SPDX-License-Identifier: Apache-2.0
"""A batch: what was anchored, whether its leaves are published, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from makegood.errors import NotIndexed
from makegood.explorer import actions
from makegood.explorer.calls import Action
from makegood.explorer.languages import clean
from makegood.explorer.pages import lists
from makegood.explorer.pages.timeline import Entry, entries
from makegood.explorer.phrases import Hex, Link, Moment, Money, Sentence, counted, sentence
from makegood.explorer.reading import DeskRow, Reader, shown_address
from makegood.explorer.words import names
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row

SHOWN = 50


@dataclass(frozen=True, slots=True)
class BatchView:
    """The page of a batch."""

    chain: int
    lane: str
    number: int
    desk: Link
    leaves: str
    leaves_word: Sentence
    leaves_mean: Sentence
    why: str
    root: Hex
    uri: str
    agent: Hex
    anchored: Moment
    expires: Moment
    standing: Sentence
    tone: str
    worst_case: Money
    reserved: Money
    backed: bool
    counts: list[tuple[Sentence, int]]
    later: int
    proven: int
    tickets: list[lists.TicketLine]
    total: int
    actions: list[Action]
    timeline: list[Entry]


def build(reader: Reader, chain: int, lane: str, number: int) -> BatchView:
    """Raises NotIndexed."""
    owner = queries.one(reader.connection, schema.desks, chain=chain, lane=lane)
    row = (
        None
        if owner is None
        else queries.one(reader.connection, schema.batches, chain=chain, desk=owner["desk"], batch=number)
    )
    if owner is None or row is None:
        raise NotIndexed(
            sentence("This index has no such batch."),
            sentence("Check the lane's address and the number; batches are counted from 1."),
        )
    desk = reader.desk(chain, owner["desk"])
    now = reader.now(chain)
    file = queries.one(
        reader.connection, schema.leaf_files, chain=chain, desk=desk.address, batch=number, root=row["root"]
    )
    table = schema.tickets
    query = (
        select(table)
        .where(table.c.desk == desk.address, table.c.batch == number, table.c.chain == chain)
        .order_by(table.c.leaf_index)
        .limit(SHOWN)
    )
    events = schema.events
    happened = queries.events_of(
        reader.connection, events.c.batch == number, events.c.desk == desk.address, newest=SHOWN
    )
    openings = [row[name] for name in ("urgent", "high", "normal", "low")]
    expired = now > row["expires_at"]
    return BatchView(
        chain=chain,
        lane=shown_address(lane),
        number=number,
        desk=desk.link,
        leaves=row["leaves"],
        leaves_word=names.LEAVES[row["leaves"]],
        leaves_mean=_leaves_mean(row),
        why=clean(file["reason"], 300) if file is not None else "",
        root=Hex(row["root"]),
        uri=clean(row["uri"], 300),
        agent=Hex(shown_address(row["agent"]), f"/agent/{chain}/{row['agent']}"),
        anchored=reader.moment(chain, row["anchored_at"]),
        expires=reader.moment(chain, row["expires_at"]),
        standing=_standing(reader, desk, row, expired),
        tone="late" if row["leaves"] in ("missing", "wrong") else "calm",
        worst_case=Money(row["worst_case"], desk.token),
        reserved=Money(row["reserved"], desk.token),
        backed=row["backed"],
        counts=list(zip(names.PRIORITIES, openings, strict=True)),
        later=row["later"],
        proven=row["proven"],
        tickets=lists.tickets(reader, queries.rows(reader.connection, query)),
        total=sum(openings),
        actions=[actions.release(desk, number)] if expired and row["reserved"] else [],
        timeline=entries(reader, desk, happened),
    )


def _standing(reader: Reader, desk: DeskRow, row: Row, expired: bool) -> Sentence:
    count = sum(row[name] for name in ("urgent", "high", "normal", "low"))
    until = reader.moment(desk.chain, row["expires_at"])
    if expired:
        return counted(
            "1 ticket was anchored in this batch; it could be proven until %(until)s.",
            "%(count)s tickets were anchored in this batch; they could be proven until %(until)s.",
            count,
            until=until,
        )
    return counted(
        "1 ticket is anchored in this batch; its requester can prove it until %(until)s.",
        "%(count)s tickets are anchored in this batch; their requesters can prove them until %(until)s.",
        count,
        until=until,
    )


def _leaves_mean(row: Row) -> Sentence:
    if row["leaves"] == "published":
        return sentence(
            "The desk published the leaves, and their root is the anchored one: what stands below is what "
            "the "
            "desk committed to."
        )
    if row["leaves"] == "wrong":
        return sentence(
            "What the desk published is not what it anchored. Nothing of it is shown here. With your receipt "
            "you "
            "can still prove your ticket."
        )
    if row["leaves"] == "missing":
        return sentence(
            "The desk has not published the leaves, so nobody can check what is in this batch without a "
            "receipt. "
            "With your receipt you can still prove your ticket."
        )
    return sentence("The leaves have not been fetched yet. Look again in a minute.")
