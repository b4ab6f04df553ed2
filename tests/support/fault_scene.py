# SPDX-License-Identifier: Apache-2.0
"""A desk whose index and keeper work through a node that fails, and how long they take to recover.

Both are processes. Some tickets wait to be anchored and some are to be claimed before a fault, others only
while it lasts. Recovered is a scene once each entry is anchored, each breach is compensated and collected,
nothing waits in the keeper's outbox, and the index has the newest block; then nothing may have been done
twice, and the index must be, byte for byte, what a fresh one makes of the real node.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import keeper_house
import queue_house
from faulty_node import Fault, FaultyNode
from queue_house import COIN, FAR, QueueHouse
from sqlalchemy import func, select
from web3 import Web3

from benchmarks.node import ask
from makegood.batches import Entry, read_leaves
from makegood.batches.store import Store
from makegood.clock import Kind, Priority
from makegood.database import Database
from makegood.errors import LeavesMissing, MakegoodError
from makegood.indexer.audit import audit
from makegood.indexer.node import Node
from makegood.indexer.store import Cursor, cursor_of, default_url
from makegood.indexer.store import Store as Index
from makegood.sending.outbox import UNFINISHED
from makegood.sending.schema import intents

PROJECT = Path(__file__).resolve().parents[2]
LASTS = float(os.environ.get("MAKEGOOD_FAULT_SECONDS", "2"))
"""How long a fault lasts, in seconds."""
WITHIN = 60.0
"""Seconds after its end in which all must be as if it had never been."""

_STARTS_WITHIN = 60.0
_CALLERS = {"web3.py", "python-requests"}  # the keeper, the index
_HOUR = 3_600
_LATE = {Priority.URGENT: 3 * COIN // 1_000, Priority.HIGH: 2 * COIN // 1_000}
_TICKETS = 2  # of each kind, before a fault and during it


def build(w3: Web3) -> QueueHouse:
    """A desk that also lets its operator open tickets, so that the keeper has its account for itself."""
    house = queue_house.build(w3)
    call = house.desk.directory.sign_register_agent(house.operator, 1, b"\1" * 32, b"\2" * 32, FAR, FAR)
    call.send(house.operator)
    house.desk.set_allowance(house.operator.address, COIN).send(house.operator)
    return house


@contextmanager
def restored(house: QueueHouse) -> Iterator[None]:
    """The chain for changes that are undone."""
    snapshot = ask(house.w3, "evm_snapshot")
    try:
        yield
    finally:
        ask(house.w3, "evm_setIntervalMining", 0)
        ask(house.w3, "anvil_dropAllTransactions")
        ask(house.w3, "evm_setAutomine", True)
        ask(house.w3, "evm_revert", snapshot)


@dataclass
class Scene:
    """One fault's. `folder` has the databases, `logs` what the processes said."""

    house: QueueHouse
    folder: Path
    logs: Path
    node: FaultyNode
    address: str
    database: str
    index: str
    stack: ExitStack
    environment: dict[str, str] = field(default_factory=dict)
    settings: tuple[str, ...] = ()
    opened: dict[Priority, list[bytes]] = field(default_factory=dict)
    late: list[bytes] = field(default_factory=list)
    entries: Counter[tuple[bytes, int]] = field(default_factory=Counter)
    processes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)
    over_at: float | None = None
    tell: Callable[[str, str, float], None] = lambda *_: None
    """Is told what was done, what came of it, and how many seconds it took."""

    # ------------------------------------------------------------ the beginning

    def begin(self, *settings: str) -> None:
        """The services run, and have begun to work: the first of their transactions is mined.

        `settings` are lines for the keeper's.
        """
        self.settings = settings
        house = self.house
        late = [(priority, number) for priority in _LATE for number in range(_TICKETS)]
        opened = [self._open(priority, number) for priority, number in late]
        for (priority, _), ticket in zip(late, opened, strict=True):
            self.opened.setdefault(priority, []).append(ticket)
        self.pass_time(_HOUR + 1)
        self.late += self.opened[Priority.URGENT]
        self.start_index()
        self.take("before")
        ask(house.w3, "evm_setAutomine", False)
        self.mining(True)
        self._nonce = self._count()
        self.start_keeper()
        self.wait(lambda: self._count() > self._nonce, "a first transaction")

    def _count(self) -> int:
        """How many of the keeper's transactions are mined."""
        return self.house.w3.eth.get_transaction_count(self.house.agent.address)

    def _open(self, priority: Priority, number: int) -> bytes:
        house = self.house
        commitment = bytes.fromhex(queue_house.digest(f"late {priority} {number}")[2:])
        call = house.desk.open_ticket_for(house.requester.address, 1, priority, commitment)
        return bytes(call.send(house.operator).event("TicketOpened")["ticket_id"])

    def start_index(self) -> None:
        """The process that keeps the index."""
        words = ("index", "run", "--rpc", self.node.address, "--database", self.index)
        more = ("--desk", self.house.desk.address, "--interval", "0.25", "--private-leaves")
        self.start("index", *words, *more)
        self.wait(lambda: self.indexed() is not None, "an index")

    def start_keeper(self, name: str = "keeper", *, account: int = 1, folder: Path | None = None) -> None:
        """A keeper's process; one with another account has a folder of its own."""
        self.start(name, "keeper", "run", "--settings", str(self._settings(folder or self.folder, account)))
        self.wait(lambda: "answers at" in self.said(name), f"the {name}")

    def _settings(self, folder: Path, account: int) -> Path:
        database = self.database if folder == self.folder else None
        duties = '"anchor", "claim", "collect"' if account == 1 else '"claim", "collect"'
        more = ("port = 0", 'stuck_after = "2s"', f"duties = [{duties}]", *self.settings)
        path = keeper_house.settings_file(
            self.house, folder, self.address, *more, account=account, database=database
        )
        text = path.read_text("utf-8")
        for old, new in (
            (f'"{keeper_house.rpc_of(self.house)}"', f'"{self.node.address}"'),
            ("\nevery = 0.1\n", "\nevery = 0.5\n"),
            ("\n[keeper]\n", f'\n[index]\nurl = "{self.index}"\n[keeper]\n'),
        ):
            assert old in text
            text = text.replace(old, new)
        path.write_text(text, "utf-8")
        return path

    def start(self, name: str, *words: str) -> None:
        """A process that is killed at the end."""
        said = self.stack.enter_context((self.logs / f"{name}.log").open("a", encoding="utf-8"))
        process = subprocess.Popen(
            [sys.executable, "-m", "makegood", *words],
            cwd=PROJECT,
            text=True,
            stdout=subprocess.DEVNULL,
            stderr=said,
            env={**os.environ, **self.environment},
        )
        self.processes[name] = process
        self.stack.callback(end, process)

    # ------------------------------------------------------------ what happens meanwhile

    def take(self, name: str) -> None:
        """Tickets that wait to be anchored, each with an answer, as from a bridge beside the keeper."""
        house, events = self.house, []
        for number in range(_TICKETS):
            called = f"{name} {number}"
            events += [house.opened(called), house.later("replied", called)]
            ticket = bytes.fromhex(house.ticket(called)[2:])
            self.entries.update({(ticket, 0): 1, (ticket, 1): 1})
        database = Database(self.database)
        chain = str(house.desk.chain_id)
        with Store.shared(database, chain=chain, desk=house.desk.address, folder=self.folder) as store:
            store.take(house.read(events), 1)
        database.close()

    def more(self) -> None:
        """More to be done: tickets that wait, and others that are late."""
        self.take("during")
        self.grow_late()

    def grow_late(self) -> None:
        """The second half of the tickets on chain is late from now on."""
        self.pass_time(_HOUR)
        self.late += self.opened[Priority.HIGH]

    def pass_time(self, seconds: int) -> None:
        """Of the chain."""
        ask(self.house.w3, "evm_increaseTime", seconds)
        ask(self.house.w3, "evm_mine")

    def mining(self, on: bool) -> None:
        """A block a second, or none until they are asked for."""
        ask(self.house.w3, "evm_setIntervalMining", 1 if on else 0)

    def idle(self) -> None:
        """Wait until all is done that there was to be done."""
        self.wait(lambda: self._missing() == "", "what there was to be done")

    def blocks(self, count: int) -> None:
        """So many, at once."""
        ask(self.house.w3, "anvil_mine", hex(count))

    @contextmanager
    def fault(self, fault: Fault | None = None) -> Iterator[None]:
        """While it lasts there is more to be done; a fault must be met by somebody."""
        if fault is not None:
            self.node.begin(fault)
        self.more()
        yield
        time.sleep(LASTS)
        if fault is not None:
            self.wait(lambda: fault.met and self.node.callers >= _CALLERS, "both, that they meet the fault")
            self.node.end()
        self.over()

    def over(self) -> None:
        """From here on the time counts."""
        self.over_at = time.monotonic()

    def kill(self, name: str) -> None:
        """A process, by `kill -9`."""
        end(self.processes.pop(name))

    def stop(self) -> None:
        """All of them."""
        for name in list(self.processes):
            self.kill(name)

    # ------------------------------------------------------------ the end

    def recovered(self, done: str) -> None:
        """Wait until all is as if nothing had been, and see that it is; `done` says what the fault was."""
        assert self.over_at is not None
        while missing := self._missing():
            took = time.monotonic() - self.over_at
            assert took < WITHIN, f"after {took:.0f} s: {missing}\n{self._all_said()}"
            time.sleep(0.2)
        seconds = time.monotonic() - self.over_at
        self.mining(False)
        self.idle()
        assert self._anchored() == self.entries
        self._see_that_each_is_paid_once()
        self._see_that_nobody_died()
        self._audit()
        self.tell(done, self._outcome(), seconds)

    def _missing(self) -> str:
        """What is not yet as it should be; empty where all is."""
        anchored, wanted = self._anchored(), self.entries
        if anchored.total() < wanted.total():
            return f"{anchored.total()} of {wanted.total()} entries are anchored"
        if len(self._compensated()) < len(self.late):
            return f"{len(self._compensated())} of {len(self.late)} tickets are compensated"
        if self.collected() < self._due():
            return f"{self.collected()} of {self._due()} wei are collected"
        if waiting := self._unfinished():
            return f"in the outbox: {', '.join(waiting)}"
        indexed = self.indexed()
        if indexed is None or indexed < self.house.w3.eth.block_number:
            return f"the index is at {indexed}"
        return ""

    def _anchored(self) -> Counter[tuple[bytes, int]]:
        """How often each entry is on the chain, by what is published; nothing while something is not."""
        found: Counter[tuple[bytes, int]] = Counter()
        for event in self.house.desk.lane.events(("BatchAnchored",)):
            try:
                batch = read_leaves(self.folder / "published", bytes(event["root"]), event["counts"])
            except LeavesMissing:
                return Counter()
            entries = [Entry.decode(batch.leaf(index)) for index in range(batch.size)]
            found.update((each.ticket_id, each.sequence) for each in entries)
        return found

    def _compensated(self) -> list[tuple[bytes, int]]:
        found = self.house.desk.events(("BreachCompensated",))
        return [(bytes(event["ticket_id"]), event["kinds"]) for event in found]

    def collected(self) -> int:
        """What was paid out, in wei."""
        return sum(event["amount"] for event in self.house.desk.pool.events(("Collected",)))

    def _due(self) -> int:
        amounts = {ticket: _LATE[name] for name, some in self.opened.items() for ticket in some}
        return sum(amounts[ticket] for ticket in self.late)

    def _unfinished(self) -> list[str]:
        """What the keepers of this database have not brought to an end."""
        database = Database(self.database)
        try:
            with database.reading() as connection:
                query = select(intents.c.key).where(intents.c.state.in_(UNFINISHED))
                return list(connection.execute(query).scalars())
        finally:
            database.close()

    def indexed(self) -> int | None:
        """The newest block of the index."""
        cursor = self._cursor()
        return None if cursor is None else cursor.head_number

    def safe(self) -> int:
        """The newest block that the index calls safe."""
        cursor = self._cursor()
        return -1 if cursor is None else cursor.safe_number

    def _cursor(self) -> Cursor | None:
        if self.index.startswith("sqlite") and not Path(self.index.removeprefix("sqlite:///")).exists():
            return None
        store = Index(self.index, read_only=True)
        try:
            with store.reading() as connection:
                return cursor_of(connection, self.house.desk.chain_id)
        except MakegoodError:
            return None  # its tables are not made yet
        finally:
            store.close()

    def _see_that_each_is_paid_once(self) -> None:
        assert sorted(self._compensated()) == sorted((ticket, int(Kind.FIRST_REPLY)) for ticket in self.late)
        assert self.collected() == self._due()

    def _see_that_nobody_died(self) -> None:
        for name, process in self.processes.items():
            assert process.poll() is None, f"the {name} ended: {self.said(name)[-2_000:]}"
            assert "Traceback" not in self.said(name), self.said(name)[-3_000:]

    def _audit(self) -> None:
        """Against the real node, which nothing stands before."""
        store = Index(self.index, read_only=True)
        try:
            found = audit(store, Node(keeper_house.rpc_of(self.house)))
        finally:
            store.close()
        assert found.agrees, found.differing

    def _outcome(self) -> str:
        sent = self._count() - self._nonce
        return (
            f"{self.entries.total()} entries and {len(self.late)} payments, each once, "
            f"by {sent} transactions; the index is a fresh one's equal"
        )

    # ------------------------------------------------------------ looking

    def transactions(self, *states: str) -> int:
        """How many intents of the database are in these states."""
        database = Database(self.database)
        try:
            with database.reading() as connection:
                query = select(func.count()).where(intents.c.state.in_(states))
                return int(connection.execute(query).scalar_one())
        finally:
            database.close()

    def said(self, name: str) -> str:
        """What a process wrote."""
        return (self.logs / f"{name}.log").read_text("utf-8")

    def told(self, name: str, says: str) -> list[dict[str, Any]]:
        """What a process logged in these words."""
        lines = [line for line in self.said(name).splitlines() if line.startswith("{")]
        return [each for each in map(json.loads, lines) if says in json.dumps(each)]

    def wait(self, done: Callable[[], object], what: str, seconds: float = _STARTS_WITHIN) -> None:
        """Until something is so. Fails where a process has ended meanwhile."""
        deadline = time.monotonic() + seconds
        while not done():
            self._see_that_nobody_died()
            assert time.monotonic() < deadline, f"waited for {what}\n{self._all_said()}"
            time.sleep(0.1)

    def _all_said(self) -> str:
        return "\n".join(f"--- {name}\n{self.said(name)[-3_000:]}" for name in self.processes)


def end(process: subprocess.Popen[str]) -> None:
    """Now."""
    process.kill()
    process.wait()


@contextmanager
def scene(
    house: QueueHouse,
    folder: Path,
    logs: Path,
    node: FaultyNode,
    address: str,
    databases: Sequence[str] = (),
    **given: Any,
) -> Iterator[Scene]:
    """One, in SQLite unless a database for the services and one for the index are named."""
    database, index = databases or (f"sqlite:///{folder / 'makegood.sqlite'}", default_url(folder))
    with restored(house), ExitStack() as stack:
        yield Scene(house, folder, logs, node, address, database, index, stack, **given)
