# SPDX-License-Identifier: Apache-2.0
"""A desk on a node with an index, leaves that are served, and a keeper that is the desk's agent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from queue_house import MNEMONIC, QueueHouse

from benchmarks.node import ask
from checks.served import served
from makegood.batches.store import Store
from makegood.database import Database
from makegood.desk import KeySigner
from makegood.indexer import contracts
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store as Index
from makegood.indexer.store import default_url
from makegood.keeper.running import Keeper
from makegood.keeper.settings import AnchorSettings, Settings, WarnSettings
from makegood.keeper.world import World
from makegood.sending import Lane, Outbox
from makegood.sending.fees import FeeRules

PASSWORD = "not the usual one"  # noqa: S105


def key(place: int) -> LocalAccount:
    """An account that the node gave money to."""
    Account.enable_unaudited_hdwallet_features()
    made: LocalAccount = Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}")
    return made


@dataclass
class KeeperHouse:
    """One keeper and all that it needs. `wall` is its wall clock."""

    house: QueueHouse
    folder: Path
    address: str
    index: Index
    follower: Follower
    database: Database
    account: LocalAccount = field(default_factory=lambda: key(1))
    warn: WarnSettings = field(default_factory=WarnSettings)
    anchor: dict[str, Any] = field(default_factory=dict)
    duties: tuple[str, ...] = ("anchor", "answer", "prove", "claim", "collect", "close", "release", "warn")
    wall: float = 1_800_000_000.0
    keeper: Keeper = field(init=False)

    def __post_init__(self) -> None:
        self.keeper = self.started()

    # ------------------------------------------------------------ the keeper

    def started(self, account: LocalAccount | None = None, database: Database | None = None) -> Keeper:
        """A keeper as after a start of its process."""
        account, database = account or self.account, database or self.database
        desk = self.house.desk
        outbox = Outbox(database, desk.chain_id, account.address, clock=lambda: self.wall)
        store = Store.shared(
            database, chain=str(desk.chain_id), desk=desk.address, folder=self.folder / "store"
        )
        settings = Settings(
            key=Path(),
            password="",
            duties=self.duties,
            slow_every=0,
            fees=FeeRules(stuck_after=20),
            namings=self.folder / "namings",
            anchor=AnchorSettings(
                uri=self.address,
                receipts=self.folder / "receipts",
                publish=self.folder / "published",
                **self.anchor,
            ),
            warn=self.warn,
        )
        signer = KeySigner(account, timeout=30)
        world = World(desk, signer, outbox, store, self.index, settings)
        return Keeper(world, Lane(outbox, self.house.w3, account, settings.fees, depth=1))

    def rounds(self, count: int = 3, *, well: bool = True) -> None:
        """Rounds, before each of which the index is up to date."""
        for _ in range(count):
            self.look()
            went_well = self.keeper.round()
            assert went_well or not well, self.keeper.health.failing
            self.wall += 5

    def look(self) -> None:
        """Index what there is, and what is published."""
        leaves = LeafFiles(self.index, self.house.desk.chain_id, private=True, clock=lambda: self.wall)
        backfill(self.follower, leaves, lambda _: None)

    # ------------------------------------------------------------ the desk

    def take(self, *events: dict[str, Any], policy: int = 1) -> None:
        """Events from the desk's other systems."""
        self.keeper.world.store.take(self.house.read(events), policy)

    def pass_time(self, seconds: int) -> None:
        """Of the chain and of the wall."""
        ask(self.house.w3, "evm_increaseTime", seconds)
        ask(self.house.w3, "evm_mine")
        self.wall += seconds

    def anchored(self, *events: dict[str, Any]) -> None:
        """Take events, and anchor them at once."""
        self.take(*events)
        self.pass_time(300)
        self.rounds(3)

    def ticket(self, name: str) -> bytes:
        """The id of a ticket."""
        return bytes.fromhex(self.house.ticket(name)[2:])

    def events(self, contract: str, *names: str) -> list[Any]:
        """What a contract of the desk logged."""
        desk = self.house.desk
        return list({"desk": desk, "lane": desk.lane, "pool": desk.pool}[contract].events(names))

    def paid(self) -> list[int]:
        """The amounts that were collected."""
        return [event["amount"] for event in self.events("pool", "Collected")]

    def compensated(self) -> list[tuple[bytes, int, int]]:
        """Ticket, kinds and amount of each compensation."""
        found = self.events("desk", "BreachCompensated")
        return [(bytes(each["ticket_id"]), each["kinds"], each["amount"]) for each in found]


@contextmanager
def kept(
    house: QueueHouse, folder: Path, url: str | None = None, index_url: str | None = None, **given: Any
) -> Iterator[KeeperHouse]:
    """A keeper of a desk, in a folder of its own, with SQLite unless other databases are named."""
    index = Index(index_url or default_url(folder / "index"))
    node = Node(rpc_of(house))
    contracts.follow(index, node, [], [house.desk.address])
    database = Database(url or f"sqlite:///{folder / 'makegood.sqlite'}")
    with served(folder / "published") as address:
        try:
            yield KeeperHouse(house, folder, address, index, Follower(index, node), database, **given)
        finally:
            index.close()
            database.close()


def rpc_of(house: QueueHouse) -> str:
    """Where the node answers."""
    return str(house.w3.provider.endpoint_uri)  # type: ignore[attr-defined]


def settings_file(
    house: QueueHouse, folder: Path, address: str, *more: str, account: int = 1, database: str | None = None
) -> Path:
    """A settings file for a process, with its key file."""
    keystore = folder / "keeper.json"
    keystore.write_text(json.dumps(Account.encrypt(key(account).key, PASSWORD, "pbkdf2", 2)), "utf-8")
    keystore.chmod(0o600)
    (folder / "password").write_text(PASSWORD + "\n", "utf-8")
    lines: Sequence[str] = (
        "[chain]",
        f'rpc = "{rpc_of(house)}"',
        f"chain_id = {house.desk.chain_id}",
        f'desk = "{house.desk.address}"',
        "[database]",
        *([f'url = "{database}"'] if database else []),
        "[keeper]",
        'key = "keeper.json"',
        'password_file = "password"',
        "every = 0.1",
        "slow_every = 0.3",
        *(more or ("port = 0",)),
        "[keeper.anchor]",
        'age = "1s"',
        "most = 8",
        f'uri = "{address}"',
        'publish = "published"',
    )
    path = folder / "makegood.toml"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path
