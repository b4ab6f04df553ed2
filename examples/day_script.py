# SPDX-License-Identifier: Apache-2.0
"""What happens on a busy day, made from a seed: who writes when, who answers, what else a helpdesk sends."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

DAY, HOUR, MINUTE = 86_400, 3_600, 60

PRIORITIES = ("urgent", "high", "normal", "low")
FIRST_REPLY = {"urgent": 30 * MINUTE, "high": HOUR, "normal": 2 * HOUR, "low": 6 * HOUR}
"""Seconds in which each is to be answered, as the policy says."""

AGENTS = {"ann": (6, 14), "ben": (12, 20), "eve": (18, 26)}
"""Their shifts, in hours of the day; from two to six nobody is there."""

# How many write in which hour, beside each other.
_BUSY = (2, 1, 1, 1, 1, 2, 4, 7, 10, 12, 12, 11, 9, 10, 12, 12, 11, 10, 8, 7, 6, 5, 4, 3)
_SHARES = (5, 20, 50, 25)
_NEVER, _LATE = 0.04, 0.12
_APART = 20 * MINUTE  # a merger is known before it is answered


@dataclass
class Ticket:
    """One of the helpdesk's. Times are seconds of the day; `answered` is the first human answer, if any."""

    key: str
    customer: str
    priority: str
    opened: int
    answered: int | None = None

    @property
    def outcome(self) -> str:
        """What its first reply is: `in_time`, `late`, or `none`."""
        if self.answered is None:
            return "none"
        return "in_time" if self.answered <= self.opened + FIRST_REPLY[self.priority] else "late"


@dataclass(frozen=True)
class Delivery:
    """A webhook that the helpdesk sends `times` times; a forged one has another's signature."""

    at: int
    message: dict[str, Any]
    times: int = 1
    forged: bool = False


@dataclass
class Direct:
    """A ticket that a covered requester opens on chain; `contest` is what becomes of its dispute, if any."""

    requester: int
    priority: int
    opened: int
    answered: int | None
    contest: str = ""


@dataclass
class Script:
    """The whole day."""

    tickets: dict[str, Ticket] = field(default_factory=dict)
    deliveries: list[Delivery] = field(default_factory=list)
    directs: list[Direct] = field(default_factory=list)

    def between(self, start: int, end: int) -> list[Delivery]:
        """What is sent after `start`, up to `end`."""
        return [each for each in self.deliveries if start < each.at <= end]


def script_of(tickets: int, seed: int) -> Script:
    """The same for the same seed: so many tickets by webhook, and some directly on chain."""
    chance = random.Random(seed)  # noqa: S311
    made = Script()
    writer = _Writer(made, chance, customers=max(4, tickets // 4))
    for number in range(tickets):
        writer.ticket(number)
    writer.mergers(max(1, tickets // 100))
    made.deliveries.sort(key=lambda each: each.at)
    made.directs = _directs(chance, max(6, tickets // 40))
    return made


class _Writer:
    def __init__(self, script: Script, chance: random.Random, customers: int) -> None:
        self._script, self._chance, self._customers = script, chance, customers
        self._messages = 0

    def ticket(self, number: int) -> None:
        """One ticket from its opening to whatever becomes of it."""
        chance = self._chance
        hour = chance.choices(range(24), _BUSY)[0]
        opened = hour * HOUR + chance.randrange(1, HOUR)
        ticket = Ticket(
            f"T-{number}",
            f"customer {chance.randrange(self._customers)}",
            chance.choices(PRIORITIES, _SHARES)[0],
            opened,
        )
        self._script.tickets[ticket.key] = ticket
        self._say(ticket, opened, "customer", priority=ticket.priority)
        self._noise(ticket)
        if chance.random() < _NEVER:
            return
        at = self._answer_at(opened, FIRST_REPLY[ticket.priority])
        if at >= DAY:
            return
        ticket.answered = at
        self._conversation(ticket, at)

    def mergers(self, count: int) -> None:
        """Customers who write the same once more; the second ticket is merged into the first."""
        firsts = [
            each
            for each in self._script.tickets.values()
            if each.answered is not None and each.answered > each.opened + 4 * MINUTE + _APART
        ]
        for number, first in enumerate(self._chance.sample(firsts, min(count, len(firsts)))):
            again = Ticket(f"M-{number}", first.customer, first.priority, first.opened + 2 * MINUTE)
            again.answered = first.answered
            self._script.tickets[again.key] = again
            self._say(again, again.opened, "customer", priority=again.priority)
            self._say(again, again.opened + MINUTE, "system", merged_into=first.key)

    # ------------------------------------------------------------ one ticket

    def _answer_at(self, asked: int, target: int) -> int:
        chance = self._chance
        share = chance.uniform(1.2, 2.5) if chance.random() < _LATE else chance.triangular(0.05, 0.95, 0.3)
        at = asked + max(MINUTE, int(target * share))
        # In the small hours nobody is there.
        return at if _on_duty(at) else at // DAY * DAY + 6 * HOUR + chance.randrange(60, 40 * MINUTE)

    def _conversation(self, ticket: Ticket, at: int) -> None:
        chance = self._chance
        status = chance.choices(("solved", "pending", "hold"), (55, 30, 15))[0]
        self._answer(ticket, at, status)
        if status == "hold":
            self._answer(ticket, at + chance.randrange(HOUR // 2, 3 * HOUR), "solved")
        elif status == "pending" and chance.random() < 0.7:
            asked = at + chance.randrange(10 * MINUTE, 2 * HOUR)
            self._say(ticket, asked, "customer")
            again = self._answer_at(asked, 2 * FIRST_REPLY[ticket.priority])
            self._answer(ticket, max(again, asked + MINUTE), "solved")

    def _answer(self, ticket: Ticket, at: int, status: str) -> None:
        agents = _on_duty(at)
        if agents:
            self._say(ticket, at, "agent", account=self._chance.choice(agents), status=status)

    def _noise(self, ticket: Ticket) -> None:
        """What starts and stops no clock."""
        chance, opened = self._chance, ticket.opened
        if chance.random() < 0.3:
            self._say(ticket, opened + 5, "bot", account="robot")
        if chance.random() < 0.2:
            self._say(ticket, opened + 90, "agent", account="ann", public=False, status="open")
        if chance.random() < 0.05:
            self._say(ticket, opened + 120, "customer", automatic=True)
        if chance.random() < 0.1:
            self._say(ticket, opened + 150, "system")

    def _say(self, ticket: Ticket, at: int, author: str, **more: Any) -> None:
        if at >= DAY:
            return
        self._messages += 1
        message = {
            "ticket": ticket.key,
            "message": f"{ticket.key}-{self._messages}",
            "author": author,
            **more,
        }
        message["text"] = f"{author} on {ticket.key}"
        if author == "customer":
            message["customer"] = ticket.customer
        times = 1 + (self._chance.random() < 0.03)
        self._script.deliveries.append(Delivery(at, message, times))
        if self._chance.random() < 0.01:
            lie = {**message, "message": f"{message['message']}-x", "author": "agent", "account": "ann"}
            lie.pop("customer", None)
            self._script.deliveries.append(Delivery(at, lie, forged=True))


def _on_duty(at: int) -> list[str]:
    hour = at / HOUR % 24
    return [name for name, (start, end) in AGENTS.items() if start <= hour < end or start <= hour + 24 < end]


def _directs(chance: random.Random, count: int) -> list[Direct]:
    """A third is late, a sixth never answered; of those in time three are contested."""
    found = []
    for number in range(count):
        opened = 7 * HOUR + number * 14 * HOUR // count
        late = number % 3 == 1
        answered = opened + chance.randrange(70, 110) * MINUTE if late else opened + 30 * MINUTE
        found.append(Direct(number % 3, 1, opened, None if number % 6 == 5 else answered))
    in_time = [each for number, each in enumerate(found) if number % 3 == 0]
    in_time += [each for number, each in enumerate(found) if number % 6 == 2]
    for each, contest in zip(in_time, ("upheld", "rejected", "default"), strict=False):
        each.contest = contest
    return found
