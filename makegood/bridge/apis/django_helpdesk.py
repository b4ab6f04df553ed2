# SPDX-License-Identifier: Apache-2.0
"""django-helpdesk's API, under `…/api`, with the name and password of a user of the staff."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

from makegood.bridge.apis.calling import Caller, Told, pair, rows
from makegood.bridge.errors import ApiRefused
from makegood.bridge.helpdesks.django_helpdesk import messages_of
from makegood.bridge.settings import Access

TITLE = "Makegood"
_PAGE = 100


class DjangoHelpdesk:
    """Of one installation; the address ends before `/api`."""

    def __init__(self, access: Access) -> None:
        self._caller = Caller(access.url, {}, pair(access.credential))

    def put(self, ticket: str, text: str, file: tuple[str, bytes] | None) -> None:
        """A follow-up of our user, with the file attached."""
        fields = {"ticket": ticket, "title": TITLE, "comment": text, "public": "true"}
        files = [("attachments", (file[0], file[1], "application/json"))] if file else None
        self._caller.ask("POST", "/api/followups/", data=fields, files=files)

    def has(self, ticket: str, mark: str) -> bool:
        """Whether a follow-up of the ticket has this in its comment."""
        found = self._caller.ask("GET", f"/api/tickets/{ticket}/")
        return any(mark in str(each.get("comment")) for each in rows(found, "followup_set"))

    def told(self, pages: int) -> Iterator[Told]:
        """All that the newest tickets say; the API has no order of changes, so old tickets come last or not
        at all.
        """
        now = int(time.time())
        found = self._caller.ask("GET", "/api/tickets/?page_size=1")
        count = found.get("count") if isinstance(found, dict) else None
        if not isinstance(count, int):
            raise ApiRefused("The helpdesk's API does not say how many tickets there are.")
        last = max(1, -(-count // _PAGE))
        for page in range(last, max(0, last - pages), -1):
            found = self._caller.ask("GET", f"/api/tickets/?page_size={_PAGE}&page={page}")
            for ticket in reversed(rows(found, "results")):
                for key, followup in messages_of(ticket, now).items():
                    body = {"ticket": ticket, "queue_slug": ""}
                    if followup:
                        body["followup_id"] = int(followup)
                    yield Told(key, json.dumps(body).encode())
