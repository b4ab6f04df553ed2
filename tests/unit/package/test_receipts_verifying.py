# SPDX-License-Identifier: Apache-2.0
"""What is told of true receipts, step by step, and what a bad node cannot do."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from json_rpc import Answer, JsonRpcNode, Refused
from receipt_house import (
    DAY,
    START,
    WEB_DID,
    ReceiptHouse,
    as_it_was,
    cached_house,
    document,
    of_web,
    seed,
)
from web3 import HTTPProvider, Web3

from makegood import documents
from makegood.clock import Kind, Status
from makegood.errors import MakegoodError, NodeSilent, NodeUnreachable, UsageError
from makegood.identity import Key, StatementKind
from makegood.receipts import Outcome, Receipt, Step, Verification, build, verify, verify_file

HOUR = 3_600
METHODS = (
    "eth_chainId",
    "eth_getCode",
    "eth_getTransactionReceipt",
    "eth_getBlockByNumber",
    "eth_call",
    "eth_getLogs",
    "eth_blockNumber",
)
NONSENSE: tuple[Any, ...] = (
    None,
    "",
    "0x",
    "0xzz",
    "0x" + "ff" * 1_000,
    "0x00",
    7,
    -1,
    True,
    [],
    [None],
    {},
    {"number": "0x1"},
    [{"topics": []}],
    "\x1b[2J",
)


@pytest.fixture
def house() -> Iterator[ReceiptHouse]:
    with as_it_was(cached_house()) as house:
        yield house


@pytest.fixture
def receipt(house: ReceiptHouse) -> Receipt:
    return build(
        house.desk,
        transaction=house.transactions["first"],
        document=document("first"),
        statements=(house.statement(),),
    )


def through(node: JsonRpcNode) -> Web3:
    return Web3(node)


def lying(house: ReceiptHouse, method: str, answer: Answer) -> Web3:
    return through(JsonRpcNode(house.w3, {method: answer}))


def outcomes(found: Verification) -> dict[str, str]:
    return {step.name: step.outcome.value for step in found}


# ---------------------------------------------------------------- offline


def test_offline_no_connection_is_made(receipt: Receipt, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    assert verify(receipt, now=0).verified is None


def test_offline_all_that_needs_no_chain_passes_and_the_rest_says_why_not(receipt: Receipt) -> None:
    found = verify(receipt, now=0)
    assert outcomes(found) == {
        "file": "passed",
        "document": "passed",
        "ticket_id": "passed",
        "inclusion": "skipped",
        "signatures": "passed",
        "recorded": "skipped",
        "standing": "skipped",
        "worth": "skipped",
    }
    assert found["recorded"].why == "No node was asked."


def test_a_statement_of_a_web_did_is_not_looked_up_and_not_called_false(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    found = verify(replace(receipt, statements=(of_web(house.statement()),)), house.w3, now=house.now)
    assert found["signatures"].outcome is Outcome.SKIPPED
    assert WEB_DID in found["signatures"].why
    assert found["standing"].outcome is Outcome.SKIPPED
    assert found["standing"].why == "Not checked, since not every signature could be checked."
    assert found["worth"].outcome is Outcome.PASSED


@pytest.mark.parametrize("about", [{"ticket": "second"}, {"kind": StatementKind.EVIDENCE}])
def test_a_statement_of_a_web_did_about_something_else_is_refused_without_its_server(
    house: ReceiptHouse, receipt: Receipt, about: dict[str, Any]
) -> None:
    statements = (of_web(house.statement()), of_web(house.statement(**about)))
    found = verify(replace(receipt, statements=statements), now=0)
    assert found["signatures"].outcome is Outcome.FAILED
    assert found["signatures"].why.startswith("Statement 2 is refused")


# ---------------------------------------------------------------- what it is worth


def worth(house: ReceiptHouse, receipt: Receipt) -> dict[str, Any]:
    found = verify(receipt, house.w3, now=house.now)
    assert found.verified, found
    return dict(found["worth"].facts)


def test_a_late_ticket_tells_what_can_be_claimed(house: ReceiptHouse) -> None:
    receipt = build(house.desk, transaction=house.transactions["second"])
    house.wait(2 * HOUR)
    assert worth(house, receipt)["claimable"] == {"kinds": ["first_reply"], "amount": str(3 * 10**15)}


def test_a_breach_shows_by_the_readers_clock_where_the_chain_rests(house: ReceiptHouse) -> None:
    receipt = build(house.desk, transaction=house.transactions["second"])
    found = verify(receipt, house.w3, now=house.now + 2 * HOUR)
    assert found["worth"].facts["claimable"]["kinds"] == ["first_reply"]
    assert "it may lag" in found["recorded"].why


def test_a_paid_ticket_tells_what_the_requester_can_collect(house: ReceiptHouse) -> None:
    receipt = build(house.desk, transaction=house.transactions["second"])
    house.wait(2 * HOUR)
    house.desk.claim(receipt.ticket_id).send(house.operator)
    found = worth(house, receipt)
    assert (found["claimable"]["amount"], found["compensated"]) == ("0", ["first_reply"])
    assert found["collectable"] == str(3 * 10**15)


def test_an_unbacked_ticket_says_that_it_pays_later(house: ReceiptHouse) -> None:
    house.open("unbacked", desk=house.other_desk)
    receipt = build(house.other_desk, transaction=house.transactions["unbacked"])
    found = verify(receipt, house.w3, now=house.now)
    assert found["worth"].facts["backed"] is False
    assert "debt until funds come in" in found["worth"].why


def test_a_dispute_is_told(house: ReceiptHouse, receipt: Receipt) -> None:
    house.desk.reply(receipt.ticket_id, Status.SOLVED, seed("solved")).send(house.agent)
    bond = house.desk.policy(1).contest_bond
    contest = house.desk.panel.contest(receipt.ticket_id, Kind.RESOLUTION, 5 * 10**15, seed("evidence"), bond)
    contest.send(house.requester)
    found = worth(house, receipt)
    assert [(one["kind"], one["state"]) for one in found["disputes"]] == [("resolution", "open")]


def test_a_closed_ticket_is_still_recorded(house: ReceiptHouse, receipt: Receipt) -> None:
    house.desk.close(receipt.ticket_id).send(house.requester)
    assert worth(house, receipt)["status"] == "closed"


@pytest.mark.parametrize("status", [Status.PENDING, Status.SOLVED])
def test_a_clock_that_stands_still_has_no_due(house: ReceiptHouse, receipt: Receipt, status: Status) -> None:
    house.desk.reply(receipt.ticket_id, status, seed("next")).send(house.agent)
    found = worth(house, receipt)
    assert (found["status"], found["resolution_due"]) == (status.label, None)


# ---------------------------------------------------------------- blocks


def test_a_reorganisation_that_moved_the_opening_says_so(house: ReceiptHouse) -> None:
    tester: Any = house.w3.provider
    before = tester.ethereum_tester.take_snapshot()
    house.open("moved")
    receipt = build(house.desk, transaction=house.transactions["moved"])
    tester.ethereum_tester.revert_to_snapshot(before)
    tester.ethereum_tester.backend.chain.set_header_timestamp(house.now + 7)
    house.open("moved")
    assert house.transactions["moved"] == receipt.transaction
    found = verify(receipt, house.w3, now=house.now)
    assert found.failed is not None
    assert found.failed.name == "recorded"
    assert "reorganisation" in str(found.failed)


def test_a_reorganisation_that_dropped_the_opening_says_so(house: ReceiptHouse) -> None:
    tester: Any = house.w3.provider
    before = tester.ethereum_tester.take_snapshot()
    house.open("dropped")
    receipt = build(house.desk, transaction=house.transactions["dropped"])
    tester.ethereum_tester.revert_to_snapshot(before)
    found = verify(receipt, house.w3, now=house.now)
    assert found["recorded"].outcome is Outcome.FAILED
    assert "A reorganisation dropped it" in str(found["recorded"])


@pytest.mark.parametrize(
    ("last", "final", "saying"),
    [(21, True, "final: no reorganisation"), (20, False, "not final yet"), (10**6, False, "not final yet")],
)
def test_it_says_whether_the_block_is_final(
    house: ReceiptHouse, receipt: Receipt, last: int, final: bool, saying: str
) -> None:
    assert receipt.block_number == 21

    def block(params: list[Any]) -> Any:
        found = JsonRpcNode(house.w3).truth(
            "eth_getBlockByNumber", ["latest" if params[0] == "finalized" else params[0], False]
        )
        return {**found, "number": hex(last)} if params[0] == "finalized" else found

    found = verify(receipt, lying(house, "eth_getBlockByNumber", block), now=house.now)
    assert found["recorded"].facts["final"] is final
    assert saying in found["recorded"].why


def test_a_node_without_finality_gives_confirmations_and_says_so(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    def block(params: list[Any]) -> Any:
        if params[0] == "finalized":
            raise Refused("invalid argument 0: hex string without 0x prefix")
        return JsonRpcNode(house.w3).truth("eth_getBlockByNumber", params)

    found = verify(receipt, lying(house, "eth_getBlockByNumber", block), now=house.now)
    count = house.w3.eth.block_number - receipt.block_number + 1
    assert found["recorded"].facts["final"] is None
    assert f"{count} confirmations; this node does not say what is final" in found["recorded"].why


# ---------------------------------------------------------------- standing


def test_an_agent_revoked_later_stood_then(house: ReceiptHouse, receipt: Receipt) -> None:
    house.desk.directory.revoke_agent(house.agent.address).send(house.operator)
    house.wait(DAY)
    assert verify(receipt, house.w3, now=house.now)["standing"].outcome is Outcome.PASSED


def test_a_bots_statement_on_its_message_is_its_own(house: ReceiptHouse, receipt: Receipt) -> None:
    statement = house.statement(key=house.bot_key, digest=house.bot_digest)
    found = verify(replace(receipt, statements=(*receipt.statements, statement)), house.w3, now=house.now)
    assert found["standing"].facts["agents"] == [house.agent.address, house.bot.address]


def dated(house: ReceiptHouse, receipt: Receipt, issued_at: int, now: int = 0) -> Step:
    statement = house.statement(issued_at=issued_at)
    return verify(replace(receipt, statements=(statement,)), house.w3, now=now)["standing"]


def test_a_statement_may_be_dated_a_quarter_of_an_hour_before_the_ticket_and_no_more(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    assert dated(house, receipt, receipt.opened_at - 900).outcome is Outcome.PASSED
    step = dated(house, receipt, receipt.opened_at - 901)
    assert step.outcome is Outcome.FAILED
    assert "before the ticket was opened at 2027-01-04T00:21:00Z" in step.why


@pytest.mark.parametrize("now", [0, START + DAY])
def test_a_statement_may_be_dated_a_quarter_of_an_hour_ahead_of_the_later_clock_and_no_more(
    house: ReceiptHouse, receipt: Receipt, now: int
) -> None:
    latest = max(now, house.now)
    assert dated(house, receipt, latest + 900, now).outcome is Outcome.PASSED
    step = dated(house, receipt, latest + 901, now)
    assert step.outcome is Outcome.FAILED
    assert step.why.endswith("which is still to come.")


def test_a_statement_dated_beyond_the_chains_last_second_is_still_to_come(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    assert "is dated 2106-02-07T06:28:16Z, which is still to come" in dated(house, receipt, 2**32).why


def test_a_statement_signed_after_its_reply_passes_and_its_date_is_told(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    house.wait(DAY)
    step = dated(house, receipt, house.replied_at + HOUR)
    assert step.outcome is Outcome.PASSED
    assert step.why.endswith("Statement 1 is dated 1 h after its reply.")
    assert step.facts["issued_at"] == ["2027-01-04T01:23:00Z"]


def test_of_a_statement_dated_at_its_reply_nothing_more_is_said(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    assert "is dated" not in dated(house, receipt, house.replied_at).why


def old_state_gone(house: ReceiptHouse) -> Answer:
    def call(params: list[Any]) -> Any:
        if params[1] != "latest":
            raise Refused("missing trie node")
        return JsonRpcNode(house.w3).truth("eth_call", params)

    return call


def test_a_node_without_old_states_tells_the_did_by_its_logs(house: ReceiptHouse, receipt: Receipt) -> None:
    w3 = lying(house, "eth_call", old_state_gone(house))
    assert verify(receipt, w3, now=house.now)["standing"].outcome is Outcome.PASSED


@pytest.mark.parametrize("key", ["bot_key", "later_agent_key"])
def test_a_node_without_old_states_refuses_another_did_by_its_logs(
    house: ReceiptHouse, receipt: Receipt, key: str
) -> None:
    other: Key = getattr(house, key)
    forged = replace(receipt, statements=(house.statement(key=other),))
    found = verify(forged, lying(house, "eth_call", old_state_gone(house)), now=house.now)
    assert found["standing"].outcome is Outcome.FAILED


def test_a_node_that_also_limits_ranges_tells_the_did_by_its_logs(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    node = JsonRpcNode(house.w3, {"eth_call": old_state_gone(house)})
    node.limit_ranges(2)
    assert verify(receipt, through(node), now=house.now)["standing"].outcome is Outcome.PASSED
    other = replace(receipt, statements=(house.statement(key=house.later_agent_key),))
    assert verify(other, through(node), now=house.now)["standing"].outcome is Outcome.FAILED


def test_a_node_without_old_states_and_logs_cannot_tell_and_says_so(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    def logs(params: list[Any]) -> Any:
        if int(params[0]["fromBlock"], 16) < receipt.block_number:
            raise Refused("history has been pruned for this block")
        return JsonRpcNode(house.w3).truth("eth_getLogs", params)

    node = JsonRpcNode(house.w3, {"eth_call": old_state_gone(house), "eth_getLogs": logs})
    found = verify(receipt, through(node), now=house.now)
    assert found["standing"].outcome is Outcome.SKIPPED
    assert isinstance(found.error, NodeUnreachable)
    assert found.error.hint == "Ask an archive node."
    assert not found.verified


# ---------------------------------------------------------------- nodes that lie or break


def test_an_honest_node_verifies_all(house: ReceiptHouse, receipt: Receipt) -> None:
    node = JsonRpcNode(house.w3)
    found = verify(receipt, through(node), now=house.now)
    assert {step.name for step in found if step.outcome is not Outcome.PASSED} == {"inclusion"}
    assert set(METHODS) == set(node.asked)


@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("method", METHODS)
def test_nonsense_ends_in_our_own_error_or_a_failed_step(
    house: ReceiptHouse, receipt: Receipt, method: str, nonsense: Any
) -> None:
    found = verify(receipt, lying(house, method, lambda _: nonsense), now=house.now)
    offline = verify(receipt, now=0)
    assert [found[name] for name in ("document", "ticket_id", "signatures")] == [
        offline[name] for name in ("document", "ticket_id", "signatures")
    ]
    # Whatever code is there, it counts that there is some; block numbers only bound the search for replies.
    if found.verified:
        assert method in ("eth_getCode", "eth_blockNumber")
    else:
        assert isinstance(found.refusal(), MakegoodError)


@pytest.mark.parametrize("method", METHODS)
def test_a_node_that_refuses_is_told_as_our_own_error(
    house: ReceiptHouse, receipt: Receipt, method: str
) -> None:
    def refuse(_: list[Any]) -> Any:
        raise Refused("rate limit reached")

    found = verify(receipt, lying(house, method, refuse), now=house.now)
    assert isinstance(found.refusal(), MakegoodError)
    assert not isinstance(found.refusal(), NodeSilent)
    # Nobody looked, or nobody told: that is not the same as "not found".
    assert not any("not found recorded" in step.why for step in found)


@pytest.mark.parametrize("member", ["transactionHash", "blockHash", "blockNumber", "status"])
def test_a_node_that_contradicts_itself_is_not_believed(
    house: ReceiptHouse, receipt: Receipt, member: str
) -> None:
    def altered(params: list[Any]) -> Any:
        found = JsonRpcNode(house.w3).truth("eth_getTransactionReceipt", params)
        wrong = {"status": "0x0", "blockNumber": "0x1"}.get(member, "0x" + "22" * 32)
        return {**found, member: wrong}

    found = verify(receipt, lying(house, "eth_getTransactionReceipt", altered), now=house.now)
    assert not found.verified
    assert found["worth"].outcome is Outcome.SKIPPED


def test_a_node_of_another_chain_says_nothing_of_the_receipt_and_both_are_named(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    found = verify(receipt, lying(house, "eth_chainId", lambda _: "0x1"), now=house.now)
    assert outcomes(found) == {
        "file": "passed",
        "document": "passed",
        "ticket_id": "passed",
        "inclusion": "skipped",
        "signatures": "passed",
        "recorded": "skipped",
        "standing": "skipped",
        "worth": "skipped",
    }
    refusal = found.refusal()
    assert isinstance(refusal, UsageError)
    for name in ("standing", "worth"):
        assert found[name].why == "Not checked, since the node is of another chain."
    assert refusal.message == f"The receipt is of chain {receipt.chain_id}, but the node is on chain 1."
    assert refusal.hint == f"Give a node of chain {receipt.chain_id}."
    assert found.verified is False


def test_a_node_that_is_down_leaves_the_rest_and_its_address_is_not_told(receipt: Receipt) -> None:
    address = "http://127.0.0.1:1/v3/d0n0tprint"
    found = verify(receipt, Web3(HTTPProvider(address, exception_retry_configuration=None)), now=0)
    assert isinstance(found.error, NodeSilent)
    assert found.error.message == "No node answers."
    assert found["signatures"].outcome is Outcome.PASSED
    assert found["recorded"].outcome is found["worth"].outcome is Outcome.SKIPPED
    for name in ("standing", "worth"):
        assert found[name].why == "Not checked, since no node could be asked."
    assert not any("d0n0tprint" in str(step) for step in found)
    assert "d0n0tprint" not in str(found.error)


# ---------------------------------------------------------------- the document's form


def of_document(receipt: Receipt, document: dict[str, Any]) -> Step:
    committed = replace(receipt, document=document, commitment=documents.digest(document))
    return verify(committed, now=0)["document"]


def test_a_document_in_the_form_of_its_type_is_told_no_more_of(receipt: Receipt) -> None:
    step = verify(receipt, now=0)["document"]
    assert step.outcome is Outcome.PASSED
    assert step.why == "The document is the one committed to: its digest is the commitment."
    assert step.facts == {"type": "makegood/ticket/1", "flaw": None}


@pytest.mark.parametrize(
    ("change", "flaw"),
    [
        ({"text": ""}, "$.text is empty"),
        ({"order": "4711"}, "$.order is not known"),
        ({"requester": "me"}, "$.requester is not"),
    ],
)
def test_a_committed_document_in_another_form_passes_and_it_is_said(
    receipt: Receipt, change: dict[str, str], flaw: str
) -> None:
    step = of_document(receipt, {**document("first"), **change})
    assert step.outcome is Outcome.PASSED
    assert f"Its form is not that of makegood/ticket/1: {flaw}" in step.why
    assert step.facts["flaw"].startswith(flaw)


@pytest.mark.parametrize("kind", ["acme/ticket/7", "makegood/ticket/2", 7, ["makegood/ticket/1"], None])
def test_of_a_document_of_an_unknown_type_only_the_digest_counts(receipt: Receipt, kind: Any) -> None:
    step = of_document(receipt, {**document("first"), "type": kind, "more": {"of": "it"}})
    assert step.outcome is Outcome.PASSED
    assert dict(step.facts) == {}


def test_the_digest_of_a_document_is_taken_once(
    receipt: Receipt, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[Any] = []
    digest = documents.digest
    monkeypatch.setattr(documents, "digest", lambda document: taken.append(document) or digest(document))
    path = tmp_path / "receipt.json"
    path.write_text(receipt.text(), "utf-8")
    assert verify_file(path, now=0)["document"].outcome is Outcome.PASSED
    assert taken == [document("first")]


def test_another_document_is_refused_however_well_formed(receipt: Receipt) -> None:
    step = verify(replace(receipt, document=document("second")), now=0)["document"]
    assert step.outcome is Outcome.FAILED
