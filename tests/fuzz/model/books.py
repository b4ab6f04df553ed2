# SPDX-License-Identifier: Apache-2.0
"""The pool's books: what is set aside, owed and credited, the queue of debt, and what goes out; section 6."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fuzz.model.asset import NO_MONEY_AT_ALL, Asset
from fuzz.model.reasons import LOCKED, Reasons

if TYPE_CHECKING:
    from fuzz.model import Model

DEBTS_A_CALL = 32
MAX_MONEY = 2**128 - 1


class Refused(Exception):
    """The asset, or the books' limits, refuse at the end of a call."""

    def __init__(self, *reasons: str) -> None:
        self.reasons = set(reasons)
        super().__init__(*reasons)


class Books:
    """Running totals, and a list of debts a beneficiary: where each stands in all debt, and what is left."""

    def __init__(self, model: "Model", asset: Asset) -> None:
        self.m, self.asset = model, asset
        self.funds = self.reserved = self.bonded = self.credited = self.incurred = self.paid = 0
        self.credit_of: dict[int, int] = {}
        self.debts_of: dict[int, list[tuple[int, int]]] = {}
        self.first_debt: dict[int, int] = {}
        self.is_locked = False
        self._trying = False

    # Figures

    @property
    def debt(self) -> int:
        """Unpaid."""
        return self.incurred - self.paid

    @property
    def committed(self) -> int:
        """All that somebody has a right to."""
        return self.reserved + self.credited + self.bonded + self.incurred - self.paid

    @property
    def free(self) -> int:
        """What nobody has a right to."""
        return max(0, self.funds - self.committed)

    def payable(self) -> int:
        """What today's funds pay of the debt."""
        return max(0, min(self.debt, self.funds - self.reserved - self.credited - self.bonded))

    def books(self) -> tuple[int, int, int, int, int, int]:
        """As the pool shows them."""
        paying = self.payable()
        return (
            self.funds,
            self.reserved,
            self.credited + paying,
            self.bonded,
            self.debt - paying,
            self.free,
        )

    def account(self, person: int) -> tuple[int, int]:
        """What somebody could collect, and what of the oldest debts is unpaid."""
        paid = self.paid + self.payable()
        debts = self.debts_of.get(person, [])[self.first_debt.get(person, 0) :][:DEBTS_A_CALL]
        parts = [max(0, min(amount, paid - position)) for position, amount in debts]
        total = sum(amount for _, amount in debts)
        return min(self.credit_of.get(person, 0) + sum(parts), self.funds), total - sum(parts)

    # Parts of other calls, which ask nobody

    def reserve(self, amount: int) -> bool:
        """Set free funds aside."""
        if self.committed + amount > self.funds:
            return False
        self.reserved += amount
        self.m.log("P.Reserved", amount)
        return True

    def reserve_up_to(self, amount: int) -> int:
        """As far as they reach."""
        part = min(amount, self.free)
        if part:
            self.reserved += part
            self.m.log("P.Reserved", part)
        return part

    def release(self, amount: int) -> None:
        """Free again."""
        self.reserved -= amount
        self.m.log("P.Released", amount)

    def pay(self, person: int, amount: int, backed: bool, collect: bool) -> None:
        """A compensation: out of what is reserved, else as debt."""
        if self.is_locked:
            raise Refused(LOCKED)
        self.is_locked = True
        try:
            if backed:
                self._give(person, amount, collect)
            else:
                self._owe(person, amount)
                self._give(person, 0, collect)
        finally:
            self.is_locked = False

    def settle(self, person: int, bond: int, reserved: int, credited: int, due: int, collect: bool) -> None:
        """The end of a bond, of an incident's reserve or a batch's."""
        if self.is_locked:
            raise Refused(LOCKED)
        self.is_locked = True
        try:
            if collect:
                self._lower()
            self.bonded -= bond
            self.reserved += bond
            if bond:
                self.m.log("P.Unbonded", bond)
            if bond + reserved - credited:
                self.release(bond + reserved - credited)
            gets = credited
            if due:
                if self.reserve(due):
                    gets += due
                else:
                    self._owe(person, due)
            self._give(person, gets, collect)
        finally:
            self.is_locked = False

    def would_refuse(self, people: tuple[int, ...], play: Callable[[], None]) -> Reasons:
        """Why the money would refuse what comes last in a call; nothing is changed."""
        saved = (
            self.funds, self.reserved, self.bonded, self.credited, self.incurred, self.paid,
        )  # fmt: skip
        accounts = [
            (one, self.credit_of.get(one, 0), list(self.debts_of.get(one, ())), self.first_debt.get(one, 0))
            for one in people
        ]
        logged, self._trying = len(self.m.events), True
        try:
            play()
        except Refused as refused:
            return refused.reasons
        finally:
            self._trying = False
            del self.m.events[logged:]
            self.funds, self.reserved, self.bonded, self.credited, self.incurred, self.paid = saved
            for one, credit, debts, first in accounts:
                self.credit_of[one], self.debts_of[one], self.first_debt[one] = credit, debts, first
        return set()

    def _owe(self, person: int, amount: int) -> None:
        if self.committed + amount > MAX_MONEY or self.incurred + amount > MAX_MONEY:
            raise Refused("pool: amount too large")
        debts = self.debts_of.setdefault(person, [])
        self.m.log("P.Owed", person, len(debts), self.incurred, amount)
        debts.append((self.incurred, amount))
        self.incurred += amount

    def _give(self, person: int, amount: int, collect: bool) -> None:
        # `amount` is reserved.
        if amount:
            self.m.log("P.Credited", person, amount)
        if not collect:
            self.reserved -= amount
            self._credit(person, amount)
            return
        ready = self._take(person)
        self.reserved -= amount
        if amount + ready:
            self._send(person, amount + ready)

    def _credit(self, person: int, amount: int) -> None:
        self.credited += amount
        self.credit_of[person] = self.credit_of.get(person, 0) + amount

    def _held(self) -> int:
        if self.asset.is_broken:
            raise Refused(NO_MONEY_AT_ALL)
        return self.asset.held()

    def _lower(self) -> None:
        if self.asset.is_token and self._held() < self.funds:
            self.funds = self.asset.held()
            self.m.log("P.Synced", self.funds)

    def _take(self, person: int) -> int:
        self._lower()
        debts, first = self.debts_of.get(person, []), self.first_debt.get(person, 0)
        if first < len(debts):
            if paying := self.payable():
                self.paid += paying
                self.credited += paying
                self.m.log("P.DebtPaid", paying)
            matured = 0
            for i in range(first, min(len(debts), first + DEBTS_A_CALL)):
                position, amount = debts[i]
                part = max(0, min(amount, self.paid - position))
                matured += part
                debts[i] = (position + part, amount - part)
                if part < amount:
                    break
                first += 1
            if matured:
                self.first_debt[person] = first
                self.credit_of[person] = self.credit_of.get(person, 0) + matured
                self.m.log("P.DebtCredited", person, matured)
        ready = self.credit_of.get(person, 0)
        self.credit_of[person] = 0
        self.credited -= ready
        return ready

    def _send(self, person: int, amount: int) -> int:
        sending = min(amount, self.funds)
        if sending == 0:
            raise Refused("pool: funds are gone")
        self.funds -= sending
        self._credit(person, amount - sending)
        moved = self._push(person, sending)
        if moved != sending:
            self.funds += sending - moved
            self._credit(person, sending - moved)
        self.m.log("P.Collected", person, moved)
        return moved

    def _push(self, to: int, amount: int) -> int:
        if self.asset.is_broken:
            raise Refused(NO_MONEY_AT_ALL)
        moved = self.asset.goes_out(to, amount)
        if moved == 0:
            raise Refused("pool: asset did not go out")
        if moved > amount:
            raise Refused("pool: asset took too much")
        if not self._trying:
            self.asset.send_out(to, amount)
        return moved
