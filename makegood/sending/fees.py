# SPDX-License-Identifier: Apache-2.0
"""What is offered for a unit of gas, in wei: by EIP-1559, and on chains without it a plain gas price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from web3 import Web3

from makegood.desk import chain_errors

GWEI = 10**9

PLENTY = 8
"""How many times the market's an offer is that nothing is gained by raising."""


@dataclass(frozen=True)
class FeeRules:
    """`most` is the highest offer, in wei, 0 for no bound; `stuck_after` seconds a better one is made."""

    most: int = 0
    stuck_after: int = 60


@dataclass(frozen=True)
class Offer:
    """At most `most`, of which `tip` is the block maker's; `base` is the newest block's, None without one."""

    most: int
    tip: int
    base: int | None

    def fields(self) -> dict[str, Any]:
        """As a transaction has them."""
        if self.base is None:
            return {"gasPrice": self.most}
        return {"type": 2, "maxFeePerGas": self.most, "maxPriorityFeePerGas": self.tip}


def market(w3: Web3) -> Offer:
    """What gets into the next blocks now."""
    with chain_errors("eth_getBlockByNumber"):
        base = w3.eth.get_block("latest").get("baseFeePerGas")
    if base is None:
        with chain_errors("eth_gasPrice"):
            price = int(w3.eth.gas_price)
        return Offer(price, price, None)
    with chain_errors("eth_maxPriorityFeePerGas"):
        tip = int(w3.eth.max_priority_fee)
    return Offer(2 * int(base) + tip, tip, int(base))


def within(offer: Offer, rules: FeeRules) -> Offer | None:
    """The offer, lowered to the bound where the base fee still fits; None where it does not."""
    if not rules.most or offer.most <= rules.most:
        return offer
    if offer.base is None or offer.base + offer.tip > rules.most:
        return None
    return Offer(rules.most, offer.tip, offer.base)


def raised(most: int, tip: int, now: Offer, rules: FeeRules) -> Offer | None:
    """What replaces an offer: both parts an eighth higher, and as the market is; None where that is too much.

    Nodes take a replacement from a tenth more on.
    """
    higher_tip = max(_eighth_more(tip), now.tip)
    higher = Offer(max(_eighth_more(most), now.most, higher_tip), higher_tip, now.base)
    if not rules.most or higher.most <= rules.most:
        return higher
    least = max(_eighth_more(most), (now.base or 0) + higher_tip)
    return Offer(rules.most, higher_tip, now.base) if least <= rules.most else None


def is_plenty(most: int, tip: int, now: Offer) -> bool:
    """Whether not the price is in an offer's way but something else: a chain that stands still, say."""
    return most >= PLENTY * now.most and tip >= PLENTY * now.tip


def _eighth_more(amount: int) -> int:
    return -(-amount * 9 // 8)
