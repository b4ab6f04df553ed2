# SPDX-License-Identifier: Apache-2.0
"""A desk with pool, panel and batch lane under random histories: as the model predicts, and invariants hold.

They are the same ones every time; HYPOTHESIS_PROFILE=long makes many more and longer ones, at random.
"""

import os
from collections.abc import Callable
from copy import deepcopy
from dataclasses import astuple
from typing import Any

import boa
import pytest
from boa import BoaError
from eth_abi import decode, encode
from eth_utils.crypto import keccak
from house import (
    CALENDAR,
    CLOSED,
    DAY,
    ETH,
    FAR,
    HUMAN,
    WEEKDAYS,
    Policy,
    chain_id,
    deploy_house,
    deployer,
    key_pair,
    now,
    travel_to,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from lane_model import LaneDesk
from lane_rules import LaneRules, notes, openings
from messages import follow_up, grant_coverage, open_ticket, sign
from model import (
    CONTESTABLE,
    INCIDENT,
    KINDS,
    STATUSES,
    Dispute,
    Refused,
    Ticket,
    Verdict,
)
from words import ticket_word

PROFILES = {
    "ci": settings(max_examples=40, stateful_step_count=50, derandomize=True),
    "long": settings(max_examples=5_000, stateful_step_count=100),
}

ASSETS = ("ETH", "token", "token with a fee", "token that can be lost")
FEE = 250  # basis points
NOTICE = 30 * DAY
MOST_TICKETS = 12  # so that nobody comes to more than the 32 debts that one call settles
MOST_DISPUTES = 14
LAST_SECOND = FAR - 400 * DAY

CLOCKS = ("reply", "resolution", "contest")
STATES = ("", "open", "upheld", "rejected", "defaulted")
OUTCOMES = {"upheld": 1, "rejected": 2, "undecided": 3}
NO_KIND = "both"  # two kinds at once
KIND_NUMBERS = {kind: 1 << bit for bit, kind in enumerate(CONTESTABLE)} | {NO_KIND: 3}

# Who may sit on a panel; one of them has tickets too.
JUDGES = (*(f"arbiter {number}" for number in range(5)), "second")
# Names and threshold; an operator proposes them ascending by address.
PANELS = (
    (JUDGES[:3], 2),
    (JUDGES[2:], 3),
    (JUDGES, 4),
    (JUDGES[:1], 1),
    (JUDGES[:4], 2),
    ((), 0),
)

# One hour on Monday and one on Thursday, with the week's boundary between.
SELDOM_OPEN = 1 << 23 | 1 << 72
POLICIES = (
    Policy(contest_window=2 * DAY, claim_window=5 * DAY),
    Policy(
        hours=WEEKDAYS,
        targets=((600, 900, 3_600), (3_600, 600, 7_200), (36_000, 1, 36_001), (1, 72_000, 2)),
        compensation=((700, 70, 7), (0, 50, 500), (300, 0, 30), (10, 10, 0)),
        contest_window=3_600,
        challenge_window=7_201,
        ruling_window=2 * DAY,
        claim_window=3_600,
        anchor_lag=600,
        incident_cap=3_000,
        incident_bond_share=1_234,
        contest_bond=400,
        prove_bond=400,
        fee=333,
    ),
    Policy(
        hours=SELDOM_OPEN,
        targets=((1, 3_600, 7_200), (3_600, 3_600, 3_600), (5, 7_201, 14_400), (60, 60, 60)),
        contest_window=NOTICE,
        challenge_window=3 * DAY,
        ruling_window=60 * DAY,
        claim_window=10 * DAY,
        anchor_lag=3_600,
        incident_bond_share=0,
        contest_bond=0,
        prove_bond=0,
        fee=0,
    ),
    Policy(hours=CALENDAR, contest_window=NOTICE + 1),
)

moments = st.sampled_from((("now", 0),) * 4 + tuple((clock, past) for clock in CLOCKS for past in (0, 1)))
late = st.sampled_from((("reply", 1), ("resolution", 1)))
UNKNOWN = 30
picks = st.integers(0, UNKNOWN)
amounts = st.sampled_from((0, 1, 40, 500, 1_300, 5_500, 9_000, 20_000))
priorities = st.integers(0, 3)
agents = st.sampled_from(("human", "human", "human", "second human", "second human", "bot", "stranger"))
requesters = st.sampled_from(("first", "first", "second", "refuser"))
signers = st.sampled_from(("first", "second"))
kinds = st.sampled_from((*CONTESTABLE * 3, "incident", "incident", NO_KIND))
defects = st.sampled_from(
    ("none",) * 20
    + ("other dispute", "other evidence", "other epoch", "expired", "one short", "unsorted", "twice")
    + ("a stranger", "forged", "today's panel", "another amount", "undecided")
)
verdicts = st.tuples(
    picks, st.sampled_from(("upheld", "rejected")), st.sampled_from((0, 0, 1, 700)), st.booleans()
)
digests = st.integers(1, 25).map(lambda number: number.to_bytes(32, "big"))
waits = st.sampled_from((0, 1, 59, 600, 3_600, 5 * 3_600, DAY, 4 * DAY))


class DeskMachine(LaneRules, RuleBasedStateMachine):
    """One desk, its people, and the model beside it."""

    def __init__(self) -> None:
        super().__init__()
        self.anchor = boa.env.anchor()
        self.anchor.__enter__()
        boa.env.sha3_trace.clear()
        self.is_looked_at = False  # since anything happened

    def teardown(self) -> None:
        """Put the chain back."""
        self.anchor.__exit__(None, None, None)

    # ------------------------------------------------------------ the beginning

    @initialize(
        asset=st.sampled_from(ASSETS),
        published=st.integers(1, 3),
        funds=st.sampled_from((6_000, 0, 1_300, 12_000, 6_500)),
        places=st.integers(1, 5),
        opened=st.lists(
            st.tuples(
                requesters, st.integers(0, 2), priorities, st.sampled_from(STATUSES[1:2] + STATUSES[1:5])
            ),
            min_size=2,
            max_size=6,
        ),
        batch=st.tuples(st.lists(openings, min_size=1, max_size=3), st.lists(notes, max_size=4)),
        proven=st.lists(picks, max_size=2),
        contested=st.lists(st.tuples(picks, kinds, amounts), max_size=5),
        waited=st.sampled_from((0, 5 * 3_600, 4 * DAY)),
        next_panel=st.sampled_from((None, *PANELS[:4])),
        ruled=st.lists(verdicts, max_size=3),
    )
    def begin(
        self,
        asset: str,
        published: int,
        funds: int,
        places: int,
        opened: list[tuple[str, int, int, str]],
        batch: tuple[list[tuple[str, int, bytes, int]], list[tuple[int, int, str, int, int]]],
        proven: list[int],
        contested: list[tuple[int, str, int]],
        waited: int,
        next_panel: tuple[tuple[str, ...], int] | None,
        ruled: list[tuple[int, str, int, bool]],
    ) -> None:
        """A desk with policies, agents, covered requesters, some funds, some tickets and disputes."""
        self.can_lose = asset == "token that can be lost"
        self.house = house = deploy_house(asset=asset_of(asset), notice=NOTICE, policy=POLICIES[0], funds=0)
        self.keys = {name: key_pair(name) for name in ("operator", "first", "second", "second human")}
        self.judges = {key.address: key for key in (*house.arbiters, self.keys["second"])}
        self.domain = keccak(
            encode(
                ["bytes32", "bytes32", "bytes32", "uint256", "address"],
                [DOMAIN_TYPE, keccak(text="Makegood"), keccak(text="1"), chain_id(), house.panel.address],
            )
        )
        self.people = {
            "human": house.human,
            "bot": house.bot,
            "stranger": house.stranger,
            "refuser": deployer("mocks/RevertsOnReceive").deploy().address,
            "barred till": deployer("mocks/RevertsOnReceive").deploy().address,
            "till": boa.env.generate_address("till"),
            "keeper": boa.env.generate_address("keeper"),
        } | {name: key.address for name, key in self.keys.items()}
        self.people |= {f"arbiter {number}": key.address for number, key in enumerate(house.arbiters)}
        house.directory.transfer_ownership(self.people["operator"], sender=house.operator)
        house.directory.accept_ownership(sender=self.people["operator"])
        house.operator = self.people["operator"]
        house.register(self.keys["second human"], HUMAN, FAR)

        self.model = LaneDesk(asset != "ETH", FEE if asset == "token with a fee" else 0, NOTICE)
        self.model.now = now()
        self.model.publish(POLICIES[0])
        self.model.appoint_agents({house.human: "human", house.bot: "bot"})
        self.model.appoint_agents({self.people["second human"]: "human"})
        self.model.allowances = {house.human: 10**9}
        self.model.grant(house.requester, 1, 0, 100, FAR)
        self.model.epoch = self.model.appoint(tuple(key.address for key in house.arbiters), 3)
        if asset == "ETH":
            self.model.pool.refusers = {self.people["refuser"], self.people["barred till"]}
        self.seen: dict[bytes, dict[str, int]] = {}
        self.judged: dict[tuple[bytes, str], Any] = {}
        # Of bonds that were not taken, and what was won in disputes: bonds, incidents and fees.
        self.pockets: dict[str, int] = {}
        self.won: dict[str, int] = {}
        for policy in POLICIES[1:published]:
            self.publish("operator", policy)
        self.fund("operator", funds)
        for name in ("first", "second"):
            self.grant("operator", name, 0, 0, places, FAR - now())
        if next_panel:
            self.propose_panel("operator", next_panel)
            self.travel(self.model.proposal.usable_from - 60)
        for number, (name, policy, priority, status) in enumerate(opened):
            self.open_for("human", name, policy, priority, bytes([number + 1] * 32))
            if status != "open":
                self.reply("human", number, status, b"\1" * 32, ("now", 0))
        self.set_allowance("operator", "second human", 20_000)
        self.begin_lane(*batch, proven, is_funded=places > 1)
        if contested:
            self.contest(contested, "none", b"\1" * 32, ("now", 0))
        if next_panel:
            # What was contested before keeps the panel that it began with.
            self.adopt_panel("operator", "first")
        # Some of what is contested is breached by the clock meanwhile.
        self.wait(waited)
        if self.model.disputes and ruled:
            self.submit_verdicts(ruled, [4, 2, 0, 1, 3, 5], 0, "none", "now", claimed=True)

    # ------------------------------------------------------------ money comes in

    @rule(who=st.sampled_from(("operator", "stranger")), amount=amounts)
    def fund(self, who: str, amount: int) -> None:
        """Anyone adds to the funds."""
        house, sender = self.house, self.people[who]
        if house.asset == ETH:
            boa.env.set_balance(sender, boa.env.get_balance(sender) + amount)
        else:
            house.asset.mint(sender, amount)
            house.asset.approve(house.pool.address, amount, sender=sender)
        value = amount if house.asset == ETH else 0
        self.happens(
            lambda: self.model.pool.fund(amount),
            lambda: house.pool.fund(amount, value=value, sender=sender),
        )

    @rule(amount=amounts)
    def force_feed(self, amount: int) -> None:
        """Money comes in past the pool's functions."""
        house = self.house
        if house.asset == ETH:
            boa.env.set_balance(house.pool.address, boa.env.get_balance(house.pool.address) + amount)
        else:
            house.asset.mint(house.pool.address, amount)
        self.model.pool.force_feed(amount)
        self.is_looked_at = False

    @precondition(lambda self: self.can_lose)
    @rule(amount=amounts)
    def lose(self, amount: int) -> None:
        """The token takes some of the balance away."""
        lost = min(amount, self.model.pool.balance)
        self.house.asset.confiscate(self.house.pool.address, lost)
        self.model.pool.lose(lost)
        self.is_looked_at = False

    @precondition(lambda self: self.model.pool.balance != self.model.pool.funds)
    @rule()
    def sync(self) -> None:
        """Anyone makes the books equal to the balance."""
        self.happens(self.model.pool.sync, lambda: self.house.pool.sync(sender=self.people["stranger"]))

    # ------------------------------------------------------------ time

    @rule(seconds=waits)
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.travel(self.model.now + seconds)

    @rule(pick=picks, past=st.sampled_from((-1, 0, 1)))
    def wait_for_an_edge(self, pick: int, past: int) -> None:
        """To a second at which a rule changes, or one beside it."""
        edges = {self.model.now}
        for ticket in self.model.tickets.values():
            edges |= {ticket.reply_due or 0, ticket.resolution_due or 0}
            edges.add(ticket.solved_at + ticket.policy.contest_window if ticket.solved_at else 0)
        edges |= {dispute.rules_until for dispute in self.model.disputes.values() if dispute.state == "open"}
        if proposal := self.model.proposal:
            edges |= {proposal.usable_from, proposal.usable_until}
        if announced := self.model.pool.announced:
            edges |= {announced.usable_from, announced.usable_until}
        edges |= self.lane_edges()
        edges |= {coverage.until for coverage in self.model.coverages.values()}
        ahead = sorted(edge for edge in edges if edge >= self.model.now)
        self.travel(ahead[pick % len(ahead)] + past)

    def at(self, ticket_id: bytes, moment: tuple[str, int]) -> None:
        """To a ticket's due second or the end of its contest window, or a second past it, if ahead."""
        clock, past = moment
        if ticket := self.model.tickets.get(ticket_id):
            solved_at, window = ticket.solved_at, ticket.policy.contest_window
            edge = {
                "now": None,
                "reply": ticket.reply_due,
                "resolution": ticket.resolution_due,
                "contest": solved_at and solved_at + window,
            }[clock]
            self.travel((edge or 0) + past)

    def travel(self, at: int) -> None:
        """Moves the time, never back, and not where the test's policies would end."""
        if self.model.now < at < LAST_SECOND:
            travel_to(at)
            self.model.now = at
            self.is_looked_at = False

    # ------------------------------------------------------------ operator

    @precondition(lambda self: len(self.model.policies) < 5)
    @rule(who=st.sampled_from(("operator", "stranger")), policy=st.sampled_from(POLICIES))
    def publish(self, who: str, policy: Policy) -> None:
        """A further version, with other hours and amounts."""
        self.happens(
            self.only_operator(who, "desk", lambda: self.model.publish(policy)),
            lambda: self.house.desk.publish_policy(
                policy.on_chain(), "further", "", b"\0" * 32, sender=self.people[who]
            ),
        )

    @rule(
        who=st.sampled_from(("operator", "operator", "operator", "stranger")),
        holder=requesters,
        pick=picks,
        priority=priorities,
        places=st.integers(0, 3),
        seconds=st.sampled_from((-1, 0, 3_600, 10 * DAY, 400 * DAY)),
    )
    def grant(self, who: str, holder: str, pick: int, priority: int, places: int, seconds: int) -> None:
        """Coverage."""
        given = (self.people[holder], self.a_policy(pick), priority, places, self.model.now + seconds)
        self.happens(
            self.only_operator(who, "desk", lambda: self.model.grant(*given)),
            lambda: self.house.desk.grant_coverage(*given, sender=self.people[who]),
        )
        self.coverage_agrees(given[0], given[1])

    @rule(
        signer=st.sampled_from(("operator", "operator", "first")),
        holder=requesters,
        pick=picks,
        priority=priorities,
        places=st.integers(0, 3),
        days=st.integers(0, 20),
        late=st.sampled_from((0, 0, 1)),
    )
    def redeem(
        self, signer: str, holder: str, pick: int, priority: int, places: int, days: int, late: int
    ) -> None:
        """Coverage by a voucher."""
        until = self.model.now + days * DAY
        given = (self.people[holder], self.a_policy(pick), priority, places, until)
        deadline = self.model.now - late
        fields = dict(zip(("holder", "policy_id", "priority", "places", "until"), given, strict=True))
        signature = sign(self.keys[signer], grant_coverage(self.house, **fields, deadline=deadline))
        self.happens(
            self.signed(signer == "operator", late, lambda: self.model.grant(*given)),
            lambda: self.house.desk.redeem_coverage(
                *given, deadline, signature, sender=self.people["stranger"]
            ),
        )
        self.coverage_agrees(given[0], given[1])

    @rule(who=st.sampled_from(("operator", "operator", "stranger")), agent=agents, amount=amounts)
    def set_allowance(self, who: str, agent: str, amount: int) -> None:
        """How much an agent may still bind."""
        address = self.people[agent]
        self.happens(
            self.only_operator(who, "desk", lambda: self.model.allowances.update({address: amount})),
            lambda: self.house.desk.set_allowance(address, amount, sender=self.people[who]),
        )

    @precondition(lambda self: self.people["second human"] in self.model.standing)
    @rule()
    def revoke(self) -> None:
        """The second human is no agent any more."""
        agent = self.people["second human"]
        self.happens(
            lambda: self.model.revoke(agent),
            lambda: self.house.directory.revoke_agent(agent, sender=self.people["operator"]),
        )

    @rule(who=st.sampled_from(("operator", "operator", "stranger")), amount=amounts)
    def announce(self, who: str, amount: int) -> None:
        """A withdrawal is announced."""
        self.happens(
            self.only_operator(who, "pool", lambda: self.model.pool.announce(self.model.now, amount)),
            lambda: self.house.pool.announce_withdrawal(amount, sender=self.people[who]),
        )

    @precondition(lambda self: self.model.pool.announced)
    @rule(who=st.sampled_from(("operator", "stranger", "stranger")))
    def cancel(self, who: str) -> None:
        """An announcement is taken back."""
        self.happens(
            self.only_operator(who, "pool", self.model.pool.cancel),
            lambda: self.house.pool.cancel_withdrawal(sender=self.people[who]),
        )

    @rule(
        who=st.sampled_from(("operator",) * 5 + ("stranger",)),
        amount=amounts,
        all_of_it=st.booleans(),
        to=st.sampled_from(("till", "till", "barred till")),
        moment=st.sampled_from(("now", "early", "first", "first", "last", "late")),
    )
    def withdraw(self, who: str, amount: int, all_of_it: bool, to: str, moment: str) -> None:
        """Free funds alone leave."""
        pool, model = self.house.pool, self.model.pool
        asked, account = amount, self.people[to]
        if announced := model.announced:
            first, last = announced.usable_from, announced.usable_until
            self.travel({"early": first - 1, "first": first, "last": last, "late": last + 1}.get(moment, 0))
            asked = min(announced.amount, model.books().free) if all_of_it else amount
        before = pool.books()
        if self.happens(
            self.only_operator(who, "pool", lambda: model.withdraw(self.model.now, asked, account)),
            lambda: pool.withdraw(asked, account, sender=self.people[who]),
        ):
            assert asked <= before.free, "only free funds leave by withdrawal"
            assert pool.books()[1:5] == before[1:5] or self.can_lose, "and nobody's share moves"

    # ------------------------------------------------------------ tickets

    @precondition(lambda self: len(self.model.tickets) < MOST_TICKETS)
    @rule(who=requesters, pick=picks, priority=priorities, commitment=digests)
    def open(self, who: str, pick: int, priority: int, commitment: bytes) -> None:
        """By the requester."""
        sender, policy_id = self.people[who], self.a_covered_policy(self.people[who], pick)
        ticket_id = self.house.ticket_id(0, sender, commitment)
        self.happens(
            lambda: self.model.open(ticket_id, sender, policy_id, priority),
            lambda: self.house.desk.open_ticket(policy_id, priority, commitment, sender=sender),
        )
        self.coverage_agrees(sender, policy_id)

    @precondition(lambda self: len(self.model.tickets) < MOST_TICKETS)
    @rule(who=requesters, pick=picks, priority=priorities, short=st.sampled_from((0, 1)), commitment=digests)
    def open_for_the_last_of_the_funds(
        self, who: str, pick: int, priority: int, short: int, commitment: bytes
    ) -> None:
        """Funds back one more ticket and no other, or miss it by one unit."""
        policy = self.model.policies[pick % len(self.model.policies)]
        books = self.model.pool.books()
        missing = policy.worst_case(priority) + books.debt - books.free
        self.fund("stranger", max(0, missing - short))
        self.open_for("human", who, self.model.policies.index(policy), priority, commitment)

    @precondition(lambda self: len(self.model.tickets) < MOST_TICKETS)
    @rule(agent=agents, who=requesters, pick=picks, priority=priorities, commitment=digests)
    def open_for(self, agent: str, who: str, pick: int, priority: int, commitment: bytes) -> None:
        """By an agent for somebody."""
        sender, requester, policy_id = self.people[agent], self.people[who], self.a_policy(pick)
        ticket_id = self.house.ticket_id(1, requester, commitment)
        self.happens(
            lambda: self.model.open_for(ticket_id, sender, requester, policy_id, priority),
            lambda: self.house.desk.open_ticket_for(
                requester, policy_id, priority, commitment, sender=sender
            ),
        )

    @precondition(lambda self: len(self.model.tickets) < MOST_TICKETS)
    @rule(
        who=signers,
        forged=st.sampled_from((False, False, False, True)),
        pick=picks,
        priority=priorities,
        commitment=digests,
        late=st.sampled_from((0, 0, 0, 1)),
    )
    def open_signed(
        self, who: str, forged: bool, pick: int, priority: int, commitment: bytes, late: int
    ) -> None:
        """Anyone carries the requester's signature."""
        requester, deadline = self.people[who], self.model.now - late
        policy_id = self.a_covered_policy(requester, pick)
        ticket_id = self.house.ticket_id(0, requester, commitment)
        message = open_ticket(
            self.house,
            requester=requester,
            policy_id=policy_id,
            priority=priority,
            commitment=commitment,
            deadline=deadline,
        )
        signature = sign(self.keys["operator" if forged else who], message)
        self.happens(
            self.signed(not forged, late, lambda: self.model.open(ticket_id, requester, policy_id, priority)),
            lambda: self.house.desk.open_ticket_signed(
                requester,
                policy_id,
                priority,
                commitment,
                deadline,
                signature,
                sender=self.people["stranger"],
            ),
        )
        self.coverage_agrees(requester, policy_id)

    @rule(
        agent=agents,
        pick=picks,
        status=st.sampled_from(STATUSES[2:5] * 3 + STATUSES),
        digest=digests,
        moment=moments,
    )
    def reply(self, agent: str, pick: int, status: str, digest: bytes, moment: tuple[str, int]) -> None:
        """An agent replies."""
        sender, ticket_id = self.people[agent], self.a_ticket(pick)
        self.at(ticket_id, moment)
        self.happens(
            lambda: self.model.reply(sender, ticket_id, status),
            lambda: self.house.desk.reply(ticket_id, STATUSES.index(status), digest, sender=sender),
        )

    @rule(
        agent=st.sampled_from(("human", "second human", "bot")),
        items=st.lists(st.tuples(picks, st.sampled_from(STATUSES[2:5])), min_size=1, max_size=4),
        digest=digests,
    )
    def reply_many(self, agent: str, items: list[tuple[int, str]], digest: bytes) -> None:
        """Many replies, of which some do not apply."""
        sender = self.people[agent]
        replies = [(self.a_ticket(pick), status) for pick, status in items]
        self.happens(
            lambda: bits(self.model.reply_many(sender, replies)),
            lambda: self.house.desk.reply_many(
                [(ticket_id, STATUSES.index(status), digest) for ticket_id, status in replies], sender=sender
            ),
        )

    @rule(agent=agents, pick=picks, digest=digests)
    def bot_reply(self, agent: str, pick: int, digest: bytes) -> None:
        """A bot stops no clock."""
        sender, ticket_id = self.people[agent], self.a_ticket(pick)
        self.happens(
            lambda: self.model.bot_reply(sender, ticket_id),
            lambda: self.house.desk.bot_reply(ticket_id, digest, sender=sender),
        )

    @rule(pick=picks, stranger=st.sampled_from((False,) * 5 + (True,)), digest=digests, moment=moments)
    def follow_up(self, pick: int, stranger: bool, digest: bytes, moment: tuple[str, int]) -> None:
        """The requester writes again."""
        ticket_id = self.a_ticket(pick)
        self.at(ticket_id, moment)
        sender = self.people["stranger"] if stranger else self.requester_of(ticket_id)
        self.happens(
            lambda: self.model.follow_up(sender, ticket_id),
            lambda: self.house.desk.follow_up(ticket_id, digest, sender=sender),
        )

    @precondition(lambda self: self.signed_for())
    @rule(
        pick=picks,
        forged=st.sampled_from((False, False, False, True)),
        digest=digests,
        ahead=st.sampled_from((0, 0, 0, 1)),
        late=st.sampled_from((0, 0, 0, 1)),
    )
    def follow_up_signed(self, pick: int, forged: bool, digest: bytes, ahead: int, late: int) -> None:
        """Anyone carries the requester's follow-up, once, in its order."""
        ticket_id, signer = self.signed_for()[pick % len(self.signed_for())]
        ticket = self.model.tickets[ticket_id]
        nonce, deadline = ticket.follow_ups_signed + ahead, self.model.now - late
        message = follow_up(self.house, ticket_id=ticket_id, digest=digest, nonce=nonce, deadline=deadline)
        signature = sign(self.keys["operator" if forged else signer], message)
        genuine = not forged and not ahead
        if self.happens(
            self.signed(genuine, late, lambda: self.model.follow_up(ticket.requester, ticket_id)),
            lambda: self.house.desk.follow_up_signed(
                ticket_id, digest, deadline, signature, sender=self.people["stranger"]
            ),
        ):
            self.model.tickets[ticket_id].follow_ups_signed += 1
        assert self.house.desk.follow_up_nonce(ticket_id) == self.model.tickets[ticket_id].follow_ups_signed

    # ------------------------------------------------------------ panels

    @rule(
        who=st.sampled_from(("operator", "operator", "operator", "stranger")), panel=st.sampled_from(PANELS)
    )
    def propose_panel(self, who: str, panel: tuple[tuple[str, ...], int]) -> None:
        """The operator announces other arbiters."""
        names, threshold = panel
        arbiters = tuple(sorted((self.people[name] for name in names), key=lambda one: int(one, 16)))
        self.happens(
            self.only_operator(who, "panel", lambda: self.model.propose(arbiters, threshold)),
            lambda: self.house.panel.propose_panel(arbiters, threshold, sender=self.people[who]),
        )
        self.panels_agree()

    @precondition(lambda self: self.model.proposal)
    @rule(who=st.sampled_from(("operator", "stranger", "stranger")))
    def cancel_panel(self, who: str) -> None:
        """A proposal is taken back."""
        self.happens(
            self.only_operator(who, "panel", self.model.cancel_panel),
            lambda: self.house.panel.cancel_panel(sender=self.people[who]),
        )
        self.panels_agree()

    @rule(
        who=st.sampled_from(("operator",) * 5 + ("stranger",)),
        moment=st.sampled_from(("now", "early", "first", "first", "last", "late")),
    )
    def adopt_panel(self, who: str, moment: str) -> None:
        """The proposed panel decides what is contested from here on."""
        if proposal := self.model.proposal:
            first, last = proposal.usable_from, proposal.usable_until
            self.travel({"early": first - 1, "first": first, "last": last, "late": last + 1}.get(moment, 0))
        self.happens(
            self.only_operator(who, "panel", self.model.adopt),
            lambda: self.house.panel.adopt_panel(sender=self.people[who]),
        )
        self.panels_agree()

    # ------------------------------------------------------------ disputes

    @precondition(lambda self: len(self.model.disputes) < MOST_DISPUTES)
    @rule(
        items=st.lists(st.tuples(picks, kinds, amounts), min_size=1, max_size=3),
        flaw=st.sampled_from(("none",) * 8 + ("a stranger", "amount", "short", "more", "no evidence")),
        evidence=digests,
        moment=moments,
    )
    def contest(
        self, items: list[tuple[int, str, int]], flaw: str, evidence: bytes, moment: tuple[str, int]
    ) -> None:
        """The requester asks the arbiters, about one kind after the other."""
        self.at(self.a_replied_ticket(items[0][0]), moment)
        for pick, kind, asked in items:
            ticket_id = self.a_replied_ticket(pick)
            sender = self.people["stranger"] if flaw == "a stranger" else self.requester_of(ticket_id)
            amount = self.worth(ticket_id, kind, asked) + (flaw == "amount")
            bond = self.model.bond_of(ticket_id, kind, amount)
            sent = {"short": max(0, bond - 1), "more": bond + 1}.get(flaw, bond)
            digest = b"\0" * 32 if flaw == "no evidence" else evidence
            self.contested(sender, ticket_id, kind, amount, digest, sent)
            self.holds()

    def contested(
        self, sender: str, ticket_id: bytes, kind: str, amount: int, evidence: bytes, sent: int
    ) -> None:
        """One kind, for which the sender has just the bond."""
        house = self.house
        if house.asset == ETH:
            boa.env.set_balance(sender, boa.env.get_balance(sender) + sent)
        else:
            house.asset.mint(sender, sent)
            house.asset.approve(house.pool.address, sent, sender=sender)
        value = sent if house.asset == ETH else 0
        free = house.pool.free()
        taken = 0
        if self.happens(
            lambda: self.model.contest(sender, ticket_id, kind, amount, evidence, sent),
            lambda: house.panel.contest(
                ticket_id, KIND_NUMBERS[kind], amount, evidence, value=value, sender=sender
            ),
        ):
            taken = self.model.bond_of(ticket_id, kind, amount)
            shown = house.panel.dispute(ticket_id, KIND_NUMBERS[kind])
            assert shown.reserved == (min(amount, free) if kind == INCIDENT else 0)
            assert house.pool.free() == free - shown.reserved, "a bond is nobody's free funds"
        self.pockets[sender] = self.pockets.get(sender, 0) + sent - taken

    @precondition(lambda self: self.model.disputes)
    @rule(
        items=st.lists(verdicts, min_size=1, max_size=3),
        seats=st.permutations(range(6)),
        more=st.integers(0, 2),
        defect=defects,
        moment=st.sampled_from(("now", "now", "now", "last", "late")),
        claimed=st.booleans(),
    )
    def submit_verdicts(
        self,
        items: list[tuple[int, str, int, bool]],
        seats: list[int],
        more: int,
        defect: str,
        moment: str,
        claimed: bool,
    ) -> None:
        """Anyone carries what enough arbiters signed, or something that is not quite it."""
        for pick, outcome, less, collect in items:
            name, dispute = self.a_dispute(pick)
            self.at_the_end_of(dispute, moment)
            if claimed:
                self.claimed(name[0], False)
            verdict = self.a_verdict(name, dispute, outcome, less, defect)
            epoch = self.model.epoch if defect == "today's panel" else dispute.epoch
            signers = self.signers(epoch, seats, more - (defect == "one short") * 9)
            self.submitted(verdict, *self.sign_verdict(verdict, signers, defect), collect)
            self.holds()

    def a_verdict(
        self, name: tuple[bytes, str], dispute: Dispute, outcome: str, less: int, defect: str
    ) -> Verdict:
        """On a dispute, with at most one defect."""
        ticket_id, kind = name
        amount = max(1, dispute.asked - less) if kind == INCIDENT else self.worth(ticket_id, kind, 0)
        return Verdict(
            ticket_id=ticket_id,
            kind=kind,
            outcome="undecided" if defect == "undecided" else outcome,
            amount=(amount if outcome == "upheld" else 0) + 20_000 * (defect == "another amount"),
            evidence=b"\6" * 32 if defect == "other evidence" else dispute.evidence,
            dispute=dispute.number + (defect == "other dispute"),
            epoch=dispute.epoch + (defect == "other epoch"),
            deadline=self.model.now - (defect == "expired"),
        )

    def submitted(
        self,
        verdict: Verdict,
        signed: list[tuple[str, bool]],
        signatures: list[tuple[str, bytes]],
        collect: bool,
    ) -> None:
        """A stranger carries it."""
        panel = self.house.panel
        before = panel.dispute(verdict.ticket_id, KIND_NUMBERS[verdict.kind])
        if self.happens(
            lambda: self.model.submit(verdict, signed, collect),
            lambda: panel.submit_verdict(
                on_chain(verdict), signatures, collect, sender=self.people["stranger"]
            ),
        ):
            arbiters = panel.panel(before.epoch).arbiters
            assert self.model.now <= before.rules_until, "past its ruling window only the default counts"
            assert {arbiter for arbiter, _ in signed} <= {*arbiters}
            assert len(signed) * 2 > len(arbiters)
            if verdict.outcome == "upheld":
                incident = verdict.amount if verdict.kind == INCIDENT else 0
                self.wins(self.requester_of(verdict.ticket_id), before.bond + incident)

    @precondition(lambda self: self.model.disputes)
    @rule(
        pick=picks,
        collect=st.booleans(),
        moment=st.sampled_from(("now", "last", "late", "late", "late")),
    )
    def rule_by_default(self, pick: int, collect: bool, moment: str) -> None:
        """The arbiters stayed silent, or still have time."""
        (ticket_id, kind), dispute = self.a_dispute(pick)
        self.at_the_end_of(dispute, moment)
        before = self.house.panel.dispute(ticket_id, KIND_NUMBERS[kind])
        if self.happens(
            lambda: self.model.default(ticket_id, kind, collect),
            lambda: self.house.panel.rule_by_default(
                ticket_id, KIND_NUMBERS[kind], collect, sender=self.people["stranger"]
            ),
        ):
            assert self.model.now > before.rules_until
            self.wins(self.requester_of(ticket_id), before.bond + before.amount)

    @rule(
        pick=picks,
        kind=kinds,
        seats=st.permutations(range(6)),
        more=st.integers(0, 1),
        defect=defects,
        moment=moments,
    )
    def report_breach(
        self,
        pick: int,
        kind: str,
        seats: list[int],
        more: int,
        defect: str,
        moment: tuple[str, int],
    ) -> None:
        """Arbiters report what nobody contested."""
        ticket_id = self.a_replied_ticket(pick)
        self.at(ticket_id, moment)
        verdict = Verdict(
            ticket_id=ticket_id,
            kind=kind,
            outcome="rejected" if defect == "undecided" else "upheld",
            amount=self.worth(ticket_id, kind, 500) + (defect == "another amount"),
            evidence=b"\5" * 32,
            dispute=int(defect == "other dispute"),
            epoch=self.model.epoch + (defect == "other epoch"),
            deadline=self.model.now - (defect == "expired"),
        )
        signers = self.signers(self.model.epoch, seats, more - (defect == "one short") * 9)
        signed, signatures = self.sign_verdict(verdict, signers, defect)
        self.happens(
            lambda: self.model.report(verdict, signed),
            lambda: self.house.panel.report_breach(
                on_chain(verdict), signatures, sender=self.people["stranger"]
            ),
        )

    @precondition(lambda self: any(one.uncollected for one in self.model.disputes.values()))
    @rule(
        who=st.sampled_from(JUDGES),
        pick=picks,
        all_of_them=st.booleans(),
        owed=st.sampled_from((True, True, False)),
    )
    def collect_fees(self, who: str, pick: int, all_of_them: bool, owed: bool) -> None:
        """Anyone has an arbiter's fees sent, naming each dispute twice or one of them once."""
        waiting = sorted({one for dispute in self.model.disputes.values() for one in dispute.uncollected})
        arbiter = waiting[pick % len(waiting)] if owed else self.people[who]
        names = [*self.model.disputes, (b"\7" * 32, INCIDENT)]
        names = names + names if all_of_them else [self.a_dispute(pick)[0]]
        fees = self.model.collect_fees
        total = sum(
            self.model.disputes[name].share
            for name in {*names} & {*self.model.disputes}
            if arbiter in self.model.disputes[name].uncollected
        )
        if self.happens(
            lambda: fees(arbiter, names),
            lambda: self.house.panel.collect_fees(
                arbiter,
                [(ticket_id, KIND_NUMBERS[kind]) for ticket_id, kind in names],
                sender=self.people["stranger"],
            ),
        ):
            self.wins(arbiter, total)

    # ------------------------------------------------------------ paying

    @rule(
        items=st.lists(st.tuples(picks, st.booleans()), min_size=1, max_size=5),
        moment=st.one_of(moments, late, late),
    )
    def claim(self, items: list[tuple[int, bool]], moment: tuple[str, int]) -> None:
        """Anyone makes breaches pay, one after the other, some of them at once."""
        self.at(self.a_ticket(items[0][0]), moment)
        for pick, collect in items:
            ticket_id = self.a_ticket(pick)
            self.claimed(ticket_id, collect)
            self.holds()

    def claimed(self, ticket_id: bytes, collect: bool) -> None:
        """One claim by a stranger."""
        self.happens(
            lambda: self.model.claim(ticket_id, collect),
            lambda: self.house.desk.claim(ticket_id, collect, sender=self.people["stranger"]),
        )

    @rule(items=st.lists(picks, min_size=1, max_size=4))
    def claim_many(self, items: list[int]) -> None:
        """Many claims, of which some do not apply."""
        ticket_ids = [self.a_ticket(pick) for pick in items]
        self.happens(
            lambda: bits(self.model.claim_many(ticket_ids)),
            lambda: self.house.desk.claim_many(ticket_ids, sender=self.people["stranger"]),
        )

    @rule(pick=picks, by_requester=st.sampled_from((True, False, False)), moment=moments)
    def close(self, pick: int, by_requester: bool, moment: tuple[str, int]) -> None:
        """A ticket ends."""
        ticket_id = self.a_ticket(pick)
        self.at(ticket_id, moment)
        sender = self.requester_of(ticket_id) if by_requester else self.people["stranger"]
        self.happens(
            lambda: self.model.close(sender, ticket_id),
            lambda: self.house.desk.close(ticket_id, sender=sender),
        )
        if ticket := self.model.tickets.get(ticket_id):
            self.coverage_agrees(ticket.requester, ticket.policy_id)

    @rule(
        items=st.lists(picks, min_size=1, max_size=4), who=st.sampled_from(("stranger", "first", "refuser"))
    )
    def close_many(self, items: list[int], who: str) -> None:
        """Many tickets, of which some cannot be closed."""
        sender = self.people[who]
        ticket_ids = [self.a_ticket(pick) for pick in items]
        self.happens(
            lambda: bits(self.model.close_many(sender, ticket_ids)),
            lambda: self.house.desk.close_many(ticket_ids, sender=sender),
        )
        for ticket_id in {*ticket_ids} & {*self.model.tickets}:
            ticket = self.model.tickets[ticket_id]
            self.coverage_agrees(ticket.requester, ticket.policy_id)

    @precondition(lambda self: self.creditors())
    @rule(pick=st.integers(0, 2), anyone=st.booleans())
    def collect(self, pick: int, anyone: bool) -> None:
        """Anyone has somebody's money sent."""
        people = (
            [self.people[name] for name in ("first", "second", "refuser")] if anyone else self.creditors()
        )
        person = people[pick % len(people)]
        self.happens(
            lambda: self.model.pool.collect(person),
            lambda: self.house.pool.collect(person, sender=self.people["stranger"]),
        )

    # ------------------------------------------------------------ after every step

    @invariant()
    def holds(self) -> None:
        """The chain is as predicted, and keeps its promises whatever was predicted.

        A refused call changes nothing, on any chain: what was looked at before it need not be again.
        """
        if self.is_looked_at:
            return
        self.is_looked_at = True
        pool = self.house.pool
        words = {ticket_id: self.house.desk.ticket_word(ticket_id) for ticket_id in self.model.tickets}
        books = pool.books()
        accounts = {
            person: (self.balance(person), pool.collectable(person), pool.owed(person) if books.debt else 0)
            for person in self.creditors()
        }
        shown = {
            (ticket_id, kind): self.house.panel.dispute(ticket_id, KIND_NUMBERS[kind])
            for ticket_id, kind in self.model.disputes
        }
        aside = self.lane_is_as_predicted()
        self.tickets_are_as_predicted(words)
        self.money_is_as_predicted(books, accounts)
        self.disputes_are_as_predicted(shown)
        self.no_ticket_forgets(words)
        self.no_ruling_is_undone(shown)
        self.every_unit_is_accounted_for(books, accounts, aside)

    def tickets_are_as_predicted(self, words: dict[bytes, int]) -> None:
        """Status, due dates, breaches, compensation of each ticket; what agents may still bind."""
        for ticket_id, ticket in self.model.tickets.items():
            assert words[ticket_id] == word_of(ticket)
        for agent, allowance in self.model.allowances.items():
            assert self.house.desk.allowance(agent) == allowance

    def money_is_as_predicted(self, books: Any, accounts: dict[str, tuple[int, int, int]]) -> None:
        """The books, and what each requester has, can collect and is owed: debts strictly in order."""
        model = self.model.pool
        assert tuple(books) == astuple(model.books())
        assert self.balance(self.house.pool.address) == model.balance
        for person, account in accounts.items():
            has = model.received.get(person, 0) + self.pockets.get(person, 0)
            assert account == (has, model.collectable(person), model.owed(person))

    def disputes_are_as_predicted(self, shown: dict[tuple[bytes, str], Any]) -> None:
        """Each with its bond, or what its signers have left to collect."""
        for name, dispute in self.model.disputes.items():
            one = shown[name]
            assert (one.number, STATES[one.state], one.epoch) == (
                *(dispute.number, dispute.state),
                dispute.epoch,
            )
            assert (one.rules_until, one.evidence_digest) == (dispute.rules_until, dispute.evidence)
            assert (one.amount, one.bond, one.fee_share) == (dispute.asked, dispute.bond, dispute.share)
            assert {*one.fee_open} == dispute.uncollected
            assert dispute.state != "open" or one.reserved == dispute.reserved

    def no_ruling_is_undone(self, shown: dict[tuple[bytes, str], Any]) -> None:
        """What was asked stays; a ruling is final; nothing is open on a closed ticket."""
        for (ticket_id, kind), one in shown.items():
            before, fields = self.judged.get((ticket_id, kind), one), self.seen[ticket_id]
            for part in ("number", "epoch", "rules_until", "amount", "evidence_digest"):
                assert getattr(one, part) == getattr(before, part)
            if STATES[before.state] != "open":
                assert (one.state, one.fee_share) == (before.state, before.fee_share)
                assert {*one.fee_open} <= {*before.fee_open}
            if STATES[one.state] in ("upheld", "defaulted"):
                assert fields["breached"] & fields["compensated"] & KIND_NUMBERS[kind]
            assert STATES[one.state] != "open" or fields["status"] != CLOSED
            assert fields["disputed"]
            self.judged[ticket_id, kind] = one
        for ticket_id, fields in self.seen.items():
            upheld = [
                one
                for (of, kind), one in shown.items()
                if (of, kind) == (ticket_id, INCIDENT) and one.state != 3
            ]
            assert not fields["compensated"] & KIND_NUMBERS[INCIDENT] or upheld, "an incident of nobody's"

    def no_ticket_forgets(self, words: dict[bytes, int]) -> None:
        """A breach, a compensation and a policy stay; only what is breached is compensated."""
        for ticket_id, word in words.items():
            fields = fields_of(word)
            before = self.seen.get(ticket_id, fields)
            for name in ("requester", "policy_id", "priority", "backed", "proven"):
                assert fields[name] == before[name]
            for name in ("breached", "compensated"):
                assert fields[name] & before[name] == before[name]
            assert fields["compensated"] & ~fields["breached"] == 0
            assert before["status"] != CLOSED or fields == before
            assert fields["challenged"] <= before["challenged"], "challenged twice"
            assert not fields["challenged"] or fields["compensated"] == 0
            self.seen[ticket_id] = fields

    def every_unit_is_accounted_for(
        self, books: Any, accounts: dict[str, tuple[int, int, int]], aside: int
    ) -> None:
        """From the chain's own figures; a loss that the asset inflicts is outside what the pool promises."""
        pool = self.model.pool
        balance = self.balance(self.house.pool.address)
        assert pool.came_in == pool.went_out + pool.lost + balance
        waiting = [one for one in self.judged.values() if STATES[one.state] == "open"]
        tickets = sum(self.reserve_of(fields) for fields in self.seen.values())
        assert books.reserved == tickets + aside + sum(one.reserved for one in waiting)
        fees = sum(one.fee_share * len(one.fee_open) for one in self.judged.values())
        assert books.bonded == sum(one.bond for one in waiting) + fees
        if not pool.lost:
            assert balance >= books.funds >= books.reserved + books.credited + books.bonded
            assert books.free == 0 or books.debt == 0, "a coin is free while a debt waits"
        for person, (has, collectable, owed) in accounts.items():
            theirs = [fields for fields in self.seen.values() if fields["requester"] == int(person, 16)]
            due = sum(self.amount_of(fields, fields["compensated"]) for fields in theirs)
            due += self.won.get(person, 0) + self.pockets.get(person, 0)
            assert has <= due, "collected more than was credited"
            if not pool.lost and not pool.fee:
                assert has + collectable + owed == due, "compensated twice, or a credit gone"

    # ------------------------------------------------------------ what rules share

    def happens(self, predicted: Callable[[], Any], done: Callable[[], Any]) -> bool:
        """Whether the model lets it happen; asserts that it does, or is refused for one of its reasons."""
        before = deepcopy(self.model, {id(policy): policy for policy in POLICIES})
        reasons: set[str] = set()
        try:
            expected = predicted()
        except Refused as refusal:
            reasons = refusal.reasons
        if reasons:
            self.model = before
            # titanoboa prints the storage of a contract into its refusal, as far as it saw it written.
            boa.env.sstore_trace.clear()
            with pytest.raises(BoaError) as error:
                done()
            assert reason_of(error.value) in reasons
            return False
        result = done()
        self.is_looked_at = False
        assert not isinstance(expected, int) or result == expected
        return True

    def only_operator(self, who: str, module: str, event: Callable[[], Any]) -> Callable[[], Any]:
        """What only the operator may do."""
        role = "owner" if module == "ownable" else "operator"
        return event if who == "operator" else refused(f"{module}: caller is not the {role}")

    def signed(self, genuine: bool, late: int, event: Callable[[], Any]) -> Callable[[], Any]:
        """What needs a signature, of the right signer and in time."""
        reasons = [] if genuine else ["desk: signature is not the signer's"]
        reasons += ["desk: signature expired"] if late else []
        return refused(*reasons) if reasons else event

    def a_policy(self, pick: int) -> int:
        """A published policy, rarely an unknown one."""
        count = len(self.model.policies)
        return count + 1 if pick == UNKNOWN else 1 + pick % count

    def a_covered_policy(self, holder: str, pick: int) -> int:
        """A policy for which somebody has coverage, rarely any other one."""
        covered = [policy_id for person, policy_id in self.model.coverages if person == holder]
        return covered[pick % len(covered)] if covered and pick < 25 else self.a_policy(pick)

    def panels_agree(self) -> None:
        """Whose panel decides, which one is proposed, and that no panel ever changes."""
        panel, proposal = self.house.panel, self.model.proposal
        assert panel.epoch() == self.model.epoch
        assert tuple(panel.proposal()) == (
            (proposal.epoch, proposal.usable_from, proposal.usable_until) if proposal else (0, 0, 0)
        )
        for epoch, seats in self.model.panels.items():
            shown = panel.panel(epoch)
            assert (tuple(shown.arbiters), shown.threshold) == (seats.arbiters, seats.threshold)

    def worth(self, ticket_id: bytes, kind: str, asked: int) -> int:
        """What a clock kind is worth by the policy; what is asked for an incident."""
        ticket = self.model.tickets.get(ticket_id)
        return ticket.amount([kind]) if ticket and kind in KINDS else asked

    def wins(self, person: str, amount: int) -> None:
        """Somebody won this in a dispute."""
        self.won[person] = self.won.get(person, 0) + amount

    def a_dispute(self, pick: int) -> tuple[tuple[bytes, str], Dispute]:
        """A dispute, one that is open where there is one and mostly."""
        disputes = [*self.model.disputes.items()]
        waiting = [item for item in disputes if item[1].state == "open"]
        those = waiting if waiting and pick < 25 else disputes
        return those[pick % len(those)]

    def a_replied_ticket(self, pick: int) -> bytes:
        """A ticket of which something can be contested, rarely any other."""
        those = [one for one, ticket in self.model.tickets.items() if ticket.replied]
        return those[pick % len(those)] if those and pick < 26 else self.a_ticket(pick)

    def at_the_end_of(self, dispute: Dispute, moment: str) -> None:
        """To the last second of a ruling window, or one past it."""
        if moment != "now":
            self.travel(dispute.rules_until + (moment == "late"))

    def signers(self, epoch: int, seats: list[int], more: int) -> list[str]:
        """As many arbiters of a panel as decide and some more, ascending."""
        panel = self.model.panels[epoch]
        order = [seat for seat in seats if seat < len(panel.arbiters)]
        count = panel.threshold - 1 if more < 0 else panel.threshold + more
        return sorted((panel.arbiters[seat] for seat in order[:count]), key=lambda one: int(one, 16))

    def sign_verdict(
        self, verdict: Verdict, signers: list[str], defect: str
    ) -> tuple[list[tuple[str, bool]], list[tuple[str, bytes]]]:
        """Who signs, and whether it is their signature; and the signatures."""
        keys = {signer: self.judges[signer] for signer in signers}
        if defect == "a stranger":
            outsider = self.keys["operator"]
            keys = keys | {outsider.address: outsider}
            signers = sorted(keys, key=lambda one: int(one, 16))
        if defect == "forged" and signers:
            keys[signers[-1]] = self.keys["operator"]
        if defect == "unsorted":
            signers = signers[::-1]
        if defect == "twice":
            signers = signers + signers[-1:]
        digest = keccak(b"\x19\x01" + self.domain + struct_hash(verdict))
        signed = [(signer, keys[signer].address == signer) for signer in signers]
        return signed, [(signer, keys[signer].unsafe_sign_hash(digest).signature) for signer in signers]

    def a_ticket(self, pick: int) -> bytes:
        """A ticket, rarely an unknown one."""
        ticket_ids = list(self.model.tickets)
        return ticket_ids[pick % len(ticket_ids)] if ticket_ids and pick != UNKNOWN else b"\7" * 32

    def signed_for(self) -> list[tuple[bytes, str]]:
        """The tickets of requesters who have a key, with whose key it is."""
        names = {self.people[name]: name for name in ("first", "second")}
        tickets = self.model.tickets.items()
        return [(ticket_id, names[one.requester]) for ticket_id, one in tickets if one.requester in names]

    def requester_of(self, ticket_id: bytes) -> str:
        """Who opened it."""
        ticket = self.model.tickets.get(ticket_id)
        return ticket.requester if ticket else self.people["first"]

    def creditors(self) -> list[str]:
        """All who were ever owed anything."""
        pool = self.model.pool
        owed = {*pool.accounts, *pool.received, *(debt.beneficiary for debt in pool.debts)}
        names = ("first", "second", "refuser", "keeper", *JUDGES[:5])
        return [person for name in names if (person := self.people[name]) in owed]

    def balance(self, address: str) -> int:
        """What an account holds of the asset."""
        if self.house.asset == ETH:
            return int(boa.env.get_balance(address))
        return int(self.house.asset.balanceOf(address))

    def coverage_agrees(self, holder: str, policy_id: int) -> None:
        """A holder's coverage, and how many places of it are taken."""
        shown = self.house.desk.coverage(holder, policy_id)
        coverage = self.model.coverages.get((holder, policy_id))
        expected = (
            (coverage.priority, coverage.places, coverage.used, coverage.until) if coverage else (0,) * 4
        )
        assert tuple(shown) == expected

    def amount_of(self, fields: dict[str, int], kinds: int) -> int:
        """What these kinds of a ticket come to."""
        return self.model.policies[fields["policy_id"] - 1].amount(fields["priority"], kinds)

    def reserve_of(self, fields: dict[str, int]) -> int:
        """What a ticket can still cost out of its reserve; nothing once it is closed."""
        if not fields["backed"] or fields["status"] == CLOSED:
            return 0
        return self.amount_of(fields, 7 & ~fields["compensated"])


def asset_of(name: str) -> Any:
    """The asset of that name."""
    if name == "ETH":
        return ETH
    if name == "token with a fee":
        return deployer("mocks/FeeOnTransferToken").deploy(FEE)
    if name == "token that can be lost":
        return deployer("mocks/ConfiscatingToken").deploy()
    return deployer("mocks/PlainToken").deploy(6)


def refused(*reasons: str) -> Callable[[], Any]:
    """A prediction that something is refused."""

    def predicted() -> None:
        raise Refused(reasons)

    return predicted


def reason_of(error: BoaError) -> str:
    """Why the chain refused: `Error(string)`."""
    data = error.stack_trace[0].vm_error.args[0]
    assert data[:4].hex() == "08c379a0", f"refused without a reason: {data!r}"
    return str(decode(["string"], data[4:])[0])


DOMAIN_TYPE = keccak(
    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
VERDICT_TYPE = keccak(
    text="Verdict(bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,"
    "uint256 dispute,uint256 epoch,uint256 deadline)"
)


def on_chain(verdict: Verdict) -> tuple[Any, ...]:
    """As the panel takes it."""
    return (
        verdict.ticket_id,
        KIND_NUMBERS[verdict.kind],
        OUTCOMES[verdict.outcome],
        verdict.amount,
        verdict.evidence,
        verdict.dispute,
        verdict.epoch,
        verdict.deadline,
    )


def struct_hash(verdict: Verdict) -> bytes:
    """What EIP-712 hashes of it."""
    types = ["bytes32", "bytes32", "uint256", "uint256", "uint256", "bytes32", *["uint256"] * 3]
    return keccak(encode(types, [VERDICT_TYPE, *on_chain(verdict)]))


def bits(done: list[bool]) -> int:
    """Bit i is set where item i was done."""
    return sum(1 << i for i, one in enumerate(done) if one)


def kinds_as_bits(kinds: set[str]) -> int:
    """The set of kinds as on chain."""
    return bits([kind in kinds for kind in CONTESTABLE])


def word_of(ticket: Ticket) -> int:
    """The one word that the chain keeps of a ticket."""
    return ticket_word(
        ticket.requester,
        clock=ticket.reply_due or ticket.solved_at or 0,
        resolution=ticket.resolution_due or ticket.remaining or 0,
        policy_id=ticket.policy_id,
        priority=ticket.priority,
        status=STATUSES.index(ticket.status),
        replied=ticket.replied,
        breached=kinds_as_bits(ticket.breached),
        compensated=kinds_as_bits(ticket.compensated),
        backed=ticket.backed,
        holds_place=ticket.holds_place,
        proven=ticket.proven,
        disputed=ticket.disputed,
        challenged=ticket.challenged,
    )


def fields_of(word: int) -> dict[str, int]:
    """The fields of a ticket's word that the invariants look at."""
    return {
        "requester": word % 2**160,
        "policy_id": word >> 224 & 2**13 - 1,
        "priority": word >> 237 & 3,
        "status": word >> 239 & 7,
        "breached": word >> 243 & 15,
        "compensated": word >> 247 & 15,
        "backed": word >> 251 & 1,
        "proven": word >> 253 & 1,
        "disputed": word >> 254 & 1,
        "challenged": word >> 255,
    }


TestDesk = DeskMachine.TestCase
TestDesk.settings = settings(
    PROFILES[os.environ.get("HYPOTHESIS_PROFILE", "ci")],
    deadline=None,
    print_blob=True,
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow],
)
