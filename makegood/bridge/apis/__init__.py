# SPDX-License-Identifier: Apache-2.0
"""The helpdesks' APIs: what goes back into a ticket, and what a lost webhook would have said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from makegood.bridge.apis.calling import Told
from makegood.bridge.apis.chatwoot import Chatwoot
from makegood.bridge.apis.django_helpdesk import DjangoHelpdesk
from makegood.bridge.apis.zammad import Zammad
from makegood.bridge.apis.zendesk import Zendesk
from makegood.bridge.settings import Source


class Api(Protocol):
    """A helpdesk's API. All of it raises ApiRefused where it does not answer as it should."""

    def put(self, ticket: str, text: str, file: tuple[str, bytes] | None) -> None:
        """Write a public message into a ticket, with a file of a name and content where one is given."""

    def has(self, ticket: str, mark: str) -> bool:
        """Whether a message of a ticket has this in its text."""

    def told(self, pages: int) -> Iterator[Told]:
        """What the tickets that changed last would say, the newest first: at most so many pages of them."""


def api_of(source: Source) -> Api | None:
    """The API of a helpdesk; None where the settings name none or its kind has none."""
    if source.api is None:
        return None
    match source.kind:
        case "django-helpdesk":
            return DjangoHelpdesk(source.api)
        case "zammad":
            return Zammad(source.api)
        case "chatwoot":
            return Chatwoot(source.api)
        case "zendesk":
            return Zendesk(source.api)
        case _:
            return None
