# SPDX-License-Identifier: Apache-2.0
"""Runs each test once on the contracts as they are, to see which lines it reaches (`reach`)."""

import os
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

import pytest
from boa.contracts.vyper.vyper_contract import VyperDeployer
from boa.environment import Env

from checks.mutants import reach
from checks.mutants.reach import LineRecorder, Reached

Run = Callable[[pytest.Item], bool]  # runs a test; whether it passed


class Phases:
    """A pytest plugin that tells what a test does itself from what its fixtures do."""

    def __init__(self, recorder: LineRecorder) -> None:
        self._recorder = recorder
        self.reached = Reached()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Iterator[None]:
        """Between the two."""
        self.reached.arranged = self._recorder.lines()
        result = yield
        self.reached.called = self._recorder.lines()
        return result


def reached_by(session: pytest.Session, run: Run, jobs: int) -> dict[str, Reached]:
    """What each test of the session reaches: measured, where it is not known, in that many processes."""
    by_file: dict[str, list[pytest.Item]] = defaultdict(list)
    for item in session.items:
        by_file[item.nodeid.partition("::")[0]].append(item)
    missing = [file for file in by_file if reach.load(file) is None]
    if missing:
        count = sum(len(by_file[file]) for file in missing)
        print(f"{count:,} tests are run once, to see what each reaches", file=sys.stderr)
    # Those with the most tests first, so that the processes end together.
    missing.sort(key=lambda file: -len(by_file[file]))
    pids = [_fork(session, {file: by_file[file] for file in missing[job::jobs]}, run) for job in range(jobs)]
    for pid in pids:
        os.waitpid(pid, 0)
    known = [reach.load(file) for file in by_file]
    return {name: one for tests in known if tests for name, one in tests.items()}


def _fork(session: pytest.Session, by_file: dict[str, list[pytest.Item]], run: Run) -> int:
    pid = os.fork()
    if pid:
        return pid
    status = 1
    try:
        recorder = _record_calls()
        for file, items in by_file.items():
            reach.save(file, _measured(session, recorder, items, run))
        status = 0
    finally:
        os._exit(status)


def _record_calls() -> LineRecorder:
    recorder = LineRecorder()
    construct = VyperDeployer.__init__

    def construct_and_add(deployer: object, compiler_data: object, *args: object, **kwargs: object) -> None:
        construct(deployer, compiler_data, *args, **kwargs)
        recorder.add(compiler_data)

    VyperDeployer.__init__ = construct_and_add
    Env._trace_computation = lambda _env, computation, _contract=None: recorder.record(computation)
    Env._coverage_enabled = True
    return recorder


def _measured(
    session: pytest.Session, recorder: LineRecorder, items: Sequence[pytest.Item], run: Run
) -> dict[str, Reached]:
    found = {}
    for item in items:
        phases = Phases(recorder)
        session.config.pluginmanager.register(phases, "phases")
        recorder.lines()
        began = time.monotonic()
        # A test that fails without a mutant tells nothing.
        if run(item):
            phases.reached.seconds = time.monotonic() - began
            found[item.nodeid] = phases.reached
        session.config.pluginmanager.unregister(name="phases")
    return found
