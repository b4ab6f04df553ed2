# SPDX-License-Identifier: Apache-2.0
"""Anchoring what waits in the store's queue, in time, and handing out receipts and leaves."""

from __future__ import annotations

import logging

from makegood import clock
from makegood.batches.adopting import adopt
from makegood.batches.anchoring import Anchoring
from makegood.batches.handing_out import hand_out
from makegood.batches.kept import Backlog
from makegood.batches.settling import Settling
from makegood.batches.store import ANCHORED, SENT, Kept
from makegood.batches.terms import Terms
from makegood.errors import MakegoodError
from makegood.keeper.settings import AnchorSettings
from makegood.keeper.world import World
from makegood.logs import fields
from makegood.policy import ChainPolicy
from makegood.sending.outbox import FINAL, MINED, UNFINISHED

log = logging.getLogger(__name__)

_AT_ONCE = 4
"""Batches on their way: what waits behind them waits for the next round."""


class Anchor:
    """Of one desk, by its agent. Where several keepers share a store, one at a time."""

    name, slow = "anchor", False

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = world.settings.anchor
        self._adopted = False

    def do(self) -> int:
        """Look after batches on their way, and prepare the next where it is time."""
        with self._world.store.anchoring() as mine:
            return self._do() if mine else 0

    def _do(self) -> int:
        store, world = self._world.store, self._world
        if not self._adopted:
            self._adopt()
        world.backlog, world.refused = store.backlog(world.now), store.refused()
        settling = self._settling()
        settling.recheck()
        found = 0
        for kept in store.batches(f"state <> '{ANCHORED}'"):
            # Another agent's keeper brings its own; where none does, they take no place here.
            if kept.agent == world.account:
                found += self._bring(settling, kept)
        while found < _AT_ONCE and self._is_time():
            prepared = self._anchoring().prepare()
            if prepared is None:
                break
            log.info("batch prepared", extra=fields(root="0x" + prepared.root.hex(), leaves=prepared.size))
            found += self._bring(settling, prepared)
        handed = hand_out(store, world.desk, self._settings.receipts, self._settings.publish)
        for key, each in handed.items():
            batch = store.batch(key)
            log.info("batch handed out", extra=fields(batch=batch.number, receipts=each.receipts))
        return found

    def _adopt(self) -> None:
        """Once: where the store is a backup's, the chain has batches that it does not know."""
        world = self._world
        folders = [each for each in (self._settings.publish, world.store.folder) if each is not None]
        adopt(world.store, world.desk, world.account, folders, _tell_adopted)
        self._adopted = True

    def _bring(self, settling: Settling, kept: Kept) -> bool:
        """Whether the batch is still on its way."""
        world = self._world
        key = f"anchor:{world.place}:0x{kept.root.hex()}"
        intent = world.outbox.find(key)
        if (intent is None or intent.state not in UNFINISHED) and settling.found(kept, settling.newest()):
            return False
        if intent is not None and intent.state in (MINED, FINAL):
            # The node's answers are of two blocks; or the chain undid what it called final.
            log.warning("anchored batch not found", extra=fields(root="0x" + kept.root.hex()))
            return True
        intent = world.outbox.put(key, f"anchor {kept.size} entries", settling.call_of(kept))
        if intent.nonce is not None and intent.nonce != kept.nonce:
            world.store.set(kept.key, state=SENT, nonce=intent.nonce)
        return True

    def _is_time(self) -> bool:
        world = self._world
        backlog = world.store.backlog(world.now)
        if backlog.oldest is None:
            return False
        policies = {number: world.policy(number) for number, _, _ in backlog.openings}
        policies.setdefault(self._policy_id, world.policy(self._policy_id))
        at = anchor_at(backlog, policies, self._settings)
        if at is None or world.now < at:
            return False
        if not world.desk.directory.standing(world.account):
            raise MakegoodError(
                f"The account {world.account} is no agent of the desk, so it cannot anchor.",
                hint='Register it, or leave "anchor" out of [keeper] duties.',
            )
        return True

    @property
    def _policy_id(self) -> int:
        return self._settings.policy or self._world.desk.policy_count()

    def _terms(self) -> Terms:
        given = self._settings
        return Terms(self._policy_id, given.uri, given.must_back, given.most)

    def _settling(self) -> Settling:
        world = self._world
        return Settling(world.store, world.desk, world.signer, self._terms(), patience=0, step=lambda _: None)

    def _anchoring(self) -> Anchoring:
        world = self._world
        return Anchoring(world.store, world.desk, world.signer, self._terms(), now=lambda: world.now)


def _tell_adopted(kept: Kept) -> None:
    log.warning("batch taken over from the chain", extra=fields(batch=kept.number, leaves=kept.size))


def anchor_at(backlog: Backlog, policies: dict[int, ChainPolicy], given: AnchorSettings) -> int | None:
    """When what waits is to be anchored, in Unix seconds; None where nothing waits."""
    if backlog.oldest is None:
        return None
    if backlog.events >= given.size:
        return backlog.oldest
    lag = min(policy.anchor_lag for policy in policies.values())
    at = backlog.oldest + min(given.age, max(0, lag - given.margin))
    for number, priority, since in backlog.openings:
        policy = policies[number]
        due = clock.due(policy.hours, since, policy.targets[priority][0])
        at = min(at, due - given.before_due)
    return at
