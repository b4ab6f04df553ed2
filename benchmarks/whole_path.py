# SPDX-License-Identifier: Apache-2.0
"""Tickets through the whole path: webhooks, bridge, store, keeper, anvil, published leaves, index, explorer.

Each part is a process of its own, as an operator runs them, over SQLite files. A helpdesk sends signed
webhooks as fast as they are acknowledged: each ticket is opened, every fourth is answered. Memory (PSS) is
looked at when a tenth of the tickets is all the way through, and when all are: it may grow by a tenth.
In the end the index has to have each ticket of the bridge, with its status, and nothing else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sqlite3
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from benchmarks.bench import Bench
from benchmarks.helpdesk import send
from benchmarks.node import anvil, ask
from benchmarks.processes import Program, answers, free_port, programs, wait_for
from checks.served import served
from makegood.clock import Status
from makegood.desk import ETH, HUMAN, KeySigner
from makegood.errors import MakegoodError
from makegood.policy import DAY

TICKETS = 100_000
LIMIT = 1.1
ACCEPTED = 500
"""Webhooks a second, at least."""

_EVERY = 4  # of so many tickets one is answered
_SECRET = "of this benchmark alone"  # noqa: S105
_PASSWORD = "not the usual one"  # noqa: S105
_WITHIN = 7_200.0
_SAMPLES = 50
_CUSTOMERS = 500
_COUNTS = " + ".join(f"json_extract(counts, '$[{place}]')" for place in range(5))
# When a stage has so many events: its database, and what to ask it.
_STAGES = {
    "worker": ("makegood", "SELECT count(*) = {} FROM bridge_outgoing WHERE state = 'done'"),
    "keeper": (
        "makegood",
        f"SELECT sum({_COUNTS}) = {{}} FROM batches_batches WHERE state = 'anchored' AND handed_out = 1",  # noqa: S608
    ),
    "index": (
        "index",
        "SELECT sum(urgent + high + normal + low + later) = {} FROM batches WHERE leaves = 'published'",
    ),
}
_PARTS = ("inbox", "worker", "keeper", "index")


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where something is lost, differs, or is over its limit."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.whole_path", description=__doc__)
    parser.add_argument("--tickets", type=int, default=TICKETS, metavar="N", help="default: %(default)s")
    parser.add_argument("--batch", type=int, metavar="N", help="leaves of a batch; else a twentieth of them")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="where databases and logs are left")
    options = parser.parse_args(arguments)
    try:
        with _folder(options.keep) as folder:
            return _measured(folder, options.tickets, options.batch or max(10, options.tickets // 20))
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def _measured(folder: Path, tickets: int, batch: int) -> int:
    # As on a chain that goes on: a block a second, final soon.
    with (
        anvil("--slots-in-an-epoch", "2") as w3,
        served(folder / "published") as leaves,
        programs() as running,
    ):
        bench = Bench(w3, ETH)
        agent = _agent(bench)
        ask(w3, "evm_setAutomine", False)
        ask(w3, "evm_setIntervalMining", 1)
        path = Route(folder, w3, bench, agent, leaves, running, batch)
        path.start()
        tenth = max(1, tickets // 10)
        path.through(range(tenth))
        early = path.memory()
        path.through(range(tenth, tickets))
        late = path.memory()
        wrong = path.differences(tickets)
        slowest = path.ask_explorer(tickets)
        path.tell(tickets)
        grown = _tell_memory(early, late)
        print(f"{_SAMPLES} pages of tickets, slowest  {slowest * 1_000:>9,.0f} ms")
        print(f"index differs from bridge   {len(wrong):>9,}")
        for each in wrong[:5]:
            print(f"  {each}")
        # Caches have their size by ten thousand tickets, not before.
        return 1 if wrong or path.lost or path.accepted < ACCEPTED or (grown and tickets >= TICKETS) else 0


def _tell_memory(early: dict[str, int], late: dict[str, int]) -> bool:
    """Prints it; whether any but the explorer's grew too much."""
    grown = False
    print(f"{'memory (PSS)':<26}{'at a tenth':>14}{'at the end':>14}{'ratio':>8}   (at most {LIMIT})")
    for name, before in early.items():
        after, ratio = late[name], late[name] / before
        grown = grown or (ratio > LIMIT and name in _PARTS)
        print(f"  {name:<24}{before / 2**20:>10,.1f} MiB{after / 2**20:>10,.1f} MiB{ratio:>8.2f}")
    return grown


@dataclass
class Route:
    """All programs, and what went through them."""

    folder: Path
    w3: Web3
    bench: Bench
    agent: LocalAccount
    leaves: str
    running: list[Program]
    batch: int
    sent: int = 0
    again: int = 0
    sending: float = 0.0
    walls: dict[str, float] = field(default_factory=dict)

    # ------------------------------------------------------------ programs

    def start(self) -> None:
        """All of them, each when what it needs is there."""
        self.port, self.explorer_port = free_port(), free_port()
        settings = str(self._settings())
        place = ("--rpc", self._rpc, "--database", f"sqlite:///{self.folder / 'index.sqlite'}")
        self._run("index", "index", "run", *place, "--desk", self.bench.desk.address, "--private-leaves")
        self._wait("The index", lambda: self._has("index", "SELECT 1 FROM chains"))
        self._run("inbox", "bridge", "run", "--no-work", "--settings", settings)
        self._wait("The bridge", lambda: answers(f"http://127.0.0.1:{self.port}/healthz"))
        self._run("worker", "bridge", "work", "--settings", settings)
        self._run("keeper", "keeper", "run", "--settings", settings)
        self._wait("The keeper", lambda: self.running[-1].says("answers at"))
        address = ("--host", "127.0.0.1", "--port", str(self.explorer_port), "--rate", "0")
        self._run("explorer", "explorer", *place[2:], *address)
        self._wait("The explorer", lambda: answers(f"http://127.0.0.1:{self.explorer_port}/en/"))

    def _run(self, name: str, *words: str) -> None:
        self.running.append(Program(name, self.folder, *words))

    def _wait(self, what: str, done: Any) -> None:
        wait_for(what, done, self.running, _WITHIN, every=0.5)

    def memory(self) -> dict[str, int]:
        """Of each program, by its name."""
        time.sleep(3)  # what the last round left behind is done
        return {each.name: each.memory() for each in self.running}

    # ------------------------------------------------------------ tickets

    def through(self, numbers: range) -> None:
        """These tickets, until the index has them all."""
        messages = list(_messages(numbers))
        begun = time.monotonic()
        self.again += asyncio.run(send(messages, self.port, _SECRET))
        self.sending += time.monotonic() - begun
        self._note("webhooks", begun)
        self.sent += len(messages)
        for name, (database, query) in _STAGES.items():
            self._wait(f"The {name}", lambda db=database, q=query: self._has(db, q.format(self.sent)))
            self._note(name, begun)

    def _note(self, name: str, begun: float) -> None:
        self.walls[name] = self.walls.get(name, 0) + time.monotonic() - begun

    @property
    def accepted(self) -> float:
        """Webhooks a second."""
        return self.sent / self.sending

    @property
    def lost(self) -> int:
        """Acknowledged, and not there."""
        return self.sent - int(self._rows("makegood", "SELECT count(*) FROM bridge_deliveries")[0][0])

    def differences(self, tickets: int) -> list[str]:
        """Tickets that the index lacks, has too many, or in another status than the bridge."""
        ours = {
            f"0x{ticket.hex()}": standing
            for ticket, standing in self._rows("makegood", "SELECT ticket, standing FROM bridge_tickets")
        }
        theirs = dict(self._rows("index", "SELECT ticket_id, status FROM tickets WHERE lane = 2"))
        wrong = [each for each in ours.keys() | theirs.keys() if ours.get(each) != theirs.get(each)]
        expected = {int(Status.OPEN): tickets - tickets // _EVERY, int(Status.SOLVED): tickets // _EVERY}
        for status, count in expected.items():
            found = sum(each == status for each in theirs.values())
            if found != count:
                wrong.append(f"{found:,} tickets of status {status}, not {count:,}")
        return sorted(wrong)

    def ask_explorer(self, tickets: int) -> float:
        """Pages of some tickets; the slowest answer in seconds."""
        found = [
            row[0]
            for row in self._rows("index", "SELECT ticket_id FROM tickets WHERE lane = 2 ORDER BY ticket_id")
        ]
        slowest = 0.0
        for ticket in random.Random(tickets).sample(found, min(_SAMPLES, len(found))):  # noqa: S311
            url = f"http://127.0.0.1:{self.explorer_port}/en/ticket/{self.bench.desk.chain_id}/{ticket}"
            begun = time.monotonic()
            with urllib.request.urlopen(url, timeout=60) as answer:
                if ticket not in answer.read().decode():
                    raise MakegoodError(f"The explorer does not show ticket {ticket}.")
            slowest = max(slowest, time.monotonic() - begun)
        return slowest

    def tell(self, tickets: int) -> None:
        """What went through, and what it took."""
        query = "SELECT count(*), sum(gas) FROM batches_batches WHERE state = 'anchored'"
        batches, gas = self._rows("makegood", query)[0]
        print(f"webhooks sent               {self.sent:>9,}")
        print(f"accepted a second           {self.accepted:>9,.0f}   (at least {ACCEPTED})")
        print(f"told to send again          {self.again:>9,}")
        print(f"lost                        {self.lost:>9,}")
        print(f"tickets anchored            {tickets:>9,}   in {batches} batches of at most {self.batch:,}")
        print(f"gas a ticket                {gas / tickets:>9,.1f}")
        print(f"{'until all were done by':<26}{'wall':>14}{'processor':>14}")
        for each in self.running:
            wall = self.walls.get({"inbox": "webhooks"}.get(each.name, each.name))
            shown = f"{wall:>12,.1f} s" if wall else " " * 14
            print(f"  {each.name:<24}{shown}{each.seconds():>12,.1f} s")

    # ------------------------------------------------------------ databases

    def _rows(self, database: str, query: str) -> list[Any]:
        path = f"file:{self.folder / database}.sqlite?mode=ro"
        connection = sqlite3.connect(path, uri=True, timeout=60)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def _has(self, database: str, query: str) -> bool:
        try:
            return any(row[0] for row in self._rows(database, query))
        except sqlite3.OperationalError:
            return False  # not there yet

    @property
    def _rpc(self) -> str:
        return str(self.w3.provider.endpoint_uri)  # type: ignore[attr-defined]

    def _settings(self) -> Path:
        mapping = f'web: {{agents: {{ann: "{self.agent.address}"}}}}\n'
        (self.folder / "mapping.yaml").write_text(mapping, "utf-8")
        _key_file(self.folder, self.agent)
        path = self.folder / "makegood.toml"
        path.write_text(
            f"""
[chain]
rpc = "{self._rpc}"
chain_id = {self.bench.desk.chain_id}
desk = "{self.bench.desk.address}"
[bridge]
policy = 1
port = {self.port}
mapping = "mapping.yaml"
requester_secret = "{_SECRET}"
compare_every = 0
settle = 1
[bridge.helpdesks.web]
kind = "generic"
secret = "{_SECRET}"
[keeper]
key = "keeper.json"
password_file = "password"
port = 0
every = 1
[keeper.anchor]
size = {self.batch}
age = "20s"
most = {self.batch}
uri = "{self.leaves}"
publish = "published"
""",
            "utf-8",
        )
        return path


def _agent(bench: Bench) -> LocalAccount:
    """Whose key the keeper has: a human agent who may anchor all that comes."""
    account: LocalAccount = Account.create()
    signer, far = KeySigner(account), bench.now() + 10_000 * DAY
    register = bench.desk.directory.sign_register_agent(
        signer, HUMAN, bench.digest(), bench.digest(), far, far
    )
    bench.send(register, bench.operator)
    bench.send(bench.desk.set_allowance(account.address, 10**30), bench.operator)
    for address in (account.address, bench.operator.address):
        ask(bench.w3, "anvil_setBalance", address, hex(10**30))
    bench.send(bench.desk.pool.fund(10**28), bench.operator)
    bench.travel(10)  # answers count from an agent's registration on
    return account


def _key_file(folder: Path, account: LocalAccount) -> None:
    """A keeper's key and its password, as an operator has them."""
    keystore = folder / "keeper.json"
    keystore.write_text(json.dumps(Account.encrypt(account.key, _PASSWORD, "pbkdf2", 2)), "utf-8")
    keystore.chmod(0o600)
    (folder / "password").write_text(_PASSWORD + "\n", "utf-8")


def _messages(numbers: range) -> Iterator[dict[str, Any]]:
    text = "It does not arrive. " * 40
    for number in numbers:
        customer = f"customer {number % _CUSTOMERS}"
        said = {"author": "customer", "customer": customer, "text": text}
        yield {"ticket": f"T-{number}", "message": f"{number}-0", **said}
    for number in numbers:
        if number % _EVERY == 0:
            said = {"author": "agent", "account": "ann", "status": "solved", "text": text}
            yield {"ticket": f"T-{number}", "message": f"{number}-1", **said}


@contextmanager
def _folder(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        keep.mkdir(parents=True)
        yield keep
        return
    with tempfile.TemporaryDirectory(prefix="makegood-") as name:
        yield Path(name)


if __name__ == "__main__":
    sys.exit(main())
