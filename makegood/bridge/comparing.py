# SPDX-License-Identifier: Apache-2.0
"""What the helpdesks' APIs know and no webhook told: it becomes deliveries, as if the webhook had come.

Only what was said since the helpdesk is known here (beginning.py).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select

from makegood.bridge.apis import Api, api_of
from makegood.bridge.apis.calling import Told
from makegood.bridge.beginning import is_too_early, known_since
from makegood.bridge.errors import ApiRefused, Unreadable
from makegood.bridge.helpdesks import KINDS
from makegood.bridge.kept import Delivery, Kept
from makegood.bridge.schema import deliveries, messages
from makegood.bridge.settings import Settings, Source

PAGES = 10
"""Of the tickets that changed last."""

_TOGETHER = 200

log = logging.getLogger(__name__)


class Comparer:
    """Asks the helpdesks."""

    def __init__(self, kept: Kept, settings: Settings) -> None:
        self._kept = kept
        found = ((each, api_of(each)) for each in settings.sources)
        self._apis: list[tuple[Source, Api]] = [(each, api) for each, api in found if api is not None]

    def compare(self, now: int) -> int:
        """Ask each helpdesk that has an API; returns how many messages had been lost."""
        lost = 0
        for source, api in self._apis:
            try:
                found = self._compare(source, api, now)
            except (ApiRefused, Unreadable) as error:
                log.warning(
                    "a helpdesk was not compared",
                    extra={"fields": {"helpdesk": source.name, "why": error.message}},
                )
                continue
            if found:
                log.warning(
                    "webhooks were lost", extra={"fields": {"helpdesk": source.name, "messages": found}}
                )
            lost += found
        return lost

    def _compare(self, source: Source, api: Api, now: int) -> int:
        name = source.name
        with self._kept.writing() as connection:
            since = known_since(connection, name, now)
        lost = 0
        told = api.told(PAGES)
        while group := list(islice(told, _TOGETHER)):
            unknown = [each for each in self._unknown(name, group) if _counts(source, each, since, now)]
            # The oldest first, as the webhooks would have come.
            arrived = [Delivery(name, f"compared:{each.key}", now, each.body) for each in reversed(unknown)]
            lost += self._kept.store(arrived) if arrived else 0
        return lost

    def _unknown(self, source: str, group: list[Told]) -> Iterator[Told]:
        keys = [each.key for each in group]
        with self._kept.database.reading() as connection:
            known = set(
                connection.execute(
                    select(messages.c.key).where(messages.c.source == source, messages.c.key.in_(keys))
                ).scalars()
            )
            compared = [f"compared:{key}" for key in keys]
            query = select(deliveries.c.key).where(
                deliveries.c.source == source, deliveries.c.key.in_(compared)
            )
            known |= {key.removeprefix("compared:") for key in connection.execute(query).scalars()}
        return (each for each in group if each.key not in known)


def _counts(source: Source, told: Told, since: int, now: int) -> bool:
    try:
        found = KINDS[source.kind].read(told.body, now)
    except Unreadable:
        return True  # somebody has to see it
    return not all(is_too_early(each.at, since) for each in found)
