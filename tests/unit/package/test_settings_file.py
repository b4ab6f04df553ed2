# SPDX-License-Identifier: Apache-2.0
"""The services' settings file: what it may say, and the one sentence for what it may not."""

import re
from pathlib import Path
from typing import Any

import pytest

from makegood import settings
from makegood.errors import NotFound, UsageError
from makegood.keeper.settings import DUTIES, Settings
from makegood.sending.fees import GWEI

DESK = "0x00000000000000000000000000000000000000D1"
WHOLE = f"""
[chain]
rpc = "http://127.0.0.1:8545"
chain_id = 31337
desk = "{DESK}"
"""


def load(folder: Path, text: str) -> settings.Settings:
    path = folder / "makegood.toml"
    path.write_text(text, "utf-8")
    return settings.load(path)


def keeper(**more: Any) -> Settings:
    return Settings.from_table({"key": "k.json", "password": "p", **more}, Path("/desk"))


def test_the_least_file_has_databases_beside_it(tmp_path: Path) -> None:
    found = load(tmp_path, WHOLE)
    assert (found.chain.rpc, found.chain.chain_id, found.chain.desk) == ("http://127.0.0.1:8545", 31337, DESK)
    assert found.database == f"sqlite:///{tmp_path / 'makegood.sqlite'}"
    assert found.index == f"sqlite:///{tmp_path / 'index.sqlite'}"
    assert found.section("keeper") == {}


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no settings file"):
        settings.load(tmp_path / "none.toml")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("x", "is no TOML"),
        ("[chains]", r"there is no section \[chains\]"),
        ("chain = 3", "chain is no section"),
        ("[chain]\nrpc = 'x'", r"\[chain\] chain_id is missing"),
        (WHOLE + 'colour = "red"', r"\[chain\] colour is not known"),
        (WHOLE.replace("31337", '"31337"'), r"\[chain\] chain_id is no whole number"),
        (WHOLE.replace("31337", "0"), r"\[chain\] chain_id is no whole number"),
        (WHOLE.replace("31337", "true"), r"\[chain\] chain_id is no whole number"),
        (WHOLE.replace(DESK, DESK[:-1]), r"\[chain\] desk is no address"),
        (
            WHOLE.replace("rpc =", 'rpc_file = "~nobody-of-this-name/rpc" #'),
            r"\[chain\] rpc_file is ~nobody-of-this-name/rpc, in the home of a user who is not here",
        ),
        (WHOLE.replace("rpc =", 'rpc_file = "\\u0000" #'), r"\[chain\] rpc_file is no path"),
        (WHOLE + '[database]\nurl = "a"\nurl_env = "B"', r"\[database\] url stands beside url_env"),
        (WHOLE + '[database]\nurl_env = "MAKEGOOD_NOT_SET"', "which is not set"),
        (
            WHOLE + '[database]\nurl_file = "none"',
            r"\[database\] url_file names .*none, which cannot be read",
        ),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        load(tmp_path, text)


def test_secrets_come_from_files_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "rpc").write_text("https://node.example/key\n", "utf-8")
    monkeypatch.setenv("MAKEGOOD_TEST_URL", "postgresql://me@host/desk")
    text = WHOLE.replace('rpc = "http://127.0.0.1:8545"', 'rpc_file = "rpc"')
    found = load(tmp_path, text + '[database]\nurl_env = "MAKEGOOD_TEST_URL"')
    assert found.chain.rpc == "https://node.example/key"
    assert found.database == "postgresql://me@host/desk"
    assert "node.example" not in repr(found)
    assert "postgresql" not in repr(found)


@pytest.mark.parametrize(
    ("text", "seconds"), [("90s", 90), ("15m", 900), ("1h30m", 5_400), ("2d", 172_800), (7, 7)]
)
def test_times_are_written_with_their_unit(text: Any, seconds: int) -> None:
    assert settings.Table({"age": text}, "x").seconds("age") == seconds


@pytest.mark.parametrize("text", ["", "m", "1 h", "-1s", "1.5h", "1w", -1, True, 1.5])
def test_what_is_no_time_is_refused(text: Any) -> None:
    with pytest.raises(UsageError, match=r"\[x\] age is no time"):
        settings.Table({"age": text}, "x").seconds("age")


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 1e300, 10**400, True, "1", 0.4])
def test_what_is_no_number_that_can_be_used_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match=r"\[x\] rate is no number from 0.5 to 1,000,000,000"):
        settings.Table({"rate": value}, "x").number("rate", least=0.5)
    assert settings.Table({"rate": 10**9}, "x").number("rate") == 1e9


# ---------------------------------------------------------------- the keeper's section


def test_a_keeper_does_everything_unless_it_is_told() -> None:
    found = keeper()
    assert found.key == Path("/desk/k.json")
    assert found.duties == DUTIES
    assert found.anchor.folder == Path("/desk/batches")
    assert keeper(duties=["warn", "claim"]).duties == ("claim", "warn")


def test_fees_are_given_in_gwei() -> None:
    found = keeper(most_gwei=1.5, stuck_after="2m").fees
    assert (found.most, found.stuck_after) == (GWEI * 3 // 2, 120)


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"duties": ["sleep"]}, r'\[keeper\] duties has "sleep"'),
        ({"every": 0}, r"\[keeper\] every is no number"),
        ({"port": 70_000}, r"\[keeper\] port is no whole number"),
        ({"collect_from": "much"}, r"\[keeper\] collect_from is no amount"),
        ({"anchor": {"size": 0}}, r"\[keeper.anchor\] size is no whole number"),
        ({"anchor": {"sizes": 1}}, r"\[keeper.anchor\] sizes is not known"),
        ({"warn": {"before": ["1h"]}}, r"\[keeper.warn\] before is there, but nobody to be told"),
        ({"warn": {"before": "1h"}}, r"\[keeper.warn\] before is no list of times"),
        ({"warn": 3}, r"\[keeper\] warn is no table"),
    ],
)
def test_what_a_keeper_cannot_use_is_named(more: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        keeper(**more)


def test_channels_are_lines_and_not_shown() -> None:
    found = keeper(
        warn={"before": ["2h", "30m"], "channels": "# mail\nmailto://u:secret@h\n\nslack://x"}
    ).warn
    assert found.before == (7_200, 1_800)
    assert found.channels == ("mailto://u:secret@h", "slack://x")
    assert "secret" not in repr(found)


# ---------------------------------------------------------------- docs/keeper.md


def test_the_page_s_file_can_be_used(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = (project / "docs" / "keeper.md").read_text("utf-8")
    (text,) = re.findall(r"^```toml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    monkeypatch.setenv("MAKEGOOD_RPC_URL", "http://127.0.0.1:8545")
    (tmp_path / "keeper.password").write_text("secret\n", "utf-8")
    (tmp_path / "channels").write_text("mailto://u:p@mail.example\n", "utf-8")
    found = load(tmp_path, text)
    mine = Settings.from_table(found.section("keeper"), tmp_path)
    assert (mine.password, mine.fees.most, mine.warn.before) == ("secret", 50 * GWEI, (7_200, 1_800))


def test_the_page_names_every_setting(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, set[str]] = {}
    done = settings.Table.done

    def noting(table: settings.Table) -> None:
        asked[table._name] = set(table._asked)
        done(table)

    monkeypatch.setattr(settings.Table, "done", noting)
    keeper()
    page = (project / "docs" / "keeper.md").read_text("utf-8")
    tables = {"anchor", "warn"}
    for name in set().union(*asked.values()) - tables:
        assert re.search(rf"\b{name}(_file)?\b", page), name
