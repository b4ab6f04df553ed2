# SPDX-License-Identifier: Apache-2.0
"""A real django-helpdesk at an address of this machine, used as people use it: over HTTP."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = PROJECT / ".cache" / "helpdesk" / "bin" / "python"
PROGRAM = PROJECT / "tests" / "helpdesk" / "site_of_tests.py"
INSTALL = "needs django-helpdesk in .cache/helpdesk: make .cache/helpdesk/.installed"
PASSWORD = "of the staff"  # noqa: S105
OPEN, REOPENED, RESOLVED, CLOSED = 1, 2, 3, 4

_STARTS_WITHIN = 120.0


@dataclass(frozen=True)
class Helpdesk:
    """Its address. Staff are ann (1), bo (2) and bridge (3)."""

    address: str

    def submit(self, title: str, text: str, who: str) -> None:
        """A customer fills in the public form."""
        with self._session() as session:
            page = session.get(f"{self.address}/tickets/submit/", timeout=30)
            fields = {
                "queue": "1",
                "title": title,
                "body": text,
                "priority": "3",
                "submitter_email": who,
                "csrfmiddlewaretoken": _token(page.text),
            }
            answer = session.post(
                f"{self.address}/tickets/submit/", data=fields, timeout=30, allow_redirects=False
            )
            assert answer.status_code == 302, answer.text[:2_000]

    def answer(
        self,
        ticket: int,
        text: str,
        who: str = "ann",
        *,
        public: bool = True,
        status: int = OPEN,
        priority: int = 3,
    ) -> None:
        """One of the staff fills in the form under a ticket."""
        with self._session(who) as session:
            page = session.get(f"{self.address}/tickets/{ticket}/", timeout=30)
            fields = {
                "comment": text,
                "new_status": str(status),
                "priority": str(priority),
                "title": self.ticket(ticket)["title"],
                "queue": "1",
                "owner": "0",
                "due_date": "",
                "csrfmiddlewaretoken": _token(page.text),
                **({"public": "1"} if public else {}),
            }
            url = f"{self.address}/tickets/{ticket}/update/"
            answer = session.post(url, data=fields, timeout=30, allow_redirects=False)
            assert answer.status_code == 302, re.findall(
                r"(?s)<[^>]*(?:errorlist|invalid|alert)[^>]*>.{0,200}", answer.text
            )

    def ticket(self, number: int) -> dict[str, Any]:
        """A ticket as its API has it."""
        answer = requests.get(f"{self.address}/api/tickets/{number}/", auth=("ann", PASSWORD), timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def attachment(self, number: int) -> dict[str, Any]:
        """What is known of an attachment."""
        url = f"{self.address}/api/followups-attachments/{number}/"
        answer = requests.get(url, auth=("ann", PASSWORD), timeout=30)
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    @contextmanager
    def _session(self, who: str = "") -> Iterator[requests.Session]:
        with requests.Session() as session:
            session.trust_env = False
            if who:
                page = session.get(f"{self.address}/login/", timeout=30)
                fields = {"username": who, "password": PASSWORD, "csrfmiddlewaretoken": _token(page.text)}
                answer = session.post(
                    f"{self.address}/login/", data=fields, timeout=30, allow_redirects=False
                )
                assert answer.status_code == 302, answer.text[:2_000]
            yield session


@contextmanager
def helpdesk(folder: Path, hook: str) -> Iterator[Helpdesk]:
    """One that tells an address of all that happens to its tickets, for as long as it is needed."""
    assert PYTHON.exists(), INSTALL
    port = free_port()
    variables = {
        "PATH": os.environ["PATH"],
        "HELPDESK_FOLDER": str(folder),
        "PYTHONPATH": str(PROGRAM.parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "HELPDESK_NEW_TICKET_WEBHOOK_URLS": hook,
        "HELPDESK_FOLLOWUP_WEBHOOK_URLS": hook,
    }
    log = folder / "helpdesk.log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [PYTHON, PROGRAM, str(port)], env=variables, stdout=file, stderr=file, cwd=folder
        )
    try:
        _wait(port, process, log)
        yield Helpdesk(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(30)


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _STARTS_WITHIN
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            time.sleep(0.1)
            continue
        return


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert found, page[:2_000]
    return found[1]
