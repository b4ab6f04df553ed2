# SPDX-License-Identifier: Apache-2.0
"""An address: its tickets, its money, its coverage, and what else it is to a desk."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import or_, select

from makegood.explorer import actions
from makegood.explorer.actions import Action
from makegood.explorer.pages import lists
from makegood.explorer.phrases import Link, Moment, Money, Sentence, sentence
from makegood.explorer.reading import Reader, shown_address
from makegood.explorer.words import names
from makegood.indexer import queries, schema

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Purse:
    """What an address has at one desk."""

    desk: Link
    ready: Money
    owed: Money
    collected: Money
    collect: Action | None


@dataclass(frozen=True, slots=True)
class CoverageLine:
    """A right to open tickets."""

    desk: Link
    policy: int
    priority: Sentence
    used: int
    places: int
    until: Moment
    stands: bool


@dataclass(frozen=True, slots=True)
class RoleLine:
    """What the address is to a desk."""

    role: Sentence
    desk: Link


@dataclass(frozen=True, slots=True)
class AddressView:
    """The page of an address."""

    address: str
    summary: Sentence
    roles: list[RoleLine]
    purses: list[Purse]
    tickets: list[lists.TicketLine]
    coverages: list[CoverageLine]


def build(reader: Reader, address: str) -> AddressView:
    """Any address; one that nothing is known of has empty lists."""
    table = schema.tickets
    query = select(table).where(table.c.requester == address).order_by(table.c.opened_at.desc()).limit(SHOWN)
    rows = queries.rows(reader.connection, query)
    purses = _purses(reader, address)
    roles = _roles(reader, address)
    coverages = _coverages(reader, address)
    if rows or purses or roles or coverages:
        summary = sentence("What is on record of this address.")
    else:
        summary = sentence("Nothing in this index is about this address.")
    return AddressView(shown_address(address), summary, roles, purses, lists.tickets(reader, rows), coverages)


def _purses(reader: Reader, address: str) -> list[Purse]:
    table = schema.accounts
    query = select(table).where(table.c.beneficiary == address).limit(SHOWN)
    found = []
    for row in queries.rows(reader.connection, query):
        desk = reader.desk(row["chain"], row["desk"])
        account = queries.collectable(reader.connection, desk.chain, desk.address, address)
        found.append(
            Purse(
                desk.link,
                Money(account.now, desk.token),
                Money(account.owed, desk.token),
                Money(account.collected, desk.token),
                actions.collect(desk, address, account.now) if account.now else None,
            )
        )
    return found


def _coverages(reader: Reader, address: str) -> list[CoverageLine]:
    table = schema.coverages
    query = select(table).where(table.c.holder == address).limit(SHOWN)
    found = []
    for row in queries.rows(reader.connection, query):
        desk = reader.desk(row["chain"], row["desk"])
        found.append(
            CoverageLine(
                desk.link,
                row["policy_id"],
                names.PRIORITIES[row["priority"]],
                row["used"],
                row["places"],
                reader.moment(desk.chain, row["until"]),
                reader.now(desk.chain) <= row["until"],
            )
        )
    return found


def _roles(reader: Reader, address: str) -> list[RoleLine]:
    desks, agents = schema.desks, schema.agents
    parts = ("desk", "pool", "panel", "lane", "directory")
    fits = [desks.c[name] == address for name in (*parts, "operator", "factory")]
    found = []
    query = select(desks).where(or_(*fits)).limit(SHOWN)
    for row in queries.rows(reader.connection, query):
        desk = reader.desk(row["chain"], row["desk"])
        if row["operator"] == address:
            found.append(RoleLine(sentence("operator of"), desk.link))
        if row["factory"] == address:
            found.append(RoleLine(sentence("factory of"), desk.link))
        if any(row[name] == address for name in parts):
            found.append(RoleLine(sentence("contract of"), desk.link))
    query = select(agents).where(agents.c.agent == address).limit(SHOWN)
    for row in queries.rows(reader.connection, query):
        path = f"/agent/{row['chain']}/{address}"
        name = reader.desk(row["chain"], row["desk"]).name
        found.append(RoleLine(sentence("agent of"), Link(name, path)))
    return found
