# SPDX-License-Identifier: Apache-2.0
"""Sending requesters and others what they were credited: it goes to them, whoever asks for it."""

from __future__ import annotations

from eth_utils.address import to_checksum_address
from sqlalchemy import or_

from makegood.indexer import queries, schema
from makegood.keeper.world import World


class Collect:
    """One that cannot be paid hurts nobody else: its transaction is refused before it is sent."""

    name, slow = "collect", True

    def __init__(self, world: World) -> None:
        self._world = world

    def do(self) -> int:
        """Send all that is at least as much as the settings say."""
        world, accounts = self._world, schema.accounts
        found = 0
        with world.seen() as seen:
            (desk,) = seen.rows(schema.desks)
            some = or_(accounts.c.credited != 0, accounts.c.debts != 0)
            for row in seen.rows(accounts, some):
                beneficiary = row["beneficiary"]
                due = queries.collectable(seen.connection, seen.cursor.chain, seen.desk, beneficiary, desk)
                if due.now < max(1, world.settings.collect_from):
                    continue
                # What was collected before tells this sum from every later one.
                key = f"collect:{world.place}:{beneficiary}:{due.collected}"
                world.put(
                    key,
                    f"collect for {beneficiary}",
                    world.desk.pool.collect(to_checksum_address(beneficiary)),
                )
                found += 1
        return found
