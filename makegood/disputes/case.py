# SPDX-License-Identifier: Apache-2.0
"""Everything about one dispute, or one breach that could be reported, as the chain has it."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from makegood.clock import Kind, Status, TicketState
from makegood.desk.event import Event
from makegood.desk.panel import Dispute, DisputeState, Seats
from makegood.desk.pool import Books, Token
from makegood.desk.support_desk import Desk
from makegood.disputes.case_file import CaseFile
from makegood.disputes.effect import Effect, Stake, effect
from makegood.errors import NotFound, UsageError
from makegood.policy import DAY, ChainPolicy

KINDS = (Kind.FIRST_REPLY, Kind.NEXT_REPLY, Kind.RESOLUTION, Kind.INCIDENT)

NO_SEATS = Seats((), 0)


@dataclass(frozen=True)
class Case:
    """A ticket, one of its kinds, and who decides it. Amounts are in smallest units, times Unix seconds.

    `dispute` is None where nobody contested the kind: the arbiters can report it. `asked` is what an incident
    asks, or the policy's compensation. `seats` are of the dispute's epoch, for a report of today's. `history`
    has the desk's and the panel's events of the ticket.
    """

    chain_id: int
    desk: str
    panel: str
    token: Token
    ticket_id: bytes
    ticket: TicketState
    policy: ChainPolicy
    kind: Kind
    dispute: Dispute | None
    asked: int
    epoch: int
    seats: Seats
    books: Books
    history: tuple[Event, ...]
    read_at: int

    @property
    def is_open(self) -> bool:
        """Whether a dispute waits for its ruling."""
        return self.dispute is not None and self.dispute.state is DisputeState.OPEN

    @property
    def contested(self) -> Event | None:
        """The event that began the dispute; None where there is none."""
        return self._last("Contested")

    @property
    def ruled(self) -> Event | None:
        """The event that ended the dispute; None where it is open or there is none."""
        return self._last("DisputeRuled")

    @property
    def deadline(self) -> int:
        """Until when a verdict counts: the ruling window's last second.

        A report has no window; it is the end of the UTC day in which the policy's ruling window, begun at the
        reading, ends, so that arbiters who read the case on the same day sign the same.
        """
        if self.dispute is not None:
            return self.dispute.rules_until
        return ((self.read_at + self.policy.ruling_window) // DAY + 1) * DAY - 1

    def effect(self, *, upheld: bool, worth: int | None = None, signers: int | None = None) -> Effect:
        """What a ruling would do to the money by today's books.

        `worth` is what was asked unless given; `signers` as many as the threshold, 0 for silence.
        """
        return effect(
            self._stake,
            self.books,
            worth=self.asked if worth is None else worth,
            upheld=upheld,
            signers=self.seats.threshold if signers is None else signers,
        )

    def file(self) -> CaseFile:
        """What an arbiter needs to sign. Raises UsageError where the dispute was ruled before."""
        if self.dispute is not None and not self.is_open:
            raise UsageError("The dispute was ruled before, so there is nothing to sign.")
        return CaseFile(
            chain_id=self.chain_id,
            desk=self.desk,
            panel=self.panel,
            ticket_id=self.ticket_id,
            requester=self.ticket.requester,
            kind=self.kind,
            dispute=self.dispute.number if self.dispute else 0,
            asked=self.asked,
            evidence_digest=self.dispute.evidence_digest if self.dispute else None,
            epoch=self.epoch,
            arbiters=self.seats.arbiters,
            threshold=self.seats.threshold,
            deadline=self.deadline,
            read_at=self.read_at,
            token=self.token,
        )

    @cached_property
    def _stake(self) -> Stake:
        paid = bool(self.kind & self.ticket.compensated)
        if self.dispute is None:
            return Stake(self.kind, self.ticket.backed, paid)
        return Stake(
            self.kind,
            self.ticket.backed,
            paid,
            bond=self.dispute.bond,
            fee=self.policy.fee,
            reserved=self.dispute.reserved,
        )

    def _last(self, name: str) -> Event | None:
        found = [event for event in self.history if event.name == name and event["kind"] == self.kind]
        return found[-1] if found else None


def read_case(desk: Desk, ticket_id: bytes, kind: Kind, now: int, from_block: int = 0) -> Case:
    """The case of one kind of a ticket. Raises NotFound where the ticket is unknown."""
    ticket = desk.ticket(ticket_id)
    policy = desk.policy(ticket.policy_id)
    found = desk.panel.dispute(ticket_id, kind)
    dispute = found if found.number else None
    amounts = (*policy.compensation[ticket.priority], found.amount)
    epoch = found.epoch if dispute else desk.panel.epoch()
    return Case(
        chain_id=desk.chain_id,
        desk=desk.address,
        panel=desk.panel.address,
        token=desk.pool.token,
        ticket_id=ticket_id,
        ticket=ticket,
        policy=policy,
        kind=kind,
        dispute=dispute,
        asked=amounts[KINDS.index(kind)],
        epoch=epoch,
        seats=desk.panel.seats(epoch) if epoch else NO_SEATS,
        books=desk.pool.books(),
        history=history(desk, ticket_id, from_block),
        read_at=now,
    )


def history(desk: Desk, ticket_id: bytes, from_block: int = 0) -> tuple[Event, ...]:
    """The desk's and the panel's events of a ticket, each with its time, in the order in which they came."""
    events = (*desk.timeline(ticket_id, from_block), *desk.panel.timeline(ticket_id, from_block))
    return tuple(sorted(events, key=lambda event: (event.block_number, event.log_index)))


def digest_of(event: Event) -> bytes | None:
    """The digest of the document that an event of a ticket's history names; None where it names none."""
    names = ("commitment", "digest", "evidence_digest")
    return next((bytes(event[name]) for name in names if name in event.arguments), None)


def disputes_of(desk: Desk, ticket_id: bytes) -> dict[Kind, Dispute]:
    """The disputes of a ticket by kind, ruled ones too."""
    found = {kind: desk.panel.dispute(ticket_id, kind) for kind in KINDS}
    return {kind: dispute for kind, dispute in found.items() if dispute.number}


def open_disputes(desk: Desk, from_block: int = 0) -> Iterator[Event]:
    """The `Contested` events of the disputes that wait for a ruling, oldest first."""
    events = list(desk.panel.events(("Contested", "DisputeRuled"), from_block=from_block))
    ruled = {event["dispute"] for event in events if event.name == "DisputeRuled"}
    return (event for event in events if event.name == "Contested" and event["dispute"] not in ruled)


def reportable(case: Case) -> None:
    """Raises UsageError or NotFound where the arbiters could report no breach of the case at its reading."""
    if case.dispute is not None:
        raise UsageError(
            f"The kind was contested: dispute {case.dispute.number}.", hint="Rule the dispute instead."
        )
    if case.kind is Kind.INCIDENT:
        raise UsageError("An incident cannot be reported.", hint="Only its requester can contest it.")
    if not case.seats.arbiters:
        raise NotFound("The desk has no panel, so nobody can report.", hint="The operator adopts one.")
    over = case.ticket.clock + case.policy.contest_window < case.read_at
    if case.ticket.status is Status.CLOSED or (case.ticket.status is Status.SOLVED and over):
        raise UsageError("The ticket takes no report any more: it is closed, or its contest window is over.")
    if not case.ticket.replied:
        raise UsageError("There is no reply yet, so there is nothing that the clock does not see.")
    if case.kind & case.ticket.compensated:
        raise UsageError("The kind was compensated already.", hint="There is nothing left to report.")
