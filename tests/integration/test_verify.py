# SPDX-License-Identifier: Apache-2.0
"""`makegood verify` against a node, from the recording of a ticket to its payment."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from receipt_house import POLICY, bind
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from makegood import documents
from makegood import policy as policies
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


def makegood(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "makegood", "verify", *arguments]
    environment = {**os.environ, **variables}
    return subprocess.run(command, check=False, capture_output=True, text=True, timeout=60, env=environment)


def test_a_receipt_is_verified_at_a_node_and_without_one(chain: Chain, path: Path) -> None:
    online = makegood(str(path), **{RPC_VARIABLE: chain.url})
    assert online.returncode == 0, online.stderr
    assert "7 passed, 0 skipped" in online.stdout
    offline = makegood(str(path), "--offline")
    assert offline.returncode == 0, offline.stderr
    assert "4 passed, 3 skipped" in offline.stdout


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
