# SPDX-License-Identifier: Apache-2.0
"""Anchoring what waits in a store: prepare a batch, send it, confirm it; each recorded before its effect.

A crash at any point leaves a store from which the next run goes on. Nothing is anchored twice: a batch's
transaction has one nonce, which is stored before it is sent, and a nonce is mined once. Another one is chosen
only where the chain shows that the first was used by something else. Nothing is left out: an event waits
until it is in a batch, and a batch until it is anchored.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import TxParams, TxReceipt

from makegood.batches.batch import MAX_SIZE, Batch
from makegood.batches.leaves import write_leaves
from makegood.batches.store import ANCHORED, PREPARED, SENT, Kept, Store
from makegood.desk import HUMAN, Call, Desk, Signer, chain_errors
from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable, UsageError

URI_MAX = 256
"""Bytes of the address where leaves are published."""

# How many blocks and batches back a batch is looked for once a reorganisation has moved it.
_REORGANISED = 64
_POLL = 0.5  # seconds


@dataclass(frozen=True)
class Terms:
    """How batches are anchored: the policy where no opening has one, where the leaves are, whether backed."""

    policy: int
    uri: str = ""
    must_back: bool = False
    max_leaves: int = MAX_SIZE

    def __post_init__(self) -> None:
        if len(self.uri.encode()) > URI_MAX:
            raise UsageError(f"The address of the leaves has more than {URI_MAX} bytes.", hint="Shorten it.")


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
        self._patience = patience
        self._step = step

    # ------------------------------------------------------------ all steps

    def run(self) -> Iterator[Kept]:
        """Anchor all that can be, batch by batch; those that an earlier run left come first.

        Raises as `Call.send`; what is done by then is recorded.
        """
        self.recheck()
        for kept in self._store.batches(f"state <> '{ANCHORED}'"):
            if (done := self.settle(kept)) is not None:
                yield done
        while (prepared := self.prepare()) is not None:
            done = self.settle(prepared)
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

    def call_of(self, kept: Kept) -> Call[int]:
        """The call that anchors a batch."""
        return self._desk.lane.anchor_batch(
            kept.policy, kept.root, kept.counts, kept.uri, must_back=kept.must_back
        )

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
        block = self._newest()
        return block, int(self._desk.lane.read("batch_count", block=block))

    def _batch(self, key: int) -> Batch:
        entries = list(self._store.entries(key))
        return Batch.of(
            [(entry, priority) for entry, priority in entries if priority is not None],
            [entry for entry, priority in entries if priority is None],
        )

    # ------------------------------------------------------------ send and confirm

    def settle(self, kept: Kept) -> Kept | None:
        """Bring a batch onto the chain, once; returns it anchored.

        None where nothing of it was ever sent and it is another agent's: its events wait again.
        """
        while True:
            last = self._newest()
            if (found := self._on_chain(kept, last)) is not None:
                return found
            if kept.nonce is not None and self._count(kept.agent, last) > kept.nonce:
                # Something else used the nonce, so its transaction is never mined.
                kept = self._store.set(kept.key, state=PREPARED, nonce=None)
                self._step("nonce given up")
            if kept.nonce is None:
                if kept.agent != self._signer.address:
                    self._store.undo(kept.key)
                    return None
                kept = self._pinned(kept)
            elif kept.agent != self._signer.address:
                raise UsageError(
                    f"A batch was sent by the agent {kept.agent} and may still be mined.",
                    hint="Go on with that account.",
                )
            elif self._is_pending(kept.nonce):
                self._wait_for(kept.nonce)
                continue
            self.call_of(kept).send(_Pinned(self._signer, self._nonce(kept)))
            self._step("sent")

    def recheck(self) -> None:
        """Look again at batches that were not final: a reorganisation may have dropped or moved them."""
        final = self._final_block()
        for kept in self._store.batches(f"state = '{ANCHORED}' AND final = 0"):
            assert kept.block is not None  # noqa: S101
            if self._block_hash(kept.block) == kept.block_hash:
                if final is not None and kept.block <= final:
                    self._store.set(kept.key, final=1)
                continue
            self._store.set(
                kept.key,
                state=SENT if kept.nonce is not None else PREPARED,
                handed_out=0,
                from_block=max(0, kept.from_block - _REORGANISED),
                batches_before=max(0, kept.batches_before - _REORGANISED),
            )

    def _on_chain(self, kept: Kept, last: int) -> Kept | None:
        """The batch as anchored, where the chain has it by the block `last`; the store then says so."""
        lane = self._desk.lane
        # The state of one block, as for the nonce: logs may be left out, and a node may lag behind another.
        count = int(lane.read("batch_count", block=last))
        for number in range(kept.batches_before + 1, count + 1):
            batch = lane.batch(number, last)
            if batch.root == kept.root and batch.agent == kept.agent:
                return self._anchored(kept, number, last)
        return None

    def _anchored(self, kept: Kept, number: int, last: int) -> Kept:
        where = ("batch", number.to_bytes(32, "big"))
        for event in self._desk.lane.events(("BatchAnchored",), kept.from_block, last, where=where):
            with chain_errors("eth_getTransactionReceipt"):
                receipt = self._desk.w3.eth.get_transaction_receipt(cast(Any, event.transaction))
                block = self._desk.w3.eth.get_block(receipt["blockNumber"])
            done = self._store.set(
                kept.key,
                state=ANCHORED,
                number=number,
                txn=event.transaction,
                block=block["number"],
                block_hash=bytes(block["hash"]),
                at=block["timestamp"],
                gas=receipt["gasUsed"],
            )
            self._step("anchored")
            return done
        raise NodeUnreachable(
            f"The node knows batch {number} but does not give its log.",
            hint="Try again, or ask another node.",
        )

    def _pinned(self, kept: Kept) -> Kept:
        """With the nonce that its transaction will have; what the chain refuses raises before that."""
        kept = self._store.set(kept.key, uri=self._terms.uri, must_back=int(self._terms.must_back))
        self.call_of(kept).gas(self._signer.address)
        nonce = self._free_nonce()
        kept = self._store.set(kept.key, state=SENT, nonce=nonce)
        self._step("nonce stored")
        return kept

    def _free_nonce(self) -> int:
        # Behind a transaction that is not mined ours might wait for ever.
        deadline = time.monotonic() + self._patience
        while True:
            mined = self._count(self._signer.address, "latest")
            if self._count(self._signer.address, "pending") <= mined:
                return mined
            if time.monotonic() > deadline:
                raise MakegoodError(
                    "The account has transactions that are not mined yet.",
                    hint="Wait for them, then try again.",
                )
            time.sleep(_POLL)

    def _is_pending(self, nonce: int) -> bool:
        return self._count(self._signer.address, "pending") > nonce

    def _wait_for(self, nonce: int) -> None:
        deadline = time.monotonic() + self._patience
        while self._count(self._signer.address, "latest") <= nonce:
            if not self._is_pending(nonce):
                return
            if time.monotonic() > deadline:
                raise MakegoodError(
                    f"A transaction of an earlier run, with the nonce {nonce}, is sent but not mined yet.",
                    hint="Run this again later: the batch is anchored once, whenever that is mined.",
                )
            time.sleep(_POLL)

    @staticmethod
    def _nonce(kept: Kept) -> int:
        assert kept.nonce is not None  # noqa: S101
        return kept.nonce

    # ------------------------------------------------------------ the chain

    def _latest_time(self) -> int:
        with chain_errors("eth_getBlockByNumber"):
            return int(self._desk.w3.eth.get_block("latest")["timestamp"])

    def _newest(self) -> int:
        with chain_errors("eth_blockNumber"):
            return self._desk.w3.eth.block_number

    def _count(self, account: str, block: int | str) -> int:
        with chain_errors("eth_getTransactionCount"):
            return self._desk.w3.eth.get_transaction_count(cast(ChecksumAddress, account), cast(Any, block))

    def _block_hash(self, number: int) -> bytes | None:
        if self._newest() < number:
            return None
        with chain_errors("eth_getBlockByNumber"):
            return bytes(self._desk.w3.eth.get_block(number)["hash"])

    def _final_block(self) -> int | None:
        try:
            with chain_errors("eth_getBlockByNumber"):
                return int(self._desk.w3.eth.get_block("finalized")["number"])
        except ChainRevert:
            raise
        except MakegoodError:
            return None


@dataclass(frozen=True)
class _Pinned:
    """A signer of one nonce."""

    signer: Signer
    nonce: int

    @property
    def address(self) -> str:
        return self.signer.address

    def send(self, w3: Web3, transaction: TxParams) -> TxReceipt:
        return self.signer.send(w3, cast(TxParams, {**transaction, "nonce": self.nonce}))

    def sign_typed(self, message: Mapping[str, Any]) -> bytes:
        return self.signer.sign_typed(message)
