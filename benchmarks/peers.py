# SPDX-License-Identifier: Apache-2.0
"""What others take for the like, beside ours.

EAS and UMA are measured on the same node in the same run; of Kleros and DSLA there are published figures.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from web3 import Web3

from benchmarks import eas, uma
from benchmarks.eas import EasGas
from benchmarks.uma import UmaGas
from makegood.console.table import table

COMPLETE = "a complete desk deployed through the factory, with five arbiters"
CLAIM = "claim, paid out to a fresh address"
RULED = "a reply, paid by the verdict: together"

REPLY, FURTHER = "reply: open to hold", "reply_many, each further"
OPENING = "open_ticket, calendar hours"
_SHORT = {CLAIM: "claim, paid out", RULED: "dispute, paid by the verdict", COMPLETE: "a desk, complete"}

NOTES = (
    "Approving an ERC-20 is not counted, nor is what UMA's voters do in a dispute: UMA's own mock stands in",
    "for them. UMA is measured where it is cheapest. A published figure was not measured in this run.",
)


@dataclass(frozen=True)
class Beside:
    """Our operation in ETH or an ERC-20, and a peer's that serves the same end.

    Its gas is `published` where it was not measured in this run.
    """

    ours: str
    peer: str
    theirs: str
    gas: int
    erc20: bool = False
    published: bool = False


PUBLISHED = (
    Beside(RULED, "Kleros v2", "one dispute, one round", 2_370_813, published=True),
    Beside(CLAIM, "DSLA 2.1.2", "from request to payout", 516_582, published=True),
    Beside(COMPLETE, "DSLA 2.1.2", "a new SLA", 7_118_741, published=True),
)
"""As DESIGN.md has them."""


@dataclass(frozen=True)
class Comparison:
    """A peer's gas beside ours."""

    beside: Beside
    our_gas: int

    @property
    def ratio(self) -> float:
        """How many times ours the peer's is."""
        return self.beside.gas / self.our_gas


def measure(w3: Web3) -> tuple[Beside, ...]:
    """The peers, on this node, and the published. Raises NotFound where one is not installed."""
    return (*measured(eas.measure(w3), uma.measure(w3)), *PUBLISHED)


def measured(attesting: EasGas, asserting: UmaGas) -> tuple[Beside, ...]:
    """What of these stands beside what of ours."""
    return (
        Beside(REPLY, attesting.name, "timestamp", attesting.timestamp),
        Beside(FURTHER, attesting.name, "multiTimestamp", attesting.each_further),
        Beside(OPENING, attesting.name, "attest 32 bytes", attesting.attest),
        Beside(CLAIM, asserting.name, "assert + settle", asserting.undisputed, erc20=True),
        Beside(RULED, asserting.name, "assert + dispute + settle", asserting.disputed, erc20=True),
    )


def compare(
    peers: Iterable[Beside], eth: Mapping[str, int], erc20: Mapping[str, int]
) -> tuple[Comparison, ...]:
    """With our gas by operation, in each asset."""
    return tuple(Comparison(each, (erc20 if each.erc20 else eth)[each.ours]) for each in peers)


def lines(compared: Iterable[Comparison]) -> list[str]:
    """The table."""
    rows = [
        (
            _SHORT.get(each.beside.ours, each.beside.ours) + (" (ERC-20)" if each.beside.erc20 else ""),
            f"{each.our_gas:,}",
            f"{each.beside.peer}: {each.beside.theirs}",
            f"{each.beside.gas:,}",
            f"{each.ratio:.2f}",
            "published figure" if each.beside.published else "this run",
        )
        for each in compared
    ]
    headers = ("beside others", "ours", "peer", "theirs", "times ours", "")
    return [*table(headers, rows, right=(1, 3, 4), wrap=2), *NOTES]
