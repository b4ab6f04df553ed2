# SPDX-License-Identifier: Apache-2.0
"""What our operations cost in coin, by the golden gas figures and a gas price: the table of docs/networks.md.

`python -m checks.costs` takes the prices of that page, `python -m checks.costs 12.5` another one, in gwei.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from makegood.errors import MakegoodError, NotFound

_GOLDEN = Path(__file__).resolve().parents[1] / "tests" / "golden" / "gas"
_GWEI = Decimal(10) ** -9


@dataclass(frozen=True)
class Operation:
    """What is done, and the line of the golden file that has its gas."""

    name: str
    contract: str
    line: str


OPERATIONS = (
    Operation("deploy a desk, its factory being there", "DeskFactory", "deploy_desk: five arbiters"),
    Operation("publish a policy", "SupportDesk", "publish_policy: opening hours"),
    Operation("anchor a batch, however large", "BatchLane", "anchor_batch: four priorities, opening hours"),
    Operation("open a ticket for somebody", "SupportDesk", "open_ticket_for: opening hours"),
    Operation("reply on chain", "SupportDesk", "reply: open to hold, opening hours"),
    Operation("prove a batch's ticket", "BatchLane", "prove_ticket: by its keeper"),
    Operation("end a challenge, pay it out", "BatchLane", "end_challenge: breached, claimed, paid out"),
    Operation("claim a breach", "SupportDesk", "claim: one kind more"),
    Operation("close ten tickets", "SupportDesk", "close_many: 10, solved"),
)
PRICES = (
    ("Ethereum, 1 gwei", Decimal(1)),
    ("Base, 0.002 gwei", Decimal("0.002")),
    ("Arbitrum One, 0.02 gwei", Decimal("0.02")),
    ("BSC, 0.05 gwei", Decimal("0.05")),
)


def gas_of(operation: Operation, folder: Path = _GOLDEN) -> int:
    """The gas of an operation. Raises NotFound where the golden file has no such line."""
    function, case = operation.line.split(": ", 1)
    path = folder / f"{operation.contract}.txt"
    try:
        text = path.read_text("utf-8")
    except OSError:
        raise NotFound(f"There is no {path}.", hint="Run it in a checkout of the project.") from None
    found = re.search(rf"^ *(\d+)  {function}\(.*?\): {re.escape(case)}$", text, re.MULTILINE)
    if found is None:
        raise NotFound(f"{path} has no line {operation.line}.", hint="Change OPERATIONS in checks/costs.py.")
    return int(found[1])


def coins(gas: int, gwei: Decimal) -> str:
    """The fee in whole coins, to three digits."""
    fee = gas * gwei * _GWEI
    return f"{fee:.{max(0, 2 - fee.adjusted())}f}".rstrip("0").rstrip(".")


def rows(prices: Sequence[tuple[str, Decimal]]) -> list[str]:
    """The lines of the table, in Markdown."""
    lines = [
        f"| operation | gas | {' | '.join(name for name, _ in prices)} |",
        f"| --- | --: | {' | '.join('--:' for _ in prices)} |",
    ]
    for operation in OPERATIONS:
        gas = gas_of(operation)
        fees = " | ".join(coins(gas, price) for _, price in prices)
        lines.append(f"| {operation.name} | {gas:,} | {fees} |")
    return lines


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m checks.costs", description=__doc__)
    parser.add_argument("gwei", nargs="*", type=Decimal, help="prices of a unit of gas, in gwei")
    given = parser.parse_args(arguments).gwei
    try:
        found = rows([(f"{price} gwei", price) for price in given] or PRICES)
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
