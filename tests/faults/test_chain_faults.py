# SPDX-License-Identifier: Apache-2.0
"""A chain that goes back, and transactions that are lost, stuck, too cheap, too late or not paid for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import fault_scene
import pytest
from fault_scene import Scene, ask
from faulty_node import Hoards, LosesReceipts, Swallows
from queue_house import COIN, QueueHouse
from web3 import Web3

from benchmarks.node import anvil

GWEI = 10**9


@pytest.fixture(scope="module")
def house() -> Iterator[QueueHouse]:
    # What is eight blocks deep is safe, what is sixteen deep is final.
    with anvil("--slots-in-an-epoch", "8") as w3:
        yield fault_scene.build(w3)


def paid_at(scene: Scene) -> int:
    """The block of the first payout."""
    return min(event.block_number for event in scene.house.desk.pool.events(("Collected",)))


def go_back(scene: Scene, block: int) -> None:
    """This block and those after it are exchanged for empty ones. Their transactions are not kept."""
    w3 = scene.house.w3
    ask(w3, "anvil_reorg", w3.eth.block_number - block + 1, [])


@pytest.mark.quick
def test_reorganisation_past_a_payout(scene: Scene) -> None:
    scene.begin()
    scene.wait(lambda: scene.collected() > 0, "a payout")
    go_back(scene, paid_at(scene))
    assert scene.collected() == 0
    scene.more()
    scene.over()
    scene.recovered("the block of a payout, and those after it, are exchanged for empty ones")


def test_reorganisation_below_a_checkpoint(scene: Scene) -> None:
    """Below the block that the node called safe. Below a final one the index ends and says so."""
    scene.begin()
    scene.wait(lambda: scene.collected() > 0, "a payout")
    scene.mining(False)
    paid = paid_at(scene)
    scene.blocks(9 - (scene.house.w3.eth.block_number - paid))
    scene.wait(lambda: scene.safe() >= paid, "an index that calls the payout safe")
    go_back(scene, paid)
    assert scene.collected() == 0
    scene.mining(True)
    scene.more()
    scene.over()
    scene.recovered("the same, once the payout's block was called safe")


@pytest.mark.quick
def test_dropped_transaction(scene: Scene) -> None:
    scene.begin()
    with scene.fault(Swallows()):
        pass
    scene.recovered("the node takes transactions, and drops them")


def test_stuck_nonce(scene: Scene) -> None:
    scene.begin()
    with scene.fault(Hoards()):
        scene.wait(lambda: scene.told("keeper", "fees raised"), "a better offer")
    scene.recovered("the first transaction of each nonce stays in a pool that nobody mines from")


def test_nonce_gap(scene: Scene) -> None:
    scene.begin()
    scene.idle()
    scene.mining(False)
    gone = send(scene, scene.house.agent.address, to=scene.house.stranger.address, value=1)
    scene.take("during")
    scene.wait(lambda: scene.transactions("signed") > 0, "a transaction after the other's")
    ask(scene.house.w3, "anvil_dropTransaction", gone)
    scene.mining(True)
    scene.over()
    scene.wait(lambda: scene.told("keeper", "fill nonce"), "what fills the gap")
    scene.grow_late()
    scene.recovered("another program's transaction, which ours came after, is dropped")


@pytest.mark.quick
def test_underpriced_replacement(scene: Scene) -> None:
    scene.begin()
    scene.node.raise_percent = 30
    scene.mining(False)
    with scene.fault():
        # With each that is refused the next offers an eighth more.
        scene.wait(lambda: scene.node.underpriced > 0, "a replacement that is refused")
        scene.wait(lambda: not scene.told("keeper", "not taken")[-1:] or raised(scene), "one that is taken")
    scene.mining(True)
    scene.over()
    scene.recovered("nothing is mined, and a replacement must offer 30 % more")


def raised(scene: Scene) -> bool:
    """Whether one with higher fees has reached the node."""
    pool: dict[str, Any] = ask(scene.house.w3, "txpool_content")["pending"]
    some = [each for account in pool.values() for each in account.values()]
    return any(int(each["maxPriorityFeePerGas"], 16) > GWEI * 5 // 4 for each in some)


def test_base_fee_spike(scene: Scene) -> None:
    scene.begin("most_gwei = 20")
    scene.mining(False)
    until = time.monotonic() + fault_scene.LASTS
    spike(scene, 100 * GWEI)
    scene.more()
    while time.monotonic() < until or not scene.told("keeper", "gas costs more than is allowed"):
        spike(scene, 100 * GWEI)
        time.sleep(0.5)
    spike(scene, GWEI)
    scene.mining(True)
    scene.over()
    scene.recovered("a unit of gas costs 100 gwei; the keeper may pay 20")


def spike(scene: Scene, base: int) -> None:
    """A block with this base fee."""
    ask(scene.house.w3, "anvil_setNextBlockBaseFeePerGas", hex(base))
    ask(scene.house.w3, "evm_mine")


@pytest.mark.quick
def test_receipt_lost_after_broadcast(scene: Scene) -> None:
    """For so long that the nonce lies deep: another one would do the same twice."""
    scene.begin()
    with scene.fault(LosesReceipts()):
        for _ in range(8):
            time.sleep(0.5)
            scene.blocks(3)
    scene.recovered("the node sends transactions on, answers nothing, and knows no receipts")


def test_revert_after_a_successful_simulation(scene: Scene) -> None:
    scene.begin()
    scene.idle()
    scene.mining(False)
    scene.grow_late()
    desk = scene.house.desk
    scene.wait(lambda: scene.transactions("signed") >= 2, "the keeper's claims")
    for ticket in scene.late[-2:]:
        data = Web3.to_hex(desk.claim(ticket).data)
        send(scene, scene.house.stranger.address, to=desk.address, data=data, gas=hex(1_000_000))
    scene.take("during")
    scene.mining(True)
    scene.over()
    scene.recovered("another one claims the same, and offers more")
    assert len(scene.told("keeper", '"reverted"')) == 2


def test_out_of_gas_money(scene: Scene) -> None:
    scene.begin()
    account = scene.house.agent.address
    ask(scene.house.w3, "anvil_setBalance", account, hex(1_000))
    with scene.fault():
        scene.wait(lambda: scene.told("keeper", "too little for gas"), "a keeper that says so")
    ask(scene.house.w3, "anvil_setBalance", account, hex(COIN))
    scene.over()
    scene.recovered("the keeper's account has 1,000 wei")


def send(scene: Scene, sender: str, **fields: Any) -> str:
    """A transaction that offers more than the keeper's, of an account that the node knows."""
    offer = {"maxFeePerGas": hex(100 * GWEI), "maxPriorityFeePerGas": hex(50 * GWEI)}
    asked = {"from": sender, **offer, **fields}
    return str(ask(scene.house.w3, "eth_sendTransaction", asked))
