# SPDX-License-Identifier: Apache-2.0
"""What single faults would leave undone, or do twice, if a keeper took what it is told at its word."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import faulty_node
import keeper_house
import pytest
import queue_house
from eth_account import Account
from faulty_node import Elsewhere, Fault, FaultyNode, Json, Says
from keeper_house import KeeperHouse, rpc_of
from queue_house import COIN, QueueHouse

from benchmarks.node import anvil, ask
from makegood.clock import Priority
from makegood.database import Database
from makegood.desk.contract import connect
from makegood.errors import NodeUnreachable, NotFound
from makegood.keeper.opening import node_at
from makegood.sending import Lane, Outbox
from makegood.sending.outbox import MINED, SIGNED, WAITING

PAYEE = "0x" + "77" * 20


@pytest.fixture(scope="module")
def built() -> Iterator[QueueHouse]:
    with anvil() as w3:
        yield queue_house.build(w3)


@pytest.fixture
def place(house: QueueHouse, tmp_path: Path) -> Iterator[KeeperHouse]:
    with keeper_house.kept(house, tmp_path) as made:
        yield made


@pytest.fixture
def node(house: QueueHouse) -> Iterator[FaultyNode]:
    with faulty_node.faulty_node(rpc_of(house)) as made:
        yield made


@pytest.fixture
def outbox(house: QueueHouse, tmp_path: Path) -> Iterator[Outbox]:
    """With a payment that waits."""
    account = Account.create()
    ask(house.w3, "anvil_setBalance", account.address, hex(COIN))
    ask(house.w3, "anvil_setBalance", PAYEE, "0x0")
    database = Database(f"sqlite:///{tmp_path / 'outbox.sqlite'}")
    made = Outbox(database, house.desk.chain_id, account.address)
    made.put_raw("pay", "pay", PAYEE, b"", 1)
    made.signer = account  # type: ignore[attr-defined]
    yield made
    database.close()


def lane(outbox: Outbox, node: FaultyNode) -> Lane:
    return Lane(outbox, node_at(node.address), outbox.signer, depth=2)  # type: ignore[attr-defined]


def state_of(outbox: Outbox) -> str:
    found = outbox.find("pay")
    assert found is not None
    return found.state


def paid(house: QueueHouse) -> int:
    return int(ask(house.w3, "eth_getBalance", PAYEE, "latest"), 16)


def test_what_could_not_be_put_is_put_in_the_next_round(place: KeeperHouse, tmp_path: Path) -> None:
    house = place.house
    commitment = bytes.fromhex(queue_house.digest("late")[2:])
    house.desk.open_ticket_for(house.requester.address, 1, Priority.URGENT, commitment).send(house.agent)
    place.pass_time(3_601)
    impatient = Database(f"sqlite:///{tmp_path / 'makegood.sqlite'}", waits=0.1)
    place.keeper = place.started(database=impatient)
    other = sqlite3.connect(tmp_path / "makegood.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    place.rounds(1, well=False)
    assert "locked" in place.keeper.health.failing["claim"]
    other.execute("ROLLBACK")
    other.close()
    place.rounds(2)
    assert len(place.compensated()) == 1
    impatient.close()


class Stumbles:
    """A duty that meets what nobody thought of."""

    name, slow = "answer", False

    def do(self) -> int:
        raise KeyError("timestamp")


def test_a_duty_that_fails_in_an_unknown_way_does_not_keep_the_others_from_theirs(place: KeeperHouse) -> None:
    house = place.house
    commitment = bytes.fromhex(queue_house.digest("late")[2:])
    house.desk.open_ticket_for(house.requester.address, 1, Priority.URGENT, commitment).send(house.agent)
    place.pass_time(3_601)
    duties = place.keeper._duties
    place.keeper._duties = [Stumbles() if each.name == "answer" else each for each in duties]
    place.rounds(3, well=False)
    assert place.keeper.health.failing == {"answer": "This failed here, on our side (KeyError)."}
    assert len(place.compensated()) == 1


class NoReceipts(Fault):
    """All but receipts."""

    def each(self, node: FaultyNode, request: Json) -> Json:
        answer = node.ask(request)
        return {**answer, "result": None} if request["method"] == "eth_getTransactionReceipt" else answer


def test_without_its_receipt_what_is_mined_is_not_sent_with_another_nonce(
    house: QueueHouse, node: FaultyNode, outbox: Outbox
) -> None:
    lane(outbox, node).work()
    node.begin(NoReceipts())
    for blocks in (12, 200, 1):
        ask(house.w3, "anvil_mine", hex(blocks))
        lane(outbox, node).work()
        assert state_of(outbox) == SIGNED
    node.end()
    lane(outbox, node).work()
    assert state_of(outbox) == MINED
    assert paid(house) == 1


class Turns(Fault):
    """From the first estimate on, another node answers."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._other = Elsewhere(url)

    def each(self, node: FaultyNode, request: Json) -> Json:
        self.met += request["method"] == "eth_estimateGas"
        return self._other.each(node, request) if self.met else node.ask(request)


def test_so_it_is_with_one_that_was_mined_long_ago(
    house: QueueHouse, node: FaultyNode, outbox: Outbox
) -> None:
    lane(outbox, node).work()
    ask(house.w3, "anvil_mine", hex(300))
    node.begin(NoReceipts())
    lane(outbox, node).work()
    assert state_of(outbox) == SIGNED
    node.end()
    lane(outbox, node).work()
    assert state_of(outbox) == MINED


def test_what_was_mined_without_a_receipt_and_is_taken_back_is_sent_again(
    house: QueueHouse, node: FaultyNode, outbox: Outbox
) -> None:
    before = ask(house.w3, "evm_snapshot")
    lane(outbox, node).work()
    node.begin(NoReceipts())
    ask(house.w3, "anvil_mine", hex(12))
    lane(outbox, node).work()
    ask(house.w3, "evm_revert", before)
    ask(house.w3, "anvil_mine", hex(20))
    node.end()
    lane(outbox, node).work()
    lane(outbox, node).work()
    assert state_of(outbox) == MINED
    assert paid(house) == 1


def test_gas_that_another_chain_s_node_estimates_is_not_believed(
    house: QueueHouse, node: FaultyNode, outbox: Outbox
) -> None:
    with anvil("--chain-id", "5") as other:
        url: Any = other.provider.endpoint_uri  # type: ignore[attr-defined]
        ask(other, "anvil_setBalance", outbox.account, hex(COIN))
        node.begin(Turns(url))
        with pytest.raises(NotFound, match="on chain 5, not on chain 31337"):
            lane(outbox, node).work()
        assert state_of(outbox) == WAITING
        node.end()
    lane(outbox, node).work()
    assert paid(house) == 1


@pytest.mark.parametrize("answer", [b'{"jsonrpc": "2.0", "id": 0, "resu', b"<html></html>", b"\xff\xfe", b""])
def test_an_answer_that_is_none_is_said_to_be_none(node: FaultyNode, answer: bytes) -> None:
    node.begin(Says(faulty_node.Answer(answer)))
    with pytest.raises(NodeUnreachable, match="no usable answer"):
        connect(node_at(node.address))
