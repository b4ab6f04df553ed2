# SPDX-License-Identifier: Apache-2.0
"""A desk with all its services as processes, from one settings file: what an operator runs."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import psycopg
import requests
from eth_account import Account
from keeper_house import PASSWORD, key
from queue_house import COIN, DAY, FAR, account
from real_helpdesk import PASSWORD as STAFF_PASSWORD
from real_helpdesk import free_port
from web3 import Web3

from benchmarks.node import ask
from makegood import policy as policies
from makegood.desk import ETH, HUMAN, Desk, deploy_factory

T = TypeVar("T")

PROJECT = Path(__file__).resolve().parents[2]
SECRET = "a secret of the tests"  # noqa: S105
FUNDS = 10 * COIN
COMPENSATION = 3 * COIN // 1_000
BOND = COIN // 100
FIRST_REPLY = 3_600
# So much later no answer in time can come to light: the anchor lag, and what a fetch takes.
CERTAIN = 15 * 60 + 61
CHALLENGE = DAY
POLICY = """
name: Wallet
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 2h, resolution: 120h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  high: {first_reply: 1h, next_reply: 2h, resolution: 120h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  normal: {first_reply: 1h, next_reply: 2h, resolution: 120h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  low: {first_reply: 1h, next_reply: 2h, resolution: 120h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
bonds: {contest: "0.01", prove: "0.01"}
"""  # noqa: E501

_PATIENCE = 120.0


def wait_for(what: Callable[[], T | None], about: str, seconds: float = _PATIENCE) -> T:
    """What is found, once it is there."""
    deadline = time.monotonic() + seconds
    while True:
        if found := what():
            return found
        assert time.monotonic() < deadline, f"it did not come: {about}"
        time.sleep(0.1)


def deploy(w3: Web3) -> Desk:
    """A funded desk whose agents are the keeper, with an allowance, and one of the staff."""
    operator, keeper, staff = account(0), account(1), account(3)
    factory = deploy_factory(w3, operator)
    deployed = factory.deployed(
        factory.deploy_desk(operator.address, ETH, 30 * DAY, "Acme Wallet").send(operator)
    )
    desk = Desk(w3, deployed.desk)
    desk.publish_policy(policies.parse(POLICY).to_chain(), "Wallet").send(operator)
    for each in (keeper, staff):
        call = desk.directory.sign_register_agent(each, HUMAN, b"\1" * 32, b"\2" * 32, FAR, FAR)
        call.send(operator)
    desk.set_allowance(keeper.address, COIN).send(operator)
    desk.pool.fund(FUNDS).send(operator)
    # Blocks at once have times ahead of this machine's, and what people do must come after them.
    wait_for(lambda: time.time() > w3.eth.get_block("latest")["timestamp"], "the chain's time")
    # From here on a block comes every second, as on a real chain.
    ask(w3, "evm_setAutomine", False)
    ask(w3, "evm_setIntervalMining", 1)
    return desk


@dataclass
class WholeDesk:
    """Addresses of services in one folder; `bridge_port` is known before the helpdesk, which tells it."""

    desk: Desk
    folder: Path
    database: str
    index: str
    leaves: str
    claim_wait: str = "30s"
    bridge_port: int = field(default_factory=free_port)
    keeper_port: int = field(default_factory=free_port)
    explorer_port: int = field(default_factory=free_port)

    @property
    def hook(self) -> str:
        return f"{self.bridge}/hooks/support/{SECRET.replace(' ', '%20')}"

    @property
    def bridge(self) -> str:
        return f"http://127.0.0.1:{self.bridge_port}"

    @property
    def explorer(self) -> str:
        return f"http://127.0.0.1:{self.explorer_port}"

    @property
    def rpc(self) -> str:
        return str(self.desk.w3.provider.endpoint_uri)  # type: ignore[attr-defined]

    @property
    def log(self) -> Path:
        return self.folder / "serve.log"

    def settings(self, helpdesk: str) -> Path:
        """The settings file, with the files that it names."""
        keystore = self.folder / "keeper.json"
        keystore.write_text(json.dumps(Account.encrypt(key(1).key, PASSWORD, "pbkdf2", 2)), "utf-8")
        keystore.chmod(0o600)
        for name, text in (
            ("password", PASSWORD),
            ("requester-secret", "of the desk's own keys"),
            ("webhook-secret", SECRET),
            ("helpdesk-credential", f"bridge:{STAFF_PASSWORD}"),
            ("mapping.yaml", f'support: {{agents: {{1: "{account(3).address}"}}}}'),
        ):
            (self.folder / name).write_text(text + "\n", "utf-8")
        path = self.folder / "makegood.toml"
        path.write_text(self._toml(helpdesk), "utf-8")
        return path

    def _toml(self, helpdesk: str) -> str:
        return f"""
[chain]
rpc = "{self.rpc}"
chain_id = {self.desk.chain_id}
desk = "{self.desk.address}"

[database]
url = "{self.database}"

[index]
url = "{self.index}"
interval = 0.2
private_leaves = true

[bridge]
port = {self.bridge_port}
policy = 1
mapping = "mapping.yaml"
receipts = "receipts"
namings = "namings"
keeper = "{account(1).address}"
requester_secret_file = "requester-secret"
public_url = "{self.bridge}"
explorer_url = "{self.explorer}/en"
claim_wait = "{self.claim_wait}"

[bridge.helpdesks.support]
kind = "django-helpdesk"
secret_file = "webhook-secret"
api_url = "{helpdesk}"
api_credential_file = "helpdesk-credential"
api_account = "3"

[keeper]
key = "keeper.json"
password_file = "password"
every = 0.2
slow_every = 0.5
namings = "namings"
port = {self.keeper_port}

[keeper.anchor]
age = "1s"
receipts = "receipts"
uri = "{self.leaves}"
publish = "published"

[explorer]
port = {self.explorer_port}
rate = 0
stale_after = 0
holders = "{self.bridge}/holders"
"""

    @contextmanager
    def services(self, settings: Path) -> Iterator[None]:
        """All of them, by `makegood serve`, until the end of the block, where they end in order."""
        words = ("serve", "--settings", str(settings))
        with self.log.open("wb") as said:
            running = subprocess.Popen(
                [sys.executable, "-m", "makegood", *words], cwd=PROJECT, stdout=said, stderr=said
            )
        try:
            for port in (self.bridge_port, self.keeper_port, self.explorer_port):
                wait_for(lambda port=port: self._answers(port, running), f"a service at port {port}")
            yield
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0, self.said()
        finally:
            running.kill()
            running.wait()

    def _answers(self, port: int, running: subprocess.Popen[bytes]) -> bool:
        assert running.poll() is None, self.said()
        try:
            return requests.get(f"http://127.0.0.1:{port}/healthz", timeout=5).ok
        except requests.ConnectionError:
            return False

    def said(self) -> str:
        """The end of the log."""
        return self.log.read_text("utf-8")[-5_000:]

    def errors(self) -> list[str]:
        """The lines of the log that are no news."""
        lines = self.log.read_text("utf-8").splitlines()
        return [line for line in lines if json.loads(line)["level"] not in ("info", "warning")]

    def shown(self, ticket: str) -> dict[str, Any] | None:
        """What the explorer's API says of a ticket, once the index has it."""
        found = requests.get(f"{self.explorer}/api/v1/ticket/{self.desk.chain_id}/{ticket}", timeout=30)
        if found.status_code == 404:
            return None
        found.raise_for_status()
        view: dict[str, Any] = found.json()["view"]
        return view


def dumped(url: str) -> str:
    """All that a database of Postgres holds, as text; bytes as hex."""
    with psycopg.connect(url) as connection:
        names = [
            name
            for (name,) in connection.execute(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
            )
        ]
        return "\n".join(
            row
            for name in names
            for (row,) in connection.execute(f'SELECT each::text FROM "{name}" each'.encode())  # noqa: S608
        )


def on_chain(w3: Web3, last: int) -> tuple[bytes, int]:
    """All that transactions and logs say, up to a block; and what the keeper paid for gas."""
    said, gas, keeper = [], 0, account(1).address
    for number in range(last + 1):
        for transaction in w3.eth.get_block(number, full_transactions=True)["transactions"]:
            receipt = w3.eth.get_transaction_receipt(transaction["hash"])  # type: ignore[index]
            said.append(bytes(transaction["input"]))  # type: ignore[index]
            said += [b"".join([*log["topics"], log["data"]]) for log in receipt["logs"]]
            if receipt["from"] == keeper:
                gas += receipt["gasUsed"] * receipt["effectiveGasPrice"]
    return b"\n".join(said), gas
