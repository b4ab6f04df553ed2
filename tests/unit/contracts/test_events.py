# SPDX-License-Identifier: Apache-2.0
"""All state is rebuilt from events.

Tickets, coverage, policies, nonces, agents, channels, successors, keepers, disputes, panels, batches, proofs
and the books.
"""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from itertools import accumulate
from typing import Any

import boa
import disputes
import messages
import pytest
from batches import FOLLOWED_UP, LEFT_PENDING, REPLIED, SOLVES, Batches, Entry, tampered
from batches import Ticket as BatchTicket
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
ACTIONS = 450

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
class RebuiltBatch:
    """A batch, in the order of IBatchLane.Batch."""

    agent: str
    policy_id: int
    root: bytes
    ends: list[int]
    anchored_at: int
    expires_at: int
    backed: bool
    reserved: int


@dataclass
class RebuiltProof:
    """A proof, in the order of IBatchLane.Proof."""

    proven_at: int
    batch: int
    sequence: int
    last_at: int
    prover: str
    bond: int
    answered: bool = False


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
    predecessors: dict[str, str] = field(default_factory=dict)
    keepers: dict[str, str] = field(default_factory=dict)
    keeper_nonces: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    batches: dict[int, RebuiltBatch] = field(default_factory=dict)
    proofs: dict[bytes, RebuiltProof] = field(default_factory=dict)

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
            self.allowances[agent] -= self.worst_case(word)

    def worst_case(self, word: int) -> int:
        return int(sum(self.policies[_policy_id(word)].compensation[_priority(word)]))

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

    def on_BondReserved(self, amount: int, **_: Any) -> None:  # noqa: N802
        self.funds += amount
        self.reserved += amount

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

    def on_SuccessorNamed(self, agent: str, successor: str) -> None:  # noqa: N802
        assert successor not in self.predecessors, "a successor is one for good"
        self.predecessors[successor] = agent

    def on_KeeperNamed(self, requester: str, keeper: str) -> None:  # noqa: N802
        self.keepers[requester] = keeper

    def on_KeeperNonceUsed(self, requester: str, nonce: int) -> None:  # noqa: N802
        assert nonce == self.keeper_nonces[requester]
        self.keeper_nonces[requester] += 1

    def on_BatchAnchored(self, batch: int, agent: str, **fields: Any) -> None:  # noqa: N802
        assert batch == len(self.batches) + 1
        self.allowances[agent] -= fields["worst_case"]
        self.batches[batch] = RebuiltBatch(
            agent=agent,
            policy_id=fields["policy_id"],
            root=fields["root"],
            ends=list(accumulate(fields["counts"])),
            anchored_at=now(),
            expires_at=fields["expires_at"],
            backed=fields["backed"],
            reserved=fields["worst_case"] if fields["backed"] else 0,
        )

    def on_BatchReleased(self, batch: int, amount: int) -> None:  # noqa: N802
        assert amount == self.batches[batch].reserved
        self.batches[batch].reserved = 0

    def on_TicketProven(self, ticket_id: bytes, batch: int, at: int, **fields: Any) -> None:  # noqa: N802
        found = self.batches[batch]
        if found.backed:
            found.reserved -= self.worst_case(self.words[ticket_id])
        self.proofs[ticket_id] = RebuiltProof(now(), batch, 1, at, fields["prover"], fields["bond"])

    def on_EntryShown(self, ticket_id: bytes, sequence: int, at: int, **fields: Any) -> None:  # noqa: N802
        proof = self.proofs[ticket_id]
        assert sequence == proof.sequence
        proof.sequence += 1
        proof.answered |= fields["answers"]
        if fields["taken"]:
            proof.last_at = at

    def on_ChallengeEnded(self, ticket_id: bytes, bond: int, **_: Any) -> None:  # noqa: N802
        assert bond == self.proofs[ticket_id].bond
        self.proofs[ticket_id].bond = 0

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
        self.batches = Batches(house)
        self.batched: list[BatchTicket] = []
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
        self.read_tickets(events(self.house.desk))
        return result

    def on_lane(self, call: Callable[[], Any]) -> Any:
        result = call()
        self.read_tickets(events(self.house.lane))
        return result

    def read_tickets(self, logged: list[Event]) -> None:
        """Each of the words that were logged is the ticket's own by now, or an earlier one's."""
        self.rebuilt.read(logged)
        for _, fields in logged:
            if "word" in fields:
                last = self.rebuilt.words[fields["ticket_id"]]
                assert self.house.desk.ticket_word(fields["ticket_id"]) == last

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
            "name successor": self.name_successor,
            "name keeper": self.name_keeper,
            "name keeper signed": self.name_keeper_signed,
            "anchor": self.anchor,
            "prove": self.prove,
            "show": self.show,
            "end challenge": self.end_challenge,
            "equivocate": self.equivocate,
            "release batch": self.release_batch,
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
        # Batches expire while the history lasts.
        policy = Policy(hours=self.random.choice([WEEKDAYS, 2**168 - 1]), claim_window=10 * DAY)
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

    def name_successor(self) -> None:
        agent, successor = (self.random.choice(self.agents).address for _ in range(2))
        name, operator = self.house.directory.name_successor, self.house.operator
        self.on_directory(lambda: name(agent, successor, sender=operator))

    def name_keeper(self) -> None:
        requester, keeper = self.random.choice(self.requesters), self.random.choice([ETH, *self.requesters])
        self.on_directory(lambda: self.house.directory.name_keeper(keeper, sender=requester))

    def name_keeper_signed(self) -> None:
        directory, requester = self.house.directory, self.signer.address
        keeper, nonce = self.random.choice([ETH, *self.requesters]), directory.keeper_nonce(requester)
        message = messages.name_keeper(
            self.house, requester=requester, keeper=keeper, nonce=nonce, deadline=FAR
        )
        signature = sign(self.signer, message)
        self.on_directory(lambda: directory.name_keeper_signed(requester, keeper, FAR, signature))

    def a_batch_ticket(self) -> BatchTicket:
        if not self.batched:
            self.anchor()
        return self.random.choice(self.batched[-6:])

    def anchor(self) -> None:
        """Openings only; later entries are anchored where they are needed."""
        requesters = self.random.choices(self.requesters, k=self.random.randrange(1, 4))
        tickets = [self.batches.ticket(self.random.randrange(4), each) for each in requesters]
        policy_id = self.random.choice(self.policies)
        self.on_lane(lambda: self.batches.anchor(tickets, policy_id=policy_id))
        self.batched += tickets

    def prove(self) -> None:
        ticket = self.a_batch_ticket()
        # Now and then somebody who is neither its requester nor its keeper, and is refused.
        named = self.house.directory.keeper(ticket.requester)
        keeper = named if int(named, 16) else ticket.requester
        sender = self.random.choice([ticket.requester, keeper, self.random.choice(self.requesters)])
        self.on_lane(lambda: self.batches.prove(ticket, sender=sender))
        self.tickets.append(ticket.id)

    def note(self, ticket: BatchTicket) -> Entry:
        act = self.random.choice([REPLIED, LEFT_PENDING, SOLVES, FOLLOWED_UP])
        entry = self.batches.entry(ticket, act)
        self.on_lane(lambda: self.batches.anchor(later=[entry], policy_id=self.policies[0]))
        return entry

    def show(self) -> None:
        """One more entry than was anchored before, as far as all are."""
        ticket = self.a_batch_ticket()
        self.note(ticket)
        first = max(1, self.house.lane.proof(ticket.id).sequence)
        entries = ticket.entries[first - 1 :][:3]
        sender = self.random.choice(self.requesters)
        self.on_lane(lambda: self.batches.show(ticket, entries, sender=sender))

    def end_challenge(self) -> None:
        ticket, (claim, collect) = self.a_batch_ticket(), self.random.choices([True, False], k=2)
        self.on_lane(lambda: self.house.lane.end_challenge(ticket.id, claim, collect))

    def equivocate(self) -> None:
        """Two stories of one entry."""
        ticket = self.a_batch_ticket()
        one = self.note(ticket)
        other = tampered(one, digest=self.house.digest())
        self.on_lane(lambda: self.batches.anchor(later=[other], policy_id=self.policies[0]))
        shown = self.batches.shown([one, other])
        self.on_lane(lambda: self.house.lane.prove_equivocation(ticket.id, one.sequence, *shown))

    def release_batch(self) -> None:
        held = [number for number, batch in self.rebuilt.batches.items() if batch.reserved]
        self.on_lane(lambda: self.house.lane.release_batch(self.random.choice(held or [1])))

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
    _desk_agrees(history)
    _panel_agrees(history)
    _directory_agrees(history)
    _lane_agrees(history)
    _pool_agrees(history)


def _desk_agrees(history: History) -> None:
    rebuilt, desk = history.rebuilt, history.house.desk
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


def _panel_agrees(history: History) -> None:
    rebuilt, panel = history.rebuilt, history.house.panel
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


def _directory_agrees(history: History) -> None:
    rebuilt, directory = history.rebuilt, history.house.directory
    assert rebuilt.agents.keys() == {agent.address for agent in history.agents}
    for agent, registered in rebuilt.agents.items():
        assert tuple(directory.agent(agent)) == astuple(registered)
        assert directory.standing(agent) == registered.standing()
        assert directory.predecessor(agent) == rebuilt.predecessors.get(agent, ZERO)
    for channel in history.channels:
        since, revoked_at = rebuilt.channels.get(channel, (0, 0))
        assert tuple(directory.channel(channel)) == (since, revoked_at)
        assert directory.is_official(channel) == (since != 0 and revoked_at == 0)
    for requester in history.requesters:
        assert directory.keeper(requester) == rebuilt.keepers.get(requester, ZERO)
        assert directory.keeper_nonce(requester) == rebuilt.keeper_nonces[requester]


def _lane_agrees(history: History) -> None:
    rebuilt, lane = history.rebuilt, history.house.lane
    assert lane.batch_count() == len(rebuilt.batches)
    for number, batch in rebuilt.batches.items():
        assert tuple(lane.batch(number)) == astuple(batch)
    for ticket_id, proof in rebuilt.proofs.items():
        assert tuple(lane.proof(ticket_id)) == astuple(proof)


def _pool_agrees(history: History) -> None:
    rebuilt, pool = history.rebuilt, history.house.pool
    assert tuple(pool.books()) == rebuilt.books()
    for requester in [*history.requesters, *(one.address for one in history.arbiters)]:
        assert pool.collectable(requester) == rebuilt.collectable(requester)


def test_histories_reach_every_kind_of_call(unfunded: House) -> None:
    """Without this the test above could pass by refusing everything."""
    history = History(unfunded, 5)
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
