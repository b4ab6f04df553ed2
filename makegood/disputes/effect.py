# SPDX-License-Identifier: Apache-2.0
"""What an end of a dispute does to the money, by the rules of desk and pool. All in smallest units."""

from dataclasses import dataclass

from makegood.clock import Kind
from makegood.desk.pool import Books


@dataclass(frozen=True)
class Stake:
    """What is at stake: the kind, whether the ticket is backed, whether the clock has paid the kind already,
    the bond that is held and the policy's fee, and how much is set aside for an incident.
    """

    kind: Kind
    backed: bool
    paid: bool
    bond: int = 0
    fee: int = 0
    reserved: int = 0


@dataclass(frozen=True)
class Effect:
    """Who gets what. `debt` is how much of the requester's free funds do not reach now; it is paid later.

    `fee_share` is for each of `signers`. The operator's free funds and debt are before and after.
    """

    compensation: int
    bond_back: int
    debt: int
    fee_share: int
    signers: int
    free_before: int
    free_after: int
    debt_before: int
    debt_after: int

    @property
    def requester(self) -> int:
        """All that the requester gets, what becomes debt included."""
        return self.compensation + self.bond_back


def effect(stake: Stake, books: Books, *, worth: int, upheld: bool, signers: int) -> Effect:
    """What an end does by today's books; `worth` is what the kind is worth, `signers` 0 for silence."""
    ledger = _Ledger(books)
    share = min(stake.fee, stake.bond) // signers if signers else 0
    fees = share * signers
    compensation = worth if upheld and not stake.paid else 0
    debt = 0
    set_aside = 0
    if stake.kind is Kind.INCIDENT:
        set_aside = min(compensation, stake.reserved)
    elif not stake.backed:
        debt += ledger.owe(compensation)
    ledger.release(stake.reserved - set_aside + (0 if upheld else stake.bond - fees))
    if upheld:
        # The signers' fee stays bonded; a winner gets it back out of the pool.
        debt += ledger.owe(fees + (compensation - set_aside if stake.kind is Kind.INCIDENT else 0))
    return Effect(
        compensation=compensation,
        bond_back=stake.bond if upheld else 0,
        debt=debt,
        fee_share=share,
        signers=signers,
        free_before=books.free,
        free_after=ledger.free,
        debt_before=books.debt,
        debt_after=ledger.debt,
    )


class _Ledger:
    """The pool's books in three figures. Older debt is paid before anything else is."""

    def __init__(self, books: Books) -> None:
        self._funds = books.funds
        self._committed = books.reserved + books.credited + books.bonded
        self.debt = books.debt

    @property
    def free(self) -> int:
        return max(0, self._funds - self._committed - self.debt)

    def release(self, amount: int) -> None:
        self._committed -= amount
        paid = min(self.debt, max(0, self._funds - self._committed))
        self.debt -= paid
        self._committed += paid

    def owe(self, amount: int) -> int:
        """Commits it out of what is free; returns how much of it becomes debt."""
        covered = min(amount, self.free)
        self._committed += covered
        self.debt += amount - covered
        return amount - covered
