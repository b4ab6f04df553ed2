# SPDX-License-Identifier: Apache-2.0
"""What a helpdesk says of a ticket, and which of it starts or stops a clock.

Only a customer's public message starts a clock, and only a human agent's public message stops one. Notes,
bots, automatic replies and what the helpdesk does by itself do neither, and what changes nothing is not
anchored.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum

from makegood.batches import Act
from makegood.clock import Status

MOST_OF_TEXT = 65_536
"""Bytes of UTF-8 that a document's text may have."""

NO_TEXT = "(no text)"
_CUT = " […]"
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")  # which canonical JSON would swell


class Author(StrEnum):
    """Who wrote a message."""

    CUSTOMER = "customer"
    AGENT = "agent"
    BOT = "bot"
    SYSTEM = "system"


class Why(StrEnum):
    """Why a message is not anchored."""

    INTERNAL = "it is internal"
    AUTOMATIC = "it was sent automatically"
    NOBODY = "no person wrote it"
    UNKNOWN_TICKET = "no customer's message opened its ticket"
    NOTHING_NEW = "it changes nothing"
    TOO_EARLY = "it was said before the helpdesk was known here"


@dataclass(frozen=True, slots=True)
class Message:
    """One thing that a delivery says of a ticket.

    `ticket` and `key` are the helpdesk's: of the ticket, and of what tells the message from every other one
    of this helpdesk. `account` is the helpdesk account of an agent or a bot, `customer` how the helpdesk
    knows the requester. `at` is in seconds since 1970. `status` and `priority` are the helpdesk's own words
    after the message, empty where it has none. `merged_into` is the ticket that this one is now a part of.
    Neither text nor customer is ever shown by `repr`.
    """

    ticket: str
    key: str
    author: Author
    at: int
    public: bool = True
    automatic: bool = False
    account: str = ""
    customer: str = field(default="", repr=False)
    status: str = ""
    priority: str = ""
    merged_into: str = ""
    text: str = field(default="", repr=False)


def act_of(message: Message, standing: Status | None, answered: Status) -> Act | Why:
    """What a message does to a ticket, or why it does nothing.

    `standing` is the ticket's status before it, None for a ticket that nobody opened; `answered` is what the
    desk's table makes of the helpdesk's status after an agent's message: hold, pending or solved.
    """
    if message.author not in (Author.CUSTOMER, Author.AGENT):
        return Why.NOBODY
    if not message.public:
        return Why.INTERNAL
    if message.automatic:
        return Why.AUTOMATIC
    if message.author is Author.CUSTOMER:
        if standing is None:
            return Act.OPENED
        return Why.NOTHING_NEW if standing is Status.OPEN else Act.FOLLOWED_UP
    if standing is None:
        return Why.UNKNOWN_TICKET
    return Why.NOTHING_NEW if standing is answered else ANSWERS[answered]


ANSWERS = {Status.HOLD: Act.REPLIED, Status.PENDING: Act.LEFT_PENDING, Status.SOLVED: Act.SOLVED}
"""What an agent's message does that leaves a ticket in a status."""

STATUS_AFTER = {
    Act.OPENED: Status.OPEN,
    Act.FOLLOWED_UP: Status.OPEN,
    **{act: status for status, act in ANSWERS.items()},
}
"""A ticket's status after an entry."""


def digestible(text: str) -> str:
    """A text as documents and databases take it: of 1 to 65,536 bytes, without controls and halves of
    surrogate pairs.
    """
    shown = _CONTROLS.sub("\ufffd", text)
    whole = shown.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    encoded = whole.encode()
    if not encoded.strip():
        return NO_TEXT
    if len(encoded) > MOST_OF_TEXT:
        encoded = (
            encoded[: MOST_OF_TEXT - len(_CUT.encode())].decode("utf-8", "ignore").encode() + _CUT.encode()
        )
    return encoded.decode()
