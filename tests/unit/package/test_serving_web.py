# SPDX-License-Identifier: Apache-2.0
"""The web servers' socket, and that one ends in order at whatever moment it is told to."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest
import requests

from makegood.errors import MakegoodError
from makegood.serving.web import listen

SERVER = """
import os, signal, sys, threading
import uvicorn
from makegood.serving.ending import until_ended
from makegood.serving.web import config, ending, listen

async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"here"})

with until_ended():
    listening, place = listen("server", "127.0.0.1", 0)
    server = uvicorn.Server(config(app, ends_within=1))
    with ending(server):
        print(place, flush=True)
        if sys.argv[1] == "early":
            os.kill(os.getpid(), signal.SIGTERM)
        server.run(sockets=[listening])
print("in order", flush=True)
"""


def started(when: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-W", "error", "-c", SERVER, when],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_one_that_is_told_to_end_before_it_answers_ends_without_a_word() -> None:
    said, errors = started("early").communicate(timeout=60)
    assert said.splitlines()[1:] == ["in order"]
    assert errors == ""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_one_that_answers_ends_without_a_word(number: int) -> None:
    with started("later") as run:
        assert run.stdout is not None
        assert requests.get(run.stdout.readline().strip(), timeout=60).text == "here"
        os.kill(run.pid, number)
        said, errors = run.communicate(timeout=60)
    assert (said, errors, run.returncode) == ("in order\n", "", 0)


def test_a_place_that_is_taken_is_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(MakegoodError, match=f"The bridge cannot listen at 127.0.0.1, port {port}: Addr"):
            listen("bridge", "127.0.0.1", port)


@pytest.mark.parametrize(("host", "shown"), [("127.0.0.1", "http://127.0.0.1:"), ("::1", "http://[::1]:")])
def test_where_it_listens_is_told_as_an_address(host: str, shown: str) -> None:
    listening, place = listen("bridge", host, 0)
    with listening:
        assert place == f"{shown}{listening.getsockname()[1]}"


@pytest.mark.parametrize("host", [".x", "a" * 70, "no host"])
def test_a_host_that_is_none_is_said_in_one_sentence(host: str) -> None:
    with pytest.raises(MakegoodError, match=r"The explorer cannot listen at .*, port 0: .*\."):
        listen("explorer", host, 0)
