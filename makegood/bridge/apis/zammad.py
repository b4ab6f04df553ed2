# SPDX-License-Identifier: Apache-2.0
"""Zammad's API, with an access token of an agent."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Iterator

from makegood.bridge.apis.calling import Caller, Told, rows
from makegood.bridge.errors import ApiRefused
from makegood.bridge.settings import Access

_PAGE = 50


class Zammad:
    """Of one installation."""

    def __init__(self, access: Access) -> None:
        self._caller = Caller(access.url, {"Authorization": f"Token token={access.credential}"})

    def put(self, ticket: str, text: str, file: tuple[str, bytes] | None) -> None:
        """An article: a public note, which Zammad itself counts as no answer either."""
        if not ticket.isdecimal():
            raise ApiRefused("A ticket of Zammad has a number.", final=True)
        article = {
            "ticket_id": int(ticket),
            "subject": "Makegood",
            "body": text,
            "content_type": "text/plain",
            "type": "note",
            "internal": False,
            "attachments": [
                {"filename": file[0], "data": b64encode(file[1]).decode(), "mime-type": "application/json"}
            ]
            if file
            else [],
        }
        self._caller.ask("POST", "/api/v1/ticket_articles", json=article)

    def has(self, ticket: str, mark: str) -> bool:
        """Whether an article of the ticket has this in its body."""
        found = rows(self._caller.ask("GET", f"/api/v1/ticket_articles/by_ticket/{ticket}"))
        return any(mark in str(each.get("body")) for each in found)

    def told(self, pages: int) -> Iterator[Told]:
        """The articles of the tickets that changed last."""
        for page in range(1, pages + 1):
            query = f"expand=true&page={page}&per_page={_PAGE}&sort_by=updated_at&order_by=desc"
            tickets = rows(self._caller.ask("GET", f"/api/v1/tickets?{query}"))
            for ticket in tickets:
                key = ticket.get("id")
                if ticket.get("state") == "merged":
                    yield Told(f"merge-{key}", json.dumps({"ticket": ticket}).encode())
                    continue
                path = f"/api/v1/ticket_articles/by_ticket/{key}?expand=true"
                for article in rows(self._caller.ask("GET", path)):
                    body = {"ticket": ticket, "article": article}
                    yield Told(str(article.get("id")), json.dumps(body).encode())
            if len(tickets) < _PAGE:
                return
