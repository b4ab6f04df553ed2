# SPDX-License-Identifier: Apache-2.0
"""One round of an account's lane: what became of what was sent, and sending what waits."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_utils.address import to_checksum_address
from web3 import Web3

from makegood.desk.contract import connect
from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable
from makegood.logs import fields
from makegood.sending.fees import FeeRules, Offer, is_plenty, market, raised, within
from makegood.sending.node import Answer, Node
from makegood.sending.outbox import FINAL, MINED, REFUSED, REVERTED, SIGNED, WAITING, Intent, Outbox, Signed

log = logging.getLogger(__name__)

_RAISES = 3  # in a row, where a node calls an offer too low


@dataclass
class Worked:
    """What one round did. `mine` is false where another process has the account, and nothing was done.

    `short` says that the account has too little for gas, `dear` that gas costs more than is allowed: what
    waits goes on waiting.
    """

    mine: bool = True
    sent: int = 0
    replaced: int = 0
    mined: int = 0
    final: int = 0
    refused: int = 0
    reverted: int = 0
    taken_back: int = 0
    short: bool = False
    dear: bool = False


class Round:
    """One round, by one process alone."""

    def __init__(
        self,
        outbox: Outbox,
        node: Node,
        account: LocalAccount,
        rules: FeeRules,
        limits: tuple[int, int],
        step: Callable[[str], None],
    ) -> None:
        self._outbox = outbox
        self._node = node
        self._account = account
        self._rules = rules
        self._at_once, self._depth = limits
        self._step = step
        self._done = Worked()
        self._hashes: dict[int, str | None] = {}

    def go(self) -> Worked:
        """All of it."""
        self._see_chain()
        self._confirm()
        signed = sorted(self._outbox.in_state(SIGNED), key=_nonce)
        if signed:
            count = self._node.count("latest")
            for intent in signed:
                self._follow(intent, count)
        self._fill_gap()
        self._send_waiting()
        return self._done

    def _see_chain(self) -> None:
        # What another chain says of nonces, receipts and gas would be taken for this one's.
        connect(self._node.w3, self._outbox.chain)

    # ------------------------------------------------------------ the chain, asked once a round

    @cached_property
    def _head(self) -> int:
        return self._node.head()

    @cached_property
    def _final(self) -> int:
        return self._node.final(self._head)

    @cached_property
    def _market(self) -> Offer:
        return market(self._node.w3)

    def _canonical(self, intent: Intent) -> bool:
        number = intent.block_number
        assert number is not None  # noqa: S101
        if number not in self._hashes:
            self._hashes[number] = self._node.block_hash(number, self._head)
        return self._hashes[number] == intent.block_hash

    # ------------------------------------------------------------ what became of it

    def _confirm(self) -> None:
        """Look again at blocks that were not final."""
        for intent in self._outbox.in_state(MINED, REVERTED):
            if intent.block_number is None or intent.nonce is None:
                continue
            if intent.state == REVERTED and intent.block_number <= self._final:
                continue
            if not self._canonical(intent):
                # The same bytes again: whatever block has them, the nonce is theirs.
                self._outbox.set(intent, state=SIGNED, done_by=None, block_number=None, block_hash=None)
                self._done.taken_back += 1
                self._tell(logging.WARNING, "taken back by a reorganisation", intent)
            elif intent.block_number <= self._final:
                self._outbox.set(intent, state=FINAL)
                self._done.final += 1

    def _follow(self, intent: Intent, count: int) -> None:
        kept = self._outbox.signed_of(intent)
        for each in kept:
            receipt = self._node.receipt(each.hash)
            if receipt is not None:
                self._landed(intent, each, receipt)
                return
        newest, nonce = kept[0], _nonce(intent)
        if count > nonce:
            self._give_up(intent, {each.hash for each in kept})
        elif newest.sent_at is None or not self._node.knows(newest.hash):
            self._hand_over(intent, newest)
        else:
            self._wait_for(intent, newest, self._outbox.now() - newest.sent_at)

    def _give_up(self, intent: Intent, ours: set[str]) -> None:
        """Let go of a nonce, where something else used it so deep that this is no moment's doing."""
        deep, nonce = max(0, self._head - self._depth), _nonce(intent)
        if self._node.count(deep) <= nonce or (intent.done_by and self._canonical(intent)):
            return
        use = self._node.use_of(nonce, deep)
        if use is not None and use[0] in ours:
            # It is mined, only its receipt is missing; with another nonce it would be done twice.
            by, number, block_hash = use
            self._outbox.set(intent, done_by=by, block_number=number, block_hash=block_hash)
            self._tell(logging.WARNING, "mined, but the node has no receipt", intent, transaction=by)
            return
        self._see_chain()
        nothing = dict.fromkeys(("nonce", "done_by", "block_number", "block_hash"))
        self._outbox.set(intent, state=WAITING, reason="Something else used its nonce.", **nothing)
        self._tell(logging.WARNING, "nonce given up", intent)

    def _wait_for(self, intent: Intent, newest: Signed, waited: int) -> None:
        if waited < 0:
            # The clock was set back: counted from now on.
            self._outbox.sent(newest)
        elif waited >= self._rules.stuck_after and not is_plenty(newest.most, newest.tip, self._market):
            self._replace(intent, newest)

    def _landed(self, intent: Intent, by: Signed, receipt: Mapping[str, Any]) -> None:
        number, block_hash = int(receipt["blockNumber"]), Web3.to_hex(receipt["blockHash"])
        if receipt["status"] == 1:
            self._outbox.mined(intent, by.hash, number, block_hash)
            self._done.mined += 1
            self._tell(logging.INFO, "mined", intent, block=number, transaction=by.hash)
            self._step("mined")
            return
        reason = self._node.why_reverted(intent.target, intent.data, intent.value, number)
        where = {"done_by": by.hash, "block_number": number, "block_hash": block_hash}
        self._outbox.failed(intent, REVERTED, reason or "It reverted and gives no reason.", **where)
        self._done.reverted += 1
        self._tell(logging.ERROR, "reverted", intent, reason=reason, transaction=by.hash)

    # ------------------------------------------------------------ sending

    def _hand_over(self, intent: Intent, signed: Signed, raises: int = _RAISES) -> None:
        answer, text = self._node.send(signed.raw)
        if answer is Answer.TAKEN:
            self._outbox.sent(signed)
            self._done.sent += 1
            self._step("sent")
        elif answer is Answer.UNDERPRICED and raises:
            self._replace(intent, signed, raises - 1)
        elif answer is not Answer.NONCE_USED:
            self._done.short |= answer is Answer.NO_MONEY
            self._outbox.set(intent, reason=text[:500])
            self._tell(logging.WARNING, "not taken by the node", intent, reason=text)

    def _replace(self, intent: Intent, signed: Signed, raises: int = 0) -> None:
        offer = raised(signed.most, signed.tip, self._market, self._rules)
        if offer is None:
            self._done.dear = True
            return
        assert intent.gas is not None  # noqa: S101
        others = sum(self._cost_of(each) for each in self._outbox.in_state(SIGNED) if each.id != intent.id)
        if intent.gas * offer.most + intent.value + others > self._node.balance():
            # No node would take it, and what it replaces could never be sent again.
            self._wait_for_money(intent)
            return
        better = self._sign(intent, _nonce(intent), intent.gas, offer)
        intent = self._outbox.keep_signed(intent, intent.gas, better)
        self._done.replaced += 1
        self._tell(logging.INFO, "fees raised", intent, most=offer.most, tip=offer.tip)
        self._step("replaced")
        self._hand_over(intent, better, raises)

    def _send_waiting(self) -> None:
        waiting = self._outbox.in_state(WAITING)
        # What fills a gap must not wait behind what waits for it.
        waiting.sort(key=lambda intent: not intent.key.startswith("fill:"))
        live = self._outbox.in_state(SIGNED)
        room = self._at_once - len(live)
        bound = sum(self._cost_of(intent) for intent in live)
        for intent in waiting:
            if room <= 0 and not intent.key.startswith("fill:"):
                break
            cost = self._send_one(intent, bound)
            if cost is None:
                continue
            if self._done.short or self._done.dear:
                break
            bound, room = bound + cost, room - 1

    def _send_one(self, intent: Intent, bound: int) -> int | None:
        """Try, sign, keep and send; returns what it can cost at most. None where the chain refuses it."""
        balance = self._node.balance() - bound
        if intent.value > balance:
            return self._wait_for_money(intent)
        try:
            # A quarter more than estimated: a clock that stops or restarts by then takes another path.
            gas = self._node.gas(intent.target, intent.data, intent.value) * 5 // 4
        except NodeUnreachable:
            raise
        except ChainRevert as error:
            self._outbox.failed(intent, REFUSED, error.reason or error.message)
            self._done.refused += 1
            self._tell(logging.INFO, "refused before it was sent", intent, reason=error.reason)
            return None
        except MakegoodError as error:
            # Not the chain's word: the next round asks again.
            self._outbox.set(intent, reason=error.message[:500])
            self._tell(logging.WARNING, "cannot be tried", intent, reason=error.message)
            return None
        offer = within(self._market, self._rules)
        if offer is None:
            self._done.dear = True
            self._outbox.set(intent, reason="Gas costs more than is allowed.")
            return 0
        cost = gas * offer.most + intent.value
        if cost > balance:
            return self._wait_for_money(intent)
        nonce = self._free_nonce()
        self._see_chain()
        signed = self._sign(intent, nonce, gas, offer)
        intent = self._outbox.keep_signed(intent, gas, signed)
        self._tell(logging.INFO, "signed", intent, transaction=signed.hash)
        self._step("signed")
        self._hand_over(intent, signed)
        return cost

    def _wait_for_money(self, intent: Intent) -> int:
        self._done.short = True
        self._outbox.set(intent, reason="The account has too little for gas.")
        return 0

    def _cost_of(self, intent: Intent) -> int:
        newest = self._outbox.signed_of(intent)[0]
        return (intent.gas or 0) * newest.most + intent.value

    # ------------------------------------------------------------ nonces

    def _free_nonce(self) -> int:
        """The lowest that nothing has, here or in the node's pool."""
        taken, count, pending = self._outbox.nonces(), self._node.count("latest"), self._node.count("pending")
        lowest = _first_from(count, taken)
        # Below `pending` the pool has something; if it is not ours, another program uses the account.
        return lowest if lowest >= pending else _first_from(pending, taken)

    def _fill_gap(self) -> None:
        """Where a nonce below what waits in the pool is nobody's any more, nothing after it is ever mined."""
        live = [_nonce(intent) for intent in self._outbox.in_state(SIGNED)]
        if not live or self._outbox.in_state(WAITING):
            return
        lowest = _first_from(self._node.count("latest"), self._outbox.nonces())
        if lowest < max(live) and self._node.count("pending") <= lowest:
            self._outbox.put_raw(f"fill:{lowest}", f"fill nonce {lowest}", self._account.address, b"", 0)

    # ------------------------------------------------------------ signing

    def _sign(self, intent: Intent, nonce: int, gas: int, offer: Offer) -> Signed:
        signed = self._account.sign_transaction(
            {
                "chainId": self._outbox.chain,
                "nonce": nonce,
                "to": to_checksum_address(intent.target),
                "value": intent.value,
                "data": Web3.to_hex(intent.data),
                "gas": gas,
                **offer.fields(),
            }
        )
        raw = bytes(signed.raw_transaction)
        return Signed(Web3.to_hex(signed.hash), nonce, raw, offer.most, offer.tip, None)

    def _tell(self, level: int, says: str, intent: Intent, **more: Any) -> None:
        log.log(level, says, extra=fields(key=intent.key, what=intent.what, nonce=intent.nonce, **more))


def _nonce(intent: Intent) -> int:
    assert intent.nonce is not None  # noqa: S101
    return intent.nonce


def _first_from(start: int, taken: set[int]) -> int:
    while start in taken:
        start += 1
    return start
