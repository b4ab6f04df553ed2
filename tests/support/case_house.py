# SPDX-License-Identifier: Apache-2.0
"""A desk with a panel on the in-process chain, through the package's client, and tickets to dispute about."""

import hashlib
from dataclasses import dataclass, field
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import EthereumTesterProvider, Web3

from makegood import policy as policies
from makegood.clock import Kind, Priority, Status
from makegood.desk import (
    ETH,
    HUMAN,
    Deployment,
    Desk,
    KeySigner,
    Ruling,
    Verdict,
    deploy_factory,
)
from makegood.disputes import Case, Source, VerdictFile, read_case

DAY = 86_400
FAR = 2**32 - 1
COIN = 10**18
MILLI = COIN // 1_000
FUNDS = 100 * MILLI
EVIDENCE = hashlib.sha256(b"evidence").digest()
DIGEST = hashlib.sha256(b"message").digest()

# Calendar hours; urgent pays 3 + 2 + 5 thousandths. The bond is 4, of it the fee 3; an incident adds 10 %.
POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 2h, resolution: 8h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  high: {first_reply: 2h, next_reply: 4h, resolution: 16h, compensation: {first_reply: "0.002", next_reply: "0.001", resolution: "0.003"}}
  normal: {first_reply: 4h, next_reply: 8h, resolution: 32h, compensation: {first_reply: "0.001", next_reply: "0.001", resolution: "0.001"}}
  low: {first_reply: 8h, next_reply: 16h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 5d, claim: 30d, anchor_lag: 15m}
incident: {cap: "0.5", bond_share: "10%"}
fee: "0.003"
bonds: {contest: "0.004"}
"""  # noqa: E501


@dataclass
class CaseHouse:
    """Who is there, and what tests of disputes say over and over."""

    w3: Web3
    desk: Desk
    deployment: Deployment
    operator: KeySigner
    agent: KeySigner
    requester: KeySigner
    stranger: KeySigner
    arbiters: list[LocalAccount]
    _opened: int = field(default=0)

    @property
    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def wait(self, seconds: int) -> None:
        tester: Any = self.w3.provider
        tester.ethereum_tester.time_travel(self.now + seconds)

    def fund(self, amount: int = FUNDS) -> None:
        self.desk.pool.fund(amount).send(self.operator)

    def open(self, status: Status = Status.SOLVED) -> bytes:
        """A ticket of the requester's that the agent has answered."""
        self._opened += 1
        commitment = hashlib.sha256(f"ticket {self._opened}".encode()).digest()
        outcome = self.desk.open_ticket(1, Priority.URGENT, commitment).send(self.requester)
        ticket_id = bytes(outcome.event("TicketOpened")["ticket_id"])
        self.desk.reply(ticket_id, status, DIGEST).send(self.agent)
        return ticket_id

    def contest(self, ticket_id: bytes, kind: Kind = Kind.RESOLUTION, amount: int | None = None) -> None:
        asked = {Kind.FIRST_REPLY: 3, Kind.NEXT_REPLY: 2, Kind.RESOLUTION: 5}.get(kind, 0) * MILLI
        incident = (amount or 0) if kind is Kind.INCIDENT else 0
        bond = 4 * MILLI + incident // 10
        call = self.desk.panel.contest(ticket_id, kind, amount or asked, EVIDENCE, bond)
        call.send(self.requester)

    def case(self, ticket_id: bytes, kind: Kind = Kind.RESOLUTION) -> Case:
        return read_case(self.desk, ticket_id, kind, self.now)

    def source(self, verdict: Verdict, arbiter: LocalAccount, name: str | None = None) -> Source:
        """The file of an arbiter who signed a verdict."""
        message = verdict.message(self.desk.chain_id, self.desk.panel.address)
        signature = bytes(KeySigner(arbiter).sign_typed(message))
        place = (self.desk.chain_id, self.desk.address, self.desk.panel.address)
        return Source(
            name or f"{arbiter.address}.json", VerdictFile(*place, verdict, arbiter.address, signature)
        )

    def sources(self, verdict: Verdict, count: int = 3) -> list[Source]:
        """The files of the first `count` arbiters."""
        return [self.source(verdict, arbiter) for arbiter in self.arbiters[:count]]

    def verdict(self, case: Case, outcome: Ruling = Ruling.UPHELD, amount: int | None = None) -> Verdict:
        return case.file().verdict(outcome, amount)


def build() -> CaseHouse:
    """A fresh chain with the desk, five arbiters of whom three decide, and no funds in the pool."""
    provider = EthereumTesterProvider()
    tester: Any = provider.ethereum_tester
    w3 = Web3(provider)
    keys = [KeySigner(Account.from_key(key.to_bytes())) for key in tester.backend.account_keys[:4]]
    operator, agent, requester, stranger = keys
    arbiters = [Account.from_key(hashlib.sha256(f"arbiter {n}".encode()).digest()) for n in range(5)]
    arbiters.sort(key=lambda one: int(one.address, 16))
    factory = deploy_factory(w3, operator)
    call = factory.deploy_desk(operator.address, ETH, 30 * DAY, "Acme", [one.address for one in arbiters])
    deployment = factory.deployed(call.send(operator))
    desk = Desk(w3, deployment.desk)
    desk.publish_policy(policies.parse(POLICY).to_chain(), "Test").send(operator)
    did, credential = (hashlib.sha256(text).digest() for text in (b"did:example:agent", b"a VC-JWT"))
    desk.directory.sign_register_agent(agent, HUMAN, did, credential, FAR, FAR).send(operator)
    desk.grant_coverage(requester.address, 1, Priority.URGENT, 9, FAR).send(operator)
    return CaseHouse(w3, desk, deployment, operator, agent, requester, stranger, arbiters)
