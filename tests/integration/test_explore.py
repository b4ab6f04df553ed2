# SPDX-License-Identifier: Apache-2.0
"""`ape run explore`: the demo, its index and the explorer together, until Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import IO
from urllib.request import urlopen

import pytest
from web3 import Web3

PROJECT = Path(__file__).resolve().parents[2]
APE = Path(sys.executable).with_name("ape")
ENDS_WITHIN = 60.0


def explore(node: str, port: int, folder: Path) -> subprocess.Popen[str]:
    # Where the tests run in the background Ctrl-C is ignored, and so it would be by the command.
    return subprocess.Popen(
        ["env", "--default-signal=INT", APE, "run", "explore", "--network", node, "--port", str(port)],
        cwd=PROJECT,
        env={**os.environ, "MAKEGOOD_DATA_FOLDER": str(folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def told(output: IO[str], last: str) -> str:
    """What it says, up to a line that ends so, or up to its end."""
    said = ""
    for line in output:
        said += line
        if line.rstrip().endswith(last):
            break
    return said


def children(process: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_the_demo_is_shown_until_ctrl_c(anvil_url: str, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = explore(anvil_url, port, tmp_path)
    try:
        assert process.stdout is not None
        said = told(process.stdout, "Ctrl-C ends it.")
        assert f"The explorer answers at http://127.0.0.1:{port}/" in said
        ticket = re.search("about the ticket (0x[0-9a-f]{64}), which nobody answered", said)
        assert ticket, said
        with urlopen(f"http://127.0.0.1:{port}/en/ticket/31337/{ticket[1]}") as answer:
            page = answer.read().decode()
        assert "No: there is no reply yet" in page
        assert "can be claimed now, by anyone" in page
        shown = children(process.pid)
        assert len(shown) >= 2
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=ENDS_WITHIN)
        assert process.returncode == 0
        assert [each for each in shown if Path(f"/proc/{each}").exists()] == []
    finally:
        process.kill()
        process.wait()


def make_explore(*words: str) -> subprocess.CompletedProcess[str]:
    """Its own words alone: what it builds first is there, or is none of this file's."""
    there = [
        word for each in (".venv/.installed", "node_modules/.installed", "build") for word in ("-o", each)
    ]
    return subprocess.run(
        ["make", *there, "explore", *words],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )


@pytest.mark.parametrize(("name", "other"), [("PORT", "WEB=18017"), ("WEB", "PORT=18017")])
def test_make_explore_refuses_a_taken_port_and_keeps_the_other_one(name: str, other: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = make_explore(f"{name}={port}", other)
    assert done.returncode != 0
    says = f"port {port} is taken; name another: make explore {name}={port + 1} {other}\n"
    assert done.stderr.startswith(f"make explore: {says}")
    assert done.stdout == ""


@pytest.mark.parametrize("port", ["abc", "", "-1", "100000"])
def test_make_explore_refuses_what_is_no_port(port: str) -> None:
    done = make_explore(f"PORT={port}")
    assert done.returncode != 0
    assert done.stderr.startswith(
        "make explore: PORT is a number up to 65535; name one: make explore PORT=8600"
    )


def test_make_explore_ends_where_its_node_does() -> None:
    done = make_explore("PORT=65999", "WEB=18017")
    assert done.returncode != 0
    assert "make explore: the node has ended; what it said stands above\n" in done.stderr
    assert "65999" in done.stderr.split("make explore:")[0]


def test_a_taken_port_is_refused_before_anything_is_played(anvil_url: str, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        process = explore(anvil_url, port, tmp_path)
        said, _ = process.communicate(timeout=ENDS_WITHIN)
    assert process.returncode == 2
    assert f"The port {port} of this machine is taken. Choose another for the explorer" in said
    assert Web3(Web3.HTTPProvider(anvil_url)).eth.block_number == 0
