# SPDX-License-Identifier: Apache-2.0
"""A dispute: what is asked, by whom, until when it is ruled, and how it was."""

from __future__ import annotations

import json
from dataclasses import dataclass

from makegood.errors import NotIndexed
from makegood.explorer import actions
from makegood.explorer.calls import Action
from makegood.explorer.pages.timeline import Entry, entries
from makegood.explorer.phrases import Hex, Link, Moment, Money, Relative, Sentence, counted, sentence
from makegood.explorer.reading import DeskRow, Reader, person, shown_address, ticket_link
from makegood.explorer.words import names
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row
from makegood.indexer.tickets import FIRST_REPLY, INCIDENT, NEXT_REPLY, RESOLUTION

OPEN, UPHELD, REJECTED, DEFAULTED = 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Seat:
    """An arbiter of the dispute's epoch, and whether its signature was submitted."""

    arbiter: Hex
    signed: bool
    collected: bool


@dataclass(frozen=True, slots=True)
class DisputeView:
    """The page of a dispute."""

    chain: int
    panel: str
    number: int
    desk: Link
    ticket: Hex
    requester: Hex
    state: int
    state_word: Sentence
    tone: str
    standing: Sentence
    about: Sentence
    kind: Sentence
    asked: Money
    granted: Money | None
    bond: Money
    fee_share: Money
    evidence: Hex
    contested: Moment
    until: Moment
    epoch: int
    threshold: int
    seats: list[Seat]
    actions: list[Action]
    timeline: list[Entry]
    inspect: str


def build(reader: Reader, chain: int, panel: str, number: int) -> DisputeView:
    """Raises NotIndexed."""
    owner = queries.one(reader.connection, schema.desks, chain=chain, panel=panel)
    row = (
        None
        if owner is None
        else queries.one(reader.connection, schema.disputes, chain=chain, desk=owner["desk"], dispute=number)
    )
    if owner is None or row is None:
        raise NotIndexed(
            sentence("This index has no such dispute."),
            sentence("Check the panel's address and the number; disputes are counted from 1."),
        )
    desk = reader.desk(chain, owner["desk"])
    now = reader.now(chain)
    seats, threshold = _seats(reader, desk, row)
    events = schema.events
    happened = queries.events_of(
        reader.connection, events.c.dispute == number, events.c.desk == desk.address, queries.on_chain(chain)
    )
    silent = row["state"] == OPEN and now > row["rules_until"]
    return DisputeView(
        chain=chain,
        panel=shown_address(panel),
        number=number,
        desk=desk.link,
        ticket=ticket_link(chain, row["ticket_id"]),
        requester=person(row["requester"], chain),
        state=row["state"],
        state_word=names.DISPUTES[row["state"]],
        tone="due" if row["state"] == OPEN else "calm",
        standing=_standing(desk, row, now),
        about=_about(desk, row),
        kind=names.KINDS[row["kind"]],
        asked=Money(row["amount"], desk.token),
        granted=None if row["ruled_amount"] is None else Money(row["ruled_amount"], desk.token),
        bond=Money(row["bond"], desk.token),
        fee_share=Money(row["fee_share"], desk.token),
        evidence=Hex(row["evidence_digest"]),
        contested=reader.moment(chain, row["contested_at"]),
        until=reader.moment(chain, row["rules_until"]),
        epoch=row["epoch"],
        threshold=threshold,
        seats=seats,
        actions=[actions.by_default(desk, row)] if silent else [],
        timeline=entries(reader, desk, happened),
        inspect=f"ape run inspect_dispute {row['ticket_id']}",
    )


def _about(desk: DeskRow, row: Row) -> Sentence:
    ticket, amount = ticket_link(desk.chain, row["ticket_id"]), Money(row["amount"], desk.token)
    says = _SAYS[row["kind"]]
    return Sentence(says.text, {"ticket": ticket, "amount": amount})


_SAYS: dict[int, Sentence] = {
    FIRST_REPLY: sentence(
        "The requester of ticket %(ticket)s says that the first reply was no real answer, and asks "
        "%(amount)s."
    ),
    NEXT_REPLY: sentence(
        "The requester of ticket %(ticket)s says that a later reply was no real answer, and asks %(amount)s."
    ),
    RESOLUTION: sentence(
        "The requester of ticket %(ticket)s says that it is not solved, and asks %(amount)s."
    ),
    INCIDENT: sentence(
        "The requester of ticket %(ticket)s says that an error of the desk cost it money, and asks "
        "%(amount)s."
    ),
}


def _seats(reader: Reader, desk: DeskRow, row: Row) -> tuple[list[Seat], int]:
    panel = queries.one(
        reader.connection, schema.panels, chain=desk.chain, desk=desk.address, epoch=row["epoch"]
    )
    if panel is None:
        return [], 0
    signed = {one.lower() for one in json.loads(row["signers"])}
    collected = {one.lower() for one in json.loads(row["fees_collected"])}
    seats = [
        Seat(person(each, desk.chain), each.lower() in signed, each.lower() in collected)
        for each in json.loads(panel["arbiters"])
    ]
    return seats, panel["threshold"]


def _standing(desk: DeskRow, row: Row, now: int) -> Sentence:
    until = Moment(row["rules_until"], now)
    if row["state"] == OPEN and now > row["rules_until"]:
        return sentence(
            "No ruling came by %(until)s, so the requester wins: anyone can end the dispute now.", until=until
        )
    if row["state"] == OPEN:
        return sentence(
            "The arbiters' turn: they can rule until %(until)s (%(left)s). If they stay silent, the "
            "requester "
            "wins.",
            until=until,
            left=Relative(row["rules_until"], now),
        )
    amount = Money(row["ruled_amount"] or 0, desk.token)
    at = Moment(row["ruled_at"], now)
    if row["state"] == DEFAULTED:
        return sentence(
            "The arbiters stayed silent, so the requester won %(amount)s and the bond, at %(at)s.",
            amount=amount,
            at=at,
        )
    signers = len(json.loads(row["signers"]))
    if row["state"] == REJECTED:
        return counted(
            "Rejected by 1 arbiter at %(at)s: nothing more is paid, and the bond is lost.",
            "Rejected by %(count)s arbiters at %(at)s: nothing more is paid, and the bond is lost.",
            signers,
            at=at,
        )
    return counted(
        "Upheld by 1 arbiter at %(at)s: the requester gets %(amount)s, and the bond back.",
        "Upheld by %(count)s arbiters at %(at)s: the requester gets %(amount)s, and the bond back.",
        signers,
        amount=amount,
        at=at,
    )
