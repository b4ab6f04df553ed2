# SPDX-License-Identifier: Apache-2.0
"""All services of a desk from one settings file, as processes whose log is read."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keeper_house
from bridge_house import AGENT, SECRET
from queue_house import QueueHouse

PROJECT = Path(__file__).resolve().parents[2]
ALL = ("index", "explorer", "bridge", "keeper")
WITHIN = 60.0
REQUESTER_SECRET = "of the desk's own keys"  # noqa: S105

_PLACE = re.compile(r"http://127\.0\.0\.1:\d+")


def whole_file(house: QueueHouse, folder: Path, address: str = "http://127.0.0.1:9", **given: Any) -> Path:
    """A settings file with every section; each service takes a free port."""
    (folder / "mapping.yaml").write_text(f'web: {{agents: {{ann: "{AGENT}"}}, bots: [robot]}}', "utf-8")
    path = keeper_house.settings_file(house, folder, address, **given)
    path.write_text(
        path.read_text("utf-8")
        + f"""
[index]
interval = 0.1
private_leaves = true
[explorer]
port = 0
processes = 1
stale_after = "1h"
[bridge]
policy = 1
port = 0
mapping = "mapping.yaml"
receipts = "receipts"
requester_secret = "{REQUESTER_SECRET}"
[bridge.helpdesks.web]
kind = "generic"
secret = "{SECRET}"
""",
        "utf-8",
    )
    return path


def changed(file: Path, *pairs: tuple[str, str]) -> Path:
    """The same file with other texts."""
    text = file.read_text("utf-8")
    for old, new in pairs:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    return file


def without(file: Path, section: str) -> Path:
    """The same file without a section and those within it."""
    parts = re.split(r"^(?=\[)", file.read_text("utf-8"), flags=re.MULTILINE)
    kept = [part for part in parts if not re.match(rf"\[{section}[\].]", part)]
    assert len(kept) < len(parts)
    file.write_text("".join(kept), "utf-8")
    return file


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "makegood", *map(str, words)]


def wait_for(what: Callable[[], Any], seconds: float = WITHIN) -> Any:
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return found


def is_there(pid: int) -> bool:
    """Whether a process lives; one that only waits to be noted does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(") ")[2][0] != "Z"
    except FileNotFoundError:
        return False


@dataclass
class Serving:
    """A `makegood serve`, and what it said."""

    process: subprocess.Popen[bytes]
    log: Path

    def text(self) -> str:
        return self.log.read_text("utf-8")

    def lines(self) -> list[dict[str, Any]]:
        """What was logged; every line must be an object of a service."""
        told = [json.loads(line) for line in self.text().splitlines(keepends=True) if line.endswith("\n")]
        assert all(each["service"] in (*ALL, "serve") for each in told)
        return told

    def said(self, service: str, what: str) -> list[dict[str, Any]]:
        return [each for each in self.lines() if each["service"] == service and what in each["says"]]

    def pid(self, service: str) -> int:
        """Of the newest process of a service."""
        return int(self.said("serve", f"{service} is started")[-1]["pid"])

    def places(self, service: str) -> list[str]:
        """Where its processes answered, the newest last."""
        return [_PLACE.findall(each["says"])[0] for each in self.said(service, "http://127.0.0.1")]

    def place(self, service: str, nth: int = 1) -> str:
        """Where its nth process answers, once it does."""
        wait_for(lambda: len(self.places(service)) >= nth or self.process.poll() is not None)
        assert len(self.places(service)) >= nth, self.text()[-3_000:]
        return self.places(service)[nth - 1]

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(90)


@contextmanager
def serving(file: Path, *words: str) -> Iterator[Serving]:
    """A process that is ended when it is left; with the supervisor end its services."""
    log = file.parent / f"log {len(list(file.parent.glob('log *')))}"
    with log.open("wb") as said:
        process = subprocess.Popen(
            command("serve", "--settings", file, *words), cwd=PROJECT, stdout=subprocess.DEVNULL, stderr=said
        )
        try:
            yield Serving(process, log)
        finally:
            process.kill()
            process.wait()


def ask(address: str) -> Any:
    """What answers there, as JSON where it is that."""
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310
        text = answer.read().decode()
    return json.loads(text) if text.startswith("{") else text
