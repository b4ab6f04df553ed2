# SPDX-License-Identifier: Apache-2.0
"""Zendesk's API, with an agent's address and API token: `ADDRESS/token:TOKEN`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from makegood.bridge.apis.calling import Caller, Told, pair, rows
from makegood.bridge.errors import ApiRefused
from makegood.bridge.settings import Access

_PAGE = 50
_EVENT = "zen:event-type:ticket.comment_added"


class Zendesk:
    """Of one account."""

    def __init__(self, access: Access) -> None:
        self._caller = Caller(access.url, {}, pair(access.credential))

    def put(self, ticket: str, text: str, file: tuple[str, bytes] | None) -> None:
        """A public comment, with the file uploaded before."""
        comment: dict[str, Any] = {"body": text, "public": True}
        if file:
            path = f"/api/v2/uploads.json?filename={quote(file[0])}"
            found = self._caller.ask("POST", path, data=file[1], headers={"Content-Type": "application/json"})
            try:
                comment["uploads"] = [found["upload"]["token"]]
            except (KeyError, TypeError):
                raise ApiRefused("The helpdesk's API took no upload.") from None
        self._caller.ask("PUT", f"/api/v2/tickets/{ticket}.json", json={"ticket": {"comment": comment}})

    def has(self, ticket: str, mark: str) -> bool:
        """Whether one of the ticket's hundred newest comments has this in its body."""
        found = self._caller.ask("GET", f"/api/v2/tickets/{ticket}/comments.json?sort_order=desc")
        return any(mark in str(each.get("body")) for each in rows(found, "comments"))

    def told(self, pages: int) -> Iterator[Told]:
        """The comments of the tickets that changed last."""
        for page in range(1, pages + 1):
            query = f"sort_by=updated_at&sort_order=desc&per_page={_PAGE}&page={page}"
            tickets = rows(self._caller.ask("GET", f"/api/v2/tickets.json?{query}"), "tickets")
            for ticket in tickets:
                path = f"/api/v2/tickets/{ticket.get('id')}/comments.json?include=users"
                found = self._caller.ask("GET", path)
                staff = {each.get("id"): each.get("role") != "end-user" for each in rows(found, "users")}
                for comment in rows(found, "comments"):
                    yield Told(str(comment.get("id")), _told(ticket, comment, staff))
            if len(tickets) < _PAGE:
                return


def _told(ticket: dict[str, Any], comment: dict[str, Any], staff: dict[Any, bool]) -> bytes:
    author = comment.get("author_id")
    return json.dumps(
        {
            "type": _EVENT,
            "time": comment.get("created_at"),
            "detail": {**ticket, "via": comment.get("via")},
            "event": {
                "comment": {
                    "id": comment.get("id"),
                    "body": comment.get("plain_body") or comment.get("body"),
                    "is_public": comment.get("public"),
                    "author": {"id": author, "is_staff": staff.get(author, False)},
                }
            },
        }
    ).encode()
