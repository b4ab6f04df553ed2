# SPDX-License-Identifier: Apache-2.0
"""Proves what `properties.py` lists, each on the compiled contract, and refutes every plant of `plants.py`.

`python tests/proofs/prove.py [--only WORDS] [--quick] [--hard] [--jobs N]`; `make proofs` sets everything up.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from plants import PLANTS
from properties import PROPERTIES
from stage import CACHE, HERE, STAGE, StageError, planted_suite, stage

PYTHON = CACHE / "venv" / "bin" / "python"
# Of the words that Halmos has for how a check ended.
OUTCOMES = {0: "proven", 1: "refuted", 2: "not solved", 3: "stuck", 4: "never runs", 5: "failed"}
# Above every loop of what is proven. A check whose loop was cut short all the same does not count as proven.
LOOPS = 40
QUERY_SECONDS = 200
CHECK_SECONDS = 1200


@dataclass(frozen=True)
class Job:
    """One check of one suite, what it says, and how it must end."""

    text: str
    bound: str
    suite: str
    check: str
    expected: str


@dataclass(frozen=True)
class Result:
    """How a check ended, and after how many seconds."""

    job: Job
    outcome: str
    seconds: float

    @property
    def is_right(self) -> bool:
        return self.outcome == self.job.expected


def jobs(quick: bool, hard: bool, only: str) -> list[Job]:
    """All proofs, then all plants; `quick` leaves out what takes long, `hard` tries what is not solved."""
    found = [
        Job(one.text, one.bound, one.suite, one.check, "proven")
        for one in PROPERTIES
        if (one.quick or not quick) and (one.solved or hard)
    ]
    slow = {(one.suite, one.check) for one in PROPERTIES if not one.quick}
    found += [
        Job(f"PLANT {one.what}", "", planted_suite(one), one.check, "refuted")
        for one in PLANTS
        if not quick or (one.suite, one.check) not in slow
    ]
    return [job for job in found if only in f"{job.suite} {job.check} {job.text}"]


def run(job: Job) -> Result:
    """Ask Halmos."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [
            *(str(PYTHON), str(HERE / "run_halmos.py"), "--root", str(STAGE)),
            *("--storage-layout", "generic", "--loop", str(LOOPS), "--no-status", "--solver-threads", "1"),
            *("--contract", job.suite, "--match-test", rf"^{job.check}\("),
            *("--solver-timeout-assertion", f"{QUERY_SECONDS}s"),
            *("--solver-command", f"{PYTHON} {HERE / 'solver.py'}"),
            *("--minimal-json-output", "--json-output", str(answer)),
        ]
        if job.expected == "refuted":
            command.append("--early-exit")
        outcome = _outcome(command, answer)
    return Result(job, outcome, time.monotonic() - started)


def _outcome(command: Sequence[str], answer: Path) -> str:
    process = subprocess.Popen(command, cwd=STAGE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        process.wait(CHECK_SECONDS)
    except subprocess.TimeoutExpired:
        process.terminate()
        process.wait()
        return "not solved"
    if not answer.is_file():
        return "failed"
    found = [one for suite in json.loads(answer.read_text("utf-8"))["test_results"].values() for one in suite]
    if len(found) != 1:
        return "failed"
    if found[0].get("num_bounded_loops"):
        return "cut short"
    return OUTCOMES.get(found[0]["exitcode"], "failed")


def show(result: Result) -> None:
    """A line of the table."""
    job = result.job
    mark = "" if result.is_right else f"  <- should be {job.expected}"
    print(
        f"{job.text:<72.72} {job.bound:<34.34} {result.outcome:<10} {result.seconds:>5.0f}{mark}", flush=True
    )


def prove(todo: Sequence[Job], workers: int, tell: Callable[[Result], None]) -> list[Result]:
    """Run all of them, telling each as its turn in the table comes."""
    results = []
    with ThreadPoolExecutor(workers) as pool:
        for result in pool.map(run, todo):
            tell(result)
            results.append(result)
    return results


def show_not_solved() -> None:
    """What is neither proven nor refuted, and was not tried."""
    unsolved = [one for one in PROPERTIES if not one.solved]
    if unsolved:
        print("not solved, so neither proven nor refuted (--hard tries them):")
    for one in unsolved:
        print(f"  {one.text}, {one.bound}")


def main(arguments: Sequence[str] | None = None) -> int:
    """0 where every property that was tried is proven and every plant refuted; else 1."""
    parser = argparse.ArgumentParser(prog="prove.py", description="Proofs on the compiled contracts.")
    parser.add_argument(
        "--only", default="", metavar="WORDS", help="those whose name or text has these words"
    )
    parser.add_argument("--quick", action="store_true", help="without what takes longer than seconds")
    parser.add_argument("--hard", action="store_true", help="with what has not been solved so far")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, metavar="N", help="at once")
    chosen = parser.parse_args(arguments)
    todo = jobs(chosen.quick, chosen.hard, chosen.only)
    if not todo:
        print("No proof has these words in its name or text.", file=sys.stderr)
        return 3
    started = time.monotonic()
    try:
        stage([plant for plant in PLANTS if planted_suite(plant) in {job.suite for job in todo}])
    except StageError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{'property':<72} {'for all values of, or within':<34} {'result':<10} {'s':>5}")
    results = prove(todo, chosen.jobs, show)
    wrong = [result for result in results if not result.is_right]
    minutes = (time.monotonic() - started) / 60
    if not chosen.hard:
        show_not_solved()
    print(f"{len(results) - len(wrong)} passed, {len(wrong)} failed")
    print(f"{minutes:.1f} minutes; plants are wrong contracts that a proof must refute", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
