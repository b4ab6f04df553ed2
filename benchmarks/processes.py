# SPDX-License-Identifier: Apache-2.0
"""Programs of a benchmark: started, ended, and how much time and memory each has used (Linux)."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.node import PROJECT
from makegood.errors import MakegoodError

_TICKS = os.sysconf("SC_CLK_TCK")
_ENDS_WITHIN = 60.0


class Program:
    """A process of `python -m makegood`, whose words go to a file."""

    def __init__(self, name: str, folder: Path, *words: str) -> None:
        self.name = name
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "makegood", *words],
                cwd=PROJECT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def check(self) -> None:
        """Raises MakegoodError where it has ended."""
        if self._process.poll() is not None:
            said = self.log.read_text("utf-8", "replace")[-1_000:]
            raise MakegoodError(f"The {self.name} ended: {said}")

    def memory(self) -> int:
        """Its own bytes and its share of those that it has in common with others (PSS), with its children."""
        return sum(_pss(pid) for pid in _family(self.pid))

    def seconds(self) -> float:
        """Of processor time, with its children."""
        return sum(_seconds(pid) for pid in _family(self.pid))

    def says(self, word: str) -> bool:
        """Whether its log has a word."""
        return word in self.log.read_text("utf-8", "replace")

    def end(self) -> None:
        """As its operator would; by force where that takes too long."""
        self._process.terminate()
        try:
            self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextmanager
def programs() -> Iterator[list[Program]]:
    """What is in the list is ended, the newest first."""
    running: list[Program] = []
    try:
        yield running
    finally:
        for each in reversed(running):
            each.end()


def wait_for(
    what: str, done: Callable[[], bool], running: list[Program], within: float, every: float = 0.1
) -> None:
    """Until it is done, asked for `every` so many seconds.

    Raises MakegoodError where a program ends meanwhile, or it takes too long.
    """
    deadline = time.monotonic() + within
    while not done():
        for each in running:
            each.check()
        if time.monotonic() > deadline:
            raise MakegoodError(f"{what} takes longer than {within:.0f} s.")
        time.sleep(every)


def free_port() -> int:
    """One that nothing listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(url: str) -> bool:
    """Whether a web server answers."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def _family(pid: int) -> list[int]:
    found = [pid]
    for parent in found:
        try:
            tasks = Path(f"/proc/{parent}/task").iterdir()
            found += [int(each) for task in tasks for each in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def _pss(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1_024 for line in lines if line.startswith("Pss:"))


def _seconds(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS
