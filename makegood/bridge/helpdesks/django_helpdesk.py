# SPDX-License-Identifier: Apache-2.0
"""django-helpdesk: webhooks of new tickets and of follow-ups, each with the whole ticket. It signs nothing.

A follow-up has a user only where one of the staff wrote it; else a customer did, or an escalation. The first
follow-up of a ticket repeats its description, which is the requester's whoever typed it in; it is part of the
opening.
"""

from __future__ import annotations

import re

from makegood.bridge import fields
from makegood.bridge.errors import Unreadable
from makegood.bridge.fields import Object
from makegood.bridge.messages import Author, Message
from makegood.bridge.signatures import Headers
from makegood.errors import SignatureRefused

SIGNED = False
PRIORITIES = {"1": "urgent", "2": "high", "3": "normal", "4": "low", "5": "low"}
STATUSES = {"1": "hold", "2": "hold", "on hold": "hold", "3": "solved", "4": "solved", "5": "hold"}

_OPEN = ("1", "2")

# `manage.py escalate_tickets` writes a public follow-up of no user, as a customer's is; no language of theirs
# has another title for it.
_ESCALATED = "Ticket Escalated"

# What django-helpdesk keeps of an e-mail has none of its headers; these are the subjects of mail programs'
# absences.
_ABSENCE = re.compile(
    r"\s*(?:auto(?:matic)?[ -]?(?:reply|response)|out of (?:the )?office|自动回复|自動回覆)\b", re.IGNORECASE
)


def verify(headers: Headers, body: bytes, secrets: tuple[bytes, ...], now: int, window: int) -> None:  # noqa: ARG001
    """It signs nothing: the secret is in the address."""
    raise SignatureRefused("django-helpdesk signs nothing.")


def delivery_id(headers: Headers) -> str:  # noqa: ARG001
    """It has none."""
    return ""


def read(body: bytes, received_at: int) -> tuple[Message, ...]:
    """The opening of a new ticket, or the follow-up that a delivery is about."""
    delivery = fields.parsed(body)
    ticket = fields.inner(delivery, "ticket")
    if delivery.get("followup_id") is None:
        return (_opening(ticket, received_at),)
    wanted = fields.key(delivery, "followup_id")
    found = next(
        (each for each in fields.many(ticket, "followup_set") if str(each.get("id")) == wanted), None
    )
    if found is None:
        raise Unreadable("The follow-up that the delivery is about is not in it.")
    return (*_merger(ticket, received_at), _followup(ticket, found))


def messages_of(ticket: Object, received_at: int) -> dict[str, str]:
    """The keys of all that a ticket of the API says, each with the follow-up to read for it; none for the
    opening.
    """
    followups = sorted(fields.many(ticket, "followup_set"), key=lambda each: int(fields.key(each, "id")))
    found = {_opening(ticket, received_at).key: ""}
    found.update({_followup_key(each): fields.key(each, "id") for each in followups[1:]})
    if fields.maybe_key(ticket, "merged_to"):
        found.update(
            {each.key: fields.key(followups[-1], "id") for each in _merger(ticket, received_at) if followups}
        )
    return found


def _opening(ticket: Object, received_at: int) -> Message:
    key = fields.key(ticket, "id")
    times = [fields.seconds(each, "date") for each in fields.many(ticket, "followup_set")]
    return Message(
        ticket=key,
        key=f"opening-{key}",
        author=Author.CUSTOMER if fields.text(ticket, "submitter_email") else Author.SYSTEM,
        at=min(times, default=received_at),
        automatic=_is_absence(ticket),
        customer=_customer(ticket),
        status=fields.word(ticket.get("status")),
        priority=fields.word(ticket.get("priority")),
        text=fields.text(ticket, "description"),
    )


def _followup(ticket: Object, followup: Object) -> Message:
    account = fields.maybe_key(followup, "user")
    escalated = not account and fields.text(followup, "title") == _ESCALATED
    written = bool(fields.text(followup, "comment").strip()) and not escalated
    author = (Author.AGENT if account else Author.CUSTOMER) if written else Author.SYSTEM
    return Message(
        ticket=fields.key(ticket, "id"),
        key=_followup_key(followup),
        author=author,
        at=fields.seconds(followup, "date"),
        public=fields.flag(followup, "public"),
        automatic=author is Author.CUSTOMER and _is_absence(followup),
        account=account,
        customer=_customer(ticket),
        status=_status(ticket),
        priority=fields.word(ticket.get("priority")),
        text=fields.text(followup, "comment"),
    )


def _merger(ticket: Object, at: int) -> tuple[Message, ...]:
    target = fields.maybe_key(ticket, "merged_to")
    if not target:
        return ()
    key = fields.key(ticket, "id")
    return (Message(key, f"merge-{key}", Author.SYSTEM, at, merged_into=target),)


def _followup_key(followup: Object) -> str:
    return f"followup-{fields.key(followup, 'id')}"


def _status(ticket: Object) -> str:
    status = fields.word(ticket.get("status"))
    return "on hold" if status in _OPEN and ticket.get("on_hold") is True else status


def _customer(ticket: Object) -> str:
    return fields.text(ticket, "submitter_email").strip().lower()


def _is_absence(holder: Object) -> bool:
    return _ABSENCE.match(fields.text(holder, "title")) is not None
