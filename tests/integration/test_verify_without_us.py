# SPDX-License-Identifier: Apache-2.0
"""docs/verify-without-us.md: its very commands, in bash with jq, cast and openssl, find what is true.

The blocks marked `bash step` run one after the other in one shell, those marked `bash claim`, `bash prove`
and `bash end` where a test asks for them. The page's settings are given as variables.
"""

import base64
import hashlib
import json
import os
import re
import shlex
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak
from receipt_house import POLICY, bind
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from makegood import artifacts, documents
from makegood import policy as policies
from makegood.batches import Act, Batch, Entry, ticket_id
from makegood.clock import Priority, Status
from makegood.desk import BOT, ETH, HUMAN, Desk, KeySigner, deploy_factory
from makegood.identity import Curve, Key, Statement, StatementKind, issue
from makegood.receipts import Receipt, build

PROJECT = Path(__file__).resolve().parents[2]
PAGE = PROJECT / "docs" / "verify-without-us.md"
FAR = 2**32 - 1
TERMS = POLICY + 'bonds: {prove: "0.002"}\n'
DAY = 86_400
MNEMONIC = "test test test test test test test test test test test junk"
# The fourth account of the mnemonic, who has nothing to do with the desk.
ANYONE = "0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"
# The third, the requester's.
REQUESTER = "0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"
CHANNEL = "telegram:some_support"
ENGLISH = 'My withdrawal has not arrived.\nThe page said "done" \\ and \\u007f.\ttab \x7f \x00 \x1f \u2028 /'
CHINESE = "提现没有到账，已经等了三天。😀 👩\u200d👩\u200d👧 𠮷 é e\u0301 \ufeff \ufffe"  # noqa: RUF001

# How a line of a check begins.
PASSED = "same       "
FAILED = "DIFFERENT  "


@dataclass
class Chain:
    """A node with a desk, and a ticket in English and one in Chinese, both answered."""

    w3: Web3
    url: str
    factory: str
    desk: Desk
    operator: KeySigner
    agent: KeySigner
    bot: KeySigner
    requester: KeySigner
    receipts: dict[str, Receipt]
    replied_at: dict[str, int]
    keys: dict[str, Key]

    def ask(self, method: str, *arguments: Any) -> Any:
        return self.w3.provider.make_request(RPCEndpoint(method), list(arguments))["result"]

    @property
    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])


@pytest.fixture(scope="module")
def built(lasting_url: str) -> Chain:
    w3 = Web3(HTTPProvider(lasting_url, exception_retry_configuration=None))
    Account.enable_unaudited_hdwallet_features()
    accounts = [Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}") for index in range(4)]
    operator, agent, requester, bot = (KeySigner(account) for account in accounts)
    factory = deploy_factory(w3, operator)
    desk = Desk(
        w3, factory.deployed(factory.deploy_desk(operator.address, ETH, 30 * DAY, "Acme").send(operator)).desk
    )
    desk.publish_policy(policies.parse(TERMS).to_chain(), "Test").send(operator)
    desk.grant_coverage(requester.address, 1, Priority.URGENT, 5, FAR).send(operator)
    desk.pool.fund(10**18).send(operator)
    desk.directory.publish_channel(hashlib.sha256(CHANNEL.encode()).digest()).send(operator)
    chain = Chain(w3, lasting_url, str(factory.address), desk, operator, agent, bot, requester, {}, {}, {})
    for text, curve, signer, kind in (
        (ENGLISH, Curve.ED25519, agent, HUMAN),
        (CHINESE, Curve.SECP256K1, bot, BOT),
    ):
        key = Key.generate(curve)
        bind(desk, signer, kind, hashlib.sha256(key.did.encode()).digest()).send(operator)
        document = documents.new_document("makegood/ticket/1", {"text": text})
        opened = desk.open_ticket(1, Priority.URGENT, documents.digest(document)).send(requester)
        ticket_id = bytes(opened.event("TicketOpened")["ticket_id"])
        reply = documents.digest(documents.new_document("makegood/reply/1", {"text": text}))
        given = (
            desk.reply(ticket_id, Status.HOLD, reply) if kind == HUMAN else desk.bot_reply(ticket_id, reply)
        )
        at = given.send(signer).at
        claims = Statement(StatementKind.REPLY, ticket_id, reply).claims(issued_at=at, expires_at=at + 1)
        chain.receipts[text] = build(
            desk, transaction=opened.transaction, document=document, statements=[issue(claims, key)]
        )
        chain.replied_at[text] = at
        chain.keys[text] = key
    return chain


@pytest.fixture
def chain(built: Chain) -> Iterator[Chain]:
    """As it was built, at the same time."""
    snapshot = built.ask("evm_snapshot")
    yield built
    built.ask("evm_revert", snapshot)


def program(last: str, *, sending: str = "", without: Sequence[str] = ()) -> str:
    """The page's blocks up to a step as one program, which prints each heading before its blocks."""
    left_out = False
    page = PAGE.read_text("utf-8")
    marks = "step|claim|prove|end"
    found = re.findall(rf"^(## )(.*?)$|^```bash ({marks})\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    parts = []
    for is_heading, heading, mark, body in found:
        if heading.startswith(str(int(last) + 1)):
            break
        if is_heading:
            left_out = heading[0] in without
            parts.append(f"echo {shlex.quote('## ' + heading)}")
        elif left_out:
            continue
        elif mark == "step":
            parts.append(body)
        elif mark == sending:
            # What its reader types: cast asks a terminal for the password of the account.
            parts.append(f"(export ETH_PASSWORD=$PASSWORD\n{body})")
    return "\n".join(parts)


def settings() -> set[str]:
    """The variables that the page asks its reader to set."""
    found = re.search(r"^```bash\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    assert found
    return set(re.findall(r"^(\w+)=", found[1], re.MULTILINE))


def bash(text: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Commands as they are pasted: one that read its standard input would swallow those after it."""
    path = f"{PROJECT / 'node_modules' / '.bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-s"],
        input=text,
        env={**os.environ, "PATH": path, "HOME": str(folder), "TMPDIR": str(folder), **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def follow(
    chain: Chain,
    file: str,
    folder: Path,
    *,
    last: str = "9",
    sending: str = "",
    without: Sequence[str] = (),
    **changed: str,
) -> dict[str, list[str]]:
    """What the page's commands print for a file, by the number of the step."""
    (folder / "receipt.json").write_text(file, "utf-8")
    variables = {"FILE": "receipt.json", "RPC": chain.url, "FACTORY": chain.factory, "CHANNEL": CHANNEL}
    assert set(variables) == settings()
    done = bash(program(last, sending=sending, without=without), folder, **{**variables, **changed})
    assert done.returncode == 0, done.stderr
    steps = re.split(r"^## (.*)$", done.stdout, flags=re.MULTILINE)
    found = dict(zip(steps[1::2], (each.strip().split("\n") for each in steps[2::2]), strict=True))
    printed = {heading[0]: lines for heading, lines in found.items() if heading[0].isdigit()}
    if not any(line.startswith(FAILED) for lines in printed.values() for line in lines):
        assert done.stderr == ""
    return printed


def known_to_cast(folder: Path, key: str) -> Path:
    """Makes an account `me` of cast in a folder; returns the file with its password."""
    password = folder / "password"
    password.write_text("secret", "utf-8")
    made = bash(
        f"rm -f .foundry/keystores/me\ncast wallet import me --private-key {key} --unsafe-password secret",
        folder,
    )
    assert made.returncode == 0, made.stderr
    return password


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def line(lines: list[str], begin: str) -> str:
    """What stands behind the words that a line begins with."""
    found = [each.removeprefix(begin).strip() for each in lines if each.startswith(begin)]
    assert len(found) == 1, (begin, lines)
    return found[0]


def failures(steps: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    """The steps with a difference, each with what differs."""
    return [
        (number, each.removeprefix(FAILED).partition(":")[0])
        for number, lines in steps.items()
        for each in lines
        if each.startswith(FAILED)
    ]


@pytest.fixture
def batched(chain: Chain) -> list[Receipt]:
    """The receipts of the five tickets that a batch opened, in the order of its leaves."""
    return opened_in_a_batch(chain)


def token_chain(chain: Chain) -> Chain:
    """The same node with a desk in a token, of which the requester has some."""
    code = bytes.fromhex(artifacts.compile_contract("mocks/PlainToken")["bytecode"][2:])
    sender = chain.w3.eth.accounts[9]

    def sent(fields: dict[str, Any]) -> Any:
        done = chain.w3.eth.send_transaction({"from": sender, **fields})  # type: ignore[typeddict-item]
        return chain.w3.eth.wait_for_transaction_receipt(done)

    token = str(sent({"data": Web3.to_hex(code + encode(["uint8"], [18]))})["contractAddress"])
    mint = keccak(text="mint(address,uint256)")[:4] + encode(
        ["address", "uint256"], [chain.requester.address, 10**18]
    )
    sent({"to": token, "data": Web3.to_hex(mint)})
    factory = deploy_factory(chain.w3, chain.operator)
    call = factory.deploy_desk(chain.operator.address, token, 30 * DAY, "Acme")
    desk = Desk(chain.w3, factory.deployed(call.send(chain.operator)).desk)
    desk.publish_policy(policies.parse(TERMS).to_chain(), "Test").send(chain.operator)
    digest = hashlib.sha256(chain.keys[ENGLISH].did.encode()).digest()
    bind(desk, chain.agent, HUMAN, digest).send(chain.operator)
    return replace(chain, desk=desk, factory=str(factory.address))


def opened_in_a_batch(chain: Chain) -> list[Receipt]:
    chain.desk.set_allowance(chain.agent.address, 10**18).send(chain.operator)
    made = [documents.new_document("makegood/ticket/1", {"text": f"{n}. {ENGLISH}"}) for n in range(5)]
    at, who, desk = chain.now, chain.requester.address, chain.desk
    ids = [ticket_id(desk.chain_id, desk.address, who, documents.digest(each)) for each in made]
    named = zip(ids, made, strict=True)
    openings = [Entry(each, 0, Act.OPENED, at, who, documents.digest(text)) for each, text in named]
    priorities = (Priority.URGENT, Priority.HIGH, Priority.NORMAL, Priority.LOW, Priority.LOW)
    reply = Entry(ids[0], 1, Act.REPLIED, at, chain.agent.address, bytes([7] * 32))
    batch = Batch.of(zip(openings, priorities, strict=True), [reply])
    desk.lane.anchor_batch(1, batch.root, batch.counts).send(chain.agent)
    order = [batch.entry(index).ticket_id for index in range(5)]
    texts = dict(zip(ids, made, strict=True))
    return [build(desk, ticket_id=each, leaves=batch, document=texts[each]) for each in order]


# A batch's ticket without statements: steps 6 and 7 have nothing to look at.
UNSIGNED = ("6", "7")


def test_the_pages_commands_find_a_ticket_in_its_batch(
    chain: Chain, batched: list[Receipt], tmp_path: Path
) -> None:
    for receipt in batched:
        assert receipt.inclusion is not None
        steps = follow(chain, receipt.text(), tmp_path, without=UNSIGNED)
        assert failures(steps) == []
        found = {
            "3": {"The root": f"0x{receipt.inclusion.root.hex()}", "The way ends at the top": "0"},
            "4": {
                "Its block": str(receipt.block_number),
                "Opened before its batch's block": "1",
                "The batch's root": f"0x{receipt.inclusion.root.hex()}",
                "The batch's size": "6",
                "The priority": receipt.priority.label,
                "The policy": "1",
                "The reply was due": str(receipt.reply_due),
                "The resolution was due": str(receipt.resolution_due),
            },
        }
        for step, said in found.items():
            assert {name: line(steps[step], f"{PASSED}{name}:") for name in said} == said
        assert line(steps["8"], "status") == "unknown"
        assert line(steps["8"], "prove until") == iso(chain.desk.lane.batch(1).expires_at)
        assert line(steps["8"], "batch backed") == "true"


def test_a_proven_ticket_of_a_batch_is_told_and_claimed(
    chain: Chain, batched: list[Receipt], tmp_path: Path
) -> None:
    receipt = batched[0]
    assert receipt.inclusion is not None
    chain.ask("evm_increaseTime", 9 * 3_600)
    bond = chain.desk.policy(1).prove_bond
    place, lane = receipt.inclusion, chain.desk.lane
    entry = (receipt.requester, receipt.commitment, receipt.opened_at)
    lane.prove_ticket(place.batch, place.index, place.path, *entry, bond).send(chain.requester)
    steps = follow(chain, receipt.text(), tmp_path, without=UNSIGNED)
    assert (line(steps["8"], "status"), line(steps["8"], "challenged")) == ("open", "true")
    assert line(steps["8"], "claimable").startswith("none")
    chain.ask("evm_increaseTime", DAY + 1)
    lane.end_challenge(receipt.ticket_id).send(chain.operator)
    steps = follow(chain, receipt.text(), tmp_path, without=UNSIGNED)
    assert failures(steps) == []
    assert line(steps["8"], "challenged") == "false"
    assert line(steps["8"], "claimable") == "first_reply resolution: 0.008000000000000000"


def test_a_batchs_ticket_is_proven_and_paid_with_cast_alone(
    chain: Chain, batched: list[Receipt], tmp_path: Path
) -> None:
    receipt, paid_for = batched[0], Web3.to_checksum_address(chain.requester.address)
    chain.ask("evm_increaseTime", 9 * 3_600)
    chain.ask("evm_mine")
    sent = {"without": UNSIGNED, "PASSWORD": str(known_to_cast(tmp_path, REQUESTER))}
    steps = follow(chain, receipt.text(), tmp_path, sending="prove", **sent)  # type: ignore[arg-type]
    assert failures(steps) == []
    proof = chain.desk.lane.proof(receipt.ticket_id)
    assert proof is not None
    assert (proof.prover, proof.bond) == (chain.requester.address, chain.desk.policy(1).prove_bond)
    assert proof.bond > 0
    chain.ask("evm_increaseTime", DAY + 1)
    chain.ask("evm_mine")
    before = chain.w3.eth.get_balance(paid_for)
    sent["PASSWORD"] = str(known_to_cast(tmp_path, ANYONE))
    steps = follow(chain, receipt.text(), tmp_path, sending="end", **sent)  # type: ignore[arg-type]
    assert failures(steps) == []
    assert chain.w3.eth.get_balance(paid_for) - before == 8 * 10**15 + proof.bond
    steps = follow(chain, receipt.text(), tmp_path, without=UNSIGNED)
    assert line(steps["8"], "compensated") == "first_reply resolution"


def test_a_batchs_ticket_in_a_token_is_proven_with_its_bond_approved(chain: Chain, tmp_path: Path) -> None:
    place = token_chain(chain)
    receipt = opened_in_a_batch(place)[0]
    sent = {"without": UNSIGNED, "CHANNEL": "", "PASSWORD": str(known_to_cast(tmp_path, REQUESTER))}
    steps = follow(place, receipt.text(), tmp_path, sending="prove", **sent)  # type: ignore[arg-type]
    assert failures(steps) == []
    proof = place.desk.lane.proof(receipt.ticket_id)
    assert proof is not None
    assert proof.bond == place.desk.policy(1).prove_bond > 0
    assert place.desk.pool.approved(place.requester.address) == 0


def test_what_was_altered_of_a_batch_is_seen_at_its_step(
    chain: Chain, batched: list[Receipt], tmp_path: Path
) -> None:
    receipt = batched[0]
    place = receipt.inclusion
    assert place is not None
    root = "The root"
    for changed, step, what in (
        ({"index": 1}, "3", root),
        ({"index": 6}, "3", "The index is in the batch"),
        ({"size": 60}, "3", "The way ends at the top"),
        ({"path": place.path[::-1]}, "3", root),
        ({"path": (*place.path, place.root)}, "3", root),
        ({"path": place.path[:-1]}, "3", "The way ends at the top"),
        ({"root": bytes(32)}, "3", root),
        ({"batch": 2}, "4", "The batch's root"),
        # The first leaf's path is the same in a tree of seven.
        ({"size": 7}, "4", "The batch's size"),
    ):
        altered = replace(receipt, inclusion=replace(place, **changed))
        found = failures(follow(chain, altered.text(), tmp_path, last=step))
        assert found, changed
        assert found[0] == (step, what), (found, changed)
    for altered, what in (
        (replace(receipt, priority=Priority.LOW), "The priority"),
        (replace(receipt, policy_id=2), "The policy"),
        (replace(receipt, reply_due=receipt.reply_due + 1), "The reply was due"),
        (replace(receipt, resolution_due=receipt.resolution_due + 1), "The resolution was due"),
    ):
        assert failures(follow(chain, altered.text(), tmp_path, last="4"))[0] == ("4", what)
    early = replace(receipt, opened_at=receipt.opened_at - 1)
    assert failures(follow(chain, early.text(), tmp_path, last="3"))[0] == ("3", root)


@pytest.mark.parametrize("text", [ENGLISH, CHINESE], ids=["English", "Chinese"])
def test_the_pages_commands_find_what_the_receipt_says(chain: Chain, tmp_path: Path, text: str) -> None:
    receipt = chain.receipts[text]
    steps = follow(chain, receipt.text(), tmp_path)
    assert failures(steps) == []
    assert json.loads("\n".join(steps["1"][steps["1"].index("{") :])) == {
        name: value for name, value in receipt.fields().items() if name != "statements"
    }
    assert line(steps["2"], f"{PASSED}The document's digest:") == f"0x{receipt.commitment.hex()}"
    assert line(steps["3"], f"{PASSED}The ticket id:") == f"0x{receipt.ticket_id.hex()}"
    recorded = {
        "The chain": str(receipt.chain_id),
        "Its block": str(receipt.block_number),
        "The block's hash": f"0x{receipt.block_hash.hex()}",
        "The hash at that height": f"0x{receipt.block_hash.hex()}",
        "The block's time": str(receipt.opened_at),
        "The ticket": f"0x{receipt.ticket_id.hex()}",
        "The requester": receipt.requester.lower(),
        "The lane": str(receipt.lane),
        "The commitment": f"0x{receipt.commitment.hex()}",
        "The policy": str(receipt.policy_id),
        "The priority": receipt.priority.label,
        "The reply was due": str(receipt.reply_due),
        "The resolution was due": str(receipt.resolution_due),
    }
    assert {name: line(steps["4"], f"{PASSED}{name}:") for name in recorded} == recorded
    assert any(each.startswith("not final") for each in steps["4"])
    assert line(steps["5"], "operator") == chain.operator.address
    assert line(steps["6"], f"{PASSED}The signature:") == "good"
    who = f"human {chain.agent.address}" if text == ENGLISH else f"bot {chain.bot.address}"
    assert line(steps["7"], "reply      by the") == f"{who.lower()} at {iso(chain.replied_at[text])}"
    assert line(steps["8"], "status") == ("hold" if text == ENGLISH else "open")
    assert line(steps["8"], "reply due") == ("none" if text == ENGLISH else iso(receipt.reply_due))
    assert line(steps["8"], "resolution due") == iso(receipt.resolution_due)
    assert line(steps["8"], "breached") == "none (recorded)"
    assert line(steps["8"], "backed") == "true"
    assert line(steps["8"], "collectable") == line(steps["8"], "owed") == "0"
    assert line(steps["8"], "claimable") == "none: 0"
    assert line(steps["9"], f"{PASSED}{CHANNEL} is official:") == "true"


def test_a_breach_is_told_and_claimed(chain: Chain, tmp_path: Path) -> None:
    receipt = chain.receipts[CHINESE]
    # Of these hours both the first reply and the resolution were due, and no human answered.
    chain.ask("evm_increaseTime", 9 * 3_600)
    chain.ask("anvil_mine", hex(100))
    password = known_to_cast(tmp_path, ANYONE)
    before = chain.w3.eth.get_balance(Web3.to_checksum_address(receipt.requester))
    steps = follow(chain, receipt.text(), tmp_path, sending="claim", PASSWORD=str(password))
    assert failures(steps) == []
    assert any(each.startswith("final ") for each in steps["4"])
    assert line(steps["8"], "claimable") == "first_reply resolution: 0.008000000000000000"
    paid = chain.w3.eth.get_balance(Web3.to_checksum_address(receipt.requester)) - before
    assert paid == 8 * 10**15
    assert line(follow(chain, receipt.text(), tmp_path)["8"], "compensated") == "first_reply resolution"


def test_what_was_altered_is_seen_at_its_step(chain: Chain, tmp_path: Path) -> None:
    receipt = chain.receipts[ENGLISH]
    other = chain.receipts[CHINESE]
    stranger = issue(about(chain, receipt), Key.generate())
    # Both clocks are behind it, whichever is ahead, and the tests take less than the rest.
    later = max(chain.now, int(time.time())) + 900 + 3_600
    altered: list[tuple[Receipt, str, str]] = [
        (
            replace(receipt, document={**dict(receipt.document or {}), "text": "All is well."}),
            "2",
            "The document",
        ),
        (replace(receipt, commitment=other.commitment), "2", "The document's digest"),
        (replace(receipt, document=None, commitment=other.commitment), "3", "The ticket id"),
        (replace(receipt, requester=chain.agent.address), "3", "The ticket id"),
        (replace(receipt, ticket_id=other.ticket_id), "3", "The ticket id"),
        (replace(receipt, transaction=other.transaction), "4", "Its block"),
        (replace(receipt, block_hash=other.block_hash), "4", "The block's hash"),
        (replace(receipt, opened_at=receipt.opened_at - 1), "4", "The block's time"),
        (replace(receipt, policy_id=2), "4", "The policy"),
        (replace(receipt, priority=Priority.LOW), "4", "The priority"),
        (replace(receipt, reply_due=receipt.reply_due - 1), "4", "The reply was due"),
        (replace(receipt, resolution_due=receipt.resolution_due - 1), "4", "The resolution was due"),
        (replace(receipt, statements=other.statements), "6", "The ticket it is about"),
        (replace(receipt, statements=(forged(receipt.statements[0]),)), "6", "The signature"),
        (replace(receipt, statements=(stranger,)), "7", "The agent's DID then"),
        (replace(receipt, statements=(dated(chain, receipt.opened_at - 901),)), "7", "Its date can be true"),
        (replace(receipt, statements=(dated(chain, later),)), "7", "Its date can be true"),
        (replace(other, statements=(forged(other.statements[0]),)), "6", "The signature"),
    ]
    for one, step, what in altered:
        found = failures(follow(chain, one.text(), tmp_path, last=step))
        assert found, one
        assert found[0][0] == step, (found, one)
        assert found[0][1].startswith(what), (found, one)


def test_a_statement_dated_within_what_clocks_differ_passes(chain: Chain, tmp_path: Path) -> None:
    receipt = chain.receipts[ENGLISH]
    for at in (receipt.opened_at - 900, chain.now + 900):
        one = replace(receipt, statements=(dated(chain, at),))
        steps = follow(chain, one.text(), tmp_path, last="7")
        assert failures(steps) == []
        assert line(steps["7"], f"{PASSED}Its date can be true:") == "true"


def test_without_statements_and_channel_their_steps_are_skipped(chain: Chain, tmp_path: Path) -> None:
    bare = replace(chain.receipts[ENGLISH], statements=())
    steps = follow(chain, bare.text(), tmp_path, CHANNEL="")
    assert failures(steps) == []
    assert [steps[number] for number in "679"] == [
        ["skipped    The receipt holds no signed statement, or none of this number."],
        ["skipped    The receipt holds no signed statement, or none of this number."],
        ["skipped    No channel is named."],
    ]
    assert line(steps["8"], "status") == "hold"


def test_the_next_receipt_begins_with_its_first_statement(chain: Chain, tmp_path: Path) -> None:
    steps = follow(chain, chain.receipts[ENGLISH].text(), tmp_path, last="7", N="1")
    assert line(steps["6"], f"{PASSED}The signature:") == "good"


def dated(chain: Chain, at: int) -> str:
    """The agent's statement on its reply to the English ticket, dated as is said."""
    receipt = chain.receipts[ENGLISH]
    payload = json.loads(decoded(receipt.statements[0].split(".")[1]))
    digest = bytes.fromhex(payload["vc"]["credentialSubject"]["digest"][2:])
    claims = Statement(StatementKind.REPLY, receipt.ticket_id, digest).claims(issued_at=at)
    return issue(claims, chain.keys[ENGLISH])


def about(chain: Chain, receipt: Receipt) -> Any:
    """The claims of a statement on a reply that is recorded."""
    payload = json.loads(decoded(receipt.statements[0].split(".")[1]))
    digest = bytes.fromhex(payload["vc"]["credentialSubject"]["digest"][2:])
    statement = Statement(StatementKind.REPLY, receipt.ticket_id, digest)
    return statement.claims(issued_at=chain.now)


def decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def forged(statement: str) -> str:
    """The statement with another time in it, under the signature that it had."""
    header, payload, signature = statement.split(".")
    members = json.loads(decoded(payload))
    members["exp"] += 1
    altered = base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=").decode()
    return f"{header}.{altered}.{signature}"


def twice(text: str) -> str:
    return text.replace('"lane": 0', '"lane": 1, "lane": 0')


def hostile(text: str) -> str:
    return re.sub(r'"desk": "0x\w+"', '"desk": "--rpc-url=http://127.0.0.1:1"', text)


def doubled(text: str) -> str:
    return text + text


@pytest.mark.parametrize(
    ("change", "what"),
    [(twice, "The file has each key once"), (hostile, "The form is right"), (doubled, "The form is right")],
)
def test_a_file_that_is_no_receipt_is_seen_first(
    chain: Chain, tmp_path: Path, change: Callable[[str], str], what: str
) -> None:
    found = failures(follow(chain, change(chain.receipts[ENGLISH].text()), tmp_path, last="1"))
    assert found[0] == ("1", what)


def test_a_stranger_is_seen(chain: Chain, tmp_path: Path) -> None:
    text = chain.receipts[ENGLISH].text()
    own = deploy_factory(chain.w3, chain.operator)
    assert failures(follow(chain, text, tmp_path, last="5", FACTORY=str(own.address)))[0] == (
        "5",
        "The factory lists it",
    )
    found = failures(follow(chain, text, tmp_path, CHANNEL="telegram:some_supp0rt"))
    assert found == [("9", "telegram")]


def test_the_pages_digest_is_ours_for_every_kind_of_character(tmp_path: Path) -> None:
    functions = re.findall(r"^(?:canonical|digest)\(\) .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    assert len(functions) == 2
    singles = "".join(
        map(chr, [*range(0x300), *range(0x2000, 0x2100), 0xD7FF, 0xE000, *range(0xFFF0, 0x10010)])
    )
    texts = [
        singles,
        "".join(f"\\{character}" for character in singles),
        *("\\" * count + end for count in range(5) for end in ("u007f", "\x7f", "n", '"', "\x01", "")),
        *(chr(plane << 16 | 0xFFFD) for plane in range(1, 17)),
        ENGLISH,
        CHINESE,
    ]
    made = [documents.new_document("makegood/reply/1", {"text": text}) for text in texts]
    evidence = {"ticket": "0x" + "11" * 32, "kind": "incident", "text": CHINESE}
    files = [{"name": CHINESE, "size": size, "sha256": "22" * 32} for size in (0, 10**15, 2**53 - 1)]
    made.append(documents.new_document("makegood/evidence/1", {**evidence, "files": files}))
    for number, document in enumerate(made):
        escaped = bool(number % 2)
        (tmp_path / f"{number}.json").write_text(
            json.dumps(document, indent=escaped, ensure_ascii=escaped), "utf-8"
        )
    loop = f"for ((i = 0; i < {len(made)}; i++)); do digest < $i.json; done"
    done = bash("\n".join([*functions, loop]), tmp_path)
    assert done.stdout.split() == [f"0x{documents.digest(document).hex()}" for document in made], done.stderr
