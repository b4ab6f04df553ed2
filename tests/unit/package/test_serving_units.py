# SPDX-License-Identifier: Apache-2.0
"""deploy/: units end with their target, the containers' doctor sees all, and its page's commands work."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from makegood.cli import main
from makegood.serving import SERVICES


def compose(project: Path) -> dict[str, Any]:
    return dict(yaml.safe_load((project / "deploy" / "compose.yaml").read_text("utf-8")))


def test_units_end_with_their_target(project: Path) -> None:
    for each in SERVICES:
        text = (project / "deploy" / "systemd" / f"makegood-{each}.service").read_text("utf-8")
        assert text.partition("[Service]")[0].count("\nPartOf=makegood.target\n") == 1
    whole = (project / "deploy" / "systemd" / "makegood.service").read_text("utf-8")
    target = (project / "deploy" / "systemd" / "makegood.target").read_text("utf-8")
    assert "PartOf" not in whole
    assert "\nConflicts=makegood.service\n" in target


def test_the_doctor_in_a_container_sees_what_the_services_see(project: Path) -> None:
    services = compose(project)["services"]
    made, others = services["doctor"], [services[each] for each in SERVICES]
    assert made["command"] == ["doctor", "--settings", "/etc/makegood/makegood.toml"]
    assert set(made["secrets"]) == {name for each in others for name in each["secrets"]}
    targets = {volume["target"] for each in others for volume in each["volumes"]}
    assert {volume["target"] for volume in made["volumes"]} == targets
    assert (made["profiles"], made["restart"]) == (["doctor"], "no")
    page = (project / "docs" / "operations" / "deploy.md").read_text("utf-8")
    assert "docker compose run --rm --no-deps doctor " in page


def test_the_page_s_commands_exist_and_their_containers_have_what_they_read(project: Path) -> None:
    page = (project / "docs" / "operations" / "deploy.md").read_text("utf-8")
    found = re.findall(
        r"(?:/bin/|exec bridge )makegood (bridge dead-letters) --settings (\S+)$", page, re.MULTILINE
    )
    assert len(found) == 2
    for words, settings in found:
        assert settings == compose(project)["services"]["bridge"]["command"][2]
        done = CliRunner().invoke(main, [*words.split(), "--help"])
        assert done.exit_code == 0
        assert "--settings" in done.output


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to be the containers' user")
def test_the_page_s_command_puts_the_keystore_there(project: Path) -> None:
    page = (project / "docs" / "operations" / "deploy.md").read_text("utf-8")
    [script] = re.findall(r"--no-TTY --entrypoint sh keeper -c '([^']+)' < keeper.json$", page, re.MULTILINE)
    as_it_runs = ["setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--bounding-set=-all"]
    # Not in pytest's folder: nobody else may enter that.
    with TemporaryDirectory() as state:
        os.chown(state, 10001, 10001)
        script = script.replace("/var/lib/makegood", state)
        subprocess.run([*as_it_runs, "sh", "-c", script], input=b"{}", check=True)
        made = (Path(state) / "keeper.json").stat()
    assert (made.st_uid, made.st_mode & 0o777, made.st_size) == (10001, 0o600, 2)
