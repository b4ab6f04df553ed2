# SPDX-License-Identifier: Apache-2.0
"""`makegood bridge`: a worker that is ended while it starts, and a letter's number that is none."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from makegood.cli import main

FILE = """
[chain]
rpc = "http://127.0.0.1:{port}"
chain_id = 31337
desk = "0x00000000000000000000000000000000000000D1"
[bridge]
policy = 1
requester_secret = "of the desk's own keys"
[bridge.helpdesks.web]
kind = "generic"
secret = "of sixteen and more"
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("command", ["run", "work"])
def test_one_that_waits_for_its_node_ends_without_a_word(
    tmp_path: Path, command: str, number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        path = tmp_path / "makegood.toml"
        path.write_text(FILE.format(port=silent.getsockname()[1]), "utf-8")
        words = [sys.executable, "-m", "makegood", "bridge", command, "--settings", str(path)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, text=True) as process:
            silent.settimeout(60)
            asked, _ = silent.accept()
            process.send_signal(number)
            _, said = process.communicate(timeout=60)
            asked.close()
    assert (process.returncode, said) == (0, "")


def test_a_number_beyond_the_database_is_none_of_a_letter(tmp_path: Path) -> None:
    words = ("bridge", "replay", "message", str(2**63), "--settings", str(tmp_path / "makegood.toml"))
    done = CliRunner(mix_stderr=False).invoke(main, words)
    assert done.exit_code == 2
    assert "a kind and a number" in done.stderr
