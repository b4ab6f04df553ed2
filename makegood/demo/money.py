# SPDX-License-Identifier: Apache-2.0
"""Everybody's money at one moment, as the chain tells it. Amounts are in wei."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from makegood.clock import Kind
from makegood.demo.script import Script
from makegood.demo.stage import Stage
from makegood.desk import Books, Desk, DisputeState
from makegood.errors import MakegoodError

OPERATOR = "operator"
RESERVED = "reserved for tickets and incidents"
BONDS = "bonds of open disputes"


@dataclass(frozen=True)
class Money:
    """What each party has, gas fees apart, and what in the pool is nobody's yet.

    A requester has its balance, and what it can collect or is owed. The operator has its balance and the free
    funds, less the debt. An arbiter has its balance, and the fees that it did not collect yet. The sum of all
    `shares` is what these parties have `in_hand` and the pool's funds.
    """

    shares: Mapping[str, int]
    in_hand: int
    books: Books

    @property
    def together(self) -> int:
        """The sum of all shares; nothing that happens changes it."""
        return sum(self.shares.values())

    def since(self, earlier: "Money") -> dict[str, int]:
        """What changed, by party; only what did."""
        changes = {name: value - earlier.shares[name] for name, value in self.shares.items()}
        return {name: change for name, change in changes.items() if change}


def count(
    stage: Stage,
    script: Script,
    desk: Desk,
    gas_fees: Mapping[str, int],
    disputes: Iterable[tuple[bytes, Kind]],
) -> Money:
    """Everybody's money now, after these gas fees and with these disputes.

    Raises MakegoodError where the shares do not add up to the balances and the pool's funds.
    """
    pool, books = desk.pool, desk.pool.books()
    hands = {
        name: pool.balance_of(stage.cast[name].address) + gas_fees.get(name, 0)
        for name in (OPERATOR, *script.requesters, *script.arbiters)
    }
    shares = dict(hands)
    shares[OPERATOR] += books.free - books.debt
    for name in (*script.requesters, *script.arbiters):
        address = stage.cast[name].address
        shares[name] += pool.collectable(address) + pool.owed(address)
    shares[RESERVED], shares[BONDS] = books.reserved, 0
    for ticket_id, kind in disputes:
        dispute = desk.panel.dispute(ticket_id, kind)
        if dispute.state is DisputeState.OPEN:
            shares[BONDS] += dispute.bond
        for name in script.arbiters:
            if stage.cast[name].address in dispute.fee_open:
                shares[name] += dispute.fee_share
    money = Money(shares, sum(hands.values()), books)
    if money.together != money.in_hand + books.funds:
        raise MakegoodError(
            f"The shares of all parties, {money.together} wei, are not what they have in hand and the pool "
            f"holds, {money.in_hand + books.funds} wei."
        )
    return money
