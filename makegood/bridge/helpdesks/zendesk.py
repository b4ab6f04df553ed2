# SPDX-License-Identifier: Apache-2.0
"""Zendesk: event webhooks of tickets. `ticket.created` and `ticket.comment_added` are read, and
`ticket.merged`.

A new ticket's first comment comes as an event of its own too, with the id of a comment; both are the
ticket's opening.
"""

from __future__ import annotations

import hmac
from base64 import b64encode

from makegood.bridge import fields, signatures
from makegood.bridge.fields import Object
from makegood.bridge.messages import Author, Message
from makegood.bridge.signatures import Headers

SIGNED = True
PRIORITIES = {"": "normal", "low": "low", "normal": "normal", "high": "high", "urgent": "urgent"}
STATUSES = {
    "new": "hold",
    "open": "hold",
    "hold": "hold",
    "pending": "pending",
    "solved": "solved",
    "closed": "solved",
}

_EVENT = "zen:event-type:ticket."
# A trigger or automation writes through `rule`; the answer bot and satisfaction surveys are nobody either.
_BOTS = ("rule", "rule_revision", "answer_bot", "automatic_solution_suggestions", "monitor_event", "batch")
_NOBODY = ("", "-1", "0")


def verify(headers: Headers, body: bytes, secrets: tuple[bytes, ...], now: int, window: int) -> None:
    """X-Zendesk-Webhook-Signature: the HMAC-SHA256 of time and body in base64."""
    found = signatures.given(headers, "x-zendesk-webhook-signature")
    stamp = signatures.given(headers, "x-zendesk-webhook-signature-timestamp")
    signatures.check_fresh(signatures.iso_time(stamp), now, window)
    signed = stamp.encode() + body
    signatures.check(
        found, (b64encode(hmac.new(each, signed, "sha256").digest()).decode() for each in secrets)
    )


def delivery_id(headers: Headers) -> str:  # noqa: ARG001
    """None: the body names its event, and a retry has the same body; the invocation's id is not signed."""
    return ""


def read(body: bytes, received_at: int) -> tuple[Message, ...]:  # noqa: ARG001
    """What an event of a ticket says; events of other kinds say nothing of a clock."""
    event = fields.parsed(body)
    kind = fields.text(event, "type").removeprefix(_EVENT)
    if kind == "created":
        return (_opened(event),)
    if kind == "comment_added":
        return (_comment(event),)
    if kind == "merged":
        ticket = fields.key(fields.inner(event, "detail"), "id")
        target = fields.key(fields.inner(event, "event"), "target_ticket_id")
        at = fields.seconds(event, "time")
        return (Message(ticket, f"merge-{ticket}", Author.SYSTEM, at, merged_into=target),)
    return ()


def _opened(event: Object) -> Message:
    ticket = fields.inner(event, "detail")
    key = fields.key(ticket, "id")
    by_requester = fields.maybe_key(ticket, "submitter_id") in ("", fields.key(ticket, "requester_id"))
    return Message(
        ticket=key,
        key=f"opening-{key}",
        author=Author.CUSTOMER if by_requester else Author.SYSTEM,
        at=fields.seconds(ticket, "created_at"),
        public=ticket.get("is_public") is not False,
        customer=fields.key(ticket, "requester_id"),
        status=fields.word(ticket.get("status")),
        priority=fields.word(ticket.get("priority")),
        text=fields.text(ticket, "description"),
    )


def _comment(event: Object) -> Message:
    ticket = fields.inner(event, "detail")
    comment = fields.inner(fields.inner(event, "event"), "comment")
    author = fields.maybe(comment, "author")
    account = fields.maybe_key(author, "id") or "0"
    return Message(
        ticket=fields.key(ticket, "id"),
        key=fields.key(comment, "id"),
        author=_author(ticket, author, account),
        at=fields.seconds(event, "time"),
        public=fields.flag(comment, "is_public"),
        automatic=_channel(ticket) in _BOTS,
        account=account,
        customer=fields.key(ticket, "requester_id"),
        status=fields.word(ticket.get("status")),
        priority=fields.word(ticket.get("priority")),
        text=fields.text(comment, "body"),
    )


def _author(ticket: Object, author: Object, account: str) -> Author:
    if account in _NOBODY or fields.word(ticket.get("actor_id")) == "-1":
        return Author.SYSTEM
    return Author.AGENT if author.get("is_staff") is True else Author.CUSTOMER


def _channel(ticket: Object) -> str:
    return fields.text(fields.maybe(ticket, "via"), "channel").lower()
