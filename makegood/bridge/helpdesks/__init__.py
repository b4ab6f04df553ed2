# SPDX-License-Identifier: Apache-2.0
"""The helpdesks that the bridge understands, one module each: who sent a delivery, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, cast

from makegood.bridge.helpdesks import chatwoot, django_helpdesk, generic, zammad, zendesk
from makegood.bridge.messages import Message
from makegood.bridge.signatures import Headers


class Helpdesk(Protocol):
    """What a helpdesk's module has.

    `SIGNED` says whether its deliveries are signed; else their secret is in the address. `PRIORITIES` and
    `STATUSES` are what its words mean unless the operator's table says otherwise.
    """

    SIGNED: bool
    PRIORITIES: Mapping[str, str]
    STATUSES: Mapping[str, str]

    def verify(
        self, headers: Headers, body: bytes, secrets: tuple[bytes, ...], now: int, window: int
    ) -> None:
        """Raises SignatureRefused for what is not signed by one of the secrets, or not lately."""

    def delivery_id(self, headers: Headers) -> str:
        """What tells a delivery from every other; empty where there is no such thing."""

    def read(self, body: bytes, received_at: int) -> tuple[Message, ...]:
        """What a delivery says. Raises Unreadable."""


KINDS: Mapping[str, Helpdesk] = {
    "chatwoot": cast(Helpdesk, chatwoot),
    "django-helpdesk": cast(Helpdesk, django_helpdesk),
    "generic": cast(Helpdesk, generic),
    "zammad": cast(Helpdesk, zammad),
    "zendesk": cast(Helpdesk, zendesk),
}
"""Each kind of helpdesk by its name in the settings."""
