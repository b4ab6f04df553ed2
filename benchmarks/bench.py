# SPDX-License-Identifier: Apache-2.0
"""One desk with its people on a node whose clock can be moved."""

import hashlib
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from benchmarks.node import PROJECT, ask
from makegood import artifacts
from makegood.clock import CALENDAR_HOURS, Priority
from makegood.desk import ETH, HUMAN, Call, Desk, Factory, KeySigner, Outcome, deploy_factory
from makegood.policy import DAY, ChainPolicy, parse_hours

ERC20 = "an ERC-20"
"""In the place of an asset: a token of its own."""
CALENDAR, OPENING = 1, 2
"""The desk's policies, by their opening hours."""
ARBITERS, THRESHOLD = 5, 3

_UNIT = 10**15
_PRIORITY = Priority.HIGH


class Bench:
    """A funded desk in an asset. Every digest, and every account that is made, is used once."""

    def __init__(self, w3: Web3, asset: str) -> None:
        self.w3 = w3
        self.operator, self.agent, self.requester, self.anyone = (self.account() for _ in range(4))
        self.arbiters = sorted(
            (self.account() for _ in range(ARBITERS)), key=lambda one: int(one.address, 16)
        )
        self._digests = 0
        self.asset = asset if asset == ETH else self._token()
        self.desk, self.deployment_gas, self.lean_deployment_gas = self._deploy()
        for hours in (CALENDAR_HOURS, parse_hours({"mon-fri": "08:00-18:00"})):
            self.send(self.desk.publish_policy(_policy(hours), "Bench"), self.operator)
        end = self.now() + 10_000 * DAY
        # The directory takes any digests that the agent signed; here none is of a DID or a credential.
        did_digest, credential_digest = self.digest(), self.digest()
        register = self.desk.directory.sign_register_agent(
            self.agent, HUMAN, did_digest, credential_digest, end, end
        )
        self.send(register, self.operator)
        self.send(self.desk.set_allowance(self.agent.address, 10**24), self.operator)
        for policy_id in (CALENDAR, OPENING):
            self.send(
                self.desk.grant_coverage(self.requester.address, policy_id, 0, 1_000, end), self.operator
            )
        self.give(self.operator, 10**24)
        self.send(self.desk.pool.fund(10**24), self.operator)
        # The pool's first reserve writes a word that was zero; no later one does.
        self.open(CALENDAR)

    def open(self, policy_id: int) -> bytes:
        """A ticket of the covered requester."""
        outcome = self.send(self.desk.open_ticket(policy_id, _PRIORITY, self.digest()), self.requester)
        return bytes(outcome.event("TicketOpened")["ticket_id"])

    def open_for(self, requester: str, policy_id: int) -> bytes:
        """A ticket that the agent opens for an address."""
        call = self.desk.open_ticket_for(requester, policy_id, _PRIORITY, self.digest())
        return bytes(self.send(call, self.agent).event("TicketOpened")["ticket_id"])

    def give(self, who: KeySigner, amount: int) -> None:
        """So much of a token to an account, and its approval to the pool; of ETH everybody has enough."""
        if self.asset == ETH:
            return
        mint = keccak(text="mint(address,uint256)")[:4] + encode(
            ["address", "uint256"], [who.address, amount]
        )
        self._raw(self.asset, mint)
        self.send(self.desk.pool.approve(amount), who)

    def send(self, call: Call[Any], who: KeySigner) -> Outcome:
        """Send and wait."""
        return call.send(who)

    def digest(self) -> bytes:
        """32 bytes that were not used before."""
        self._digests += 1
        return hashlib.sha256(str(self._digests).encode()).digest()

    def now(self) -> int:
        """The time of the last block."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def travel(self, seconds: int) -> None:
        """Moves the node's clock and mines."""
        self.ask("evm_increaseTime", seconds)
        self.ask("evm_mine")

    def account(self) -> KeySigner:
        """Somebody new, who has ETH for gas."""
        account = Account.create()
        self.ask("anvil_setBalance", account.address, hex(10**25))
        return KeySigner(account)

    def ask(self, method: str, *arguments: Any) -> Any:
        """What the node answers. Raises MakegoodError where it refuses."""
        return ask(self.w3, method, *arguments)

    def _deploy(self) -> tuple[Desk, int, int]:
        # The desk, the gas of its deployment, and the gas without what made its panel and its lane.
        factory = deploy_factory(self.w3, self.operator)
        arbiters = [one.address for one in self.arbiters]
        # The factory's first desk writes a count that was zero.
        for name in ("First", "Bench"):
            call = factory.deploy_desk(self.operator.address, self.asset, 60 * DAY, name, arbiters, THRESHOLD)
            outcome = self.send(call, self.operator)
        made = Factory.deployed(outcome)
        left_out = {made.panel.lower(), made.lane.lower()}
        trace = self.ask("debug_traceTransaction", outcome.transaction, {"tracer": "callTracer"})
        parts = [int(one["gasUsed"], 16) for one in trace["calls"] if one["to"].lower() in left_out]
        return Desk(self.w3, made.desk), outcome.gas_used, outcome.gas_used - sum(parts)

    def _token(self) -> str:
        fields = artifacts.compile_contract("mocks/PlainToken", PROJECT)
        code = bytes.fromhex(fields["bytecode"][2:]) + encode(["uint8"], [18])
        return str(self._raw(None, code))

    def _raw(self, to: str | None, data: bytes) -> str | None:
        fields: Any = {"from": self.operator.address, "data": Web3.to_hex(data), "value": 0}
        if to is not None:
            fields["to"] = to
        fields |= {"gas": self.w3.eth.estimate_gas(fields), "chainId": self.w3.eth.chain_id}
        return self.operator.send(self.w3, fields).get("contractAddress")


def _policy(hours: int) -> ChainPolicy:
    return ChainPolicy(
        hours=hours,
        targets=((4 * 3_600, 2 * 3_600, 40 * 3_600),) * 4,
        compensation=((10 * _UNIT, 5 * _UNIT, 40 * _UNIT),) * 4,
        contest_window=5 * DAY,
        challenge_window=DAY,
        ruling_window=10 * DAY,
        claim_window=90 * DAY,
        anchor_lag=900,
        incident_cap=_UNIT,
        incident_bond_share=500,
        contest_bond=_UNIT,
        prove_bond=_UNIT,
        fee=_UNIT,
    )
