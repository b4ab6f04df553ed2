# SPDX-License-Identifier: Apache-2.0
"""How fast the explorer's pages answer over an index with a million tickets: `python -m benchmarks.explorer`.

The index is made by `benchmarks.explorer_index` and kept in `.cache/bench/`. `makegood explorer` runs by
itself, with its limit of requests a client raised (`--rate`, `--burst`), since all of them come from this
one; beside it the index gets a new revision every second, as from an indexer that follows a chain.

The file is read once before: what is measured is the explorer, not how a disk seeks. Random tickets, searches
and desks are asked for in both languages over 50 connections: first 200 a second by a schedule of random
times, whether or not the answers before have come (a latency counts from the time in the schedule), then as
fast as they come. A search is followed to the page that it leads to, and counts once. Exit code 1 where a
limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import random
import re
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from benchmarks import explorer_index as index
from benchmarks import explorer_story as story
from benchmarks.explorer_load import Asked, Found, Load
from benchmarks.explorer_logs import digest
from makegood.console.table import table
from makegood.errors import MakegoodError

CONNECTIONS = 50
RATE = 200
SLOWEST = 25.0
"""Milliseconds that 99 of 100 pages of each kind take at most."""
LEAST = 400
"""Pages a second at saturation."""
MOST_MEMORY = 200
"""Megabytes of all processes of the explorer together."""

_FIGURES = ("p50 ms", "p95 ms", "p99 ms", "max ms")
_SCHEDULED, _SATURATED, _WARM = 30.0, 15.0, 3.0
_STARTS_WITHIN = 60.0
_TICKS = os.sysconf("SC_CLK_TCK")


# ---------------------------------------------------------------- what is asked


def pages(tickets: int, seed: int) -> Iterator[Asked]:
    """Six tickets to three searches and a desk, in turn in English and Chinese, at random."""
    chance = random.Random(seed)  # noqa: S311
    kinds = (_ticket,) * 6 + (_search,) * 3 + (_desk,)
    while True:
        code = chance.choice(("en", "zh"))
        yield chance.choice(kinds)(chance, tickets, code)


def _ticket(chance: random.Random, tickets: int, code: str) -> Asked:
    wanted = story.ticket_id(chance.randrange(tickets))
    return Asked("ticket", f"/{code}/ticket/{story.CHAIN}/{wanted}", wanted.encode())


def _desk(chance: random.Random, tickets: int, code: str) -> Asked:  # noqa: ARG001
    # The largest desk as often as it has tickets.
    wanted = chance.choice((0, chance.randrange(1, story.DESKS)))
    return Asked("desk", f"/{code}/desk/{story.CHAIN}/{story.desk(wanted)}", b"Support %d<" % wanted)


def _search(chance: random.Random, tickets: int, code: str) -> Asked:
    number = chance.randrange(tickets)
    at = story.desk_of(number)
    wanted = story.ticket_id(number)
    text, has = chance.choice(
        (
            (wanted, wanted),
            (story.commitment(number), wanted),
            (story.opened_in(number), wanted),
            (story.requester(number), wanted[:6]),
            (story.did(at, number % 8), "</html>"),
            (digest(f"nothing {number}"), "</html>"),
            (wanted[:20], "</html>"),
        )
    )
    return Asked("search", f"/{code}/search?q={quote(text)}", has.encode())


def plan(asked: Iterator[Asked], rate: float, seconds: float, seed: int) -> list[tuple[float, Asked]]:
    """Pages at random times, so many a second."""
    chance, at = random.Random(seed), 0.0  # noqa: S311
    found: list[tuple[float, Asked]] = []
    while (at := at + chance.expovariate(rate)) < seconds:
        found.append((at, next(asked)))
    return found


# ---------------------------------------------------------------- the explorer's processes


class Server:
    """`makegood explorer` and whatever it starts."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self._process, self.port = process, port
        self.most = 0
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)
        self._watching.start()

    def _pids(self) -> list[int]:
        found = [self._process.pid]
        for pid in found:
            for children in Path(f"/proc/{pid}/task").glob("*/children"):
                found += map(int, children.read_text().split())
        return found

    def memory(self) -> int:
        """Bytes in memory, of all of them; what they share is counted once."""
        found = 0
        for pid in self._pids():
            kept = Path(f"/proc/{pid}/smaps_rollup").read_text()
            found += 1_024 * int(kept.partition("\nPss:")[2].split()[0])
        return found

    def cpu(self) -> float:
        """Seconds of a core that they have taken."""
        ticks = 0
        for pid in self._pids():
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / _TICKS

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            self.most = max(self.most, self.memory())

    def stop(self) -> None:
        """Watch it no longer."""
        self._ended.set()
        self._watching.join()


@contextmanager
def serving(file: Path) -> Iterator[Server]:
    """The explorer over this index. Raises MakegoodError where it does not start."""
    command = [sys.executable, "-m", "makegood", "explorer", "--database", f"sqlite:///{file}", "--port", "0"]
    command += ["--rate", "1000000", "--burst", "1000000"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None  # noqa: S101
        try:
            said = process.stderr.readline()
            port = re.search(r"http://127\.0\.0\.1:([0-9]+)/", said)
            if port is None:
                raise MakegoodError(f"The explorer does not start: {said.strip()}")
            server = Server(process, int(port.group(1)))
            try:
                yield server
            finally:
                server.stop()
        finally:
            process.terminate()
            process.wait(_STARTS_WITHIN)


# ---------------------------------------------------------------- measuring


@dataclass(frozen=True)
class Phase:
    """What was found, and what it cost: seconds of the clock, of a core for the explorer and for us."""

    found: Found
    wall: float
    theirs: float
    own: float


async def _measure(server: Server, tickets: int) -> tuple[Phase, Phase]:
    load = Load(server.port, CONNECTIONS)
    await load.open()
    try:
        await load.scheduled(plan(pages(tickets, 1), RATE / 2, _WARM, 1))
        gc.collect()
        gc.freeze()
        asked = plan(pages(tickets, 2), RATE, _SCHEDULED, 2)
        phases = []
        for work in (load.scheduled(asked), load.saturating(pages(tickets, 3), _SATURATED)):
            began, theirs, own = time.monotonic(), server.cpu(), _own()
            found = await work
            phases.append(Phase(found, time.monotonic() - began, server.cpu() - theirs, _own() - own))
        return phases[0], phases[1]
    finally:
        load.close()


def _own() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _read_once(file: Path) -> None:
    """So that it is in the system's memory, where it stays on a machine that serves it."""
    with file.open("rb") as content:
        while content.read(1 << 24):
            pass


def at(seconds: Sequence[float], share: float) -> float:
    """Milliseconds within which this share of them were answered."""
    ordered = sorted(seconds)
    return 1_000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("inf")


def report(scheduled: Phase, saturated: Phase, memory: int) -> tuple[list[str], list[str]]:
    """The lines to print, and the limits that are missed."""
    kinds = dict(sorted(scheduled.found.seconds.items()))
    kinds["all"] = [each for one in kinds.values() for each in one]
    missed, cells = [], []
    for kind, seconds in kinds.items():
        slow = at(seconds, 0.99) > SLOWEST
        missed += [f"99 of 100 pages of kind {kind} take over {SLOWEST:g} ms"] if slow else []
        figures = (at(seconds, 0.5), at(seconds, 0.95), at(seconds, 0.99), 1_000 * max(seconds, default=0))
        shown = (f"{each:.1f}" for each in figures)
        cells.append((kind, f"{len(seconds):,}", *shown, "SLOW" if slow else "ok"))
    rate, megabytes = saturated.found.pages / _SATURATED, memory / 1e6
    if rate < LEAST:
        missed.append(f"under {LEAST} pages a second at saturation")
    if megabytes > MOST_MEMORY:
        missed.append(f"over {MOST_MEMORY} MB of memory")
    wrong = scheduled.found.wrong + saturated.found.wrong
    if wrong:
        missed.append(f"{len(wrong)} answers are wrong, such as {wrong[0]}")
    head = (f"{RATE} a second, {CONNECTIONS} connections", "pages", *_FIGURES, "")
    lines = table(head, cells, right=(1, 2, 3, 4, 5), wrap=0)
    for name, phase in (("By the schedule", scheduled), ("At saturation", saturated)):
        pages_of = max(1, phase.found.pages)
        lines.append(
            f"{name}: {phase.found.pages / phase.wall:.0f} pages a second, "
            f"{1_000 * phase.theirs / pages_of:.2f} ms of a core each; the explorer took "
            f"{phase.theirs / phase.wall:.0%} of a core, this client {phase.own / phase.wall:.0%}"
        )
    lines.append(
        f"Saturation: {rate:.0f} pages a second (at least {LEAST}); wrong answers: {len(wrong)}; "
        f"memory: {megabytes:.0f} MB (at most {MOST_MEMORY})"
    )
    return lines, missed


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print; 1 where a limit is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.explorer", description=__doc__)
    parser.add_argument(
        "--tickets", type=int, default=index.TICKETS, metavar="N", help="in the index (default: %(default)s)"
    )
    options = parser.parse_args(arguments)
    try:
        file = index.made(options.tickets, print)
        _read_once(file)
        busy = os.getloadavg()[0]
        with index.followed(file), serving(file) as server:
            scheduled, saturated = asyncio.run(_measure(server, options.tickets))
            most = server.most
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    lines, missed = report(scheduled, saturated, most)
    print(f"Explorer over {options.tickets:,} tickets; load of this machine before: {busy:.1f}")
    print("\n".join(lines))
    for each in missed:
        print(f"Limit missed: {each}.", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
