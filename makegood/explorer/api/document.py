# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: one operation for each page that has a view."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from makegood import __version__
from makegood.explorer import recorded
from makegood.explorer.api.recorded import SCHEMA as RECORDED
from makegood.explorer.api.shapes import Shape, Shapes
from makegood.explorer.pages import (
    address,
    agent,
    batch,
    channel,
    desk,
    dispute,
    front,
    indexes,
    operator,
    search,
    ticket,
)
from makegood.explorer.routes import PAGES, Page
from makegood.explorer.settings import LANGUAGES

ROOT = "/api/v1"
DOCUMENT = f"{ROOT}/openapi.json"
MOST_OF_TEXT = search.MOST

VIEWS: Mapping[str, type] = {
    "front": front.FrontView,
    "search": search.SearchView,
    "ticket": ticket.TicketView,
    "desk": desk.DeskView,
    "operator": operator.OperatorView,
    "batch": batch.BatchView,
    "dispute": dispute.DisputeView,
    "agent": agent.AgentView,
    "address": address.AddressView,
    "channel": channel.ChannelView,
}
"""Of the pages that ask the index."""

_SUMMARIES = {
    "front": "The desks, those with the most tickets first",
    "search": "What a text is: an id, a digest, an address, a transaction, a DID or a channel",
    "ticket": "Whose turn it is and until when, what the ticket is owed, and all that happened",
    "desk": "A desk's promises, money and record",
    "operator": "What is late and falls due at a desk",
    "batch": "What was anchored, and whether its leaves are published",
    "dispute": "What is asked, until when it is ruled, and who signed",
    "agent": "Whether an address is an agent now, and of which desks",
    "address": "The tickets, money and coverage of an address",
    "channel": "Whether a desk published a site, address or handle as its own",
}
_PLACES: Mapping[str, Mapping[str, Any]] = {
    "chain": {"type": "string", "pattern": "^[0-9]{1,16}$", "description": "The id of the chain."},
    "number": {"type": "string", "pattern": "^[0-9]{1,18}$", "description": "Counted from 1."},
    "address": {
        "type": "string",
        "pattern": "^0x[0-9a-fA-F]{40}$",
        "description": "Of a desk, a batch's lane, a dispute's panel, an agent or anybody.",
    },
    "ticket": {"type": "string", "pattern": "^0x[0-9a-fA-F]{64}$", "description": "The id of a ticket."},
}
_REFUSALS = {
    "400": "A parameter is not as it has to be.",
    "404": "The index has no such thing, or a part of the address is none.",
    "414": "The address is too long.",
    "429": "Too many requests: come back after `Retry-After` seconds.",
    "503": "The index cannot be read at the moment.",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the API says of a page: the page's view, and how far the index is."""

    view: Shape
    index: Shape


def path_of(page: Page) -> str:
    """Where the API has a page."""
    return f"{ROOT}/front" if page.path == "/" else f"{ROOT}{page.path}"


def in_api(here: str, code: str, query: str) -> str:
    """Where the API has what a page at this address and with this query shows."""
    more = f"&{query}" if query else ""
    return f"{ROOT}{'/front' if here == '/' else here}?lang={code}{more}"


@cache
def _made() -> tuple[Shapes, Mapping[str, Answer]]:
    shapes = Shapes()
    index = shapes.of(indexes.Indexes)
    return shapes, {name: Answer(shapes.of(view), index) for name, view in VIEWS.items()}


def answers() -> Mapping[str, Answer]:
    """By the names of the pages."""
    return _made()[1]


def served() -> list[Page]:
    """The pages that the API has."""
    return [page for page in PAGES if page.name in VIEWS]


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    shapes, found = _made()
    error = {
        "type": "object",
        "properties": {
            "error": {
                "type": "object",
                "properties": {
                    "status": {"type": "integer"},
                    "message": {"type": "string"},
                    "hint": {"type": "string"},
                },
                "required": ["status", "message", "hint"],
            }
        },
        "required": ["error"],
    }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Makegood explorer",
            "version": __version__,
            "description": "The explorer's pages as JSON. All of it stands on the chain or follows from it.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": {
            **{path_of(page): {"get": _operation(page, found[page.name])} for page in served()},
            recorded.PATH: {"get": _recorded()},
        },
        "components": {
            "schemas": {**shapes.schemas, "Error": error},
            "responses": {status: _refusal(status, about) for status, about in _REFUSALS.items()},
        },
    }


def _operation(page: Page, answer: Answer) -> dict[str, Any]:
    properties = {"view": answer.view.schema, "index": answer.index.schema}
    schema = {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
    places = re.findall(r"{(\w+)}", page.path)
    return {
        "operationId": page.name,
        "summary": _SUMMARIES[page.name],
        "parameters": [*map(_place, places), *_query(page)],
        # Without a place nothing can be unknown.
        "responses": _responses(schema, {"404"} if not places else set()),
    }


def _recorded() -> dict[str, Any]:
    batch = {"type": "string", "pattern": "^[0-9]{0,16}$", "default": ""}
    return {
        "operationId": "recorded",
        "summary": "What is on record of a receipt's ticket; the page that checks receipts compares it",
        "parameters": [
            *map(_place, ("chain", "address", "ticket")),
            {"name": "batch", "in": "query", "description": "A number of a batch.", "schema": batch},
        ],
        "responses": _responses(RECORDED, {"400"}),
    }


def _responses(schema: Mapping[str, Any], never: set[str]) -> dict[str, Any]:
    return {
        "200": {"description": "What was asked.", "content": {"application/json": {"schema": schema}}},
        **{
            status: {"$ref": f"#/components/responses/{status}"}
            for status in _REFUSALS
            if status not in never
        },
    }


def _place(name: str) -> dict[str, Any]:
    about = dict(_PLACES[name])
    said = about.pop("description")
    return {"name": name, "in": "path", "required": True, "description": said, "schema": about}


def _query(page: Page) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {
            "name": "lang",
            "in": "query",
            "description": "The language of all that is said in words.",
            "schema": {"type": "string", "enum": list(LANGUAGES), "default": LANGUAGES[0]},
        }
    ]
    if page.name in ("search", "channel"):
        text = {"type": "string", "maxLength": MOST_OF_TEXT, "default": ""}
        found.append({"name": "q", "in": "query", "description": "What is looked up.", "schema": text})
    return found


def _refusal(status: str, about: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "description": about,
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    if status in ("429", "503"):
        seconds = {"description": "Seconds to wait.", "schema": {"type": "string", "pattern": "^[0-9]+$"}}
        found["headers"] = {"Retry-After": seconds}
    return found
