# SPDX-License-Identifier: Apache-2.0
"""A pool's money after each movement. What its rules do not allow shows that an event is missing."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from makegood.books.explaining import missing
from makegood.books.movements import COMING_IN, GOING_OUT, Event, Held, Movement, Part

OUTSIDE, FREE, RESERVED, CREDITED, BONDS, DEBT = "outside", "free", "reserved", "credited", "bonds", "debt"
"""Where coins are, as lines name it. An address stands for whoever gave or got them."""


@dataclass(frozen=True, slots=True)
class Position:
    """What a pool holds, and for what. Today's funds pay debts at once, though lazily on chain.

    funds + short = free + reserved + credited + bonds. `short` is what an asset lost of what is owed. `held`
    are the parts of what is reserved, `fees` the part of the bonds that is arbiters' already.
    """

    funds: int = 0
    free: int = 0
    reserved: int = 0
    credited: int = 0
    bonds: int = 0
    debt: int = 0
    short: int = 0
    fees: int = 0
    held: tuple[int, ...] = (0,) * len(Held)


@dataclass(frozen=True, slots=True)
class Line:
    """One movement: a part of an event, from somewhere to somewhere, and what the pool holds after it."""

    event: Event
    part: Part
    source: str
    target: str
    person: str
    after: Position


_WAYS = {
    "Funded": (OUTSIDE, FREE),
    "Withdrawn": (FREE, OUTSIDE),
    "Reserved": (FREE, RESERVED),
    "Released": (RESERVED, FREE),
    "Bonded": (OUTSIDE, BONDS),
    "BondReserved": (OUTSIDE, RESERVED),
    "Unbonded": (BONDS, RESERVED),
    "Credited": (RESERVED, CREDITED),
    "Owed": ("", DEBT),
    "DebtPaid": (FREE, CREDITED),
    "DebtCredited": (CREDITED, CREDITED),
    "Collected": (CREDITED, OUTSIDE),
}
_TO_RESERVED = ("Reserved", "BondReserved", "Unbonded")
_FROM_RESERVED = ("Released", "Credited")
_BONDED = {"Bonded": 1, "Unbonded": -1}
_CREDITED = {"Credited": 1, "DebtPaid": 1, "Collected": -1}
_WHO = ("funder", "payer", "to", "beneficiary")


@dataclass
class Account:
    """Of one beneficiary: what is credited and what is owed, oldest first, and what was collected."""

    credited: deque[Part] = field(default_factory=deque)
    owed: deque[Part] = field(default_factory=deque)
    debts: int = 0
    collected: int = 0

    @property
    def credit(self) -> int:
        """What is credited and was not collected."""
        return sum(part.amount for part in self.credited)


class Ledger:
    """Of one pool, from its first movement on."""

    def __init__(self) -> None:
        self.funds = self.credited = self.bonded = self.incurred = self.paid = 0
        self.held: Counter[Held] = Counter()
        self.fees = 0
        self.accounts: defaultdict[str, Account] = defaultdict(Account)
        self._short = 0

    def position(self) -> Position:
        """Where the money is now."""
        reserved, unpaid = sum(self.held.values()), self.incurred - self.paid
        held = reserved + self.credited + self.bonded
        paying = min(unpaid, max(0, self.funds - held))
        return Position(
            funds=self.funds,
            free=max(0, self.funds - held - unpaid),
            reserved=reserved,
            credited=self.credited + paying,
            bonds=self.bonded,
            debt=unpaid - paying,
            short=max(0, held - self.funds),
            fees=self.fees,
            held=tuple(self.held[each] for each in Held),
        )

    def prove(self, amount: int) -> None:
        """Proofs made so much of batches' reserves tickets' own."""
        self.held[Held.BATCHES] -= amount
        self.held[Held.TICKETS] += amount

    def rule(self, fees: int) -> None:
        """A ruling made so much of the bonds arbiters' fees."""
        self.fees += fees

    def move(self, event: Event, parts: list[Part]) -> Iterator[Line]:
        """The lines of an event, one for each thing that it was for."""
        if event.name == "Synced":
            parts = self._synced(event.given["funds"])
        elif event.name == "DebtCredited":
            parts = self._matured(event)
        elif event.name == "Collected":
            parts = self._collected(event)
        elif event.name == "Owed":
            self._check_place(event)
        source, target = self._way(event, parts)
        person = next((event.given[name] for name in _WHO if name in event.given), "")
        for part in parts:
            self._apply(event, part, person)
            self._check(event)
            out, into = (person if each == OUTSIDE and person else each for each in (source, target))
            yield Line(event, part, out, into, person, self.position())

    def _way(self, event: Event, parts: list[Part]) -> tuple[str, str]:
        if event.name != "Synced":
            return _WAYS[event.name]
        lost = any(part.movement is Movement.LOST for part in parts)
        return (FREE, OUTSIDE) if lost else (OUTSIDE, FREE)

    # ------------------------------------------------------------ effects

    def _apply(self, event: Event, part: Part, person: str) -> None:
        amount = part.amount
        if part.movement in COMING_IN:
            self.funds += amount
        elif part.movement in GOING_OUT:
            self.funds -= amount
        if event.name in _TO_RESERVED:
            self.held[part.held] += amount
        elif event.name in _FROM_RESERVED:
            self.held[part.held] -= amount
        self.bonded += amount * _BONDED.get(event.name, 0)
        self.credited += amount * _CREDITED.get(event.name, 0)
        self.incurred += amount * (event.name == "Owed")
        self.paid += amount * (event.name == "DebtPaid")
        # What is due to arbiters was a part of the bonds.
        self.fees -= amount * (part.movement is Movement.FEE_DUE)
        self._note(event.name, part, person)

    def _note(self, name: str, part: Part, person: str) -> None:
        if name == "Credited":
            self.accounts[person].credited.append(replace(part, of=part.movement))
        elif name == "Owed":
            self.accounts[person].owed.append(replace(part, of=part.movement))
        elif name == "DebtCredited":
            self.accounts[person].credited.append(part)
        elif name == "Collected":
            self.accounts[person].collected += part.amount

    # ------------------------------------------------------------ what one event stands for

    def _synced(self, funds: int) -> list[Part]:
        change = funds - self.funds
        movement = Movement.ADOPTED if change > 0 else Movement.LOST
        return [Part(movement, abs(change))] if change else []

    def _matured(self, event: Event) -> list[Part]:
        owed = self.accounts[event.given["beneficiary"]].owed
        return self._oldest(event, owed, Movement.DEBT_CREDITED)

    def _collected(self, event: Event) -> list[Part]:
        credited = self.accounts[event.given["beneficiary"]].credited
        return self._oldest(event, credited, Movement.COLLECTED)

    @staticmethod
    def _oldest(event: Event, parts: deque[Part], movement: Movement) -> list[Part]:
        """Takes the event's amount off the oldest parts."""
        left, taken = event.given["amount"], []
        while left:
            if not parts:
                raise missing(event, "the beneficiary had less")
            part = parts.popleft()
            some = min(left, part.amount)
            if some < part.amount:
                parts.appendleft(replace(part, amount=part.amount - some))
            taken.append(replace(part, movement=movement, amount=some))
            left -= some
        return taken

    # ------------------------------------------------------------ what cannot be

    def _check_place(self, event: Event) -> None:
        account = self.accounts[event.given["beneficiary"]]
        if event.given["position"] != self.incurred or event.given["index"] != account.debts:
            raise missing(event, "the debt has another place in the queue")
        account.debts += 1

    def _check(self, event: Event) -> None:
        reserved, unpaid = sum(self.held.values()), self.incurred - self.paid
        held = reserved + self.credited + self.bonded
        amounts = (self.funds, self.credited, self.bonded, unpaid, self.fees, self.bonded - self.fees)
        if min(*amounts, *self.held.values(), 0) < 0:
            raise missing(event, "more was taken than there was")
        if event.name in ("Reserved", "Withdrawn") and held + unpaid > self.funds:
            raise missing(event, "so much was not free")
        short = max(0, held - self.funds)
        if short > self._short and event.name != "Synced":
            raise missing(event, "more is owed than there is")
        self._short = short
