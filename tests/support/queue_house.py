# SPDX-License-Identifier: Apache-2.0
"""A desk on a node, and events of its tickets as another system would tell them.

Started as a program it is a desk's process that anchors what a file tells, for tests that kill it:
`python tests/support/queue_house.py URL DESK FOLDER FILE`.
"""

import hashlib
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from web3 import HTTPProvider, Web3

from makegood import policy as policies
from makegood.batches.anchoring import Anchoring, Terms
from makegood.batches.handing_out import hand_out
from makegood.batches.incoming import Incoming, read_lines
from makegood.batches.store import Kept, Store
from makegood.desk import ETH, HUMAN, Desk, KeySigner, deploy_factory

DAY = 86_400
FAR = 2**32 - 1
COIN = 10**18
MNEMONIC = "test test test test test test test test test test test junk"
PRIORITIES = ("urgent", "high", "normal", "low")

POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 2h, resolution: 8h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  high: {first_reply: 2h, next_reply: 4h, resolution: 16h, compensation: {first_reply: "0.002", next_reply: "0.001", resolution: "0.003"}}
  normal: {first_reply: 4h, next_reply: 8h, resolution: 32h, compensation: {first_reply: "0.001", next_reply: "0.001", resolution: "0.001"}}
  low: {first_reply: 8h, next_reply: 16h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
"""  # noqa: E501


def account(place: int) -> KeySigner:
    Account.enable_unaudited_hdwallet_features()
    return KeySigner(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}"), timeout=30)


def digest(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


@dataclass
class QueueHouse:
    """A funded desk with two policies and the agents `agent`, who may anchor, and `successor`."""

    w3: Web3
    desk: Desk
    operator: KeySigner = field(default_factory=lambda: account(0))
    agent: KeySigner = field(default_factory=lambda: account(1))
    requester: KeySigner = field(default_factory=lambda: account(2))
    successor: KeySigner = field(default_factory=lambda: account(3))
    stranger: KeySigner = field(default_factory=lambda: account(4))

    @property
    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def ticket(self, name: str) -> str:
        """The id of the ticket that `opened` opens, computed from its definition."""
        words = [
            self.desk.chain_id.to_bytes(32, "big"),
            bytes(12) + bytes.fromhex(self.desk.address[2:]),
            (2).to_bytes(32, "big"),
            bytes(12) + bytes.fromhex(self.requester.address[2:]),
            bytes.fromhex(digest(name)[2:]),
        ]
        return "0x" + hashlib.sha256(b"".join(words)).hexdigest()

    def opened(
        self, name: str, priority: str = "normal", at: int | None = None, **more: Any
    ) -> dict[str, Any]:
        return {
            "event": "opened",
            "requester": self.requester.address,
            "priority": priority,
            "commitment": digest(name),
            "at": self.now - 60 if at is None else at,
            **more,
        }

    def later(self, event: str, name: str, at: int | None = None, **more: Any) -> dict[str, Any]:
        return {
            "event": event,
            "ticket": self.ticket(name),
            "digest": digest(f"{event} {name}"),
            "at": self.now if at is None else at,
            **more,
        }

    def read(self, events: Sequence[dict[str, Any]]) -> tuple[Incoming, ...]:
        lines = [json.dumps(event) for event in events]
        return read_lines(
            lines, "test", chain_id=self.desk.chain_id, desk=self.desk.address, agent=self.agent.address
        )

    def store(self, folder: Path, wait: float = 10.0) -> Store:
        return Store(folder / "store.sqlite", chain="test", desk=self.desk.address, wait=wait)

    def anchor(
        self,
        folder: Path,
        events: Sequence[dict[str, Any]] = (),
        *,
        signer: KeySigner | None = None,
        step: Callable[[str], None] = lambda _: None,
        policy: int = 1,
        **terms: Any,
    ) -> list[Kept]:
        """What a desk's process does from its start to its end."""
        with self.store(folder) as store:
            store.take(self.read(events), policy)
            step("taken")
            run = Anchoring(
                store, self.desk, signer or self.agent, Terms(policy, **terms), patience=20, step=step
            )
            anchored = list(run.run())
            hand_out(store, self.desk, folder / "receipts", folder / "published", step)
            return anchored


def build(w3: Web3) -> QueueHouse:
    operator, agent, successor = account(0), account(1), account(3)
    factory = deploy_factory(w3, operator)
    deployed = factory.deployed(factory.deploy_desk(operator.address, ETH, 30 * DAY, "Acme").send(operator))
    desk = Desk(w3, deployed.desk)
    for _ in range(2):
        desk.publish_policy(policies.parse(POLICY).to_chain(), "Test").send(operator)
    for each in (agent, successor):
        call = desk.directory.sign_register_agent(each, HUMAN, b"\1" * 32, b"\2" * 32, FAR, FAR)
        call.send(operator)
    desk.set_allowance(agent.address, 10 * COIN).send(operator)
    desk.pool.fund(10 * COIN).send(operator)
    # Replies count from an agent's registration on.
    w3.provider.make_request("evm_increaseTime", [600])  # type: ignore[arg-type]
    w3.provider.make_request("evm_mine", [])  # type: ignore[arg-type]
    return QueueHouse(w3, desk)


def main(url: str, desk: str, folder: str, file: str) -> None:
    w3 = Web3(HTTPProvider(url))
    house = QueueHouse(w3, Desk(w3, desk))
    events = [json.loads(line) for line in Path(file).read_text("utf-8").splitlines()]
    print("ready", flush=True)
    house.anchor(Path(folder), events, max_leaves=5)
    print("done", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
