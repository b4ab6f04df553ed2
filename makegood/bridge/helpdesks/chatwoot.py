# SPDX-License-Identifier: Apache-2.0
"""Chatwoot: webhooks of an account. `message_created` is read; other events say nothing of a clock.

`conversation_created` repeats its first messages, bots' among them, so the conversation begins with the
customer's `message_created`. Before 4.11.2 it signs nothing: then `signed = false`, and the secret is in the
address.
"""

from __future__ import annotations

import hmac

from makegood.bridge import fields, signatures
from makegood.bridge.fields import Object
from makegood.bridge.messages import Author, Message
from makegood.bridge.signatures import Headers

SIGNED = True
PRIORITIES = {"": "normal", "low": "low", "medium": "normal", "high": "high", "urgent": "urgent"}
STATUSES = {"open": "hold", "pending": "hold", "snoozed": "pending", "resolved": "solved"}

_INCOMING, _OUTGOING, _TEMPLATE = ("incoming", "0"), ("outgoing", "1"), ("template", "3")


def verify(headers: Headers, body: bytes, secrets: tuple[bytes, ...], now: int, window: int) -> None:
    """X-Chatwoot-Signature: `sha256=` and the HMAC-SHA256 of `timestamp.body` in hex."""
    found = signatures.given(headers, "x-chatwoot-signature")
    stamp = signatures.given(headers, "x-chatwoot-timestamp")
    signatures.check_fresh(signatures.unix_time(stamp), now, window)
    signed = stamp.encode() + b"." + body
    signatures.check(found, ("sha256=" + hmac.new(each, signed, "sha256").hexdigest() for each in secrets))


def delivery_id(headers: Headers) -> str:
    """X-Chatwoot-Delivery: a retry has it again."""
    return headers.get("x-chatwoot-delivery", "")


def read(body: bytes, received_at: int) -> tuple[Message, ...]:  # noqa: ARG001
    """The message of a `message_created`."""
    event = fields.parsed(body)
    if fields.text(event, "event") != "message_created":
        return ()
    kind = fields.word(event.get("message_type"))
    conversation = fields.inner(event, "conversation")
    contact = fields.maybe(fields.maybe(conversation, "meta"), "sender")
    sender = fields.maybe(event, "sender")
    return (
        Message(
            ticket=fields.key(conversation, "id"),
            key=fields.key(event, "id"),
            author=_author(kind, sender),
            at=fields.seconds(event, "created_at"),
            public=not event.get("private"),
            automatic=_is_automatic(kind, event),
            account=fields.maybe_key(sender, "id"),
            customer=fields.maybe_key(contact, "id") or fields.key(sender, "id"),
            status=fields.word(conversation.get("status")),
            priority=fields.word(conversation.get("priority")),
            text=fields.text(event, "content"),
        ),
    )


def _author(kind: str, sender: Object) -> Author:
    if kind in _INCOMING:
        return Author.CUSTOMER
    if kind in _OUTGOING:
        # Rules and campaigns have no sender; an agent bot, or the assistant of the enterprise edition,
        # names itself.
        return Author.AGENT if fields.text(sender, "type") == "user" else Author.BOT
    return Author.BOT if kind in _TEMPLATE else Author.SYSTEM


def _is_automatic(kind: str, event: Object) -> bool:
    content = fields.maybe(event, "content_attributes")
    return (
        kind in _TEMPLATE
        or bool(content.get("automation_rule_id"))
        or bool(fields.maybe(event, "additional_attributes").get("campaign_id"))
        or fields.maybe(content, "email").get("auto_reply") is True
    )
