# SPDX-License-Identifier: Apache-2.0
"""The explorer with processes that make its pages: they say the same, and whichever ends, pages go on."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import explorer_house
import pytest

from makegood.indexer.store import default_url

PROJECT = Path(__file__).resolve().parents[2]
_AGES = re.compile(r"<time[^>]*>[^<]*</time>|content=\"[^\"]*\"|\d+ days?|\d+ 天")


@contextmanager
def explorer(folder: Path, processes: int) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    command = [sys.executable, "-m", "makegood", "explorer", "--database", default_url(folder), "--port", "0"]
    command += ["--rate", "0", "--processes", str(processes)]
    with subprocess.Popen(command, cwd=PROJECT, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = process.stderr.readline()
            place = re.search(r"http://127\.0\.0\.1:[0-9]+", said)
            assert place, said
            yield place.group(), process
        finally:
            process.kill()
            process.wait()


def ask(address: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def children(pid: int) -> list[int]:
    return [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def wait_for(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("index")
    found = explorer_house.build(folder)
    return folder, {
        **found.paths,
        "unknown": f"/ticket/1/0x{'0' * 64}",
        "to the ticket": f"/search?q={found.late}",
    }


def test_they_say_what_one_process_says(house: tuple[Path, dict[str, str]]) -> None:
    folder, paths = house
    with explorer(folder, 2) as (several, process), explorer(folder, 0) as (single, alone):
        assert (len(children(process.pid)), len(children(alone.pid))) == (2, 0)
        asked = [f"/{code}{path}" for code in ("en", "zh") for path in paths.values()]
        with ThreadPoolExecutor(8) as threads:
            ours = list(threads.map(lambda path: ask(several + path), asked))
        for path, (status, page) in zip(asked, ours, strict=True):
            theirs = ask(single + path)
            assert (status, _AGES.sub("", page)) == (theirs[0], _AGES.sub("", theirs[1])), path
        assert {status for status, _ in ours} == {200, 404}


def test_whichever_ends_pages_go_on(house: tuple[Path, dict[str, str]]) -> None:
    folder, paths = house
    with explorer(folder, 2) as (address, process), ThreadPoolExecutor(8) as threads:
        made = children(process.pid)
        for left, pid in ((1, made[1]), (0, made[0])):
            asked = [threads.submit(ask, f"{address}/en{paths['ticket']}") for _ in range(100)]
            os.kill(pid, signal.SIGKILL)
            assert {each.result()[0] for each in asked} == {200}
            # The one that is gone is noticed by whoever asks it next.
            wait_for(lambda: all(ask(f"{address}/en{paths['desk']}")[0] == 200 for _ in range(4)))
            wait_for(lambda left=left: f"makegood_page_processes {left}" in ask(f"{address}/metrics")[1])
        assert ask(f"{address}/zh{paths['ticket']}")[0] == 200


@pytest.mark.parametrize("ending", [signal.SIGKILL, signal.SIGTERM])
def test_none_outlives_the_explorer(house: tuple[Path, dict[str, str]], ending: signal.Signals) -> None:
    folder, paths = house
    with explorer(folder, 2) as (address, process):
        assert ask(f"{address}/en{paths['front']}")[0] == 200
        made = children(process.pid)
        assert len(made) == 2
        os.kill(process.pid, ending)
        process.wait(30)
        wait_for(lambda: not any(alive(pid) for pid in made))


def test_it_ends_at_once_and_without_a_word_while_a_page_is_live(house: tuple[Path, dict[str, str]]) -> None:
    folder, paths = house
    with explorer(folder, 1) as (address, process):
        topic = paths["ticket"].strip("/")
        with urllib.request.urlopen(f"{address}/live?topic={topic}", timeout=30) as stream:  # noqa: S310
            assert stream.readline() == b"retry: 2000\n"
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_an_index_that_cannot_be_read_is_said_and_read_again(tmp_path: Path) -> None:
    paths = explorer_house.build(tmp_path).paths
    with explorer(tmp_path, 1) as (address, _), sqlite3.connect(tmp_path / "index.sqlite") as database:
        assert ask(f"{address}/en{paths['ticket']}")[0] == 200
        database.execute("ALTER TABLE tickets RENAME TO lost")
        # In the other language: what was answered is answered again for a second.
        status, page = ask(f"{address}/zh{paths['ticket']}")
        assert (status, "索引" in page) == (503, True)
        database.execute("ALTER TABLE lost RENAME TO tickets")
        assert ask(f"{address}/zh{paths['ticket']}")[0] == 200
