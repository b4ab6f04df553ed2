# SPDX-License-Identifier: Apache-2.0
"""What readers of an index ask. Rows are mappings with the columns of `schema`, amounts as numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from eth_utils.address import is_address
from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    Table,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.engine import Connection

from makegood.batches.batch import Batch
from makegood.indexer import schema
from makegood.indexer.logs import Arguments, hexed, kinds_of
from makegood.indexer.standing import money
from makegood.indexer.store import PARTS, Cursor
from makegood.indexer.terms import read
from makegood.indexer.tickets import RUNNING
from makegood.policy import ChainPolicy

Row = Mapping[str, Any]
Finality = Literal["seen", "safe", "final"]


# ---------------------------------------------------------------- how far, and how sure


def cursors(connection: Connection) -> list[Cursor]:
    """How far each chain is indexed."""
    query = select(schema.chains).order_by(schema.chains.c.chain)
    return [Cursor(**row) for row in connection.execute(query).mappings()]


def finality(cursor: Cursor, block_number: int) -> Finality:
    """How sure it is that what this block did stays."""
    if block_number <= cursor.final_number:
        return "final"
    return "safe" if block_number <= cursor.safe_number else "seen"


def finality_column(chain: ColumnElement[int], block_number: ColumnElement[int]) -> ColumnElement[str]:
    """The same as a column of a query."""
    chains = schema.chains

    def of(name: str) -> Any:
        return select(chains.c[name]).where(chains.c.chain == chain).scalar_subquery()

    return case(
        (block_number <= of("final_number"), literal("final")),
        (block_number <= of("safe_number"), literal("safe")),
        else_=literal("seen"),
    )


# ---------------------------------------------------------------- events


@dataclass(frozen=True, slots=True)
class Happened:
    """An event with its arguments by name: addresses and digests in lower-case hex."""

    row: Row
    name: str
    arguments: Arguments
    finality: Finality


def events_of(
    connection: Connection,
    *fits: ColumnElement[bool],
    newest: int | None = None,
    known: Mapping[int, Cursor] | None = None,
) -> list[Happened]:
    """Canonical events that fit, in the chain's order; where `newest` are asked for, newest first.

    `known` are the cursors, where they were read already.
    """
    events = schema.events
    query = select(events).where(~events.c.orphaned, *fits)
    if newest is None:
        query = query.order_by(events.c.chain, events.c.block_number, events.c.log_index)
    else:
        query = query.order_by(events.c.block_number.desc(), events.c.log_index.desc()).limit(newest)
    return _happened(rows(connection, query), known or {each.chain: each for each in cursors(connection)})


def _happened(found: Sequence[Row], known: Mapping[int, Cursor]) -> list[Happened]:
    told = []
    for row in found:
        cursor = known.get(row["chain"])
        topics, data = hexed(bytes(row["topics"]), bytes(row["data"]))
        arguments = kinds_of(row["contract"])[topics[0]].decode(topics, data)
        sure: Finality = "seen" if cursor is None else finality(cursor, row["block_number"])
        told.append(Happened(row, row["name"], arguments, sure))
    return told


def registrations(connection: Connection, chain: int, desk: str, newest: int) -> list[Happened]:
    """When agents of a desk were registered and revoked, in order; at most so many, the newest."""
    events = schema.events
    fits = (schema.REGISTRATIONS, events.c.desk == desk, on_chain(chain))
    return events_of(connection, *fits, newest=newest)[::-1]


def on_chain(chain: int) -> ColumnElement[bool]:
    """Of events: those of a chain, told so that no database reads all of the chain's in their order."""
    return schema.events.c.chain + 0 == chain


def timeline(
    connection: Connection, ticket: Row, known: Mapping[int, Cursor] | None = None
) -> list[Happened]:
    """All that happened to a ticket, in order; for one of a batch that nobody proved, its anchoring only."""
    batch = ticket["batch"]
    given = {"ticket_id": ticket["ticket_id"]}
    if batch is not None:
        given |= {"batch": batch, "desk": ticket["desk"]}
    place = (ticket["chain"], ticket["desk"])
    found = [
        row
        for row in rows(connection, _timeline(batch is not None), given)
        if (row["chain"], row["desk"]) == place
    ]
    found.sort(key=lambda row: (row["block_number"], row["log_index"]))
    return _happened(found, known or {each.chain: each for each in cursors(connection)})


@cache
def _timeline(anchored: bool) -> Select[Any]:
    # Neither by chain nor sorted: a database may take the index of the whole chain for that.
    events = schema.events
    fits = events.c.ticket_id == bindparam("ticket_id")
    if anchored:
        fits |= (
            (events.c.batch == bindparam("batch"))
            & (events.c.desk == bindparam("desk"))
            & (events.c.name == "BatchAnchored")
        )
    return select(events).where(~events.c.orphaned, fits)


# ---------------------------------------------------------------- single things


def one(connection: Connection, table: Table, **key: Any) -> Row | None:
    """The first row with these values."""
    found = connection.execute(_first(table, tuple(key)), key).mappings().first()
    return None if found is None else dict(found)


@cache
def _keyed(table: Table, names: tuple[str, ...]) -> Select[Any]:
    # Made once: of a small query, making it is most of the work.
    return select(table).where(*(table.c[name] == bindparam(name) for name in names))


@cache
def _first(table: Table, names: tuple[str, ...]) -> Select[Any]:
    return _keyed(table, names).limit(1)


def having(connection: Connection, table: Table, order: str, **key: Any) -> list[dict[str, Any]]:
    """All rows with these values, in the order of a column."""
    return rows(connection, _ordered(table, order, tuple(key)), key)


@cache
def _ordered(table: Table, order: str, names: tuple[str, ...]) -> Select[Any]:
    return _keyed(table, names).order_by(table.c[order])


def first(connection: Connection, query: Select[Any]) -> Row | None:
    """The first row of a query."""
    found = connection.execute(query.limit(1)).mappings().first()
    return None if found is None else dict(found)


def rows(
    connection: Connection, query: Select[Any], given: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    """All rows of a query; `given` are its parameters."""
    return [dict(row) for row in connection.execute(query, given).mappings()]


def policy_of(connection: Connection, chain: int, desk: str, policy_id: int) -> ChainPolicy | None:
    """A published policy."""
    row = one(connection, schema.policies, chain=chain, desk=desk, policy_id=policy_id)
    return None if row is None else read(row["terms"])


@dataclass(frozen=True, slots=True)
class Collectable:
    """What an address has at one desk, in smallest units: to collect now, still owed, collected so far."""

    now: int
    owed: int
    collected: int


def collectable(
    connection: Connection, chain: int, desk: str, beneficiary: str, books: Row | None = None
) -> Collectable:
    """As the pool's `collectable` and `owed`, but of all debts, not of the oldest 32 only.

    `books` is the desk's row, where it was read already.
    """
    account = one(connection, schema.accounts, chain=chain, desk=desk, beneficiary=beneficiary)
    if account is not None and books is None:
        books = one(connection, schema.desks, chain=chain, desk=desk)
    if account is None or books is None:
        return Collectable(0, 0, 0)
    debts: list[dict[str, Any]] = []
    if account["debts"]:
        debts = having(connection, schema.debts, "place", chain=chain, desk=desk, beneficiary=beneficiary)
    paid = books["debt_incurred"] - money(books).debt
    matured = sum(min(debt["amount"], max(0, paid - debt["position"])) for debt in debts)
    left = account["credited"] + matured - account["debts_credited"]
    owed = sum(debt["amount"] for debt in debts) - matured
    return Collectable(min(left, books["funds"]), owed, account["collected"])


def batch_of(connection: Connection, batch: Row) -> Batch | None:
    """The published leaves of a row of `batches`, as far as they are here: for paths and proofs."""
    leaves = schema.leaves
    query = select(leaves.c.leaf).where(leaves.c.root == batch["root"]).order_by(leaves.c.position)
    found = [bytes(leaf) for leaf in connection.execute(query).scalars()]
    counts = (batch["urgent"], batch["high"], batch["normal"], batch["low"], batch["later"])
    return Batch(b"".join(found), counts) if found and len(found) == sum(counts) else None


# ---------------------------------------------------------------- attainment


@dataclass(frozen=True, slots=True)
class Attainment:
    """Promises of one kind and priority that fell due on a day (days since 1970): kept and broken."""

    day: int
    priority: int
    kind: int
    kept: int
    breached: int


def attainment(
    connection: Connection, chain: int, desk: str, *, since_day: int, now: int
) -> list[Attainment]:
    """By day, priority and kind, both lanes together, with those that run and are overdue at `now`."""
    table, promises = schema.attainment, schema.promises
    counted = (
        select(
            table.c.day, table.c.priority, table.c.kind, func.sum(table.c.kept), func.sum(table.c.breached)
        )
        .where(table.c.chain == chain, table.c.desk == desk, table.c.day >= since_day)
        .group_by(table.c.day, table.c.priority, table.c.kind)
    )
    # By its name: for Postgres the same expression in GROUP BY is another: it has parameters of its own.
    day = (promises.c.due // 86_400).label("day")
    overdue = (
        select(day, promises.c.priority, promises.c.kind, func.count())
        .where(
            promises.c.chain == chain,
            promises.c.desk == desk,
            promises.c.state == RUNNING,
            promises.c.due < now,
            promises.c.due >= since_day * 86_400,
        )
        .group_by("day", promises.c.priority, promises.c.kind)
    )
    found: dict[tuple[int, int, int], list[int]] = {}
    for when, priority, kind, kept, breached in connection.execute(counted):
        found[when, priority, kind] = [int(kept), int(breached)]
    for when, priority, kind, breached in connection.execute(overdue):
        found.setdefault((when, priority, kind), [0, 0])[1] += breached
    return [Attainment(*key, *counts) for key, counts in sorted(found.items())]


# ---------------------------------------------------------------- searching

Found = Literal["ticket", "transaction", "desk", "agent", "requester", "channel", "batch"]


@dataclass(frozen=True, slots=True)
class Hit:
    """What a text was recognised as, with the row of it."""

    kind: Found
    row: Row


def search(connection: Connection, text: str, limit: int = 20) -> list[Hit]:
    """What an id, a digest or an address may be: 0x and hex, in any case.

    The digest of a reply, a follow-up or evidence finds its ticket.
    """
    wanted = text.strip().lower()
    if is_address(wanted):
        places = _of_address()
    elif len(wanted) == 66 and wanted.startswith("0x"):
        places = _of_digest()
    else:
        return []
    given = {"wanted": wanted, "most": limit}
    return [Hit(kind, row) for kind, query in places for row in rows(connection, query, given)]


Places = Sequence[tuple[Found, Select[Any]]]
_WANTED: BindParameter[str] = bindparam("wanted")
_MOST: BindParameter[int] = bindparam("most")


@cache
def _of_digest() -> Places:
    # Made once, as above.
    tickets, events = schema.tickets, schema.events
    told = events.c.ticket_id == tickets.c.ticket_id
    told &= (events.c.chain == tickets.c.chain) & (events.c.desk == tickets.c.desk)
    told &= (events.c.digest == _WANTED) & ~events.c.orphaned
    places: Places = (
        ("ticket", select(tickets).where(tickets.c.ticket_id == _WANTED)),
        ("ticket", select(tickets).where(tickets.c.commitment == _WANTED)),
        ("ticket", select(tickets).where(told).distinct()),
        ("transaction", select(events).where(events.c.transaction_hash == _WANTED, ~events.c.orphaned)),
        ("channel", select(schema.channels).where(schema.channels.c.channel == _WANTED)),
        ("agent", select(schema.agents).where(schema.agents.c.did_digest == _WANTED)),
        ("batch", select(schema.batches).where(schema.batches.c.root == _WANTED)),
    )
    return [(kind, query.limit(_MOST)) for kind, query in places]


@cache
def _of_address() -> Places:
    desks, agents, tickets = schema.desks, schema.agents, schema.tickets
    places: Places = (
        ("desk", select(desks).where(or_(*(desks.c[part] == _WANTED for part in PARTS)))),
        ("agent", select(agents).where(agents.c.agent == _WANTED)),
        (
            "requester",
            select(tickets).where(tickets.c.requester == _WANTED).order_by(tickets.c.opened_at.desc()),
        ),
    )
    return [(kind, query.limit(_MOST)) for kind, query in places]
