# SPDX-License-Identifier: Apache-2.0
"""`make node`: a chain whose clock was moved ahead goes on from there when it is started again."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from web3 import HTTPProvider, Web3

from benchmarks.node import ask
from checks.node_clock import options

PROJECT = Path(__file__).parents[2]
WEEK = 7 * 86_400


@contextmanager
def node(state: Path) -> Iterator[Web3]:
    """As the target starts it, and as Ctrl-C ends it."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    words = ["make", "-o", ".venv/.installed", "-o", "node_modules/.installed", "node"]
    with subprocess.Popen(
        [*words, f"PORT={port}", f"STATE={state}"],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    ) as made:
        w3 = Web3(HTTPProvider(f"http://127.0.0.1:{port}"))
        try:
            while not w3.is_connected():
                assert made.poll() is None
                time.sleep(0.05)
            yield w3
        finally:
            os.killpg(made.pid, signal.SIGINT)
            made.wait(60)


def mined(w3: Web3) -> tuple[int, int]:
    """Number and time of a new block."""
    ask(w3, "evm_mine")
    block = w3.eth.get_block("latest")
    return block["number"], block["timestamp"]


def test_a_clock_that_was_moved_ahead_goes_on_when_the_node_is_started_again(tmp_path: Path) -> None:
    state = tmp_path / "node.json"
    with node(state) as w3:
        ask(w3, "evm_increaseTime", WEEK)
        before = mined(w3)
    assert before[1] > time.time() + WEEK - 600
    for _ in range(2):
        with node(state) as w3:
            after = mined(w3)
        assert after[0] == before[0] + 1
        assert 0 < after[1] - before[1] < 600
        before = after


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"blocks": []}', '{"blocks": [{"header": 1}]}'])
def test_without_a_state_that_can_be_read_nothing_is_told_to_the_node(
    tmp_path: Path, text: str | None
) -> None:
    state = tmp_path / "node.json"
    if text is not None:
        state.write_text(text, "utf-8")
    assert options(state, 0) == []


def test_a_chain_that_is_not_ahead_goes_by_the_machine_s_clock(tmp_path: Path) -> None:
    state = tmp_path / "node.json"
    state.write_text('{"blocks": [{"header": {"timestamp": "0x64"}}, {"header": {"timestamp": "0x5"}}]}')
    assert options(state, 100) == []
    assert options(state, 99) == ["--timestamp", "101"]
