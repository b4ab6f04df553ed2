# SPDX-License-Identifier: Apache-2.0
"""What a ticket of a real helpdesk costs on each lane: its whole log on anvil, row by row and in batches.

The batch lane anchors, at the end of every ten minutes in which there are rows, one batch of them; the direct
lane sends each row as a transaction. Claims are left out on both.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from statistics import median_low
from typing import Any

from eth_account.signers.local import LocalAccount
from web3 import Web3

from benchmarks.node import PROJECT, anvil
from makegood.batches import Act, Entry
from makegood.batches.batch import Batch
from makegood.batches.entry import ticket_id
from makegood.clock import WEEK
from makegood.console.table import table
from makegood.desk import Desk, KeySigner
from makegood.desk.signer import fees
from makegood.errors import MakegoodError
from makegood.policy import Policy
from makegood.policy import read as read_policy
from makegood.replay import Log, Row, read_log, run
from makegood.replay.anvil import AnvilDriver
from makegood.replay.driver import Block
from makegood.replay.log import OPENED
from makegood.replay.stage import Stage

SECONDS_A_BATCH = 600
DATA = PROJECT.parent / "shared" / "data"
"""Where `helpdesk-events.csv` and `helpdesk-policy.yaml` are, beside the checkout and no part of it."""

_ACTS = {
    "replied": Act.REPLIED,
    "pending": Act.LEFT_PENDING,
    "solved": Act.SOLVED,
    "followed_up": Act.FOLLOWED_UP,
}
_DIRECT_CALLS = ("open_ticket", "reply", "follow_up")
# More than any anchoring takes, and what is not used is not paid.
_GAS_LIMIT = 1_000_000


@dataclass(frozen=True)
class LogFigures:
    """What a log cost, by its lanes; None where the direct one was not measured."""

    tickets: int
    rows: int
    batches: int
    batch_gas: int
    batch_gas_median: int
    direct_gas: int | None

    @property
    def gas_per_ticket(self) -> float:
        """All anchoring, shared by all tickets."""
        return self.batch_gas / self.tickets

    @property
    def direct_gas_per_ticket(self) -> float | None:
        """All openings, replies and follow-ups likewise."""
        return None if self.direct_gas is None else self.direct_gas / self.tickets

    def fields(self) -> dict[str, Any]:
        """For JSON."""
        direct = self.direct_gas_per_ticket
        return {
            **asdict(self),
            "gas_per_ticket": round(self.gas_per_ticket),
            "direct_gas_per_ticket": None if direct is None else round(direct),
        }

    def lines(self) -> list[str]:
        """The table."""
        rows = [("batch, every ten minutes", self.batches, self.batch_gas, self.gas_per_ticket)]
        if self.direct_gas is not None and self.direct_gas_per_ticket is not None:
            rows.append(("direct, row by row", self.rows, self.direct_gas, self.direct_gas_per_ticket))
        return table(
            (f"a helpdesk's {self.tickets:,} tickets", "transactions", "gas", "gas a ticket"),
            [(name, f"{count:,}", f"{gas:,}", f"{each:,.0f}") for name, count, gas, each in rows],
            right=(1, 2, 3),
            wrap=0,
        )


def measure_log(folder: Path = DATA, *, direct: bool = True) -> LogFigures | None:
    """The helpdesk log on both lanes, each on a node of its own; None where the folder is not there."""
    if not folder.is_dir():
        return None
    log = read_log(folder / "helpdesk-events.csv")
    policy = read_policy(folder / "helpdesk-policy.yaml")
    return measure(log, policy, direct=direct)


def measure(log: Log, policy: Policy, *, direct: bool = True) -> LogFigures:
    """Any log under any policy."""
    gas = _in_batches(log, policy)
    return LogFigures(
        tickets=len(log.tickets),
        rows=len(log.rows),
        batches=len(gas),
        batch_gas=sum(gas),
        batch_gas_median=median_low(gas),
        direct_gas=_row_by_row(log, policy) if direct else None,
    )


def spans(rows: Iterable[Row], seconds: int = SECONDS_A_BATCH) -> Iterator[tuple[int, list[Row]]]:
    """The rows of each span of so many seconds that has any, and the second at which it is over."""
    for number, group in groupby(rows, key=lambda row: row.at // seconds):
        yield (number + 1) * seconds, list(group)


# ---------------------------------------------------------------- the lanes


def _row_by_row(log: Log, policy: Policy) -> int:
    with _node() as w3:
        found = run(AnvilDriver(w3), log, policy).gas
    return sum(sum(found[name]) for name in _DIRECT_CALLS)


def _in_batches(log: Log, policy: Policy) -> list[int]:
    with _node() as w3:
        driver = AnvilDriver(w3)
        return _Batches(driver, Stage(driver, policy, log.tickets), log, policy).run()


def _node() -> AbstractContextManager[Web3]:
    return anvil("--order", "fifo", "--prune-history")


class _Batches:
    """A log's batches on a desk that holds what all its tickets can cost."""

    def __init__(self, driver: AnvilDriver, stage: Stage, log: Log, policy: Policy) -> None:
        self._driver = driver
        self._stage = stage
        self._desk: Desk = stage.desk
        self._lane = self._desk.lane
        self._rows = log.rows
        self._sequences: Counter[str] = Counter()
        chain = policy.to_chain()
        worst_case = sum(sum(chain.compensation[priority]) for priority in log.tickets.values())
        # One more than is spent: an agent with nothing left anchors no replies either.
        self._desk.set_allowance(stage.agent.address, worst_case + 1).send(KeySigner(stage.operator))

    def run(self) -> list[int]:
        """The gas of each anchoring, in order. Raises MakegoodError for one that the chain refuses."""
        now = int(self._driver.w3.eth.get_block("latest")["timestamp"])
        # Whole weeks, so that opening hours stay what they were.
        self._offset = (max(0, now - self._rows[0].at) // WEEK + 1) * WEEK
        gas: list[int] = []
        with closing(self._driver.mine(self._blocks())) as mined:
            for receipts in mined:
                for receipt in receipts:
                    if not receipt.succeeded:
                        raise MakegoodError(f"The chain refuses batch {len(gas) + 1} of the log.")
                    gas.append(receipt.gas_used)
        return gas

    def _blocks(self) -> Iterator[Block]:
        terms = {**fees(self._driver.w3), "chainId": self._desk.chain_id, "gas": _GAS_LIMIT, "value": 0}
        for nonce, (over_at, rows) in enumerate(spans(self._rows)):
            batch = Batch.of(
                [(self._entry(row), row.priority) for row in rows if row.event == OPENED],
                [self._entry(row) for row in rows if row.event != OPENED],
            )
            uri = f"https://support.example/batches/{batch.root.hex()}"
            call = self._lane.anchor_batch(1, batch.root, batch.counts, uri, must_back=True)
            fields = {**terms, "to": call.to, "data": call.data, "nonce": nonce}
            yield Block(over_at + self._offset, (_signed(self._stage.agent, fields),))

    def _entry(self, row: Row) -> Entry:
        stage = self._stage
        requester, commitment = stage.requester(row.ticket).address, stage.digest(row.ticket)
        name = ticket_id(self._desk.chain_id, self._desk.address, requester, commitment)
        at = row.at + self._offset
        if row.event == OPENED:
            return Entry(name, 0, Act.OPENED, at, requester, commitment)
        self._sequences[row.ticket] += 1
        act = _ACTS[row.event]
        actor = requester if act is Act.FOLLOWED_UP else stage.agent.address
        return Entry(name, self._sequences[row.ticket], act, at, actor, stage.digest(f"line {row.line}"))


def _signed(account: LocalAccount, fields: dict[str, Any]) -> bytes:
    return bytes(account.sign_transaction(fields).raw_transaction)
