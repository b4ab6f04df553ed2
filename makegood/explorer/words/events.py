# SPDX-License-Identifier: Apache-2.0
"""What happened, a sentence an event."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from makegood.batches.entry import Act, Entry
from makegood.explorer.languages import clean
from makegood.explorer.phrases import Hex, Link, Moment, Money, Number, Part, Sentence, counted, sentence
from makegood.explorer.reading import DeskRow, person
from makegood.explorer.words import names
from makegood.indexer.queries import Happened
from makegood.indexer.tickets import State

_NOBODY = "0x" + "00" * 20
_ACTS: dict[int, Sentence] = {
    0: sentence("opened"),
    1: sentence("answered, still in work"),
    2: sentence("answered, waits for the requester"),
    3: sentence("solved"),
    4: sentence("the requester followed up"),
}
_BY_AGENTS = (Act.REPLIED, Act.LEFT_PENDING, Act.SOLVED)

Arguments = Mapping[str, Any]


class Teller:
    """Tells the events of one desk."""

    def __init__(self, desk: DeskRow, now: int) -> None:
        self._desk, self._now = desk, now

    def tell(self, event: Happened) -> Sentence:
        """One event."""
        told = _TOLD.get(event.name)
        if told is None:
            return Sentence("%(name)s", {"name": event.name})
        return told(self, event.arguments)

    def written(self, entry: Entry, batch: int) -> Sentence:
        """What a leaf of a batch says."""
        return sentence(
            "Written in %(batch)s: %(act)s, of %(at)s, by %(who)s.",
            batch=self.batch(batch),
            act=_act(entry.act),
            at=self.moment(entry.at),
            who=self.agent(entry.actor) if entry.act in _BY_AGENTS else self.who(entry.actor),
        )

    # ------------------------------------------------------------ pieces

    def money(self, units: int) -> Money:
        """An amount of the desk's asset."""
        return Money(int(units), self._desk.token)

    def moment(self, at: int) -> Moment:
        """A time of its chain."""
        return Moment(int(at), self._now)

    def who(self, address: str) -> Hex:
        """Somebody."""
        return person(address, self._desk.chain)

    def agent(self, address: str) -> Hex:
        """An agent of this desk."""
        found = self.who(address)
        return Hex(found.value, f"/agent/{self._desk.chain}/{address}")

    def dispute(self, number: int) -> Link:
        """A dispute of this desk."""
        path = f"/dispute/{self._desk.chain}/{self._desk.row['panel']}/{number}"
        return Link(sentence("dispute %(number)s", number=Number(int(number))), path)

    def batch(self, number: int) -> Link:
        """A batch of this desk."""
        path = f"/batch/{self._desk.chain}/{self._desk.row['lane']}/{number}"
        return Link(sentence("batch %(number)s", number=Number(int(number))), path)


def _act(number: int) -> Sentence:
    return _ACTS.get(number, sentence("something that no ticket has"))


def _opened(tell: Teller, it: Arguments) -> Sentence:
    if it["agent"] == _NOBODY:
        return sentence("Opened by the requester, %(who)s.", who=tell.who(it["requester"]))
    return sentence(
        "Opened by agent %(agent)s for the requester, %(who)s.",
        agent=tell.agent(it["agent"]),
        who=tell.who(it["requester"]),
    )


def _replied(tell: Teller, it: Arguments) -> Sentence:
    agent = tell.agent(it["agent"])
    status = State.of(it["word"]).status
    if status == 3:
        return sentence("Agent %(agent)s replied, and waits for the requester's answer.", agent=agent)
    if status == 4:
        return sentence("Agent %(agent)s says that it is solved.", agent=agent)
    return sentence("Agent %(agent)s replied, and works on it.", agent=agent)


def _compensated(tell: Teller, it: Arguments) -> Sentence:
    places: dict[str, Part] = {"amount": tell.money(it["amount"]), "kinds": names.kinds(it["kinds"])}
    if State.of(it["word"]).backed or it["kinds"] == 8:
        return sentence("%(amount)s was paid for %(kinds)s, to be collected from the pool.", **places)
    return sentence("%(amount)s is owed for %(kinds)s: a debt, paid as funds come in.", **places)


def _contested(tell: Teller, it: Arguments) -> Sentence:
    return sentence(
        "The requester contested the %(kind)s (%(dispute)s), asking %(amount)s with a bond of %(bond)s.",
        kind=names.kinds(it["kind"]),
        dispute=tell.dispute(it["dispute"]),
        amount=tell.money(it["amount"]),
        bond=tell.money(it["bond"]),
    )


def _ruled(tell: Teller, it: Arguments) -> Sentence:
    places: dict[str, Part] = {"dispute": tell.dispute(it["dispute"]), "kind": names.kinds(it["kind"])}
    signers = int(it["signers"]).bit_count()
    if it["state"] == 4:
        return sentence(
            "The arbiters did not rule in time, so the requester won %(dispute)s on the %(kind)s: "
            "%(amount)s.",
            amount=tell.money(it["amount"]),
            **places,
        )
    if it["state"] == 3:
        return counted(
            "1 arbiter rejected %(dispute)s on the %(kind)s.",
            "%(count)s arbiters rejected %(dispute)s on the %(kind)s.",
            signers,
            **places,
        )
    return counted(
        "1 arbiter upheld %(dispute)s on the %(kind)s: %(amount)s.",
        "%(count)s arbiters upheld %(dispute)s on the %(kind)s: %(amount)s.",
        signers,
        amount=tell.money(it["amount"]),
        **places,
    )


def _closed(tell: Teller, it: Arguments) -> Sentence:
    if not it["released"]:
        return sentence("Closed.")
    return sentence(
        "Closed; %(amount)s that was set aside for it is free again.", amount=tell.money(it["released"])
    )


def _moved(_: Teller, it: Arguments) -> Sentence:
    return sentence(
        "What its batch holds was counted: now %(status)s.",
        status=names.STATUSES[State.of(it["word"]).status],
    )


def _anchored(tell: Teller, it: Arguments) -> Sentence:
    batch, agent = tell.batch(it["batch"]), tell.agent(it["agent"])
    return counted(
        "Agent %(agent)s anchored %(batch)s with 1 ticket.",
        "Agent %(agent)s anchored %(batch)s with %(count)s tickets.",
        sum(it["counts"][:4]),
        batch=batch,
        agent=agent,
    )


def _proven(tell: Teller, it: Arguments) -> Sentence:
    return sentence(
        "%(who)s proved the ticket from %(batch)s, with a bond of %(bond)s; the desk can now show what "
        "counts "
        "for it.",
        who=tell.who(it["prover"]),
        batch=tell.batch(it["batch"]),
        bond=tell.money(it["bond"]),
    )


def _shown(tell: Teller, it: Arguments) -> Sentence:
    act = _act(it["act"])
    places: dict[str, Part] = {"act": act, "batch": tell.batch(it["batch"]), "at": tell.moment(it["at"])}
    if it["taken"]:
        return sentence("Shown from %(batch)s: %(act)s, of %(at)s. It counts.", **places)
    return sentence("Shown from %(batch)s: %(act)s, of %(at)s. It does not count.", **places)


def _ended(tell: Teller, it: Arguments) -> Sentence:
    bond = tell.money(it["bond"])
    if it["returned"]:
        return sentence("The challenge ended; the bond of %(bond)s went back to the prover.", bond=bond)
    return sentence("The challenge ended; the bond of %(bond)s went to the desk.", bond=bond)


def _withdrawal(tell: Teller, it: Arguments) -> Sentence:
    return sentence(
        "The operator announced a withdrawal of %(amount)s, from %(start)s on.",
        amount=tell.money(it["amount"]),
        start=tell.moment(it["usable_from"]),
    )


def _agent_registered(tell: Teller, it: Arguments) -> Sentence:
    return sentence(
        "%(agent)s became an agent: %(kind)s, until %(until)s.",
        agent=tell.agent(it["agent"]),
        kind=names.AGENTS.get(it["kind"], names.AGENTS[0]),
        until=tell.moment(it["until"]),
    )


def _amount(text: str) -> Callable[[Teller, Arguments], Sentence]:
    return lambda tell, it: Sentence(text, {"amount": tell.money(it["amount"])})


def _amount_of(text: str, who: str) -> Callable[[Teller, Arguments], Sentence]:
    return lambda tell, it: Sentence(text, {"amount": tell.money(it["amount"]), "who": tell.who(it[who])})


def _plain(text: str) -> Callable[[Teller, Arguments], Sentence]:
    return lambda _tell, _it: Sentence(text)


def _of(text: str, who: str) -> Callable[[Teller, Arguments], Sentence]:
    return lambda tell, it: Sentence(text, {"who": tell.agent(it[who])})


_TOLD: dict[str, Callable[[Teller, Arguments], Sentence]] = {
    "TicketOpened": _opened,
    "TicketReplied": _replied,
    "BotReplied": lambda tell, it: sentence(
        "Bot %(agent)s wrote something. That stops no clock.", agent=tell.agent(it["agent"])
    ),
    "TicketFollowedUp": lambda _tell, _it: sentence("The requester wrote again."),
    "FollowUpNonceUsed": lambda _tell, _it: sentence("It was relayed: the requester had signed it."),
    "BreachRecorded": lambda _tell, it: sentence(
        "Recorded as broken: %(kinds)s.", kinds=names.kinds(it["kinds"])
    ),
    "BreachCompensated": _compensated,
    "BreachUpheld": lambda _tell, it: sentence(
        "Recorded as broken, by the arbiters: %(kinds)s.", kinds=names.kinds(it["kind"])
    ),
    "BreachReported": lambda _tell, it: sentence(
        "The arbiters reported a broken promise: %(kinds)s.", kinds=names.kinds(it["kind"])
    ),
    "TicketContested": lambda _tell, it: sentence(
        "The ticket's %(kind)s is in dispute.", kind=names.kinds(it["kind"])
    ),
    "TicketClosed": _closed,
    "TicketMoved": _moved,
    "Contested": _contested,
    "DisputeRuled": _ruled,
    "FeeCollected": lambda tell, it: sentence(
        "Arbiter %(who)s collected a fee of %(amount)s.",
        who=tell.who(it["arbiter"]),
        amount=tell.money(it["amount"]),
    ),
    "BatchAnchored": _anchored,
    "TicketProven": _proven,
    "EntryShown": _shown,
    "ChallengeEnded": _ended,
    "Equivocated": lambda _tell, _it: sentence(
        "The desk anchored two different stories of this ticket: all its clock promises count as broken."
    ),
    "BatchReleased": lambda tell, it: sentence(
        "%(batch)s expired; %(amount)s that was set aside for it is free again.",
        batch=tell.batch(it["batch"]),
        amount=tell.money(it["amount"]),
    ),
    "Reserved": _amount("%(amount)s was set aside."),
    "Released": _amount("%(amount)s that was set aside is free again."),
    "Synced": lambda tell, it: sentence(
        "The pool counted its funds: %(amount)s.", amount=tell.money(it["funds"])
    ),
    "DebtPaid": _amount("%(amount)s of the desk's debt was paid."),
    "DebtCredited": _amount_of("%(amount)s that was owed to %(who)s can now be collected.", "beneficiary"),
    "Collected": _amount_of("%(who)s collected %(amount)s.", "beneficiary"),
    "Credited": _amount_of("%(amount)s can now be collected by %(who)s.", "beneficiary"),
    "Owed": _amount_of("%(amount)s is owed to %(who)s until funds come in.", "beneficiary"),
    "Bonded": _amount_of("%(who)s put up a bond of %(amount)s.", "payer"),
    "BondReserved": _amount_of("%(who)s put up a bond of %(amount)s for a proof.", "payer"),
    "Unbonded": _amount("A bond of %(amount)s was settled."),
    "WithdrawalAnnounced": _withdrawal,
    "WithdrawalCancelled": _amount("The operator took back the withdrawal of %(amount)s."),
    "Withdrawn": _amount_of("The operator withdrew %(amount)s to %(who)s.", "to"),
    "Funded": _amount_of("%(who)s put %(amount)s into the pool.", "funder"),
    "PolicyPublished": lambda _tell, it: sentence(
        "The operator published policy %(number)s: %(name)s.",
        number=Number(it["policy_id"]),
        name=clean(it["name"], 80),
    ),
    "CoverageGranted": _of("%(who)s may open tickets without being asked.", "holder"),
    "AllowanceSet": _of("The operator set the allowance of agent %(who)s.", "agent"),
    "AgentRegistered": _agent_registered,
    "AgentRevoked": _of("%(who)s is no agent any more.", "agent"),
    "SuccessorNamed": _of("The operator named a successor for agent %(who)s.", "agent"),
    "ChannelPublished": _plain("The operator published an official channel."),
    "ChannelRevoked": _plain("The operator revoked a channel."),
    "KeeperNamed": _of("%(who)s let somebody prove its tickets.", "requester"),
    "KeeperNonceUsed": _plain("It was relayed: the requester had signed it."),
    "OwnershipTransferStarted": _plain("The operator offered the desk to a new one."),
    "OwnershipTransferred": _plain("The desk has a new operator."),
    "PanelProposed": _plain("The operator proposed new arbiters."),
    "PanelProposalCancelled": _plain("The operator took back the proposal of new arbiters."),
    "PanelAdopted": _plain("New arbiters decide from now on."),
    "DeskDeployed": _plain("The desk was deployed."),
}
"""By the event's name."""
