# SPDX-License-Identifier: Apache-2.0
"""The pages: what they tell to type works in the order of reading, and what they point at is there.

Commands come from README's first ten minutes, and from the blocks in docs/ that are marked `console session`:
there `$` starts a command, what follows is its output, and `Error:` in it says that the command is refused.
In a command TICKET stands for the ticket that was printed last.
"""

import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_account import Account

PROJECT = Path(__file__).resolve().parents[2]
README, CONTRIBUTING = PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"
DOCS = PROJECT / "docs"
OPERATOR, REQUESTER, INTEGRATOR = (DOCS / f"{name}.md" for name in ("operator", "requester", "integrator"))
PAGES = (README, PROJECT / "SPEC.md", PROJECT / "SECURITY.md", CONTRIBUTING, *sorted(DOCS.glob("*.md")))

# What the pages call the node of `make node`.
NODE = "http://127.0.0.1:8545"
REFUSED = 5
# The public test mnemonic's accounts.
MNEMONIC = "test test test test test test test test test test test junk"
AGENT_INDEX, REQUESTER_INDEX = 1, 2


@dataclass(frozen=True)
class Typed:
    """A command as a page shows it, and whether the page says that it is refused."""

    page: str
    line: str
    refused: bool

    def arguments(self, ticket: str) -> list[str]:
        """What stands after `ape run`."""
        ape, run, *arguments = shlex.split(self.line, comments=True)
        assert (ape, run) == ("ape", "run"), self
        return [ticket if each == "TICKET" else each for each in arguments]


def blocks(page: Path, info: str) -> list[str]:
    """The fenced blocks of a page with this info string."""
    found = re.findall(r"^```([^\n]*)\n(.*?)^```$", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [body for each, body in found if each == info]


def first_ten_minutes() -> list[Typed]:
    """README's session; there a comment says what is refused."""
    body = next(each for each in blocks(README, "") if "ape run deploy" in each)
    lines = [line for line in body.splitlines() if line.startswith("ape run ")]
    return [Typed(README.name, line, "# refused" in line) for line in lines]


def sessions(page: Path) -> list[Typed]:
    """The commands of a page's marked blocks."""
    commands = [each for body in blocks(page, "console session") for each in f"\n{body}".split("\n$ ")[1:]]
    return [Typed(page.name, each.splitlines()[0], "\nError: " in each) for each in commands]


def key_of(index: int) -> str:
    Account.enable_unaudited_hdwallet_features()
    return str(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}").key.hex())


@pytest.fixture
def folder(tmp_path: Path, anvil_url: str) -> Iterator[Path]:
    """A folder to type in, with the node of the chain named and nothing remembered."""
    (tmp_path / "examples").symlink_to(PROJECT / "examples")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("APE_FOUNDRY_HOST", anvil_url)
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(tmp_path / ".makegood"))
        patch.chdir(tmp_path)
        yield tmp_path


def run_all(commands: list[Typed]) -> None:
    """Type the commands one after the other; each ends as its page says."""
    ticket = ""
    for command in commands:
        script, *arguments = command.arguments(ticket)
        cli = runpy.run_path(str(PROJECT / "scripts" / f"{script}.py"))["cli"]
        done = CliRunner(mix_stderr=False).invoke(cli, arguments)
        assert done.exit_code == (REFUSED if command.refused else 0), (command, done.stderr, done.exception)
        printed = re.search(r"^ticket +(0x[0-9a-f]{64})$", done.stdout, re.MULTILINE)
        ticket = printed[1] if printed else ticket


def run_python(page: Path, node: str) -> None:
    """Run the Python blocks of a page as the one program that they are."""
    program = "\n".join(blocks(page, "python"))
    assert NODE in program
    keys = {"AGENT_KEY": key_of(AGENT_INDEX), "REQUESTER_KEY": key_of(REQUESTER_INDEX)}
    done = subprocess.run(
        [sys.executable, "-c", program.replace(NODE, node)],
        env={**os.environ, **keys},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (page.name, done.stderr)


def test_what_the_pages_tell_to_type_does_what_they_say(anvil_url: str, folder: Path) -> None:
    log = blocks(OPERATOR, "csv")
    assert len(log) == 1
    (folder / "events.csv").write_text(log[0], "utf-8")
    pages = [first_ten_minutes(), sessions(OPERATOR), sessions(REQUESTER)]
    assert all(pages)
    for commands in pages:
        run_all(commands)
    for page in (OPERATOR, INTEGRATOR):
        run_python(page, anvil_url)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_point_at_something(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)[^)]*\)", page.read_text("utf-8"))
    inside = [link for link in links if not re.match(r"[a-z]+:", link)]
    assert [link for link in inside if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_named_commands_exist(page: Path) -> None:
    named = set(re.findall(r"ape run ([a-z_]+)", page.read_text("utf-8")))
    assert named <= {script.stem for script in (PROJECT / "scripts").glob("*.py")}


def test_each_make_target_is_in_the_list_of_contributing_and_no_other() -> None:
    targets = set(re.findall(r"^([a-z]+):.* ## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    listed = re.findall(r"^\| `make ([a-z]+)", CONTRIBUTING.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(targets - {"help"})


def test_make_targets_that_readme_names_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):.* ## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z]+)", README.read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets
