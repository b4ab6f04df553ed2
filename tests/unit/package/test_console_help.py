# SPDX-License-Identifier: Apache-2.0
"""Every command explains itself."""

import runpy
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from makegood.cli import main

SCRIPTS = sorted((Path(__file__).resolve().parents[3] / "scripts").glob("*.py"))
NO_ACCOUNT = {"demo", "explore", "receipt", "replay"}


def cli_of(script: Path) -> click.Command:
    cli = runpy.run_path(str(script))["cli"]
    assert isinstance(cli, click.Command)
    return cli


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_help_has_examples_of_that_command(script: Path) -> None:
    done = CliRunner().invoke(cli_of(script), ["--help"])
    assert done.exit_code == 0
    assert f"ape run {script.stem}" in done.output.split("Examples:")[1]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_command_has_the_shared_options(script: Path) -> None:
    options = {option for parameter in cli_of(script).params for option in parameter.opts}
    shared = {"--network", "--json", "--yes", "--dry-run"} | (
        {"--account"} - ({"--account"} if script.stem in NO_ACCOUNT else set())
    )
    assert shared <= options


@pytest.mark.parametrize("name", ["claim", "register_agent"])
def test_the_help_says_who_acts_without_an_account(name: str) -> None:
    script = next(each for each in SCRIPTS if each.stem == name)
    who = {"claim": "the test account anyone", "register_agent": "the operator"}[name]
    assert f"it may be left out: {who} acts." in " ".join(
        CliRunner().invoke(cli_of(script), ["--help"]).output.split()
    )


def test_the_list_of_commands_says_what_check_and_watch_are_for() -> None:
    listed = CliRunner().invoke(main, ["--help"], terminal_width=80).output
    told = {
        line.split()[0]: line.split(None, 1)[1]
        for line in listed.partition("Commands:")[2].split("\n")
        if line
    }
    assert told["check"] == "Ask whether CHANNEL is really a desk's."
    assert told["watch"] == "Say of each RECEIPT whether the desk cheats, and what to do when."


def test_the_issues_commands_are_there() -> None:
    wanted = (
        "deploy fund publish_policy register_agent grant_coverage open follow_up reply claim close collect "
        "announce_withdrawal withdraw status replay demo contest inspect_dispute sign_verdict submit_verdict "
        "rule_by_default collect_fees propose_panel adopt_panel cancel_panel evidence_key"
    )
    assert set(wanted.split()) <= {script.stem for script in SCRIPTS}
