# SPDX-License-Identifier: Apache-2.0
"""`makegood serve`: its sections of the settings file, what is secret in it, and the supervisor's rules."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from makegood import logs, settings
from makegood.errors import MakegoodError, UsageError
from makegood.explorer.section import Section
from makegood.indexer.settings import Settings as IndexSettings
from makegood.keeper.key import account_of
from makegood.serving.secrets import secrets_in
from makegood.serving.services import check, check_free, chosen
from makegood.serving.supervisor import Pauses, Supervisor

DESK = "0x00000000000000000000000000000000000000D1"
FACTORY = "0x00000000000000000000000000000000000000f1"
WHOLE = f"""
[chain]
rpc = "http://127.0.0.1:8545"
chain_id = 31337
desk = "{DESK}"
"""
QUICK = Pauses(first=0.01, longest=0.05, soon=60.0)


def load(folder: Path, text: str) -> settings.Settings:
    path = folder / "makegood.toml"
    path.write_text(WHOLE + text, "utf-8")
    return settings.load(path)


# ---------------------------------------------------------------- sections


def test_without_its_section_an_index_follows_the_desk(tmp_path: Path) -> None:
    assert IndexSettings.of(load(tmp_path, "")) == IndexSettings(desks=(DESK,))


def test_an_index_is_told_what_to_follow(tmp_path: Path) -> None:
    text = f"""
    [index]
    url = "sqlite:///i.sqlite"
    factories = ["{FACTORY}"]
    from_block = 7
    interval = 0.5
    leaves = false
    private_leaves = true
    gateway = "http://127.0.0.1:8080/"
    """
    found = IndexSettings.of(load(tmp_path, text))
    gateway = "http://127.0.0.1:8080"
    assert found == IndexSettings(
        (FACTORY,), (DESK,), 7, 0.5, leaves=False, private_leaves=True, gateway=gateway
    )


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("factories = ['me']", r'\[index\] factories has "me", which is no address'),
        (f"factories = '{FACTORY}'", r"\[index\] factories is no list"),
        ("interval = 0.01", r"\[index\] interval is no number from 0.1"),
        ("from_block = -1", r"\[index\] from_block is no whole number"),
        ("leaves = 1", r"\[index\] leaves is neither true nor false"),
        ("gateway = 'ipfs://x'", r"\[index\] gateway is no http or https address"),
        ("gateway = 'http://['", r"\[index\] gateway is no http or https address"),
        ("desks = []", r"\[index\] desks is not known"),
    ],
)
def test_what_an_index_cannot_use_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        IndexSettings.of(load(tmp_path, f"[index]\n{text}"))


def test_an_explorer_is_told_how_to_serve(tmp_path: Path) -> None:
    assert Section.of(load(tmp_path, "")) == Section()
    text = """
    [explorer]
    host = "::1"
    port = 81
    rate = 5
    burst = 9
    stale_after = "2m"
    trusted_proxies = ["10.0.0.1", "::1"]
    processes = 0
    """
    found = Section.of(load(tmp_path, text))
    assert (found.host, found.port, found.processes) == ("::1", 81, 0)
    serving = found.serving
    assert (serving.rate, serving.burst, serving.stale_after) == (5.0, 9, 120)
    assert serving.trusted_proxies == ("10.0.0.1", "::1")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("port = 70000", r"\[explorer\] port is no whole number"),
        ("burst = 0", r"\[explorer\] burst is no whole number from 1"),
        ("rate = -1", r"\[explorer\] rate is no number"),
        ("trusted_proxies = ['proxy']", r'\[explorer\] trusted_proxies has "proxy", which is no IP address'),
        ("processes = 65", r"\[explorer\] processes is no whole number from 0 to 64"),
        ("threads = 4", r"\[explorer\] threads is not known"),
    ],
)
def test_what_an_explorer_cannot_use_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Section.of(load(tmp_path, f"[explorer]\n{text}"))


def test_what_runs_is_what_the_file_has(tmp_path: Path) -> None:
    found = load(tmp_path, "[keeper]\nkey = 'k'")
    assert chosen(found, ()) == ("index", "explorer", "keeper")
    assert chosen(found, ("keeper", "index")) == ("index", "keeper")
    with pytest.raises(UsageError, match=r"no section \[bridge\]"):
        chosen(found, ("bridge",))


def test_a_database_of_another_kind_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="mysql"):
        check(load(tmp_path, "[database]\nurl = 'mysql://h/d'"), ("index",))


def test_a_package_that_is_missing_is_told_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makegood.serving.services.find_spec", lambda name: None if name == "babel" else name)
    check(load(tmp_path, ""), ("index",))
    with pytest.raises(UsageError, match=r"\[explorer\] needs babel.*extras explorer, bridge and keeper"):
        check(load(tmp_path, ""), ("index", "explorer"))


def test_a_port_where_something_listens_is_named_before_anything_starts() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = ("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(
            MakegoodError, match=rf"port {place[1]}: Addr.* Give another \[bridge\] port"
        ) as no:
            check_free({("127.0.0.1", 0): "explorer", place: "bridge"})
        assert no.value.exit_code == 1
    check_free({place: "bridge"})
    # What it tried is free again.
    check_free({place: "bridge"})
    with pytest.raises(MakegoodError, match=r"\[keeper\] port"):
        check_free({("0.0.0.0", place[1]): "explorer", place: "keeper"})  # noqa: S104


def test_a_keeper_s_port_is_tried_where_no_web_server_is_installed() -> None:
    program = (
        "import sys; sys.modules.update(uvicorn=None, starlette=None)\n"
        "import makegood.keeper.serving; from makegood.serving.services import check_free\n"
        "check_free({('127.0.0.1', 0): 'keeper'})"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# ---------------------------------------------------------------- secrets and logs


def test_secrets_are_found_wherever_they_stand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAKEGOOD_TEST_SECRET", "from the environment")
    (tmp_path / "channels").write_text("mailto://u:p@mail.example\n\nslack://token\n", "utf-8")
    text = """
    [database]
    url = "postgresql://me:of-the-database@host/desk"
    [keeper]
    key = "keeper.json"
    password = "of the key"
    [keeper.warn]
    channels_file = "channels"
    [bridge]
    policy = 1
    requester_secret_env = "MAKEGOOD_TEST_SECRET"
    [bridge.helpdesks.one]
    secret_file = "not there"
    """
    found = secrets_in(load(tmp_path, text))
    assert found == (
        "mailto://u:p@mail.example",
        "http://127.0.0.1:8545",
        "from the environment",
        "of-the-database",
        "slack://token",
        "of the key",
    )


def test_a_database_s_password_is_found_however_it_is_written(tmp_path: Path) -> None:
    text = """
    [database]
    url = "postgresql://me:of%40me@host/desk"
    [index]
    url = "postgresql://me@host/index?password=of%20the+index&sslpassword=of-a-key"
    [keeper]
    password_file = "~nobody-of-this-name/password"
    """
    found = secrets_in(load(tmp_path, text))
    assert found == ("http://127.0.0.1:8545", "of the index", "of-a-key", "of%40me", "of@me")


@pytest.mark.usefixtures("restored_logging")
def test_each_line_says_its_service() -> None:
    stream = io.StringIO()
    logs.configure(stream=stream, service="keeper", secrets=("hidden",))
    logging.getLogger("makegood.test").info("it is hidden")
    line = json.loads(stream.getvalue())
    assert (line["service"], line["says"]) == ("keeper", "it is …")


@pytest.fixture
def restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


# ---------------------------------------------------------------- the supervisor


def python(text: str) -> list[str]:
    return [sys.executable, "-c", f"import os, signal, sys, time\n{text}"]


def counting(file: Path, then: str) -> list[str]:
    """A process that notes its start."""
    return python(f"open({str(file)!r}, 'a').write('x')\n{then}")


def later(what: signal.Signals, when: threading.Event) -> threading.Thread:
    def send() -> None:
        assert when.wait(60)
        os.kill(os.getpid(), what)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def when_it_has(file: Path, count: int) -> threading.Event:
    reached = threading.Event()

    def look() -> None:
        while not (file.exists() and len(file.read_text("utf-8")) >= count):
            time.sleep(0.01)
        reached.set()

    threading.Thread(target=look, daemon=True).start()
    return reached


@pytest.mark.parametrize(
    "ending", ["sys.exit(1)", "os.kill(os.getpid(), signal.SIGKILL)", "pass", "sys.exit(6)"]
)
def test_whatever_ends_is_started_again(tmp_path: Path, ending: str) -> None:
    starts = tmp_path / "starts"
    sender = later(signal.SIGTERM, when_it_has(starts, 4))
    assert Supervisor(["one"], lambda _: counting(starts, ending), QUICK).run() == 0
    sender.join()
    assert len(starts.read_text("utf-8")) >= 4


def test_what_could_not_be_started_is_tried_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    commands = iter([[str(tmp_path / "none")], [str(tmp_path / "none")], counting(starts, "time.sleep(60)")])
    sender = later(signal.SIGTERM, when_it_has(starts, 1))
    assert Supervisor(["one"], lambda _: next(commands), QUICK).run() == 0
    sender.join()


def test_pauses_grow_and_begin_anew_after_a_while(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    for soon, expected in ((60.0, [0.01, 0.02, 0.04, 0.05, 0.05]), (0.0, [0.01] * 5)):
        caplog.clear()
        starts = tmp_path / f"starts {soon}"
        sender = later(signal.SIGTERM, when_it_has(starts, 6))
        with caplog.at_level(logging.ERROR):
            Supervisor(["one"], lambda _, starts=starts: counting(starts, ""), Pauses(0.01, 0.05, soon)).run()
        sender.join()
        assert [each.fields["after_seconds"] for each in caplog.records][:5] == expected  # type: ignore[attr-defined]


@pytest.mark.parametrize("code", [2, 3, 4])
def test_where_one_cannot_go_on_all_end(tmp_path: Path, code: int) -> None:
    ready, ended = tmp_path / "ready", tmp_path / "ended"
    waits = f"signal.signal(15, lambda *_: (open({str(ended)!r}, 'w').write('x'), sys.exit(0)))\n"
    waits += f"open({str(ready)!r}, 'w')\ntime.sleep(60)"
    fails = f"while not os.path.exists({str(ready)!r}): time.sleep(0.01)\nsys.exit({code})"
    commands = {"waits": python(waits), "fails": python(fails)}
    assert Supervisor(commands, commands.__getitem__, QUICK).run() == code
    assert ended.exists()


def test_it_says_at_the_end_that_all_have_ended(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    sender = later(signal.SIGINT, when_it_has(starts, 2))
    with caplog.at_level(logging.INFO):
        Supervisor(["one", "two"], lambda _: counting(starts, "time.sleep(60)"), QUICK).run()
    sender.join()
    assert [each.message for each in caplog.records if "ended" in each.message] == ["all services have ended"]


def test_who_asks_twice_does_not_wait(tmp_path: Path) -> None:
    starts, heard = tmp_path / "starts", tmp_path / "heard"
    deaf = f"signal.signal(2, lambda *_: open({str(heard)!r}, 'w').write('x'))\n"
    deaf += f"open({str(starts)!r}, 'w').write('x')\nwhile True: time.sleep(1)"
    first = later(signal.SIGINT, when_it_has(starts, 1))
    second = later(signal.SIGINT, when_it_has(heard, 1))
    assert Supervisor(["deaf"], lambda _: python(deaf), QUICK).run() == 0
    first.join()
    second.join()


def test_a_signal_ends_what_waits_to_be_started_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    sender = later(signal.SIGTERM, when_it_has(starts, 1))
    assert (
        Supervisor(["one"], lambda _: counting(starts, ""), Pauses(first=3_600.0, longest=3_600.0)).run() == 0
    )
    sender.join()


# ---------------------------------------------------------------- docs/services.md and docs/keeper.md


def block(project: Path, page: str, kind: str) -> list[str]:
    text = (project / "docs" / page).read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def test_the_page_s_file_can_be_used(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (text,) = block(project, "services.md", "toml")
    monkeypatch.setenv("MAKEGOOD_RPC_URL", "http://127.0.0.1:8545")
    (tmp_path / "mapping.yaml").write_text("support: {}\n", "utf-8")
    for name in ("requester-secret", "zammad-secret"):
        (tmp_path / name).write_text("a secret of sixteen\n", "utf-8")
    make_key(project, tmp_path)
    path = tmp_path / "makegood.toml"
    path.write_text(text, "utf-8")
    given = settings.load(path)
    assert chosen(given, ()) == ("index", "explorer", "bridge", "keeper")
    check(given, chosen(given, ()))


def test_the_page_names_every_setting_of_index_and_explorer(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: set[str] = set()
    done = settings.Table.done

    def noting(table: settings.Table) -> None:
        asked.update(table._asked)
        done(table)

    monkeypatch.setattr(settings.Table, "done", noting)
    given = load(tmp_path, "")
    IndexSettings.of(given)
    Section.of(given)
    page = (project / "docs" / "services.md").read_text("utf-8")
    assert {"chain_id", "gateway", "burst"} <= asked
    assert [name for name in asked if f"`{name}`" not in page] == []


def make_key(project: Path, folder: Path) -> str:
    """What the keeper's page tells to type."""
    script = next(each for each in block(project, "keeper.md", "bash") if "eth_account" in each)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def test_the_page_s_key_can_be_used(project: Path, tmp_path: Path) -> None:
    address = make_key(project, tmp_path)
    password = (tmp_path / "keeper.password").read_text("utf-8").strip()
    assert account_of(tmp_path / "keeper.json", password).address == address
    assert (tmp_path / "keeper.password").stat().st_mode & 0o077 == 0
