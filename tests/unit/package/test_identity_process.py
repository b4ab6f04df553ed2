# SPDX-License-Identifier: Apache-2.0
"""The process that runs didkit: reused, confined, replaced when it fails, gone when it is not needed."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from makegood.identity import Claims, Curve, DidkitProcess, Key, ProcessFailed, issue, verify
from makegood.identity import process as process_module

NOW = 1_767_225_600
KEY = Key(Curve.ED25519, bytes(range(32)))
OPTIONS = {"proofPurpose": "assertionMethod", "proofFormat": "jwt"}
READY = "import os, sys, time; os.write(1, bytes(4)); "
WORKER = Path(process_module.__file__).with_name("didkit_worker.py")


@pytest.fixture
def didkit() -> Iterator[DidkitProcess]:
    process = DidkitProcess()
    yield process
    process.close()


def issue_and_verify(process: DidkitProcess) -> None:
    text = issue(Claims("Note", "urn:a:b", {}, NOW), KEY, process=process)
    assert verify(text, now=NOW, process=process).issuer == KEY.did


def pid_of(process: DidkitProcess) -> int:
    assert process.pid is not None
    return process.pid


def is_running(pid: int) -> bool:
    """Also true of a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def encoded(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).rstrip(b"=").decode()


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def test_nothing_runs_before_it_is_needed(didkit: DidkitProcess) -> None:
    assert didkit.pid is None


def test_one_process_serves_many_calls(didkit: DidkitProcess) -> None:
    issue_and_verify(didkit)
    first = pid_of(didkit)
    issue_and_verify(didkit)
    assert didkit.pid == first


def test_closing_leaves_no_process_and_the_next_call_starts_one(didkit: DidkitProcess) -> None:
    issue_and_verify(didkit)
    first = pid_of(didkit)
    didkit.close()
    assert not is_running(first)
    issue_and_verify(didkit)
    assert pid_of(didkit) != first


def test_killed_process_is_our_error_and_is_replaced(didkit: DidkitProcess) -> None:
    issue_and_verify(didkit)
    first = pid_of(didkit)
    os.kill(first, signal.SIGKILL)
    with pytest.raises(ProcessFailed, match="ended without an answer"):
        issue_and_verify(didkit)
    assert not is_running(first)
    issue_and_verify(didkit)


def test_process_past_its_time_limit_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = f"import os; open({str(note)!r}, 'w').write(str(os.getpid())); {READY}time.sleep(600)"
    process = DidkitProcess(time_limit=0.2, command=[sys.executable, "-c", code])
    with pytest.raises(ProcessFailed, match=r"more than 0\.2 seconds and was stopped"):
        process.verify(["a.b.c"], OPTIONS)
    assert not is_running(int(note.read_text()))
    assert process.pid is None


@pytest.mark.parametrize(
    "behaviour",
    [
        "sys.exit(3)",
        "os.write(1, b'\\xff' * 8); time.sleep(600)",
        "os.write(1, b'\\0\\0\\0\\3+\\n+'); time.sleep(600)",
    ],
    ids=["ends", "too long an answer", "another number of answers"],
)
def test_process_that_misbehaves_is_our_error(behaviour: str) -> None:
    process = DidkitProcess(time_limit=5, command=[sys.executable, "-c", READY + behaviour])
    with pytest.raises(ProcessFailed):
        process.verify(["a.b.c"], OPTIONS)
    assert process.pid is None


def test_process_that_cannot_be_started_is_our_error(tmp_path: Path) -> None:
    process = DidkitProcess(command=[str(tmp_path / "none")])
    with pytest.raises(ProcessFailed, match="cannot be started: No such file"):
        process.verify(["a.b.c"], OPTIONS)


def test_process_ends_when_its_parent_is_killed() -> None:
    code = (
        "import os, signal\n"
        "from makegood.identity import Claims, Key, issue\n"
        "from makegood.identity.process import shared\n"
        f"issue(Claims('Note', 'urn:a:b', {{}}, {NOW}), Key.generate())\n"
        "print(shared().pid, flush=True)\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL
    assert within(20, lambda: not is_running(int(done.stdout)))


def test_child_after_a_fork_does_not_disturb_its_parent() -> None:
    # In a process with one thread: forking others is unsafe whatever we do.
    code = (
        "import os\n"
        "from makegood.identity import Claims, Key, issue\n"
        "from makegood.identity.process import shared\n"
        f"def once(): issue(Claims('Note', 'urn:a:b', {{}}, {NOW}), Key.generate()); return shared().pid\n"
        "first = once()\n"
        "child = os.fork()\n"
        "other = once()\n"
        "if child == 0: os._exit(0 if other != first else 1)\n"
        "code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])\n"
        "print(code, other == first, once() == first)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["0", "True", "True"]


def test_process_gets_nothing_of_the_environment(
    didkit: DidkitProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESK_SECRET", "not for others")
    issue_and_verify(didkit)
    environment = Path(f"/proc/{didkit.pid}/environ")
    if not environment.exists():
        pytest.skip("needs /proc to look into another process")
    names = {line.partition(b"=")[0] for line in environment.read_bytes().split(b"\0") if line}
    assert names <= {b"TOKIO_WORKER_THREADS", b"LC_ALL"}
    arguments = Path(f"/proc/{didkit.pid}/cmdline").read_bytes()
    assert json.loads(KEY.secret_jwk())["d"].encode() not in arguments


def test_process_cannot_open_sockets_or_files() -> None:
    code = (
        "import runpy, socket\n"
        f"worker = runpy.run_path({str(WORKER)!r})\n"
        "import asyncio\n"
        "loop = worker['Loop']()\n"
        "asyncio._set_running_loop(loop)\n"
        "worker['confine'](loop)\n"
        "for attempt in (socket.socket, lambda: open('/dev/null'),\n"
        "                lambda: socket.create_connection(('127.0.0.1', 9))):\n"
        "    try:\n"
        "        attempt()\n"
        "        print('opened')\n"
        "    except OSError as error:\n"
        "        print(error.strerror)\n"
        "import os, sys\n"
        "sys.stdout.flush()\n"
        "os._exit(0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split("\n")[:3] == ["Too many open files"] * 3


def test_did_web_without_our_checks_reaches_no_server(didkit: DidkitProcess) -> None:
    signature = issue(Claims("Note", "urn:a:b", {}, NOW), KEY, process=didkit).rpartition(".")[2]
    with socket.create_server(("127.0.0.1", 0)) as server:
        did = f"did:web:localhost%3A{server.getsockname()[1]}"
        header = json.dumps({"alg": "EdDSA", "kid": f"{did}#key"})
        body = json.dumps({"iss": did, "nbf": NOW, "vc": {"credentialSubject": {"id": "urn:a:b"}}})
        (answer,) = didkit.verify([f"{encoded(header)}.{encoded(body)}.{signature}"], OPTIONS)
        assert answer.startswith("-")
        server.settimeout(0.3)
        with pytest.raises(TimeoutError):
            server.accept()


def test_importing_starts_nothing_and_does_not_load_didkit() -> None:
    code = (
        "import os, sys, threading, makegood.identity\n"
        "print('didkit' in sys.modules, threading.active_count())\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.split() == ["False", "1"]


def test_didkit_is_imported_in_one_file_only(project: Path) -> None:
    folders = [project / name for name in ("makegood", "scripts", "checks", "benchmarks")]
    sources = [path for folder in folders for path in folder.rglob("*.py")]
    importing = [
        path.name
        for path in sources
        if any(
            line.strip().startswith(("import didkit", "from didkit"))
            for line in path.read_text().splitlines()
        )
    ]
    assert importing == ["didkit_worker.py"]
