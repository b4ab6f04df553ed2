# SPDX-License-Identifier: Apache-2.0
"""Receipts are made from what the chain says, and from nothing that is not so."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from eth_abi import encode
from json_rpc import JsonRpcNode
from receipt_house import ReceiptHouse, as_it_was, cached_house, document, seed
from web3 import Web3

from makegood import documents
from makegood.clock import Priority
from makegood.desk import Desk
from makegood.errors import NotFound, SignatureRefused, UsageError
from makegood.receipts import MAX_STATEMENTS, build, read

HOUR = 3_600


@pytest.fixture
def house() -> Iterator[ReceiptHouse]:
    with as_it_was(cached_house()) as house:
        yield house


def test_a_receipt_says_what_was_recorded(house: ReceiptHouse) -> None:
    receipt = build(house.desk, transaction=house.transactions["first"])
    chain_receipt = house.w3.eth.get_transaction_receipt(house.transactions["first"])
    block = house.w3.eth.get_block(chain_receipt["blockNumber"])
    commitment = hashlib.sha256(documents.canonical_bytes(document("first"))).digest()
    expected_id = hashlib.sha256(
        encode(
            ["uint256", "address", "uint256", "address", "bytes32"],
            [house.w3.eth.chain_id, house.desk.address, 0, house.requester.address, commitment],
        )
    ).digest()
    assert receipt.fields() == {
        "type": "makegood/receipt/1",
        "chain_id": house.w3.eth.chain_id,
        "desk": house.desk.address,
        "ticket_id": "0x" + expected_id.hex(),
        "lane": 0,
        "requester": house.requester.address,
        "commitment": "0x" + commitment.hex(),
        "policy_id": 1,
        "priority": "urgent",
        "opened_at": block["timestamp"],
        "reply_due": block["timestamp"] + HOUR,
        "resolution_due": block["timestamp"] + 8 * HOUR,
        "transaction": "0x" + house.transactions["first"].hex(),
        "block_number": block["number"],
        "block_hash": "0x" + bytes(block["hash"]).hex(),
    }


def test_the_dues_are_those_of_the_opening_whatever_happened_since(house: ReceiptHouse) -> None:
    before = build(house.desk, transaction=house.transactions["first"])
    house.desk.close(house.ids["first"]).send(house.requester)
    assert build(house.desk, transaction=house.transactions["first"]) == before


def test_by_its_id_the_receipt_is_the_same(house: ReceiptHouse) -> None:
    by_transaction = build(house.desk, transaction=house.transactions["first"])
    assert build(house.desk, ticket_id=house.ids["first"]) == by_transaction


def test_a_ticket_that_an_agent_opened_is_on_lane_1(house: ReceiptHouse) -> None:
    receipt = build(house.desk, transaction=house.transactions["for_requester"])
    assert (receipt.lane, receipt.priority) == (1, Priority.NORMAL)
    assert receipt.computed_ticket_id() == house.ids["for_requester"]


def test_a_receipt_is_read_as_it_was_built(house: ReceiptHouse, tmp_path: Path) -> None:
    receipt = build(
        house.desk,
        transaction=house.transactions["first"],
        document=document("first"),
        statements=[house.statement()],
    )
    path = tmp_path / "receipt.json"
    path.write_text(receipt.text(), "utf-8")
    assert read(path) == receipt


def test_without_transaction_and_id_there_is_nothing_to_build(house: ReceiptHouse) -> None:
    with pytest.raises(UsageError, match="needs a transaction or a ticket's id"):
        build(house.desk)


def test_another_tickets_document_is_refused(house: ReceiptHouse) -> None:
    with pytest.raises(UsageError, match="not the one that opened the ticket"):
        build(house.desk, transaction=house.transactions["first"], document=document("second"))


def test_a_statement_on_another_ticket_is_refused(house: ReceiptHouse) -> None:
    with pytest.raises(SignatureRefused, match="not about this one"):
        build(
            house.desk,
            transaction=house.transactions["first"],
            statements=[house.statement(ticket="second")],
        )


def test_a_document_that_no_receipt_holds_is_refused(house: ReceiptHouse) -> None:
    large = {**document("large"), "text": "a" * 262_144}
    call = house.desk.open_ticket(1, Priority.URGENT, documents.digest(large))
    opening = call.send(house.requester).transaction
    with pytest.raises(UsageError, match="more than 262,144 bytes"):
        build(house.desk, transaction=opening, document=large)
    assert build(house.desk, transaction=opening).document is None


def test_more_statements_than_a_file_takes_are_refused(house: ReceiptHouse) -> None:
    statements = [house.statement(digest=seed(str(number))) for number in range(MAX_STATEMENTS + 1)]
    with pytest.raises(UsageError, match="at most 100 statements"):
        build(house.desk, transaction=house.transactions["first"], statements=statements)


@pytest.mark.parametrize("name", ["reply", "elsewhere"])
def test_a_transaction_that_opened_no_ticket_here_is_refused(house: ReceiptHouse, name: str) -> None:
    with pytest.raises(NotFound, match="opened no such ticket at the desk"):
        build(house.desk, transaction=house.transactions[name])


def test_a_transaction_that_is_not_there_is_not_found(house: ReceiptHouse) -> None:
    with pytest.raises(NotFound, match="has no transaction 0x" + "00" * 32):
        build(house.desk, transaction=bytes(32))


def test_a_ticket_that_is_not_there_is_not_found(house: ReceiptHouse) -> None:
    with pytest.raises(NotFound, match="has no ticket 0x"):
        build(house.desk, ticket_id=bytes(32))


def test_by_its_id_the_receipt_is_found_at_a_node_that_limits_ranges(house: ReceiptHouse) -> None:
    node = JsonRpcNode(house.w3)
    node.limit_ranges(3)
    receipt = build(Desk(Web3(node), house.desk.address), ticket_id=house.ids["first"])
    assert receipt == build(house.desk, transaction=house.transactions["first"])
    # Where it is found, no further block is asked for.
    assert max(last for _, last in node.ranges[-1:]) < receipt.block_number + 3


def test_a_ticket_is_looked_for_from_the_block_that_is_named(house: ReceiptHouse) -> None:
    node = JsonRpcNode(house.w3)
    opened = build(house.desk, transaction=house.transactions["first"]).block_number
    desk = Desk(Web3(node), house.desk.address)
    assert build(desk, ticket_id=house.ids["first"], from_block=opened).block_number == opened
    assert node.ranges[0][0] == opened
    with pytest.raises(NotFound, match="has no ticket"):
        build(desk, ticket_id=house.ids["first"], from_block=opened + 1)
