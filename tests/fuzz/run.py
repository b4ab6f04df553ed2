# SPDX-License-Identifier: Apache-2.0
"""Many episodes, on several processes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time

from fuzz import planting, script
from fuzz.build import CACHE, Build, built
from fuzz.shrink import shrink
from fuzz.walk import ASSETS, Tally, Walked, asset_of, walk

FAILURES = CACHE / "failures"


@dataclass(frozen=True)
class Task:
    """One episode of a run, on a planted bug or on the project's build."""

    seed: str
    asset: str
    length: int
    bug: str = ""

    def build(self) -> Build:
        """What it runs on."""
        return planting.planted(self.bug) if self.bug else built()


# What was walked, what it came by, the walk itself where it failed, seconds of processor time.
Done = tuple[Task, Tally, Walked | None, float]


@dataclass
class Run:
    """What came of a run."""

    tally: Tally
    seconds: float
    worked: float = 0.0  # seconds of processor time, of all workers together
    failed: tuple[Task, Walked] | None = None


def tasks(seed: int, assets: Sequence[str], length: int, bug: str = "") -> Iterator[Task]:
    """Episodes without end."""
    number = 0
    while True:
        yield Task(f"{seed}.{number}", asset_of(number, assets), length, bug)
        number += 1


def do(task: Task) -> Done:
    """In a worker: the walk itself comes back only where it failed."""
    began, tally = process_time(), Tally()
    walked = walk(task.build(), task.seed, task.asset, task.length, tally)
    return task, tally, walked if walked.failure else None, process_time() - began


def run(
    transactions: int,
    seed: int,
    workers: int,
    assets: Sequence[str] = ASSETS,
    length: int = 1_000,
    bug: str = "",
) -> Run:
    """Until so many transactions are done, or one fails."""
    endless = tasks(seed, assets, length, bug)
    next(tasks(seed, assets, length, bug)).build()  # once, before the workers fork
    began, tally = perf_counter(), Tally()
    if workers == 1:
        return _collect(map(do, endless), tally, transactions, began)
    # Not imap over an endless iterator, which it would read without end.
    count = -(-transactions // length) * 2
    finite = [next(endless) for _ in range(count)]
    with get_context("fork").Pool(workers) as pool:
        return _collect(pool.imap_unordered(do, finite), tally, transactions, began)


def _collect(results: Iterator[Done], tally: Tally, most: int, began: float) -> Run:
    worked = 0.0
    for task, part, walked, seconds in results:
        tally.add(part)
        worked += seconds
        if walked is not None:
            return Run(tally, perf_counter() - began, worked, (task, walked))
        if tally.total >= most:
            break
    return Run(tally, perf_counter() - began, worked)


def once(task: Task) -> Run:
    """One episode."""
    tally = Tally()
    return _collect(map(do, [task]), tally, 1, perf_counter())


def report_failure(task: Task, walked: Walked) -> Path:
    """Shrink it and write it down."""
    failure = walked.failure
    assert failure is not None
    short = shrink(task.build(), walked.setting, walked.steps, failure.kind)
    path = FAILURES / f"{task.bug or 'contracts'}-{task.seed}-{task.asset}.json"
    about = {"seed": task.seed, "failure": str(failure), "steps before": len(walked.steps)}
    script.write(path, walked.setting, short, about)
    at, name, args = walked.steps[-1]
    print(f"seed {task.seed}, {task.asset}, step {len(walked.steps)}: {name} at {at}")
    print(f"  {failure}")
    print(f"  arguments: {args}")
    planted = f" --planted {task.bug}" if task.bug else ""
    print(f"  {len(short)} steps are enough: python -m fuzz.script {path}{planted}")
    return path


def find(bug: str, seed: int, most: int, workers: int, length: int) -> Run:
    """How long it takes until a planted bug shows."""
    return run(most, seed, workers, length=length, bug=bug)


def table(result: Run) -> str:
    """The run in figures."""
    tally = result.tally
    lines = [
        f"{'transactions':<24}{tally.total:>12,}",
        f"{'  done':<24}{tally.done.total():>12,}",
        f"{'  refused':<24}{tally.refused.total():>12,}",
        f"{'  a second':<24}{tally.total / result.seconds:>12,.0f}",
        f"{'  a processor second':<24}{tally.total / result.worked:>12,.0f}",
        f"{'episodes':<24}{tally.episodes:>12,}",
        f"{'views at their ends':<24}{tally.looks:>12,}",
        f"{'(state, action) pairs':<24}{len(tally.pairs):>12,}",
        f"{'reasons of refusals':<24}{len(tally.reasons):>12,}",
        "",
        f"{'action':<24}{'done':>12}{'refused':>12}",
    ]
    names = sorted({*tally.done, *tally.refused})
    lines += [f"{name:<24}{tally.done[name]:>12,}{tally.refused[name]:>12,}" for name in names]
    return "\n".join(lines)
