# SPDX-License-Identifier: Apache-2.0
"""Claiming what is breached, for the requesters: a claim pays nobody else, whoever sends it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import and_, case, or_, select

from makegood.indexer import schema
from makegood.indexer.standing import Standing, standing
from makegood.indexer.tickets import CLOSED, FIRST_REPLY, HOLD, NEXT_REPLY, OPEN, RESOLUTION
from makegood.keeper.world import Seen, World

_AT_ONCE = 2_000
"""Tickets that a round looks at: what is left then, the next does."""


class Claim:
    """Also ends challenges that are over, whatever came of them."""

    name, slow = "claim", False

    def __init__(self, world: World) -> None:
        self._world = world

    def do(self) -> int:
        """Claim all that can be claimed now."""
        found = 0
        with self._world.seen() as seen:
            for row in self._candidates(seen):
                found += self._claim(row, standing(row, self._world.policy(row["policy_id"]), seen.now))
        return found

    def _claim(self, row: dict[str, Any], now: Standing) -> int:
        world, ticket = self._world, row["ticket_id"]
        ticket_id = bytes.fromhex(ticket[2:])
        if row["challenged"]:
            if now.way == "wait" or (now.way is None and self._runs(row)):
                return 0
            call = world.desk.lane.end_challenge(ticket_id, claim=bool(now.claimable))
            # A proof has one challenge; the kinds are those of its last second.
            world.put(f"end:{world.place}:{ticket}:{row['proven_at']}", f"end challenge of {ticket}", call)
            return 1
        if now.way != "claim":
            return 0
        kinds = int(now.claimable)
        world.put(f"claim:{world.place}:{ticket}:{kinds}", f"claim {ticket}", world.desk.claim(ticket_id))
        return 1

    def _runs(self, row: dict[str, Any]) -> bool:
        return bool(self._world.now <= row["challenge_until"])

    def _candidates(self, seen: Seen) -> list[dict[str, Any]]:
        t, unpaid = schema.tickets.c, schema.breaches.c
        open_breaches = select(unpaid.ticket_id).where(
            unpaid.desk == seen.desk, unpaid.chain == seen.cursor.chain, unpaid.compensated_at.is_(None)
        )
        # What was paid already stays late until somebody answers: it must not keep others out.
        reply = case((t.replied, NEXT_REPLY), else_=FIRST_REPLY)
        late = or_(
            and_(t.status == OPEN, t.reply_due < seen.now, t.compensated.bitwise_and(reply) == 0),
            and_(
                t.status.in_((OPEN, HOLD)),
                t.resolution_due < seen.now,
                t.compensated.bitwise_and(RESOLUTION) == 0,
            ),
            t.ticket_id.in_(open_breaches),
            and_(t.challenged, t.challenge_until < seen.now),
        )
        fits = (t.source == "chain", t.status != CLOSED, late)
        return seen.rows(schema.tickets, *fits, limit=_AT_ONCE)
