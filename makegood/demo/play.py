# SPDX-License-Identifier: Apache-2.0
"""Plays a script: deploys a desk, lets everybody act at their second, and records what the chain answers."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from makegood import documents, replies
from makegood.binding import bind
from makegood.clock import WEEK, Kind, Status
from makegood.demo.arbitration import Arbitration
from makegood.demo.script import Act, Script, Ticket
from makegood.demo.stage import Stage
from makegood.demo.story import Refusal, Scene, Story, check
from makegood.desk import (
    BOT,
    ETH,
    HUMAN,
    PARTS,
    Call,
    Desk,
    Factory,
    Outcome,
    Parts,
    factory_call,
    part_call,
)
from makegood.errors import ChainRevert, MakegoodError
from makegood.identity import Key
from makegood.policy import DAY, Policy, to_units

NOTICE = 30 * DAY
_ALLOWANCE = Decimal("0.1")
_PLACES = 10
_SIGNED_FOR = DAY
# 1970-01-01 was a Thursday.
_FIRST_MONDAY = 4 * DAY
_STATUSES = {"hold": Status.HOLD, "pending": Status.PENDING, "solved": Status.SOLVED}
_BY_ARBITERS = ("contest", "verdict", "default", "collect_fees")

Progress = Callable[[int, int], None]


def play(
    stage: Stage, script: Script, policy: Policy, progress: Progress = lambda _done, _total: None
) -> Story:
    """The story of a script on a fresh desk in ETH.

    Raises MakegoodError where the chain takes what must be refused, or refuses it for another reason, and
    where somebody's money is not what the policy says.
    """
    return _Play(stage, script, policy).run(progress)


@dataclass
class _Play:
    stage: Stage
    script: Script
    policy: Policy
    scenes: list[Scene] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    ids: dict[int, bytes] = field(default_factory=dict)
    gas_fees: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    keys: dict[str, Key] = field(default_factory=dict)
    said: dict[bytes, Mapping[str, Any]] = field(default_factory=dict)
    statements: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    monday: int = 0
    last: int = 0

    def run(self, progress: Progress) -> Story:
        before = {name: self._balance(name) for name in self.stage.cast}
        now = int(self.stage.w3.eth.get_block("latest")["timestamp"])
        self.monday = (now - _FIRST_MONDAY) // WEEK * WEEK + _FIRST_MONDAY + WEEK
        self._set_up()
        money = self.arbitration.money()
        for done, act in enumerate(self.script.acts, 1):
            self._play(act)
            progress(done, len(self.script.acts))
        story = self._story(before)
        check(story)
        if self.arbitration.money().together != money.together:
            raise MakegoodError(
                "The money of all parties together is not what it was when the tickets began."
            )
        return story

    def _story(self, before: Mapping[str, int]) -> Story:
        return Story(
            script=self.script,
            policy=self.policy.to_chain(),
            monday=self.monday,
            factory=self.factory.address,
            desk=self.desk,
            addresses={name: signer.address for name, signer in self.stage.cast.items()},
            before=before,
            after={name: self._balance(name) for name in self.stage.cast},
            ids=self.ids,
            scenes=tuple(self.scenes),
            refusals=tuple(self.refusals),
            disputes=tuple(self.arbitration.told),
            documents=self.said,
            statements={number: tuple(each) for number, each in self.statements.items()},
        )

    # ------------------------------------------------------------ before the first Monday

    def _set_up(self) -> None:
        w3, owner = self.stage.w3, self.stage.cast["operator"].address
        parts = Parts(**{part: self._created(name, part_call(w3, name)) for part, name in PARTS.items()})
        self.factory = Factory(w3, self._created("factory", factory_call(w3, parts)))
        arbiters = [self.stage.cast[name].address for name in self.script.arbiters]
        call = self.factory.deploy_desk(owner, ETH, NOTICE, "Demo", arbiters, self.script.threshold)
        self.desk = Desk(w3, Factory.deployed(self._send("operator", "deploy", call)).desk)
        self.arbitration = Arbitration(
            self.stage, self.script, self.policy.to_chain(), self.desk, self.gas_fees
        )
        end = self.monday + 52 * WEEK
        policy, name = self.policy, self.policy.name
        self._send("operator", "publish", self.desk.publish_policy(policy.to_chain(), name, policy.terms.uri))
        for role, kind in (("agent", HUMAN), ("bot", BOT)):
            agent = self.stage.cast[role]
            self.keys[role] = Key.generate()
            binding = bind(self.desk, agent.address, self.keys[role], self.last)
            register = binding.register(self.desk, agent, kind, end, self.last + _SIGNED_FOR)
            self._send("operator", "register", register)
        allowance = self.desk.set_allowance(self.stage.cast["agent"].address, to_units(_ALLOWANCE, 18))
        self._send("operator", "allow", allowance)
        for holder in self.script.covered:
            address = self.stage.cast[holder].address
            self._send("operator", "cover", self.desk.grant_coverage(address, 1, 0, _PLACES, end))

    def _created(self, what: str, call: Call[None]) -> str:
        created = self._send("operator", what, call).created
        if created is None:
            raise MakegoodError(f"The node does not tell the address of the {what}.")
        return created

    # ------------------------------------------------------------ acts

    def _play(self, act: Act) -> None:
        at = max(self.monday + act.at, self.last + 1)
        self.stage.travel_to(at)
        self.last = at
        before = self.arbitration.money() if act.act in _BY_ARBITERS and act.refused is None else None
        who, call = (
            self._money(act) if act.ticket is None else self._on_ticket(act, self.script.tickets[act.ticket])
        )
        if act.refused is not None:
            self._refused(act, at, who, call)
            return
        outcome = self._send(who, act.act, call, act.ticket)
        if act.act == "open":
            self.ids[act.ticket or 0] = outcome.event("TicketOpened")["ticket_id"]
        if act.ticket is not None:
            self._sign_replies(who, act.ticket, outcome)
        if before is not None:
            self.arbitration.record(act, self.ids.get(act.ticket or 0, b""), before, outcome)

    def _refused(self, act: Act, at: int, who: str, call: Call[Any]) -> None:
        try:
            call.simulate(self.stage.cast[who].address, "pending")
        except ChainRevert as refusal:
            if refusal.reason != act.refused:
                raise MakegoodError(
                    f"The chain refuses {call.function} with “{refusal.reason}”, not “{act.refused}”."
                ) from None
            self.refusals.append(Refusal(at, act.ticket, who, act.as_status or act.act, refusal.reason))
            return
        raise MakegoodError(f"The chain takes {call.description}, which the script says is refused.")

    def _money(self, act: Act) -> tuple[str, Call[Any]]:
        if act.act == "collect_fees":
            return act.by or "anyone", self.arbitration.collect_fees(act)
        pool, text = self.desk.pool, str(act.amount)
        books = pool.books()
        amount = {"free": books.free, "funds": books.funds}.get(text)
        units = to_units(Decimal(text), 18) if amount is None else amount
        if act.act == "fund":
            return "operator", pool.fund(units)
        if act.act == "announce_withdrawal":
            return "operator", pool.announce_withdrawal(units)
        return "operator", pool.withdraw(units, self.stage.cast["operator"].address)

    def _on_ticket(self, act: Act, ticket: Ticket) -> tuple[str, Call[Any]]:
        if act.act == "open":
            return self._opening(act, ticket)
        ticket_id = self.ids[ticket.number]
        if act.act in _STATUSES:
            return "agent", self.desk.reply(ticket_id, _STATUSES[act.act], self._said("reply", ticket_id))
        if act.act == "bot" and act.as_status:
            return "bot", self.desk.reply(ticket_id, _STATUSES[act.as_status], self._said("reply", ticket_id))
        if act.act == "bot":
            return "bot", self.desk.bot_reply(ticket_id, self._said("reply", ticket_id))
        if act.act == "follow_up":
            return self._follow_up(act, ticket, ticket_id)
        who = ticket.requester if act.by == "requester" else act.by or "anyone"
        if act.act in _BY_ARBITERS:
            return self._dispute(act, ticket, ticket_id, who)
        if act.act == "claim":
            return who, self.desk.claim(ticket_id, act.collect)
        if act.act == "collect":
            return who, self.desk.pool.collect(self.stage.cast[ticket.requester].address)
        return who, self.desk.close(ticket_id)

    def _dispute(self, act: Act, ticket: Ticket, ticket_id: bytes, who: str) -> tuple[str, Call[Any]]:
        if act.act == "contest":
            kind = (act.kind or Kind.INCIDENT).labels[0]
            evidence = self._said("evidence", ticket_id, kind=kind, files=[])
            return ticket.requester, self.arbitration.contest(act, ticket, ticket_id, evidence)
        if act.act == "verdict":
            return who, self.arbitration.verdict(act, ticket, ticket_id)
        return who, self.arbitration.default(act, ticket_id)

    def _opening(self, act: Act, ticket: Ticket) -> tuple[str, Call[Any]]:
        requester = self.stage.cast[ticket.requester]
        document = {"requester": requester.address, "text": ticket.about}
        commitment = self._digest(documents.new_document("makegood/ticket/1", document))
        if act.by == "agent":
            return "agent", self.desk.open_ticket_for(requester.address, 1, ticket.priority, commitment)
        if act.by == "relay":
            until = self.last + _SIGNED_FOR
            return "anyone", self.desk.sign_open_ticket(requester, 1, ticket.priority, commitment, until)
        return ticket.requester, self.desk.open_ticket(1, ticket.priority, commitment)

    def _follow_up(self, act: Act, ticket: Ticket, ticket_id: bytes) -> tuple[str, Call[Any]]:
        digest = self._said("follow-up", ticket_id)
        if act.by == "relay":
            requester = self.stage.cast[ticket.requester]
            return "anyone", self.desk.sign_follow_up(requester, ticket_id, digest, self.last + _SIGNED_FOR)
        return ticket.requester, self.desk.follow_up(ticket_id, digest)

    # ------------------------------------------------------------ chain

    def _send(self, who: str, act: str, call: Call[Any], ticket: int | None = None) -> Outcome:
        outcome = call.send(self.stage.cast[who])
        self.last = outcome.at
        self.gas_fees[who] += outcome.fee
        self.scenes.append(Scene(ticket, who, act, call.function, outcome))
        return outcome

    def _sign_replies(self, who: str, ticket: int, outcome: Outcome) -> None:
        for event in (*outcome.all("TicketReplied"), *outcome.all("BotReplied")):
            ticket_id, digest = bytes(event["ticket_id"]), bytes(event["digest"])
            key = self.keys[who]
            statement = replies.sign(self.desk, event["agent"], key, ticket_id, digest, outcome.at)
            self.statements[ticket].append(statement)

    def _said(self, what: str, ticket_id: bytes, **about: Any) -> bytes:
        fields = {"ticket": f"0x{ticket_id.hex()}", **about, "text": f"Message {len(self.said) + 1}"}
        return self._digest(documents.new_document(f"makegood/{what}/1", fields))

    def _digest(self, document: Mapping[str, Any]) -> bytes:
        documents.check(document)
        digest = documents.digest(document)
        self.said[digest] = document
        return digest

    def _balance(self, name: str) -> int:
        return int(self.stage.w3.eth.get_balance(self.stage.cast[name].address))  # type: ignore[arg-type]
