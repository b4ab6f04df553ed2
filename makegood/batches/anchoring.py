# SPDX-License-Identifier: Apache-2.0
"""Anchoring what waits in a store: prepare a batch, send it, confirm it; each recorded before its effect.

A crash at any point leaves a store from which the next run goes on. Nothing is anchored twice: a batch's
transaction has one nonce, which is stored before it is sent, and a nonce is mined once. Another one is chosen
only where the chain shows that the first was used by something else. Nothing is left out: an event waits
until it is in a batch, and a batch until it is anchored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from makegood.batches.batch import Batch
from makegood.batches.leaves import write_leaves
from makegood.batches.settling import Settling
from makegood.batches.store import ANCHORED, Kept, Store
from makegood.batches.terms import Terms
from makegood.desk import HUMAN, Call, Desk, Signer, chain_errors

__all__ = ["Anchoring", "Terms"]


@dataclass(frozen=True)
class _Facts:
    """What the chain says before a batch is prepared.

    Of those who answered, from when until when each was a human agent; the tickets whose challenge has ended;
    whose tickets' entries count; the newest block, and how many batches there are by it.
    """

    until: int
    ended: tuple[bytes, ...]
    authors: Mapping[str, tuple[int, int]]
    agents: tuple[str, ...]
    where: tuple[int, int]


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
        store = self._store
        while True:
            # The chain is asked first: a transaction keeps other writers out.
            facts = self._facts()
            with store.transaction():
                store.lock_queue()
                if not set(store.authors()) <= facts.authors.keys():
                    continue
                kept = self._chosen(facts, trial=trial)
            if kept is not None:
                self._step("prepared")
            return kept

    def _chosen(self, facts: _Facts, *, trial: bool) -> Kept | None:
        store, until = self._store, facts.until
        self._refuse_dead_letters(facts)
        policy = store.next_policy(until)
        key = store.add(self._signer.address, policy or self._terms.policy, *facts.where)
        openings = store.openings(policy, until, self._terms.max_leaves) if policy is not None else ()
        store.put(key, openings)
        # After the openings: those of the tickets that this batch opens count from it too.
        later = store.later(until, facts.agents, self._terms.max_leaves - len(openings))
        store.put(key, later)
        if not openings and not later:
            store.undo(key)
            return None
        batch = self._batch(key)
        if not trial:
            write_leaves(batch, store.folder)
            self._step("leaves written")
        return store.set(
            key, root=batch.root, counts=batch.counts, uri=self._terms.uri, must_back=self._terms.must_back
        )

    def _facts(self) -> _Facts:
        until = self._now()
        ended: tuple[bytes, ...] = ()
        if (first := self._store.first_block_of_later()) is not None:
            # One look at the logs, however many events wait.
            events = self._desk.lane.events(("ChallengeEnded",), first)
            ended = tuple(bytes(event["ticket_id"]) for event in events)
        authors = {}
        for author in self._store.authors():
            agent = self._desk.directory.agent(author)
            authors[author] = (agent.since, agent.until) if agent.kind == HUMAN else (1, 0)
        return _Facts(until, ended, authors, self._agents(), self._where())

    def _refuse_dead_letters(self, facts: _Facts) -> None:
        self._store.refuse_unknown(facts.until)
        for ticket in facts.ended:
            self._store.refuse_on_chain(ticket)
        for author, (since, last) in facts.authors.items():
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
