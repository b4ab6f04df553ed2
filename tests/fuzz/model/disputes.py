# SPDX-License-Identifier: Apache-2.0
"""A panel's seats, a dispute, a verdict."""

from dataclasses import dataclass, field

UNDER_DISPUTE, UPHELD, REJECTED, DEFAULTED = 1, 2, 3, 4


@dataclass
class Seats:
    """The panel of an epoch."""

    arbiters: tuple[int, ...] = ()
    threshold: int = 0


@dataclass
class Dispute:
    """What somebody contested."""

    ticket_id: int
    kind: int
    number: int
    epoch: int
    rules_until: int
    evidence: int
    money: int  # the bond; once ruled, what each signer can still collect
    asked: int = 0  # of an incident
    reserved: int = 0  # of that
    state: int = UNDER_DISPUTE
    signers: list[int] = field(default_factory=list)  # who have not collected


@dataclass(frozen=True)
class Verdict:
    """What arbiters sign."""

    ticket_id: int
    kind: int
    outcome: int
    amount: int
    evidence: int
    dispute: int
    epoch: int
    deadline: int


Signed = list[tuple[int, bool]]  # by whom, and whether it is that one's signature over this verdict
