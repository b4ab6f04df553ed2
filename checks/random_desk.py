# SPDX-License-Identifier: Apache-2.0
"""A desk on anvil, to which random things happen: on both lanes, disputes and money among them.

Transactions are sent from accounts that the node unlocks, without asking first whether they would be refused:
what is refused makes an empty block.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from makegood.batches import Act, Batch, Entry, prove, ticket_id, write_leaves
from makegood.clock import CALENDAR_HOURS, Kind, Priority
from makegood.desk import BOT, ETH, HUMAN, Call, Desk, Factory, KeySigner, Shown, deploy_factory
from makegood.errors import MakegoodError
from makegood.policy import DAY, ChainPolicy

HOUR = 3_600
_FAR = 2**32 - 1
_UNIT = 10**15
_GAS = hex(8_000_000)
_MOST_TICKETS = 40
_WEEKDAYS = sum(1 << 24 * day + hour for day in range(5) for hour in range(8, 18))


@dataclass
class Anchored:
    """A batch and what it is on chain, unless it was taken back."""

    number: int
    batch: Batch
    openings: list[Entry]


@dataclass
class RandomDesk:
    """Everybody who acts, and what they act upon. `leaves` is published at `address`."""

    w3: Web3
    random: random.Random
    leaves: Path
    address: str
    tickets: list[bytes] = field(default_factory=list)
    anchored: list[Anchored] = field(default_factory=list)
    proven: list[Entry] = field(default_factory=list)
    contested: list[tuple[bytes, Kind]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.operator, self.agent, self.successor, self.bot, self.one, self.other, self.anyone = (
            self._account(name)
            for name in ("operator", "agent", "successor", "bot", "one", "other", "anyone")
        )
        self._digests = count(1)
        self._noted: dict[bytes, list[Anchored]] = {}
        self.factory = deploy_factory(self.w3, self.operator)
        self.desk = self._deploy("First")
        self._begin()

    def _account(self, name: str) -> KeySigner:
        signer = KeySigner(Account.from_key(keccak(text=name)))
        self.ask("anvil_setBalance", signer.address, hex(10**24))
        self.ask("anvil_impersonateAccount", signer.address)
        return signer

    def _deploy(self, name: str) -> Desk:
        call = self.factory.deploy_desk(self.operator.address, ETH, 30 * DAY, name, [self.anyone.address], 1)
        return Desk(self.w3, Factory.deployed(call.send(self.operator)).desk)

    def _begin(self) -> None:
        for hours in (CALENDAR_HOURS, _WEEKDAYS):
            self.desk.publish_policy(_policy(hours), "Random").send(self.operator)
        for signer, kind in ((self.agent, HUMAN), (self.successor, HUMAN), (self.bot, BOT)):
            self._registration(signer, kind, _FAR).send(self.operator)
            self.desk.set_allowance(signer.address, 10**21).send(self.operator)
        for requester in (self.one, self.other):
            self.desk.grant_coverage(requester.address, 1, 0, 100, _FAR).send(self.operator)
        self.desk.pool.fund(10**18).send(self.operator)

    def _registration(self, signer: KeySigner, kind: int, until: int) -> Call[None]:
        return self.desk.directory.sign_register_agent(
            signer, kind, self.digest(), self.digest(), until, _FAR
        )

    # ------------------------------------------------------------ acting

    def act(self, times: int = 1) -> None:
        """Let so many things happen, each in a block of its own or several in one."""
        actions = self._actions()
        names = list(actions)
        left = times
        while left > 0:
            together = self.random.choice([1, 1, 1, 2, 4])
            if self.random.random() < 0.2:
                self.ask("evm_increaseTime", self.random.choice([60, 60, 60, HOUR, 3 * HOUR, DAY]))
            if together > 1:
                self.ask("evm_setAutomine", False)
            for name in self.random.choices(names, [actions[each][0] for each in names], k=together):
                # What cannot even be put together, such as the proof of nothing, does not happen.
                with contextlib.suppress(MakegoodError, IndexError, ValueError):
                    actions[name][1]()
            if together > 1:
                self.ask("evm_mine")
                self.ask("evm_setAutomine", True)
            left -= 1

    def _actions(self) -> dict[str, tuple[int, Callable[[], object]]]:
        pick = self.random.choice
        return {
            "open": (6, self._open),
            "open_for": (5, self._open_for),
            "reply": (
                9,
                lambda: self.send(
                    self.desk.reply(self._ticket(), pick([2, 3, 4]), self.digest()),
                    pick([self.agent, self.successor]),
                ),
            ),
            "bot": (1, lambda: self.send(self.desk.bot_reply(self._ticket(), self.digest()), self.bot)),
            "follow_up": (6, self._follow_up),
            "claim": (
                4,
                lambda: self.send(self.desk.claim(self._ticket(), pick([True, False])), self.anyone),
            ),
            "close": (4, lambda: self.send(self.desk.close(self._ticket()), pick([self.one, self.other]))),
            "contest": (3, self._contest),
            "default": (3, self._default),
            "anchor": (3, self._anchor),
            "note": (5, self._note),
            "prove": (5, self._prove),
            "show": (7, self._show),
            "end": (2, self._end),
            "release": (
                1,
                lambda: self.send(self.desk.lane.release_batch(pick(self.anchored).number), self.anyone),
            ),
            "fund": (1, lambda: self.send(self.desk.pool.fund(pick([1, 10**16])), self.operator)),
            "collect": (
                2,
                lambda: self.send(self.desk.pool.collect(pick([self.one, self.other]).address), self.anyone),
            ),
            "announce": (1, lambda: self.send(self.desk.pool.announce_withdrawal(10**17), self.operator)),
            "withdraw": (
                1,
                lambda: self.send(self.desk.pool.withdraw(10**16, self.operator.address), self.operator),
            ),
            "grant": (
                1,
                lambda: self.send(
                    self.desk.grant_coverage(self.other.address, pick([1, 2]), pick([0, 3]), 50, _FAR),
                    self.operator,
                ),
            ),
            "policy": (
                1,
                lambda: self.send(self.desk.publish_policy(_policy(_WEEKDAYS), "More"), self.operator),
            ),
            "allow": (
                1,
                lambda: self.send(self.desk.set_allowance(self.agent.address, 10**21), self.operator),
            ),
            "channel": (
                1,
                lambda: self.send(self.desk.directory.publish_channel(self.digest()), self.operator),
            ),
            "keeper": (1, lambda: self.send(self.desk.directory.name_keeper(self.anyone.address), self.one)),
            "succeed": (
                1,
                lambda: self.send(
                    self.desk.directory.name_successor(self.agent.address, self.successor.address),
                    self.operator,
                ),
            ),
            "register": (
                1,
                lambda: self.send(
                    self._registration(self.successor, HUMAN, pick([_FAR, self.now() + HOUR])), self.operator
                ),
            ),
            "deploy": (
                1,
                lambda: self.send(
                    self.factory.deploy_desk(self.other.address, ETH, 30 * DAY, "Another", [], 0), self.other
                ),
            ),
        }

    # ------------------------------------------------------------ direct tickets

    def _open(self) -> None:
        requester, commitment = self.random.choice([self.one, self.other]), self.digest()
        self.send(self.desk.open_ticket(1, self.random.randrange(4), commitment), requester)
        self._know(self.desk.ticket_id(0, requester.address, commitment))

    def _open_for(self) -> None:
        commitment = self.digest()
        call = self.desk.open_ticket_for(
            self.one.address, self.random.choice([1, 2]), self.random.randrange(4), commitment
        )
        self.send(call, self.agent)
        self._know(self.desk.ticket_id(1, self.one.address, commitment))

    def _follow_up(self) -> None:
        self.send(
            self.desk.follow_up(self._ticket(), self.digest()), self.random.choice([self.one, self.other])
        )

    def _contest(self) -> None:
        ticket = self._ticket()
        kind = self.random.choice([Kind.FIRST_REPLY, Kind.INCIDENT])
        policy = _policy(CALENDAR_HOURS)
        amount = _UNIT if kind is Kind.INCIDENT else policy.compensation[self.desk.ticket(ticket).priority][0]
        bond = policy.bond_of(amount if kind is Kind.INCIDENT else 0)
        call = self.desk.panel.contest(ticket, kind, amount, self.digest(), bond)
        self.send(call, self.random.choice([self.one, self.other]))
        self.contested = [*self.contested[-4:], (ticket, kind)]

    def _default(self) -> None:
        ticket, kind = self.random.choice(self.contested)
        if self.random.random() < 0.5:
            self.ask("evm_increaseTime", 4 * HOUR)
        self.send(self.desk.panel.rule_by_default(ticket, kind), self.anyone)

    # ------------------------------------------------------------ batches

    def _anchor(self) -> None:
        at = self.now() - self.random.randrange(HOUR)
        openings = []
        for _ in range(self.random.randrange(1, 6)):
            requester, commitment = self.random.choice([self.one, self.other]).address, self.digest()
            name = ticket_id(self.desk.chain_id, self.desk.address, requester, commitment)
            openings.append(
                (Entry(name, 0, Act.OPENED, at, requester, commitment), self.random.choice(list(Priority)))
            )
        self._publish(Batch.of(openings), [entry for entry, _ in openings])

    def _note(self) -> None:
        batches = [each for each in self.anchored if each.openings]
        openings = self.proven[-2:] or self.random.choice(batches).openings
        opening = self.random.choice(openings)
        noted = self._noted.setdefault(opening.ticket_id, [])
        act = self.random.choice(list(Act)[1:])
        actor = opening.actor if act is Act.FOLLOWED_UP else self.agent.address
        entry = Entry(opening.ticket_id, len(noted) + 1, act, self.now(), actor, self.digest())
        self._publish(Batch.of([], [entry]), [])
        noted.append(self.anchored[-1])

    def _publish(self, batch: Batch, openings: list[Entry]) -> None:
        if self.random.random() < 0.9:
            write_leaves(batch, self.leaves)
        # Later entries of the successor's count only once it was named.
        anchor = self.random.choice([self.agent] * 4 + [self.successor]) if openings else self.agent
        number = self.desk.lane.batch_count() + 1
        self.send(self.desk.lane.anchor_batch(1, batch.root, batch.counts, self.address), anchor)
        self.anchored.append(Anchored(number, batch, openings))

    def _prove(self) -> None:
        one = self.random.choice([each for each in self.anchored if each.openings][-8:])
        opening = self.random.choice(one.openings)
        found = prove(one.batch, one.number, one.batch.index(opening))
        call = self.desk.lane.prove_ticket(
            one.number, found.index, found.path, opening.actor, opening.digest, opening.at, value=_UNIT
        )
        self.send(call, self.one if opening.actor == self.one.address else self.other)
        self._know(opening.ticket_id)
        self.proven = [*self.proven[-3:], opening]

    def _show(self) -> None:
        opening = self.random.choice(self.proven[-2:])
        proof = self.desk.lane.proof(opening.ticket_id)
        if proof is None:
            return
        shown = []
        for one in self._noted.get(opening.ticket_id, [])[proof.sequence - 1 :][:3]:
            found = prove(one.batch, one.number, 0)
            entry = found.entry
            shown.append(Shown(entry.act, entry.at, entry.actor, entry.digest, one.number, 0, found.path))
        if shown:
            self.send(self.desk.lane.prove_entries(opening.ticket_id, proof.sequence, shown), self.anyone)

    def _end(self) -> None:
        opening = self.random.choice(self.proven)
        if self.random.random() < 0.3:
            self.ask("evm_increaseTime", 6 * HOUR)
        self.send(self.desk.lane.end_challenge(opening.ticket_id), self.anyone)

    # ------------------------------------------------------------ the node

    def send(self, call: Call[Any], who: KeySigner) -> None:
        """Send without asking, and without waiting."""
        transaction = {
            "from": who.address,
            "to": call.to,
            "data": Web3.to_hex(call.data),
            "value": hex(call.value),
            "gas": _GAS,
        }
        self.ask("eth_sendTransaction", transaction)

    def ask(self, method: str, *arguments: Any) -> Any:
        """What the node answers. Raises MakegoodError where it refuses."""
        response = self.w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
        if "error" in response:
            raise MakegoodError(f"The node refuses {method}: {response['error']}.")
        return response["result"]

    def now(self) -> int:
        """The time of the last block."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def digest(self) -> bytes:
        """32 bytes that were not used before."""
        return hashlib.sha256(str(next(self._digests)).encode()).digest()

    def _know(self, ticket: bytes) -> None:
        self.tickets = [*self.tickets[1 - _MOST_TICKETS :], ticket]

    def _ticket(self) -> bytes:
        return self.random.choice(self.tickets)


def _policy(hours: int) -> ChainPolicy:
    return ChainPolicy(
        hours=hours,
        targets=((HOUR, 2 * HOUR, 8 * HOUR),) * 4,
        compensation=((3 * _UNIT, 2 * _UNIT, 5 * _UNIT), (_UNIT, _UNIT, _UNIT), (1, 2, 3), (0, 0, 0)),
        contest_window=DAY,
        challenge_window=6 * HOUR,
        ruling_window=3 * HOUR,
        claim_window=DAY,
        anchor_lag=900,
        incident_cap=5 * _UNIT,
        incident_bond_share=500,
        contest_bond=_UNIT,
        prove_bond=_UNIT,
        fee=_UNIT,
    )
