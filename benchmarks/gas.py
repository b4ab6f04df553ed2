# SPDX-License-Identifier: Apache-2.0
"""Gas of every operation against its limit, for ETH and an ERC-20, beside the peers': `make bench`.

Measured on a fresh anvil from the build, and the peers' contracts on the same. The limits are those of
DESIGN.md section 12. Exit code 1 where a limit is passed.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from web3 import Web3

from benchmarks import peers
from benchmarks.bench import ERC20, Bench
from benchmarks.disputes import TOGETHER, Disputes
from benchmarks.node import anvil
from benchmarks.peers import Beside, Comparison
from benchmarks.tickets import Tickets
from checks.code_size import MAX_INITCODE, MAX_RUNTIME, faults
from makegood import artifacts
from makegood.console.table import table
from makegood.desk import ETH
from makegood.errors import MakegoodError, NotFound


@dataclass(frozen=True)
class Operation:
    """An operation and its limits in gas, in ETH and in an ERC-20; None where there is none.

    Where the asset's own code runs, its gas is in the figure.
    """

    name: str
    limit: int | None
    erc20_limit: int | None


def _both(name: str, limit: int) -> Operation:
    return Operation(name, limit, limit)


COMPLETE = _both(peers.COMPLETE, 10_500_000)
# Taken off the trace of that transaction: what created lane and panel, and `initialize`. No limit:
# desk, pool and directory carry what arbiters and batches need of them; without it they took 6,084,287.
LEAN = Operation("the same without its panel and its lane", None, None)

TICKETS = (
    COMPLETE,
    LEAN,
    _both("open_ticket, calendar hours", 72_000),
    _both("open_ticket, opening hours", 76_000),
    _both("open_ticket_for by an agent, calendar hours", 82_000),
    _both("open_ticket_for by an agent, opening hours", 82_000),
    _both("open_ticket_signed, calendar hours", 82_000),
    _both("open_ticket_signed, opening hours", 82_000),
    _both("reply: open to hold", 40_000),
    _both("reply: hold to hold", 40_000),
    _both("reply: hold to pending, the clock stops", 44_000),
    _both("reply: pending to hold, the clock restarts", 44_000),
    _both("reply: open to solved, the clock stops", 44_000),
    _both("reply: solved to hold, the clock restarts", 44_000),
    _both("follow_up: on open", 44_000),
    _both("follow_up: from hold", 44_000),
    _both("follow_up: from pending", 44_000),
    _both("follow_up: from solved", 44_000),
    Operation("claim, paid out to a fresh address", 90_000, None),
    _both("reply_many, each further", 14_000),
    _both("claim_many, each further", 40_000),
    _both("close_many, each further", 15_000),
    # DESIGN.md section 11: what a prototype took at most.
    _both("due, opening hours: part of the above", 2_900),
    _both("left, opening hours: part of the above", 2_300),
)


def _dispute(name: str, *steps: str, limited: bool = True) -> tuple[Operation, ...]:
    most = (300_000, 325_000) if limited else (None, None)
    return (
        *(Operation(f"{name}: {step}", None, None) for step in steps),
        Operation(f"{name}: {TOGETHER}", *most),
    )


# From contest to payment, three of five arbiters. The limit is for a clock kind, paid out by the verdict.
DISPUTES = (
    *_dispute("a reply, paid by the verdict", "contest", "submit_verdict"),
    *_dispute("a solution, paid by the verdict", "contest", "submit_verdict"),
    *_dispute("an incident, paid by the verdict", "contest", "submit_verdict", limited=False),
    *_dispute("a reply, paid by default", "contest", "rule_by_default", limited=False),
    *_dispute("a reply, collected later", "contest", "submit_verdict", "collect", limited=False),
    *_dispute("a reply, another dispute open", "contest", "submit_verdict", "collect", limited=False),
    *_dispute("a solution, collected later", "contest", "submit_verdict", "collect", limited=False),
    *_dispute("an incident, collected later", "contest", "submit_verdict", "collect", limited=False),
    Operation("collect_fees, one dispute", None, None),
)
DISPUTE_NOTES = (
    "The requester never had anything in the pool; its ERC-20 bond is all that it held, and approving it",
    "is not counted. Unless another dispute is open, the pool holds no bond, fee or credit beforehand.",
)


# ---------------------------------------------------------------- telling


@dataclass(frozen=True)
class Row:
    """One operation as measured. `within` is whether it keeps the limits that it has."""

    operation: Operation
    eth: int
    erc20: int

    @property
    def within(self) -> bool:
        """Each asset has its own limit, or none."""
        pairs = ((self.eth, self.operation.limit), (self.erc20, self.operation.erc20_limit))
        return all(limit is None or gas <= limit for gas, limit in pairs)

    @property
    def limited(self) -> bool:
        """Whether it has any limit."""
        return self.operation.limit is not None or self.operation.erc20_limit is not None


@dataclass(frozen=True)
class Measured:
    """All that was measured; no peers where they are not installed."""

    tickets: tuple[Row, ...]
    disputes: tuple[Row, ...]
    peers: tuple[Comparison, ...]

    @property
    def rows(self) -> tuple[Row, ...]:
        """Of both tables of ours."""
        return self.tickets + self.disputes


def measure() -> Measured:
    """Every operation on a fresh node. Raises MakegoodError where there is no node or no build."""
    with anvil() as w3:
        eth, erc20 = (_on_desks(w3, asset) for asset in (ETH, ERC20))
        # Last: they move the node's clock.
        others = _peers(w3)

    def rows(operations: tuple[Operation, ...]) -> tuple[Row, ...]:
        return tuple(Row(each, eth[each.name], erc20[each.name]) for each in operations)

    return Measured(rows(TICKETS), rows(DISPUTES), peers.compare(others, eth, erc20))


def _peers(w3: Web3) -> tuple[Beside, ...]:
    try:
        return peers.measure(w3)
    except NotFound as error:
        print(f"The peers are left out. {error}", file=sys.stderr)
        return ()


def _on_desks(w3: Web3, asset: str) -> dict[str, int]:
    bench = Bench(w3, asset)
    deployed = {COMPLETE.name: bench.deployment_gas, LEAN.name: bench.lean_deployment_gas}
    # Disputes on a desk of their own: what tickets leave in its pool would make them cheaper.
    return {**deployed, **Tickets(bench).run(), **Disputes(Bench(w3, asset)).run()}


def sizes() -> tuple[tuple[str, int, int, bool], ...]:
    """Runtime and initcode bytes of each contract, and whether they are within their limits."""
    built = map(artifacts.load, artifacts.NAMES)
    return tuple((each.name, each.runtime_size, each.initcode_size, not faults(each)) for each in built)


def _lines(measured: Measured, found: Sequence[tuple[str, int, int, bool]]) -> Iterable[str]:
    yield from _costs("operation", measured.tickets)
    yield "In a claim the token's own code runs too; its limit is for ETH."
    yield ""
    yield from _costs("dispute, three of five arbiters", measured.disputes)
    yield from DISPUTE_NOTES
    yield ""
    if measured.peers:
        yield from peers.lines(measured.peers)
        yield ""
    yield from table(
        ("bytes", "runtime", "limit", "initcode", "limit", ""),
        [
            (
                name,
                f"{runtime:,}",
                f"{MAX_RUNTIME:,}",
                f"{initcode:,}",
                f"{MAX_INITCODE:,}",
                "ok" if fits else "TOO MUCH",
            )
            for name, runtime, initcode, fits in found
        ],
        right=(1, 2, 3, 4),
        wrap=0,
    )


def _costs(title: str, rows: Sequence[Row]) -> Iterable[str]:
    ours = [
        (
            row.operation.name,
            _figure(row.operation.limit),
            _figure(row.eth),
            _figure(row.operation.erc20_limit),
            _figure(row.erc20),
            ("ok" if row.within else "TOO MUCH") if row.limited else "",
        )
        for row in rows
    ]
    headers = (title, "limit", "ETH", "limit", "ERC-20", "")
    return table(headers, ours, right=(1, 2, 3, 4), wrap=0)


def _figure(gas: int | None) -> str:
    return "·" if gas is None else f"{gas:,}"


def _fields(measured: Measured, found: Sequence[tuple[str, int, int, bool]]) -> dict[str, Any]:
    return {
        "operations": [
            {
                "operation": row.operation.name,
                "limit": row.operation.limit,
                "erc20_limit": row.operation.erc20_limit,
                "eth": row.eth,
                "erc20": row.erc20,
                "within": row.within,
            }
            for row in measured.rows
        ],
        "sizes": {
            name: {"runtime": runtime, "initcode": initcode, "within": fits}
            for name, runtime, initcode, fits in found
        },
        "peers": [
            {**asdict(each.beside), "our_gas": each.our_gas, "ratio": round(each.ratio, 3)}
            for each in measured.peers
        ],
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a limit is passed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.gas", description=__doc__)
    parser.add_argument("--json", action="store_true", help="one JSON object")
    as_json = parser.parse_args(arguments).json
    try:
        measured, found = measure(), sizes()
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if as_json:
        print(json.dumps(_fields(measured, found), indent=2))
    else:
        print("\n".join(_lines(measured, found)))
    too_much = [row.operation.name for row in measured.rows if not row.within] + [
        each[0] for each in found if not each[3]
    ]
    for name in too_much:
        print(f"{name}: over its limit.", file=sys.stderr)
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
