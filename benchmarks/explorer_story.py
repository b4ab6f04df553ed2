# SPDX-License-Identifier: Apache-2.0
"""A chain that never was, with many tickets: blocks and their logs.

Twenty desks, one of which has half of the tickets; 50,000 requesters; twelve weeks. Each ticket has a life of
its own kind: answered and closed, talked about, late and paid, worked on, or still open at the end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.explorer_logs import address, digest, encoded
from makegood import channels, clock
from makegood.clock import CALENDAR_HOURS, Kind, Priority, TicketState
from makegood.indexer.logs import Log
from makegood.indexer.node import Header
from makegood.policy import ChainPolicy

CHAIN = 31_337
DESKS = 20
REQUESTERS = 50_000

_UNIT = 10**18
_AGENTS = 8  # of each desk
_DAYS = 84
EVERY = 360  # seconds between blocks
BLOCKS = _DAYS * 86_400 // EVERY
# Ahead of the world's clock, and the same in every run: the pages' own clock starts there.
_END = 1_893_456_000  # 1 Jan 2030 00:00 UTC
START = _END - BLOCKS * EVERY
AT_ONCE = 400  # blocks that are told together
_BEGIN = 20  # blocks before the first ticket
NOBODY = "0x" + "00" * 20
_FOREVER = 2**32 - 1
POLICY = ChainPolicy(
    hours=CALENDAR_HOURS,
    targets=(
        (900, 1_800, 28_800),
        (3_600, 7_200, 86_400),
        (14_400, 28_800, 259_200),
        (86_400, 86_400, 604_800),
    ),
    compensation=((_UNIT // 50, _UNIT // 100, _UNIT // 20),) * 4,
    contest_window=432_000,
    challenge_window=86_400,
    ruling_window=864_000,
    claim_window=7_776_000,
    anchor_lag=900,
    incident_cap=2 * _UNIT,
    incident_bond_share=400,
    contest_bond=_UNIT // 125,
    prove_bond=_UNIT // 500,
    fee=6 * 10**15,
)
_WORTH = sum(POLICY.compensation[0])

# What happens to a ticket: after which share of its first target, and what. The first kind is the most usual.
_LIVES: tuple[tuple[int, tuple[tuple[float, str], ...]], ...] = (
    (40, ((0.5, "solved"), (40.0, "close"))),
    (30, ((0.3, "pending"), (1.3, "follow"), (1.5, "solved"))),
    (15, ((1.5, "solved"), (2.0, "claim"))),
    (14, ((0.6, "replied"), (4.0, "solved"))),
    (1, ((0.8, "solved"), (1.0, "contest"))),
)


def ticket_id(number: int) -> str:
    """Of the ticket that is opened as this one."""
    return digest(f"ticket {number}")


def commitment(number: int) -> str:
    """Of the document with which it is opened."""
    return digest(f"said {number}")


def requester(number: int) -> str:
    """Who opens it."""
    return address(f"requester {number * 7_919 % REQUESTERS}")


def opened_in(number: int) -> str:
    """The transaction in which it is opened."""
    return digest(f"opening {number}")


def desk(number: int) -> str:
    """The address of a desk."""
    return address(f"desk {number}")


def desk_of(number: int) -> int:
    """Which desk's a ticket is: every other one is the first's."""
    return 0 if number % 2 else 1 + number // 2 % (DESKS - 1)


def did(at: int, agent: int) -> str:
    """Of an agent of a desk."""
    return f"did:web:desk{at}.example:agent{agent}"


@dataclass(slots=True)
class _Ticket:
    number: int
    state: TicketState


class Chain:
    """Blocks with their logs, from first to last."""

    def __init__(self, tickets: int) -> None:
        self._tickets = tickets
        self._block = 0
        self._logs: list[Log] = []
        self._hash = digest("block 0")
        self._in_block = 0
        self._later: defaultdict[int, list[tuple[_Ticket, str]]] = defaultdict(list)
        self._disputes: dict[int, int] = defaultdict(int)
        self._set_aside: dict[int, int] = defaultdict(int)

    def blocks(self) -> Iterator[tuple[list[Header], list[Log]]]:
        """Some blocks at a time."""
        opened = 0
        for start in range(1, BLOCKS + 1, AT_ONCE):
            self._logs, headers = [], []
            numbers = range(start, min(start + AT_ONCE, BLOCKS + 1))
            for number in numbers:
                headers.append(self._next(number))
                if number == 1:
                    for each in range(DESKS):
                        self._begin(each)
                upto = self._tickets * max(0, number - _BEGIN) // (BLOCKS - _BEGIN)
                while opened < upto:
                    self._open(opened)
                    opened += 1
                for ticket, what in self._later.pop(number, ()):
                    getattr(self, f"_{what}")(ticket)
                if number == numbers[-1]:
                    self._move_funds()
            yield headers, self._logs

    @property
    def _now(self) -> int:
        return START + self._block * EVERY

    def _next(self, number: int) -> Header:
        before, self._hash = self._hash, digest(f"block {number}")
        self._block, self._in_block = number, 0
        return Header(number, self._hash, before, self._now)

    def _emit(self, contract: str, at: int, name: str, transaction: str = "", /, **given: Any) -> None:
        topics, data = encoded(contract, name, given)
        log = Log(
            block_number=self._block,
            block_hash=self._hash,
            log_index=self._in_block,
            transaction=transaction or digest(f"{self._hash} {self._in_block}"),
            address=address("factory") if contract == "factory" else address(f"{contract} {at}"),
            topics=topics,
            data=data,
            contract=contract,
            desk=None if contract == "factory" else desk(at),
            time=self._now,
        )
        self._in_block += 1
        self._logs.append(log)

    # ------------------------------------------------------------ desks

    def _begin(self, at: int) -> None:
        parts = {name: address(f"{name} {at}") for name in ("pool", "panel", "lane", "directory")}
        operator = address(f"operator {at}")
        self._emit(
            "factory",
            at,
            "DeskDeployed",
            desk=desk(at),
            operator=operator,
            asset=NOBODY,
            notice=2_592_000,
            name=f"Support {at}",
            **parts,
        )
        self._emit("directory", at, "OwnershipTransferred", previous_owner=NOBODY, new_owner=operator)
        arbiters = [address(f"arbiter {each}") for each in range(3)]
        self._emit("panel", at, "PanelAdopted", epoch=1, arbiters=arbiters, threshold=2)
        self._emit(
            "desk",
            at,
            "PolicyPublished",
            policy_id=1,
            name="Always",
            uri="https://desk.example/policy.json",
            terms_digest=digest("terms"),
            policy=POLICY,
        )
        for each in range(_AGENTS):
            agent = address(f"agent {at} {each}")
            self._emit(
                "directory",
                at,
                "AgentRegistered",
                agent=agent,
                did_digest=digest(did(at, each)),
                credential_digest=digest("credential"),
                kind=1 + each % 2,
                since=self._now,
                until=_FOREVER,
            )
            self._emit("desk", at, "AllowanceSet", agent=agent, amount=10**6 * _UNIT)
        for each in range(3):
            channel = channels.parse(f"t.me/support_{at}_{each}").digest.hex()
            self._emit("directory", at, "ChannelPublished", channel=f"0x{channel}", since=self._now)
        self._emit("pool", at, "Funded", funder=operator, amount=10**6 * _UNIT)
        for each in range(1, 13):
            self._emit(
                "lane",
                at,
                "BatchAnchored",
                batch=each,
                agent=address(f"agent {at} 0"),
                policy_id=1,
                root=digest(f"root {at} {each}"),
                counts=[100, 200, 300, 400, 50],
                uri="https://desk.example/leaves",
                worst_case=1_000 * _WORTH,
                backed=False,
                expires_at=_END + 9_000_000,
            )

    def _move_funds(self) -> None:
        # A pool tells of every ticket; here of some hundred blocks at once.
        for at, amount in self._set_aside.items():
            if amount:
                self._emit("pool", at, "Reserved" if amount > 0 else "Released", amount=abs(amount))
        self._set_aside.clear()

    # ------------------------------------------------------------ tickets

    def _open(self, number: int) -> None:
        priority = Priority(number // 3 % 4)
        targets = POLICY.targets[priority]
        state = clock.opened(
            self._now,
            POLICY.hours,
            targets[0],
            targets[2],
            requester=requester(number),
            policy_id=1,
            priority=priority,
            backed=True,
        )
        ticket = _Ticket(number, state)
        self._tell(
            ticket,
            "TicketOpened",
            state,
            opened_in(number),
            requester=requester(number),
            agent=self._agent(number),
            commitment=commitment(number),
        )
        self._set_aside[desk_of(number)] += _WORTH
        lot = number * 31 % 100
        for share, acts in _LIVES:
            lot -= share
            if lot < 0:
                for after, what in acts:
                    later = self._block + max(1, int(targets[0] * after / EVERY))
                    self._later[later].append((ticket, what))
                return

    def _agent(self, number: int) -> str:
        return address(f"agent {desk_of(number)} {number // 5 % _AGENTS}")

    def _tell(
        self, ticket: _Ticket, name: str, state: TicketState, transaction: str = "", /, **given: Any
    ) -> None:
        ticket.state = state
        at = desk_of(ticket.number)
        given |= {"ticket_id": ticket_id(ticket.number), "word": state.pack()}
        self._emit("desk", at, name, transaction, **given)

    def _after(self, ticket: _Ticket, event: clock.Event) -> TicketState:
        before = ticket.state
        state = clock.apply(before, event, self._now, POLICY.hours, POLICY.targets[before.priority][1])
        fresh = state.breached & ~before.breached
        if fresh:
            at, named = desk_of(ticket.number), ticket_id(ticket.number)
            self._emit("desk", at, "BreachRecorded", ticket_id=named, kinds=int(fresh))
        return state

    def _reply(self, ticket: _Ticket, event: clock.Event) -> None:
        state = self._after(ticket, event)
        said = {"agent": self._agent(ticket.number), "digest": digest(f"reply {ticket.number}")}
        self._tell(ticket, "TicketReplied", state, **said)

    def _replied(self, ticket: _Ticket) -> None:
        self._reply(ticket, "replied")

    def _pending(self, ticket: _Ticket) -> None:
        self._reply(ticket, "pending")

    def _solved(self, ticket: _Ticket) -> None:
        self._reply(ticket, "solved")

    def _follow(self, ticket: _Ticket) -> None:
        state = self._after(ticket, "followed_up")
        self._tell(ticket, "TicketFollowedUp", state, digest=digest(f"follow {ticket.number}"))

    def _claim(self, ticket: _Ticket) -> None:
        state = clock.claim(ticket.state, self._now)
        kinds = int(state.compensated & ~ticket.state.compensated)
        amounts = POLICY.compensation[state.priority]
        amount = sum(amounts[bit] for bit in range(3) if kinds >> bit & 1)
        who = requester(ticket.number)
        self._tell(ticket, "BreachCompensated", state, requester=who, kinds=kinds, amount=amount)
        self._emit("pool", desk_of(ticket.number), "Credited", beneficiary=who, amount=amount)

    def _close(self, ticket: _Ticket) -> None:
        self._tell(ticket, "TicketClosed", clock.close(ticket.state, self._now), released=_WORTH)
        self._set_aside[desk_of(ticket.number)] -= _WORTH

    def _contest(self, ticket: _Ticket) -> None:
        at = desk_of(ticket.number)
        self._disputes[at] += 1
        self._emit(
            "panel",
            at,
            "Contested",
            dispute=self._disputes[at],
            ticket_id=ticket_id(ticket.number),
            requester=requester(ticket.number),
            kind=int(Kind.RESOLUTION),
            amount=_UNIT // 20,
            reserved=0,
            evidence_digest=digest("evidence"),
            bond=_UNIT // 125,
            epoch=1,
            rules_until=self._now + POLICY.ruling_window,
        )
        state = replace(ticket.state, disputed=True)
        self._tell(ticket, "TicketContested", state, kind=int(Kind.RESOLUTION))
