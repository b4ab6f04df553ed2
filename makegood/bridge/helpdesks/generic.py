# SPDX-License-Identifier: Apache-2.0
"""Any other system, in the words of docs/bridge.md: one JSON object a delivery, signed with its time."""

from __future__ import annotations

import hmac

from makegood.bridge import fields, signatures
from makegood.bridge.errors import Unreadable
from makegood.bridge.messages import Author, Message
from makegood.bridge.signatures import Headers

SIGNED = True
PRIORITIES = {"": "normal", "urgent": "urgent", "high": "high", "normal": "normal", "low": "low"}
STATUSES = {"": "hold", "open": "hold", "hold": "hold", "pending": "pending", "solved": "solved"}

_REQUIRED = {"ticket", "message", "author", "at"}
_OPTIONAL = {"account", "customer", "public", "automatic", "status", "priority", "merged_into", "text"}


def verify(headers: Headers, body: bytes, secrets: tuple[bytes, ...], now: int, window: int) -> None:
    """X-Makegood-Signature: `sha256=` and the HMAC-SHA256 of `timestamp.body` in hex."""
    found = signatures.given(headers, "x-makegood-signature")
    stamp = signatures.given(headers, "x-makegood-timestamp")
    signatures.check_fresh(signatures.unix_time(stamp), now, window)
    signed = stamp.encode() + b"." + body
    signatures.check(found, ("sha256=" + hmac.new(each, signed, "sha256").hexdigest() for each in secrets))


def delivery_id(headers: Headers) -> str:
    """X-Makegood-Delivery, where it is given."""
    return headers.get("x-makegood-delivery", "")


def read(body: bytes, received_at: int) -> tuple[Message, ...]:  # noqa: ARG001
    """The one message of a delivery."""
    delivery = fields.parsed(body)
    for name in sorted(_REQUIRED - delivery.keys()):
        raise Unreadable(f'"{name}" is missing.')
    for name in sorted(delivery.keys() - _REQUIRED - _OPTIONAL):
        raise Unreadable(f'"{name[:40]}" is not known here.')
    try:
        author = Author(fields.text(delivery, "author"))
    except ValueError:
        raise Unreadable(f'"author" is none of {", ".join(Author)}.') from None
    customer = fields.text(delivery, "customer").strip().lower()
    if author is Author.CUSTOMER and not customer:
        raise Unreadable('"customer" is missing: who wrote, as your system knows them.')
    return (
        Message(
            ticket=fields.key(delivery, "ticket"),
            key=fields.key(delivery, "message"),
            author=author,
            at=fields.seconds(delivery, "at"),
            public=fields.flag({"public": True, **delivery}, "public"),
            automatic=fields.flag({"automatic": False, **delivery}, "automatic"),
            account=fields.maybe_key(delivery, "account"),
            customer=customer,
            status=fields.word(delivery.get("status")),
            priority=fields.word(delivery.get("priority")),
            merged_into=fields.maybe_key(delivery, "merged_into"),
            text=fields.text(delivery, "text"),
        ),
    )
