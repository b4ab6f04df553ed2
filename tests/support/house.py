# SPDX-License-Identifier: Apache-2.0
"""The contracts, deployed in process by titanoboa, and what tests of them say over and over.

Numbers, digests and ids are computed here from the design, never by the code under test.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import boa
from boa.interpret import set_cache_dir
from eth_abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"

ETH = "0x" + "00" * 20
ZERO_DIGEST = b"\0" * 32

URGENT, HIGH, NORMAL, LOW = range(4)
OPEN, HOLD, PENDING, SOLVED, CLOSED = range(1, 6)
FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT = 1, 2, 4, 8
HUMAN, BOT = 1, 2

DAY = 86_400
CALENDAR = 2**168 - 1
# Monday to Friday, 08:00-18:00 UTC.
WEEKDAYS = sum(1 << (day * 24 + hour) for day in range(5) for hour in range(8, 18))

# 2027-01-04 00:00:00 UTC, a Monday.
MONDAY = 1_799_020_800
FAR = MONDAY + 3_650 * DAY

DID = hashlib.sha256(b"did:key:zQ3shexample").digest()
CREDENTIAL = hashlib.sha256(b"a VC-JWT").digest()
AGENT_BINDING = [
    ("agent", "address"),
    ("kind", "uint256"),
    ("did_digest", "bytes32"),
    ("credential_digest", "bytes32"),
    ("deadline", "uint256"),
]


@cache
def deployer(name: str) -> Any:
    """A deployable contract, a harness or a mock, compiled once: "SupportDesk", "mocks/PlainToken"."""
    # titanoboa's own cache overlooks a change in a module that only another module imports.
    set_cache_dir(str(CONTRACTS.parent / ".cache" / "titanoboa" / sources_digest()))
    return boa.load_partial(str(CONTRACTS / f"{name}.vy"))


@cache
def sources_digest() -> str:
    """One digest of all contracts, modules and interfaces."""
    digest = hashlib.sha256()
    for path in sorted(CONTRACTS.rglob("*.vy*")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


@dataclass(frozen=True)
class Policy:
    """A policy in the chain's units; tests replace what they are about."""

    hours: int = CALENDAR
    targets: tuple[tuple[int, int, int], ...] = (
        (1_800, 1_200, 10_000),
        (3_600, 2_400, 20_000),
        (7_200, 4_800, 40_000),
        (14_400, 9_600, 80_000),
    )
    compensation: tuple[tuple[int, int, int], ...] = (
        (1_000, 500, 4_000),
        (600, 300, 2_400),
        (400, 200, 1_600),
        (200, 100, 800),
    )
    contest_window: int = 3 * DAY
    challenge_window: int = DAY
    ruling_window: int = 7 * DAY
    claim_window: int = 180 * DAY
    anchor_lag: int = 900
    incident_cap: int = 10_000
    incident_bond_share: int = 500
    contest_bond: int = 50
    prove_bond: int = 20
    fee: int = 30

    def on_chain(self) -> tuple[Any, ...]:
        """The fields in the order of ISupportDesk.Policy."""
        return (
            self.hours,
            [list(row) for row in self.targets],
            [list(row) for row in self.compensation],
            self.contest_window,
            self.challenge_window,
            self.ruling_window,
            self.claim_window,
            self.anchor_lag,
            self.incident_cap,
            self.incident_bond_share,
            self.contest_bond,
            self.prove_bond,
            self.fee,
        )

    def worst_case(self, priority: int) -> int:
        """What a ticket of this priority can cost in its three clock kinds."""
        return sum(self.compensation[priority])

    def amount(self, priority: int, kinds: int) -> int:
        """What these kinds come to."""
        return sum(self.compensation[priority][kind] for kind in range(3) if kinds >> kind & 1)


@dataclass
class House:
    """One desk with its pool, panel, lane and directory, and the people around it."""

    desk: Any
    pool: Any
    panel: Any
    lane: Any
    directory: Any
    factory: Any
    asset: Any  # ETH, or a token's contract
    operator: str
    human: str
    bot: str
    requester: str
    stranger: str
    arbiters: list[LocalAccount]
    policy: Policy = field(default_factory=Policy)
    policy_id: int = 1
    _digests: int = 0

    def digest(self) -> bytes:
        """A digest that was not used before."""
        self._digests += 1
        return hashlib.sha256(f"document {self._digests}".encode()).digest()

    def ticket_id(self, lane: int, requester: str, commitment: bytes) -> bytes:
        """The id by the design's formula."""
        return hashlib.sha256(
            encode(
                ["uint256", "address", "uint256", "address", "bytes32"],
                [chain_id(), str(self.desk.address), lane, str(requester), commitment],
            )
        ).digest()

    def open(self, priority: int = URGENT, requester: str | None = None) -> bytes:
        """A ticket by the covered requester."""
        sender = requester or self.requester
        return self.desk.open_ticket(self.policy_id, priority, self.digest(), sender=sender)

    def open_for(self, requester: str, priority: int = URGENT) -> bytes:
        """A ticket by the human agent for somebody."""
        return self.desk.open_ticket_for(
            requester, self.policy_id, priority, self.digest(), sender=self.human
        )

    def reply(self, ticket_id: bytes, status: int = HOLD) -> None:
        """The human agent's reply."""
        self.desk.reply(ticket_id, status, self.digest(), sender=self.human)

    def follow_up(self, ticket_id: bytes) -> None:
        """The requester's follow-up."""
        self.desk.follow_up(ticket_id, self.digest(), sender=self.requester)

    def fund(self, amount: int) -> None:
        """Money from the operator."""
        if self.asset == ETH:
            boa.env.set_balance(self.operator, boa.env.get_balance(self.operator) + amount)
            self.pool.fund(amount, value=amount, sender=self.operator)
        else:
            self.asset.mint(self.operator, amount)
            self.asset.approve(self.pool.address, amount, sender=self.operator)
            self.pool.fund(amount, sender=self.operator)

    def register(self, agent: LocalAccount, kind: int, until: int) -> None:
        """The operator appoints an agent, who signs."""
        register(self.directory, agent, kind, until=until, sender=self.operator)

    def publish(self, policy: Policy) -> int:
        """Publishes a policy and returns its id."""
        return self.desk.publish_policy(policy.on_chain(), "policy", "", ZERO_DIGEST, sender=self.operator)


def chain_id() -> int:
    """The id of the chain in process."""
    return int(boa.env.evm.patch.chain_id)


def now() -> int:
    """The chain's time in seconds."""
    return int(boa.env.evm.patch.timestamp)


def travel_to(at: int) -> None:
    """Moves the chain's clock forward to `at`."""
    assert at >= now(), "time does not go back"
    boa.env.evm.patch.timestamp = at
    boa.env.evm.patch.block_number += 1


def travel(seconds: int) -> None:
    """Moves the chain's clock forward."""
    travel_to(now() + seconds)


def deploy_factory() -> Any:
    """The factory with its blueprints, the panels' implementation and the rules."""
    desk, pool, lane, directory = (
        deployer(name).deploy_as_blueprint().address
        for name in ("SupportDesk", "CompensationPool", "BatchLane", "AgentDirectory")
    )
    panel, rules = deployer("ArbiterPanel").deploy(), deployer("PolicyRules").deploy()
    return deployer("DeskFactory").deploy(desk, pool, panel.address, lane, directory, rules.address)


def deploy_house(
    asset: Any = ETH,
    notice: int = 30 * DAY,
    policy: Policy | None = None,
    funds: int = 1_000_000,
    arbiters: list[LocalAccount] | None = None,
    threshold: int = 3,
) -> House:
    """A desk with a policy, five arbiters, a human with an allowance, a bot, a covered requester, funds."""
    arbiters = five_arbiters() if arbiters is None else arbiters
    travel_to(max(now(), MONDAY))
    operator, requester, stranger = (
        boa.env.generate_address(role) for role in ("operator", "requester", "stranger")
    )
    human, bot = key_pair("human"), key_pair("bot")
    factory = deploy_factory()
    token = ETH if asset == ETH else asset.address
    made = factory.deploy_desk(
        operator, token, notice, "Test desk", [one.address for one in arbiters], threshold, sender=operator
    )
    house = House(
        desk=deployer("SupportDesk").at(made[0]),
        pool=deployer("CompensationPool").at(made[1]),
        panel=deployer("ArbiterPanel").at(made[2]),
        lane=deployer("BatchLane").at(made[3]),
        directory=deployer("AgentDirectory").at(made[4]),
        factory=factory,
        asset=asset,
        operator=operator,
        human=human.address,
        bot=bot.address,
        requester=requester,
        stranger=stranger,
        arbiters=arbiters,
        policy=policy or Policy(),
    )
    house.publish(house.policy)
    house.register(human, HUMAN, FAR)
    house.register(bot, BOT, FAR)
    house.desk.set_allowance(house.human, 10**9, sender=operator)
    house.desk.grant_coverage(requester, 1, URGENT, 100, FAR, sender=operator)
    if funds:
        house.fund(funds)
    return house


def key_pair(role: str) -> LocalAccount:
    """An account with a key, for signatures."""
    return Account.from_key(hashlib.sha256(role.encode()).digest())


def five_arbiters() -> list[LocalAccount]:
    """Five arbiters with keys, ascending by address as the panel wants them."""
    return sorted((key_pair(f"arbiter {n}") for n in range(5)), key=lambda one: int(one.address, 16))


def register(
    directory: Any,
    agent: LocalAccount,
    kind: int = HUMAN,
    did_digest: bytes = DID,
    credential_digest: bytes = CREDENTIAL,
    *,
    until: int = FAR,
    deadline: int = FAR,
    sender: str,
) -> None:
    """Appoints an agent, who signs just that."""
    binding = {
        "agent": agent.address,
        "kind": kind,
        "did_digest": did_digest,
        "credential_digest": credential_digest,
        "deadline": deadline,
    }
    signature = bytes(agent.sign_typed_data(full_message=agent_binding(directory, **binding)).signature)
    directory.register_agent(
        agent.address, kind, did_digest, credential_digest, until, deadline, signature, sender=sender
    )


def agent_binding(directory: Any, **fields: Any) -> dict[str, Any]:
    """What an agent signs so that it can be appointed."""
    return typed_data_for(directory, "AgentBinding", AGENT_BINDING, fields)


def typed_data(
    house: House, message_type: str, fields: list[tuple[str, str]], message: dict[str, Any]
) -> dict[str, Any]:
    """An EIP-712 document for the desk."""
    return typed_data_for(house.desk, message_type, fields, message)


def typed_data_for(
    contract: Any, message_type: str, fields: list[tuple[str, str]], message: dict[str, Any]
) -> dict[str, Any]:
    """An EIP-712 document for a contract, written out by hand so that nothing under test makes it."""
    return {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            message_type: [{"name": name, "type": kind} for name, kind in fields],
        },
        "primaryType": message_type,
        "domain": {
            "name": "Makegood",
            "version": "1",
            "chainId": chain_id(),
            "verifyingContract": str(contract.address),
        },
        "message": message,
    }
