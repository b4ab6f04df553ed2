# SPDX-License-Identifier: Apache-2.0
"""Receipts of tickets that a batch opened: made from its leaves, and what is told of them as they go."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from json_rpc import JsonRpcNode, Refused
from receipt_house import (
    DAY,
    MINUTE,
    ReceiptHouse,
    as_it_was,
    bind,
    cached_house,
    document,
    seed,
)
from web3 import Web3

from makegood.batches import Act, Batch, write_leaves
from makegood.clock import Priority, Status
from makegood.desk import HUMAN
from makegood.errors import LeavesMissing, MakegoodError, NotFound, UsageError
from makegood.identity import Curve, Key
from makegood.receipts import AS_PUBLISHED, Outcome, Receipt, Verification, build, read, verify

HOUR = 3_600
METHODS = (
    "eth_chainId",
    "eth_getCode",
    "eth_getTransactionReceipt",
    "eth_getBlockByNumber",
    "eth_call",
    "eth_getLogs",
)
NONSENSE: tuple[Any, ...] = (None, "", "0x", "0xzz", "0x" + "ff" * 1_000, "0x00", 7, [], [None], {})


@pytest.fixture
def house() -> Iterator[ReceiptHouse]:
    with as_it_was(cached_house()) as house:
        yield house


@pytest.fixture
def receipt(house: ReceiptHouse) -> Receipt:
    return of(house, "batched")


def of(house: ReceiptHouse, name: str, **more: Any) -> Receipt:
    return build(house.desk, ticket_id=house.ids[name], leaves=house.batches[1], **more)


def told(house: ReceiptHouse, receipt: Receipt, name: str = "worth") -> tuple[str, dict[str, Any]]:
    found = verify(receipt, house.w3, now=house.now)
    assert found.verified, found
    return found[name].why, dict(found[name].facts)


def outcomes(found: Verification) -> dict[str, str]:
    return {step.name: step.outcome.value for step in found}


# ---------------------------------------------------------------- made from leaves


def test_a_receipt_says_where_its_batch_has_the_opening(house: ReceiptHouse, receipt: Receipt) -> None:
    batch, fields = house.batches[1], receipt.fields()
    anchored = house.w3.eth.get_transaction_receipt(house.transactions["batch 1"])
    opening = batch.entry(0)
    expected_id = hashlib.sha256(
        encode(
            ["uint256", "address", "uint256", "address", "bytes32"],
            [house.w3.eth.chain_id, house.desk.address, 2, house.requester.address, opening.digest],
        )
    ).digest()
    assert fields["lane"] == 2
    assert fields["ticket_id"] == "0x" + expected_id.hex()
    assert (fields["batch"], fields["index"], fields["size"]) == (1, 0, 6)
    assert fields["root"] == "0x" + house.desk.lane.batch(1).root.hex()
    assert fields["path"] == ["0x" + each.hex() for each in batch.path(0)]
    assert (fields["priority"], fields["policy_id"]) == ("urgent", 1)
    assert fields["opened_at"] == opening.at
    assert fields["reply_due"] == opening.at + HOUR
    assert fields["resolution_due"] == opening.at + 8 * HOUR
    assert fields["block_number"] == anchored["blockNumber"]
    assert fields["block_hash"] == "0x" + bytes(anchored["blockHash"]).hex()
    assert fields["transaction"] == "0x" + house.transactions["batch 1"].hex()


def test_its_dues_are_those_that_the_proof_begins_with(house: ReceiptHouse, receipt: Receipt) -> None:
    house.prove("batched", 1)
    state = house.desk.ticket(receipt.ticket_id)
    assert (state.clock, state.resolution) == (receipt.reply_due, receipt.resolution_due)
    assert (state.priority, state.policy_id) == (receipt.priority, receipt.policy_id)


def test_it_is_read_as_it_was_built(house: ReceiptHouse, tmp_path: Path) -> None:
    made = of(house, "batched_low", document=document("batched_low"))
    path = tmp_path / "receipt.json"
    path.write_text(made.text(), "utf-8")
    assert read(path) == made
    assert made.priority is Priority.LOW


def test_a_file_a_folder_and_the_leaves_give_the_same(
    house: ReceiptHouse, receipt: Receipt, tmp_path: Path
) -> None:
    path = write_leaves(house.batches[1], tmp_path)
    for leaves, batch in ((path, None), (path, 1), (tmp_path, None), (house.batches[1], 1)):
        made = build(house.desk, ticket_id=receipt.ticket_id, leaves=leaves, batch=batch)
        assert made == receipt
    by_transaction = build(
        house.desk,
        ticket_id=receipt.ticket_id,
        leaves=path,
        transaction=house.transactions["batch 1"],
    )
    assert by_transaction == receipt


def test_a_proven_tickets_batch_is_known_without_its_number(
    house: ReceiptHouse, receipt: Receipt, tmp_path: Path
) -> None:
    write_leaves(house.batches[1], tmp_path)
    house.prove("batched", 1)
    assert build(house.desk, ticket_id=receipt.ticket_id, leaves=tmp_path) == receipt


def test_a_ticket_proven_from_a_batch_says_so_in_its_word(house: ReceiptHouse) -> None:
    """As docs/integrator.md has the word's bits."""
    house.prove("batched", 1)
    proven, direct = (house.desk.ticket_word(house.ids[name]) >> 253 & 1 for name in ("batched", "first"))
    assert (proven, direct) == (1, 0)
    page = (Path(__file__).parents[3] / "docs" / "integrator.md").read_text("utf-8")
    assert "proven is 1 once the ticket was proven from a batch" in page


def test_the_address_that_the_batch_gives_is_asked_only_where_it_is_wanted(house: ReceiptHouse) -> None:
    ticket = house.ids["batched"]
    with pytest.raises(LeavesMissing, match=r"http://127\.0\.0\.1:1/leaves/"):
        build(house.desk, ticket_id=ticket, leaves=AS_PUBLISHED, batch=1)
    with pytest.raises(LeavesMissing, match="Batch 2 does not say where"):
        build(house.desk, ticket_id=ticket, leaves=AS_PUBLISHED, batch=2)


def test_what_is_in_no_batch_is_not_found(house: ReceiptHouse, tmp_path: Path) -> None:
    for ticket in (bytes(32), house.ids["first"]):
        with pytest.raises(NotFound, match="No batch whose leaves are there opened"):
            build(house.desk, ticket_id=ticket, leaves=house.batches[1])
    with pytest.raises(NotFound):
        build(house.desk, ticket_id=house.ids["batched"], leaves=house.batches[1], batch=9)
    with pytest.raises(LeavesMissing):
        build(house.desk, ticket_id=house.ids["batched"], leaves=tmp_path, batch=1)
    with pytest.raises(NotFound, match="give its leaves"):
        build(house.desk, ticket_id=house.ids["batched"])
    with pytest.raises(UsageError, match="needs the ticket's id"):
        build(house.desk, leaves=house.batches[1])


def test_of_what_cannot_be_proven_there_is_no_receipt(house: ReceiptHouse) -> None:
    with pytest.raises(UsageError, match="opened after its anchoring"):
        build(house.desk, ticket_id=house.ids["ahead"], leaves=house.batches[2])
    with pytest.raises(NotFound):
        build(house.desk, ticket_id=house.ids["misplaced"], leaves=house.batches[2])


# ---------------------------------------------------------------- offline, recorded


def test_offline_its_inclusion_is_checked(receipt: Receipt) -> None:
    assert outcomes(verify(receipt, now=0)) == {
        "file": "passed",
        "document": "skipped",
        "ticket_id": "passed",
        "inclusion": "passed",
        "signatures": "skipped",
        "recorded": "skipped",
        "standing": "skipped",
        "worth": "skipped",
    }


@pytest.mark.parametrize("size", [1, 2, 3, 5, 8, 13])
def test_every_opening_of_a_batch_of_any_size_is_included(house: ReceiptHouse, size: int) -> None:
    openings = [(house.opening(f"one of {size}, {n}", house.now), Priority.NORMAL) for n in range(size)]
    number = house.anchor(Batch.of(openings))
    for opening, _ in openings:
        made = build(house.desk, ticket_id=opening.ticket_id, leaves=house.batches[number])
        found = verify(made, house.w3, now=house.now)
        assert found.verified
        assert found["inclusion"].outcome is found["worth"].outcome is Outcome.PASSED


def test_it_tells_the_batch_and_its_block(house: ReceiptHouse, receipt: Receipt) -> None:
    why, facts = told(house, receipt, "recorded")
    assert f"by batch 1 in block {receipt.block_number}, 2027-01-04T" in why
    assert facts["confirmations"] == house.w3.eth.block_number - receipt.block_number + 1


@pytest.mark.parametrize("nonsense", NONSENSE, ids=range(len(NONSENSE)))
@pytest.mark.parametrize("method", METHODS)
def test_nonsense_of_a_node_ends_in_our_own_error_or_a_failed_step(
    house: ReceiptHouse, method: str, nonsense: Any
) -> None:
    entry = house.batches[1].entry(3)
    statement = house.statement(ticket="batched", digest=entry.digest, issued_at=entry.at)
    made = of(house, "batched", statements=[statement])
    found = verify(made, Web3(JsonRpcNode(house.w3, {method: lambda _: nonsense})), now=house.now)
    assert found["inclusion"].outcome is Outcome.PASSED
    if found.verified:
        assert method == "eth_getCode"
    else:
        assert isinstance(found.refusal(), MakegoodError)


@pytest.mark.parametrize("view", ["batch(uint256)", "proof(bytes32)"])
def test_a_node_that_forgets_the_batch_or_the_proof_contradicts_itself(
    house: ReceiptHouse, receipt: Receipt, view: str
) -> None:
    house.prove("batched", 1)
    selector = "0x" + Web3.keccak(text=view).hex().removeprefix("0x")[:8]

    def call(params: list[Any]) -> Any:
        answer = JsonRpcNode(house.w3).truth("eth_call", params)
        data = str(params[0].get("data", params[0].get("input")))
        return "0x" + "0" * (len(answer) - 2) if data.startswith(selector) else answer

    found = verify(receipt, Web3(JsonRpcNode(house.w3, {"eth_call": call})), now=house.now)
    assert not found.verified
    assert "cannot be" in str(found.error)


# ---------------------------------------------------------------- standing


def signed(house: ReceiptHouse, index: int, **changes: Any) -> str:
    """The agent's statement on a reply that the batch has, dated at it."""
    entry = house.batches[1].entry(index)
    return house.statement(**{"ticket": "batched", "digest": entry.digest, "issued_at": entry.at, **changes})


def standing(house: ReceiptHouse, receipt: Receipt, *statements: str) -> Any:
    return verify(replace(receipt, statements=statements), house.w3, now=house.now)["standing"]


def test_whether_a_reply_that_no_proof_has_shown_is_recorded_is_not_known(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    step = standing(house, receipt, signed(house, 3), signed(house, 3, digest=seed("anything")))
    assert step.outcome is Outcome.PASSED
    assert "Whether the reply of statement 1 is recorded is not known: no proof has shown it." in step.why
    assert step.facts["recorded"] == [None, None]
    assert step.facts["agents"] == [house.agent.address]


def test_a_reply_that_a_proof_has_shown_is_recorded(house: ReceiptHouse, receipt: Receipt) -> None:
    house.prove("batched", 1)
    house.show("batched", 1)
    step = standing(house, receipt, signed(house, 3), signed(house, 5))
    assert step.facts["recorded"] == [True, True]
    assert "not known" not in step.why


@pytest.mark.parametrize("key", ["bot_key", "later_agent_key"])
def test_a_shown_reply_is_only_its_agents(house: ReceiptHouse, receipt: Receipt, key: str) -> None:
    house.prove("batched", 1)
    house.show("batched", 1)
    step = standing(house, receipt, signed(house, 3, key=getattr(house, key)))
    assert step.outcome is Outcome.FAILED
    assert "was not the DID of the agent" in step.why


def test_a_statement_that_had_expired_before_its_shown_reply_is_refused(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    house.prove("batched", 1)
    house.show("batched", 1)
    at = house.batches[1].entry(5).at
    step = standing(house, receipt, signed(house, 5, issued_at=at - MINUTE, expires_at=at - 1))
    assert step.outcome is Outcome.FAILED
    assert "it expired at" in step.why


def test_an_entry_that_the_chain_passed_over_is_told(house: ReceiptHouse) -> None:
    opening = house.opening("odd", house.now - MINUTE)
    ahead = house.entry("odd", 1, Act.REPLIED, house.now + DAY)
    number = house.anchor(Batch.of([(opening, Priority.URGENT)], [ahead]))
    made = build(house.desk, ticket_id=opening.ticket_id, leaves=house.batches[number])
    house.prove("odd", number)
    house.show("odd", number)
    statement = house.statement(
        ticket="odd", digest=ahead.digest, key=house.later_agent_key, issued_at=house.now
    )
    step = standing(house, made, statement)
    assert step.outcome is Outcome.PASSED
    assert "The chain passed over the reply of statement 1: it stops no clock." in step.why


def test_an_agent_revoked_since_stood_then_and_does_not_sign_now(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    house.desk.directory.revoke_agent(house.agent.address).send(house.operator)
    house.wait(DAY)
    assert standing(house, receipt, signed(house, 3)).outcome is Outcome.PASSED
    step = standing(house, receipt, signed(house, 3, key=house.later_agent_key, issued_at=house.now))
    assert step.outcome is Outcome.FAILED
    assert "was the DID of no agent of this desk at" in step.why


def test_a_later_agents_own_did_counts_from_its_binding_on(house: ReceiptHouse, receipt: Receipt) -> None:
    key = Key(Curve.ED25519, seed("third"))
    bind(house.desk, house.agent, HUMAN, hashlib.sha256(key.did.encode()).digest()).send(house.operator)
    bound_at = house.now
    outcome = [
        standing(house, receipt, signed(house, 3, key=key, issued_at=at)).outcome
        for at in (bound_at - 1, bound_at)
    ]
    assert outcome == [Outcome.FAILED, Outcome.PASSED]


def test_a_reply_after_the_challenge_is_checked_as_on_the_direct_lane(house: ReceiptHouse) -> None:
    made = of(house, "batched_high")
    house.prove("batched_high", 1)
    house.wait(DAY + 1)
    house.desk.lane.end_challenge(made.ticket_id).send(house.operator)
    house.desk.reply(made.ticket_id, Status.HOLD, seed("direct")).send(house.agent)
    of_reply = {"ticket": "batched_high", "digest": seed("direct"), "issued_at": house.now}
    right = house.statement(key=house.later_agent_key, **of_reply)
    assert standing(house, made, right).facts["recorded"] == [True]
    assert standing(house, made, house.statement(**of_reply)).outcome is Outcome.FAILED


# ---------------------------------------------------------------- worth


def test_before_its_proof_it_says_what_is_due_and_by_when_to_prove_it(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    why, facts = told(house, receipt)
    assert "to be paid it must be proven by Fri 5 Feb" in why
    assert "Its worst case, 0.01 ETH, is set aside." in why
    assert "Nothing is breached." in why
    assert (facts["status"], facts["proven"], facts["backed"]) == ("unproven", False, True)
    assert facts["worst_case"] == str(10**16)


def test_what_nobody_answered_is_told_unless_the_desk_shows_a_reply(
    house: ReceiptHouse, receipt: Receipt
) -> None:
    house.wait(2 * HOUR)
    why, facts = told(house, receipt)
    # Proven now, its challenge ends in a day: by then the resolution is late as well.
    assert "Late: first reply. Proven now, and unless the desk shows a reply, it pays 0.008 ETH" in why
    assert "The first reply was due by" in why
    assert facts["late"] == ["first_reply"]
    assert facts["unless_answered"] == {"kinds": ["first_reply", "resolution"], "amount": str(8 * 10**15)}
    assert facts["claimable"]["amount"] == "0"
    house.wait(7 * HOUR)
    assert told(house, receipt)[1]["late"] == ["first_reply", "resolution"]


def test_the_last_second_of_the_batch_counts(house: ReceiptHouse, receipt: Receipt) -> None:
    end = house.desk.lane.batch(1).expires_at
    before, after = (verify(receipt, house.w3, now=at)["worth"] for at in (end, end + 1))
    assert before.facts["status"] == "unproven"
    assert after.facts["status"] == "expired"
    assert "it is worth nothing any more" in after.why
    assert after.facts["worst_case"] == "0"


def test_an_unbacked_batch_says_that_it_pays_later(house: ReceiptHouse) -> None:
    house.desk.pool.announce_withdrawal(house.desk.pool.books().free).send(house.operator)
    house.wait(30 * DAY)
    house.desk.pool.withdraw(house.desk.pool.books().free, house.operator.address).send(house.operator)
    opening = house.opening("poor", house.now)
    number = house.anchor(Batch.of([(opening, Priority.URGENT)]))
    made = build(house.desk, ticket_id=opening.ticket_id, leaves=house.batches[number])
    why, facts = told(house, made)
    assert "Its batch is not backed: what it pays, at most 0.01 ETH, is debt until funds come in." in why
    assert facts["backed"] is False


def test_a_challenge_is_told_with_its_halves(house: ReceiptHouse, receipt: Receipt) -> None:
    house.wait(2 * HOUR)
    house.prove("batched", 1)
    why, facts = told(house, receipt)
    assert "its first half, for all that the desk shows, runs until Mon 4 Jan" in why
    assert "Unless the desk shows a reply, 0.008 ETH can be claimed then" in why
    assert (facts["challenged"], facts["claimable"]["amount"]) == (True, "0")
    assert (facts["breached"], facts["unless_answered"]["amount"]) == ([], str(8 * 10**15))
    house.wait(DAY // 2 + MINUTE)
    why, facts = told(house, receipt)
    assert "its second half runs" in why
    assert "0.008 ETH can be claimed then" in why
    assert "Unless" not in why
    assert facts["breached"] == ["first_reply", "resolution"]
    house.wait(DAY // 2)
    why, facts = told(house, receipt)
    assert "so anyone can end the challenge" in why
    assert facts["challenged"] is True


def test_a_proven_ticket_whose_challenge_ended_is_as_any_other(house: ReceiptHouse, receipt: Receipt) -> None:
    house.wait(9 * HOUR)
    house.prove("batched", 1)
    house.wait(DAY + 1)
    house.desk.lane.end_challenge(receipt.ticket_id).send(house.operator)
    why, facts = told(house, receipt)
    assert "0.008 ETH can be claimed now" in why
    assert facts["claimable"]["kinds"] == ["first_reply", "resolution"]
    house.desk.claim(receipt.ticket_id).send(house.operator)
    facts = told(house, receipt)[1]
    assert (facts["compensated"], facts["collectable"]) == (["first_reply", "resolution"], str(8 * 10**15))
    assert (facts["proven"], facts["challenged"]) == (True, False)


def test_a_ticket_that_the_desk_answered_has_nothing_breached(house: ReceiptHouse, receipt: Receipt) -> None:
    house.wait(9 * HOUR)
    house.prove("batched", 1)
    house.show("batched", 1)
    why, facts = told(house, receipt)
    assert "Solved: its contest window begins when the challenge has ended." in why
    assert facts["breached"] == []


def test_a_ticket_that_was_proven_from_another_batch_says_so(house: ReceiptHouse, receipt: Receipt) -> None:
    again = house.batches[1].entry(0)
    number = house.anchor(Batch.of([(again, Priority.LOW)]))
    house.prove("batched", number)
    why, facts = told(house, receipt)
    assert f"It was proven from batch {number}, not from this one" in why
    assert facts["proven_batch"] == number


def test_a_node_that_forgets_its_logs_cannot_tell_the_standing(house: ReceiptHouse, receipt: Receipt) -> None:
    def refuse(_: list[Any]) -> Any:
        raise Refused("history has been pruned")

    made = replace(receipt, statements=(signed(house, 3),))
    found = verify(made, Web3(JsonRpcNode(house.w3, {"eth_getLogs": refuse})), now=house.now)
    assert found["standing"].outcome is Outcome.SKIPPED
    assert not found.verified
