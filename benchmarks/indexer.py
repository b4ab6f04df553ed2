# SPDX-License-Identifier: Apache-2.0
"""How many events a second a backfill takes from a local node into SQLite.

The events are real logs of a desk on a fresh anvil: an agent opens tickets and answers them, a hundred in a
transaction, with statuses that stop and start their clocks. Then a new index reads the chain from its first
block, by the same code that `makegood index backfill` runs. What is timed begins with the first request and
ends when all is committed. On a machine that does other things as well, events a second of the index's own
processor time tell more.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from web3 import Web3

from benchmarks.bench import CALENDAR, Bench
from benchmarks.node import anvil
from makegood.clock import Status
from makegood.desk import ETH, Call, KeySigner
from makegood.errors import MakegoodError
from makegood.indexer import contracts, schema
from makegood.indexer.follow import Follower
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url

LIMIT = 20_000
"""Events a second, at least."""
EVENTS = 200_000
TICKETS = 4_000

_A_CALL = 100  # tickets in one transaction
_A_BLOCK = 2  # transactions with a hundred tickets in one block
_FINAL = 70  # blocks after which anvil calls a block final, and some more


class Story:
    """What happens on the desk."""

    def __init__(self, w3: Web3) -> None:
        self.bench = Bench(w3, ETH)
        self.tickets: list[bytes] = []
        for who in (self.bench.agent, self.bench.anyone):
            self.bench.ask("anvil_impersonateAccount", who.address)

    def tell(self, events: int) -> None:
        """Make at least so many events."""
        desk, bench = self.bench.desk, self.bench
        bench.ask("evm_setAutomine", False)
        opened = []
        for _ in range(TICKETS):
            digest = bench.digest()
            opened.append(desk.open_ticket_for(bench.requester.address, CALENDAR, 1, digest))
            self.tickets.append(desk.ticket_id(1, bench.requester.address, digest))
        self._mine(opened, bench.agent, 2 * _A_CALL)
        # Each opening is two events: the ticket's, and the reserve that the pool sets aside.
        rounds = max(1, (events - 2 * TICKETS) // TICKETS)
        statuses = (Status.HOLD, Status.PENDING, Status.HOLD, Status.SOLVED)
        for turn in range(rounds):
            status = statuses[turn % len(statuses)]
            calls = [
                desk.reply_many([(each, status, bench.digest()) for each in some])
                for some in _parts(self.tickets)
            ]
            self._mine(calls, bench.agent, _A_BLOCK)
        bench.ask("anvil_mine", hex(_FINAL))

    def _mine(self, calls: Sequence[Call[Any]], who: KeySigner, a_block: int) -> None:
        for start in range(0, len(calls), a_block):
            for call in calls[start : start + a_block]:
                self.bench.ask(
                    "eth_sendTransaction",
                    {
                        "from": who.address,
                        "to": call.to,
                        "data": Web3.to_hex(call.data),
                        "gas": hex(3_000_000),
                        "gasPrice": hex(10**11),
                    },
                )
            self.bench.ask("evm_mine")


def _parts(tickets: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(tickets), _A_CALL):
        yield tickets[start : start + _A_CALL]


def measure(events: int) -> dict[str, Any]:
    """Tell a story of so many events, and index it."""
    with anvil() as w3, tempfile.TemporaryDirectory(prefix="makegood-") as folder:
        story = Story(w3)
        story.tell(events)
        store = Store(default_url(Path(folder)))
        try:
            node = Node(str(w3.provider.endpoint_uri))  # type: ignore[attr-defined]
            contracts.follow(store, node, [], [story.bench.desk.address])
            began, used = time.monotonic(), time.process_time()
            found = backfill(Follower(store, node), None, lambda _: None)
            seconds, cpu = time.monotonic() - began, time.process_time() - used
            with store.reading() as connection:
                rows = connection.execute(select(func.count()).select_from(schema.events)).scalar_one()
                tickets = connection.execute(select(func.count()).select_from(schema.tickets)).scalar_one()
        finally:
            store.close()
        if rows != found.events or tickets < TICKETS:
            raise MakegoodError(f"The index has {rows} events of {found.events} and {tickets} tickets.")
        return {
            "events": rows,
            "blocks": found.head + 1,
            "tickets": tickets,
            "seconds": round(seconds, 2),
            "events_a_second": int(rows / seconds),
            "cpu_seconds": round(cpu, 2),
            "events_a_cpu_second": int(rows / cpu),
            "limit": LIMIT,
        }


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where it is too slow."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexer", description=__doc__)
    parser.add_argument(
        "--events", type=int, default=EVENTS, metavar="N", help="at least (default: %(default)s)"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    try:
        found = measure(options.events)
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        print(
            f"Index: {found['events']:,} events of {found['tickets']:,} tickets in {found['blocks']:,} "
            f"blocks into SQLite in {found['seconds']} s: {found['events_a_second']:,} a second "
            f"(at least {LIMIT:,}), {found['events_a_cpu_second']:,} a second of processor time"
        )
    return 0 if found["events_a_second"] >= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
