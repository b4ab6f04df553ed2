# SPDX-License-Identifier: Apache-2.0
"""What the helpdesks' APIs know and no webhook told: it becomes deliveries, as if the webhook had come."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

from sqlalchemy import select

from makegood.bridge.apis import Api, api_of
from makegood.bridge.apis.calling import Told
from makegood.bridge.errors import ApiRefused
from makegood.bridge.kept import Delivery, Kept
from makegood.bridge.schema import deliveries, messages
from makegood.bridge.settings import Settings

PAGES = 10
"""Of the tickets that changed last."""

_TOGETHER = 200

log = logging.getLogger(__name__)


class Comparer:
    """Asks the helpdesks."""

    def __init__(self, kept: Kept, settings: Settings) -> None:
        self._kept = kept
        found = ((each.name, api_of(each)) for each in settings.sources)
        self._apis: dict[str, Api] = {name: api for name, api in found if api is not None}

    def compare(self, now: int) -> int:
        """Ask each helpdesk that has an API; returns how many messages had been lost."""
        lost = 0
        for name, api in self._apis.items():
            try:
                found = self._compare(name, api, now)
            except ApiRefused as error:
                log.warning(
                    "a helpdesk was not compared", extra={"fields": {"helpdesk": name, "why": error.message}}
                )
                continue
            if found:
                log.warning("webhooks were lost", extra={"fields": {"helpdesk": name, "messages": found}})
            lost += found
        return lost

    def _compare(self, source: str, api: Api, now: int) -> int:
        lost = 0
        told = api.told(PAGES)
        while group := list(islice(told, _TOGETHER)):
            unknown = list(self._unknown(source, group))
            # The oldest first, as the webhooks would have come.
            arrived = [Delivery(source, f"compared:{each.key}", now, each.body) for each in reversed(unknown)]
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
