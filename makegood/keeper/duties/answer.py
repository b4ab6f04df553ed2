# SPDX-License-Identifier: Apache-2.0
"""Answering challenges: what the desk anchored for a ticket is shown while it counts."""

from __future__ import annotations

import logging

from sqlalchemy import func, select

from makegood.batches import Batch, answering
from makegood.indexer import queries, schema
from makegood.keeper.world import Seen, World
from makegood.logs import fields

log = logging.getLogger(__name__)


class Answer:
    """For all challenged tickets of the desk of which the store, or the published leaves, have entries."""

    name, slow = "answer", False

    def __init__(self, world: World) -> None:
        self._world = world
        self._nothing: set[tuple[str, int, int]] = set()

    def do(self) -> int:
        """Show what can be shown next."""
        tickets = schema.tickets
        found = 0
        with self._world.seen() as seen:
            challenged = seen.rows(tickets, tickets.c.challenged, tickets.c.challenge_until >= seen.now)
            anchored = self._anchored(seen) if challenged else 0
            nothing = set()
            for row in challenged:
                known = (row["ticket_id"], row["proof_sequence"], anchored)
                shown = 0 if known in self._nothing else self._answer(seen, row["ticket_id"])
                found += shown
                if not shown:
                    nothing.add(known)
        self._nothing = nothing
        return found

    @staticmethod
    def _anchored(seen: Seen) -> int:
        batches = schema.batches.c
        mine = (batches.chain == seen.cursor.chain, batches.desk == seen.desk)
        return int(seen.connection.execute(select(func.count(batches.batch)).where(*mine)).scalar_one())

    def _answer(self, seen: Seen, ticket: str) -> int:
        world, ticket_id = self._world, bytes.fromhex(ticket[2:])
        prefix = f"show:{world.place}:{ticket}:"
        if world.outbox.beginning(prefix):
            return 1
        batches = answering.batches_in(world.store, ticket_id) or self._published(seen, ticket)
        answer = answering.answer(world.desk, ticket_id, batches, seen.now)
        if answer is None or not answer.showable:
            if answer is not None and answer.too_late:
                log.warning("shown too late", extra=fields(ticket=ticket, entries=answer.too_late))
            return 0
        # Of several calls the chain takes each only after the one before: the next round has the next.
        call, first = answer.calls(world.desk)[0], answer.showable[0].entry.sequence
        world.put(f"{prefix}{first}", f"show entries of {ticket}", call)
        return 1

    @staticmethod
    def _published(seen: Seen, ticket: str) -> dict[int, Batch]:
        leaves, batches = schema.leaves, schema.batches
        roots = seen.connection.execute(
            leaves.select().with_only_columns(leaves.c.root).where(leaves.c.ticket_id == ticket).distinct()
        )
        found = {}
        for root in roots.scalars().all():
            for row in seen.rows(batches, batches.c.root == root):
                batch = queries.batch_of(seen.connection, row)
                if batch is not None:
                    found[row["batch"]] = batch
        return found
