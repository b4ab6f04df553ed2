# SPDX-License-Identifier: Apache-2.0
"""The process that runs didkit, as its parent sees it: started once, when first needed, and reused."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import IO, Any

from makegood.errors import ProcessFailed

TIME_LIMIT = 5.0
"""Seconds for one exchange. A credential takes a fifth of a millisecond."""

PROOF = {"proofPurpose": "assertionMethod", "proofFormat": "jwt"}
"""What didkit is told of every proof: that it asserts, and is a JWT."""

_WORKER = Path(__file__).with_name("didkit_worker.py")
_START_SECONDS = 30.0  # a cold start on a busy machine reads some 30 MB
_LEAVE_SECONDS = 1.0
_ITEMS = 64  # of one exchange, so that its limit says something about each
_MAX_ANSWER = 16 * 2**20
_LENGTH = struct.Struct(">I")
# One thread is enough for one item at a time. Nothing of our own environment goes there.
_ENVIRONMENT = {"TOKIO_WORKER_THREADS": "1", "LC_ALL": "C.UTF-8"}


class DidkitProcess:
    """One process, used by one thread at a time. `time_limit` is in seconds; `command` is for tests.

    After a fork the child starts a process of its own. A process ends when its input is closed: by `close`,
    at exit, or because its parent died.
    """

    def __init__(self, *, time_limit: float = TIME_LIMIT, command: Sequence[str] = ()) -> None:
        # -I: neither the working directory nor PYTHON* variables choose what is imported.
        self._command = tuple(command) or (sys.executable, "-I", str(_WORKER))
        self._time_limit = time_limit
        self._running: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process id, or None where none runs."""
        return self._running.pid if self._running and self._owner == os.getpid() else None

    def issue(self, credentials: Sequence[str], options: Mapping[str, str], key: str) -> list[str]:
        """didkit's answers to credentials as JSON: `+` and a JWT, or `-` and the reason."""
        return self._ask({"operation": "issue", "options": options, "key": key}, credentials)

    def verify(self, jwts: Sequence[str], options: Mapping[str, str]) -> list[str]:
        """didkit's answers to JWTs: `+`, or `-` and the reason."""
        return self._ask({"operation": "verify", "options": options}, jwts)

    def close(self) -> None:
        """End the process and wait for it."""
        with self._lock:
            self._end(_LEAVE_SECONDS)

    def _ask(self, request: Mapping[str, Any], items: Sequence[str]) -> list[str]:
        head = json.dumps(request)
        answers: list[str] = []
        with self._lock:
            for start in range(0, len(items), _ITEMS):
                some = items[start : start + _ITEMS]
                found = self._exchange("\n".join((head, *some))).split("\n")
                if len(found) != len(some):
                    self._end(0)
                    raise ProcessFailed("The didkit process gave an answer that does not fit the question.")
                answers += found
        return answers

    def _exchange(self, text: str) -> str:
        process = self._started()
        frame = text.encode()
        with self._ending_on_failure(self._time_limit) as deadline:
            _write(_number(process.stdin), _LENGTH.pack(len(frame)) + frame, deadline)
            return _read_frame(_number(process.stdout), deadline).decode()

    def _started(self) -> subprocess.Popen[bytes]:
        if self._running and self._owner == os.getpid():
            return self._running
        # After a fork the running one is the parent's. Its pipes are closed here, which it does not notice.
        self._forget()
        process = self._running = self._start()
        if self._owner != os.getpid():
            self._owner = os.getpid()
            atexit.register(self.close)
        for pipe in (process.stdin, process.stdout):
            os.set_blocking(_number(pipe), False)
        with self._ending_on_failure(_START_SECONDS) as deadline:
            _read_frame(_number(process.stdout), deadline)
        return process

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            # A session of its own: Ctrl-C on the terminal is for the parent, whose end it will notice.
            return subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise ProcessFailed(f"The didkit process cannot be started: {error.strerror}.") from None

    @contextlib.contextmanager
    def _ending_on_failure(self, limit: float) -> Iterator[float]:
        # Gives the deadline. A process that owes an answer is of no further use: the next could be that one.
        try:
            yield time.monotonic() + limit
        except TimeoutError:
            self._end(0)
            raise ProcessFailed(
                f"didkit took more than {limit:g} seconds and was stopped.",
                hint="Try again; nothing is lost.",
            ) from None
        except (EOFError, OSError):
            self._end(_LEAVE_SECONDS)
            raise ProcessFailed(
                "The didkit process ended without an answer.",
                hint="Try again. If it stays so, reinstall makegood: didkit may be missing.",
            ) from None
        except BaseException:
            self._end(0)
            raise

    def _end(self, patience: float) -> None:
        process = self._running
        if process is None or self._owner != os.getpid():
            return
        if process.stdin is not None:
            with contextlib.suppress(OSError):
                process.stdin.close()
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._forget()

    def _forget(self) -> None:
        if self._running is None:
            return
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._running.returncode is None:
            self._running.returncode = 0  # another process's child: not to be waited for here
        self._running = None


@cache
def shared() -> DidkitProcess:
    """The process that issuing and verifying use where the caller names no other."""
    return DidkitProcess()


def _number(pipe: IO[bytes] | None) -> int:
    assert pipe is not None  # noqa: S101
    return pipe.fileno()


def _wait(descriptor: int, event: int, deadline: float) -> None:
    poll = select.poll()
    poll.register(descriptor, event)
    if not poll.poll(max(0.0, deadline - time.monotonic()) * 1_000):
        raise TimeoutError


def _write(descriptor: int, data: bytes, deadline: float) -> None:
    rest = memoryview(data)
    while rest:
        _wait(descriptor, select.POLLOUT, deadline)
        rest = rest[os.write(descriptor, rest) :]


def _read_frame(descriptor: int, deadline: float) -> bytes:
    (size,) = _LENGTH.unpack(_read(descriptor, _LENGTH.size, deadline))
    if size > _MAX_ANSWER:
        raise EOFError
    return _read(descriptor, size, deadline)


def _read(descriptor: int, size: int, deadline: float) -> bytes:
    parts = []
    while size:
        _wait(descriptor, select.POLLIN, deadline)
        part = os.read(descriptor, min(size, 2**20))
        if not part:
            raise EOFError
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
