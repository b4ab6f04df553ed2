# SPDX-License-Identifier: Apache-2.0
"""Closing tickets that are over: what is still due is paid, the rest of their reserve is free again."""

from __future__ import annotations

from hashlib import sha256

from makegood.desk import MAX_ITEMS
from makegood.indexer import schema
from makegood.indexer.standing import standing
from makegood.indexer.tickets import SOLVED
from makegood.keeper.world import World


class Close:
    """Solved ones whose contest window is over, with no dispute open, many in a transaction."""

    name, slow = "close", True

    def __init__(self, world: World) -> None:
        self._world = world

    def do(self) -> int:
        """Close the next ones, once the last ones are."""
        world, t = self._world, schema.tickets.c
        prefix = f"close:{world.place}:"
        if world.outbox.beginning(prefix):
            return 0
        with world.seen() as seen:
            rows = seen.rows(
                schema.tickets,
                t.source == "chain",
                t.status == SOLVED,
                t.open_disputes == 0,
                t.challenged.is_(False),
                t.solved_at < seen.now,
            )
            over = [row for row in rows if standing(row, world.policy(row["policy_id"]), seen.now).over]
        ids = sorted(bytes.fromhex(row["ticket_id"][2:]) for row in over)[:MAX_ITEMS]
        if not ids:
            return 0
        name = ids[0].hex() if len(ids) == 1 else sha256(b"".join(ids)).hexdigest()
        call = world.desk.close(ids[0]) if len(ids) == 1 else world.desk.close_many(ids)
        world.put(f"{prefix}{name}", f"close {len(ids)}", call)
        return len(ids)
