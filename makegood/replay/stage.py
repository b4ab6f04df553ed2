# SPDX-License-Identifier: Apache-2.0
"""Where a replay takes place: a fresh desk in ETH with operator, agent, and requesters with coverage."""

import hashlib
import secrets
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount

from makegood.binding import bind
from makegood.clock import Priority
from makegood.desk import (
    BATCH_LANE,
    ETH,
    HUMAN,
    REQUESTER_LANE,
    Call,
    Desk,
    Factory,
    KeySigner,
    deploy_factory,
)
from makegood.desk.contract import Contract
from makegood.desk.refusal import chain_errors
from makegood.identity import Key
from makegood.policy import DAY, Policy
from makegood.replay.driver import Driver

REQUESTERS = 16
LAST_SECOND = 2**32 - 1
"""The end of the desk's time, in the year 2106."""

# Wei for the gas of one actor: some thousand calls on a chain of our own.
_POCKET = 10 * 10**18
# No call of a replay needs this much, and what is not used is not paid.
_GAS_LIMIT = 400_000
_GAS_LIMITS = {"prove_entries": 2_000_000}

_OF_THE_POOL = {"collect"}
_OF_THE_LANE = {"anchor_batch", "prove_ticket", "prove_entries", "end_challenge", "release_batch"}


@dataclass(frozen=True, slots=True)
class Step:
    """A transaction to come: who calls which function with which arguments, and the lines of a log in it."""

    sender: LocalAccount
    function: str
    arguments: tuple[Any, ...]
    lines: tuple[int, ...] = ()
    value: int = 0


class Stage:
    """The desk and its actors, all new: any number of replays can share a chain.

    Funds are for exactly `tickets`, all on `lane`, and so is coverage, or the agent's allowance where batches
    open them. `setup_gas` is what each call of the setting up took.
    """

    def __init__(
        self, driver: Driver, policy: Policy, tickets: dict[str, Priority], lane: int = REQUESTER_LANE
    ) -> None:
        self._lane = lane
        self.operator: LocalAccount = Account.create()
        self.agent: LocalAccount = Account.create()
        self.requesters: list[LocalAccount] = [Account.create() for _ in range(REQUESTERS)]
        self.setup_gas: list[tuple[str, int]] = []
        self._salt = secrets.token_bytes(32)
        chain = policy.to_chain()
        worst_case = sum(sum(chain.compensation[priority]) for priority in tickets.values())
        driver.give(self.operator.address, worst_case + _POCKET)
        places = Counter(self.requester(ticket).address for ticket in tickets)
        bonds = chain.prove_bond if lane == BATCH_LANE else 0
        for account in (self.agent, *self.requesters):
            driver.give(account.address, _POCKET + places[account.address] * bonds)
        self.desk = self._deploy(driver, policy, worst_case)
        if lane == BATCH_LANE:
            # One more: an allowance that is spent to the last anchors nothing more.
            self._send(self.desk.set_allowance(self.agent.address, worst_case + 1))
        else:
            self._cover(places, min(tickets.values()))
        self._terms = self._transaction_terms()
        self._nonces: Counter[str] = Counter()
        self._nonces[self.operator.address] = self._operator_nonce()

    def requester(self, ticket: str) -> LocalAccount:
        """Who opens a ticket: fixed by its id."""
        return self.requesters[hashlib.sha256(ticket.encode()).digest()[0] % REQUESTERS]

    def digest(self, what: str) -> bytes:
        """A salted digest that stands for a document."""
        return hashlib.sha256(self._salt + what.encode()).digest()

    def ticket_id(self, ticket: str) -> bytes:
        """The ticket's id on chain: sha256(abi_encode(chain id, desk, lane, requester, commitment))."""
        types = ["uint256", "address", "uint256", "address", "bytes32"]
        requester = self.requester(ticket).address
        values = [self.desk.chain_id, self.desk.address, self._lane, requester, self.digest(ticket)]
        return hashlib.sha256(encode(types, values)).digest()

    def call(self, step: Step) -> Call[Any]:
        """The call of a step."""
        contract: Contract = self.desk
        if step.function in _OF_THE_POOL:
            contract = self.desk.pool
        elif step.function in _OF_THE_LANE:
            contract = self.desk.lane
        return contract.call(step.function, *step.arguments, value=step.value)

    def signed(self, step: Step) -> bytes:
        """A step as a raw transaction with its sender's next nonce."""
        call, sender = self.call(step), step.sender
        nonce = self._nonces[sender.address]
        self._nonces[sender.address] += 1
        fields: dict[str, Any] = {
            **self._terms,
            "gas": _GAS_LIMITS.get(step.function, _GAS_LIMIT),
            "to": call.to,
            "data": call.data,
            "value": call.value,
            "nonce": nonce,
        }
        return bytes(sender.sign_transaction(fields).raw_transaction)

    # ------------------------------------------------------------ setting up

    def _deploy(self, driver: Driver, policy: Policy, worst_case: int) -> Desk:
        operator = KeySigner(self.operator)
        factory = deploy_factory(driver.w3, operator)
        # The desk refuses a policy whose contests outlast the notice, and the pool a notice below a day.
        notice = max(policy.windows.contest, DAY)
        call = factory.deploy_desk(self.operator.address, ETH, notice, "Replay")
        outcome = call.send(operator)
        self.setup_gas.append((call.function, outcome.gas_used))
        desk = Desk(driver.w3, Factory.deployed(outcome).desk)
        self._send(desk.publish_policy(policy.to_chain(), policy.name, policy.terms.uri, policy.terms.sha256))
        if worst_case:
            self._send(desk.pool.fund(worst_case))
        agent = KeySigner(self.agent)
        binding = bind(desk, agent.address, Key.generate(), outcome.at)
        self._send(binding.register(desk, agent, HUMAN, LAST_SECOND, LAST_SECOND))
        return desk

    def _cover(self, places: Mapping[Any, int], priority: Priority) -> None:
        for holder, count in places.items():
            self._send(self.desk.grant_coverage(holder, 1, priority, count, LAST_SECOND))

    def _send(self, call: Call[Any]) -> None:
        self.setup_gas.append((call.function, call.send(KeySigner(self.operator)).gas_used))

    def _transaction_terms(self) -> dict[str, int]:
        # Blocks of a replay are far from full, so the base fee only falls from here.
        with chain_errors("eth_getBlockByNumber"):
            base = self.desk.w3.eth.get_block("latest").get("baseFeePerGas", 0)
        return {
            "chainId": self.desk.chain_id,
            "maxFeePerGas": 2 * base,
            "maxPriorityFeePerGas": 0,
        }

    def _operator_nonce(self) -> int:
        with chain_errors("eth_getTransactionCount"):
            return self.desk.w3.eth.get_transaction_count(self.operator.address)
