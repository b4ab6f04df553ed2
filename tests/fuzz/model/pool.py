# SPDX-License-Identifier: Apache-2.0
"""The pool's calls: funds come in, are adopted, collected and withdrawn; section 6 of the specification."""

from typing import TYPE_CHECKING

from fuzz.model.asset import NO_MONEY_AT_ALL, Asset
from fuzz.model.books import MAX_MONEY, Books, Refused
from fuzz.model.reasons import LOCKED, Reasons

if TYPE_CHECKING:
    from fuzz.model import Model

USABLE = 7 * 86_400


class Pool(Books):
    """The books, and who may do what with them."""

    def __init__(self, model: "Model", asset: Asset, notice: int) -> None:
        super().__init__(model, asset)
        self.notice = notice
        self.announced: tuple[int, int] | None = None  # amount, usable from

    # What comes in

    def why_not_in(self, payer: int, amount: int, value: int) -> Reasons:
        """Why money would not come in."""
        why: Reasons = set()
        if self.is_locked:
            why.add(LOCKED)
        if value != (0 if self.asset.is_token else amount):
            why.add("pool: value differs from amount")
        if self.asset.is_token and amount:
            if self.asset.is_broken:
                why.add(NO_MONEY_AT_ALL)
            elif self.asset.comes_in(payer, amount) == 0:
                why.add("pool: asset did not come in")
        return why

    def _receive(self, payer: int, amount: int) -> int:
        if not self.asset.is_token:
            self.asset.raw[self.asset.pool] += amount
            return amount
        if amount == 0:
            return 0
        received = self.asset.comes_in(payer, amount)
        self.asset.take_in(payer, amount)
        return received

    def why_no_bond(self, payer: int, amount: int, value: int) -> Reasons:
        """Why a bond would not come in."""
        why = self.why_not_in(payer, amount, value)
        if not why:
            received = min(amount, self.asset.comes_in(payer, amount) if self.asset.is_token else amount)
            if max(self.funds, self.committed) + received > MAX_MONEY:
                why.add("pool: amount too large")
        return why

    def take_bond(self, payer: int, amount: int, by_panel: bool) -> int:
        """A bond that `why_no_bond` does not refuse."""
        self.is_locked = True
        received = min(self._receive(payer, amount), amount)
        self.is_locked = False
        self.funds += received
        if by_panel:
            self.bonded += received
            self.m.log("P.Bonded", payer, received)
        else:
            self.reserved += received
            self.m.log("P.BondReserved", payer, received)
        return received

    # Calls

    def fund(self, sender: int, amount: int, value: int) -> Reasons:
        """Anyone adds to the funds."""
        why = self.why_not_in(sender, amount, value)
        if amount == 0:
            why.add("pool: amount is zero")
        elif not why:
            received = self.asset.comes_in(sender, amount) if self.asset.is_token else amount
            if self.funds + received > MAX_MONEY:
                why.add("pool: amount too large")
        if why:
            return why
        self.is_locked = True
        received = self._receive(sender, amount)
        self.is_locked = False
        self.funds += received
        self.m.log("P.Funded", sender, received)
        return why

    def sync(self) -> Reasons:
        """The books adopt the balance."""
        if self.is_locked:
            return {LOCKED}
        if self.asset.is_broken:
            return {NO_MONEY_AT_ALL}
        if self.asset.held() > MAX_MONEY:
            return {"pool: amount too large"}
        self.funds = self.asset.held()
        self.m.log("P.Synced", self.funds)
        return set()

    def collect(self, person: int) -> Reasons:
        """Anyone has somebody's money sent to them."""
        if self.is_locked:
            return {LOCKED}

        def play() -> int:
            ready = self._take(person)
            if ready == 0:
                raise Refused("pool: nothing to collect")
            return self._send(person, ready)

        if why := self.would_refuse((person,), play):
            return why
        self.is_locked = True
        self.m.out = (play(),)
        self.is_locked = False
        return set()

    def announce(self, sender: int, amount: int) -> Reasons:
        """A withdrawal."""
        why = self.m.unless_operator(sender, "pool")
        if amount == 0:
            why.add("pool: amount is zero")
        if self.announced is not None and self.m.now <= self.announced[1] + USABLE:
            why.add("pool: withdrawal pending")
        if not why:
            usable_from = self.m.now + self.notice
            self.announced = (amount, usable_from)
            self.m.log("P.WithdrawalAnnounced", amount, usable_from, usable_from + USABLE)
        return why

    def cancel(self, sender: int) -> Reasons:
        """Take it back."""
        why = self.m.unless_operator(sender, "pool")
        if self.announced is None:
            why.add("pool: no withdrawal announced")
        elif not why:
            self.m.log("P.WithdrawalCancelled", self.announced[0])
            self.announced = None
        return why

    def withdraw(self, sender: int, amount: int, to: int) -> Reasons:
        """Free funds, as announced."""
        why = self.m.unless_operator(sender, "pool")
        if self.is_locked:
            why.add(LOCKED)
        if self.announced is None:
            return why | {"pool: no withdrawal announced"}
        most, usable_from = self.announced
        for reason, applies in (
            ("notice still runs", self.m.now < usable_from),
            ("withdrawal lapsed", self.m.now > usable_from + USABLE),
            ("amount is zero", amount == 0),
            ("more than announced", amount > most),
            ("recipient is zero", to == 0),
        ):
            if applies:
                why.add("pool: " + reason)

        def play() -> int:
            self._lower()
            if amount > self.free:
                raise Refused("pool: free funds too low")
            self.funds -= amount
            return self._push(to, amount)

        why = why or self.would_refuse((), play)
        if why:
            return why
        self.announced = None
        self.is_locked = True
        moved = play()
        self.is_locked = False
        self.funds += amount - moved
        self.m.log("P.Withdrawn", to, moved)
        return why
