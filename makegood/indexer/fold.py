# SPDX-License-Identifier: Apache-2.0
"""What each event does to the derived rows. The same code folds a backfill and a live block."""

from __future__ import annotations

from collections.abc import Iterable

from makegood.errors import LogsMissing
from makegood.indexer.fold_desk import DeskFold
from makegood.indexer.fold_lane import LaneFold
from makegood.indexer.fold_money import MoneyFold
from makegood.indexer.fold_panel import PanelFold
from makegood.indexer.fold_people import PeopleFold
from makegood.indexer.fold_tickets import TicketFold
from makegood.indexer.logs import Log
from makegood.indexer.rows import Rows
from makegood.indexer.terms import Terms


class Fold:
    """Takes logs in the order of the chain. What lasts is in the rows."""

    def __init__(self, rows: Rows) -> None:
        terms = Terms(rows)
        desk = TicketFold(rows, terms)
        people = PeopleFold(rows)
        self.changed_agents = people.changed
        """Desk and address of the agents whose record changed since somebody emptied this."""
        self._handlers = {
            **DeskFold(rows).handlers(),
            **desk.handlers(),
            **LaneFold(rows, terms, desk).handlers(),
            **PanelFold(rows).handlers(),
            **MoneyFold(rows).handlers(),
            **people.handlers(),
        }

    def take(self, logs: Iterable[Log]) -> None:
        """Fold these. Raises LogsMissing where something before them is missing."""
        handlers = self._handlers
        for log in logs:
            handler = handlers.get(log.kind.name)
            if handler is None:
                continue
            try:
                handler(log, log.given)
            except KeyError as error:
                raise LogsMissing(
                    f"The node left out what {log.kind.name} in block {log.block_number} follows ({error}).",
                    hint="Begin at a block before the desk's deployment, or ask another node.",
                ) from error
