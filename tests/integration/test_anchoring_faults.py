# SPDX-License-Identifier: Apache-2.0
"""A desk's process that dies while it anchors: at every step, and at random moments by `kill -9`."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from queue_house import PRIORITIES, QueueHouse, build
from web3 import Web3

from benchmarks.node import anvil
from makegood.batches import Entry, read_leaves
from makegood.batches.entry import ENTRY_BYTES
from makegood.errors import ChainRevert, MakegoodError, UsageError
from makegood.merkle import leaf_hash, verify
from makegood.receipts import read
from makegood.receipts import verify as verify_receipt

PROJECT = Path(__file__).resolve().parents[2]
KILLS = 8


class Crash(BaseException):
    """Nothing catches it."""


@pytest.fixture(scope="module")
def built() -> Iterator[QueueHouse]:
    with anvil() as w3:
        yield build(w3)


@pytest.fixture
def house(built: QueueHouse) -> Iterator[QueueHouse]:
    snapshot = ask(built.w3, "evm_snapshot")
    yield built
    ask(built.w3, "evm_revert", snapshot)


def ask(w3: Web3, method: str, *parameters: Any) -> Any:
    return w3.provider.make_request(method, list(parameters))["result"]  # type: ignore[arg-type]


def story(house: QueueHouse, tickets: range) -> list[dict[str, Any]]:
    """Each ticket is opened, answered, followed up and solved."""
    events = []
    for number in tickets:
        name = f"ticket {number}"
        events += [
            house.opened(name, PRIORITIES[number % 4]),
            house.later("replied", name),
            house.later("followed_up", name),
            house.later("solved", name),
        ]
    return events


def anchored_leaves(house: QueueHouse, folder: Path) -> list[Entry]:
    """All leaves of all batches that the chain has, by what is published of them."""
    entries = []
    for event in house.desk.lane.events(("BatchAnchored",)):
        batch = read_leaves(folder / "published", bytes(event["root"]), event["counts"])
        entries += [Entry.decode(batch.leaf(index)) for index in range(batch.size)]
        assert all(len(leaf) == ENTRY_BYTES for leaf in batch.each_leaf())
    return entries


def check_all_once(house: QueueHouse, folder: Path, events: list[dict[str, Any]]) -> None:
    entries = anchored_leaves(house, folder)
    told = Counter((event.get("commitment") or event["digest"], event["at"]) for event in events)
    assert Counter(("0x" + entry.digest.hex(), entry.at) for entry in entries) == told
    names = Counter((entry.ticket_id, entry.sequence) for entry in entries)
    assert set(names.values()) == {1}
    for ticket in {name[0] for name in names}:
        sequences = sorted(sequence for each, sequence in names if each == ticket)
        assert sequences == list(range(len(sequences)))
    openings = [entry for entry in entries if entry.sequence == 0]
    assert {path.name for path in (folder / "receipts").iterdir()} == {
        f"0x{entry.ticket_id.hex()}.json" for entry in openings
    }
    for entry in openings:
        receipt = read(folder / "receipts" / f"0x{entry.ticket_id.hex()}.json")
        found = receipt.inclusion
        assert found is not None
        root = house.desk.lane.batch(found.batch).root
        assert verify(root, leaf_hash(entry.encoded()), found.index, found.size, found.path)


def steps_of_a_run(house: QueueHouse, folder: Path) -> list[str]:
    """The steps that a run without a fault has."""
    snapshot = ask(house.w3, "evm_snapshot")
    steps: list[str] = []
    house.anchor(folder, story(house, range(4)), max_leaves=9, step=steps.append)
    ask(house.w3, "evm_revert", snapshot)
    return steps


def test_a_crash_after_any_step_leaves_nothing_out_and_anchors_nothing_twice(
    house: QueueHouse, tmp_path: Path
) -> None:
    steps = steps_of_a_run(house, tmp_path / "whole")
    assert {"taken", "leaves written", "prepared", "nonce stored", "sent", "anchored"} < set(steps)
    assert {"receipts written", "leaves published", "handed out"} < set(steps)
    for crash_at in range(len(steps)):
        snapshot = ask(house.w3, "evm_snapshot")
        events, folder = story(house, range(4)), tmp_path / str(crash_at)
        seen = 0

        def step(_: str, crash_at: int = crash_at) -> None:
            nonlocal seen
            seen += 1
            if seen == crash_at + 1:
                raise Crash

        with pytest.raises(Crash):
            house.anchor(folder, events, max_leaves=9, step=step)
        house.anchor(folder, events, max_leaves=9)
        check_all_once(house, folder, events)
        assert house.anchor(folder, events, max_leaves=9) == []
        ask(house.w3, "evm_revert", snapshot)


def test_crashes_one_after_the_other_each_a_step_later(house: QueueHouse, tmp_path: Path) -> None:
    events = story(house, range(3))
    for lasts in range(1, 60):
        seen: list[str] = []

        def step(name: str, lasts: int = lasts, seen: list[str] = seen) -> None:
            seen.append(name)
            if len(seen) == lasts:
                raise Crash

        try:
            house.anchor(tmp_path, events, max_leaves=4, step=step)
        except Crash:
            continue
        break
    assert lasts > 5
    check_all_once(house, tmp_path, events)


def test_kills_at_random_moments(house: QueueHouse, tmp_path: Path) -> None:
    seed = int(os.environ.get("MAKEGOOD_SEED", "0")) or random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    events: list[dict[str, Any]] = []
    killed = 0
    # Transactions stay in the pool for a while, as on a real chain.
    ask(house.w3, "evm_setAutomine", False)
    ask(house.w3, "evm_setIntervalMining", 1)
    try:
        for number in range(KILLS):
            events += story(house, range(2 * number, 2 * number + 2))
            process = desk_process(house, tmp_path, events)
            time.sleep(chance.uniform(0, 1.2))
            killed += process.poll() is None
            process.send_signal(signal.SIGKILL)
            process.wait()
            process.stdout.close()  # type: ignore[union-attr]
        last = desk_process(house, tmp_path, events)
        out, _ = last.communicate(timeout=120)
        assert "done" in out
        assert last.returncode == 0
    finally:
        ask(house.w3, "evm_setIntervalMining", 0)
        ask(house.w3, "evm_setAutomine", True)
    check_all_once(house, tmp_path, events)
    assert killed > KILLS // 3


def desk_process(house: QueueHouse, folder: Path, events: list[dict[str, Any]]) -> subprocess.Popen[str]:
    file = folder / "events.jsonl"
    file.write_text("".join(json.dumps(event) + "\n" for event in events), "utf-8")
    url = str(house.w3.provider.endpoint_uri)  # type: ignore[attr-defined]
    command = [sys.executable, "-m", "queue_house", url, house.desk.address, str(folder), str(file)]
    path = os.pathsep.join([str(PROJECT), str(PROJECT / "tests" / "support")])
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}, cwd=PROJECT
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


# ---------------------------------------------------------------- the nonce


def test_a_nonce_that_something_else_used_is_replaced(house: QueueHouse, tmp_path: Path) -> None:
    events = story(house, range(2))
    with pytest.raises(Crash):
        house.anchor(tmp_path, events, step=crash_after("nonce stored"))
    house.desk.pool.fund(1).send(house.agent)
    house.anchor(tmp_path, events)
    check_all_once(house, tmp_path, events)


def test_a_transaction_that_is_not_mined_yet_is_waited_for(house: QueueHouse, tmp_path: Path) -> None:
    events = story(house, range(2))
    ask(house.w3, "evm_setAutomine", False)
    house.agent = slow(house)
    try:
        with pytest.raises(MakegoodError, match="not mined"):
            house.anchor(tmp_path, events)
        ask(house.w3, "evm_setIntervalMining", 1)
        house.anchor(tmp_path, events)
    finally:
        ask(house.w3, "evm_setIntervalMining", 0)
        ask(house.w3, "evm_setAutomine", True)
    check_all_once(house, tmp_path, events)


def slow(house: QueueHouse) -> Any:
    house.agent._timeout = 2.0
    return house.agent


def test_a_reorganisation_that_drops_a_batch_anchors_it_again(house: QueueHouse, tmp_path: Path) -> None:
    events = story(house, range(2))
    snapshot = ask(house.w3, "evm_snapshot")
    (first,) = house.anchor(tmp_path, events)
    ask(house.w3, "evm_revert", snapshot)
    ask(house.w3, "evm_mine")
    (again,) = house.anchor(tmp_path)
    assert again.root == first.root
    assert again.block_hash != first.block_hash
    check_all_once(house, tmp_path, events)


def test_another_agent_takes_over_what_was_never_sent(house: QueueHouse, tmp_path: Path) -> None:
    events = story(house, range(2))
    house.desk.set_allowance(house.successor.address, 10**18).send(house.operator)
    with pytest.raises(Crash):
        house.anchor(tmp_path, events, step=crash_after("prepared"))
    house.anchor(tmp_path, signer=house.successor)
    check_all_once(house, tmp_path, events)


def test_another_agent_does_not_take_over_what_was_sent(house: QueueHouse, tmp_path: Path) -> None:
    with pytest.raises(Crash):
        house.anchor(tmp_path, story(house, range(2)), step=crash_after("nonce stored"))
    with pytest.raises(UsageError, match="may still be mined"):
        house.anchor(tmp_path, signer=house.successor)


def test_what_the_chain_refuses_is_anchored_once_it_no_longer_does(house: QueueHouse, tmp_path: Path) -> None:
    events = story(house, range(2))
    house.desk.set_allowance(house.agent.address, 0).send(house.operator)
    with pytest.raises(ChainRevert):
        house.anchor(tmp_path, events)
    house.desk.set_allowance(house.agent.address, 10**18).send(house.operator)
    house.anchor(tmp_path, events)
    check_all_once(house, tmp_path, events)


def test_receipts_verify_step_by_step(house: QueueHouse, tmp_path: Path) -> None:
    house.anchor(tmp_path, story(house, range(4)))
    for path in (tmp_path / "receipts").iterdir():
        assert verify_receipt(read(path), house.w3, now=house.now).verified


def crash_after(step: str) -> Any:
    def crash(name: str) -> None:
        if name == step:
            raise Crash

    return crash
