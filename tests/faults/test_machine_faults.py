# SPDX-License-Identifier: Apache-2.0
"""A machine with a full disk, a locked database, a clock that jumps, or two who do the same work."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import fault_scene
import postgres
import psycopg
import pytest
from fault_scene import LASTS, Scene
from queue_house import QueueHouse

from benchmarks.node import anvil

HOUR = 3_600


@pytest.fixture(scope="module")
def house() -> Iterator[QueueHouse]:
    with anvil() as w3:
        yield fault_scene.build(w3)


# ---------------------------------------------------------------- disk


def test_disk_full(make: Callable[..., Scene], tmp_path: Path) -> None:
    """A file system of 24 MB for databases, leaves and receipts; another file takes what is left of it."""
    with small_disk(tmp_path / "disk") as disk:
        scene = make(disk)
        scene.begin()
        scene.more()
        filler = fill(disk)
        time.sleep(LASTS)
        scene.wait(lambda: scene.told("keeper", "full"), "a keeper that says so")
        filler.unlink()
        scene.over()
        scene.recovered("the file system with both databases, SQLite, leaves and receipts is full")
        scene.stop()


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of its own."""
    if os.geteuid() != 0:
        pytest.skip("needs root, who can mount a small file system")
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(disk: Path) -> Path:
    """A file that leaves nothing."""
    path = disk / "filler"
    with path.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while file.write(bytes(size)):
                    pass
            except OSError:
                continue
    return path


# ---------------------------------------------------------------- database

_HOLD = """
import sqlite3, sys
held = [sqlite3.connect(each, isolation_level=None) for each in sys.argv[1:]]
for each in held:
    each.execute("PRAGMA busy_timeout = 30000")
    each.execute("BEGIN EXCLUSIVE")
print("held", flush=True)
sys.stdin.read()
"""


@pytest.mark.quick
def test_database_locked(scene: Scene) -> None:
    scene.begin()
    scene.more()
    files = [each.removeprefix("sqlite:///") for each in (scene.database, scene.index)]
    command = [sys.executable, "-c", _HOLD, *files]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        before = scene.indexed()
        time.sleep(LASTS)
        assert scene.indexed() == before < scene.house.w3.eth.block_number
        other.kill()
    scene.over()
    scene.recovered("another process holds BEGIN EXCLUSIVE on both databases, SQLite")


def test_database_locked_postgres(make: Callable[..., Scene]) -> None:
    with postgres.server() as server:
        scene = make(databases=(server.fresh(), server.fresh()))
        scene.begin()
        scene.more()
        with ExitStack() as stack:
            for url, tables in ((scene.database, "sending_intents, batches_events"), (scene.index, "chains")):
                held = stack.enter_context(psycopg.connect(url))
                held.execute(f"LOCK TABLE {tables} IN ACCESS EXCLUSIVE MODE".encode())
            time.sleep(LASTS)
        scene.over()
        scene.recovered("another session holds ACCESS EXCLUSIVE on tables of both databases, Postgres")
        scene.stop()


# ---------------------------------------------------------------- clock

_SHIFTED = """
import os, time

_real = time.time

def _shifted():
    with open(os.environ["MAKEGOOD_TEST_CLOCK"]) as file:
        return _real() + float(file.read() or 0)

time.time = _shifted
"""


@pytest.mark.quick
def test_clock_jump(make: Callable[..., Scene], tmp_path: Path) -> None:
    """What Python reads of the wall's clock, in both processes, is shifted by what a file says."""
    (tmp_path / "preloaded").mkdir()
    (tmp_path / "preloaded" / "sitecustomize.py").write_text(_SHIFTED, "utf-8")
    clock = tmp_path / "clock"
    clock.write_text("0", "utf-8")
    path = os.pathsep.join([str(tmp_path / "preloaded"), os.environ.get("PYTHONPATH", "")])
    scene = make(environment={"PYTHONPATH": path, "MAKEGOOD_TEST_CLOCK": str(clock)})
    scene.begin()
    scene.more()
    for shift in (HOUR, -HOUR):
        clock.write_text(str(shift), "utf-8")
        time.sleep(LASTS)
    clock.write_text("0", "utf-8")
    scene.over()
    scene.recovered("the clock of both processes goes an hour ahead, then an hour back, then right again")


# ---------------------------------------------------------------- two at once


def test_two_keepers_at_once(scene: Scene, tmp_path: Path) -> None:
    """One more of the same account and database, and one of another account, which shares the index only."""
    scene.begin()
    scene.start_keeper("second of the account")
    (tmp_path / "other").mkdir()
    scene.start_keeper("of another account", account=4, folder=tmp_path / "other")
    with scene.fault():
        pass
    for name in ("second of the account", "of another account"):
        scene.kill(name)
    scene.recovered("a second keeper of the account and one of another account work beside it, then die")
