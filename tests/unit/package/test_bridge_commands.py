# SPDX-License-Identifier: Apache-2.0
"""`makegood bridge`: what it checks, lists and tries again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from bridge_house import AGENT, CHAIN, DESK, NOW, SECRET, generic
from click.testing import CliRunner, Result

from makegood.bridge.kept import Delivery, Kept
from makegood.bridge.reading import read_deliveries
from makegood.bridge.settings import from_table
from makegood.cli import main
from makegood.database import Database
from makegood.settings import load


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    (tmp_path / "table.yaml").write_text(f'web: {{agents: {{ann: "{AGENT}"}}, bots: [robot]}}', "utf-8")
    path = tmp_path / "makegood.toml"
    path.write_text(
        f"""
[chain]
rpc = "http://127.0.0.1:1"
chain_id = {CHAIN}
desk = "{DESK}"
[bridge]
policy = 3
mapping = "table.yaml"
requester_secret = "of the desk's own keys"
[bridge.helpdesks.web]
kind = "generic"
secret = "{SECRET}"
[bridge.helpdesks.old]
kind = "django-helpdesk"
secret_env = "WEBHOOK_SECRET"
""",
        "utf-8",
    )
    return path


def run(settings: Path, *arguments: str, secret: str = SECRET) -> Result:
    return CliRunner().invoke(
        main, ["bridge", *arguments, "--settings", str(settings)], env={"WEBHOOK_SECRET": secret}
    )


def test_check_says_what_settings_and_table_come_to(settings: Path) -> None:
    found = run(settings, "check")
    assert found.exit_code == 0
    assert found.stdout.splitlines() == [
        "web: generic, signed; 1 agent, 1 bot, 0 requesters; receipts back by none",
        "old: django-helpdesk, secret in the address; 0 agents, 0 bots, 0 requesters; receipts back by none",
    ]
    data = json.loads(run(settings, "check", "--json").stdout)
    assert (data["policy"], [each["secrets"] for each in data["helpdesks"]]) == (3, [1, 1])
    assert SECRET not in found.output


@pytest.mark.parametrize("command", ["check", "run", "dead-letters"])
def test_setting_that_cannot_be_used_is_one_sentence_and_a_usage_error(settings: Path, command: str) -> None:
    found = run(settings, command, secret="short")  # noqa: S106
    assert found.exit_code == 2
    assert "[bridge.helpdesks.old] secret has fewer than 16 characters." in found.output


def test_settings_that_are_not_there_are_not_found(tmp_path: Path) -> None:
    assert run(tmp_path / "none.toml", "check").exit_code == 3


def test_dead_letters_are_listed_and_tried_again(settings: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(settings, "dead-letters").stdout == "There are no dead letters.\n"
    monkeypatch.setenv("WEBHOOK_SECRET", SECRET)
    shared = load(settings)
    own = from_table(shared.section("bridge"), settings.parent)
    database = Database(shared.database)
    kept = Kept(database, chain_id=CHAIN, desk=DESK)
    bodies = [b"{}", b"no json", json.dumps(generic("1")).encode()]
    kept.store([Delivery("web", str(place), NOW, body) for place, body in enumerate(bodies)])
    read_deliveries(kept, own)
    listed = run(settings, "dead-letters").stdout.splitlines()
    assert listed == [
        'delivery 1  web  "at" is missing.',
        "delivery 2  web  The body is no JSON, or nested too deeply.",
    ]
    assert len(json.loads(run(settings, "dead-letters", "--json").stdout)["dead_letters"]) == 2
    assert run(settings, "replay", "delivery", "2").stdout == "1 will be tried again.\n"
    assert len(kept.dead_letters()) == 1
    assert run(settings, "replay", "--all").stdout == "1 will be tried again.\n"
    assert kept.dead_letters() == ()
    database.close()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ((), 2),
        (("--all", "delivery", "1"), 2),
        (("delivery",), 2),
        (("delivery", "one"), 2),
        (("ticket", "1"), 2),
        (("delivery", "1"), 3),
    ],
)
def test_replay_of_what_is_no_dead_letter_is_refused(
    settings: Path, arguments: tuple[str, ...], code: int
) -> None:
    assert run(settings, "replay", *arguments).exit_code == code
