# SPDX-License-Identifier: Apache-2.0
"""What becomes of a desk's tickets: messages, claims, closing, what arbiters find; sections 4 and 7."""

from typing import TYPE_CHECKING

from fuzz.model.people import BOT, HUMAN
from fuzz.model.policy import Policy
from fuzz.model.reasons import LOCKED, Reasons, refusals
from fuzz.model.ticket import CLOCKS, CLOSED, FOLLOWED_UP, HOLD, INCIDENT, RESOLUTION, SOLVED, Ticket

if TYPE_CHECKING:
    from fuzz.model import Model


class Tickets:
    """Every ticket, by the model's `tickets`."""

    def __init__(self, model: "Model") -> None:
        self.m = model
        self.policies: list[Policy] = []

    def record(self, ticket_id: int, requester: int, policy_id: int, priority: int, backed: bool) -> Ticket:
        """A new ticket."""
        policy = self.policies[policy_id - 1]
        ticket = Ticket(ticket_id, requester, policy, policy_id, priority, backed)
        self.m.tickets[ticket_id] = ticket
        self.m.touched.add(ticket_id)
        return ticket

    # Messages

    def why_over(self, ticket_id: int) -> Reasons:
        """Why a ticket takes no more messages."""
        ticket = self.m.tickets.get(ticket_id)
        if ticket is None:
            return {"desk: ticket unknown"}
        return refusals(
            "desk",
            ("ticket is closed", ticket.status == CLOSED),
            ("challenge has not ended", ticket.challenged),
            ("contest window is over", ticket.is_over(self.m.now)),
        )

    def check(self, ticket: Ticket, at: int) -> None:
        """Record what is breached by then."""
        self.m.touched.add(ticket.id)
        if kinds := ticket.overdue(at):
            ticket.breached |= kinds
            self.m.log("S.BreachRecorded", ticket.id, kinds)

    def reply(self, sender: int, ticket_id: int, status: int, digest: int) -> Reasons:
        """A human's."""
        why = self._why_not_human(sender) | self.why_over(ticket_id)
        if not HOLD <= status <= SOLVED:
            why.add("desk: no status of a reply")
        if not why:
            self._reply(sender, ticket_id, status, digest)
        return why

    def _why_not_human(self, sender: int) -> Reasons:
        return refusals("desk", ("caller is no human agent", self.m.directory.standing(sender) != HUMAN))

    def _reply(self, sender: int, ticket_id: int, status: int, digest: int) -> None:
        ticket = self.m.tickets[ticket_id]
        self.check(ticket, self.m.now)
        ticket.move(status - 1, self.m.now)
        self.m.log("S.TicketReplied", ticket_id, sender, digest, ticket.word())

    def reply_many(self, sender: int, replies: list[tuple[int, int, int]]) -> Reasons:
        """Those that apply."""
        if why := self._why_not_human(sender):
            return why
        done = 0
        for i, (ticket_id, status, digest) in enumerate(replies):
            if HOLD <= status <= SOLVED and not self.why_over(ticket_id):
                self._reply(sender, ticket_id, status, digest)
                done |= 1 << i
        self.m.out = (done,)
        return why

    def bot_reply(self, sender: int, ticket_id: int, digest: int) -> Reasons:
        """A log entry."""
        why = self.why_over(ticket_id)
        why |= refusals("desk", ("caller is no bot", self.m.directory.standing(sender) != BOT))
        if not why:
            self.m.log("S.BotReplied", ticket_id, sender, digest)
        return why

    def follow_up(self, sender: int, ticket_id: int, digest: int) -> Reasons:
        """The requester's."""
        why, ticket = self.why_over(ticket_id), self.m.tickets.get(ticket_id)
        if ticket is not None and sender != ticket.requester:
            why.add("desk: caller is not the requester")
        if not why:
            self._follow_up(ticket_id, digest)
        return why

    def follow_up_signed(self, ticket_id: int, digest: int, deadline: int, *, is_signed: bool) -> Reasons:
        """Carried by anyone."""
        why = self.why_over(ticket_id)
        if ticket_id in self.m.tickets:
            why |= self._why_unsigned(deadline, is_signed)
        if not why:
            ticket = self.m.tickets[ticket_id]
            self.m.log("S.FollowUpNonceUsed", ticket_id, ticket.nonce)
            ticket.nonce += 1
            self._follow_up(ticket_id, digest)
        return why

    def _follow_up(self, ticket_id: int, digest: int) -> None:
        ticket = self.m.tickets[ticket_id]
        self.check(ticket, self.m.now)
        ticket.move(FOLLOWED_UP, self.m.now)
        self.m.log("S.TicketFollowedUp", ticket_id, digest, ticket.word())

    def _why_unsigned(self, deadline: int, is_signed: bool) -> Reasons:
        return refusals(
            "desk",
            ("signature expired", self.m.now > deadline),
            ("signature is not the signer's", not is_signed),
        )

    # Paying and closing

    def claimable(self, ticket_id: int) -> int:
        """The kinds that a claim would pay for."""
        ticket = self.m.tickets.get(ticket_id)
        if ticket is None or ticket.status == CLOSED or ticket.challenged:
            return 0
        return ticket.unpaid(self.m.now)

    def claim(self, ticket_id: int, collect: bool) -> Reasons:
        """What is breached pays."""
        kinds = self.claimable(ticket_id)
        if not kinds:
            return {"desk: nothing to claim"}
        ticket = self.m.tickets[ticket_id]
        if why := self.why_unpayable(ticket, ticket.amount(kinds), collect):
            return why
        self.check(ticket, self.m.now)
        self.m.out = (self.compensate(ticket, kinds, collect),)
        return why

    def why_unpayable(self, ticket: Ticket, amount: int, collect: bool) -> Reasons:
        """Why the money would refuse."""
        pool = self.m.pool
        if amount and pool.is_locked:
            return {LOCKED}
        if not amount or not collect:
            return set()
        return pool.would_refuse(
            (ticket.requester,), lambda: pool.pay(ticket.requester, amount, ticket.backed, True)
        )

    def compensate(self, ticket: Ticket, kinds: int, collect: bool) -> int:
        """Writes the ticket, then pays."""
        ticket.compensated |= kinds
        amount = ticket.amount(kinds)
        self.m.log("S.BreachCompensated", ticket.id, ticket.requester, kinds, amount, ticket.word())
        if amount:
            self.m.pool.pay(ticket.requester, amount, ticket.backed, collect)
        return amount

    def claim_many(self, ticket_ids: list[int]) -> Reasons:
        """Those that have something to claim."""
        if self.m.pool.is_locked and any(
            self.m.tickets[one].amount(kinds) for one in ticket_ids if (kinds := self.claimable(one))
        ):
            return {LOCKED}
        done = 0
        for i, ticket_id in enumerate(ticket_ids):
            if kinds := self.claimable(ticket_id):
                ticket = self.m.tickets[ticket_id]
                self.check(ticket, self.m.now)
                self.compensate(ticket, kinds, False)
                done |= 1 << i
        self.m.out = (done,)
        return set()

    def why_open(self, sender: int, ticket_id: int) -> Reasons:
        """Why a ticket cannot be closed."""
        ticket = self.m.tickets.get(ticket_id)
        if ticket is None:
            return {"desk: ticket unknown"}
        if ticket.status == CLOSED:
            return {"desk: ticket is closed"}
        return refusals(
            "desk",
            ("challenge has not ended", ticket.challenged),
            (
                "ticket cannot be closed yet",
                sender != ticket.requester and not ticket.is_over(self.m.now),
            ),
            ("dispute is open", self.m.panel.has_open_dispute(ticket_id)),
        )

    def close(self, sender: int, ticket_id: int) -> Reasons:
        """The end of a ticket."""
        if why := self.why_open(sender, ticket_id):
            return why
        if why := self._why_unpaid(ticket_id):
            return why
        if released := self._close(ticket_id):
            self.m.pool.release(released)
        return why

    def _why_unpaid(self, ticket_id: int) -> Reasons:
        ticket = self.m.tickets[ticket_id]
        return self.why_unpayable(ticket, ticket.amount(ticket.unpaid(self.m.now)), False)

    def _close(self, ticket_id: int) -> int:
        ticket = self.m.tickets[ticket_id]
        self.check(ticket, self.m.now)
        if ticket.holds_place:
            self.coverages[ticket.requester, ticket.policy_id].used -= 1
            ticket.holds_place = False
        kinds = ticket.breached & ~ticket.compensated
        released = ticket.amount(CLOCKS & ~ticket.compensated & ~kinds) if ticket.backed else 0
        ticket.status, ticket.clock, ticket.resolution = CLOSED, 0, 0
        if kinds:
            self.compensate(ticket, kinds, False)
        self.m.log("S.TicketClosed", ticket_id, released, ticket.word())
        return released

    def close_many(self, sender: int, ticket_ids: list[int]) -> Reasons:
        """Those that the sender can close."""
        closable = {one for one in ticket_ids if not self.why_open(sender, one)}
        if any(self._why_unpaid(one) for one in closable):
            return {LOCKED}
        done = total = 0
        for i, ticket_id in enumerate(ticket_ids):
            if ticket_id in closable:
                closable.remove(ticket_id)
                total += self._close(ticket_id)
                done |= 1 << i
        if total:
            self.m.pool.release(total)
        self.m.out = (done,)
        return set()

    # Disputes

    def why_undecidable(self, ticket_id: int, kind: int) -> Reasons:
        """Why arbiters cannot be asked about a kind."""
        why, ticket = self.why_over(ticket_id), self.m.tickets.get(ticket_id)
        if kind not in (1, 2, 4, INCIDENT):
            return why | {"desk: kind unknown"}
        if ticket is None:
            return why
        return why | refusals(
            "desk",
            ("no reply to contest yet", not ticket.replied and kind != INCIDENT),
            ("kind already compensated", bool(ticket.compensated & kind)),
        )

    def uphold(self, ticket: Ticket, kind: int, amount: int) -> None:
        """The arbiters find a breach."""
        self.check(ticket, self.m.now)
        if not ticket.breached & kind:
            ticket.breached |= kind
            self.m.log("S.BreachRecorded", ticket.id, kind)
        if kind == RESOLUTION:
            ticket.move(FOLLOWED_UP, self.m.now)
        is_unpaid = not ticket.compensated & kind
        if is_unpaid and kind == INCIDENT:
            ticket.compensated |= kind
        self.m.log("S.BreachUpheld", ticket.id, kind, ticket.word())
        if is_unpaid and kind == INCIDENT:
            word = ticket.word()
            self.m.log("S.BreachCompensated", ticket.id, ticket.requester, kind, amount, word)
        elif is_unpaid:
            self.compensate(ticket, kind, False)
