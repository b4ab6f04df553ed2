# SPDX-License-Identifier: Apache-2.0
"""A chain in process whose every address, id and hash is the same in each run, and tickets with receipts.

Keys come from eth-tester's fixed mnemonic and from SHA-256 of roles; salts likewise. The genesis has a fixed
time, each block comes a minute after the one before, and what eth-tester draws at random (`mix_hash`) is
zero. Signatures are deterministic (RFC 6979, Ed25519). So hashes change only where the contracts, or the
libraries that make blocks, do; `python tests/support/tampering.py` then writes the receipts anew.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from eth_account import Account
from eth_tester import EthereumTester, PyEVMBackend
from eth_tester.backends.pyevm.main import get_default_genesis_params
from web3 import EthereumTesterProvider, Web3

from makegood import documents
from makegood import policy as policies
from makegood.batches import Act, Batch, Entry, proofs_of, ticket_id
from makegood.clock import Priority, Status
from makegood.desk import BOT, ETH, HUMAN, Call, Desk, KeySigner, Shown, deploy_factory
from makegood.identity import Curve, Key, Statement, StatementKind, base64url, issue

START = 1_799_020_800  # 2027-01-04 00:00:00 UTC, a Monday
MINUTE, DAY = 60, 86_400
FAR = 2**32 - 1
COIN = 10**18
LEAVES = "http://127.0.0.1:1/leaves"
WEB_DID = "did:web:desk.example"

POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 2h, resolution: 8h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  high: {first_reply: 2h, next_reply: 4h, resolution: 16h, compensation: {first_reply: "0.002", next_reply: "0.001", resolution: "0.003"}}
  normal: {first_reply: 4h, next_reply: 8h, resolution: 32h, compensation: {first_reply: "0.001", next_reply: "0.001", resolution: "0.001"}}
  low: {first_reply: 8h, next_reply: 16h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
"""  # noqa: E501


class SteadyBackend(PyEVMBackend):
    """Blocks without chance and without this machine's clock."""

    def mine_blocks(self, num_blocks: int = 1, coinbase: bytes = bytes(20)) -> Sequence[bytes]:
        hashes = []
        for _ in range(num_blocks):
            block = self.chain.mine_block(coinbase=coinbase, mix_hash=bytes(32), blob_gas_used=0)
            self.chain.set_header_timestamp(block.header.timestamp + MINUTE)
            hashes.append(block.hash)
        return tuple(hashes)


@dataclass
class ReceiptHouse:
    """A desk, its people, and tickets by name with what their receipts are made of."""

    w3: Web3
    desk: Desk
    other_desk: Desk
    operator: KeySigner
    agent: KeySigner
    bot: KeySigner
    requester: KeySigner
    agent_key: Key
    later_agent_key: Key
    bot_key: Key
    transactions: dict[str, bytes]
    ids: dict[str, bytes]
    reply_digest: bytes
    replied_at: int
    bot_digest: bytes
    batches: dict[int, Batch]

    @property
    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def wait(self, seconds: int) -> None:
        provider: Any = self.w3.provider
        provider.ethereum_tester.time_travel(self.now + seconds)

    def open(self, name: str, *, by_agent: bool = False, desk: Desk | None = None) -> bytes:
        commitment = hashlib.sha256(documents.canonical_bytes(document(name))).digest()
        place = desk or self.desk
        if by_agent:
            call = place.open_ticket_for(self.requester.address, 1, Priority.NORMAL, commitment)
        else:
            call = place.open_ticket(1, Priority.URGENT, commitment)
        outcome = call.send(self.agent if by_agent else self.requester)
        self.transactions[name] = outcome.transaction
        self.ids[name] = bytes(outcome.event("TicketOpened")["ticket_id"])
        return self.ids[name]

    def opening(self, name: str, at: int) -> Entry:
        """The entry of a batch that opens a ticket at `at`."""
        commitment = documents.digest(document(name))
        chain_id, desk, requester = self.w3.eth.chain_id, self.desk.address, self.requester.address
        self.ids[name] = ticket_id(chain_id, desk, requester, commitment)
        return Entry(self.ids[name], 0, Act.OPENED, at, requester, commitment)

    def entry(self, name: str, sequence: int, act: Act, at: int) -> Entry:
        """A later entry; what is no follow-up is the human agent's."""
        actor = self.requester if act is Act.FOLLOWED_UP else self.agent
        return Entry(self.ids[name], sequence, act, at, actor.address, seed(f"entry {sequence} of {name}"))

    def anchor(self, batch: Batch, uri: str = "") -> int:
        """Anchors a batch and gives its number."""
        call = self.desk.lane.anchor_batch(1, batch.root, batch.counts, uri)
        outcome = call.send(self.agent)
        number = int(outcome.event("BatchAnchored")["batch"])
        self.batches[number] = batch
        self.transactions[f"batch {number}"] = outcome.transaction
        return number

    def prove(self, name: str, number: int) -> None:
        """The requester proves a ticket, with the policy's bond."""
        batch = self.batches[number]
        index = next(batch.beginning_with(self.ids[name]))
        entry = batch.entry(index)
        bond = self.desk.policy(1).prove_bond
        call = self.desk.lane.prove_ticket(
            number, index, batch.path(index), entry.actor, entry.digest, entry.at, bond
        )
        call.send(self.requester)

    def show(self, name: str, number: int) -> None:
        """The agent shows all later entries of a ticket that a batch has."""
        batch = self.batches[number]
        proofs = [one for one in proofs_of(self.ids[name], {number: batch}) if one.entry.sequence]
        shown = [
            Shown(each.act, each.at, each.actor, each.digest, number, one.index, one.path)
            for one in proofs
            for each in (one.entry,)
        ]
        self.desk.lane.prove_entries(self.ids[name], 1, shown).send(self.agent)

    def statement(
        self,
        *,
        key: Key | None = None,
        ticket: str = "first",
        digest: bytes | None = None,
        kind: StatementKind = StatementKind.REPLY,
        issued_at: int | None = None,
        expires_at: int | None = None,
    ) -> str:
        """A signed statement; the one of the agent about its reply, dated at it, where nothing is said."""
        about = Statement(kind, self.ids[ticket], digest or self.reply_digest)
        claims = about.claims(
            issued_at=self.replied_at if issued_at is None else issued_at, expires_at=expires_at
        )
        return issue(claims, key or self.agent_key)


def seed(name: str) -> bytes:
    return hashlib.sha256(name.encode()).digest()


def document(name: str) -> Mapping[str, Any]:
    return {
        "type": "makegood/ticket/1",
        "requester": "0x" + seed("requester").hex()[:40],
        "text": f"The {name} withdrawal of 12.5 has not arrived. 提现没有到账。",
        "salt": seed(f"salt of {name}").hex(),
    }


def of_web(statement: str) -> str:
    """A statement as if a did:web had signed it; the signature is left, and is not that server's."""
    *head, signature = statement.split(".")
    header, payload = (json.loads(base64url.decode(part)) for part in head)
    header["kid"] = f"{WEB_DID}#key-1"
    payload["iss"] = payload["vc"]["issuer"] = WEB_DID
    parts = (base64url.encode(json.dumps(part).encode()) for part in (header, payload))
    return ".".join([*parts, signature])


def bind(desk: Desk, agent: KeySigner, kind: int, did_digest: bytes) -> Call[None]:
    """What binds an agent to a DID; its credential is not looked at here."""
    return desk.directory.sign_register_agent(agent, kind, did_digest, seed("credential"), FAR, FAR)


def build_house() -> ReceiptHouse:
    """The chain with two desks, and batches.

    Its tickets are `first` (answered), `second`, `for_requester`, and at the other desk `elsewhere`.
    """
    genesis = {**get_default_genesis_params(), "timestamp": START}
    backend = SteadyBackend(genesis_parameters=genesis)
    backend.chain.set_header_timestamp(START + MINUTE)
    w3 = Web3(EthereumTesterProvider(EthereumTester(backend)))
    signers = [KeySigner(Account.from_key(key.to_bytes())) for key in backend.account_keys[:4]]
    operator, agent, bot, requester = signers
    factory = deploy_factory(w3, operator)
    desks = [
        Desk(
            w3,
            factory.deployed(factory.deploy_desk(operator.address, ETH, 30 * DAY, name).send(operator)).desk,
        )
        for name in ("Acme", "Other")
    ]
    keys = {role: Key(Curve.ED25519, seed(role)) for role in ("agent", "later agent", "bot")}
    digests = {role: hashlib.sha256(key.did.encode()).digest() for role, key in keys.items()}
    for desk in desks:
        desk.publish_policy(policies.parse(POLICY).to_chain(), "Test").send(operator)
        for signer, kind, role in ((agent, HUMAN, "agent"), (bot, BOT, "bot")):
            bind(desk, signer, kind, digests[role]).send(operator)
        desk.grant_coverage(requester.address, 1, Priority.URGENT, 5, FAR).send(operator)
        desk.set_allowance(agent.address, COIN).send(operator)
    desks[0].pool.fund(COIN).send(operator)
    house = ReceiptHouse(
        w3=w3,
        desk=desks[0],
        other_desk=desks[1],
        operator=operator,
        agent=agent,
        bot=bot,
        requester=requester,
        agent_key=keys["agent"],
        later_agent_key=keys["later agent"],
        bot_key=keys["bot"],
        transactions={},
        ids={},
        reply_digest=seed("reply"),
        replied_at=0,
        bot_digest=seed("bot's message"),
        batches={},
    )
    house.open("first")
    desks[0].bot_reply(house.ids["first"], house.bot_digest).send(bot)
    reply = desks[0].reply(house.ids["first"], Status.HOLD, house.reply_digest).send(agent)
    house.transactions["reply"], house.replied_at = reply.transaction, reply.at
    house.open("second")
    house.open("for_requester", by_agent=True)
    house.open("elsewhere", desk=desks[1])
    _anchor_batches(house)
    # From here on another DID is the agent's.
    bind(desks[0], agent, HUMAN, digests["later agent"]).send(operator)
    return house


def _anchor_batches(house: ReceiptHouse) -> None:
    """Batch 1: `batched` (answered, followed up, solved), `batched_high`, `batched_low`. Batch 2 is nonsense.

    It has an opening after its anchoring, and one among its later entries.
    """
    at = house.now
    openings = [
        (house.opening("batched", at - 3 * MINUTE), Priority.URGENT),
        (house.opening("batched_high", at - 2 * MINUTE), Priority.HIGH),
        (house.opening("batched_low", at), Priority.LOW),
    ]
    acts = ((Act.REPLIED, at - 2 * MINUTE), (Act.FOLLOWED_UP, at - MINUTE), (Act.SOLVED, at))
    later = [house.entry("batched", number, act, when) for number, (act, when) in enumerate(acts, 1)]
    house.anchor(Batch.of(openings, later), LEAVES)
    ahead, misplaced = house.opening("ahead", at + DAY), house.opening("misplaced", at)
    house.anchor(Batch(ahead.encoded() + misplaced.encoded(), (1, 0, 0, 0, 1)))


@cache
def cached_house() -> ReceiptHouse:
    """One chain for all tests of a process; whoever changes it restores it (`as_it_was`)."""
    return build_house()


@contextmanager
def as_it_was(house: ReceiptHouse) -> Iterator[ReceiptHouse]:
    """The house for changes that are undone."""
    provider: Any = house.w3.provider
    snapshot = provider.ethereum_tester.take_snapshot()
    yield house
    provider.ethereum_tester.revert_to_snapshot(snapshot)
