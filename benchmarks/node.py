# SPDX-License-Identifier: Apache-2.0
"""An anvil of one's own, for as long as it is needed."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from web3 import HTTPProvider, Web3

from makegood.errors import MakegoodError, NotFound

PROJECT = Path(__file__).resolve().parents[1]

_OWN = PROJECT / "node_modules" / ".bin" / "anvil"
_STARTS_WITHIN = 30.0


@contextmanager
def anvil(*options: str) -> Iterator[Web3]:
    """A fresh node on a free port. Raises NotFound where there is no anvil or it does not start."""
    binary = str(_OWN) if _OWN.exists() else shutil.which("anvil")
    if binary is None:
        raise NotFound("There is no anvil.", hint="Run `make bench`, which installs it, or put it on PATH.")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Its states of old blocks, gigabytes of them in the user's home where nothing says otherwise.
    with TemporaryDirectory(prefix="makegood-anvil-", ignore_cleanup_errors=True) as states:
        own = ("--port", str(port), "--silent", "--cache-path", states)
        with _running([binary, *own, *options]) as node:
            yield _answering(Web3(HTTPProvider(f"http://127.0.0.1:{port}")), node)


@contextmanager
def _running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(command) as node:
        try:
            yield node
        finally:
            node.terminate()
            node.wait(_STARTS_WITHIN)


def ask(w3: Web3, method: str, *arguments: Any) -> Any:
    """What a node answers. Raises MakegoodError where it refuses."""
    response = w3.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
    if "error" in response:
        raise MakegoodError(f"The node refuses {method}: {response['error']}.")
    return response["result"]


def _answering(w3: Web3, node: subprocess.Popen[bytes]) -> Web3:
    deadline = time.monotonic() + _STARTS_WITHIN
    while not w3.is_connected():
        if node.poll() is not None or time.monotonic() > deadline:
            raise NotFound("Anvil does not start.", hint="Try `anvil --version`.")
        time.sleep(0.05)
    return w3
