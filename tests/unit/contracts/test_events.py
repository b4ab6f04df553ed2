# SPDX-License-Identifier: Apache-2.0
"""All state is rebuilt from events.

Tickets, coverage, policies, nonces, agents, channels, disputes, panels and the books.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from typing import Any

import boa
import disputes
import messages
import pytest
from disputes import UNDER_DISPUTE
from eth_account.signers.local import LocalAccount
from house import (
    BOT,
    DAY,
    ETH,
    FAR,
    FIRST_REPLY,
    HOLD,
    HUMAN,
    INCIDENT,
    LOW,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    WEEKDAYS,
    House,
    Policy,
    key_pair,
    now,
    register,
    travel,
)
from logs import Event, events
from messages import sign

ZERO = ETH
ACTIONS = 350

MOST_AGENTS = 40  # whose revocation is for good

Panel = tuple[list[str], int]  # arbiters, threshold
Name = tuple[bytes, int]  # ticket, kind


@dataclass
class RebuiltDispute:
    """A dispute, in the order of IArbiterPanel.Dispute."""

    number: int
    state: int
    epoch: int
    rules_until: int
    amount: int
    reserved: int
    evidence_digest: bytes
    bond: int
    fee_share: int = 0
    fee_open: list[str] = field(default_factory=list)


@dataclass
class RebuiltAgent:
    """An agent, in the order of IAgentDirectory.Agent."""

    kind: int
    did_digest: bytes
    credential_digest: bytes
    since: int
    until: int
    revoked: bool = False

    def standing(self) -> int:
        return self.kind if self.since <= now() <= self.until and not self.revoked else 0


@dataclass
class Rebuilt:
    """What somebody knows who has only read events."""

    words: dict[bytes, int] = field(default_factory=dict)
    breaches: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    direct: set[bytes] = field(default_factory=set)
    policies: dict[int, Any] = field(default_factory=dict)
    coverage: dict[tuple[str, int], tuple[int, int, int]] = field(default_factory=dict)
    allowances: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    nonces: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    funds: int = 0
    reserved: int = 0
    credited: int = 0
    bonded: int = 0
    incurred: int = 0
    paid: int = 0
    accounts: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    debts: dict[str, list[tuple[int, int]]] = field(default_factory=lambda: defaultdict(list))
    debts_credited: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    panels: dict[int, Panel] = field(default_factory=dict)
    epoch: int = 0
    proposal: tuple[int, int, int] = (0, 0, 0)
    disputes: dict[Name, RebuiltDispute] = field(default_factory=dict)
    agents: dict[str, RebuiltAgent] = field(default_factory=dict)
    channels: dict[bytes, tuple[int, int]] = field(default_factory=dict)

    def read(self, logged: list[Event]) -> None:
        for name, fields in logged:
            if "word" in fields:
                self.words[fields["ticket_id"]] = fields["word"]
            reader = getattr(self, f"on_{name}", None)
            if reader is not None:
                reader(**fields)

    def on_PolicyPublished(self, policy_id: int, policy: Any, **_: Any) -> None:  # noqa: N802
        self.policies[policy_id] = policy

    def on_CoverageGranted(self, holder: str, policy_id: int, **grant: int) -> None:  # noqa: N802
        self.coverage[holder, policy_id] = (grant["priority"], grant["places"], grant["until"])

    def on_AllowanceSet(self, agent: str, amount: int) -> None:  # noqa: N802
        self.allowances[agent] = amount

    def on_TicketOpened(self, ticket_id: bytes, agent: str, word: int, **_: Any) -> None:  # noqa: N802
        if agent == ZERO:
            self.direct.add(ticket_id)
        else:
            self.allowances[agent] -= sum(self.policies[_policy_id(word)].compensation[_priority(word)])

    def on_BreachRecorded(self, ticket_id: bytes, kinds: int) -> None:  # noqa: N802
        assert self.breaches[ticket_id] & kinds == 0, "a breach is recorded once"
        self.breaches[ticket_id] |= kinds

    def on_FollowUpNonceUsed(self, ticket_id: bytes, nonce: int) -> None:  # noqa: N802
        assert nonce == self.nonces[ticket_id]
        self.nonces[ticket_id] += 1

    def on_TicketClosed(self, ticket_id: bytes, **_: Any) -> None:  # noqa: N802
        self.direct.discard(ticket_id)

    def on_Funded(self, amount: int, **_: Any) -> None:  # noqa: N802
        self.funds += amount

    def on_Synced(self, funds: int) -> None:  # noqa: N802
        self.funds = funds

    def on_Withdrawn(self, amount: int, **_: Any) -> None:  # noqa: N802
        self.funds -= amount

    def on_Reserved(self, amount: int) -> None:  # noqa: N802
        self.reserved += amount

    def on_Released(self, amount: int) -> None:  # noqa: N802
        self.reserved -= amount

    def on_Bonded(self, amount: int, **_: Any) -> None:  # noqa: N802
        self.funds += amount
        self.bonded += amount

    def on_Unbonded(self, amount: int) -> None:  # noqa: N802
        self.bonded -= amount
        self.reserved += amount

    def on_PanelProposed(self, epoch: int, usable_from: int, usable_until: int, **panel: Any) -> None:  # noqa: N802
        self.panels[epoch] = (list(panel["arbiters"]), panel["threshold"])
        self.proposal = (epoch, usable_from, usable_until)

    def on_PanelProposalCancelled(self, epoch: int) -> None:  # noqa: N802
        assert epoch == self.proposal[0]
        self.proposal = (0, 0, 0)

    def on_PanelAdopted(self, epoch: int, arbiters: list[str], threshold: int) -> None:  # noqa: N802
        assert self.panels[epoch] == (list(arbiters), threshold)
        self.epoch, self.proposal = epoch, (0, 0, 0)

    def on_Contested(self, dispute: int, ticket_id: bytes, kind: int, **fields: Any) -> None:  # noqa: N802
        assert dispute == len(self.disputes) + 1
        assert fields["epoch"] == self.epoch
        self.disputes[ticket_id, kind] = RebuiltDispute(
            number=dispute,
            state=UNDER_DISPUTE,
            epoch=fields["epoch"],
            rules_until=fields["rules_until"],
            amount=fields["amount"] if kind == INCIDENT else 0,
            reserved=fields["reserved"],
            evidence_digest=fields["evidence_digest"],
            bond=fields["bond"],
        )

    def on_DisputeRuled(self, dispute: int, ticket_id: bytes, kind: int, **fields: Any) -> None:  # noqa: N802
        ruled = self.disputes[ticket_id, kind]
        assert ruled.number == dispute
        ruled.state, ruled.fee_share = fields["state"], fields["fee_share"]
        ruled.bond = ruled.reserved = 0
        arbiters, _ = self.panels[ruled.epoch]
        ruled.fee_open = [one for seat, one in enumerate(arbiters) if fields["signers"] >> seat & 1]

    def on_FeeCollected(self, dispute: int, arbiter: str, amount: int) -> None:  # noqa: N802
        ruled = next(one for one in self.disputes.values() if one.number == dispute)
        assert amount == ruled.fee_share
        ruled.fee_open.remove(arbiter)

    def on_AgentRegistered(self, agent: str, **fields: Any) -> None:  # noqa: N802
        self.agents[agent] = RebuiltAgent(**fields)

    def on_AgentRevoked(self, agent: str, until: int) -> None:  # noqa: N802
        self.agents[agent].until, self.agents[agent].revoked = until, True

    def on_ChannelPublished(self, channel: bytes, since: int) -> None:  # noqa: N802
        self.channels[channel] = (since, 0)

    def on_ChannelRevoked(self, channel: bytes, revoked_at: int) -> None:  # noqa: N802
        self.channels[channel] = (self.channels[channel][0], revoked_at)

    def on_Credited(self, beneficiary: str, amount: int) -> None:  # noqa: N802
        self.reserved -= amount
        self.credited += amount
        self.accounts[beneficiary] += amount

    def on_Owed(self, beneficiary: str, index: int, position: int, amount: int) -> None:  # noqa: N802
        assert index == len(self.debts[beneficiary])
        assert position == self.incurred
        self.debts[beneficiary].append((position, amount))
        self.incurred += amount

    def on_DebtPaid(self, amount: int) -> None:  # noqa: N802
        self.paid += amount
        self.credited += amount

    def on_DebtCredited(self, beneficiary: str, amount: int) -> None:  # noqa: N802
        self.accounts[beneficiary] += amount
        self.debts_credited[beneficiary] += amount

    def on_Collected(self, beneficiary: str, amount: int) -> None:  # noqa: N802
        self.accounts[beneficiary] -= amount
        self.credited -= amount
        self.funds -= amount

    # What follows from it.

    def used(self, holder: str, policy_id: int) -> int:
        mine = [self.words[ticket_id] for ticket_id in self.direct]
        return sum(_requester(word) == holder and _policy_id(word) == policy_id for word in mine)

    def payable(self) -> int:
        unpaid = self.incurred - self.paid
        return min(unpaid, max(0, self.funds - self.reserved - self.credited - self.bonded))

    def books(self) -> tuple[int, int, int, int, int, int]:
        unpaid, payable = self.incurred - self.paid, self.payable()
        free = max(0, self.funds - self.reserved - self.credited - self.bonded - unpaid)
        return self.funds, self.reserved, self.credited + payable, self.bonded, unpaid - payable, free

    def collectable(self, beneficiary: str) -> int:
        paid = self.paid + self.payable()
        matured = sum(min(amount, max(0, paid - position)) for position, amount in self.debts[beneficiary])
        return self.accounts[beneficiary] + matured - self.debts_credited[beneficiary]


class History:
    """Random calls by everybody, whose events are read. What is refused changes nothing and logs nothing."""

    def __init__(self, house: House, seed: int) -> None:
        self.house = house
        self.random = random.Random(seed)
        self.rebuilt = Rebuilt()
        self.tickets: list[bytes] = []
        self.signer = key_pair("requester")
        self.requesters = [house.requester, house.stranger, self.signer.address]
        self.policies = [1]
        self.disputes: list[disputes.Dispute] = []
        self.arbiters = house.arbiters
        self.agents = [key_pair("human"), key_pair("bot")]
        self.channels = [house.digest() for _ in range(6)]
        self.done: dict[str, int] = defaultdict(int)

    def start(self) -> None:
        """The house's own set-up, of which no events were read, once more where somebody reads."""
        house = self.house
        self.publish()
        for requester in self.requesters:
            self.on_desk(house.desk.grant_coverage, requester, 2, URGENT, 30, FAR, sender=house.operator)
        for agent in (house.human, house.bot):
            self.on_desk(house.desk.set_allowance, agent, 150_000, sender=house.operator)
        for agent, kind in zip(self.agents, (HUMAN, BOT), strict=True):
            self.on_directory(lambda one=agent, kind=kind: self.register_as(one, kind, FAR))
        self.propose()
        travel(house.pool.notice())
        self.adopt()
        self.policies = [2]

    def on_desk(self, function: Any, *arguments: Any, **options: Any) -> Any:
        result = function(*arguments, **options)
        logged = events(self.house.desk)
        self.rebuilt.read(logged)
        for _, fields in logged:
            if "word" in fields:
                last = self.rebuilt.words[fields["ticket_id"]]
                assert self.house.desk.ticket_word(fields["ticket_id"]) == last
        return result

    def on_pool(self, function: Any, *arguments: Any, **options: Any) -> None:
        function(*arguments, **options)
        self.rebuilt.read(events(self.house.pool))

    def on_panel(self, call: Callable[[], Any]) -> Any:
        result = call()
        self.rebuilt.read(events(self.house.panel))
        return result

    def on_directory(self, call: Callable[[], None]) -> None:
        call()
        self.rebuilt.read(events(self.house.directory))

    def act(self) -> None:
        name, action = self.random.choice(list(self.actions().items()))
        try:
            action()
        except boa.BoaError:
            self.done["refused"] += 1
        else:
            self.done[name] += 1

    def actions(self) -> dict[str, Callable[[], None]]:
        return {
            "open": self.open,
            "open_for": self.open_for,
            "reply": self.reply,
            "reply_many": self.reply_many,
            "bot_reply": self.bot_reply,
            "follow_up": self.follow_up,
            "follow_up_signed": self.follow_up_signed,
            "claim": self.claim,
            "claim_many": self.claim_many,
            "close": self.close,
            "close_many": self.close_many,
            "publish": self.publish,
            "grant": self.grant,
            "allow": self.allow,
            "fund": self.fund,
            "collect": self.collect,
            "withdraw": self.withdraw,
            "give": self.give,
            "contest": self.contest,
            "verdict": self.verdict,
            "report": self.report,
            "default": self.default,
            "fees": self.fees,
            "propose": self.propose,
            "cancel": self.cancel,
            "adopt": self.adopt,
            "register": self.register,
            "revoke": self.revoke,
            "publish channel": self.publish_channel,
            "revoke channel": self.revoke_channel,
            "wait": self.wait,
            "wait for long": self.wait_for_long,
        }

    def ticket(self) -> bytes:
        return self.random.choice(self.tickets[-12:] or [b"\1" * 32])

    def some_tickets(self) -> list[bytes]:
        return [self.ticket() for _ in range(self.random.randrange(5))]

    def terms(self) -> tuple[int, int, bytes]:
        return self.random.choice(self.policies), self.random.randrange(4), self.house.digest()

    def open(self) -> None:
        sender = self.random.choice(self.requesters)
        self.tickets.append(self.on_desk(self.house.desk.open_ticket, *self.terms(), sender=sender))

    def open_for(self) -> None:
        requester = self.random.choice(self.requesters)
        agent = self.random.choice([self.house.human, self.house.bot])
        function = self.house.desk.open_ticket_for
        self.tickets.append(self.on_desk(function, requester, *self.terms(), sender=agent))

    def a_reply(self) -> tuple[bytes, int, bytes]:
        return self.ticket(), self.random.choice([HOLD, PENDING, SOLVED]), self.house.digest()

    def reply(self) -> None:
        self.on_desk(self.house.desk.reply, *self.a_reply(), sender=self.house.human)

    def reply_many(self) -> None:
        replies = [self.a_reply() for _ in range(self.random.randrange(5))]
        self.on_desk(self.house.desk.reply_many, replies, sender=self.house.human)

    def bot_reply(self) -> None:
        self.on_desk(self.house.desk.bot_reply, self.ticket(), self.house.digest(), sender=self.house.bot)

    def follow_up(self) -> None:
        sender = self.random.choice(self.requesters)
        self.on_desk(self.house.desk.follow_up, self.ticket(), self.house.digest(), sender=sender)

    def follow_up_signed(self) -> None:
        mine = [t for t in self.tickets if self.house.desk.ticket(t).requester == self.signer.address]
        fields = {
            "ticket_id": self.random.choice(mine or [b"\1" * 32]),
            "digest": self.house.digest(),
            "deadline": FAR,
        }
        nonce = self.house.desk.follow_up_nonce(fields["ticket_id"])
        signature = sign(self.signer, messages.follow_up(self.house, **fields, nonce=nonce))
        self.on_desk(self.house.desk.follow_up_signed, *fields.values(), signature)

    def claim(self) -> None:
        self.on_desk(self.house.desk.claim, self.ticket(), self.random.random() < 0.3)

    def claim_many(self) -> None:
        self.on_desk(self.house.desk.claim_many, self.some_tickets())

    def close(self) -> None:
        sender = self.random.choice(self.requesters)
        self.on_desk(self.house.desk.close, self.ticket(), sender=sender)

    def close_many(self) -> None:
        self.on_desk(self.house.desk.close_many, self.some_tickets(), sender=self.house.stranger)

    def publish(self) -> None:
        policy = Policy(hours=self.random.choice([WEEKDAYS, 2**168 - 1]))
        arguments = (policy.on_chain(), "policy", "", self.house.digest())
        self.policies.append(
            self.on_desk(self.house.desk.publish_policy, *arguments, sender=self.house.operator)
        )

    def grant(self) -> None:
        grant = (
            self.random.choice(self.requesters),
            self.random.choice(self.policies),
            self.random.randrange(URGENT, LOW + 1),
            self.random.randrange(1, 40),
            now() + self.random.randrange(900 * DAY),
        )
        self.on_desk(self.house.desk.grant_coverage, *grant, sender=self.house.operator)

    def allow(self) -> None:
        agent = self.random.choice([self.house.human, self.house.bot])
        amount = self.random.randrange(20_000)
        self.on_desk(self.house.desk.set_allowance, agent, amount, sender=self.house.operator)

    def fund(self) -> None:
        amount = self.random.randrange(1, 12_000)
        boa.env.set_balance(self.house.operator, amount)
        self.on_pool(self.house.pool.fund, amount, value=amount, sender=self.house.operator)

    def collect(self) -> None:
        self.on_pool(self.house.pool.collect, self.random.choice(self.requesters))

    def withdraw(self) -> None:
        pool, operator = self.house.pool, self.house.operator
        if pool.withdrawal().amount and now() <= pool.withdrawal().usable_until:
            self.on_pool(pool.withdraw, max(1, pool.free() // 2), operator, sender=operator)
        else:
            self.on_pool(pool.announce_withdrawal, 10**6, sender=operator)

    def give(self) -> None:
        """Money that comes without a call, and is found by `sync`."""
        pool = self.house.pool
        boa.env.set_balance(pool.address, boa.env.get_balance(pool.address) + self.random.randrange(3_000))
        self.on_pool(pool.sync)

    def a_kind(self, ticket_id: bytes, *kinds: int) -> tuple[int, int]:
        """A kind, and what it is worth."""
        kind = self.random.choice(kinds)
        if kind == INCIDENT:
            return kind, self.random.randrange(1, 6_000)
        return kind, self.house.policy.amount(self.house.desk.ticket(ticket_id).priority, kind)

    def contest(self) -> None:
        ticket_id = self.ticket()
        kind, amount = self.a_kind(ticket_id, FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT)
        requester = self.house.desk.ticket(ticket_id).requester
        begun = self.on_panel(lambda: disputes.contest(self.house, ticket_id, kind, amount, requester))
        self.disputes.append(begun)

    def a_dispute(self) -> disputes.Dispute:
        return self.random.choice(self.disputes[-4:])

    def verdict(self) -> None:
        if not self.disputes:
            self.contest()
        dispute = self.a_dispute()
        verdict = self.random.choice([disputes.upheld, disputes.rejected])(dispute)
        signers = sorted(self.random.sample(range(5), self.random.randrange(3, 6)))
        signed = disputes.signed_by(self.house, verdict, [self.arbiters[seat] for seat in signers])
        submit, collect = self.house.panel.submit_verdict, self.random.random() < 0.3
        self.on_panel(lambda: submit(verdict.on_chain(), signed, collect))

    def report(self) -> None:
        ticket_id = self.ticket()
        kind, amount = self.a_kind(ticket_id, FIRST_REPLY, NEXT_REPLY, RESOLUTION)
        verdict = disputes.report_of(self.house, ticket_id, kind, amount=amount)
        self.on_panel(lambda: disputes.report(self.house, verdict))

    def default(self) -> None:
        if not self.disputes:
            self.contest()
        dispute, collect = self.a_dispute(), self.random.random() < 0.3
        self.on_panel(lambda: self.house.panel.rule_by_default(*dispute.name, collect))

    def fees(self) -> None:
        names = [dispute.name for dispute in self.disputes[-10:]]
        arbiter = self.random.choice(self.arbiters).address
        self.on_panel(lambda: self.house.panel.collect_fees(arbiter, names))

    def propose(self) -> None:
        addresses = [one.address for one in self.arbiters]
        propose, operator = self.house.panel.propose_panel, self.house.operator
        self.on_panel(lambda: propose(addresses, 3, sender=operator))

    def cancel(self) -> None:
        self.on_panel(lambda: self.house.panel.cancel_panel(sender=self.house.operator))

    def adopt(self) -> None:
        self.on_panel(lambda: self.house.panel.adopt_panel(sender=self.house.operator))

    def register_as(self, agent: LocalAccount, kind: int, until: int) -> None:
        digests, operator = (self.house.digest(), self.house.digest()), self.house.operator
        register(self.house.directory, agent, kind, *digests, until=until, sender=operator)

    def register(self) -> None:
        """Somebody new, or one of the newcomers again."""
        agent = key_pair(f"agent {self.random.randrange(MOST_AGENTS)}")
        kind, until = self.random.choice([HUMAN, BOT]), now() + self.random.randrange(90 * DAY)
        self.on_directory(lambda: self.register_as(agent, kind, until))
        self.agents.append(agent)

    def revoke(self) -> None:
        """One of the newcomers, since the others of a history need their agents."""
        agent = self.random.choice(self.agents[2:] or [key_pair("nobody")]).address
        self.on_directory(lambda: self.house.directory.revoke_agent(agent, sender=self.house.operator))

    def publish_channel(self) -> None:
        channel, operator = self.random.choice(self.channels), self.house.operator
        self.on_directory(lambda: self.house.directory.publish_channel(channel, sender=operator))

    def revoke_channel(self) -> None:
        channel, operator = self.random.choice(self.channels), self.house.operator
        self.on_directory(lambda: self.house.directory.revoke_channel(channel, sender=operator))

    def wait(self) -> None:
        travel(self.random.randrange(5_000))

    def wait_for_long(self) -> None:
        travel(self.random.choice([3 * DAY + 1, 8 * DAY, 31 * DAY]))


@pytest.mark.parametrize("seed", range(3))
def test_state_is_rebuilt_from_events(unfunded: House, seed: int) -> None:
    """After a random history, what the events say is what the views say."""
    history = History(unfunded, seed)
    history.start()
    for _ in range(ACTIONS):
        history.act()
    rebuilt, desk, pool = history.rebuilt, unfunded.desk, unfunded.pool

    assert {t: desk.ticket_word(t) for t in history.tickets} == rebuilt.words
    assert {t: desk.ticket(t).breached for t in history.tickets} == {
        t: rebuilt.breaches[t] for t in history.tickets
    }
    assert {policy_id: desk.policy(policy_id) for policy_id in history.policies} == rebuilt.policies
    for (holder, policy_id), (priority, places, until) in rebuilt.coverage.items():
        expected = (priority, places, rebuilt.used(holder, policy_id), until)
        assert tuple(desk.coverage(holder, policy_id)) == expected
    for agent, amount in rebuilt.allowances.items():
        assert desk.allowance(agent) == amount
    for ticket_id in history.tickets:
        assert desk.follow_up_nonce(ticket_id) == rebuilt.nonces[ticket_id]
    panel = unfunded.panel
    assert panel.epoch() == rebuilt.epoch
    assert tuple(panel.proposal()) == rebuilt.proposal
    for epoch, made in rebuilt.panels.items():
        assert panel.panel(epoch) == made
    assert panel.dispute_count() == len(rebuilt.disputes) == len(history.disputes)
    for name, dispute in rebuilt.disputes.items():
        assert tuple(panel.dispute(*name)) == astuple(dispute)
        assert panel.has_open_dispute(name[0]) == any(
            one.state == UNDER_DISPUTE for other, one in rebuilt.disputes.items() if other[0] == name[0]
        )
    directory = unfunded.directory
    assert rebuilt.agents.keys() == {agent.address for agent in history.agents}
    for agent, registered in rebuilt.agents.items():
        assert tuple(directory.agent(agent)) == astuple(registered)
        assert directory.standing(agent) == registered.standing()
    for channel in history.channels:
        since, revoked_at = rebuilt.channels.get(channel, (0, 0))
        assert tuple(directory.channel(channel)) == (since, revoked_at)
        assert directory.is_official(channel) == (since != 0 and revoked_at == 0)
    assert tuple(pool.books()) == rebuilt.books()
    for requester in [*history.requesters, *(one.address for one in history.arbiters)]:
        assert pool.collectable(requester) == rebuilt.collectable(requester)


def test_histories_reach_every_kind_of_call(unfunded: House) -> None:
    """Without this the test above could pass by refusing everything."""
    history = History(unfunded, 0)
    history.start()
    while len(history.tickets) < 10 or len(history.done) <= len(history.actions()):
        history.act()
        assert sum(history.done.values()) < 5_000, "some kind of call is never done"
    assert all(history.done[name] for name in history.actions())


def _requester(word: int) -> str:
    return boa.util.abi.Address((word & 2**160 - 1).to_bytes(20, "big"))


def _policy_id(word: int) -> int:
    return word >> 224 & 2**13 - 1


def _priority(word: int) -> int:
    return word >> 237 & 3
