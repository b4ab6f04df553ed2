# SPDX-License-Identifier: Apache-2.0
"""`makegood doctor`: databases before the first start, and a machine on which makegood is not installed."""

from __future__ import annotations

import sqlite3
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import NoReturn

import pytest

from makegood.doctor import State, examine
from makegood.doctor import machine as machine_module
from makegood.doctor.data import databases, index
from makegood.doctor.finding import Finding, Known
from makegood.doctor.sections import keys
from makegood.settings import load

FILE = """
[chain]
rpc = "http://127.0.0.1:9"
chain_id = 31337
desk = "0x00000000000000000000000000000000000000D1"
"""


def file(folder: Path) -> Path:
    path = folder / "makegood.toml"
    path.write_text(FILE, "utf-8")
    return path


def test_a_database_without_tables_is_as_it_should_be_before_the_first_start(tmp_path: Path) -> None:
    known = Known(load(file(tmp_path)), now=0)
    for name in ("makegood", "index"):
        # As Postgres makes one: it is there, and empty.
        database = sqlite3.connect(tmp_path / f"{name}.sqlite")
        database.execute("VACUUM")
        database.close()
    found = [*databases(known), *index(known)]
    assert [each.state for each in found] == [State.OK, State.OK], found
    assert all("has no tables yet" in each.says for each in found)


def test_what_systemd_gives_to_one_unit_is_not_others_to_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = tmp_path / "credentials"
    given.mkdir()
    (given / "rpc-url").write_text("http://127.0.0.1:9", "utf-8")
    (given / "rpc-url").chmod(0o440)
    (tmp_path / "secrets").symlink_to(given)
    path = file(tmp_path)
    path.write_text(FILE.replace("rpc =", 'rpc_file = "secrets/rpc-url" #'), "utf-8")
    known = Known(load(path), now=0)
    assert [each.state for each in keys(known)] == [State.WARN]
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(given))
    assert list(keys(known)) == []
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    assert [each.state for each in keys(known)] == [State.WARN]


def test_a_secret_in_the_home_of_nobody_hides_no_other(tmp_path: Path) -> None:
    path = file(tmp_path)
    (tmp_path / "secret").write_text("of sixteen and more", "utf-8")
    (tmp_path / "secret").chmod(0o644)
    lines = ["[bridge]", 'requester_secret_file = "~nobody-of-this-name/x"', "[bridge.helpdesks.web]"]
    path.write_text("\n".join([FILE, *lines, 'secret_file = "secret"']), "utf-8")
    known = Known(load(path), now=0)
    assert [each.says for each in keys(known)] == [f"others can read {tmp_path / 'secret'}"]


def test_what_cannot_be_known_of_the_machine_is_told_and_the_rest_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(name: str) -> NoReturn:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(machine_module, "requires", none)
    found: list[Finding] = list(examine(file(tmp_path)))
    assert [each.says for each in found if each.check == "machine"] == [
        "the package makegood is not installed"
    ]
    assert {"python", "settings", "database"} <= {each.check for each in found}
