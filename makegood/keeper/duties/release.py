# SPDX-License-Identifier: Apache-2.0
"""Releasing what expired batches still hold for tickets that nobody proved."""

from __future__ import annotations

from makegood.indexer import schema
from makegood.keeper.world import World


class Release:
    """Once for each batch."""

    name, slow = "release", True

    def __init__(self, world: World) -> None:
        self._world = world

    def do(self) -> int:
        """Release all that have expired."""
        world, batches = self._world, schema.batches
        with world.seen() as seen:
            rows = seen.rows(batches, batches.c.expires_at < seen.now, batches.c.released_at.is_(None))
        held = [row["batch"] for row in rows if row["reserved"]]
        for number in held:
            call = world.desk.lane.release_batch(number)
            world.put(f"release:{world.place}:{number}", f"release batch {number}", call)
        return len(held)
