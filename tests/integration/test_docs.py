# SPDX-License-Identifier: Apache-2.0
"""The pages: what they tell to type works in the order of reading, and what they point at is there.

Commands come from README's first ten minutes, and from the blocks in docs/ that are marked `console session`:
there `$` starts a command, what follows is what it prints, and `Error:` in it says that it is refused. In a
command TICKET stands for the ticket that was printed last, and `*` for files as in a shell; what stands after
`[y/N]:` is typed. Of what is printed the words are compared, not what changes from run to run, such as times,
ids and gas.
"""

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner
from eth_account import Account
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from makegood.disputes import read_verdict

PROJECT = Path(__file__).resolve().parents[2]
README, CONTRIBUTING = PROJECT / "README.md", PROJECT / "CONTRIBUTING.md"
DOCS = PROJECT / "docs"
OPERATOR, REQUESTER, INTEGRATOR, ARBITER, BATCHES = (
    DOCS / f"{name}.md" for name in ("operator", "requester", "integrator", "arbiter", "batches")
)
PAGES = (README, PROJECT / "SPEC.md", PROJECT / "SECURITY.md", CONTRIBUTING, *sorted(DOCS.glob("*.md")))

# What the pages call the node of `make node`.
NODE = "http://127.0.0.1:8545"
NOWHERE = "http://127.0.0.1:1"
REFUSED = 5
# What changes from run to run: whatever has a digit, and days, months and units of time.
MONTHS = "Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec"
VARIES = re.compile(rf"\S*[\d…─]\S*|\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun|{MONTHS}|d|h|min|s)\b|[()]")
# The public test mnemonic, and which of its accounts' keys the pages' programs take from the environment.
MNEMONIC = "test test test test test test test test test test test junk"
KEYS = {"AGENT_KEY": 1, "REQUESTER_KEY": 2, "ARBITER_1_KEY": 7, "ARBITER_2_KEY": 8}


@dataclass(frozen=True)
class Typed:
    """A command as a page shows it, what it then prints, and whether the page says that it is refused."""

    page: str
    line: str
    refused: bool
    shown: tuple[str, ...] = ()

    def arguments(self, ticket: str) -> list[str]:
        """What stands after `ape run`."""
        ape, run, *arguments = shlex.split(self.line, comments=True)
        assert (ape, run) == ("ape", "run"), self
        arguments = [ticket if each == "TICKET" else each for each in arguments]
        return [path for each in arguments for path in (_files(each) if "*" in each else [each])]

    @property
    def answers(self) -> str:
        """What is typed where it asks."""
        typed = re.findall(r"\[y/N\]: (\w)$", "\n".join(self.shown), re.MULTILINE)
        return "".join(f"{answer}\n" for answer in typed)

    def not_in(self, printed: str) -> list[str]:
        """The lines shown that are not printed: refusals go by each letter, others by the words that stay."""
        text = " ".join(printed.split())
        return [each for each in self.shown if not re.search(self._pattern(each), text)]

    @staticmethod
    def _pattern(line: str) -> str:
        if line.startswith("Error: "):
            return re.escape(line)
        words = (" ".join(each.split()) for each in VARIES.split(line))
        return ".{0,90}?".join(re.escape(each) for each in words if each)


def _files(pattern: str) -> list[str]:
    return sorted(map(str, Path().glob(pattern)))


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
    shown = [(line, tuple(printed)) for line, *printed in map(str.splitlines, commands)]
    return [
        Typed(page.name, line, any(each.startswith("Error: ") for each in printed), printed)
        for line, printed in shown
    ]


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
    """Type the commands one after the other; each ends as its page says, and prints what its page shows."""
    ticket = ""
    for command in commands:
        script, *arguments = command.arguments(ticket)
        cli = runpy.run_path(str(PROJECT / "scripts" / f"{script}.py"))["cli"]
        with pytest.MonkeyPatch.context() as patch:
            if "--case" in arguments:
                patch.setenv("APE_FOUNDRY_HOST", NOWHERE)
            done = CliRunner(mix_stderr=False).invoke(cli, arguments, input=command.answers)
        printed = done.stdout + done.stderr
        assert (done.exit_code != 0) is command.refused, (command, done.stderr, done.exception)
        assert not command.refused or command.shown or done.exit_code == REFUSED, (command, done.stderr)
        assert command.not_in(printed) == [], (command.line, printed)
        named = re.search(r"^ticket +(0x[0-9a-f]{64})$", done.stdout, re.MULTILINE)
        ticket = named[1] if named else ticket


def run_python(page: Path, node: str, folder: Path) -> None:
    """Run the Python blocks of a page, in a folder, as the one program that they are."""
    program = "\n".join(blocks(page, "python"))
    assert NODE in program
    keys = {name: key_of(index) for name, index in KEYS.items()}
    done = subprocess.run(
        [sys.executable, "-c", program.replace(NODE, node)],
        env={**os.environ, "PYTHONPATH": str(PROJECT), **keys},
        cwd=folder,
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
        run_python(page, anvil_url, folder)


def test_an_arbiter_decides_a_dispute_from_the_page_alone(anvil_url: str, folder: Path) -> None:
    typed = sessions(ARBITER)
    assert {"contest", "sign_verdict", "submit_verdict", "collect_fees"} <= {
        each.line.split()[2] for each in typed
    }
    run_all(typed)
    run_python(ARBITER, anvil_url, folder)
    assert read_verdict(folder / "verdict-1-safe.json").signature


def test_a_batch_goes_from_its_events_to_a_challenge_from_the_page_alone(
    anvil_url: str, folder: Path
) -> None:
    before, after = split(sessions(BATCHES), "replies.jsonl")
    assert {"anchor", "prove", "answer", "status"} <= {each.line.split()[2] for each in before + after}
    opening, *replies = blocks(BATCHES, "jsonl")[0].splitlines()
    events(folder / "events.jsonl", [opening])
    run_all(before)
    (receipt,) = (folder / "receipts").iterdir()
    events(folder / "replies.jsonl", replies, ticket=receipt.stem)
    anchoring, proving = split(after, "prove")
    run_all(anchoring)
    # A reader types slower: what is anchored in the very second of the proof does not count against its bond.
    Web3(HTTPProvider(anvil_url)).provider.make_request(RPCEndpoint("evm_increaseTime"), [60])
    run_all(proving)


def split(commands: list[Typed], argument: str) -> tuple[list[Typed], list[Typed]]:
    """The commands before the first one with an argument, and the others."""
    first = next(place for place, each in enumerate(commands) if argument in each.line.split())
    return commands[:first], commands[first:]


def events(path: Path, lines: list[str], **changes: str) -> None:
    """Write lines of events with times of today, and what else is the reader's own."""
    told = [{**json.loads(line), "at": int(time.time()), **changes} for line in lines]
    path.write_text("".join(json.dumps(each) + "\n" for each in told), "utf-8")


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
    targets = set(re.findall(r"^([a-z0-9]+):.* ## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    listed = re.findall(r"^\| `make ([a-z0-9]+)", CONTRIBUTING.read_text("utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(targets - {"help"})


def test_make_targets_that_readme_names_exist() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):.* ## ", (PROJECT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:`|^)make ([a-z0-9]+)", README.read_text("utf-8"), re.MULTILINE))
    assert named
    assert named <= targets
