# SPDX-License-Identifier: Apache-2.0
"""Chatwoot's API of an account, with the access token of an agent or, better, of an agent bot."""

from __future__ import annotations

import json
from collections.abc import Iterator

from makegood.bridge.apis.calling import Caller, Told, rows
from makegood.bridge.settings import Access

_TYPES = {0: "incoming", 1: "outgoing", 2: "activity", 3: "template"}


class Chatwoot:
    """Of one account; the address ends in `/api/v1/accounts/NUMBER`."""

    def __init__(self, access: Access) -> None:
        self._caller = Caller(access.url, {"api_access_token": access.credential})

    def put(self, ticket: str, text: str, file: tuple[str, bytes] | None) -> None:
        """An outgoing message, with the file attached."""
        fields = {"content": text, "message_type": "outgoing", "private": "false"}
        files = [("attachments[]", (file[0], file[1], "application/json"))] if file else None
        self._caller.ask("POST", f"/conversations/{ticket}/messages", data=fields, files=files)

    def has(self, ticket: str, mark: str) -> bool:
        """Whether a message of the conversation, of its latest, has this in its content."""
        found = self._caller.ask("GET", f"/conversations/{ticket}/messages")
        return any(mark in str(each.get("content")) for each in rows(found, "payload"))

    def told(self, pages: int) -> Iterator[Told]:
        """The latest messages of the conversations that changed last."""
        for page in range(1, pages + 1):
            found = self._caller.ask(
                "GET", f"/conversations?status=all&sort_by=last_activity_at_desc&page={page}"
            )
            conversations = rows(found.get("data") if isinstance(found, dict) else None, "payload")
            for conversation in conversations:
                path = f"/conversations/{conversation.get('id')}/messages"
                for message in rows(self._caller.ask("GET", path), "payload"):
                    told = {**message, "event": "message_created", "conversation": conversation}
                    told["message_type"] = _TYPES.get(message.get("message_type", 2), "activity")
                    yield Told(str(message.get("id")), json.dumps(told).encode())
            if not conversations:
                return
