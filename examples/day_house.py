# SPDX-License-Identifier: Apache-2.0
"""The desk of the day on a chain of its own, its people, and the programs that serve it."""

from __future__ import annotations

import hmac
import http.client
import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from day_leaves import published
from day_script import AGENTS
from eth_account import Account
from eth_account.signers.local import LocalAccount
from web3 import Web3

from benchmarks.node import anvil, ask
from benchmarks.processes import Program, answers, free_port, programs, wait_for
from makegood import policy as policies
from makegood.bridge.beginning import known_since
from makegood.bridge.kept import Kept
from makegood.database import Database
from makegood.desk import BOT, ETH, HUMAN, Desk, KeySigner, deploy_factory
from makegood.errors import MakegoodError

SECRET = "of this example alone"  # noqa: S105
COIN = 10**18
FAR = 2**32 - 1
_PASSWORD = "not the usual one"  # noqa: S105
_WITHIN = 120.0
_STALE = 1_200  # seconds of the chain after which what waits is waited for: well within the lag

POLICY = """
name: A busy day
hours: "24/7"
targets:
  urgent: {first_reply: 30m, next_reply: 1h, resolution: 4h, compensation: {first_reply: "0.020", next_reply: "0.010", resolution: "0.050"}}
  high: {first_reply: 1h, next_reply: 2h, resolution: 8h, compensation: {first_reply: "0.010", next_reply: "0.005", resolution: "0.025"}}
  normal: {first_reply: 2h, next_reply: 4h, resolution: 16h, compensation: {first_reply: "0.004", next_reply: "0.002", resolution: "0.010"}}
  low: {first_reply: 6h, next_reply: 8h, resolution: 30h, compensation: {first_reply: "0.001", next_reply: "0.001", resolution: "0.002"}}
windows: {contest: 12h, challenge: 2h, ruling: 6h, claim: 2d, anchor_lag: 30m}
incident: {cap: "0.5", bond_share: "4%"}
fee: "0.006"
bonds: {contest: "0.008", prove: "0.002"}
"""  # noqa: E501


@dataclass
class House:
    """All of it. Times are those of the chain; `start` is the day's first second."""

    w3: Web3
    folder: Path
    start: int
    seed: int
    people: dict[str, KeySigner] = field(default_factory=dict)
    desk: Desk = field(init=False)
    running: list[Program] = field(default_factory=list)

    def __post_init__(self) -> None:
        names = ("operator", "keeper", *AGENTS, "one", "two", "three", "judge", "juror", "third")
        for name in names:
            account: LocalAccount = Account.from_key(sha256(f"{self.seed} {name}".encode()).digest())
            self.people[name] = KeySigner(account, timeout=60)
            ask(self.w3, "anvil_setBalance", account.address, hex(1_000 * COIN))
            if name == "keeper":
                self._key_file(account)
        self._open_desk()

    # ------------------------------------------------------------ the chain

    @property
    def now(self) -> int:
        """The newest block's time."""
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def travel_to(self, at: int) -> None:
        """The chain's clock goes on from there; it never goes back."""
        if at > self.now:
            ask(self.w3, "evm_setNextBlockTimestamp", at)
        ask(self.w3, "evm_mine")

    def _open_desk(self) -> None:
        operator = self.people["operator"]
        factory = deploy_factory(self.w3, operator)
        arbiters = [self.people[name].address for name in ("judge", "juror", "third")]
        call = factory.deploy_desk(operator.address, ETH, 86_400, "A busy desk", arbiters, 2)
        self.desk = Desk(self.w3, factory.deployed(call.send(operator)).desk)
        self.policy = policies.parse(POLICY).to_chain()
        self.desk.publish_policy(self.policy, "A busy day").send(operator)
        for number, name in enumerate(("keeper", *AGENTS)):
            kind = BOT if name == "keeper" else HUMAN
            digests = (sha256(name.encode()).digest(), sha256(f"credential {number}".encode()).digest())
            agent = self.people[name]
            self.desk.directory.sign_register_agent(agent, kind, *digests, FAR, FAR).send(operator)
        self.desk.set_allowance(self.people["keeper"].address, 10_000 * COIN).send(operator)
        for name in ("one", "two", "three"):
            self.desk.grant_coverage(self.people[name].address, 1, 0, 1_000, FAR).send(operator)
        self.desk.pool.fund(200 * COIN).send(operator)

    # ------------------------------------------------------------ programs

    def start_programs(self, leaves: str) -> None:
        """Index, explorer, bridge and keeper, each a process."""
        self.port, self.keeper_port, self.explorer_port = free_port(), free_port(), free_port()
        settings = ("--settings", str(self._settings(leaves)))
        rpc = str(self.w3.provider.endpoint_uri)  # type: ignore[attr-defined]
        database = ("--database", f"sqlite:///{self.folder / 'index.sqlite'}")
        follow = ("--rpc", rpc, "--desk", self.desk.address, "--private-leaves", "--interval", "0.2")
        self._run("index", "index", "run", *database, *follow)
        self._wait("The index", lambda: self.rows("index", "SELECT 1 FROM chains"))
        address = ("--port", str(self.explorer_port), "--rate", "0", "--stale-after", "0")
        self._run("explorer", "explorer", *database, *address)
        self._know_helpdesk()
        self._run("bridge", "bridge", "run", *settings)
        self._run("keeper", "keeper", "run", *settings)
        for port, path in (
            (self.explorer_port, "/en/"),
            (self.port, "/healthz"),
            (self.keeper_port, "/healthz"),
        ):
            url = f"http://127.0.0.1:{port}{path}"
            self._wait(f"What should answer at {url}", lambda url=url: answers(url))

    def _know_helpdesk(self) -> None:
        """The day is yesterday's, and the bridge counts nothing of the time before it knew a helpdesk."""
        with closing(Database(f"sqlite:///{self.folder / 'makegood.sqlite'}")) as database:
            kept = Kept(database, chain_id=self.desk.chain_id, desk=self.desk.address)
            with kept.writing() as connection:
                known_since(connection, "web", self.start)

    def _run(self, name: str, *words: str) -> None:
        self.running.append(Program(name, self.folder, *words))

    def _wait(self, what: str, done: Any) -> None:
        wait_for(what, done, self.running, _WITHIN)

    def deliver(self, message: dict[str, Any], *, forged: bool = False) -> int:
        """One webhook, as the helpdesk signs it; returns the status of the answer."""
        body = json.dumps(message).encode()
        stamp = str(int(time.time()))
        secret = b"somebody else's secret" if forged else SECRET.encode()
        signature = hmac.new(secret, stamp.encode() + b"." + body, "sha256").hexdigest()
        headers = {
            "Content-Type": "application/json",
            "X-Makegood-Timestamp": stamp,
            "X-Makegood-Signature": f"sha256={signature}",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", "/hooks/web", body, headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def page(self, path: str) -> str:
        """A page of the explorer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.explorer_port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            if answer.status != 200:
                raise MakegoodError(f"The explorer answers {answer.status} to {path}.")
            return answer.read().decode()
        finally:
            connection.close()

    # ------------------------------------------------------------ waiting

    def worked(self) -> None:
        """Until the bridge has worked on all that came in, and nothing waits too long for its batch."""
        waiting = (
            "SELECT (SELECT count(*) FROM bridge_deliveries WHERE state = 'waiting') + (SELECT count(*) FROM"
            " bridge_messages WHERE state = 'waiting') + (SELECT count(*) FROM bridge_outgoing WHERE state ="
            " 'waiting') = 0"
        )
        self._wait("The bridge", lambda: self.rows("makegood", waiting)[0][0])
        before = self.now - _STALE
        waits = (
            f"SELECT count(*) FROM batches_events WHERE batch IS NULL AND refused IS NULL AND at < {before}"  # noqa: S608
        )
        on_way = "SELECT count(*) FROM batches_batches WHERE state <> 'anchored'"
        self._wait(
            "The keeper", lambda: not any(self.rows("makegood", query)[0][0] for query in (waits, on_way))
        )

    def quiet(self, rounds: int = 2) -> None:
        """Until the keeper has looked at everything a few times and found nothing more to send."""
        self.worked()
        calm, seen = 0, self._rounds()
        while calm < rounds:
            self._wait("A round of the keeper", lambda: self._rounds() > seen + 2)  # noqa: B023
            seen = self._rounds()
            calm = calm + 1 if self._is_calm() else 0

    def _is_calm(self) -> bool:
        busy = "SELECT count(*) FROM sending_intents WHERE state IN ('waiting', 'signed')"
        batches = "SELECT count(*) FROM batches_batches WHERE state <> 'anchored' OR handed_out = 0"
        leaves = "SELECT count(*) FROM batches WHERE leaves <> 'published'"
        head = self.rows("index", "SELECT head_number FROM chains")[0][0]
        unfinished = [self.rows("makegood", query)[0][0] for query in (busy, batches)]
        return (
            head == self.w3.eth.block_number and not any(unfinished) and not self.rows("index", leaves)[0][0]
        )

    def _rounds(self) -> int:
        connection = http.client.HTTPConnection("127.0.0.1", self.keeper_port, timeout=30)
        try:
            connection.request("GET", "/healthz")
            return int(json.loads(connection.getresponse().read())["rounds"])
        finally:
            connection.close()

    def rows(self, database: str, query: str) -> list[Any]:
        """From one of the two databases; nothing where it is not there yet."""
        try:
            connection = sqlite3.connect(
                f"file:{self.folder / database}.sqlite?mode=ro", uri=True, timeout=60
            )
        except sqlite3.OperationalError:
            return []
        try:
            return connection.execute(query).fetchall()
        except sqlite3.OperationalError:
            return []
        finally:
            connection.close()

    # ------------------------------------------------------------ files

    def _key_file(self, account: LocalAccount) -> None:
        keystore = self.folder / "keeper.json"
        keystore.write_text(json.dumps(Account.encrypt(account.key, _PASSWORD, "pbkdf2", 2)), "utf-8")
        keystore.chmod(0o600)
        (self.folder / "password").write_text(_PASSWORD + "\n", "utf-8")

    def _settings(self, leaves: str) -> Path:
        lines = ["web:", "  bots: [robot]", "  agents:"]
        lines += [f'    {name}: "{self.people[name].address}"' for name in AGENTS]
        (self.folder / "mapping.yaml").write_text("\n".join(lines) + "\n", "utf-8")
        path = self.folder / "makegood.toml"
        path.write_text(
            f"""
[chain]
rpc = "{self.w3.provider.endpoint_uri}"
chain_id = {self.desk.chain_id}
desk = "{self.desk.address}"
[bridge]
policy = 1
port = {self.port}
mapping = "mapping.yaml"
requester_secret = "{SECRET}"
compare_every = 0
settle = 0
namings = "namings"
keeper = "{self.people["keeper"].address}"
[bridge.helpdesks.web]
kind = "generic"
secret = "{SECRET}"
[keeper]
key = "keeper.json"
password_file = "password"
port = {self.keeper_port}
every = 0.2
slow_every = 0.4
namings = "namings"
[keeper.anchor]
age = "10m"
uri = "{leaves}"
publish = "published"
""",
            "utf-8",
        )
        return path


@contextmanager
def house(folder: Path, start: int, seed: int) -> Iterator[House]:
    """A desk that opened an hour before the day, with all its programs, for as long as it is needed."""
    before = ("--timestamp", str(start - 3_600), "--slots-in-an-epoch", "2")
    with anvil(*before) as w3, published(folder / "published") as leaves, programs() as running:
        made = House(w3, folder, start, seed, running=running)
        made.start_programs(leaves)
        yield made
