# SPDX-License-Identifier: Apache-2.0
"""One box for everything: what a text was recognised as, and where that leads."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from urllib.parse import quote

from eth_utils.address import is_address
from sqlalchemy import select

from makegood import channels
from makegood.errors import UsageError
from makegood.explorer.languages import clean
from makegood.explorer.pages import lists
from makegood.explorer.pages.timeline import Entry, entries
from makegood.explorer.phrases import Link, Sentence, sentence
from makegood.explorer.reading import Reader, shown_address
from makegood.indexer import queries, schema
from makegood.indexer.queries import Hit

MOST = 2_048
"""Characters of a search; a canonical channel has no more."""
SHOWN = 20
_SHORTENED = re.compile(r"(?:0x)?[0-9a-fA-F]*(?:…|\.\.+)[0-9a-fA-F]+")
_FILE = re.compile(r"[^\s/:@]+\.json", re.IGNORECASE)
_OF_PAGE = re.compile(r"/ticket/[0-9]{1,18}/(0x[0-9a-fA-F]{64})")


@dataclass(frozen=True, slots=True)
class Place:
    """Something that fits, with its page."""

    what: Sentence
    link: Link


@dataclass(frozen=True, slots=True)
class SearchView:
    """What came of a search. `path` is where to go at once, where only one thing fits, `kind` what it is."""

    asked: str
    kind: str
    recognised: Sentence
    then: Sentence | None
    path: str
    places: list[Place]
    tickets: list[lists.TicketLine]
    events: list[Entry]


def build(reader: Reader, text: str) -> SearchView:
    """Any text."""
    asked = clean(text, MOST)
    if not asked:
        return _nothing(asked, sentence("You asked for nothing."))
    pasted = _OF_PAGE.search(asked)
    wanted = _hex(pasted.group(1) if pasted else asked)
    if wanted and is_address(wanted):
        return _goes(asked, "address", f"/address/{wanted}")
    if wanted and len(wanted) == 66:
        return _digest(reader, asked, wanted)
    if asked.startswith("did:"):
        return _did(reader, asked)
    if _SHORTENED.fullmatch(asked):
        return _nothing(
            asked,
            sentence(
                "This is shortened in the middle, so it cannot be told which one it is: copy the whole id, "
                "64 digits after 0x, or the whole address, 40."
            ),
        )
    if _FILE.fullmatch(asked):
        return _nothing(
            asked,
            sentence(
                "This is the name of a file. A receipt is checked in your own browser: choose the file there."
            ),
        )
    if re.fullmatch(r"0x[0-9a-fA-F]*", asked):
        return _nothing(
            asked,
            sentence(
                "This looks like a part of an id or address: ids have 64 digits after 0x, addresses 40."
            ),
        )
    try:
        channels.parse(text)
    except UsageError:
        return _nothing(asked, sentence("This is none of the things that can be looked up."))
    return _goes(asked, "name", f"/channel?q={quote(asked)}")


def _hex(text: str) -> str:
    wanted = text.lower()
    if re.fullmatch(r"[0-9a-f]{64}|[0-9a-f]{40}", wanted):
        wanted = f"0x{wanted}"
    return wanted if re.fullmatch(r"0x(?:[0-9a-f]{64}|[0-9a-f]{40})", wanted) else ""


def _goes(asked: str, kind: str, path: str) -> SearchView:
    return SearchView(asked, kind, RECOGNISED[kind], None, path, [], [], [])


def _did(reader: Reader, asked: str) -> SearchView:
    digest = "0x" + hashlib.sha256(asked.encode()).hexdigest()
    table = schema.agents
    rows = queries.rows(reader.connection, select(table).where(table.c.did_digest == digest).limit(SHOWN))
    places = [
        Place(
            sentence("The DID of an agent"),
            Link(shown_address(row["agent"]), f"/agent/{row['chain']}/{row['agent']}"),
        )
        for row in rows
    ]
    if not places:
        return _nothing(asked, sentence("Recognised as a DID, but no agent in this index has it."))
    path = places[0].link.path if len({place.link.path for place in places}) == 1 else ""
    return SearchView(asked, "did", RECOGNISED["did"], None, path, places, [], [])


RECOGNISED: dict[str, Sentence] = {
    "ticket": sentence("Recognised as the id of a ticket."),
    "commitment": sentence("Recognised as the commitment of a ticket."),
    "address": sentence("Recognised as an address."),
    "name": sentence("Recognised as a channel."),
    "did": sentence("Recognised as the DID of an agent."),
    "transaction": sentence("Recognised as a transaction. This is what it did at the desk."),
    "channel": sentence("Recognised as the digest of a channel."),
    "agent": sentence("Recognised as the digest of an agent's DID."),
    "batch": sentence("Recognised as the root of a batch."),
}


def _digest(reader: Reader, asked: str, wanted: str) -> SearchView:
    # The contract makes ticket ids: nobody can give the same digest to anything else.
    rows = reader.listed(schema.tickets, most=SHOWN, ticket_id=wanted)
    hits = [Hit("ticket", row) for row in rows] or queries.search(reader.connection, wanted, SHOWN)
    if not hits:
        return _nothing(
            asked,
            sentence(
                "This has the form of an id or digest, but nothing in this index has it. If it is the digest "
                "of a "
                "receipt, check the receipt itself."
            ),
        )
    kinds = {hit.kind for hit in hits}
    kind = hits[0].kind
    if kinds == {"ticket"} and len(hits) == 1:
        row = hits[0].row
        said = "ticket" if row["ticket_id"] == wanted else "commitment"
        return _goes(asked, said, f"/ticket/{row['chain']}/{row['ticket_id']}")
    if kinds == {"channel"}:
        return _goes(asked, kind, f"/channel?q={wanted}")
    if len(hits) == 1 and kind in ("agent", "batch"):
        return _goes(asked, kind, _place(reader, hits[0]).link.path)
    tickets = [hit.row for hit in hits if hit.kind == "ticket"]
    places = [_place(reader, hit) for hit in hits if hit.kind in ("agent", "batch")]
    events = _events(reader, wanted) if "transaction" in kinds else []
    return SearchView(asked, kind, RECOGNISED[kind], None, "", places, lists.tickets(reader, tickets), events)


def _place(reader: Reader, hit: Hit) -> Place:
    row = hit.row
    if hit.kind == "agent":
        link = Link(shown_address(row["agent"]), f"/agent/{row['chain']}/{row['agent']}")
        return Place(sentence("An agent"), link)
    desk = reader.desk(row["chain"], row["desk"])
    path = f"/batch/{row['chain']}/{desk.row['lane']}/{row['batch']}"
    return Place(sentence("A batch"), Link(desk.name, path))


def _events(reader: Reader, transaction: str) -> list[Entry]:
    found = queries.events_of(reader.connection, schema.events.c.transaction_hash == transaction)[: 5 * SHOWN]
    told = []
    for event in found:
        if event.row["desk"] is not None:
            desk = reader.desk(event.row["chain"], event.row["desk"])
            told += entries(reader, desk, [event])
    return told


def _nothing(asked: str, recognised: Sentence) -> SearchView:
    then = sentence(
        "You can look up: a ticket id, a commitment, a transaction, an address, an agent's DID, or a channel "
        "such "
        "as a site or a handle. A receipt is checked in your own browser."
    )
    return SearchView(asked, "", recognised, then, "", [], [], [])
