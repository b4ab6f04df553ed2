# SPDX-License-Identifier: Apache-2.0
"""Bringing a prepared batch onto the chain, once: its nonce, its transaction, and what the chain shows of it.

A batch's transaction has one nonce, which is stored before it is sent, and a nonce is mined once. Another one
is chosen only where the chain shows that the first was used by something else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from eth_typing import ChecksumAddress
from web3 import Web3
from web3.types import TxParams, TxReceipt

from makegood.batches.store import ANCHORED, PREPARED, SENT, Kept, Store
from makegood.batches.terms import Terms
from makegood.desk import Call, Desk, Signer, chain_errors
from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable, UsageError

# How many blocks and batches back a batch is looked for once a reorganisation has moved it.
_REORGANISED = 64
_POLL = 0.5  # seconds


class Settling:
    """Sends and confirms the batches of one store as one agent."""

    def __init__(
        self,
        store: Store,
        desk: Desk,
        signer: Signer,
        terms: Terms,
        *,
        patience: float,
        step: Callable[[str], None],
    ) -> None:
        """`patience` is how many seconds a transaction of an earlier run is waited for."""
        self._store = store
        self._desk = desk
        self._signer = signer
        self._terms = terms
        self._patience = patience
        self._step = step

    def call_of(self, kept: Kept) -> Call[int]:
        """The call that anchors a batch."""
        return self._desk.lane.anchor_batch(
            kept.policy, kept.root, kept.counts, kept.uri, must_back=kept.must_back
        )

    def settle(self, kept: Kept) -> Kept | None:
        """Bring a batch onto the chain, once; returns it anchored.

        None where nothing of it was ever sent and it is another agent's: its events wait again.
        """
        while True:
            last = self.newest()
            if (found := self.found(kept, last)) is not None:
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

    def found(self, kept: Kept, last: int) -> Kept | None:
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
                    hint="Run this again later: the batch is anchored once, whenever that is mined. "
                    "docs/batches.md says how to replace it by hand.",
                )
            time.sleep(_POLL)

    @staticmethod
    def _nonce(kept: Kept) -> int:
        assert kept.nonce is not None  # noqa: S101
        return kept.nonce

    def newest(self) -> int:
        """The number of the newest block."""
        with chain_errors("eth_blockNumber"):
            return self._desk.w3.eth.block_number

    def _count(self, account: str, block: int | str) -> int:
        with chain_errors("eth_getTransactionCount"):
            return self._desk.w3.eth.get_transaction_count(cast(ChecksumAddress, account), cast(Any, block))

    def _block_hash(self, number: int) -> bytes | None:
        if self.newest() < number:
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
