# SPDX-License-Identifier: Apache-2.0
"""Anchoring what waits in a store: prepare a batch, send it, confirm it; each recorded before its effect.

A crash at any point leaves a store from which the next run goes on. Nothing is anchored twice: a batch's
transaction has one nonce, which is stored before it is sent, and a nonce is mined once. Another one is chosen
only where the chain shows that the first was used by something else. Nothing is left out: an event waits
until it is in a batch, and a batch until it is anchored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from makegood.batches.batch import Batch
from makegood.batches.leaves import write_leaves
from makegood.batches.settling import Settling
from makegood.batches.store import ANCHORED, Kept, Store
from makegood.batches.terms import Terms
from makegood.desk import HUMAN, Call, Desk, Signer, chain_errors

__all__ = ["Anchoring", "Terms"]


class Anchoring:
    """One agent's run over one store. `step` is told each step's name once it is done."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        signer: Signer,
        terms: Terms,
        *,
        now: Callable[[], int] | None = None,
        patience: float = 120.0,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`now` tells up to which time events are anchored; without, it is the newest block's.

        An opening that is younger than its batch's block could never be proven. `patience` is how many
        seconds a transaction of an earlier run is waited for.
        """
        self._store = store
        self._desk = desk
        self._signer = signer
        self._terms = terms
        self._now = now or self._latest_time
        self._step = step
        self._settling = Settling(store, desk, signer, terms, patience=patience, step=step)

    # ------------------------------------------------------------ all steps

    def run(self) -> Iterator[Kept]:
        """Anchor all that can be, batch by batch; those that an earlier run left come first.

        Raises as `Call.send`; what is done by then is recorded.
        """
        self._settling.recheck()
        for kept in self._store.batches(f"state <> '{ANCHORED}'"):
            if (done := self._settling.settle(kept)) is not None:
                yield done
        while (prepared := self.prepare()) is not None:
            done = self._settling.settle(prepared)
            assert done is not None  # noqa: S101
            yield done

    # ------------------------------------------------------------ prepare

    def prepare(self, *, trial: bool = False) -> Kept | None:
        """Choose waiting events, and keep them as a batch with its leaves; None where none can be anchored.

        A `trial` writes no leaves; for use within `Store.trial`.
        """
        until = self._now()
        store = self._store
        with store.transaction():
            self._refuse_dead_letters(until)
            policy = store.next_policy(until)
            agents = self._agents()
            key = store.add(self._signer.address, policy or self._terms.policy, *self._where())
            openings = store.openings(policy, until, self._terms.max_leaves) if policy is not None else ()
            for each in openings:
                store.add_to(key, each.arrival, each.ticket)
            later = store.later(until, agents, self._terms.max_leaves - len(openings))
            for each in later:
                store.add_to(key, each.arrival, each.ticket)
            if not openings and not later:
                store.undo(key)
                return None
            batch = self._batch(key)
            if not trial:
                write_leaves(batch, store.folder)
                self._step("leaves written")
            kept = store.set(
                key,
                root=batch.root,
                counts=batch.counts,
                uri=self._terms.uri,
                must_back=self._terms.must_back,
            )
        self._step("prepared")
        return kept

    def _refuse_dead_letters(self, until: int) -> None:
        self._store.refuse_unknown(until)
        if (first := self._store.first_block_of_later()) is not None:
            # One look at the logs, however many events wait.
            for event in self._desk.lane.events(("ChallengeEnded",), first):
                self._store.refuse_on_chain(bytes(event["ticket_id"]))
        for author in self._store.authors():
            agent = self._desk.directory.agent(author)
            since, last = (agent.since, agent.until) if agent.kind == HUMAN else (1, 0)
            self._store.refuse_of(author, since, last)

    def _agents(self) -> tuple[str, ...]:
        """The agents whose tickets' entries count from this one's batches."""
        own = self._signer.address
        others = [each for each in self._store.opening_agents() if each != own]
        return (own, *(each for each in others if self._desk.directory.succeeds(own, each)))

    def _where(self) -> tuple[int, int]:
        block = self._settling.newest()
        return block, int(self._desk.lane.read("batch_count", block=block))

    def _batch(self, key: int) -> Batch:
        entries = list(self._store.entries(key))
        return Batch.of(
            [(entry, priority) for entry, priority in entries if priority is not None],
            [entry for entry, priority in entries if priority is None],
        )

    def call_of(self, kept: Kept) -> Call[int]:
        """The call that anchors a batch."""
        return self._settling.call_of(kept)

    def _latest_time(self) -> int:
        with chain_errors("eth_getBlockByNumber"):
            return int(self._desk.w3.eth.get_block("latest")["timestamp"])
