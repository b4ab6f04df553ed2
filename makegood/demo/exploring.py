# SPDX-License-Identifier: Apache-2.0
"""The demo's desk with everything that shows it: its leaves served, an index that follows, the explorer."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError, UsageError

_ENDS_IN = 5.0
_HOST = "127.0.0.1"
_ENDING = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of a folder at an address of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadingHTTPServer((_HOST, 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://{_HOST}:{server.server_address[1]}"
        finally:
            server.shutdown()


def require_free(port: int) -> None:
    """Raises UsageError where something listens already, before the demo is played for nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, port))
        except OSError as error:
            raise UsageError(
                f"The port {port} of this machine is taken.",
                hint=f"Choose another for the explorer, such as {port + 1}: --port, or make's WEB.",
            ) from error


def show(node: str, factory: str, database: Path, port: int, say: Callable[[], None]) -> None:
    """Keep an index of the factory's desks and serve the explorer, until Ctrl-C or what else ends a process.

    `say` is called once the explorer answers. Raises MakegoodError where either ends by itself.
    """
    database.parent.mkdir(parents=True, exist_ok=True)
    for stale in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
        stale.unlink(missing_ok=True)
    address = f"sqlite:///{database.absolute()}"
    index = ("--database", address, "--rpc", node, "--factory", factory, "--private-leaves")
    explorer = ("--database", address, "--port", str(port), "--rate", "0", "--stale-after", "0")
    with ExitStack() as stack:
        stack.enter_context(suppress(KeyboardInterrupt))
        stack.enter_context(_ended_like_ctrl_c())
        if stack.enter_context(_ended(_makegood("index", "backfill", *index))).wait():
            raise MakegoodError("The index could not be made.", hint="What it said stands above.")
        running = [
            stack.enter_context(_ended(_makegood(*words)))
            for words in (("index", "run", *index), ("explorer", *explorer))
        ]
        said = False
        while all(one.poll() is None for one in running):
            if not said and _answers(port):
                say()
                said = True
            time.sleep(0.2)
        raise MakegoodError("The index or the explorer ended by itself.", hint="What it said stands above.")


def _answers(port: int) -> bool:
    try:
        socket.create_connection((_HOST, port), timeout=1).close()
    except OSError:
        return False
    return True


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """What ends this process only, such as `kill`, ends the index and the explorer too."""
    before = {each: signal.signal(each, signal.default_int_handler) for each in _ENDING}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _makegood(*words: str) -> subprocess.Popen[Any]:
    # In a group of its own: a terminal's Ctrl-C is for this process, which ends the others.
    command = (sys.executable, "-m", "makegood", *words)
    return subprocess.Popen(command, stdout=subprocess.DEVNULL, process_group=0)


@contextmanager
def _ended(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(_ENDS_IN)
        except subprocess.TimeoutExpired:
            process.kill()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Says nothing."""
