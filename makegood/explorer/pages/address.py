# SPDX-License-Identifier: Apache-2.0
"""An address: its tickets, its money, its coverage, and what else it is to a desk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import or_, select

from makegood.explorer import actions
from makegood.explorer.calls import Action
from makegood.explorer.pages import lists
from makegood.explorer.phrases import Link, Listed, Moment, Money, Sentence, Token, sentence
from makegood.explorer.reading import Reader, shown_address
from makegood.explorer.words import names
from makegood.explorer.words.ticket import HELD_BY_DESK
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
    held: Sentence | None
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
    lines = lists.tickets(reader, rows)
    if rows or purses:
        summary = _summary(lines, purses)
    elif roles or coverages:
        summary = sentence("What is on record of this address.")
    else:
        summary = sentence("Nothing in this index is about this address.")
    # Who is no requester is nobody's business of the bridge.
    held = HELD_BY_DESK if rows and reader.desk_holds(address) else None
    return AddressView(shown_address(address), summary, held, roles, purses, lines, coverages)


def _summary(lines: list[lists.TicketLine], purses: list[Purse]) -> Sentence:
    """What it can get now: of its newest tickets, and what was granted already."""
    ready = _sums(each.ready for each in purses)
    claimable = _sums(each.claimable for each in lines if each.claimable)
    if ready and claimable:
        return sentence(
            "It can collect %(ready)s now, and %(claimable)s more can be claimed for its tickets.",
            ready=ready,
            claimable=claimable,
        )
    if ready:
        return sentence("It can collect %(ready)s now.", ready=ready)
    if claimable:
        return sentence("For its tickets %(claimable)s can be claimed.", claimable=claimable)
    if len(lines) == SHOWN:
        return sentence("Nothing can be claimed for the newest tickets of this address.")
    return sentence("Nothing can be claimed for this address now.")


def _sums(amounts: Iterable[Money]) -> Listed | None:
    """By asset, without those that come to nothing."""
    found: dict[Token, int] = defaultdict(int)
    for each in amounts:
        found[each.token] += each.units
    sums = tuple(Money(units, token) for token, units in found.items() if units)
    return Listed(sums) if sums else None


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
