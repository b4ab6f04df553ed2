# SPDX-License-Identifier: Apache-2.0
"""A small day is played by the real programs; its books are those of an account made from the chain alone."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from eth_utils.crypto import keccak

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
TICKETS = 30


@dataclass
class Account:
    """Of one pool: what its logs say, added up without the package."""

    funds: int = 0
    totals: Counter[str] = field(default_factory=Counter)
    paid: Counter[str] = field(default_factory=Counter)

    def take(self, name: str, person: str, amount: int) -> None:
        self.totals[name] += amount
        if name in ("Funded", "Bonded", "BondReserved"):
            self.funds += amount
        elif name in ("Collected", "Withdrawn"):
            self.funds -= amount
            self.paid[person] += amount if name == "Collected" else 0


# As the interface declares them; whose first topic is a person says so.
SIGNATURES = {
    "Funded": "Funded(address,uint256)",
    "Withdrawn": "Withdrawn(address,uint256)",
    "Bonded": "Bonded(address,uint256)",
    "BondReserved": "BondReserved(address,uint256)",
    "Credited": "Credited(address,uint256)",
    "Collected": "Collected(address,uint256)",
    "Synced": "Synced(uint256)",
    "Reserved": "Reserved(uint256)",
    "Released": "Released(uint256)",
}
NAMES = {keccak(text=signature): name for name, signature in SIGNATURES.items()}
OPENED = keccak(text="TicketOpened(bytes32,address,address,bytes32,uint256)")
PROVEN = keccak(text="TicketProven(bytes32,address,uint256,bytes32,uint256,address,uint256)")
CLOSED = keccak(text="TicketClosed(bytes32,uint256,uint256)")
COMPENSATED = keccak(text="BreachCompensated(bytes32,address,uint256,uint256,uint256)")


def logs_of(w3: Any, address: str) -> list[Any]:
    return list(w3.eth.get_logs({"address": address, "fromBlock": 0, "toBlock": "latest"}))


def account_of(w3: Any, pool: str) -> Account:
    found = Account()
    for log in logs_of(w3, pool):
        name = NAMES.get(bytes(log["topics"][0]))
        if name is None:
            continue
        assert name != "Synced", "nobody took anything from this pool, nor sent it anything directly"
        person = "0x" + bytes(log["topics"][1]).hex()[-40:] if len(log["topics"]) > 1 else ""
        found.take(name, person, int.from_bytes(bytes(log["data"])[:32], "big"))
    return found


def test_a_day_balances(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(EXAMPLES))
    for name in ("day", "day_direct", "day_house", "day_leaves", "day_script"):
        sys.modules.pop(name, None)
    import day

    with day.played(tmp_path, TICKETS, seed=7) as (made, found):
        w3, desk, pool = made.w3, made.desk, made.desk.pool
        chain = account_of(w3, pool.address)
        held = w3.eth.get_balance(pool.address)
        events = Counter(bytes(log["topics"][0]) for log in logs_of(w3, desk.address))
        proven = [log for log in logs_of(w3, desk.lane.address) if bytes(log["topics"][0]) == PROVEN]
        compensated = sum(
            int.from_bytes(bytes(log["data"])[32:64], "big")
            for log in logs_of(w3, desk.address)
            if bytes(log["topics"][0]) == COMPENSATED
        )
    assert found.wrong == []
    told = found.books
    # Every coin.
    assert int(told["closing"]["funds"]) == chain.funds == held
    moved = {name: int(units) for name, units in told["moved"].items()}
    assert moved["funded"] == chain.totals["Funded"]
    assert moved["contest bond"] == chain.totals["Bonded"] > 0
    assert moved["proof bond"] == chain.totals["BondReserved"] > 0
    assert moved["withdrawn"] == chain.totals["Withdrawn"] > 0
    assert moved["collected"] == chain.totals["Collected"] == chain.totals["Credited"] > 0
    assert sum(int(kind["credited"]) + int(kind["owed"]) for kind in told["breaches"].values()) == compensated
    # And the file that is sent to finance.
    with (tmp_path / "books.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    by_event: Counter[str] = Counter()
    paid: Counter[str] = Counter()
    for row in rows:
        by_event[row["event"]] += int(row["amount_units"])
        paid[row["to"]] += int(row["amount_units"]) if row["event"] == "Collected" else 0
    assert {name: by_event[name] for name in chain.totals} == chain.totals
    assert +paid == +chain.paid
    # Every ticket.
    tickets = told["tickets"]
    assert sum(row["opened"] for row in tickets if row["lane"] == 0) == events[OPENED]
    assert sum(row["closed"] for row in tickets) == events[CLOSED]
    assert sum(row["over"] for row in tickets) == len(found.script.tickets) - len(proven)
    for name in ("books.html", "books.zh.html"):
        assert "<script" not in (tmp_path / name).read_text("utf-8")
