# SPDX-License-Identifier: Apache-2.0
"""docs/operations and deploy/: alerts, their sections and metrics; settings, units and containers."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import bridge_house
import pytest
import yaml
from asking import ask
from eth_account import Account
from explorer_house import build as explorer
from prometheus import samples

from checks import costs, opcodes
from makegood import settings as files
from makegood.batches.kept import Backlog
from makegood.bridge.inbox import create_app
from makegood.bridge.kept import Delivery
from makegood.bridge.settings import from_table
from makegood.database import Database
from makegood.desk import KeySigner
from makegood.explorer.section import Section
from makegood.indexer.settings import Settings as IndexSettings
from makegood.keeper.running import Keeper
from makegood.keeper.serving import lines
from makegood.keeper.settings import Settings as KeeperSettings
from makegood.keeper.world import World
from makegood.sending import Outbox, Worked
from makegood.serving import SERVICES

PROJECT = Path(__file__).parents[3]
OPERATIONS = PROJECT / "docs" / "operations"
DEPLOY = PROJECT / "deploy"
PROMETHEUS_OWN = {"up"}

# ---------------------------------------------------------------- alerts


def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((OPERATIONS / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def keeper(folder: Path) -> Keeper:
    """One without duties, which sent something and saw a queue: nothing of it needs a chain."""
    database = Database(f"sqlite:///{folder / 'keeper.sqlite'}")
    outbox = Outbox(database, 1, "0x" + "11" * 20, clock=lambda: 1_000.0)
    outbox.put_raw("claim:1", "claim", "0x" + "22" * 20, b"", 0)
    given = KeeperSettings(key=Path(), password="", duties=())
    nothing = cast(Any, None)
    world = World(nothing, KeySigner(Account.create()), outbox, nothing, nothing, given)
    world.backlog, world.refused = Backlog(3, 400, ()), 2
    made = Keeper(world, cast(Any, Sends()))
    made._send()
    made.health.failures["anchor"] += 1
    return made


class Sends:
    """A lane of which nothing is asked but what it did."""

    def work(self) -> Worked:
        return Worked(mined=1)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, float]]:
    """All metrics of explorer, bridge and keeper, as they tell them."""
    folder = tmp_path_factory.mktemp("told")
    house = explorer(folder)
    house.ask("/en/")
    bridge = bridge_house.build(folder)
    bridge.kept.store([Delivery("generic", "1", bridge.now - 500, b"{}")])
    app = create_app(bridge.kept, bridge.settings, lambda: bridge.now)
    ask(app, "/hooks/nobody", method="POST")
    of_bridge = samples(ask(app, "/metrics").text)
    assert of_bridge["makegood_bridge_overdue_seconds"]['kind="delivery"'] == 500
    of_keeper = samples("\n".join(lines(keeper(folder))))
    assert of_keeper["makegood_keeper_oldest_queued_seconds"] == {None: 600}
    assert of_keeper["makegood_keeper_dead_letters"] == {None: 2}
    return {**samples(house.ask("/metrics").text), **of_bridge, **of_keeper}


def test_every_alert_is_about_what_a_service_tells(told: dict[str, dict[str, float]]) -> None:
    assert len(alerts()) > 25
    for rule in alerts():
        expression = rule["expr"]
        named = set(re.findall(r"\bmakegood_[a-z_]+", expression)) | ({"up"} & {expression.split("{")[0]})
        assert named, rule["alert"]
        assert named - PROMETHEUS_OWN <= told.keys(), rule["alert"]


def test_every_label_in_an_alert_is_one_of_the_metric(told: dict[str, dict[str, float]]) -> None:
    seen = 0
    for rule in alerts():
        for name, inner in re.findall(r"\b(makegood_[a-z_]+)\{([^}]*)\}", rule["expr"]):
            labels = {part for each in told[name] for part in re.findall(r'([a-z]+)="', str(each))}
            for label, how, value in re.findall(r'([a-z]+)(=~|!=|=)"([^"]*)"', inner):
                assert label in labels, rule["alert"]
                seen += 1
                if how == "=" and label != "status":
                    assert any(f'{label}="{value}"' in str(each) for each in told[name]), rule["alert"]
    assert seen > 5


def test_every_alert_has_its_section_and_says_how_urgent_it_is() -> None:
    guide = (OPERATIONS / "runbook.md").read_text("utf-8")
    names = [rule["alert"] for rule in alerts()]
    assert len(set(names)) == len(names)
    assert sorted(re.findall(r"^### (\w+)$", guide, re.MULTILINE)) == sorted(names)
    for rule in alerts():
        assert rule["labels"]["severity"] in ("page", "ticket")
        assert rule["annotations"]["summary"].endswith(".")


def test_every_section_says_what_it_means_what_to_do_and_what_can_wait() -> None:
    guide = (OPERATIONS / "runbook.md").read_text("utf-8")
    sections = re.split(r"^#{2,3} ", guide, flags=re.MULTILINE)
    of_alerts = [each for each in sections if each.startswith("Makegood")]
    for section in of_alerts:
        name = section.split("\n")[0]
        text = " ".join(section.split())
        for word in ("**Means**", "**Look at**", "**Do**", "**Can wait**"):
            assert text.count(word) == 1, (name, word)


@pytest.mark.parametrize("service", ["explorer", "index", "keeper", "bridge", "desk"])
def test_every_service_has_alerts(service: str) -> None:
    prefixes = {
        "explorer": ("makegood_requests", "makegood_streams"),
        "index": ("makegood_index",),
        "keeper": ("makegood_keeper",),
        "bridge": ("makegood_bridge",),
        "desk": ("makegood_desk",),
    }[service]
    assert sum(any(each in rule["expr"] for each in prefixes) for rule in alerts()) >= 2


def test_every_metric_is_in_the_guide(told: dict[str, dict[str, float]]) -> None:
    guide = (OPERATIONS / "README.md").read_text("utf-8")
    for name in told:
        assert f"`{re.sub('_(bucket|sum|count)$', '', name)}`" in guide, name


def anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


@pytest.mark.parametrize("page", sorted(OPERATIONS.glob("*.md")), ids=lambda page: page.name)
def test_links_of_these_pages_point_at_something(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8"))
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert links
    for link in inside:
        path, _, anchor = link.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), link
        assert not anchor or anchor in anchors(there), link


# ---------------------------------------------------------------- settings


def place(folder: Path) -> Path:
    """The samples of deploy/ in a folder, with secrets there instead of in /run/secrets."""
    secrets = folder / "secrets"
    secrets.mkdir()
    for name, text in {
        "rpc-url": "http://127.0.0.1:8545",
        "database-url": "postgresql://makegood:pw@localhost/makegood",
        "index-url": "postgresql://makegood:pw@localhost/index",
        "requester-secret": "0" * 32,
        "helpdesk-secret": "1" * 32,
        "helpdesk-token": "a token",
        "keeper-password": "a password",
        "warn-channels": "mailtos://agents@desk.example",
    }.items():
        (secrets / name).write_text(text + "\n", "utf-8")
    text = (DEPLOY / "makegood.toml").read_text("utf-8")
    assert text.count("/run/secrets/") == 8
    (folder / "makegood.toml").write_text(text.replace("/run/secrets", str(secrets)), "utf-8")
    shutil.copy(DEPLOY / "mapping.yaml", folder)
    return folder / "makegood.toml"


def test_the_sample_settings_are_read_by_every_service(tmp_path: Path) -> None:
    given = files.load(place(tmp_path))
    assert set(given.sections) == set(files.SECTIONS)
    index, pages = IndexSettings.of(given), Section.of(given)
    assert (index.desks, index.leaves) == ((given.chain.desk,), True)
    bridge = from_table(given.section("bridge"), tmp_path, given.chain.rpc)
    keeper = KeeperSettings.from_table(given.section("keeper"), tmp_path)
    assert bridge.sources[0].name == "support"
    assert bridge.receipts == keeper.anchor.receipts
    assert bridge.namings == keeper.namings
    assert keeper.warn.channels == ("mailtos://agents@desk.example",)
    ports = {pages.port, bridge.port, keeper.port}
    assert len(ports) == 3
    assert {pages.host, bridge.host, keeper.host} == {"127.0.0.1"}


def test_the_sample_settings_hold_no_secret() -> None:
    text = (DEPLOY / "makegood.toml").read_text("utf-8")
    for key in ("rpc", "url", "secret", "requester_secret", "password", "channels", "api_credential"):
        assert not re.search(rf"^{key} *=", text, re.MULTILINE), key


# ---------------------------------------------------------------- systemd


def units(folder: Path) -> list[Path]:
    """The units, with a program that is there in place of the one that is installed."""
    copied = folder / "units"
    shutil.copytree(DEPLOY / "systemd", copied)
    found = sorted(copied.glob("*.service"))
    for path in found:
        text = path.read_text("utf-8")
        assert (
            len(re.findall(r"^ExecStart=/opt/makegood/bin/makegood (?:serve|doctor) ", text, re.MULTILINE))
            == 1
        )
        path.write_text(text.replace("/opt/makegood/bin/makegood", "/bin/true"), "utf-8")
    return found


def test_there_is_a_unit_for_each_service_and_one_for_all() -> None:
    names = {path.stem for path in (DEPLOY / "systemd").glob("*.service")}
    assert names == {"makegood", "makegood-doctor", *(f"makegood-{each}" for each in SERVICES)}
    for each in SERVICES:
        text = (DEPLOY / "systemd" / f"makegood-{each}.service").read_text("utf-8")
        assert text.count("--only") == 1
        assert f" --only {each}\n" in text
    target = (DEPLOY / "systemd" / "makegood.target").read_text("utf-8")
    assert all(f"makegood-{each}.service" in target for each in SERVICES)


def test_units_are_given_the_secrets_that_their_sections_name() -> None:
    settings = (DEPLOY / "makegood.toml").read_text("utf-8")
    common = (DEPLOY / "systemd" / "makegood-.service.d" / "hardened.conf").read_text("utf-8")
    for each in SERVICES:
        wanted = set()
        for section in ("chain", "database", "index", each):
            whole = rf"^\[{section}[\].].*?(?=^\[(?!{section}\.)|\Z)"
            text = "".join(re.findall(whole, settings, re.MULTILINE | re.DOTALL))
            wanted |= set(re.findall(r'"/run/secrets/([a-z-]+)"', text))
        unit = common + (DEPLOY / "systemd" / f"makegood-{each}.service").read_text("utf-8")
        given = re.findall(r"^LoadCredential=([a-z-]+):/etc/makegood/secrets/\1$", unit, re.MULTILINE)
        assert set(given) == wanted, each
    everything = set(re.findall(r'"/run/secrets/([a-z-]+)"', settings))
    for each in ("makegood", "makegood-doctor"):
        unit = common + (DEPLOY / "systemd" / f"{each}.service").read_text("utf-8")
        assert set(re.findall(r"^LoadCredential=([a-z-]+):", unit, re.MULTILINE)) == everything, each


def test_a_service_is_not_started_again_for_what_somebody_has_to_change() -> None:
    common = (DEPLOY / "systemd" / "makegood-.service.d" / "hardened.conf").read_text("utf-8")
    assert "\nRestart=on-failure\n" in common
    assert "\nRestartPreventExitStatus=2 3 4 6\n" in common
    assert (DEPLOY / "systemd" / "makegood.service.d" / "hardened.conf").read_text("utf-8") == common


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")
def test_systemd_reads_the_units_without_a_word(tmp_path: Path) -> None:
    found = units(tmp_path)
    target = tmp_path / "units" / "makegood.target"
    environment = {"SYSTEMD_UNIT_PATH": f"{tmp_path / 'units'}:"}
    command = ["systemd-analyze", "verify", *map(str, found), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    ours = [line for line in done.stderr.splitlines() if "makegood" in line]
    assert (done.returncode, ours) == (0, [])
    bad = found[0].read_text("utf-8").replace("[Install]", "NoSuchThing=yes\n[Install]")
    found[0].write_text(bad, "utf-8")
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert "NoSuchThing" in done.stderr


# ---------------------------------------------------------------- containers


def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8")))


def test_each_service_has_a_container_that_runs_it_without_rights() -> None:
    services = compose()["services"]
    for each in SERVICES:
        made = services[each]
        assert made["command"] == ["serve", "--settings", "/etc/makegood/makegood.toml", "--only", each]
        assert made["user"] == "10001:10001"
        assert made["read_only"] is True
        assert made["cap_drop"] == ["ALL"]
        assert made["security_opt"] == ["no-new-privileges:true"]
        assert each == "index" or "urlopen" in made["healthcheck"]["test"][3]
    published = {name for name, made in services.items() if made.get("ports")}
    assert published == {"network"}


def test_the_commands_of_the_containers_exist() -> None:
    for each in SERVICES:
        command = compose()["services"][each]["command"]
        done = subprocess.run(
            [sys.executable, "-m", "makegood", *command, "--help"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert each in done.stdout


def test_containers_are_given_the_secrets_that_units_are() -> None:
    found = compose()
    for each in SERVICES:
        unit = (DEPLOY / "systemd" / f"makegood-{each}.service").read_text("utf-8")
        unit += (DEPLOY / "systemd" / "makegood-.service.d" / "hardened.conf").read_text("utf-8")
        named = set(re.findall(r"^LoadCredential=([a-z-]+):", unit, re.MULTILINE))
        assert set(found["services"][each]["secrets"]) == named
    used = {name for made in found["services"].values() for name in made.get("secrets", ())}
    assert used == set(found["secrets"])
    assert all(set(each) == {"file"} for each in found["secrets"].values())


def test_health_is_asked_where_the_sample_settings_listen(tmp_path: Path) -> None:
    given = files.load(place(tmp_path))
    for each in ("explorer", "bridge", "keeper"):
        port = given.section(each)["port"]
        asked = compose()["services"][each]["healthcheck"]["test"][3]
        assert f"http://127.0.0.1:{port}/healthz" in asked
        assert f"127.0.0.1:{port}" in (DEPLOY / "prometheus.yml").read_text("utf-8")


def test_what_is_mounted_is_there() -> None:
    for made in compose()["services"].values():
        for volume in made.get("volumes", ()):
            if volume["type"] == "bind":
                assert (DEPLOY / volume["source"]).is_file(), volume["source"]


def test_images_have_versions() -> None:
    images = [made["image"] for made in compose()["services"].values() if made["image"] != "makegood"]
    dockerfile = (DEPLOY / "Dockerfile").read_text("utf-8")
    images += re.findall(r"^ARG PYTHON=(.*)$", dockerfile, re.MULTILINE)
    assert len(images) == 4
    for image in images:
        assert re.search(r":\d+\.\d+|@sha256:", image), image
    for copied in re.findall(r"^COPY (?!--from)(.*) \S+$", dockerfile, re.MULTILINE):
        assert all((PROJECT / name).exists() for name in copied.split()), copied


def pins(path: Path) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for block in re.split(r"\n(?=\S)", path.read_text("utf-8")):
        if fits := re.match(r"([\w.-]+==[^ ;\\\n]+)", block):
            found[fits[1]] = set(re.findall(r"--hash=(sha256:[0-9a-f]{64})", block))
    return found


def test_the_image_has_what_the_checkout_has() -> None:
    whole, part = pins(PROJECT / "requirements.lock"), pins(DEPLOY / "requirements.lock")
    assert len(part) > 50
    assert part.keys() <= whole.keys()
    assert all(hashes and hashes <= whole[name] for name, hashes in part.items())
    names = {pin.split("==")[0] for pin in part}
    assert {"web3", "sqlalchemy", "starlette", "apprise", "psycopg", "flit-core"} <= names
    assert not names & {"pytest", "eth-ape", "vyper", "titanoboa"}


# ---------------------------------------------------------------- networks


def test_the_table_of_costs_is_what_the_command_prints() -> None:
    page = (PROJECT / "docs" / "networks.md").read_text("utf-8")
    assert "\n".join(costs.rows(costs.PRICES)) in page


def test_costs_are_gas_by_price() -> None:
    assert costs.coins(145_505, Decimal(1)) == "0.000146"
    assert costs.coins(1_000_000_000, Decimal(1)) == "1"
    assert costs.coins(81_000, Decimal("0.002")) == "0.000000162"


def test_the_page_on_tron_shows_what_the_command_prints(capsys: pytest.CaptureFixture[str]) -> None:
    page = (PROJECT / "docs" / "tron.md").read_text("utf-8")
    [block] = re.findall(r"```console\n\$ python -m checks.opcodes\n(.*?)```", page, re.DOTALL)
    opcodes.main()
    printed = capsys.readouterr().out.splitlines()
    shown = [line for line in block.splitlines() if line != "…"]
    assert len(shown) > 4
    assert set(shown) <= set(printed)
