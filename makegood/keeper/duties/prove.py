# SPDX-License-Identifier: Apache-2.0
"""Proving breached batch tickets of requesters who named this account their keeper, with a bond."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import and_, or_

from makegood.batches import Batch, prove
from makegood.batches.handing_out import leaves_of
from makegood.batches.store import ANCHORED
from makegood.desk import ETH
from makegood.indexer import queries, schema
from makegood.indexer.fold_lane import MISSING, WAITING
from makegood.indexer.standing import standing
from makegood.indexer.tickets import HOLD, OPEN
from makegood.keeper.namings import Naming, Namings
from makegood.keeper.world import Seen, World
from makegood.logs import fields

log = logging.getLogger(__name__)

_FROM_LEAVES = "leaves"
_FETCHED_WITHIN = 60  # seconds after an anchoring, where the leaves are served
_UNSEEN_FOR = 3_600  # seconds that leaves which are not served are waited for
_LAST_CHANCE = 7_200  # seconds before a ticket can no longer be proven
_AT_ONCE = 200  # requesters whose tickets are looked for together


class Prove:
    """Nobody but the requester and its keeper can prove a ticket.

    A naming that a requester signed is sent only once a ticket of that requester is breached. An answer in
    time may be anchored as long as the policy's lag after the due time, and a proof that it answers costs the
    bond: so that long, and while a batch's leaves are not to be seen, nothing is proven.
    """

    name, slow = "prove", True

    def __init__(self, world: World) -> None:
        self._world = world
        self._namings = Namings(world.settings.namings, world.desk, world.account)

    def do(self) -> int:
        """Prove what is breached by what the desk published."""
        world, found = self._world, 0
        with world.seen() as seen:
            keepers = schema.keepers
            rows = seen.rows(keepers, keepers.c.keeper == world.account.lower())
            mine = {world.account.lower(), *(row["requester"] for row in rows)}
            signed = self._namings.standing(seen.now)
            unseen_since = self._unseen_since(seen)
            for row in self._late(seen, sorted(mine | signed.keys())):
                requester = row["requester"]
                if not self.is_worth_it(row, seen.now, unseen_since):
                    continue
                found += self._prove(seen, row) if requester in mine else self._name(signed[requester])
        return found

    @staticmethod
    def _late(seen: Seen, requesters: Sequence[str]) -> Iterator[dict[str, Any]]:
        """Of these only: a desk may have many late tickets that nobody asked this account to prove."""
        tickets, t, now = schema.tickets, schema.tickets.c, seen.now
        late = or_(
            t.breached != 0,
            and_(t.status == OPEN, t.reply_due < now),
            and_(t.status.in_((OPEN, HOLD)), t.resolution_due < now),
        )
        for start in range(0, len(requesters), _AT_ONCE):
            some = t.requester.in_(requesters[start : start + _AT_ONCE])
            yield from seen.rows(tickets, some, t.source == _FROM_LEAVES, t.provable_until >= now, late)

    @staticmethod
    def _unseen_since(seen: Seen) -> int:
        """When the oldest of the latest batches was anchored of which nobody knows yet what is in it."""
        batches = schema.batches
        latest = batches.c.anchored_at > seen.now - _UNSEEN_FOR
        rows = seen.rows(batches, latest, batches.c.leaves.in_((WAITING, MISSING)))
        return min((row["anchored_at"] for row in rows), default=seen.now)

    def is_worth_it(self, row: dict[str, Any], now: int, unseen_since: int) -> bool:
        """Whether a proof pays, of which nothing that may yet come to light makes the bond a loss.

        `unseen_since`: of batches anchored from then on, nobody knows what is in them.
        """
        policy = self._world.policy(row["policy_id"])
        wait = policy.anchor_lag + _FETCHED_WITHIN
        # What was promised until then is known to be broken. Shortly before it is too late, a bond is risked.
        certain = unseen_since - wait if row["provable_until"] - now > _LAST_CHANCE else now
        found = standing(row, policy, certain)
        return found.way == "prove" and found.amount > 0

    def _name(self, naming: Naming) -> int:
        key = f"name:{self._world.place}:{naming.requester.lower()}:{naming.nonce}"
        self._world.put(key, f"name the keeper of {naming.requester}", naming.call(self._world.desk))
        return 1

    def _prove(self, seen: Seen, row: dict[str, Any]) -> int:
        world, ticket = self._world, row["ticket_id"]
        batches = schema.batches
        (batch_row,) = seen.rows(batches, batches.c.batch == row["batch"])
        batch = self._leaves(seen, batch_row)
        if batch is None:
            return 0
        index = next(iter(batch.beginning_with(bytes.fromhex(ticket[2:]))))
        proof = prove(batch, row["batch"], index)
        bond = world.policy(row["policy_id"]).prove_bond
        if not self._can_bond(bond):
            return 1
        call = world.desk.lane.prove_ticket(
            row["batch"],
            index,
            proof.path,
            proof.entry.actor,
            proof.entry.digest,
            proof.entry.at,
            value=bond if world.desk.pool.asset == ETH else 0,
        )
        world.put(f"prove:{world.place}:{ticket}", f"prove {ticket}", call)
        return 1

    def _leaves(self, seen: Seen, row: dict[str, Any]) -> Batch | None:
        store = self._world.store
        for kept in store.batches(f"state = '{ANCHORED}' AND number = {int(row['batch'])}"):
            if "0x" + kept.root.hex() == row["root"]:
                return leaves_of(store, kept)
        return queries.batch_of(seen.connection, row)

    def _can_bond(self, bond: int) -> bool:
        """Whether the bond can be taken; what is missing of an approval is put."""
        world = self._world
        pool = world.desk.pool
        if pool.asset == ETH or bond == 0 or pool.approved(world.account) >= bond:
            return True
        if pool.balance_of(world.account) < bond:
            log.warning("too little of the asset for a bond", extra=fields(bond=str(bond)))
            return False
        # For many proofs at once, and again whenever it is used up.
        prefix = f"approve:{world.place}:"
        if not world.outbox.beginning(prefix):
            number = len(world.outbox.beginning(prefix, ("mined", "final", "refused", "reverted")))
            world.put(f"{prefix}{number}", "approve bonds", pool.approve(100 * bond))
        return False
