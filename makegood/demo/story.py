# SPDX-License-Identifier: Apache-2.0
"""What a demo came to, counted from receipts, events and balances. Amounts are in wei."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median_low
from typing import Any

from makegood.clock import Kind, Status, TicketState
from makegood.demo.dispute import DisputeStory
from makegood.demo.script import Script, Ticket
from makegood.desk import Books, Desk, Event, Outcome
from makegood.errors import MakegoodError
from makegood.policy import ChainPolicy

_BOOKS = ("funds", "reserved", "credited", "bonded", "debt", "free")


@dataclass(frozen=True)
class Scene:
    """One transaction: on which ticket, by whom, what it was."""

    ticket: int | None
    who: str
    act: str
    function: str
    outcome: Outcome


@dataclass(frozen=True)
class Refusal:
    """What the chain refused, with the contract's reason."""

    at: int
    ticket: int | None
    who: str
    act: str
    reason: str


@dataclass(frozen=True)
class Breach:
    """One kind that the clock found breached: what was due when, and when it was done, if it was by then."""

    kind: Kind
    due: int
    done: int | None


@dataclass(frozen=True)
class TicketStory:
    """One ticket at the end. `course` is every status it had, `compensation` by kind, `gas` of all on it."""

    ticket: Ticket
    ticket_id: bytes
    opened_by: str
    state: TicketState
    course: tuple[Status, ...]
    bots: int
    breaches: tuple[Breach, ...]
    compensation: int
    disputes: tuple[DisputeStory, ...]
    gas: int


@dataclass(frozen=True)
class Account:
    """One party's money. after = before - fees - paid_in + received, if nothing else happened to it."""

    name: str
    address: str
    before: int
    fees: int
    paid_in: int
    received: int
    after: int


@dataclass(frozen=True)
class Story:
    """All that was recorded, and what follows from it.

    `documents` are all that were made, by digest; `statements` those signed over replies, by ticket.
    """

    script: Script
    policy: ChainPolicy
    monday: int
    factory: str
    desk: Desk
    addresses: Mapping[str, str]
    before: Mapping[str, int]
    after: Mapping[str, int]
    ids: Mapping[int, bytes]
    scenes: tuple[Scene, ...]
    refusals: tuple[Refusal, ...]
    disputes: tuple[DisputeStory, ...]
    documents: Mapping[bytes, Mapping[str, Any]]
    statements: Mapping[int, tuple[str, ...]]

    def tickets(self) -> tuple[TicketStory, ...]:
        """Every ticket, by number."""
        return tuple(self._ticket(ticket) for ticket in self.script.tickets.values())

    def accounts(self) -> tuple[Account, ...]:
        """Every party's money, in the order of the cast."""
        fees: dict[str, int] = defaultdict(int)
        for scene in self.scenes:
            fees[scene.who] += scene.outcome.fee
        paid_in = self._sums("Funded", "funder")
        for payer, amount in self._sums("Bonded", "payer").items():
            paid_in[payer] += amount
        received = self._sums("Collected", "beneficiary")
        for to, amount in self._sums("Withdrawn", "to").items():
            received[to] += amount
        return tuple(
            Account(
                name,
                address,
                self.before[name],
                fees[name],
                paid_in[address],
                received[address],
                self.after[name],
            )
            for name, address in self.addresses.items()
        )

    def books(self) -> Books:
        """The pool's books at the end."""
        return self.desk.pool.books()

    def gas(self) -> dict[str, tuple[int, int, int]]:
        """By function: calls, median and most gas."""
        used: dict[str, list[int]] = defaultdict(list)
        for scene in self.scenes:
            used[scene.function].append(scene.outcome.gas_used)
        return {name: (len(each), median_low(each), max(each)) for name, each in sorted(used.items())}

    def total(self, event: str) -> int:
        """The sum of the amounts of all events of this name."""
        return sum(each["amount"] for each in self._events(event))

    def collected(self, address: str) -> int:
        """What the pool has sent to an address."""
        return self._sums("Collected", "beneficiary").get(address, 0)

    def _events(self, name: str) -> Iterator[Event]:
        for scene in self.scenes:
            yield from scene.outcome.all(name)

    def _sums(self, event: str, party: str) -> dict[str, int]:
        sums: dict[str, int] = defaultdict(int)
        for each in self._events(event):
            sums[each[party]] += each["amount"]
        return sums

    def _ticket(self, ticket: Ticket) -> TicketStory:
        ticket_id = self.ids[ticket.number]
        scenes = [scene for scene in self.scenes if scene.ticket == ticket.number]
        words = [state for scene in scenes for state in _states(scene.outcome)]
        course = [words[0].status]
        for state in words[1:]:
            if state.status is not course[-1]:
                course.append(state.status)
        return TicketStory(
            ticket=ticket,
            ticket_id=ticket_id,
            opened_by=scenes[0].who,
            state=self.desk.ticket(ticket_id),
            course=tuple(course),
            bots=sum(len(scene.outcome.all("BotReplied")) for scene in scenes),
            breaches=tuple(_breaches(scenes)),
            compensation=sum(
                event["amount"] for scene in scenes for event in scene.outcome.all("BreachCompensated")
            ),
            disputes=tuple(each for each in self.disputes if each.ticket == ticket.number),
            gas=sum(scene.outcome.gas_used for scene in scenes),
        )


def _states(outcome: Outcome) -> Iterator[TicketState]:
    return (TicketState.unpack(event["word"]) for event in outcome.events if "word" in event.arguments)


def _breaches(scenes: list[Scene]) -> Iterator[Breach]:
    """What was due is in the ticket's state before the event that found the breach."""
    state: TicketState | None = None
    for scene in scenes:
        outcome = scene.outcome
        answered = bool(outcome.all("TicketReplied"))
        upheld = {event["kind"] for event in outcome.all("BreachUpheld")}
        for found in outcome.all("BreachRecorded"):
            for kind in Kind:
                # What arbiters found was due at no time.
                if kind in Kind(found["kinds"]) and kind not in upheld and state is not None:
                    in_reply = kind is not Kind.RESOLUTION
                    done = answered and (in_reply or _is_solved(outcome))
                    yield Breach(
                        kind, state.clock if in_reply else state.resolution, outcome.at if done else None
                    )
        state = next(reversed(list(_states(outcome))), state)


def _is_solved(outcome: Outcome) -> bool:
    return any(state.status is Status.SOLVED for state in _states(outcome))


def check(story: Story) -> None:
    """Raises MakegoodError where a ticket was not paid what its policy and its verdicts say."""
    for each in story.tickets():
        amounts = story.policy.compensation[each.ticket.priority]
        kinds = (Kind.FIRST_REPLY, Kind.NEXT_REPLY, Kind.RESOLUTION)
        paid = [amount for kind, amount in zip(kinds, amounts, strict=True) if kind in each.state.compensated]
        expected = sum(paid) + sum(one.worth for one in each.disputes if one.claim.is_incident)
        if each.compensation != expected:
            raise MakegoodError(
                f"Ticket {each.ticket.number} was paid {each.compensation} wei, but its policy and its "
                f"verdicts say {expected}."
            )


def as_fields(story: Story) -> dict[str, Any]:
    """The story for JSON: amounts are decimal strings of wei."""
    books = story.books()
    return {
        "desk": story.desk.address,
        "factory": story.factory,
        "tickets": [
            {
                "ticket": each.ticket.number,
                "ticket_id": "0x" + each.ticket_id.hex(),
                "about": each.ticket.about,
                "requester": each.ticket.requester,
                "priority": each.ticket.priority.label,
                "opened_by": each.opened_by,
                "course": [status.label for status in each.course],
                "backed": each.state.backed,
                "breached": list(each.state.breached.labels),
                "compensation": str(each.compensation),
                "gas": each.gas,
            }
            for each in story.tickets()
        ],
        "disputes": [_dispute_fields(each) for each in story.disputes],
        "refused": [
            {"at": each.at, "ticket": each.ticket, "by": each.who, "act": each.act, "reason": each.reason}
            for each in story.refusals
        ],
        "accounts": [
            {
                "name": each.name,
                "address": each.address,
                **{
                    field: str(getattr(each, field))
                    for field in ("before", "fees", "paid_in", "received", "after")
                },
            }
            for each in story.accounts()
        ],
        "books": {field: str(getattr(books, field)) for field in _BOOKS},
        "gas": {
            name: {"calls": calls, "median": median, "max": most}
            for name, (calls, median, most) in story.gas().items()
        },
        "transactions": len(story.scenes),
    }


def _dispute_fields(each: DisputeStory) -> dict[str, Any]:
    return {
        "dispute": each.number,
        "ticket": each.ticket,
        "kind": each.claim.kind.labels[0],
        "requester": each.claim.requester,
        "asked": str(each.claim.asked),
        "bond": str(each.contested["bond"]),
        "reserved": str(each.contested["reserved"]),
        "state": each.state.name.lower(),
        "worth": str(each.worth),
        "signers": list(each.signers),
        "fee_share": str(each.ruled["fee_share"]),
        "gas": {
            "contest": each.contest.outcome.gas_used,
            "ruling": each.ruling.outcome.gas_used,
        },
        "money": {
            name: {
                "before": str(before),
                "contest": str(each.contest.changes.get(name, 0)),
                "meanwhile": str(each.meanwhile.get(name, 0)),
                "ruling": str(each.ruling.changes.get(name, 0)),
                "after": str(each.ruling.after.shares[name]),
            }
            for name, before in each.contest.before.shares.items()
        },
        "books": {
            when: {field: str(getattr(money.books, field)) for field in _BOOKS}
            for when, money in (("before", each.contest.before), ("after", each.ruling.after))
        },
    }
