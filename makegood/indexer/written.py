# SPDX-License-Identifier: Apache-2.0
"""What published leaves say of a ticket that nobody has proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from makegood.batches.entry import Entry
from makegood.errors import MalformedEntry
from makegood.indexer import queries, schema
from makegood.indexer.fold_lane import PUBLISHED
from makegood.indexer.queries import Happened, Row
from makegood.indexer.store import Cursor

_MOST = 500  # of a ticket: its desk can write as many as it likes


@dataclass(frozen=True, slots=True)
class Written:
    """An entry, its place in its batch, and the event by which the batch was anchored."""

    entry: Entry
    position: int
    leaf: bytes
    anchoring: Happened


def written(connection: Connection, ticket: Row, known: Mapping[int, Cursor]) -> list[Written]:
    """All that is written of a ticket, in the order of the batches; at most 500 leaves."""
    found = _leaves(connection, ticket)
    anchorings = _anchorings(connection, ticket, sorted({row["batch"] for row in found}), known)
    told = []
    for row in found:
        try:
            entry = Entry.decode(bytes(row["leaf"]))
        except MalformedEntry:
            continue
        if row["batch"] in anchorings:
            told.append(Written(entry, row["position"], bytes(row["leaf"]), anchorings[row["batch"]]))
    return told


def _leaves(connection: Connection, ticket: Row) -> Sequence[Row]:
    leaves, batches = schema.leaves.c, schema.batches.c
    query = (
        select(batches.batch, leaves.position, leaves.leaf)
        .join_from(schema.leaves, schema.batches, batches.root == leaves.root)
        .where(
            leaves.ticket_id == ticket["ticket_id"],
            batches.chain == ticket["chain"],
            batches.desk == ticket["desk"],
            batches.leaves == PUBLISHED,
        )
        .order_by(batches.batch, leaves.position)
        .limit(_MOST)
    )
    return queries.rows(connection, query)


def _anchorings(
    connection: Connection, ticket: Row, batches: list[int], known: Mapping[int, Cursor]
) -> dict[int, Happened]:
    events = schema.events.c
    fits = (events.batch.in_(batches), events.desk == ticket["desk"], events.name == "BatchAnchored")
    found = queries.events_of(connection, *fits, queries.on_chain(ticket["chain"]), known=known)
    return {each.arguments["batch"]: each for each in found}
