# SPDX-License-Identifier: Apache-2.0
"""The demo's desk with everything that shows it: its leaves served, an index that follows, the explorer."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from makegood.errors import MakegoodError

_ENDS_IN = 5.0


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The files of a folder at an address of this machine."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def show(node: str, factory: str, database: Path, port: int, say: Callable[[str], None]) -> None:
    """Keep an index of the factory's desks and serve the explorer, until ended."""
    database.parent.mkdir(parents=True, exist_ok=True)
    for stale in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
        stale.unlink(missing_ok=True)
    address = f"sqlite:///{database.absolute()}"
    index = ("--database", address, "--rpc", node, "--factory", factory, "--private-leaves")
    explorer = ("--database", address, "--port", str(port), "--rate", "0", "--stale-after", "0")
    _makegood("index", "backfill", *index).wait()
    with ExitStack() as stack:
        running = [
            stack.enter_context(_ended(_makegood(*words)))
            for words in (("index", "run", *index), ("explorer", *explorer))
        ]
        say("Whatever else happens on this node shows up by itself. Ctrl-C ends it.")
        while all(one.poll() is None for one in running):
            time.sleep(0.5)
    raise MakegoodError("The index or the explorer ended by itself.", hint="What it said stands above.")


def _makegood(*words: str) -> subprocess.Popen[Any]:
    return subprocess.Popen((sys.executable, "-m", "makegood", *words), stdout=subprocess.DEVNULL)


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
