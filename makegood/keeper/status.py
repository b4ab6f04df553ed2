# SPDX-License-Identifier: Apache-2.0
"""What a keeper has done and what waits, as its database tells."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, inspect, select

from makegood.batches.tables import SHARED, tables
from makegood.database import Database, database_errors
from makegood.errors import NotFound
from makegood.keeper.schema import warnings
from makegood.sending.schema import intents
from makegood.settings import Settings

_FAILED = 20


def status_of(given: Settings) -> Mapping[str, Any]:
    """For all accounts that the database knows. Raises NotFound where no keeper ever ran."""
    database = Database(given.database)
    try:
        with database_errors(database.url):
            there = set(inspect(database.engine).get_table_names())
        if not {intents.name, warnings.name, f"{SHARED}events"} <= there:
            raise NotFound(
                f"No keeper ran with the database {database.shown} yet.", hint="Run `makegood keeper run`."
            )
        return _status(database, given.chain.chain_id)
    finally:
        database.close()


def _status(database: Database, chain: int) -> dict[str, Any]:
    found = tables(SHARED)
    events, batches = found.events.c, found.batches.c
    waits = (events.batch.is_(None), events.refused.is_(None))
    failed = select(intents.c.what, intents.c.state, intents.c.reason).where(
        intents.c.chain == chain, intents.c.state.in_(("refused", "reverted"))
    )
    with database.reading() as connection:

        def count(column: Any, *fits: Any) -> int:
            return int(connection.execute(select(func.count(column)).where(*fits)).scalar_one())

        states = select(intents.c.state, func.count()).where(intents.c.chain == chain)
        by_state = select(batches.state, func.count()).group_by(batches.state)
        newest = failed.order_by(intents.c.changed_at.desc()).limit(_FAILED)
        return {
            "desk": connection.execute(
                select(found.meta.c.value).where(found.meta.c.name == "desk")
            ).scalar(),
            "waiting_events": count(events.arrival, *waits),
            "dead_letters": count(events.arrival, events.refused.is_not(None)),
            "batches": {row[0]: row[1] for row in connection.execute(by_state)},
            "transactions": {row[0]: row[1] for row in connection.execute(states.group_by(intents.c.state))},
            "warnings_told": count(warnings.c.due, warnings.c.told_at.is_not(None)),
            "warnings_waiting": count(warnings.c.due, warnings.c.told_at.is_(None)),
            "failed": [
                {"what": row[0], "state": row[1], "reason": row[2]} for row in connection.execute(newest)
            ],
        }
