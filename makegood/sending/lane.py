# SPDX-License-Identifier: Apache-2.0
"""Bringing an account's intents onto the chain, once each: one process at a time, one nonce for each.

A transaction is kept, with its nonce and its bytes, before it is sent. A nonce is mined once, so sending
again, or sending another with the same nonce, can only replace it. An intent gets another nonce only where
the chain shows, some blocks deep, that something else used its first one.
"""

from __future__ import annotations

from collections.abc import Callable

from eth_account.signers.local import LocalAccount
from web3 import Web3

from makegood.sending.fees import FeeRules
from makegood.sending.node import Node
from makegood.sending.outbox import Outbox
from makegood.sending.round import Round, Worked


class Lane:
    """One account's way onto one chain. `step` is told each step's name once it is done."""

    def __init__(
        self,
        outbox: Outbox,
        w3: Web3,
        account: LocalAccount,
        rules: FeeRules | None = None,
        *,
        at_once: int = 16,
        depth: int = 8,
        step: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`at_once` bounds what is in the pool; `depth` is how deep another use of a nonce must lie."""
        self._outbox = outbox
        self._node = Node(w3, account.address)
        self._account = account
        self._rules = rules or FeeRules()
        self._at_once = at_once
        self._depth = depth
        self._step = step

    def work(self) -> Worked:
        """One round: look what became of what was sent, send what waits. Waits for nothing.

        Raises NodeUnreachable where the node does not answer; the next round goes on from there.
        """
        name = f"lane {self._outbox.chain} {self._outbox.account}"
        with self._outbox.database.lock(name) as mine:
            if not mine:
                return Worked(mine=False)
            limits = (self._at_once, self._depth)
            return Round(self._outbox, self._node, self._account, self._rules, limits, self._step).go()
