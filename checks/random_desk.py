# SPDX-License-Identifier: Apache-2.0
"""A desk on anvil, to which random things happen: on both lanes, disputes and money among them.

Transactions are sent from accounts that the node unlocks, without asking first whether they would be refused:
what is refused makes an empty block.
"""

from __future__ import annotations

import contextlib
import hashlib
import random
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from checks.random_batches import Batches
from checks.random_disputes import Disputes
from checks.random_office import Office
from checks.random_policy import FAR, HOUR, UNIT, WEEKDAYS, policy
from checks.random_tickets import Tickets
from makegood.clock import CALENDAR_HOURS
from makegood.desk import BOT, ETH, HUMAN, Call, Desk, Factory, KeySigner, deploy_factory
from makegood.errors import MakegoodError
from makegood.policy import DAY

NOTICE = 2 * DAY
"""Of the pool: short enough that withdrawals and panels get through."""

_GAS = hex(8_000_000)
_MOST_TICKETS = 40
_PEOPLE = ("operator", "heir", "agent", "successor", "bot", "one", "other", "anyone", "judge", "juror")


@dataclass
class RandomDesk:
    """Everybody who acts, and what they act upon. `leaves` is published at `address`."""

    w3: Web3
    random: random.Random
    leaves: Path
    address: str
    tickets: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.people = {name: self._account(name) for name in _PEOPLE}
        self.operator, self.agent, self.successor, self.bot, self.one, self.other, self.anyone = (
            self.people[name] for name in ("operator", "agent", "successor", "bot", "one", "other", "anyone")
        )
        self.arbiters = [self.people[name] for name in ("anyone", "judge", "juror")]
        self._digests = count(1)
        self.factory = deploy_factory(self.w3, self.operator)
        self.desk = self._deploy("First")
        self._begin()
        self._actions = {
            **Tickets(self).actions(),
            **Disputes(self).actions(),
            **Batches(self).actions(),
            **Office(self).actions(),
        }

    def _account(self, name: str) -> KeySigner:
        signer = KeySigner(Account.from_key(keccak(text=name)))
        self.ask("anvil_setBalance", signer.address, hex(10**24))
        self.ask("anvil_impersonateAccount", signer.address)
        return signer

    def _deploy(self, name: str) -> Desk:
        arbiters = sorted((each.address for each in self.arbiters), key=lambda each: int(each, 16))
        call = self.factory.deploy_desk(self.operator.address, ETH, NOTICE, name, arbiters, 2)
        return Desk(self.w3, Factory.deployed(call.send(self.operator)).desk)

    def _begin(self) -> None:
        for hours in (CALENDAR_HOURS, WEEKDAYS):
            self.desk.publish_policy(policy(hours), "Random").send(self.operator)
        for signer, kind in ((self.agent, HUMAN), (self.successor, HUMAN), (self.bot, BOT)):
            self.registration(signer, kind, FAR).send(self.operator)
            self.desk.set_allowance(signer.address, 10**21).send(self.operator)
        for requester in (self.one, self.other):
            self.desk.grant_coverage(requester.address, 1, 0, 100, FAR).send(self.operator)
        # Some desks cannot back what they promise: they run into debt.
        self.desk.pool.fund(self.random.choice([20 * UNIT, 10**18])).send(self.operator)

    def registration(self, signer: KeySigner, kind: int, until: int) -> Call[None]:
        """The call by which the operator appoints an agent, who signed it."""
        return self.desk.directory.sign_register_agent(signer, kind, self.digest(), self.digest(), until, FAR)

    # ------------------------------------------------------------ acting

    def act(self, times: int = 1) -> None:
        """Let so many things happen, each in a block of its own or several in one."""
        names = list(self._actions)
        weights = [self._actions[each][0] for each in names]
        for _ in range(times):
            together = self.random.choice([1, 1, 1, 2, 4])
            if self.random.random() < 0.2:
                self.ask("evm_increaseTime", self.random.choice([60, 60, 60, HOUR, 3 * HOUR, DAY]))
            if together > 1:
                self.ask("evm_setAutomine", False)
            for name in self.random.choices(names, weights, k=together):
                # What cannot even be put together, such as the proof of nothing, does not happen.
                with contextlib.suppress(MakegoodError, IndexError, ValueError):
                    self._actions[name][1]()
            if together > 1:
                self.ask("evm_mine")
                self.ask("evm_setAutomine", True)

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

    def later(self, seconds: int, chance: float) -> None:
        """Now and then let so much time pass."""
        if self.random.random() < chance:
            self.ask("evm_increaseTime", seconds)

    def digest(self) -> bytes:
        """32 bytes that were not used before."""
        return hashlib.sha256(str(next(self._digests)).encode()).digest()

    def know(self, ticket: bytes) -> None:
        """There may be this ticket from now on."""
        self.tickets = [*self.tickets[1 - _MOST_TICKETS :], ticket]

    def ticket(self) -> bytes:
        """Any of the last tickets. Raises IndexError where there is none."""
        return self.random.choice(self.tickets)

    def owner(self) -> KeySigner:
        """Who is the operator now."""
        found = self.desk.directory.owner()
        return next(each for each in self.people.values() if each.address == found)
