# SPDX-License-Identifier: Apache-2.0
"""Watches over processes, one a service: starts again what ends, passes signals on, and ends with all."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Thread

from makegood.errors import NotFound, SignatureRefused, UsageError
from makegood.logs import fields

log = logging.getLogger(__name__)

FOR_GOOD = (UsageError.exit_code, NotFound.exit_code, SignatureRefused.exit_code)
"""Exit codes after which nothing is started again, and the others end too: somebody has to act."""

_ENDS_WITHIN = 75.0  # seconds, then it is killed
_SIGNAL = ""  # among what happened: not a service that ended


@dataclass(frozen=True)
class Pauses:
    """Seconds before a service is started again: `first`, doubled whenever it ended `soon`, `longest`."""

    first: float = 1.0
    longest: float = 30.0
    soon: float = 60.0


@dataclass
class _Child:
    name: str
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = 0.0
    due: float | None = None


class Supervisor:
    """Of these services; `command` is how one is started. It reads its end from its stdin: see `ending`."""

    def __init__(
        self, names: Iterable[str], command: Callable[[str], Sequence[str]], pauses: Pauses | None = None
    ) -> None:
        self._children = {name: _Child(name) for name in names}
        self._command = command
        self._pauses = pauses or Pauses()
        self._happened: SimpleQueue[tuple[str, int]] = SimpleQueue()
        self._lifeline = -1
        self._code: int | None = None
        self._patience = 0.0

    def run(self) -> int:
        """Until a signal comes or a service cannot go on; the exit code."""
        with self._signals(), self._lifelines():
            for child in self._children.values():
                self._start(child)
            while self._code is None or self._running():
                try:
                    name, number = self._happened.get(timeout=self._until_due())
                except Empty:
                    self._do_what_is_due()
                else:
                    self._note(name, number)
        log.info("all services have ended")
        return self._code

    # ------------------------------------------------------------ what happens

    def _note(self, name: str, number: int) -> None:
        if name == _SIGNAL:
            # Who asks twice does not want to wait.
            self._end(number if self._code is None else signal.SIGKILL, self._code or 0)
            return
        child = self._children[name]
        child.process = None
        if self._code is not None:
            return
        if number in FOR_GOOD:
            log.error(f"{name} cannot go on: all services end", extra=fields(code=number))
            self._end(signal.SIGTERM, number)
            return
        how = f"was killed by {signal.Signals(-number).name}" if number < 0 else f"ended with code {number}"
        self._plan(child, how)

    def _plan(self, child: _Child, how: str) -> None:
        pauses, now = self._pauses, time.monotonic()
        lasted = now - child.began >= pauses.soon
        child.pause = pauses.first if lasted or not child.pause else min(pauses.longest, child.pause * 2)
        child.due = now + child.pause
        log.error(f"{child.name} {how}: it is started again", extra=fields(after_seconds=child.pause))

    def _until_due(self) -> float | None:
        due = [each.due for each in self._children.values() if each.due is not None]
        if self._code is not None:
            due = [self._patience]
        return max(0.0, min(due) - time.monotonic()) if due else None

    def _do_what_is_due(self) -> None:
        now = time.monotonic()
        if self._code is not None:
            self._end(signal.SIGKILL, self._code)
            return
        for child in self._children.values():
            if child.due is not None and child.due <= now:
                self._start(child)

    # ------------------------------------------------------------ processes

    def _start(self, child: _Child) -> None:
        child.due, child.began = None, time.monotonic()
        # A session of its own: Ctrl-C of a terminal reaches it once, from here.
        try:
            process = subprocess.Popen(
                self._command(child.name), stdin=self._lifeline, start_new_session=True
            )
        except OSError as error:
            # Where memory or processes are short, they may not be in a while.
            self._plan(child, f"could not be started ({error.strerror})")
            return
        child.process = process
        log.info(f"{child.name} is started", extra=fields(pid=process.pid))
        Thread(target=self._wait, args=(child.name, process), daemon=True).start()

    def _wait(self, name: str, process: subprocess.Popen[bytes]) -> None:
        self._happened.put((name, process.wait()))

    def _end(self, number: int, code: int) -> None:
        self._code, self._patience = code, time.monotonic() + _ENDS_WITHIN
        for child in self._running():
            child.process.send_signal(number)  # type: ignore[union-attr]

    def _running(self) -> list[_Child]:
        return [each for each in self._children.values() if each.process is not None]

    @contextmanager
    def _signals(self) -> Iterator[None]:
        def note(number: int, _: object) -> None:
            self._happened.put((_SIGNAL, number))

        before = {each: signal.signal(each, note) for each in (signal.SIGTERM, signal.SIGINT)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    @contextmanager
    def _lifelines(self) -> Iterator[None]:
        """A pipe whose one end only this process has: it closes with it, whatever ends it."""
        self._lifeline, held = os.pipe()
        try:
            yield
        finally:
            os.close(self._lifeline)
            os.close(held)
