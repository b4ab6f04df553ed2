# SPDX-License-Identifier: Apache-2.0
"""`makegood serve`: all services from one file, started again when they die, ended when they should."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import keeper_house
import pytest
import requests
import serving_house
from bridge_house import SECRET, generic, signed
from queue_house import QueueHouse
from serving_house import (
    ALL,
    PROJECT,
    Serving,
    ask,
    changed,
    is_there,
    serving,
    wait_for,
    whole_file,
    without,
)

from benchmarks.node import ask as ask_node
from checks.served import served
from makegood.desk import Factory
from makegood.errors import MakegoodError
from makegood.indexer.store import DESK, FACTORY, Store
from makegood.keeper.key import account_of
from makegood.settings import load

WITH_PLACE = ("explorer", "bridge", "keeper")


@pytest.fixture
def file(house: QueueHouse, tmp_path: Path) -> Iterator[Path]:
    with served(tmp_path / "published") as address:
        yield whole_file(house, tmp_path, address)


def everywhere(run: Serving, nth: int = 1) -> dict[str, str]:
    """Where the services answer, once they all do."""
    wait_for(lambda: run.said("index", "follows chain 31337") or run.process.poll() is not None)
    return {name: run.place(name, nth) for name in WITH_PLACE}


def run_once(file: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = serving_house.command("serve", "--settings", file, *words)
    return subprocess.run(given, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)


# ---------------------------------------------------------------- all of them


def test_a_webhook_goes_through_all_services_and_all_end_in_order(house: QueueHouse, file: Path) -> None:
    with serving(file) as run:
        places = everywhere(run)
        pids = [run.pid(name) for name in ALL]
        for name, address in places.items():
            assert ask(f"{address}/healthz"), name
        now = int(ask_node(house.w3, "eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        body = generic("one", at=now - 60)
        deliver(f"{places['bridge']}/hooks/web", body)
        wait_for(lambda: house.desk.lane.batch_count() == 1)
        wait_for(lambda: len(list((file.parent / "receipts").glob("*.json"))) == 1)
        batch = f"{places['explorer']}/en/batch/31337/{house.desk.lane.address.lower()}/1"
        wait_for(lambda: status(batch) == 200)
        assert run.end() == 0
        assert run.lines()[-1]["says"] == "all services have ended"
        assert not any(map(is_there, pids))
        run.lines()
        assert SECRET not in run.text()
        assert keeper_house.PASSWORD not in run.text()
        assert keeper_house.rpc_of(house) not in run.text()


def deliver(address: str, body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()
    headers = signed("generic", raw, at=int(time.time()))
    assert requests.post(address, data=raw, headers=headers, timeout=30).status_code == 200


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_what_is_killed_is_started_again_and_the_others_go_on(file: Path) -> None:
    with serving(file) as run:
        everywhere(run)
        before = {name: run.pid(name) for name in ALL}
        for name in WITH_PLACE:
            os.kill(before[name], signal.SIGKILL)
            address = run.place(name, 2)
            assert ask(f"{address}/healthz")
        os.kill(before["index"], signal.SIGKILL)
        wait_for(lambda: len(run.said("index", "follows chain 31337")) == 2)
        assert [len(run.said("serve", f"{name} is started")) for name in ALL] == [2, 2, 2, 2]
        assert len(run.said("serve", "was killed by SIGKILL: it is started again")) == 4
        assert run.end(signal.SIGINT) == 0


def test_nothing_goes_on_without_its_supervisor(file: Path) -> None:
    with serving(file) as run:
        everywhere(run)
        pids = [run.pid(name) for name in ALL]
        pids += [int(each) for each in children(run.pid("explorer"))]
        assert len(pids) == len(ALL) + 1
        run.process.kill()
        wait_for(lambda: not any(map(is_there, pids)))


def children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()


def test_sections_say_what_runs(file: Path) -> None:
    without(without(file, "bridge"), "keeper")
    with serving(file) as run:
        run.place("explorer")
        started = run.said("serve", "is started")
        assert [each["says"].split()[0] for each in started] == ["index", "explorer"]
        assert run.end() == 0
    done = run_once(file, "--only", "keeper")
    assert (done.returncode, "has no section [keeper]" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("pair", "code", "says"),
    [
        (("policy = 1\nport", "polcy = 1\nport"), 2, "[bridge] policy is missing"),
        (("interval = 0.1", "interval = 0"), 2, "[index] interval is no number from 0.1"),
        (("processes = 1", 'trusted_proxies = ["proxy"]'), 2, '[explorer] trusted_proxies has "proxy"'),
        (("mapping.yaml", "none.yaml"), 3, "none.yaml"),
        (("keeper.json", "none.json"), 3, "There is no key file"),
        (('_file = "password"', ' = "another"'), 4, "does not open with this password"),
    ],
)
def test_all_is_read_before_anything_is_started(
    file: Path, pair: tuple[str, str], code: int, says: str
) -> None:
    done = run_once(changed(file, pair))
    assert (done.returncode, len(done.stderr.splitlines())) == (code, 1), done.stderr
    assert says in done.stderr
    assert not (file.parent / "index.sqlite").exists()


def test_two_services_at_one_place_are_refused(file: Path) -> None:
    changed(
        file,
        ("port = 0\nprocesses", "port = 8123\nprocesses"),
        ("policy = 1\nport = 0", "policy = 1\nport = 8123"),
    )
    done = run_once(file)
    assert done.returncode == 2
    assert "[bridge] and [explorer] have the same host and port, 127.0.0.1 and 8123." in done.stderr


@pytest.mark.parametrize(
    ("section", "pair"),
    [
        ("explorer", ("port = 0\nprocesses", "port = {}\nprocesses")),
        ("bridge", ("policy = 1\nport = 0", "policy = 1\nport = {}")),
    ],
)
def test_where_something_listens_already_nothing_is_started(
    file: Path, section: str, pair: tuple[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run_once(changed(file, (pair[0], pair[1].format(port))))
    assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
    assert f"cannot listen at 127.0.0.1, port {port}: Address already in use." in done.stderr
    assert f"Give another [{section}] port" in done.stderr
    assert not (file.parent / "index.sqlite").exists()


def test_where_one_cannot_go_on_all_end_with_its_exit_code(file: Path) -> None:
    with serving(changed(file, ("chain_id = 31337", "chain_id = 5"))) as run:
        assert run.process.wait(90) == 3
        assert run.said("serve", "cannot go on: all services end")
        assert any("not on chain 5" in each["says"] for each in run.lines())
        assert not any(is_there(each["pid"]) for each in run.said("serve", "is started"))


@pytest.mark.parametrize(
    ("pair", "code", "says"),
    [
        (("policy = 1\nport", "policy = 7\nport"), 3, "has no policy 7"),
        (
            ("policy = 1\nport", 'policy = 1\nclaim_wait = "15m"\npublic_url = "http://b.example"\nport'),
            2,
            "[bridge] claim_wait is 900 seconds",
        ),
    ],
)
def test_a_bridge_that_promises_what_the_policy_does_not_allow_is_refused(
    file: Path, pair: tuple[str, str], code: int, says: str
) -> None:
    changed(file, pair)
    for words in (("serve", "--only", "bridge"), ("bridge", "run")):
        given = serving_house.command(*words, "--settings", file)
        done = subprocess.run(given, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)
        assert (done.returncode, says in done.stderr) == (code, True), done.stderr


# ---------------------------------------------------------------- one of them


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("index", signal.SIGTERM),
        ("explorer", signal.SIGINT),
        ("bridge", signal.SIGTERM),
        ("keeper", signal.SIGINT),
    ],
)
def test_each_runs_by_itself_and_ends_without_a_word(file: Path, name: str, number: int) -> None:
    index = run_index_once(file)
    assert index.returncode == 0, index.stderr
    with serving(file, "--only", name) as run:
        first = wait_for(
            lambda: run.said(name, "http://127.0.0.1" if name in WITH_PLACE else "follows chain")
        )
        assert run.end(number) == 0
        assert run.lines()[-1]["says"] == first[-1]["says"] or run.lines()[-1]["level"] != "error"


def run_index_once(file: Path) -> subprocess.CompletedProcess[str]:
    given = load(file)
    words = ("index", "backfill", "--rpc", given.chain.rpc, "--desk", given.chain.desk)
    whole = serving_house.command(*words, "--database", given.index)
    return subprocess.run(whole, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)


def test_explorer_and_keeper_wait_for_the_index(file: Path) -> None:
    with serving(file, "--only", "explorer", "--only", "keeper") as run:
        for name in ("explorer", "keeper"):
            wait_for(lambda name=name: run.said(name, "Waiting for the index: it is not made yet."))
        assert run_index_once(file).returncode == 0
        for name in ("explorer", "keeper"):
            assert ask(f"{run.place(name)}/healthz")


def test_a_keeper_waits_for_its_node_and_says_so_once(house: QueueHouse, file: Path) -> None:
    assert run_index_once(file).returncode == 0
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    changed(file, (keeper_house.rpc_of(house), f"http://127.0.0.1:{port}"))
    with serving(file, "--only", "keeper") as run:
        wait_for(lambda: run.said("keeper", "No node answers at [chain] rpc: the keeper waits for it."))
        with forwarded(port, keeper_house.rpc_of(house)):
            place = run.place("keeper")
            wait_for(lambda: ask(f"{place}/healthz")["rounds"] > 0)
            assert len(run.said("keeper", "No node answers")) == 1
            assert run.end() == 0


@contextmanager
def forwarded(port: int, to: str) -> Iterator[None]:
    """A node at another port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            answer = requests.post(to, data=body, headers={"Content-Type": "application/json"}, timeout=30)
            self.send_response(answer.status_code)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


def test_a_keeper_says_which_duty_its_account_cannot_do(house: QueueHouse, tmp_path: Path) -> None:
    file = whole_file(house, tmp_path, account=4)
    assert run_index_once(file).returncode == 0
    with serving(file, "--only", "keeper") as run:
        run.place("keeper")
        (told,) = run.said("keeper", "a duty cannot be done")
        assert (told["duty"], told["level"]) == ("anchor", "warning")
        assert "is no agent of the desk" in told["why"]
        assert "ape run register_agent" in told["do"]


# ---------------------------------------------------------------- the keeper's key


def cast() -> str:
    own = PROJECT / "node_modules" / ".bin"
    return f"{own}{os.pathsep}{os.environ['PATH']}"


def test_the_page_s_key_by_cast_can_be_used(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "keeper.md").read_text("utf-8")
    (script,) = re.findall(r"^```bash\n(cast wallet new .*?)^```$", page, re.MULTILINE | re.DOTALL)
    given = {**os.environ, "PATH": cast(), "CAST_PASSWORD": keeper_house.PASSWORD}
    subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=given, check=True, capture_output=True)
    assert account_of(tmp_path / "keeper.json", keeper_house.PASSWORD).address


def test_a_key_that_exists_becomes_the_page_s_by_cast(tmp_path: Path) -> None:
    page = (PROJECT / "docs" / "keeper.md").read_text("utf-8")
    (words,) = re.findall(r"`(cast wallet import .*?)`", page)
    account = keeper_house.key(5)
    given = {**os.environ, "PATH": cast(), "CAST_UNSAFE_PASSWORD": keeper_house.PASSWORD}
    ours, theirs = os.openpty()
    with subprocess.Popen(
        ["setsid", "--ctty", "--wait", *words.split()],
        cwd=tmp_path,
        env=given,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    ) as process:
        os.close(theirs)
        os.read(ours, 1)  # it asks
        os.write(ours, f"{account.key.hex()}\n".encode())
        with suppress(OSError):
            while os.read(ours, 1_024):
                pass
        assert process.wait(60) == 0
    os.close(ours)
    (tmp_path / "keeper.json").chmod(0o600)
    assert account_of(tmp_path / "keeper.json", keeper_house.PASSWORD).address == account.address


# ---------------------------------------------------------------- makegood index


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_an_index_ends_without_a_word(house: QueueHouse, tmp_path: Path, number: int) -> None:
    words = ("index", "run", "--rpc", keeper_house.rpc_of(house), "--desk", house.desk.address)
    whole = serving_house.command(*words, "--database", f"sqlite:///{tmp_path / 'index.sqlite'}")
    with subprocess.Popen(whole, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith("Block ")
        process.send_signal(number)
        assert process.wait(60) == 0
        assert "Stopped" not in process.stderr.read()


def test_a_first_block_after_the_deployment_is_refused(house: QueueHouse, tmp_path: Path) -> None:
    def backfill(block: int) -> subprocess.CompletedProcess[str]:
        words = ("index", "backfill", "--rpc", keeper_house.rpc_of(house), "--desk", house.desk.address)
        place = ("--database", f"sqlite:///{tmp_path / f'{block}.sqlite'}", "--from-block", block)
        whole = serving_house.command(*words, *place)
        return subprocess.run(whole, cwd=PROJECT, capture_output=True, text=True, check=False, timeout=120)

    deployed = first_block(house)
    assert backfill(deployed).returncode == 0
    late = backfill(deployed + 1)
    assert late.returncode == 2
    assert f"{house.desk.address} was deployed before block {deployed + 1:,}" in late.stderr


def first_block(house: QueueHouse) -> int:
    """In which the desk came to the chain."""
    low, high = 0, house.w3.eth.block_number
    while low < high:
        middle = (low + high) // 2
        if house.w3.eth.get_code(house.desk.address, middle):
            high = middle
        else:
            low = middle + 1
    return low


def test_a_factory_s_desk_beside_its_factory_is_followed_once(house: QueueHouse, file: Path) -> None:
    (made,) = {
        event["address"]
        for event in ask_node(house.w3, "eth_getLogs", {"fromBlock": "0x0"})
        if house.desk.address[2:].lower() in "".join([*event["topics"], event["data"]])
        and is_factory(house, event["address"])
    }
    changed(file, ("interval = 0.1", f'interval = 0.1\nfactories = ["{made}"]'))
    with serving(file, "--only", "index") as run:
        wait_for(lambda: run.said("index", "follows chain 31337"))
        assert run.end() == 0
    store = Store(load(file).index, read_only=True)
    with store.reading() as connection:
        assert Store.followed(connection, 31337, FACTORY) == [made.lower()]
        assert Store.followed(connection, 31337, DESK) == []
    store.close()


def is_factory(house: QueueHouse, address: str) -> bool:
    try:
        return Factory(house.w3, house.w3.to_checksum_address(address)).is_desk(house.desk.address)
    except MakegoodError:
        return False
