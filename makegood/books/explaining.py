# SPDX-License-Identifier: Apache-2.0
"""Why the pool moved something: each of its events explained by those of desk, lane and panel beside it.

A transaction is read in its order. What the pool logs before its cause (a reserve, a bond) waits for the
cause; what a cause makes it log afterwards is expected. Where one of the two is missing, so is an event.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from makegood.books.movements import Event, Held, Movement, Part
from makegood.clock import Kind
from makegood.errors import VerificationFailed
from makegood.indexer.terms import worst_case
from makegood.indexer.tickets import State
from makegood.policy import ChainPolicy

Explained = tuple[Event, list[Part]]

_ALONE = {
    "Funded": Movement.FUNDED,
    "Withdrawn": Movement.WITHDRAWN,
    "DebtPaid": Movement.DEBT_PAID,
    "DebtCredited": Movement.DEBT_CREDITED,
    "Collected": Movement.COLLECTED,
}
_REJECTED = 3


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the pool has to log next: one of these events, with these parts, for this person if any.

    `credited` is what is credited afterwards, together with the parts where free funds reached for them.
    """

    events: tuple[str, ...]
    parts: list[Part]
    person: str = ""
    credited: list[Part] | None = None

    @property
    def amount(self) -> int:
        return sum(part.amount for part in self.parts)


@dataclass(frozen=True, slots=True)
class _Dispute:
    ticket: str
    requester: str
    kind: int
    bond: int
    reserved: int


def missing(event: Event, what: str) -> VerificationFailed:
    """Something about an event cannot be explained by the others."""
    return VerificationFailed(
        f"An event is missing in the index, or one is too many: {what} ({event.name}, {event.place}).",
        hint="Compare the index with a node: `makegood index audit`; where they differ, begin a new index.",
    )


class Explaining:
    """Of one desk, from its first event on."""

    def __init__(self, policy: Callable[[int], ChainPolicy]) -> None:
        self._policy = policy
        self._batches: dict[int, bool] = {}
        self._disputes: dict[int, _Dispute] = {}
        self._causes = {
            "TicketOpened": self._ticket_opened,
            "TicketMoved": self._ticket_moved,
            "BatchAnchored": self._batch_anchored,
            "Contested": self._contested,
            "TicketProven": self._ticket_proven,
            "BreachCompensated": self._breach_compensated,
            "TicketClosed": self._ticket_closed,
            "ChallengeEnded": self._challenge_ended,
            "BatchReleased": self._batch_released,
            "DisputeRuled": self._dispute_ruled,
            "FeeCollected": self._fee_collected,
        }
        self._begin()

    def _begin(self) -> None:
        self._waiting: list[Event] = []
        self._wanted: deque[_Wanted] = deque()
        self._closing: list[Part] = []
        self._fees: list[Part] = []
        self._words: dict[str, int] = {}
        self._found: dict[int, list[Part]] = {}
        self._arbiter = ""
        self.moved_to_tickets = 0
        self.ruled_fees = 0

    @property
    def names(self) -> Sequence[str]:
        """The causes, by their events."""
        return tuple(self._causes)

    def transaction(self, events: Sequence[Event]) -> Iterator[Explained]:
        """The pool's events of a transaction, in their order, each with its parts.

        By then `moved_to_tickets` is what proofs made tickets' own out of their batches' reserves, and
        `ruled_fees` what rulings made arbiters' fees. Raises VerificationFailed where something is missing.
        """
        self._begin()
        for event in events:
            if event.name in self._causes:
                self._causes[event.name](event)
            else:
                self._pool(event)
        if self._waiting:
            raise missing(self._waiting[0], "nothing says what this was for")
        if self._wanted or self._closing or self._fees:
            names = (
                self._wanted[0].events if self._wanted else ("Released",) if self._closing else ("Unbonded",)
            )
            raise missing(events[-1], f"{' or '.join(names)} should follow")
        for event in events:
            if event.log_index in self._found:
                yield event, self._found[event.log_index]

    # ------------------------------------------------------------ the pool's own

    def _pool(self, event: Event) -> None:
        if event.name == "Synced":
            self._found[event.log_index] = []  # what it comes to, only the balance before it says
            return
        amount = event.given["amount"]
        if event.name in _ALONE:
            self._found[event.log_index] = [Part(_ALONE[event.name], amount)]
            return
        if event.name in ("Released", "Unbonded") and not self._wanted:
            self._gathered(event)
        if self._wanted and event.name in self._wanted[0].events:
            self._expected(event)
        elif event.name in ("Reserved", "Bonded", "BondReserved"):
            self._waiting.append(event)
        else:
            raise missing(event, "nothing says what this was for")

    def _gathered(self, event: Event) -> None:
        """One event for several tickets that were closed, or several shares of fees, before it."""
        if event.name == "Released":
            if self._closing:
                self._wanted.append(_Wanted(("Released",), self._closing))
            self._closing = []
        elif self._fees:
            arbiter = self._arbiter
            ended = [replace(part, movement=Movement.FEE_DUE) for part in self._fees]
            self._wanted += [_Wanted(("Unbonded",), ended), _Wanted(("Credited",), self._fees, arbiter)]
            self._fees = []

    def _expected(self, event: Event) -> None:
        wanted = self._wanted.popleft()
        person = event.given.get("beneficiary", wanted.person)
        if wanted.amount != event.given["amount"] or (wanted.person and wanted.person != person):
            raise missing(event, "its amount or beneficiary is not what the events before it say")
        parts = wanted.parts
        if wanted.credited is not None:
            reached = event.name == "Reserved"
            self._want("Credited", [*wanted.credited, *(parts if reached else ())], wanted.person)
            if reached:
                parts = [replace(part, movement=Movement.RESERVED) for part in parts]
        self._found[event.log_index] = parts

    def _take(self, cause: Event, name: str, part: Part) -> None:
        """The event that the pool logged last, before its cause."""
        if not self._waiting or self._waiting[-1].name != name:
            raise missing(cause, f"{name} should come before it")
        event = self._waiting.pop()
        if event.given["amount"] != part.amount:
            raise missing(event, "its amount is not what the event after it says")
        self._found[event.log_index] = [part]

    # ------------------------------------------------------------ tickets

    def _ticket_opened(self, event: Event) -> None:
        state = State.of(event.given["word"])
        if state.backed:
            worst = worst_case(self._policy(state.policy_id), state.priority)
            part = Part(Movement.RESERVED, worst, event.given["ticket_id"], held=Held.TICKETS)
            self._take(event, "Reserved", part)

    def _ticket_moved(self, event: Event) -> None:
        self._words[event.given["ticket_id"]] = event.given["word"]

    def _breach_compensated(self, event: Event) -> None:
        given = event.given
        kinds = Kind(given["kinds"])
        if kinds == Kind.INCIDENT or not given["amount"]:
            return  # an incident's money is settled with its dispute
        state = State.of(given["word"])
        amounts = self._policy(state.policy_id).compensation[state.priority]
        parts = [
            Part(Movement.COMPENSATION, amount, given["ticket_id"], kinds=1 << bit, held=Held.TICKETS)
            for bit, amount in enumerate(amounts)
            if kinds >> bit & 1 and amount
        ]
        if sum(part.amount for part in parts) != given["amount"]:
            raise missing(event, "its amount is not its policy's")
        self._wanted.append(_Wanted(("Credited" if state.backed else "Owed",), parts, given["requester"]))

    def _ticket_closed(self, event: Event) -> None:
        if event.given["released"]:
            part = Part(
                Movement.RELEASED, event.given["released"], event.given["ticket_id"], held=Held.TICKETS
            )
            self._closing.append(part)

    # ------------------------------------------------------------ batches

    def _batch_anchored(self, event: Event) -> None:
        given = event.given
        self._batches[given["batch"]] = given["backed"]
        if given["backed"] and given["worst_case"]:
            part = Part(Movement.RESERVED, given["worst_case"], batch=given["batch"], held=Held.BATCHES)
            self._take(event, "Reserved", part)

    def _batch_released(self, event: Event) -> None:
        given = event.given
        part = Part(Movement.RELEASED, given["amount"], batch=given["batch"], held=Held.BATCHES)
        self._wanted.append(_Wanted(("Released",), [part]))

    def _ticket_proven(self, event: Event) -> None:
        given = event.given
        ticket, batch = given["ticket_id"], given["batch"]
        if ticket not in self._words:
            raise missing(event, "TicketMoved should come before it")
        if batch not in self._batches:
            raise missing(event, "nothing anchored its batch")
        if self._batches[batch]:
            state = State.of(self._words[ticket])
            self.moved_to_tickets += worst_case(self._policy(state.policy_id), state.priority)
        if given["bond"]:
            part = Part(Movement.PROOF_BOND, given["bond"], ticket, batch, held=Held.PROOF_BONDS)
            self._take(event, "BondReserved", part)

    def _challenge_ended(self, event: Event) -> None:
        given = event.given
        if not given["bond"]:
            return
        movement = Movement.BOND_RETURNED if given["returned"] else Movement.BOND_KEPT
        part = Part(movement, given["bond"], given["ticket_id"], held=Held.PROOF_BONDS)
        if given["returned"]:
            self._wanted.append(_Wanted(("Credited",), [part], given["prover"]))
        else:
            self._wanted.append(_Wanted(("Released",), [part]))

    # ------------------------------------------------------------ disputes

    def _contested(self, event: Event) -> None:
        given = event.given
        number, ticket, kind = given["dispute"], given["ticket_id"], given["kind"]
        self._disputes[number] = _Dispute(ticket, given["requester"], kind, given["bond"], given["reserved"])
        if given["bond"]:
            part = Part(Movement.CONTEST_BOND, given["bond"], ticket, dispute=number, kinds=kind)
            self._take(event, "Bonded", part)
        if given["reserved"]:
            part = Part(Movement.RESERVED, given["reserved"], ticket, 0, number, kind, Held.INCIDENTS)
            self._take(event, "Reserved", part)

    def _dispute_ruled(self, event: Event) -> None:
        given = event.given
        number = given["dispute"]
        dispute = self._disputes.get(number)
        if dispute is None:
            raise missing(event, "nothing contested it")

        def part(movement: Movement, amount: int, held: Held = Held.SETTLING) -> Part:
            return Part(movement, amount, dispute.ticket, 0, number, dispute.kind, held)

        fees = given["fee_share"] * given["signers"].bit_count()
        bond = dispute.bond - fees
        self.ruled_fees += fees
        upheld = given["state"] != _REJECTED
        worth = given["amount"] if upheld and dispute.kind == Kind.INCIDENT else 0
        backed = min(worth, dispute.reserved)
        rest = part(Movement.RELEASED, dispute.reserved - backed, Held.INCIDENTS)
        beyond = [part(Movement.FEE_REFUNDED, fees), part(Movement.COMPENSATION, worth - backed)]
        self._want("Unbonded", [part(Movement.BOND_ENDED, bond)])
        if not upheld:
            self._want("Released", [part(Movement.BOND_KEPT, bond), rest])
            return
        self._want("Released", [rest])
        credited = [
            part(Movement.BOND_RETURNED, bond),
            part(Movement.COMPENSATION, backed, Held.INCIDENTS),
        ]
        self._settled(dispute, credited, beyond)

    def _settled(self, dispute: _Dispute, credited: list[Part], beyond: list[Part]) -> None:
        """What a winner gets: `beyond` out of free funds if they reach, else as debt."""
        due = [each for each in beyond if each.amount]
        if not due:
            self._want("Credited", credited, dispute.requester)
        else:
            self._wanted.append(_Wanted(("Reserved", "Owed"), due, dispute.requester, credited))

    def _fee_collected(self, event: Event) -> None:
        dispute = self._disputes.get(event.given["dispute"])
        if dispute is None:
            raise missing(event, "nothing contested its dispute")
        self._arbiter = event.given["arbiter"]
        self._fees.append(
            Part(Movement.FEE, event.given["amount"], dispute.ticket, 0, event.given["dispute"], dispute.kind)
        )

    def _want(self, name: str, parts: list[Part], person: str = "") -> None:
        some = [part for part in parts if part.amount]
        if some:
            self._wanted.append(_Wanted((name,), some, person))
