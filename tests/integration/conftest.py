# SPDX-License-Identifier: Apache-2.0
"""A node, and a desk on it, for the tests that need one."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from queue_house import QueueHouse

PROJECT = Path(__file__).resolve().parents[2]
STARTS_WITHIN = 30.0


@pytest.fixture(scope="session")
def shared() -> Path:
    """The reference data beside the checkout, which is not part of it."""
    folder = PROJECT.parent / "shared"
    if not folder.is_dir():
        pytest.skip("needs the reference data in ../shared beside the checkout")
    return folder


@pytest.fixture(scope="session")
def anvil_binary() -> str:
    """Anvil of the checkout, or else the one on PATH."""
    own = PROJECT / "node_modules" / ".bin" / "anvil"
    found = str(own) if own.exists() else shutil.which("anvil")
    if found is None:
        pytest.skip("needs anvil in node_modules or on PATH; `make node` installs it")
    return found


@pytest.fixture
def anvil_url(anvil_binary: str) -> Iterator[str]:
    """Where a fresh node answers."""
    with _running(anvil_binary) as url:
        yield url


@pytest.fixture(scope="module")
def lasting_url(anvil_binary: str) -> Iterator[str]:
    """Where a node answers that all tests of a file share."""
    with _running(anvil_binary) as url:
        yield url


@pytest.fixture(scope="module")
def built() -> Iterator[QueueHouse]:
    """A desk with an agent, on a node of its own that soon calls a block final."""
    # Not before pytest is configured: web3 warns of a part of its own, and that is an error until then.
    import queue_house

    from benchmarks.node import anvil

    with anvil("--slots-in-an-epoch", "2") as w3:
        yield queue_house.build(w3)


@pytest.fixture
def house(built: QueueHouse) -> Iterator[QueueHouse]:
    """That desk as it was built, for a test that may change it."""
    from benchmarks.node import ask

    snapshot = ask(built.w3, "evm_snapshot")
    yield built
    ask(built.w3, "evm_setIntervalMining", 0)
    ask(built.w3, "evm_setAutomine", True)
    ask(built.w3, "evm_revert", snapshot)


@contextmanager
def _running(binary: str) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with subprocess.Popen([binary, "--port", str(port), "--silent"]) as node:
        try:
            _wait_for(port, node)
            yield f"http://127.0.0.1:{port}"
        finally:
            # What npm installs is a starter that ends its node when it is asked to.
            node.terminate()
            node.wait(STARTS_WITHIN)


def _wait_for(port: int, node: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + STARTS_WITHIN
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except ConnectionRefusedError:
            if node.poll() is not None or time.monotonic() > deadline:
                pytest.fail("anvil does not start")
            time.sleep(0.05)
