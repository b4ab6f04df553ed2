# SPDX-License-Identifier: Apache-2.0
"""Section 9 of the specification, looked after from storage and events alone, after every transaction.

The model's figures are compared beside that, and have no part in it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fuzz.world import World

LOW = 2**128 - 1
PLACES_SLOT = 2
CLOCKS = 7
INCIDENT = 8
CLOSED = 5
WITHOUT_TICKET = ("S.PolicyPublished", "S.CoverageGranted", "S.AllowanceSet")
COMES_IN = ("P.Funded", "P.Bonded", "P.BondReserved")
GOES_OUT = ("P.Collected", "P.Withdrawn")


class Broken(Exception):
    """An invariant does not hold."""


class Watch:
    """What is owed to whom by the events so far, and what the words in storage come to."""

    def __init__(self, world: "World") -> None:
        self._w = world
        self.held = self.free = 0
        self._words: dict[int, int] = {}
        self._reserves: dict[tuple[str, int], int] = {}
        self._bonds: dict[int, int] = {}  # by dispute
        self._open_disputes: dict[int, set[int]] = {}  # by ticket, the numbers
        self._incidents: dict[int, int] = {}  # by dispute
        self._reserved = self._bonded = self._credited = 0
        self._collectable: dict[int, int] = {}
        self._compensated: set[tuple[int, int]] = set()

    def before(self) -> int:
        """What the pool holds before a transaction."""
        return self.held

    def after(self, before: int, events: list[tuple[Any, ...]]) -> None:
        """Everything again, for what the events touch."""
        for event in events:
            self._take_in(event)
        self._check_tickets(events)
        self._check_books()
        if self._reserved != self._w.m.pool.reserved:
            raise Broken(f"{self._w.m.pool.reserved} is reserved, {self._reserved} is for somebody")
        self._check_money(before, events)

    # Events

    def _take_in(self, event: tuple[Any, ...]) -> None:
        letter = event[0][0]
        if letter == "P":
            self._take_in_money(*event)
        elif letter == "L":
            self._take_in_batch(*event)
        elif letter == "A":
            self._take_in_dispute(event[0], event)
        elif event[0] == "S.BreachCompensated":
            self._compensate(event[1], event[3])

    def _take_in_money(self, name: str, first: int, amount: int = 0, *_: int) -> None:
        if name == "P.Credited":
            self._credit(first, amount)
            self._credited += amount
        elif name == "P.DebtPaid":
            self._credited += first
        elif name == "P.DebtCredited":
            self._credit(first, amount)
        elif name == "P.Collected":
            self._credit(first, -amount)
            self._credited -= amount
            if self._collectable[first] < 0:
                raise Broken(f"{first:#x} collected more than was credited")
        elif name == "P.Withdrawn" and amount > self.free:
            raise Broken(f"{amount} withdrawn, {self.free} were free")

    def _take_in_batch(self, name: str, first: int, *rest: int) -> None:
        if name in ("L.BatchAnchored", "L.BatchReleased"):
            self._look_at_batch(first)
        elif name == "L.TicketProven":
            _, batch, _, _, _, bond = rest
            self._look_at_batch(batch)
            self._set_reserve("proof", first, bond)
        elif name == "L.ChallengeEnded":
            self._set_reserve("proof", first, 0)

    def _take_in_dispute(self, name: str, event: tuple[Any, ...]) -> None:
        if name == "A.Contested":
            number, ticket_id, _, kind, _, reserved, _, bond, *_ = event[1:]
            self._set_bond(number, bond)
            self._open_disputes.setdefault(ticket_id, set()).add(number)
            if kind == INCIDENT:
                self._set_reserve("incident", number, reserved)
        elif name == "A.DisputeRuled":
            number, ticket_id, _, _, _, signers, share = event[1:]
            self._set_bond(number, share * signers.bit_count())
            self._set_reserve("incident", number, 0)
            self._open_disputes[ticket_id].remove(number)
        elif name == "A.FeeCollected":
            self._set_bond(event[1], self._bonds[event[1]] - event[3])

    def _credit(self, person: int, amount: int) -> None:
        self._collectable[person] = self._collectable.get(person, 0) + amount

    def _compensate(self, ticket_id: int, kinds: int) -> None:
        for kind in (1, 2, 4, 8):
            if kinds & kind:
                if (ticket_id, kind) in self._compensated:
                    raise Broken(f"kind {kind} of ticket {ticket_id:#x} is compensated twice")
                self._compensated.add((ticket_id, kind))

    def _set_bond(self, number: int, amount: int) -> None:
        self._bonded += amount - self._bonds.get(number, 0)
        self._bonds[number] = amount

    def _set_reserve(self, what: str, number: int, amount: int) -> None:
        self._reserved += amount - self._reserves.get((what, number), 0)
        self._reserves[what, number] = amount

    def _look_at_batch(self, number: int) -> None:
        from fuzz.house import map_slot

        word = self._w.chain.storage(self._w.at.lane, map_slot(PLACES_SLOT, number))
        self._set_reserve("batch", number, word >> 120)

    # Words

    def _check_tickets(self, events: list[tuple[Any, ...]]) -> None:
        for ticket_id in {one[1] for one in events if one[0][0] == "S" and one[0] not in WITHOUT_TICKET}:
            word, had = self._w.ticket_word(ticket_id), self._words.get(ticket_id)
            if had is not None:
                self._check_kept(ticket_id, had, word)
            self._words[ticket_id] = word
            ticket = self._w.m.tickets[ticket_id]
            status, compensated = word >> 239 & 7, word >> 247 & 15
            if status == CLOSED and (word >> 160 & 2**64 - 1 or self._open_disputes.get(ticket_id)):
                raise Broken(f"ticket {ticket_id:#x} is closed with a clock or a dispute")
            kinds = 0 if status == CLOSED or not word >> 251 & 1 else CLOCKS & ~compensated
            self._set_reserve("ticket", ticket_id, ticket.policy.amount[ticket.priority][kinds])

    def _check_kept(self, ticket_id: int, had: int, word: int) -> None:
        fixed = (2**160 - 1) | (2**15 - 1) << 224 | 1 << 251 | 1 << 253
        only_added = 1 << 242 | 0xFF << 243 | 1 << 254
        if (had ^ word) & fixed:
            raise Broken(f"ticket {ticket_id:#x} changed its party, policy, priority, backing or lane")
        if had & ~word & only_added:
            raise Broken(f"ticket {ticket_id:#x} lost a reply, a breach, a compensation or a dispute")
        if had >> 239 & 7 == CLOSED:
            raise Broken(f"ticket {ticket_id:#x} moved after it was closed")

    # Books

    def _check_books(self) -> None:
        storage, at = self._w.chain.storage, self._w.at.pool
        ledger, split, debts = storage(at, 0), storage(at, 1), storage(at, 2)
        funds, committed = ledger & LOW, ledger >> 128
        credited, bonded = split & LOW, split >> 128
        incurred, paid = debts & LOW, debts >> 128
        pool = self._w.m.pool
        reserved = committed - credited - bonded - incurred + paid
        got = (funds, reserved, credited, bonded, incurred, paid)
        wanted = (pool.funds, pool.reserved, pool.credited, pool.bonded, pool.incurred, pool.paid)
        if got != wanted:
            raise Broken(f"books (funds, reserved, credited, bonded, incurred, paid): {got}, not {wanted}")
        if credited != self._credited or bonded != self._bonded:
            raise Broken(
                f"credited {credited} and bonded {bonded}, by the events {self._credited} and {self._bonded}"
            )
        self.free = max(0, funds - committed)

    def _check_money(self, before: int, events: list[tuple[Any, ...]]) -> None:
        w, pool, asset = self._w, self._w.m.pool, self._w.asset
        self.held = w.held()
        if self.held != asset.held():
            raise Broken(f"the pool holds {self.held}, not {asset.held()}")
        if not asset.is_within_promises():
            return
        if pool.reserved + pool.credited + pool.bonded > self.held or pool.funds > self.held:
            raise Broken("the pool holds less than it owes")
        moved = sum(one[-1] for one in events if one[0] in COMES_IN)
        moved -= sum(one[-1] for one in events if one[0] in GOES_OUT)
        given = self.held - before - moved - w.outside
        w.outside = 0
        if given != 0 and not (asset.kind == "GivesMoreToken" and given > 0):
            raise Broken(f"the balance moved by {self.held - before}, by the events {moved}")
