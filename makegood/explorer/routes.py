# SPDX-License-Identifier: Apache-2.0
"""Every page: its address, what it is built by, and its template. The API serves the same views."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from makegood.errors import NotIndexed
from makegood.explorer.languages import shortened
from makegood.explorer.pages import (
    address,
    agent,
    batch,
    channel,
    desk,
    dispute,
    front,
    operator,
    search,
    ticket,
)
from makegood.explorer.phrases import Number, Sentence, sentence
from makegood.explorer.reading import Reader

Fields = Mapping[str, str]
"""Of an address: what its places hold."""


@dataclass(frozen=True, slots=True)
class Page:
    """One kind of page. `path` is without the language; `build` takes its places and its query.

    `long` is one that may read very much.
    """

    name: str
    path: str
    build: Callable[[Reader, Fields, Fields], Any]
    title: Callable[[Any], Sentence]
    live: bool = True
    long: bool = False

    @property
    def template(self) -> str:
        """By its name."""
        return f"{self.name}.html"


@dataclass(frozen=True, slots=True)
class Nothing:
    """The view of a page that asks nothing of the index."""


def _chain(fields: Fields) -> int:
    text = fields["chain"]
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise NotIndexed(sentence("This is no chain's number."), _CHECK)
    return int(text)


def _number(fields: Fields) -> int:
    text = fields["number"]
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise NotIndexed(sentence("This is no number."), _CHECK)
    return int(text)


def _address(fields: Fields) -> str:
    text = fields["address"].lower()
    if not re.fullmatch(r"0x[0-9a-f]{40}", text):
        raise NotIndexed(sentence("This is no address: it has 0x and 40 digits."), _CHECK)
    return text


def _ticket(fields: Fields) -> str:
    text = fields["ticket"].lower()
    if not re.fullmatch(r"0x[0-9a-f]{64}", text):
        raise NotIndexed(sentence("This is no ticket id: it has 0x and 64 digits."), _CHECK)
    return text


_CHECK = sentence(
    "Copy it again from where you have it, whole, and put it into the search box. Nothing that you are owed "
    "depends on this page."
)

PAGES: tuple[Page, ...] = (
    Page(
        "front", "/", lambda reader, _, __: front.build(reader), lambda _: sentence("Was my ticket answered?")
    ),
    Page(
        "search",
        "/search",
        lambda reader, _, query: search.build(reader, query.get("q", "")[: search.MOST]),
        lambda _: sentence("Search"),
        live=False,
    ),
    Page(
        "ticket",
        "/ticket/{chain}/{ticket}",
        lambda reader, fields, _: ticket.build(reader, _chain(fields), _ticket(fields)),
        lambda view: sentence("Ticket %(id)s", id=shortened(view.ticket_id)),
    ),
    Page(
        "desk",
        "/desk/{chain}/{address}",
        lambda reader, fields, _: desk.build(reader, _chain(fields), _address(fields)),
        lambda view: sentence("Desk %(name)s", name=view.name),
    ),
    Page(
        "operator",
        "/operator/{chain}/{address}",
        lambda reader, fields, _: operator.build(reader, _chain(fields), _address(fields)),
        lambda view: sentence("What falls due at %(desk)s", desk=view.desk.label),
        long=True,
    ),
    Page(
        "batch",
        "/batch/{chain}/{address}/{number}",
        lambda reader, fields, _: batch.build(reader, _chain(fields), _address(fields), _number(fields)),
        lambda view: sentence("Batch %(number)s", number=Number(view.number)),
        long=True,
    ),
    Page(
        "dispute",
        "/dispute/{chain}/{address}/{number}",
        lambda reader, fields, _: dispute.build(reader, _chain(fields), _address(fields), _number(fields)),
        lambda view: sentence("Dispute %(number)s", number=Number(view.number)),
    ),
    Page(
        "agent",
        "/agent/{chain}/{address}",
        lambda reader, fields, _: agent.build(reader, _chain(fields), _address(fields)),
        lambda view: sentence("Agent %(address)s", address=shortened(view.address)),
    ),
    Page(
        "address",
        "/address/{address}",
        lambda reader, fields, _: address.build(reader, _address(fields)),
        lambda view: sentence("Address %(address)s", address=shortened(view.address)),
    ),
    Page(
        "channel",
        "/channel",
        lambda reader, _, query: channel.build(reader, query.get("q", "")[: channel.MOST]),
        lambda _: sentence("Is this really support?"),
    ),
    Page("verify", "/verify", lambda *_: Nothing(), lambda _: sentence("Check a receipt"), live=False),
    Page(
        "about",
        "/about",
        lambda *_: Nothing(),
        lambda _: sentence("What to trust, and how to check"),
        live=False,
    ),
)
