# SPDX-License-Identifier: Apache-2.0
"""Zammad: a trigger's webhook with the default payload, a ticket and the article that set the trigger off.

Its signature covers the body alone and names no time; that the same article counts once is what makes a
replay idle.
"""

from __future__ import annotations

import hmac

from makegood.bridge import fields, signatures
from makegood.bridge.errors import Unreadable
from makegood.bridge.fields import Object
from makegood.bridge.messages import Author, Message
from makegood.bridge.signatures import Headers

SIGNED = True
PRIORITIES = {"1 low": "low", "2 normal": "normal", "3 high": "high"}
STATUSES = {
    "new": "hold",
    "open": "hold",
    "pending reminder": "pending",
    "pending close": "pending",
    "closed": "solved",
    "merged": "hold",
}

_AUTHORS = {"customer": Author.CUSTOMER, "agent": Author.AGENT, "system": Author.SYSTEM}


def verify(headers: Headers, body: bytes, secrets: tuple[bytes, ...], now: int, window: int) -> None:  # noqa: ARG001
    """X-Hub-Signature: `sha1=` and the HMAC-SHA1 of the body in hex."""
    found = signatures.given(headers, "x-hub-signature")
    signatures.check(found, ("sha1=" + hmac.new(each, body, "sha1").hexdigest() for each in secrets))


def delivery_id(headers: Headers) -> str:
    """X-Zammad-Delivery: a retry has it again."""
    return headers.get("x-zammad-delivery", "")


def read(body: bytes, received_at: int) -> tuple[Message, ...]:
    """The article of a delivery, or the merger of its ticket; a delivery without an article says nothing of
    use.
    """
    delivery = fields.parsed(body)
    ticket = fields.inner(delivery, "ticket")
    key = fields.key(ticket, "id")
    status = _name(ticket, "state")
    if status == "merged":
        # Zammad moves the articles and says with a public article of an agent that it did so.
        target = fields.maybe_key(ticket, "merged_into_id")
        return (Message(key, f"merge-{key}", Author.SYSTEM, received_at, status=status, merged_into=target),)
    article = fields.maybe(delivery, "article")
    if not article.get("id"):
        return ()
    if fields.key(article, "ticket_id") != key:
        raise Unreadable("The article is of another ticket.")
    author = _AUTHORS.get(_name(article, "sender"))
    if author is None:
        raise Unreadable('"sender" is none of Customer, Agent, System.')
    return (
        Message(
            ticket=key,
            key=fields.key(article, "id"),
            author=author,
            at=fields.seconds(article, "created_at"),
            public=not fields.flag(article, "internal") and not _is_note(article, author),
            automatic=_is_automatic(article),
            account=fields.maybe_key(article, "created_by_id"),
            customer=fields.key(ticket, "customer_id"),
            status=status,
            priority=_name(ticket, "priority"),
            text=fields.text(article, "body"),
        ),
    )


def _name(holder: Object, name: str) -> str:
    """A relation of Zammad: its name, or an object with one."""
    value = holder.get(name)
    return fields.word(value.get("name") if isinstance(value, dict) else value)


def _is_note(article: Object, author: Author) -> bool:
    # Nobody is sent a note, and Zammad's own clocks do not count it either.
    return author is Author.AGENT and _name(article, "type") == "note"


def _is_automatic(article: Object) -> bool:
    preferences = fields.maybe(article, "preferences")
    return preferences.get("is-auto-response") is True or "perform_origin" in preferences
