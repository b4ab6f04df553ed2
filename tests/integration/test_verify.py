# SPDX-License-Identifier: Apache-2.0
"""`makegood verify` against a node, from the recording of a ticket to its payment."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from eth_account import Account
from receipt_house import POLICY, bind
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from makegood import documents
from makegood import policy as policies
from makegood.batches import Act, Batch, Entry, ticket_id, write_leaves
from makegood.cli import RPC_VARIABLE
from makegood.clock import Priority, Status
from makegood.desk import ETH, HUMAN, Desk, KeySigner, deploy_factory
from makegood.identity import Key, Statement, StatementKind, issue
from makegood.receipts import Outcome, Receipt, build, verify

FAR = 2**32 - 1
DAY = 86_400
MNEMONIC = "test test test test test test test test test test test junk"
DOCUMENT = documents.new_document("makegood/ticket/1", {"text": "My withdrawal has not arrived."})
REPLY = documents.new_document("makegood/reply/1", {"ticket": "0x" + "11" * 32, "text": "We look into it."})


@dataclass
class Chain:
    """A node with a desk, a requester's ticket that an agent answered, and its receipt."""

    w3: Web3
    url: str
    desk: Desk
    operator: KeySigner
    agent: KeySigner
    requester: KeySigner
    receipt: Receipt

    def ask(self, method: str, *arguments: Any) -> Any:
        return self.w3.provider.make_request(RPCEndpoint(method), list(arguments))["result"]

    @property
    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])


@pytest.fixture
def chain(anvil_url: str) -> Chain:
    w3 = Web3(HTTPProvider(anvil_url, exception_retry_configuration=None))
    Account.enable_unaudited_hdwallet_features()
    accounts = [Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}") for index in range(3)]
    operator, agent, requester = (KeySigner(account) for account in accounts)
    factory = deploy_factory(w3, operator)
    deployment = factory.deployed(factory.deploy_desk(operator.address, ETH, 30 * DAY, "Acme").send(operator))
    desk = Desk(w3, deployment.desk)
    key = Key.generate()
    did = hashlib.sha256(key.did.encode()).digest()
    desk.publish_policy(policies.parse(POLICY).to_chain(), "Test").send(operator)
    bind(desk, agent, HUMAN, did).send(operator)
    desk.grant_coverage(requester.address, 1, Priority.URGENT, 5, FAR).send(operator)
    desk.pool.fund(10**18).send(operator)
    opened = desk.open_ticket(1, Priority.URGENT, documents.digest(DOCUMENT)).send(requester)
    ticket_id = bytes(opened.event("TicketOpened")["ticket_id"])
    reply = documents.digest(REPLY)
    answered = desk.reply(ticket_id, Status.HOLD, reply).send(agent)
    statement = issue(Statement(StatementKind.REPLY, ticket_id, reply).claims(issued_at=answered.at), key)
    receipt = build(desk, transaction=opened.transaction, document=DOCUMENT, statements=[statement])
    return Chain(w3, anvil_url, desk, operator, agent, requester, receipt)


@pytest.fixture
def path(chain: Chain, tmp_path: Path) -> Path:
    path = tmp_path / "receipt.json"
    path.write_text(chain.receipt.text(), "utf-8")
    return path


def makegood(*arguments: str, command: str = "verify", **variables: str) -> subprocess.CompletedProcess[str]:
    started = [sys.executable, "-m", "makegood", command, *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(started, check=False, capture_output=True, text=True, timeout=60, env=environment)


def test_a_receipt_is_verified_at_a_node_and_without_one(chain: Chain, path: Path) -> None:
    online = makegood(str(path), **{RPC_VARIABLE: chain.url})
    assert online.returncode == 0, online.stderr
    assert "7 passed, 1 skipped" in online.stdout
    offline = makegood(str(path), "--offline")
    assert offline.returncode == 0, offline.stderr
    assert "4 passed, 4 skipped" in offline.stdout


def test_a_node_that_is_not_there_says_nothing_against_the_receipt(path: Path) -> None:
    found = makegood(str(path), "--rpc", "http://user:d0n0tprint@127.0.0.1:1/v3/d0n0tprint")
    assert found.returncode == 1
    assert "not found recorded" not in found.stdout
    assert found.stdout.count("Not checked, since no node could be asked.") == 2
    assert "No node answers at http://127.0.0.1:1. 4 of 8 steps passed, " in found.stderr
    assert "and this says nothing against the receipt." in found.stderr
    assert "d0n0tprint" not in found.stdout + found.stderr


def test_a_node_of_another_chain_says_nothing_against_the_receipt(chain: Chain, path: Path) -> None:
    chain.ask("anvil_setChainId", 4_711)
    found = makegood(str(path), "--rpc", chain.url)
    assert found.returncode == 2
    assert found.stdout.count("Not checked, since the node is of another chain.") == 2
    assert (
        "4 of 8 steps passed, and this says nothing against the receipt. Give a node of chain" in found.stderr
    )


def test_a_breach_can_be_claimed_and_then_collected(chain: Chain, path: Path) -> None:
    chain.ask("evm_increaseTime", 9 * 3_600)
    chain.ask("evm_mine")
    late = json.loads(makegood(str(path), "--json", "--rpc", chain.url).stdout)["steps"][-1]["found"]
    assert late["claimable"] == {"kinds": ["resolution"], "amount": str(5 * 10**15)}
    chain.desk.claim(chain.receipt.ticket_id).send(chain.operator)
    paid = json.loads(makegood(str(path), "--json", "--rpc", chain.url).stdout)["steps"][-1]["found"]
    assert (paid["compensated"], paid["collectable"]) == (["resolution"], str(5 * 10**15))


def test_a_block_becomes_final(chain: Chain) -> None:
    fresh = verify(chain.receipt, chain.w3, now=chain.now)["recorded"]
    assert (fresh.outcome, fresh.facts["final"]) == (Outcome.PASSED, False)
    chain.ask("anvil_mine", hex(100))
    assert verify(chain.receipt, chain.w3, now=chain.now)["recorded"].facts["final"] is True


def test_a_reorganisation_that_drops_the_ticket_is_told(chain: Chain, path: Path) -> None:
    depth = chain.w3.eth.block_number - chain.receipt.block_number + 1
    chain.ask("anvil_reorg", depth, [])
    found = makegood(str(path), "--rpc", chain.url)
    assert found.returncode == 6
    assert "A reorganisation dropped it" in found.stderr


def test_a_document_that_was_altered_is_refused(chain: Chain, path: Path) -> None:
    fields = chain.receipt.fields()
    path.write_text(json.dumps({**fields, "document": {**DOCUMENT, "text": "All is well."}}), "utf-8")
    found = makegood(str(path), "--rpc", chain.url)
    assert found.returncode == 6
    assert "The document is not the one committed to" in found.stderr


# ---------------------------------------------------------------- a ticket that a batch opened


@dataclass
class Batched:
    """A batch on the node with its published leaves, and the receipt of its most urgent ticket."""

    folder: Path
    leaves: Path
    url: str
    receipt: Receipt
    path: Path


@pytest.fixture
def batched(chain: Chain, tmp_path: Path) -> Iterator[Batched]:
    chain.desk.set_allowance(chain.agent.address, 10**18).send(chain.operator)
    at, who, desk = chain.now, chain.requester.address, chain.desk
    made = [documents.new_document("makegood/ticket/1", {"text": f"Order {n}"}) for n in range(3)]
    ids = [ticket_id(desk.chain_id, desk.address, who, documents.digest(one)) for one in made]
    openings = [
        (Entry(one, 0, Act.OPENED, at, who, documents.digest(text)), Priority(priority))
        for priority, (one, text) in enumerate(zip(ids, made, strict=True))
    ]
    reply = Entry(ids[0], 1, Act.REPLIED, at, chain.agent.address, documents.digest(REPLY))
    batch = Batch.of(openings, [reply])
    with published(tmp_path / "published") as url:
        desk.lane.anchor_batch(1, batch.root, batch.counts, url).send(chain.agent)
        leaves = write_leaves(batch, tmp_path / "published")
        receipt = build(desk, ticket_id=ids[0], leaves=leaves, document=made[0])
        path = tmp_path / "batched.json"
        path.write_text(receipt.text(), "utf-8")
        yield Batched(leaves.parent, leaves, url, receipt, path)


@contextmanager
def published(folder: Path) -> Iterator[str]:
    """Where a folder is served."""

    class Quiet(SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def worth(batched: Batched, chain: Chain) -> dict[str, Any]:
    done = makegood(str(batched.path), "--json", "--rpc", chain.url)
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout)["steps"][-1]["found"])


def prove(batched: Batched, chain: Chain) -> None:
    receipt = batched.receipt
    assert receipt.inclusion is not None
    place, bond = receipt.inclusion, chain.desk.policy(1).prove_bond
    entry = (receipt.requester, receipt.commitment, receipt.opened_at)
    call = chain.desk.lane.prove_ticket(place.batch, place.index, place.path, *entry, bond)
    call.send(chain.requester)


def test_a_batch_receipt_is_verified_at_a_node_and_without_one(chain: Chain, batched: Batched) -> None:
    offline = makegood(str(batched.path), "--offline")
    assert offline.returncode == 0, offline.stderr
    assert "4 passed, 4 skipped" in offline.stdout
    assert "passed   inclusion" in offline.stdout
    online = makegood(str(batched.path), "--rpc", chain.url)
    assert online.returncode == 0, online.stderr
    assert "6 passed, 2 skipped" in online.stdout
    told = " ".join(online.stdout.split())
    assert "not final yet" in told
    assert "must be proven by" in told
    chain.ask("anvil_mine", hex(100))
    recorded = verify(batched.receipt, chain.w3, now=chain.now)["recorded"]
    assert recorded.facts["final"] is True


def test_a_batch_ticket_is_challenged_then_claimed_then_paid(chain: Chain, batched: Batched) -> None:
    chain.ask("evm_increaseTime", 9 * 3_600)
    chain.ask("evm_mine")
    before = worth(batched, chain)
    assert (before["status"], before["unless_answered"]["amount"]) == ("unproven", str(8 * 10**15))
    prove(batched, chain)
    challenged = worth(batched, chain)
    assert (challenged["challenged"], challenged["claimable"]["amount"]) == (True, "0")
    chain.ask("evm_increaseTime", DAY + 1)
    chain.desk.lane.end_challenge(batched.receipt.ticket_id).send(chain.operator)
    assert worth(batched, chain)["claimable"]["amount"] == str(8 * 10**15)
    chain.desk.claim(batched.receipt.ticket_id).send(chain.operator)
    assert worth(batched, chain)["collectable"] == str(8 * 10**15)


def test_a_batch_ticket_that_was_not_proven_in_time_is_worth_nothing(chain: Chain, batched: Batched) -> None:
    chain.ask("evm_increaseTime", chain.desk.lane.batch(1).expires_at - chain.now + 1)
    chain.ask("evm_mine")
    found = worth(batched, chain)
    assert (found["status"], found["worst_case"]) == ("expired", "0")


def test_an_altered_path_is_refused_without_a_node(batched: Batched) -> None:
    fields = batched.receipt.fields()
    batched.path.write_text(json.dumps({**fields, "path": fields["path"][::-1]}), "utf-8")
    found = makegood(str(batched.path), "--offline")
    assert found.returncode == 6
    assert "The path does not lead from this opening" in found.stderr


def test_a_reorganisation_that_drops_the_batch_is_told(chain: Chain, batched: Batched) -> None:
    chain.ask("anvil_reorg", chain.w3.eth.block_number - batched.receipt.block_number + 1, [])
    found = makegood(str(batched.path), "--rpc", chain.url)
    assert found.returncode == 6
    assert "A reorganisation dropped it" in found.stderr


def test_a_batch_receipt_is_made_from_its_published_leaves(
    chain: Chain, batched: Batched, tmp_path: Path
) -> None:
    ticket = f"0x{batched.receipt.ticket_id.hex()}"
    at_desk = ("--desk", str(chain.desk.address), "--rpc", chain.url)
    expected = json.loads(batched.path.read_text("utf-8"))
    del expected["document"]
    sources = (str(batched.leaves), str(batched.folder), batched.url, f"{batched.url}/{batched.leaves.name}")
    for number, leaves in enumerate((*sources, "published")):
        out = tmp_path / f"{number}.json"
        batch = ("--batch", "1") if number % 2 else ()
        done = makegood(ticket, "--leaves", leaves, *batch, "--out", str(out), *at_desk, command="receipt")
        assert done.returncode == 0, done.stderr
        assert json.loads(out.read_text("utf-8")) == expected
    for arguments, code, saying in (
        (("--leaves", str(tmp_path / "absent"), "--batch", "1"), 3, "there is no file"),
        (("--leaves", str(batched.path), "--batch", "1"), 6, "is damaged"),
        (("--leaves", str(batched.leaves), "--batch", "2"), 3, "No batch whose leaves are there"),
        (("--batch", "1"), 2, "not where its leaves are"),
        ((), 3, "give its leaves"),
    ):
        done = makegood(ticket, *arguments, *at_desk, command="receipt", MAKEGOOD_DATA_FOLDER=str(tmp_path))
        assert done.returncode == code, done.stderr
        assert saying in done.stderr
    without = makegood("--leaves", str(batched.leaves), *at_desk, command="receipt")
    assert without.returncode == 2
