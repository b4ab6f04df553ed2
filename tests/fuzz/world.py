# SPDX-License-Identifier: Apache-2.0
"""A desk on a chain beside its model: what is done to both, and whether they agree."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from fuzz.build import Build
from fuzz.cast import cast
from fuzz.chain import CHAIN_ID, Chain, Outcome, Recorder
from fuzz.encode import Signature
from fuzz.events import Decoder
from fuzz.house import Setting, deploy, map_slot, model_of
from fuzz.invariants import Broken, Watch
from fuzz.model.asset import ONE
from fuzz.model.ticket import Ticket

Reasons = set[str]
Step = tuple[int, str, tuple[Any, ...]]  # when, which action, with what
TICKETS_SLOT = 7
BALANCES_SLOT = 0  # of every test token


@dataclass(frozen=True)
class Transaction:
    """What an action sends."""

    sender: int
    to: int
    data: bytes
    value: int = 0


@dataclass(frozen=True)
class Action:
    """One thing that somebody can do. `choose` gives the arguments of `send` and of `predict`, or None."""

    name: str
    weight: float
    choose: Callable[["World"], tuple[Any, ...] | None]
    send: Callable[..., Transaction]
    predict: Callable[..., Reasons]
    ticket: int | None = None  # which argument is the ticket that it is about
    is_view: bool = False


class Failure(Exception):
    """Chain and model differ, or an invariant is broken. `kind`: what differs, which shrinking keeps."""

    def __init__(self, kind: str, detail: str) -> None:
        self.kind, self.detail = kind, detail
        super().__init__(kind, detail)

    def __str__(self) -> str:
        return f"{self.kind}: {self.detail}"


class World:
    """One episode's chain and model."""

    def __init__(self, build: Build, setting: Setting, recorder: Recorder | None = None) -> None:
        self.setting = setting
        self.chain = Chain(build, recorder)
        self.house = deploy(self.chain, setting)
        self.at = self.house.at
        self.cast = cast()
        self.m = model_of(self.house, setting)
        self.m.now = setting.start
        self.asset = self.m.pool.asset
        self.decoder = Decoder(self.at)
        self._balance_slot = 0
        self.outside = 0  # by how much something else than the desk's contracts moved the pool's balance
        self.watch = Watch(self)
        self.slots: dict[int, int] = {}
        self.plan: list[tuple[str, tuple[Any, ...]]] = []
        self.succeeded = 0  # which of the plan's calls went through when it was last run
        self._is_running = False
        self.asset.hook = self.run_plan
        self.is_rich = False  # whether the pool comes to hold nearly all that its books can
        self.r = Random(0)  # set by the walk; a script needs no chance
        self.known: list[int] = []  # ticket ids in order of their making
        self.memory: dict[str, list[Any]] = {}  # what choices go back to: batches, verdicts, vouchers

    # Doing

    def run_plan(self, _account: int) -> None:
        """The recipient that calls back is called: it does what it planned, unless it is at it already."""
        from fuzz.actions import actions

        if self._is_running:
            return
        self._is_running, out, bits = True, self.m.out, 0
        for i, (name, args) in enumerate(self.plan):
            if not actions()[name].predict(self, *args):
                bits |= 1 << i
        self._is_running, self.m.out, self.succeeded = False, out, bits

    def perform(self, action: Action, now: int, args: tuple[Any, ...]) -> str:
        """Do it to both; returns the reason of a refusal, "" where it was done. Raises Failure."""
        self.m.begin(now)
        self.chain.at(now)
        sent = action.send(self, *args)
        reasons = action.predict(self, *args)
        before = self.watch.before()
        outcome = self.chain.call(sent.sender, sent.to, sent.data, sent.value)
        if reasons:
            return self._check_refused(outcome, reasons)
        if not outcome.ok:
            raise Failure("refused", f"the model allows it; the chain says {outcome.reason()!r}")
        self._check_output(outcome)
        if not action.is_view:
            self._check_done(outcome, before)
        return ""

    def _check_refused(self, outcome: Outcome, reasons: Reasons) -> str:
        if outcome.ok:
            raise Failure("allowed", f"the model refuses it: {sorted(reasons)}")
        reason = outcome.reason()
        if reason not in reasons:
            raise Failure("reason", f"{reason!r} is none of {sorted(reasons)}")
        return reason or "(no reason)"

    def _check_output(self, outcome: Outcome) -> None:
        out = self.m.out
        if out is not None and outcome.output != b"".join([one.to_bytes(32, "big") for one in out]):
            raise Failure("output", f"{outcome.output.hex()}, not {out}")

    def _check_done(self, outcome: Outcome, before: int) -> None:
        m = self.m
        events = self.decoder.decode(outcome.logs)
        if events != m.events:
            raise Failure("events", difference(events, m.events))
        for ticket_id in m.touched:
            ticket = m.tickets[ticket_id]
            if ticket_id not in self.slots:
                self.known.append(ticket_id)
            if (word := self.ticket_word(ticket_id)) != ticket.word():
                raise Failure("word", f"ticket {ticket_id:#x}: {word:#x}, not {ticket.word():#x}")
        try:
            self.watch.after(before, events)
        except Broken as broken:
            raise Failure("invariant", str(broken)) from None

    def ticket_word(self, ticket_id: int) -> int:
        """As stored."""
        slot = self.slots.get(ticket_id)
        if slot is None:
            slot = self.slots[ticket_id] = map_slot(TICKETS_SLOT, ticket_id)
        return self.chain.storage(self.at.desk, slot)

    def held(self) -> int:
        """What the pool has of the asset."""
        if not self.asset.is_token:
            return self.chain.balance(self.at.pool)
        slot = map_slot(BALANCES_SLOT, self.at.pool) if not self._balance_slot else self._balance_slot
        self._balance_slot = slot
        return self.chain.storage(self.house.token, slot) * self.asset.factor // ONE

    # What choices need

    def signature(self, signer: int, contract: int, message: str, *fields: int) -> Signature:
        """What somebody signs."""
        return Signature(signer, contract, message, fields)

    def raw(self, one: Signature) -> bytes:
        """Its bytes."""
        return self.cast.signed(one, CHAIN_ID)

    def is_good(self, one: Signature, signer: int, contract: int, message: str, *fields: int) -> bool:
        """Whether it is that signer's over just this."""
        return self.cast.is_good(one, signer, contract, message, *fields)

    def odds(self, share: float) -> bool:
        """True in that share of all cases."""
        return self.r.random() < share

    def one_of(self, values: Any) -> Any:
        """Any of them."""
        return values[int(self.r.random() * len(values))]

    def digest(self) -> int:
        """A digest; now and then zero."""
        return self.r.getrandbits(256) if self.r.random() < 0.98 else 0

    def sender(self) -> int:
        """Anybody with a key."""
        return self.one_of(self.cast.senders)

    def operator(self) -> int:
        """The operator, mostly."""
        owner = self.m.directory.owner
        return owner if self.r.random() < 0.95 and owner in self.cast.senders else self.sender()

    def ticket_id(self, live: float = 0.9) -> int:
        """A ticket that is not over, mostly; now and then any, or one that is unknown."""
        if not self.known or self.r.random() < 0.01:
            return self.r.getrandbits(256)
        tickets = self.m.tickets
        if self.r.random() < live:
            for _ in range(6):
                # The newer ones more often.
                one = self.known[-1 - int(len(self.known) * self.r.random() ** 3)]
                if tickets[one].status != 5 and not tickets[one].is_over(self.m.now):
                    return one
        return self.one_of(self.known)

    def ticket(self) -> Ticket | None:
        """A ticket that is not closed, mostly."""
        return self.m.tickets.get(self.ticket_id())

    def such_ticket(self, is_such: Callable[[Ticket], bool], tries: int = 12) -> Ticket | None:
        """A known ticket of a kind that is looked for, if it is soon found."""
        for _ in range(tries if self.known else 0):
            one = self.m.tickets[self.known[-1 - int(len(self.known) * self.r.random() ** 2)]]
            if is_such(one):
                return one
        return None

    def policy_id(self) -> int:
        """A published one, mostly."""
        count = len(self.m.desk.policies)
        roll = self.r.random()
        if roll < 0.98 and count:
            return 1 + int(count * self.r.random())
        return self.one_of((0, count + 1, 8_192, 2**254, 2**256 - 1))

    def priority(self) -> int:
        """One of four, mostly."""
        roll = self.r.random()
        return int(roll * 4.08) if roll < 0.99 else 2**256 - 1

    def near(self, value: int, most: int = 2**256 - 1) -> int:
        """That number mostly, else one beside it, or none, or far too many."""
        roll = self.r.random()
        if roll < 0.9:
            return value
        return max(0, min(most, self.one_of((value - 1, value + 1, 0, value * 2, most))))

    def deadline(self) -> int:
        """Not past, mostly; often this very second."""
        roll = self.r.random()
        if roll < 0.7:
            return self.m.now + int(self.r.random() * 100_000)
        return self.m.now if roll < 0.9 else self.m.now - 1

    def flawed(self, one: Signature) -> Signature:
        """Good, mostly."""
        from fuzz.actions.signing import flawed

        return flawed(self, one)


def difference(got: list[Any], wanted: list[Any]) -> str:
    """The first event that differs."""
    for i, (one, other) in enumerate(zip(got, wanted, strict=False)):
        if one != other:
            return f"event {i} is {one}, not {other}"
    return f"{got[len(wanted) :]} too many" if len(got) > len(wanted) else f"{wanted[len(got) :]} is missing"
