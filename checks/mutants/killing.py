# SPDX-License-Identifier: Apache-2.0
"""Runs the tests of the contracts on mutants.

One pytest session loads everything once: the tests, titanoboa, the contracts as they are. Each mutant is then
compiled and tested in a fork of it, which ends with the first test that fails.
"""

import contextlib
import gc
import importlib
import io
import os
import signal
import sys
import time
import traceback
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import zip_longest
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

import pytest
from boa.contracts.vyper.vyper_contract import VyperDeployer
from hypothesis import Phase, settings

from checks.mutants import reach
from checks.mutants.compiling import DoesNotCompile, codes, compiled, functions_in, sources_of, users_of
from checks.mutants.generation import Mutant
from checks.mutants.measuring import reached_by
from checks.mutants.reach import Reached
from checks.mutants.results import Result
from checks.mutants.traces import Walks
from makegood.artifacts import NAMES
from makegood.errors import MakegoodError

NEIGHBOURS = 6  # tests that told neighbours of a mutant apart, which are tried first
IN_ALL = "modules/refusal.vy"  # every deployable and every harness contains it
PRAGMA = "# pragma version 0.4.3"  # its first line
HANGS = 900  # seconds after which a mutant's fork is ended


@dataclass
class Limits:
    """How much is spent on a mutant."""

    jobs: int
    test_seconds: float  # no further test begins after these
    walks: bool = True  # whether walks of tests/fuzz are played first
    control: bool = False  # instead of mutants, whether the tests pass where nothing changes


class Deployers:
    """Stands in for `house.deployer`: what contains the mutated source is compiled from the mutant."""

    def __init__(self, original: Callable[[str], Any]) -> None:
        self._original = original
        self._mutant: Mutant | None = None
        self._mutated: dict[str, Any] = {}

    def __call__(self, name: str) -> Any:
        """The deployer of a contract, a harness or a mock."""
        if self._mutant is None or self._mutant.file not in sources_of(name):
            return self._original(name)
        if name not in self._mutated:
            self.put(name, compiled(name, self._mutant))
        return self._mutated[name]

    def mutate(self, mutant: Mutant) -> None:
        """From here on."""
        self._mutant = mutant

    def put(self, name: str, data: Any) -> None:
        """What was compiled already."""
        self._mutated[name] = VyperDeployer(data, filename=str(data.contract_path))


@dataclass
class Fork:
    """A mutant under test."""

    mutant: Mutant
    pid: int
    pipe: Connection
    began: float
    told: list[Result] = field(default_factory=list)


class Session:
    """A pytest plugin that takes the place of the loop over tests."""

    def __init__(
        self,
        mutants: list[Mutant],
        limits: Limits,
        known: dict[str, str],
        found: Callable[[Mutant, Result], None],
    ) -> None:
        """`known` are the mutants by digest of their code; `found` takes each result as it comes."""
        self._mutants = deque(mutants)
        self._limits = limits
        self._known = known
        self._found = found
        self._failed: list[str] = []
        self._killers: dict[tuple[str, str], deque[str]] = defaultdict(lambda: deque(maxlen=NEIGHBOURS))
        self._deployers: Deployers
        self._walks: Walks | None = None
        self._items: dict[str, pytest.Item] = {}
        self._reached: dict[str, Reached] = {}
        self._originals: dict[str, Any] = {}
        self._within: dict[str, set[tuple[str, str]]] = {}
        self.failing: list[str] = []

    def run(self, tests: Sequence[Path]) -> None:
        """Try all mutants: by walks, unless left out, then with the tests of these files or folders."""
        self._walks = Walks() if self._limits.walks else None
        if not tests:
            self._prepare()
            self._try_all()
            return
        quietly = ["-q", "-s", "-o", f"cache_dir={reach.CACHE / 'pytest'}"]
        # titanoboa has imported hypothesis, whose asserts pytest would rather have seen first.
        quietly += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]
        with contextlib.redirect_stdout(io.StringIO()) as said:  # for it, no test has run
            status = pytest.main([*quietly, *map(str, tests)], plugins=[self])
        if status in (pytest.ExitCode.INTERNAL_ERROR, pytest.ExitCode.USAGE_ERROR):
            raise MakegoodError("pytest has stopped.", hint=said.getvalue())

    # ------------------------------------------------------------ pytest's hooks

    def pytest_configure(self) -> None:
        """Before any test takes `deployer` from the module."""
        # A counterexample will do, none has to be small or kept.
        settings.register_profile(
            "mutants", phases=[Phase.explicit, Phase.generate], database=None, deadline=None
        )
        settings.load_profile("mutants")
        house: Any = importlib.import_module("house")
        self._deployers = Deployers(house.deployer)
        house.deployer = self._deployers

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Only a failure matters."""
        if report.failed:
            self._failed.append(report.nodeid)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of the tests."""
        self._items = {item.nodeid: item for item in session.items}
        if self._limits.control:
            self._control()
            return True
        self._reached = reached_by(session, self._passes, self._limits.jobs)
        if len(self._mutants) > len(NAMES):  # then it pays that no fork has to load them
            for name in NAMES:
                self._deployers(name)
        self._prepare()
        self._try_all()
        return True

    # ------------------------------------------------------------ in the session

    def _prepare(self) -> None:
        names = sorted({name for mutant in self._mutants for name in users_of(mutant.file)})
        self._originals = {name: compiled(name) for name in names}
        self._within = {name: functions_in(data) for name, data in self._originals.items()}
        if self._walks and (difference := self._walks.difference(self._originals)):
            raise MakegoodError(
                f"The walks go another way on the contracts as they are: {difference}.",
                hint="Run `make build`, and remove .cache/mutants/walks-*.",
            )
        gc.freeze()

    def _control(self) -> None:
        unchanged = Mutant("", IN_ALL, 1, "", "", PRAGMA, PRAGMA)
        self._deployers.mutate(unchanged)
        self.failing = [name for name, item in self._items.items() if not self._passes(item)]

    def _try_all(self) -> None:
        running: dict[Any, Fork] = {}
        while self._mutants or running:
            while self._mutants and len(running) < self._limits.jobs:
                fork = self._fork(self._mutants.popleft())
                running[fork.pipe] = fork
            for pipe in wait(list(running), timeout=5):
                fork = running[pipe]
                try:
                    told = fork.pipe.recv()
                except EOFError:
                    del running[pipe]
                    self._end(fork)
                else:
                    self._hear(fork, told)
            for fork in running.values():
                if time.monotonic() - fork.began > HANGS:
                    os.kill(fork.pid, signal.SIGKILL)

    def _fork(self, mutant: Mutant) -> Fork:
        ours, theirs = Pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        pid = os.fork()
        if pid:
            theirs.close()
            return Fork(mutant, pid, ours, time.monotonic())
        status = 1
        try:
            ours.close()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            with contextlib.suppress(BrokenPipeError, EOFError):  # the session was stopped
                self._test(mutant, theirs)
            status = 0
        except Exception:
            traceback.print_exc()  # nobody else would say it
            raise
        finally:
            os._exit(status)

    def _hear(self, fork: Fork, told: Result | str) -> None:
        # A digest of code asks whether it is new; all else is the result.
        if isinstance(told, Result):
            fork.told.append(told)
            return
        first = self._known.setdefault(told, fork.mutant.id)
        fork.pipe.send(None if first == fork.mutant.id else first)

    def _end(self, fork: Fork) -> None:
        fork.pipe.close()
        os.waitpid(fork.pid, 0)
        seconds = time.monotonic() - fork.began
        result = fork.told[-1] if fork.told else Result("hung" if seconds > HANGS else "crashed")
        result.seconds = round(seconds, 1)
        if result.by == "test":
            self._killers[fork.mutant.file, fork.mutant.function].appendleft(result.killer)
        self._found(fork.mutant, result)

    # ------------------------------------------------------------ in a fork

    def _passes(self, item: pytest.Item, following: pytest.Item | None = None) -> bool:
        self._failed.clear()
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        return not self._failed

    def _test(self, mutant: Mutant, pipe: Connection) -> None:
        names = self._names(mutant)
        try:
            datas = {name: compiled(name, mutant) for name in names}
        except DoesNotCompile:
            pipe.send(Result("invalid"))
            return
        digest = codes(datas)
        if digest == codes({name: self._originals[name] for name in names}):
            pipe.send(Result("equivalent"))
            return
        pipe.send(digest)
        if (first := pipe.recv()) is not None:
            pipe.send(Result("duplicate", killer=first))
            return
        if self._walks and (difference := self._walks.difference(datas)):
            pipe.send(Result("killed", "walk", difference, code=digest))
            return
        if not self._items:
            pipe.send(Result("survived", code=digest))
            return
        self._deployers.mutate(mutant)
        for name, data in datas.items():
            self._deployers.put(name, data)
        pipe.send(self._tested(mutant, digest))

    def _names(self, mutant: Mutant) -> list[str]:
        # The deployables whose code the change can reach.
        users = users_of(mutant.file)
        if mutant.is_declaration:
            return list(users)
        return [name for name in users if (mutant.file, mutant.function) in self._within[name]]

    def _tested(self, mutant: Mutant, code: str) -> Result:
        names = reach.nearest(mutant, self._reached, self._killers[mutant.file, mutant.function])
        items = [self._items[name] for name in names if name in self._items]
        began = time.monotonic()
        # Fixtures that outlive a test are made once, in this fork.
        for count, (item, following) in enumerate(zip_longest(items, items[1:]), 1):
            if not self._passes(item, following):
                return Result("killed", "test", item.nodeid, code=code, tests=count)
            if time.monotonic() - began > self._limits.test_seconds:
                return Result("survived", code=code, tests=count, complete=count == len(items))
        return Result("survived", code=code, tests=len(items), complete=True)


def control(tests: Sequence[Path]) -> list[str]:
    """The tests that fail where contracts are compiled as mutants are, and nothing changes in them."""
    session = Session([], Limits(1, 0, walks=False, control=True), {}, lambda _mutant, _result: None)
    session.run(tests)
    return session.failing
