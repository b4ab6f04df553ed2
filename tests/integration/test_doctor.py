# SPDX-License-Identifier: Apache-2.0
"""`makegood doctor`: nothing is wrong where all is well, and each wrong thing is told with what to do."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import keeper_house
import postgres
import pytest
from bridge_house import AGENT, DESK, SECRET
from click.testing import CliRunner, Result
from json_rpc import JsonRpcNode
from json_rpc import served as node_served
from queue_house import COIN, QueueHouse
from serving_house import REQUESTER_SECRET, changed, whole_file, without
from sqlalchemy import text

from benchmarks.node import ask
from checks.served import served
from makegood.bridge.kept import Kept
from makegood.cli import main
from makegood.database import Database
from makegood.doctor import examine
from makegood.indexer.opening import following
from makegood.indexer.running import backfill
from makegood.indexer.settings import Settings as IndexSettings
from makegood.keeper.opening import opened
from makegood.settings import load

CHECKS = (
    "python",
    "path",
    "versions",
    "settings",
    "keys",
    "node",
    "clock",
    "contracts",
    "money",
    "rights",
    "policy",
    "database",
    "index",
    "disk",
)


@pytest.fixture
def file(house: QueueHouse, tmp_path: Path) -> Path:
    """Of services that ran before."""
    path = whole_file(house, tmp_path)
    (tmp_path / "password").chmod(0o600)
    changed(
        path, ("[keeper.anchor]", '[keeper.warn]\nbefore = ["1h"]\nfile = "warned.jsonl"\n[keeper.anchor]')
    )
    ran(path)
    return path


def ran(file: Path) -> None:
    """Make what the services make when they start."""
    given = load(file)
    settings = IndexSettings.of(given)
    with following(given.index, given.chain.rpc, settings, lambda _: None) as (follower, _, leaves):
        backfill(follower, leaves, lambda _: None)
    with opened(given):
        pass
    database = Database(given.database)
    Kept(database, chain_id=given.chain.chain_id, desk=given.chain.desk)
    database.close()


def run(file: Path, *words: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, ["doctor", "--settings", str(file), *words])


def findings(file: Path) -> list[dict[str, str]]:
    done = run(file, "--json")
    data = json.loads(done.stdout)
    found: list[dict[str, str]] = data["findings"]
    assert data["wrong"] == sum(each["state"] == "wrong" for each in found)
    assert done.exit_code == (1 if data["wrong"] else 0), done.stdout
    assert all(bool(each["do"]) == (each["state"] != "ok") for each in found)
    return found


def worse(file: Path, but: tuple[str, ...] = ("clock", "path")) -> list[tuple[str, str, str, str]]:
    """What is not as it should be: the tests' node is ahead of this machine, and PATH is whatever it is."""
    return [
        (each["state"], each["check"], each["says"], each["do"])
        for each in findings(file)
        if each["state"] != "ok" and each["check"] not in but
    ]


def only(file: Path) -> tuple[str, str, str, str]:
    (found,) = worse(file)
    return found


# ---------------------------------------------------------------- good


def test_all_is_well(file: Path) -> None:
    assert worse(file) == []
    assert {each["check"] for each in findings(file)} >= set(CHECKS)
    done = run(file)
    assert done.exit_code == 0
    assert done.stdout.splitlines()[0].startswith("ok     python: 3.1")
    assert done.stdout.splitlines()[-1].endswith(" 0 wrong")


def test_before_the_first_start_only_the_index_is_missing(house: QueueHouse, tmp_path: Path) -> None:
    path = whole_file(house, tmp_path)
    (tmp_path / "password").chmod(0o600)
    before = set(tmp_path.iterdir())
    assert [each[1] for each in worse(path) if each[0] == "wrong"] == []
    assert set(tmp_path.iterdir()) == before


def test_it_looks_at_what_there_is_with_postgres(house: QueueHouse, tmp_path: Path) -> None:
    with postgres.server() as server:
        path = whole_file(house, tmp_path, database=server.fresh())
        changed(path, ("interval = 0.1", f'interval = 0.1\nurl = "{server.fresh()}"'))
        (tmp_path / "password").chmod(0o600)
        ran(path)
        assert [each for each in worse(path) if each[0] == "wrong"] == []
        shown = [each["says"] for each in findings(path) if each["check"] in ("database", "index")]
        assert sum("answers, its tables are up to date" in each for each in shown) == 2
    state, check, says, _ = next(each for each in worse(path) if each[0] == "wrong")
    assert (state, check) == ("wrong", "database")
    assert "refuses" in says


# ---------------------------------------------------------------- wrong


def test_without_settings_the_machine_is_looked_at(tmp_path: Path) -> None:
    state, check, says, do = worse(tmp_path / "none.toml")[-1]
    assert (state, check) == ("wrong", "settings")
    assert "There is no settings file" in says
    assert "docs/services.md" in do


@pytest.mark.parametrize(
    ("pair", "state", "check", "says"),
    [
        (("interval = 0.1", "intervall = 1"), "wrong", "settings", "[index] intervall is not known"),
        (
            ('receipts = "receipts"', 'receipts = "elsewhere"'),
            "wrong",
            "settings",
            "[keeper.anchor] receipts is",
        ),
        (
            ("policy = 1\nport", f'policy = 1\nnamings = "namings"\nkeeper = "{AGENT}"\nport'),
            "wrong",
            "settings",
            "[keeper] namings is missing",
        ),
        (
            ("policy = 1\nport", f'policy = 1\nnamings = "namings"\nkeeper = "{DESK}"\nport'),
            "warn",
            "keys",
            f"[bridge] keeper is {DESK}, which is not the account of [keeper] key",
        ),
        (('_file = "password"', ' = "another"'), "wrong", "keys", "does not open with this password"),
        (("keeper.json", "none.json"), "wrong", "keys", "There is no key file"),
        (
            ("chain_id = 31337", "chain_id = 5"),
            "wrong",
            "node",
            "it is on chain 31337, [chain] chain_id is 5",
        ),
        (("policy = 1\nport", "policy = 9\nport"), "wrong", "policy", "has no policy 9"),
        (
            ("policy = 1\nport", 'policy = 1\nclaim_wait = "20m"\npublic_url = "http://127.0.0.1:9"\nport'),
            "wrong",
            "policy",
            "[bridge] claim_wait is 1,200 seconds",
        ),
        (
            ("policy = 1\nport", 'policy = 1\nclaim_wait = "10m"\npublic_url = "http://127.0.0.1:9"\nport'),
            "warn",
            "policy",
            "claim_wait 600",
        ),
        (("every = 0.1", "every = 0.1\nmost_gwei = 0.0001"), "warn", "money", "more than [keeper] most_gwei"),
        (
            ("policy = 1\nport", 'policy = 1\npublic_url = "http://127.0.0.1:9"\nport'),
            "warn",
            "web",
            "[bridge] public_url http://127.0.0.1:9 gives no answer here",
        ),
        (
            ("policy = 1\nport", 'policy = 1\nexplorer_url = "https://127.0.0.1:9"\nport'),
            "warn",
            "web",
            "[bridge] explorer_url https://127.0.0.1:9 gives no answer here",
        ),
        (
            ("interval = 0.1", f'interval = 0.1\nfactories = ["0x{"11" * 20}"]'),
            "wrong",
            "contracts",
            "There is no contract at",
        ),
    ],
)
def test_what_the_file_has_wrong_is_told(
    file: Path, pair: tuple[str, str], state: str, check: str, says: str
) -> None:
    found = [each for each in worse(changed(file, pair)) if each[1] == check]
    assert [(each[0], says in each[2]) for each in found if says in each[2]] == [(state, True)], found


def test_a_bridge_for_which_nothing_anchors_is_told(file: Path) -> None:
    changed(file, ("slow_every = 0.3", 'slow_every = 0.3\nduties = ["claim", "warn"]'))
    says = "no keeper here anchors what the bridge takes: "
    assert only(file)[:3] == ("warn", "settings", f"{says}[keeper] duties lacks anchor")
    without(file, "keeper")
    assert only(file)[:3] == ("warn", "settings", f"{says}there is no section [keeper]")


def test_of_a_node_of_another_chain_only_that_is_told(file: Path) -> None:
    changed(file, ("chain_id = 31337", "chain_id = 5"))
    assert only(file)[:3] == ("wrong", "node", "it is on chain 31337, [chain] chain_id is 5")


def test_a_name_that_is_none_is_told_with_those_that_are(file: Path) -> None:
    changed(file, ("[explorer]", "[explorers]"))
    assert only(file)[3].startswith("Use one of chain, database, ")


def test_two_services_at_one_place_are_told(file: Path) -> None:
    changed(
        file,
        ("port = 0\nprocesses", "port = 81\nprocesses"),
        ("policy = 1\nport = 0", "policy = 1\nport = 81"),
    )
    assert only(file)[:3] == ("wrong", "settings", "[bridge] and [explorer] have the same host and port")


def test_without_its_node_the_rest_is_looked_at(house: QueueHouse, file: Path) -> None:
    changed(file, (keeper_house.rpc_of(house), "http://someone:d0n0tprint@127.0.0.1:9/v3/d0n0tprint"))
    done = run(file)
    assert "wrong  node: The network's node gives no usable answer (ConnectionError); do: " in done.stdout
    assert "contracts, money, rights and policy were not looked at" in done.stdout
    assert "ok     database: " in done.stdout
    assert "ok     index: it is at block " in done.stdout
    assert done.exit_code == 1


def test_no_secret_is_printed(house: QueueHouse, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "MAKEGOOD_TEST_RPC", "http://someone:d0n0tprint@127.0.0.1:9/v3/d0n0tprint?key=d0n0tprint"
    )
    changed(
        file,
        (f'rpc = "{keeper_house.rpc_of(house)}"', 'rpc_env = "MAKEGOOD_TEST_RPC"'),
        ("[database]\n", '[database]\nurl = "postgresql://me:d0n0tprint@127.0.0.1:9/desk"\n'),
    )
    for words in ((), ("--json",)):
        done = run(file, *words)
        said = done.stdout + done.stderr
        assert done.exit_code == 1
        for secret in ("d0n0tprint", SECRET, REQUESTER_SECRET, keeper_house.PASSWORD):
            assert secret not in said


def test_keys_that_others_can_read_are_told(file: Path) -> None:
    (file.parent / "password").chmod(0o644)
    assert only(file) == (
        "warn",
        "keys",
        f"others can read {file.parent}/password",
        f"chmod 600 {file.parent}/password",
    )
    (file.parent / "password").chmod(0o600)
    (file.parent / "keeper.json").chmod(0o640)
    state, check, says, do = only(file)
    assert (state, check) == ("wrong", "keys")
    assert "Others can read the key file" in says
    assert "chmod 600" in do


def test_a_node_that_answers_nonsense_keeps_nothing_else_from_being_looked_at(
    house: QueueHouse, file: Path
) -> None:
    node = JsonRpcNode(house.w3, {"eth_syncing": lambda _: True})
    with node_served(node) as url:
        changed(file, (keeper_house.rpc_of(house), url))
        found = worse(file)
    assert ("wrong", "node") in [each[:2] for each in found]
    assert not {"index", "database", "contracts"} & {each[1] for each in found}


def test_a_desk_that_is_none_is_told(house: QueueHouse, file: Path) -> None:
    other = house.desk.pool.address
    changed(file, (f'desk = "{house.desk.address}"', f'desk = "{other}"'))
    found = {each[1]: each for each in worse(file)}
    assert found["contracts"][2] == f"{other} is no desk of this version of makegood"
    assert found["index"][2] == f"it does not follow {other}"


@pytest.mark.parametrize(
    ("part", "name"),
    [
        ("pool", "CompensationPool"),
        ("lane", "BatchLane"),
        ("directory", "AgentDirectory"),
        ("panel", "ArbiterPanel"),
    ],
)
def test_other_code_is_told(house: QueueHouse, file: Path, part: str, name: str) -> None:
    address = getattr(house.desk, part).address
    code = house.w3.eth.get_code(address)
    middle = len(code) // 2
    other = code[:middle] + bytes([code[middle] ^ 1]) + code[middle + 1 :]
    ask(house.w3, "anvil_setCode", address, "0x" + other.hex())
    told = [each[2] for each in worse(file) if each[1] == "contracts"]
    assert f"the desk's {name} {address} has other code than this version's" in told or part == "panel"
    assert told


def test_rights_that_are_missing_are_told(house: QueueHouse, file: Path) -> None:
    account = house.agent.address
    house.desk.set_allowance(account, 0).send(house.operator)
    state, check, says, do = only(file)
    assert (state, check, says) == (
        "wrong",
        "rights",
        f"anchor: {account} has no allowance left to bind money for tickets",
    )
    assert f"ape run set_allowance {account}" in do
    house.desk.directory.revoke_agent(account).send(house.operator)
    assert only(file)[2] == f"anchor: {account} is no agent of the desk, or no longer"
    changed(file, ("slow_every = 0.3", 'slow_every = 0.3\nduties = ["claim", "warn"]'))
    without(file, "bridge")
    assert worse(file) == []


def test_an_agent_s_end_is_told_before_it_comes(house: QueueHouse, file: Path) -> None:
    end = house.now + 10 * 86_400 + 3_600
    call = house.desk.directory.sign_register_agent(house.agent, 1, b"\1" * 32, b"\2" * 32, end, 2**32 - 1)
    call.send(house.operator)
    state, check, says, _ = only(file)
    assert (state, check) == ("warn", "rights")
    assert "is an agent for 10 more days only" in says


@pytest.mark.parametrize(
    ("wei", "state", "says"),
    [
        (0, "wrong", "has 0 of the chain's coin, too little for a transaction now"),
        (
            COIN // 10**6,
            "wrong",
            "has less than 0.0001 of the chain's coin, too little for a transaction now",
        ),
        (COIN // 1_000, "warn", "has 0.0010 of the chain's coin, enough for "),
    ],
)
def test_too_little_money_is_told(house: QueueHouse, file: Path, wei: int, state: str, says: str) -> None:
    ask(house.w3, "anvil_setBalance", house.agent.address, hex(wei))
    (found,) = [each for each in worse(file) if each[1] == "money"]
    assert found[0] == state
    assert says in found[2]


def test_a_clock_that_is_behind_is_told(house: QueueHouse, file: Path) -> None:
    def clock(away: int) -> Callable[[], float]:
        return lambda: house.now + away

    def told(away: int) -> tuple[str, str]:
        (found,) = [each for each in examine(file, clock(away)) if each.check == "clock"]
        return str(found.state), found.says

    assert told(0)[0] == "ok"
    for away, span in (
        (60, "60 seconds"),
        (3_600, "1 hour"),
        (139_687, "1 day 14 hours"),
        (2 * 86_400 + 180, "2 days 3 minutes"),
    ):
        assert told(-away) == ("warn", f"the newest block is {span} ahead of this machine's clock")


@pytest.mark.parametrize(
    ("away", "state"), [(-60, "wrong"), (-10, "ok"), (100, "ok"), (600, "ok"), (3_700, "wrong")]
)
def test_of_a_chain_that_is_not_local_a_clock_and_a_node_that_stands_are_told(
    house: QueueHouse, file: Path, away: int, state: str
) -> None:
    syncing = {"startingBlock": "0x0", "currentBlock": "0x1", "highestBlock": "0x2"} if away == 600 else False
    node = JsonRpcNode(house.w3, {"web3_clientVersion": lambda _: "geth/1", "eth_syncing": lambda _: syncing})
    with node_served(node) as url:
        changed(file, (keeper_house.rpc_of(house), url))
        found = {each.check: each for each in examine(file, lambda: house.now + away)}
    # The file allows an hour.
    assert found["clock"].state == state
    said = [each.says for each in found.values()]
    assert ("it is still syncing" in said) == (away == 600)


def test_tables_of_other_versions_are_told(file: Path) -> None:
    given = load(file)
    database = Database(given.database)
    with database.writing() as connection:
        connection.execute(text("UPDATE keeper_version SET version_num = '9999'"))
    state, check, says, do = only(file)
    assert (state, check) == ("wrong", "database")
    assert "the tables of keeper are of version 9999" in says
    assert "newer" in do
    database.close()


def test_an_index_that_stands_or_is_of_another_chain_is_told(house: QueueHouse, file: Path) -> None:
    ask(house.w3, "anvil_mine", "0x40")
    assert only(file)[:2] == ("warn", "index")
    later = [each for each in examine(file, lambda: house.now + 10_000) if each.check == "index"]
    assert [str(each.state) for each in later] == ["ok", "wrong"]
    given = load(file)
    database = Database(given.index)
    with database.writing() as connection:
        connection.execute(text("UPDATE chains SET final_hash = 'none'"))
    database.close()
    state, check, says, _ = only(file)
    assert (state, check) == ("wrong", "index")
    assert "is another than the node's" in says


def test_public_addresses_that_answer_are_well(file: Path) -> None:
    with served(file.parent / "site") as address:
        (file.parent / "site" / "holders").mkdir()
        (file.parent / "site" / "holders" / ("0x" + "00" * 20)).write_text("{}", "utf-8")
        changed(
            file,
            ("policy = 1\nport", f'policy = 1\npublic_url = "{address}"\nexplorer_url = "{address}"\nport'),
        )
        assert worse(file) == []
        (file.parent / "site" / "holders" / ("0x" + "00" * 20)).unlink()
        assert "answers with status 404" in only(file)[2]


def test_a_full_disk_is_told(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, state in ((1 << 30, "warn"), (1 << 20, "wrong")):
        left = SimpleNamespace(free=free)
        monkeypatch.setattr("makegood.doctor.data.shutil.disk_usage", lambda _, left=left: left)
        assert {each[0] for each in worse(file)} == {state}


def test_services_that_the_file_does_not_have_are_not_looked_at(file: Path) -> None:
    without(without(file, "bridge"), "keeper")
    assert worse(file) == []
    assert not {"money", "rights", "policy"} & {each["check"] for each in findings(file)}
