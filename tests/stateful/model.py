# SPDX-License-Identifier: Apache-2.0
"""What a desk, its pool and its panel do, from the design's sections on clocks, money and disputes.

The batch lane is in `lane_model`.

It is slow and obvious. Times are seconds since 1970, amounts are units of the asset. Each event says what
comes of it, or raises `Refused` with every reason that applies: which of them the contracts name first is
theirs to choose. A refused event may leave the model half changed; whoever predicts goes back to a copy.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from house import Policy

HOUR = 3_600
WEEK_HOURS = 168
USABLE_SECONDS = 7 * 86_400

FIRST_REPLY, NEXT_REPLY, RESOLUTION = KINDS = ("first_reply", "next_reply", "resolution")
INCIDENT = "incident"
CONTESTABLE = (*KINDS, INCIDENT)
STATUSES = ("", "open", "hold", "pending", "solved", "closed")


class Refused(Exception):
    """The event changes nothing."""

    def __init__(self, reasons: Iterable[str]) -> None:
        self.reasons = set(reasons)
        super().__init__(sorted(self.reasons))


def refuse_if(conditions: dict[str, bool]) -> None:
    """Refuse where any of these reasons applies."""
    if reasons := [reason for reason, applies in conditions.items() if applies]:
        raise Refused(reasons)


# ---------------------------------------------------------------- open time, hour by hour


def is_open(hours: int, at: int) -> bool:
    """Whether the hour of `at` is open. 1970 began on a Thursday, 72 hours after a Monday."""
    return bool(hours >> ((at // HOUR + 72) % WEEK_HOURS) & 1)


def due(hours: int, at: int, need: int) -> int:
    """The earliest T >= at such that [at, T) holds `need` open seconds."""
    while need > 0:
        next_hour = (at // HOUR + 1) * HOUR
        if is_open(hours, at):
            step = min(need, next_hour - at)
            need -= step
            at += step
        else:
            at = next_hour
    return at


def left(hours: int, at: int, end: int) -> int:
    """The open seconds in [at, end)."""
    total = 0
    while at < end:
        following = min((at // HOUR + 1) * HOUR, end)
        if is_open(hours, at):
            total += following - at
        at = following
    return total


# ---------------------------------------------------------------- state


@dataclass
class Ticket:
    """A ticket; times that do not apply are None."""

    requester: str
    policy_id: int
    priority: int
    policy: Policy
    backed: bool
    holds_place: bool
    reply_due: int | None
    resolution_due: int | None
    remaining: int | None = None
    solved_at: int | None = None
    status: str = "open"
    replied: bool = False
    breached: set[str] = field(default_factory=set)
    compensated: set[str] = field(default_factory=set)
    disputed: bool = False
    proven: bool = False  # a batch opened it
    challenged: bool = False  # until its challenge ends only the batch lane moves it
    follow_ups_signed: int = 0

    def amount(self, kinds: Iterable[str]) -> int:
        """What these kinds come to; an incident has no amount of the policy's."""
        amounts = self.policy.compensation[self.priority]
        return sum(amounts[KINDS.index(kind)] for kind in kinds if kind in KINDS)

    def target(self, kind: str) -> int:
        """Seconds of open time."""
        return self.policy.targets[self.priority][KINDS.index(kind)]

    def reserve(self) -> int:
        """What it can still cost out of what was reserved for it."""
        if not self.backed or self.status == "closed":
            return 0
        return self.amount(kind for kind in KINDS if kind not in self.compensated)

    def is_over(self, now: int) -> bool:
        """Whether it is solved and its contest window is over."""
        return self.solved_at is not None and now > self.solved_at + self.policy.contest_window


@dataclass
class Coverage:
    """A requester's right to open tickets under a policy."""

    until: int
    places: int
    priority: int
    used: int = 0


@dataclass
class Debt:
    """What was not backed when it fell due. Paid: for good. Taken: moved to the beneficiary's account."""

    beneficiary: str
    amount: int
    paid: int = 0
    taken: int = 0


@dataclass
class Announcement:
    """A withdrawal that was announced."""

    amount: int
    usable_from: int

    @property
    def usable_until(self) -> int:
        """The last second."""
        return self.usable_from + USABLE_SECONDS


@dataclass
class Dispute:
    """What somebody contested. Ruled, it holds no bond, but the shares of the fee that were not collected."""

    number: int
    epoch: int
    rules_until: int
    asked: int  # of an incident
    reserved: int  # of that
    evidence: bytes
    bond: int
    state: str = "open"
    share: int = 0
    uncollected: set[str] = field(default_factory=set)

    def bonded(self) -> int:
        """What the pool holds for it."""
        return self.bond + self.share * len(self.uncollected)


@dataclass
class Verdict:
    """What arbiters sign."""

    ticket_id: bytes
    kind: str
    outcome: str
    amount: int
    evidence: bytes
    dispute: int
    epoch: int
    deadline: int


@dataclass
class Seats:
    """A panel: who sits on it, and how many of them decide."""

    arbiters: tuple[str, ...] = ()
    threshold: int = 0


@dataclass
class Proposal:
    """A panel that was announced."""

    epoch: int
    usable_from: int

    @property
    def usable_until(self) -> int:
        """The last second."""
        return self.usable_from + USABLE_SECONDS


@dataclass
class Books:
    """The pool's books, as it shows them."""

    funds: int
    reserved: int
    credited: int
    bonded: int
    debt: int
    free: int


Disputes = dict[tuple[bytes, str], Dispute]  # by ticket and kind


# ---------------------------------------------------------------- money


class Holder(Protocol):
    """What has money set aside beside tickets and disputes."""

    def reserved(self) -> int:
        """How much."""


class Pool:
    """The money of the desk. `balance` is what the asset says, `funds` what the books say."""

    def __init__(
        self, tickets: dict[bytes, Ticket], disputes: Disputes, is_token: bool, fee: int, notice: int
    ) -> None:
        self.tickets = tickets
        self.disputes = disputes
        self.holders: list[Holder] = []
        self.is_token = is_token
        self.fee = fee  # what the asset keeps of a transfer, in basis points
        self.notice = notice
        self.funds = 0
        self.balance = 0
        self.came_in = self.went_out = self.lost = 0
        self.accounts: dict[str, int] = {}
        self.debts: list[Debt] = []
        self.refusers: set[str] = set()
        self.received: dict[str, int] = {}
        self.announced: Announcement | None = None

    # What is owed

    def reserved(self) -> int:
        """What tickets can still cost out of their reserves; what open incidents and others hold."""
        incidents = sum(one.reserved for one in self.disputes.values() if one.state == "open")
        others = sum(holder.reserved() for holder in self.holders)
        return incidents + others + sum(ticket.reserve() for ticket in self.tickets.values())

    def bonded(self) -> int:
        """Bonds of open disputes, and fees that arbiters have not collected."""
        return sum(dispute.bonded() for dispute in self.disputes.values())

    def credited(self) -> int:
        """All accounts, and debt that was paid and not taken yet."""
        return sum(self.accounts.values()) + sum(debt.paid - debt.taken for debt in self.debts)

    def unpaid(self) -> int:
        """Debt that was not paid."""
        return sum(debt.amount - debt.paid for debt in self.debts)

    def payable(self) -> int:
        """How much of the queue today's funds pay: what is left when everybody else has theirs."""
        left = self.funds - self.reserved() - self.credited() - self.bonded()
        return min(self.unpaid(), max(0, left))

    def books(self) -> Books:
        """As the pool shows them: debt that funds cover counts as credited."""
        credited = self.credited() + self.payable()
        debt = self.unpaid() - self.payable()
        free = max(0, self.funds - self.reserved() - credited - self.bonded() - debt)
        return Books(self.funds, self.reserved(), credited, self.bonded(), debt, free)

    def shares(self) -> list[tuple[Debt, int]]:
        """How much of each debt is paid or payable now: strictly the oldest first."""
        payable = self.payable()
        result = []
        for debt in self.debts:
            more = min(payable, debt.amount - debt.paid)
            payable -= more
            result.append((debt, debt.paid + more))
        return result

    def collectable(self, person: str) -> int:
        """What `collect` would send now."""
        matured = sum(share - debt.taken for debt, share in self.shares() if debt.beneficiary == person)
        return min(self.accounts.get(person, 0) + matured, self.funds)

    def owed(self, person: str) -> int:
        """What is owed to somebody and not covered."""
        return sum(debt.amount - share for debt, share in self.shares() if debt.beneficiary == person)

    # Events

    def fee_of(self, amount: int) -> int:
        """What the asset keeps."""
        return amount * self.fee // 10_000

    def credit(self, person: str, amount: int) -> None:
        """Put into somebody's account."""
        self.accounts[person] = self.accounts.get(person, 0) + amount

    def owe(self, person: str, amount: int) -> None:
        """Put a debt at the end of the queue."""
        self.debts.append(Debt(person, amount))

    def fund(self, amount: int) -> None:
        """Somebody adds to the funds."""
        received = amount - self.fee_of(amount)
        refuse_if(
            {"pool: amount is zero": amount == 0, "pool: asset did not come in": received == 0 < amount}
        )
        self.funds += received
        self.balance += received
        self.came_in += received

    def take_bond(self, amount: int) -> int:
        """A bond comes in; what the asset keeps on the way is not counted."""
        received = amount - self.fee_of(amount)
        refuse_if({"pool: asset did not come in": received == 0 < amount})
        self.funds += received
        self.balance += received
        self.came_in += received
        return received

    def settle(self, person: str, gets: int, due: int, collect: bool) -> None:
        """Somebody gets what was held for them, and what is due besides: from free funds, else as debt."""
        if collect:
            self.lower()
        self.credit(person, gets)
        if due <= self.books().free:
            self.credit(person, due)
        elif due:
            self.owe(person, due)
        if collect and (ready := self.take(person)):
            self.send(person, ready)

    def force_feed(self, amount: int) -> None:
        """Money comes in that nobody announced."""
        self.balance += amount
        self.came_in += amount

    def lose(self, amount: int) -> None:
        """The asset takes some of the balance away."""
        self.balance -= amount
        self.lost += amount

    def sync(self) -> None:
        """The books adopt the real balance."""
        self.funds = self.balance

    def lower(self) -> None:
        """The books follow a loss."""
        if self.is_token:
            self.funds = min(self.funds, self.balance)

    def take(self, person: str) -> int:
        """Empty somebody's account, after the queue was paid where they stand in it."""
        self.lower()
        if any(debt.beneficiary == person and debt.taken < debt.amount for debt in self.debts):
            for debt, share in self.shares():
                debt.paid = share
            for debt in self.debts:
                if debt.beneficiary == person:
                    self.credit(person, debt.paid - debt.taken)
                    debt.taken = debt.paid
        return self.accounts.pop(person, 0)

    def send(self, person: str, amount: int) -> int:
        """Send what was taken; what cannot go out stays in the account."""
        sending = min(amount, self.funds)
        refuse_if({"pool: funds are gone": sending == 0})
        if sending < amount:
            self.credit(person, amount - sending)
        self.move(person, sending)
        return sending

    def move(self, person: str, amount: int) -> None:
        """Money goes out."""
        refuse_if({"pool: asset did not go out": person in self.refusers})
        self.funds -= amount
        self.balance -= amount
        self.went_out += amount
        self.received[person] = self.received.get(person, 0) + amount - self.fee_of(amount)

    def collect(self, person: str) -> int:
        """Anyone has somebody's money sent to them."""
        ready = self.take(person)
        refuse_if({"pool: nothing to collect": ready == 0})
        return self.send(person, ready)

    def announce(self, now: int, amount: int) -> None:
        """The operator announces a withdrawal."""
        pending = self.announced is not None and now <= self.announced.usable_until
        refuse_if({"pool: amount is zero": amount == 0, "pool: withdrawal pending": pending})
        self.announced = Announcement(amount, now + self.notice)

    def cancel(self) -> None:
        """The operator takes the announcement back."""
        refuse_if({"pool: no withdrawal announced": self.announced is None})
        self.announced = None

    def withdraw(self, now: int, amount: int, to: str) -> None:
        """The operator takes out free funds."""
        if self.announced is None:
            raise Refused(["pool: no withdrawal announced"])
        self.lower()
        refuse_if(
            {
                "pool: notice still runs": now < self.announced.usable_from,
                "pool: withdrawal lapsed": now > self.announced.usable_until,
                "pool: amount is zero": amount == 0,
                "pool: more than announced": amount > self.announced.amount,
                "pool: free funds too low": amount > self.books().free,
            }
        )
        self.announced = None
        self.move(to, amount)


# ---------------------------------------------------------------- the desk


class Desk:
    """Policies, coverage, allowances, tickets and disputes. `now` is set by whoever moves the time."""

    def __init__(self, is_token: bool, fee: int, notice: int) -> None:
        self.now = 0
        self.policies: list[Policy] = []
        self.coverages: dict[tuple[str, int], Coverage] = {}
        self.allowances: dict[str, int] = {}
        self.standing: dict[str, str] = {}  # human or bot; none where revoked
        self.tickets: dict[bytes, Ticket] = {}
        self.disputes: Disputes = {}
        self.pool = Pool(self.tickets, self.disputes, is_token, fee, notice)
        self.panels: dict[int, Seats] = {0: Seats()}
        self.epoch = 0
        self.proposal: Proposal | None = None

    # Operator

    def publish(self, policy: Policy) -> int:
        """A new version; returns its id."""
        refuse_if({"policy: contest outlasts notice": policy.contest_window > self.pool.notice})
        self.policies.append(policy)
        return len(self.policies)

    def grant(self, holder: str, policy_id: int, priority: int, places: int, until: int) -> None:
        """Coverage, which a further grant can only raise."""
        refuse_if(
            {
                "policy: unknown": not 1 <= policy_id <= len(self.policies),
                "coverage: places out of range": places == 0,
                "coverage: end out of range": until < self.now,
            }
        )
        had = self.coverages.get((holder, policy_id))
        if had is None:
            self.coverages[holder, policy_id] = Coverage(until, places, priority)
        else:
            had.until = max(had.until, until)
            had.places = max(had.places, places)
            had.priority = min(had.priority, priority)

    def revoke(self, agent: str) -> None:
        """An agent's end."""
        refuse_if({"directory: agent revoked": agent not in self.standing})
        del self.standing[agent]

    # Opening

    def open(self, ticket_id: bytes, requester: str, policy_id: int, priority: int) -> None:
        """By the requester, who needs coverage with a place left."""
        coverage = self.coverages.get((requester, policy_id))
        if coverage is None:
            raise Refused(["coverage: none"])
        refuse_if(
            {
                "coverage: ended": self.now > coverage.until,
                "coverage: priority too urgent": priority < coverage.priority,
                "coverage: no place left": coverage.used >= coverage.places,
                "policy: priority unknown": priority > 3,
                "desk: ticket exists": ticket_id in self.tickets,
            }
        )
        coverage.used += 1
        self._record(ticket_id, requester, policy_id, priority, holds_place=True)

    def open_for(self, ticket_id: bytes, agent: str, requester: str, policy_id: int, priority: int) -> None:
        """By an agent, who spends the worst case of an allowance."""
        known = 1 <= policy_id <= len(self.policies)
        worst_case = sum(self.policies[policy_id - 1].compensation[priority]) if known else 0
        allowance = self.allowances.get(agent, 0)
        refuse_if(
            {
                "desk: caller is no agent": agent not in self.standing,
                "policy: unknown": not known,
                "desk: allowance too low": allowance == 0 or allowance < worst_case,
                "desk: ticket exists": ticket_id in self.tickets,
            }
        )
        self.allowances[agent] = allowance - worst_case
        self._record(ticket_id, requester, policy_id, priority, holds_place=False)

    def _record(
        self, ticket_id: bytes, requester: str, policy_id: int, priority: int, *, holds_place: bool
    ) -> None:
        policy = self.policies[policy_id - 1]
        first_reply, _, resolution = policy.targets[priority]
        books = self.pool.books()
        self.tickets[ticket_id] = Ticket(
            requester=requester,
            policy_id=policy_id,
            priority=priority,
            policy=policy,
            backed=sum(policy.compensation[priority]) <= books.free,
            holds_place=holds_place,
            reply_due=due(policy.hours, self.now, first_reply),
            resolution_due=due(policy.hours, self.now, resolution),
        )

    # Messages

    def _in_progress(self, ticket_id: bytes) -> Ticket:
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            raise Refused(["desk: ticket unknown"])
        refuse_if(
            {
                "desk: ticket is closed": ticket.status == "closed",
                "desk: challenge has not ended": ticket.challenged,
                "desk: contest window is over": ticket.is_over(self.now),
            }
        )
        return ticket

    def check(self, ticket: Ticket, at: int) -> None:
        """Record what is breached by then; comes before any event."""
        if ticket.reply_due is not None and at > ticket.reply_due:
            ticket.breached.add(NEXT_REPLY if ticket.replied else FIRST_REPLY)
        if ticket.resolution_due is not None and at > ticket.resolution_due:
            ticket.breached.add(RESOLUTION)

    def reply(self, agent: str, ticket_id: bytes, status: str) -> None:
        """A human's reply."""
        if self.standing.get(agent) != "human":
            raise Refused(["desk: caller is no human agent"])
        if status not in ("hold", "pending", "solved"):
            raise Refused(["desk: no status of a reply"])
        self.answer(self._in_progress(ticket_id), status, self.now)

    def answer(self, ticket: Ticket, status: str, at: int) -> None:
        """What a human's reply does."""
        self.check(ticket, at)
        if status == ticket.status == "solved":
            return
        hours = ticket.policy.hours
        if status == "hold" and ticket.remaining is not None:
            ticket.resolution_due = due(hours, at, ticket.remaining)
            ticket.remaining = None
        elif status != "hold" and ticket.resolution_due is not None:
            ticket.remaining = left(hours, at, ticket.resolution_due)
            ticket.resolution_due = None
        ticket.status = status
        ticket.replied = True
        ticket.reply_due = None
        ticket.solved_at = at if status == "solved" else None

    def reply_many(self, agent: str, replies: list[tuple[bytes, str]]) -> list[bool]:
        """Which of them were done."""
        if self.standing.get(agent) != "human":
            raise Refused(["desk: caller is no human agent"])
        return [succeeds(lambda one=one: self.reply(agent, *one)) for one in replies]

    def bot_reply(self, agent: str, ticket_id: bytes) -> None:
        """Stops no clock."""
        if self.standing.get(agent) != "bot":
            raise Refused(["desk: caller is no bot"])
        self._in_progress(ticket_id)

    def follow_up(self, sender: str, ticket_id: bytes) -> None:
        """The requester writes again."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            raise Refused(["desk: ticket unknown"])
        if sender != ticket.requester:
            raise Refused(["desk: caller is not the requester"])
        self._in_progress(ticket_id)
        self.reopen(ticket, self.now)

    def reopen(self, ticket: Ticket, at: int) -> None:
        """What a follow-up does."""
        self.check(ticket, at)
        if ticket.status == "open":
            return
        hours = ticket.policy.hours
        next_reply = ticket.target(NEXT_REPLY)
        if ticket.remaining is not None:
            need = max(ticket.remaining, next_reply) if ticket.status == "solved" else ticket.remaining
            ticket.resolution_due = due(hours, at, need)
            ticket.remaining = None
        ticket.status = "open"
        ticket.solved_at = None
        ticket.reply_due = due(hours, at, next_reply)

    # Paying and closing

    def claim(self, ticket_id: bytes, collect: bool = False) -> int:
        """Anyone makes what is breached pay; returns the amount."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None or ticket.status == "closed" or ticket.challenged:
            raise Refused(["desk: nothing to claim"])
        self.check(ticket, self.now)
        kinds = ticket.breached - ticket.compensated
        refuse_if({"desk: nothing to claim": not kinds})
        return self._compensate(ticket, kinds, collect)

    def _compensate(self, ticket: Ticket, kinds: set[str], collect: bool) -> int:
        amount, person, pool = ticket.amount(kinds), ticket.requester, self.pool
        if amount == 0:
            # Kinds that the policy compensates with nothing: there is nothing to pay, and nothing is sent.
            ticket.compensated |= kinds
            return 0
        if not ticket.backed:
            pool.owe(person, amount)
        # Whoever collects takes what was theirs before: this ticket's reserve pays no debt on the way.
        ready = pool.take(person) if collect else 0
        ticket.compensated |= kinds
        if ticket.backed:
            pool.credit(person, amount)
            ready += pool.accounts.pop(person) if collect else 0
        if ready:
            pool.send(person, ready)
        return amount

    def claim_many(self, ticket_ids: list[bytes]) -> list[bool]:
        """Which of them were paid."""
        return [succeeds(lambda one=one: self.claim(one)) for one in ticket_ids]

    def close(self, sender: str, ticket_id: bytes) -> None:
        """Ends a ticket."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            raise Refused(["desk: ticket unknown"])
        if ticket.status == "closed":
            raise Refused(["desk: ticket is closed"])
        refuse_if(
            {
                "desk: ticket cannot be closed yet": sender != ticket.requester
                and not ticket.is_over(self.now),
                "desk: challenge has not ended": ticket.challenged,
                "desk: dispute is open": self.has_open_dispute(ticket_id),
            }
        )
        self.check(ticket, self.now)
        if kinds := ticket.breached - ticket.compensated:
            self._compensate(ticket, kinds, collect=False)
        if ticket.holds_place:
            self.coverages[ticket.requester, ticket.policy_id].used -= 1
            ticket.holds_place = False
        ticket.status = "closed"
        ticket.reply_due = ticket.resolution_due = ticket.remaining = ticket.solved_at = None

    def close_many(self, sender: str, ticket_ids: list[bytes]) -> list[bool]:
        """Which of them were closed."""
        return [succeeds(lambda one=one: self.close(sender, one)) for one in ticket_ids]

    # Panels

    def appoint(self, arbiters: tuple[str, ...], threshold: int) -> int:
        """A panel of its own epoch; it decides nothing before it is adopted."""
        count = len(arbiters)
        addresses = [int(arbiter, 16) for arbiter in arbiters]
        refuse_if(
            {
                "panel: no arbiter": count == 0,
                "panel: threshold out of range": not count / 2 < threshold <= count,
                "panel: arbiters not ascending": addresses != sorted({*addresses} - {0}),
            }
        )
        self.panels[len(self.panels)] = Seats(arbiters, threshold)
        return len(self.panels) - 1

    def propose(self, arbiters: tuple[str, ...], threshold: int) -> int:
        """The operator announces other arbiters."""
        pending = self.proposal is not None and self.now <= self.proposal.usable_until
        refuse_if({"panel: proposal pending": pending})
        epoch = self.appoint(arbiters, threshold)
        self.proposal = Proposal(epoch, self.now + self.pool.notice)
        return epoch

    def cancel_panel(self) -> None:
        """The operator takes the proposal back."""
        refuse_if({"panel: no panel proposed": self.proposal is None})
        self.proposal = None

    def adopt(self) -> None:
        """What is contested from here on is the proposed panel's."""
        if self.proposal is None:
            raise Refused(["panel: no panel proposed"])
        refuse_if(
            {
                "panel: notice still runs": self.now < self.proposal.usable_from,
                "panel: proposal lapsed": self.now > self.proposal.usable_until,
            }
        )
        self.epoch, self.proposal = self.proposal.epoch, None

    # Disputes

    def has_open_dispute(self, ticket_id: bytes) -> bool:
        """Whether a ticket waits for a ruling."""
        return any(one.state == "open" for (of, _), one in self.disputes.items() if of == ticket_id)

    def _decidable(self, ticket_id: bytes, kind: str) -> Ticket:
        ticket = self._in_progress(ticket_id)
        refuse_if(
            {
                "desk: kind unknown": kind not in CONTESTABLE,
                "desk: no reply to contest yet": not ticket.replied and kind != INCIDENT,
                "desk: kind already compensated": kind in ticket.compensated,
            }
        )
        return ticket

    def bond_of(self, ticket_id: bytes, kind: str, amount: int) -> int:
        """What contesting takes."""
        ticket = self.tickets.get(ticket_id)
        if ticket is None:
            return 0
        share = amount * ticket.policy.incident_bond_share // 10_000 if kind == INCIDENT else 0
        return ticket.policy.contest_bond + share

    def contest(
        self, sender: str, ticket_id: bytes, kind: str, amount: int, evidence: bytes, sent: int
    ) -> int:
        """The requester asks the arbiters; `sent` is the value, or for a token what was approved."""
        refuse_if(
            {
                "panel: evidence digest is zero": not any(evidence),
                "panel: kind was contested before": (ticket_id, kind) in self.disputes,
            }
        )
        ticket = self._decidable(ticket_id, kind)
        bond = self.bond_of(ticket_id, kind, amount)
        incident, is_token = kind == INCIDENT, self.pool.is_token
        refuse_if(
            {
                "desk: caller is not the requester": sender != ticket.requester,
                "desk: amount is zero": incident and amount == 0,
                "desk: amount over the incident cap": incident and amount > ticket.policy.incident_cap,
                "desk: amount is not the policy's": not incident and amount != ticket.amount([kind]),
                "pool: value differs from amount": not is_token and sent != bond,
                "pool: asset did not come in": is_token and sent < bond,
            }
        )
        self.check(ticket, self.now)
        ticket.disputed = True
        reserved = min(amount, self.pool.books().free) if incident else 0
        number = len(self.disputes) + 1
        self.disputes[ticket_id, kind] = Dispute(
            number=number,
            epoch=self.epoch,
            rules_until=self.now + ticket.policy.ruling_window,
            asked=amount if incident else 0,
            reserved=reserved,
            evidence=evidence,
            bond=self.pool.take_bond(bond),
        )
        return number

    def _waiting(self, ticket_id: bytes, kind: str) -> Dispute:
        dispute = self.disputes.get((ticket_id, kind))
        if dispute is None:
            raise Refused(["panel: dispute unknown"])
        refuse_if({"panel: dispute was ruled before": dispute.state != "open"})
        return dispute

    def _check_quorum(self, verdict: Verdict, signed: list[tuple[str, bool]], epoch: int) -> None:
        """`signed` says for each arbiter whether the signature is theirs."""
        panel = self.panels[epoch]
        names = [arbiter for arbiter, _ in signed]
        refuse_if(
            {
                "panel: verdict of another epoch": verdict.epoch != epoch,
                "panel: verdict expired": self.now > verdict.deadline,
                "panel: too few signatures": len(names) < max(1, panel.threshold),
                "panel: signatures not ascending": [int(name, 16) for name in names]
                != sorted({int(name, 16) for name in names}),
                "panel: signer is no arbiter": not {*names} <= {*panel.arbiters},
                "panel: signature is not the arbiter's": not all(genuine for _, genuine in signed),
            }
        )

    def submit(self, verdict: Verdict, signed: list[tuple[str, bool]], collect: bool) -> None:
        """Anyone carries a verdict."""
        dispute = self._waiting(verdict.ticket_id, verdict.kind)
        compensation = self.tickets[verdict.ticket_id].amount([verdict.kind])
        incident, upheld = verdict.kind == INCIDENT, verdict.outcome == "upheld"
        refuse_if(
            {
                "panel: verdict on another dispute": verdict.dispute != dispute.number,
                "panel: verdict on other evidence": verdict.evidence != dispute.evidence,
                "panel: ruling window is over": self.now > dispute.rules_until,
                "panel: outcome unknown": verdict.outcome not in ("upheld", "rejected"),
            }
        )
        self._check_quorum(verdict, signed, dispute.epoch)
        refuse_if(
            {
                "panel: amount of a rejection": not upheld and verdict.amount != 0,
                "panel: amount is not what was asked": upheld
                and incident
                and not 0 < verdict.amount <= dispute.asked,
                "panel: amount is not the policy's": upheld
                and not incident
                and verdict.amount != compensation,
            }
        )
        arbiters = {arbiter for arbiter, _ in signed}
        self._rule(verdict.ticket_id, verdict.kind, verdict.outcome, verdict.amount, arbiters, collect)

    def default(self, ticket_id: bytes, kind: str, collect: bool) -> None:
        """The arbiters stayed silent: the requester wins all that it asked."""
        dispute = self._waiting(ticket_id, kind)
        refuse_if({"panel: ruling window still runs": self.now <= dispute.rules_until})
        self._rule(ticket_id, kind, "defaulted", dispute.asked, set(), collect)

    def _rule(
        self, ticket_id: bytes, kind: str, state: str, worth: int, arbiters: set[str], collect: bool
    ) -> None:
        dispute, ticket = self.disputes[ticket_id, kind], self.tickets[ticket_id]
        if state != "rejected":
            self._uphold(ticket, kind)
        # From here on the bond and what was reserved are nobody's; whoever wins gets them back below.
        bond, reserved = dispute.bond, dispute.reserved
        dispute.state, dispute.bond, dispute.uncollected = state, 0, arbiters
        if arbiters:
            dispute.share = min(ticket.policy.fee, bond) // len(arbiters)
        fees = dispute.share * len(arbiters)
        gets = due = 0
        if state != "rejected":
            backed = min(worth, reserved) if kind == INCIDENT else 0
            gets = bond - fees + backed
            due = fees + (worth - backed if kind == INCIDENT else 0)
        self.pool.settle(ticket.requester, gets, due, collect)

    def _uphold(self, ticket: Ticket, kind: str) -> None:
        self.check(ticket, self.now)
        ticket.breached.add(kind)
        if kind == RESOLUTION:
            self.reopen(ticket, self.now)
        if kind == INCIDENT:
            ticket.compensated.add(kind)
        elif kind not in ticket.compensated:
            self._compensate(ticket, {kind}, collect=False)

    def report(self, verdict: Verdict, signed: list[tuple[str, bool]]) -> None:
        """Arbiters found a breach that nobody contested."""
        refuse_if(
            {
                "panel: verdict on a dispute": verdict.dispute != 0,
                "panel: outcome is not upheld": verdict.outcome != "upheld",
                "panel: kind was contested before": (verdict.ticket_id, verdict.kind) in self.disputes,
            }
        )
        self._check_quorum(verdict, signed, self.epoch)
        refuse_if({"desk: kind cannot be reported": verdict.kind == INCIDENT})
        ticket = self._decidable(verdict.ticket_id, verdict.kind)
        refuse_if({"panel: amount is not the policy's": verdict.amount != ticket.amount([verdict.kind])})
        self._uphold(ticket, verdict.kind)

    def collect_fees(self, arbiter: str, names: list[tuple[bytes, str]]) -> int:
        """Anyone has an arbiter's shares sent to it."""
        total = 0
        for name in names:
            dispute = self.disputes.get(name)
            if dispute is not None and arbiter in dispute.uncollected:
                dispute.uncollected.remove(arbiter)
                total += dispute.share
        refuse_if({"panel: no fee to collect": total == 0})
        self.pool.settle(arbiter, total, 0, collect=True)
        return total


def succeeds(event: Callable[[], object]) -> bool:
    """Whether an event is not refused."""
    try:
        event()
    except Refused:
        return False
    return True
