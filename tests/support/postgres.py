# SPDX-License-Identifier: Apache-2.0
"""A Postgres server of the tests' own: a fresh cluster in a temporary folder, reached by a socket in it."""

import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

INSTALL = "needs Postgres: install the Debian package postgresql, or put initdb and postgres on PATH"

_STARTS_WITHIN = 60.0
_USERS = ("postgres", "nobody")  # whom a server runs as, since it refuses to run as root


class Server:
    """Gives each test a database of its own."""

    def __init__(self, folder: Path, user: str) -> None:
        self._folder = folder
        self._user = user
        self._names = itertools.count(1)

    def fresh(self) -> str:
        """The address of a new database."""
        name = f"index_{next(self._names)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        return f"postgresql://{self._user}@/{name}?host={self._folder}"

    def _dsn(self, name: str) -> str:
        return f"host={self._folder} user={self._user} dbname={name}"

    def answers(self) -> bool:
        try:
            psycopg.connect(self._dsn("postgres")).close()
        except psycopg.OperationalError:
            return False
        return True


def binaries() -> Path | None:
    """The folder of initdb and postgres; None where there is none."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if (place / "postgres").exists()), None)


@contextmanager
def server() -> Iterator[Server]:
    """A server for as long as it is needed."""
    place = binaries()
    assert place is not None, INSTALL
    # Its socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="pg-", dir="/tmp") as name:
        folder = Path(name)
        runs_as, user = _runs_as(folder)
        data = folder / "data"
        initdb = [
            place / "initdb",
            "-D",
            data,
            "-U",
            user,
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--locale",
            "C.UTF-8",
        ]
        subprocess.run(initdb, check=True, capture_output=True, cwd=folder, **runs_as)
        options = (
            "listen_addresses=",
            f"unix_socket_directories={folder}",
            "fsync=off",
            "full_page_writes=off",
        )
        command = [place / "postgres", "-D", data, *(part for each in options for part in ("-c", each))]
        with (folder / "log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder, **runs_as)
        try:
            yield _started(Server(folder, user), process, folder)
        finally:
            process.terminate()
            process.wait(_STARTS_WITHIN)


def _runs_as(folder: Path) -> tuple[dict[str, Any], str]:
    if os.geteuid() != 0:
        return {}, pwd.getpwuid(os.geteuid()).pw_name
    for name in _USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}, name
    raise AssertionError("There is nobody whom a Postgres server could run as.")


def _started(made: Server, process: subprocess.Popen[bytes], folder: Path) -> Server:
    deadline = time.monotonic() + _STARTS_WITHIN
    while not made.answers():
        assert process.poll() is None, (folder / "log").read_text()
        assert time.monotonic() < deadline, "Postgres does not start"
        time.sleep(0.05)
    return made
