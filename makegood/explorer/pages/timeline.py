# SPDX-License-Identifier: Apache-2.0
"""Events as a page lists them, with all that the chain says of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from makegood.explorer.languages import clean
from makegood.explorer.phrases import Hex, Moment, Sentence
from makegood.explorer.reading import DeskRow, Reader, shown_address, ticket_link
from makegood.explorer.words import names
from makegood.explorer.words.events import Teller
from makegood.indexer import queries
from makegood.indexer.batch_tickets import LEAVES
from makegood.indexer.logs import hexed
from makegood.indexer.queries import Happened, Row
from makegood.indexer.written import Written, written

_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Argument:
    """One field of an event, as it is."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: in words, where it is recorded, how sure that is, and its raw data."""

    told: Sentence
    at: Moment
    event: str
    contract: str
    address: str
    block: int
    block_hash: str
    transaction: str
    log_index: int
    finality: str
    finality_word: Sentence
    finality_means: Sentence
    arguments: list[Argument]
    topics: list[str]
    data: str
    ticket: Hex | None


def entries(reader: Reader, desk: DeskRow, events: Iterable[Happened]) -> list[Entry]:
    """In the order in which they are given."""
    teller = Teller(desk, reader.now(desk.chain))
    return [_entry(reader, desk, teller, event) for event in events]


def history(reader: Reader, desk: DeskRow, ticket: Row) -> list[Entry]:
    """All that happened to a ticket, in order; while nobody has proven it, what its batches say of it."""
    events = queries.timeline(reader.connection, ticket, reader.cursors)
    if ticket["source"] != LEAVES:
        return entries(reader, desk, events)
    teller = Teller(desk, reader.now(desk.chain))
    said = [
        _written(reader, desk, teller, each) for each in written(reader.connection, ticket, reader.cursors)
    ]
    told = [_entry(reader, desk, teller, each) for each in events if each.name != "BatchAnchored"]
    # What a batch says stays in the order of its leaves.
    return sorted(said + told, key=lambda each: (each.block, each.log_index))


def _written(reader: Reader, desk: DeskRow, teller: Teller, leaf: Written) -> Entry:
    anchoring = _entry(reader, desk, teller, leaf.anchoring)
    place = [Argument("leaf_index", str(leaf.position)), Argument("leaf", f"0x{leaf.leaf.hex()}")]
    return replace(
        anchoring,
        told=teller.written(leaf.entry, leaf.anchoring.arguments["batch"]),
        arguments=[*place, *anchoring.arguments],
    )


def _entry(reader: Reader, desk: DeskRow, teller: Teller, event: Happened) -> Entry:
    row = event.row
    topics, data = hexed(bytes(row["topics"]), bytes(row["data"]))
    return Entry(
        told=teller.tell(event),
        at=reader.moment(desk.chain, row["time"]),
        event=event.name,
        contract=row["contract"],
        address=shown_address(row["address"]),
        block=row["block_number"],
        block_hash=row["block_hash"],
        transaction=row["transaction_hash"],
        log_index=row["log_index"],
        finality=event.finality,
        finality_word=names.FINALITIES[event.finality],
        finality_means=names.FINALITY_MEANS[event.finality],
        arguments=[Argument(name, _shown(value)) for name, value in event.arguments.items()],
        topics=topics,
        data=data,
        ticket=ticket_link(desk.chain, row["ticket_id"]) if row["ticket_id"] else None,
    )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return value if value.startswith("0x") else clean(value, _LONGEST)
    if isinstance(value, list | tuple):
        return clean(", ".join(_shown(item) for item in value), _LONGEST)
    if isinstance(value, dict):
        return clean(", ".join(f"{name}: {_shown(item)}" for name, item in value.items()), _LONGEST)
    return str(value)
