# SPDX-License-Identifier: Apache-2.0
"""The keeper as a process: killed at any moment it loses nothing and pays nothing twice; it ends in order."""

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import keeper_house
import postgres
import pytest
import queue_house
from queue_house import COIN, PRIORITIES, QueueHouse

from benchmarks.node import ask
from checks.served import served
from makegood.batches import Entry, read_leaves
from makegood.clock import Kind, Priority
from makegood.database import Database
from makegood.errors import LeavesMissing
from makegood.indexer.store import default_url

PROJECT = Path(__file__).resolve().parents[2]
KILLS = int(os.environ.get("MAKEGOOD_KILLS", "5"))
HOUR = 3_600


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "makegood", *words]


@contextmanager
def running(folder: Path, *words: str, log: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """A process that is killed when it is left."""
    with (log or folder / "log").open("a", encoding="utf-8") as said:
        process = subprocess.Popen(
            command(*words), cwd=PROJECT, text=True, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@contextmanager
def indexed(house: QueueHouse, folder: Path) -> Iterator[None]:
    """The process that keeps the index."""
    place = (
        "--rpc",
        keeper_house.rpc_of(house),
        "--database",
        default_url(folder),
        "--desk",
        house.desk.address,
    )
    words = ("index", "run", *place, "--interval", "0.1", "--private-leaves")
    with running(folder, *words) as process:
        deadline = time.monotonic() + 60
        while not (folder / "index.sqlite").exists():
            assert process.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield


def take(house: QueueHouse, url: str, *events: dict[str, Any]) -> None:
    """As the bridge does beside the keeper."""
    from makegood.batches.store import Store

    database = Database(url)
    with Store.shared(
        database, chain=str(house.desk.chain_id), desk=house.desk.address, folder=Path()
    ) as store:
        store.take(house.read(events), 1)
    database.close()


def late_ticket(house: QueueHouse, name: str) -> bytes:
    commitment = bytes.fromhex(queue_house.digest(name)[2:])
    call = house.desk.open_ticket_for(house.requester.address, 1, Priority.URGENT, commitment)
    return bytes(call.send(house.operator).event("TicketOpened")["ticket_id"])


def wait_for(what: Any, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def anchored(house: QueueHouse, folder: Path) -> Counter[tuple[bytes, int]]:
    """How often each entry is on the chain, by what is published; nothing while something is not."""
    entries: Counter[tuple[bytes, int]] = Counter()
    for event in house.desk.lane.events(("BatchAnchored",)):
        try:
            batch = read_leaves(folder / "published", bytes(event["root"]), event["counts"])
        except LeavesMissing:
            return Counter()
        for index in range(batch.size):
            entry = Entry.decode(batch.leaf(index))
            entries[entry.ticket_id, entry.sequence] += 1
    return entries


def kill_and_check(house: QueueHouse, folder: Path, url: str, keepers: int = 1) -> None:
    seed = int(os.environ.get("MAKEGOOD_SEED", "0")) or random.randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    register_operator(house)
    late = [late_ticket(house, f"late {number}") for number in range(6)]
    ask(house.w3, "evm_increaseTime", HOUR + 1)
    ask(house.w3, "evm_mine")
    killed, names = 0, []
    with served(folder / "published") as address, indexed(house, folder):
        file = keeper_house.settings_file(house, folder, address, database=url)
        # Transactions stay in the pool for a while, as on a real chain.
        ask(house.w3, "evm_setAutomine", False)
        ask(house.w3, "evm_setIntervalMining", 1)
        for number in range(KILLS):
            name = f"ticket {number}"
            names.append(name)
            events = (house.opened(name, PRIORITIES[number % 4]), house.later("replied", name))
            take(house, url, *events)
            with ExitStack() as stack:
                logs = [folder / f"log {number} {each}" for each in range(keepers)]
                words = ("keeper", "run", "--settings", str(file))
                processes = [stack.enter_context(running(folder, *words, log=log)) for log in logs]
                for log in logs:
                    wait_for(lambda log=log: "answers at" in log.read_text())
                time.sleep(chance.uniform(0, 1.5))
                killed += sum(process.poll() is None for process in processes)
        log = folder / "log of the last"
        with running(folder, "keeper", "run", "--settings", str(file), log=log) as last:
            # Those before it may have left it nothing to do, and a signal before it listens just kills it.
            wait_for(lambda: "answers at" in log.read_text())
            wait_for(lambda: len(anchored(house, folder)) == 2 * len(names), 120)
            wait_for(lambda: len(paid(house)) > 0 and sum(paid(house)) == 18 * COIN // 1_000, 120)
            last.send_signal(signal.SIGTERM)
            assert last.wait(60) == 0, log.read_text()[-2_000:]
    assert killed == KILLS * keepers
    tickets = [bytes.fromhex(house.ticket(name)[2:]) for name in names]
    assert anchored(house, folder) == Counter((ticket, sequence) for ticket in tickets for sequence in (0, 1))
    compensated = [
        (bytes(event["ticket_id"]), event["kinds"]) for event in house.desk.events(("BreachCompensated",))
    ]
    assert sorted(compensated) == sorted((ticket, int(Kind.FIRST_REPLY)) for ticket in late)
    name = url.partition(":")[0]
    print(f"keeper, {name}: {killed} kills -9; {2 * len(names)} entries and {len(late)} payments, each once")


def register_operator(house: QueueHouse) -> None:
    """So that tickets are opened by another account than the keeper's."""
    far = 2**32 - 1
    call = house.desk.directory.sign_register_agent(house.operator, 1, b"\1" * 32, b"\2" * 32, far, far)
    call.send(house.operator)
    house.desk.set_allowance(house.operator.address, COIN).send(house.operator)


def paid(house: QueueHouse) -> list[int]:
    return [event["amount"] for event in house.desk.pool.events(("Collected",))]


def test_kills_at_random_moments_lose_nothing_and_pay_nothing_twice(
    house: QueueHouse, tmp_path: Path
) -> None:
    kill_and_check(house, tmp_path, f"sqlite:///{tmp_path / 'makegood.sqlite'}")


def test_the_same_with_two_keepers_of_one_account_and_postgres(house: QueueHouse, tmp_path: Path) -> None:
    with postgres.server() as server:
        kill_and_check(house, tmp_path, server.fresh(), keepers=2)


# ---------------------------------------------------------------- the command


def test_it_says_how_it_is_and_ends_gracefully(house: QueueHouse, tmp_path: Path) -> None:
    with served(tmp_path / "published") as address, indexed(house, tmp_path):
        file = keeper_house.settings_file(house, tmp_path, address)
        with running(tmp_path, "keeper", "run", "--settings", str(file)) as process:
            wait_for(lambda: "answers at" in (tmp_path / "log").read_text())
            (place,) = re.findall(r"answers at (http://[\d.:]+\d)", (tmp_path / "log").read_text())
            wait_for(lambda: ask_for(f"{place}/healthz", "rounds") > 1)
            lines = urllib.request.urlopen(f"{place}/metrics").read().decode().splitlines()  # noqa: S310
            assert "makegood_keeper_has_account 1" in lines
            assert "makegood_keeper_short_of_gas_money 0" in lines
            process.send_signal(signal.SIGTERM)
            assert process.wait(60) == 0
        done = subprocess.run(
            command("keeper", "status", "--settings", str(file), "--json"),
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["desk"] == house.desk.address


def ask_for(url: str, name: str) -> Any:
    try:
        return json.loads(urllib.request.urlopen(url).read())[name]  # noqa: S310
    except urllib.error.URLError:
        return 0


@pytest.mark.parametrize(
    ("wrong", "code", "says"),
    [
        (("key.json", "keeper.json"), 3, "There is no key file"),
        (('"password"', '"other"'), 2, "password_file"),
        (("chain_id = 31337", "chain_id = 5"), 3, "not on chain 5"),
        (("every = 0.1", "evry = 0.1"), 2, "evry is not known"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    house: QueueHouse, tmp_path: Path, wrong: tuple[str, str], code: int, says: str
) -> None:
    file = keeper_house.settings_file(house, tmp_path, "http://127.0.0.1:9")
    text = file.read_text("utf-8")
    if wrong[1] == "keeper.json":
        (tmp_path / "keeper.json").unlink()
    else:
        assert wrong[0] in text
        file.write_text(text.replace(*wrong), "utf-8")
    done = subprocess.run(
        command("keeper", "run", "--settings", str(file)),
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (code, 1), done.stderr
    assert says in done.stderr
