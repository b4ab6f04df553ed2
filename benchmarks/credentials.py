# SPDX-License-Identifier: Apache-2.0
"""Credentials issued and verified a second, and documents digested: `python -m benchmarks.credentials`.

This process and its didkit process share one core. A round issues and verifies a batch of statements, or
digests a batch of replies; the best of the rounds counts, since another process may take the core in some.
Exit code 1 where a limit is not reached.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from makegood import documents
from makegood.console.table import table
from makegood.errors import MakegoodError
from makegood.identity import Curve, DidkitProcess, Key, Statement, StatementKind, issue_many, verify_many

BATCH = 512
ROUNDS = 24
CREDENTIALS_LIMIT = 5_000
DOCUMENTS_LIMIT = 20_000

_NOW = 1_767_225_600  # seconds since 1970


@dataclass(frozen=True)
class Row:
    """What was done so many times a second; `limit` is the least that is asked, None where nothing is."""

    name: str
    rate: float
    limit: int | None

    @property
    def within(self) -> bool:
        """Whether the limit is reached."""
        return self.limit is None or self.rate >= self.limit


def rate(work: Callable[[], None], rounds: int, batch: int) -> float:
    """Items a second in the best round."""
    best = float("inf")
    for _ in range(rounds):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return batch / best


def measure(rounds: int, batch: int) -> list[Row]:
    """All that is measured, on the core that this process is on."""
    process = DidkitProcess()
    try:
        return [
            Row(
                "credentials issued and verified, Ed25519",
                rate(credentials(Curve.ED25519, batch, process), rounds, batch),
                CREDENTIALS_LIMIT,
            ),
            Row(
                "credentials issued and verified, secp256k1",
                rate(credentials(Curve.SECP256K1, batch, process), rounds, batch),
                None,
            ),
            Row("documents digested", rate(digests(batch), rounds, batch), DOCUMENTS_LIMIT),
        ]
    finally:
        process.close()


def credentials(curve: Curve, batch: int, process: DidkitProcess) -> Callable[[], None]:
    """Issues and verifies a batch of statements, each about a document of its own."""
    key = Key.generate(curve)
    claims = [
        Statement(StatementKind.REPLY, index.to_bytes(32), (batch + index).to_bytes(32)).claims(
            issued_at=_NOW
        )
        for index in range(batch)
    ]

    def work() -> None:
        found = verify_many(issue_many(claims, key, process=process), now=_NOW, process=process)
        for one in found:
            if isinstance(one, MakegoodError):
                raise one

    return work


def digests(batch: int) -> Callable[[], None]:
    """Digests a batch of replies."""
    replies = [
        documents.new_document(
            "reply", {"ticket": f"0x{index:064x}", "text": "Your transfer was sent again."}
        )
        for index in range(batch)
    ]

    def work() -> None:
        for one in replies:
            documents.digest(one)

    return work


def stay_on_one_core() -> None:
    """Keep this process, and those that it starts, on one core, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def lines(rows: Sequence[Row]) -> list[str]:
    """The table."""
    cells = [
        (
            row.name,
            "·" if row.limit is None else f"{row.limit:,}",
            f"{row.rate:,.0f}",
            "" if row.limit is None else "ok" if row.within else "TOO FEW",
        )
        for row in rows
    ]
    return table(("a second, on one core", "limit", "measured", ""), cells, right=(1, 2), wrap=0)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a limit is not reached."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.credentials", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="how often (default: %(default)s)")
    options = parser.parse_args(arguments)
    stay_on_one_core()
    try:
        rows = measure(options.rounds, BATCH)
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print("\n".join(lines(rows)))
    too_few = [row.name for row in rows if not row.within]
    for name in too_few:
        print(f"{name}: below its limit.", file=sys.stderr)
    return 1 if too_few else 0


if __name__ == "__main__":
    sys.exit(main())
