# SPDX-License-Identifier: Apache-2.0
"""The batch lane by its commands on a real node: anchored, proven, answered, claimed, released."""

import hashlib
import json
import os
import re
import runpy
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak
from web3 import Web3

from benchmarks.node import anvil
from makegood import artifacts
from makegood.console import words

PROJECT = Path(__file__).resolve().parents[2]
POLICY = PROJECT / "examples" / "policy.yaml"
DAY = 86_400
MNEMONIC = "test test test test test test test test test test test junk"
BOND = 2 * 10**15  # of the example policy's proof
WORST_URGENT = 8 * 10**16


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


Command = Callable[..., Result]


def address_of(place: int) -> str:
    Account.enable_unaudited_hdwallet_features()
    return str(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{place}").address)


OPERATOR, AGENT, REQUESTER, BOT, ANYONE = (address_of(place) for place in range(5))


@pytest.fixture(scope="module")
def node() -> Iterator[Web3]:
    with anvil() as w3:
        yield w3


@pytest.fixture(scope="module")
def data_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(folder))
        yield folder


@pytest.fixture(scope="module")
def command(node: Web3, data_folder: Path) -> Command:
    assert data_folder.is_dir()
    url = str(node.provider.endpoint_uri)  # type: ignore[attr-defined]

    def run(name: str, *arguments: str, stdin: str | None = None) -> Result:
        cli = runpy.run_path(str(PROJECT / "scripts" / f"{name}.py"))["cli"]
        done = CliRunner(mix_stderr=False).invoke(cli, [*arguments, "--network", url], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture(scope="module")
def desk(command: Command) -> Mapping[str, Any]:
    deployed = command("deploy", "--json", "--notice", "7d").data
    for arguments in (
        ("fund", "0.5"),
        ("publish_policy", str(POLICY)),
        ("register_agent", "agent"),
        ("set_allowance", "agent", "1"),
    ):
        result = command(*arguments)
        assert result.code == 0, result.err
    return deployed


@pytest.fixture
def place(
    node: Web3, desk: Mapping[str, Any], command: Command, data_folder: Path, tmp_path: Path
) -> Iterator["Place"]:
    snapshot = ask(node, "evm_snapshot")
    remembered = (data_folder / "deployments.json").read_bytes()
    yield Place(node, str(desk["desk"]), command, tmp_path)
    ask(node, "evm_revert", snapshot)
    (data_folder / "deployments.json").write_bytes(remembered)


def ask(node: Web3, method: str, *arguments: Any) -> Any:
    response = node.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
    assert "error" not in response, response
    return response["result"]


@dataclass(frozen=True)
class Place:
    """A desk on a node, and files of one test."""

    node: Web3
    desk: str
    command: Command
    folder: Path

    @property
    def now(self) -> int:
        return int(self.node.eth.get_block("pending")["timestamp"])

    def travel_to(self, at: int) -> None:
        ask(self.node, "evm_setNextBlockTimestamp", at)
        ask(self.node, "evm_mine")

    def opened(self, name: str, priority: str = "urgent", at: int | None = None) -> dict[str, Any]:
        return {
            "event": "opened",
            "requester": REQUESTER,
            "priority": priority,
            "commitment": digest(name),
            "at": self.now if at is None else at,
        }

    def ticket(self, name: str) -> str:
        return ticket_id(self.desk, name)

    def later(self, event: str, name: str, at: int | None = None) -> dict[str, Any]:
        return {
            "event": event,
            "ticket": self.ticket(name),
            "digest": digest(f"{event} of {name}"),
            "at": self.now if at is None else at,
        }

    def anchor(self, *events: dict[str, Any], options: tuple[str, ...] = ()) -> Result:
        lines = "".join(json.dumps(event) + "\n" for event in events)
        return self.command("anchor", "-", *self.store, *options, stdin=lines)

    @property
    def store(self) -> tuple[str, ...]:
        return ("--store", str(self.folder / "store.sqlite"))

    @property
    def receipts(self) -> tuple[str, ...]:
        return ("--out", str(self.folder / "receipts"))

    def anchored(
        self, *events: dict[str, Any], options: tuple[str, ...] = (), code: int = 0
    ) -> dict[str, Any]:
        done = self.anchor(*events, options=("--json", *self.receipts, *options))
        assert done.code == code, done.err
        return done.data

    def text(self, name: str, *arguments: str) -> str:
        result = self.command(name, *arguments)
        assert result.code == 0, result.err
        return " ".join(result.out.split())

    def receipt(self, name: str) -> str:
        return str(self.folder / "receipts" / f"{self.ticket(name)}.json")

    def reply_due(self, name: str) -> int:
        return int(json.loads(Path(self.receipt(name)).read_text("utf-8"))["reply_due"])

    def done(self, name: str, *arguments: str) -> dict[str, Any]:
        result = self.command(name, *arguments, "--json")
        assert result.code == 0, result.err
        return result.data


def digest(text: str) -> str:
    return "0x" + hashlib.sha256(text.encode()).hexdigest()


def ticket_id(desk: str, name: str) -> str:
    words = [31_337, int(desk, 16), 2, int(REQUESTER, 16), int(digest(name), 16)]
    return "0x" + hashlib.sha256(b"".join(word.to_bytes(32, "big") for word in words)).hexdigest()


def refused(result: Result, code: int, *, saying: str) -> bool:
    assert result.code == code, result.err
    errors = [line for line in result.err.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1, result.err
    assert saying in errors[0], errors[0]
    assert result.out == ""
    return True


# ---------------------------------------------------------------- anchor


def test_anchor_tells_batch_root_counts_worst_case_and_receipts(place: Place) -> None:
    data = place.anchored(
        place.opened("one"),
        place.opened("two", "low"),
        place.later("replied", "one"),
        options=("--uri", "https://d.example"),
    )
    (batch,) = data["batches"]
    assert batch["batch"] == 1
    assert batch["counts"] == {"urgent": 1, "high": 0, "normal": 0, "low": 1, "later": 1}
    assert batch["worst_case"] == str(WORST_URGENT + 4 * 10**15)
    assert batch["backed"]
    assert batch["uri"] == "https://d.example"
    assert batch["receipts"] == 2
    assert batch["gas_per_ticket"] == batch["gas_used"] / 2
    assert Path(place.receipt("one")).is_file()
    assert Path(batch["leaves"]).stat().st_size == 3 * 192
    assert (data["new"], data["known"], data["waiting"], data["dead_letters"]) == (3, 0, 0, [])


def test_anchor_says_whether_the_leaves_are_published(place: Place) -> None:
    def told(name: str, *options: str) -> str:
        return " ".join(place.anchor(place.opened(name), options=(*place.receipts, *options)).out.split())

    alone = told("one")
    assert f"leaves kept {place.folder / 'leaves'}/" in alone
    assert "not published. Copy it to a folder that you serve" in alone
    assert " published /" not in alone
    served = str(place.folder / "served")
    assert f"published {served}/" in told("two", "--publish", served)
    at = told("three", "--publish", served, "--uri", "https://desk.example/leaves")
    assert "to be served at https://desk.example/leaves" in at
    assert "not published" not in at


def test_gas_a_ticket_is_told_without_a_fraction_that_is_none(place: Place) -> None:
    def gas(*names: str) -> str:
        out = place.anchor(*map(place.opened, names), options=place.receipts).out
        return next(line for line in out.splitlines() if line.startswith("gas ")).split(None, 1)[1]

    whole, _, each = gas("one").partition(", ")
    assert each == f"{whole} a ticket"
    total, _, each = gas("two", "three", "four").partition(", ")
    assert each.split()[0] == f"{int(total.replace(',', '')) / 3:,.2f}".removesuffix(".00")


def test_anchor_twice_is_nothing_new(place: Place) -> None:
    event = place.opened("one")
    place.anchored(event)
    again = place.anchor(event, options=place.receipts)
    assert again.code == 0
    assert "nothing new: 1 event known already" in again.out
    assert place.anchored(event)["batches"] == []


def test_anchor_says_the_line_of_a_bad_event_and_does_nothing(place: Place) -> None:
    block = place.node.eth.block_number
    bad = {**place.opened("two"), "priority": "now"}
    assert refused(place.anchor(place.opened("one"), bad), 2, saying="stdin, line 2: The priority is none of")
    assert place.node.eth.block_number == block
    assert not (place.folder / "store.sqlite").exists()


@pytest.mark.parametrize(
    ("change", "saying"),
    [
        ({"at": "now"}, '"at" is no time'),
        ({"at": 0}, '"at" is no time'),
        ({"at": True}, '"at" is no time'),
        ({"requester": "0x12"}, '"requester" is no address'),
        ({"requester": "0x" + "00" * 20}, "zero address"),
        ({"commitment": "0x" + "00" * 32}, "commitment is zero"),
        ({"commitment": "12"}, '"commitment" is not 32 bytes'),
        ({"event": "closed"}, "The event is none of"),
        ({"id": ""}, '"id" is no text'),
        ({"more": 1}, '"more" is not known here'),
    ],
)
def test_anchor_refuses_what_is_no_event(place: Place, change: dict[str, Any], saying: str) -> None:
    assert refused(place.anchor({**place.opened("one"), **change}), 2, saying=saying)


def test_anchor_lists_a_reply_to_an_unknown_ticket_and_takes_it_with_its_opening(place: Place) -> None:
    reply = place.later("replied", "one")
    data = place.anchored(place.opened("two"), reply, code=1)
    assert data["dead_letters"][0]["source"] == "stdin, line 2"
    assert data["error"]["message"] == "1 event was refused: stdin, line 2."
    assert data["batches"][0]["counts"]["urgent"] == 1
    assert "opened its ticket" in data["dead_letters"][0]["why"]
    later = place.anchored(place.opened("one"))
    assert later["dead_letters"] == []
    assert later["batches"][0]["counts"]["later"] == 1


def test_anchor_keeps_a_reply_by_no_agent_out(place: Place) -> None:
    data = place.anchored(place.opened("one"), {**place.later("replied", "one"), "agent": ANYONE}, code=1)
    assert "no human agent" in data["dead_letters"][0]["why"]


def test_anchor_names_the_lines_that_were_refused_and_anchors_the_rest(place: Place) -> None:
    lines = (place.opened("one"), place.later("replied", "unknown"), place.opened("one", "low"))
    done = place.anchor(*lines, options=place.receipts)
    assert done.code == 1
    assert "Error: 2 events were refused: stdin, line 2; stdin, line 3. All others are done" in done.err
    assert "1 urgent" in done.out
    assert place.done("status")["batches"]["anchored"] == 1
    # What was refused before is told at each run, but only what this run was given fails it.
    later = place.anchored(place.opened("two"))
    assert [each["source"] for each in later["dead_letters"]] == ["stdin, line 2", "stdin, line 3"]
    assert "error" not in later
    again = place.anchored(lines[2], code=1)
    assert again["error"]["message"] == "1 event was refused: stdin, line 3."


def test_anchor_leaves_what_is_to_come_for_later(place: Place) -> None:
    data = place.anchored(place.opened("one"), place.opened("two", at=place.now + DAY))
    assert data["waiting"] == 1
    place.travel_to(place.now + DAY + 1)
    assert place.anchored()["batches"][0]["counts"]["urgent"] == 1


def test_anchor_with_must_back_refuses_what_funds_do_not_reach_for(place: Place) -> None:
    many = [place.opened(f"ticket {number}") for number in range(8)]
    assert refused(place.anchor(*many, options=("--must-back",)), 5, saying="free funds do not reach")
    done = place.anchored(*many)
    assert not done["batches"][0]["backed"]


def test_anchor_dry_run_changes_nothing(place: Place) -> None:
    block = place.node.eth.block_number
    result = place.anchor(place.opened("one"), options=("--dry-run", "--json"))
    assert result.code == 0, result.err
    assert result.data["steps"][0]["function"] == "anchor_batch"
    assert place.node.eth.block_number == block
    assert place.anchored(place.opened("one"))["new"] == 1


def test_a_second_process_is_refused_in_one_sentence(place: Place) -> None:
    place.anchored(place.opened("one"))
    with sqlite3.connect(place.folder / "store.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(place.anchor(place.opened("two")), 1, saying="Another process has the store")
        other.execute("ROLLBACK")
    other.close()


# ---------------------------------------------------------------- by hand, as docs/batches.md says


def on_the_page(mark: str) -> str:
    """The one block of docs/batches.md with this mark."""
    page = (PROJECT / "docs" / "batches.md").read_text("utf-8")
    (body,) = re.findall(rf"^```{mark}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return str(body)


def test_a_reorganisation_below_what_was_final_is_mended_by_hand(place: Place) -> None:
    before = ask(place.node, "evm_snapshot")
    first = place.anchored(place.opened("one"))["batches"][0]
    # Final is what is two epochs of 32 blocks back.
    ask(place.node, "anvil_mine", hex(100))
    assert place.anchored()["batches"] == []
    ask(place.node, "evm_revert", before)
    ask(place.node, "anvil_mine", hex(200))
    assert place.anchored()["batches"] == []
    assert place.done("status")["batches"]["anchored"] == 0
    with sqlite3.connect(place.folder / "store.sqlite") as store:
        store.execute(on_the_page("sql"))
    store.close()
    (again,) = place.anchored()["batches"]
    assert again["root"] == first["root"]
    assert again["block"] != first["block"]
    assert again["receipts"] == 1
    assert place.done("prove", place.receipt("one"))["batch"] == 1


def test_a_stuck_transaction_is_replaced_by_hand(place: Place) -> None:
    (place.folder / "events.jsonl").write_text(json.dumps(place.opened("one")) + "\n", "utf-8")
    arguments = ("anchor", str(place.folder / "events.jsonl"), *place.store, *place.receipts)
    url = str(place.node.provider.endpoint_uri)  # type: ignore[attr-defined]
    ask(place.node, "evm_setAutomine", False)
    try:
        nonce = place.node.eth.get_transaction_count(Web3.to_checksum_address(AGENT))
        stopped = interrupted(*arguments, "--network", url, when=lambda: pending(place.node, AGENT) > nonce)
        assert stopped.code == 130
        last = stopped.err.strip().splitlines()[-1]
        assert last == (
            "Error: Stopped: a transaction was on its way and may still be mined, and nothing else was sent. "
            "Run the same again: the store knows how far it is, and nothing is anchored twice."
        )
        by_hand(place.folder, on_the_page("bash replace"), ETH_RPC_URL=url, AGENT=AGENT, FEE="100gwei")
        ask(place.node, "evm_mine")
    finally:
        ask(place.node, "evm_setAutomine", True)
    assert pending(place.node, AGENT) == nonce + 1
    assert place.done("status")["batches"]["anchored"] == 0
    (batch,) = place.done(*arguments)["batches"]
    assert (batch["batch"], batch["receipts"]) == (1, 1)
    assert place.done("status")["batches"]["anchored"] == 1


def test_a_command_that_is_stopped_before_it_sends_says_that_nothing_was_sent(place: Place) -> None:
    url = str(place.node.provider.endpoint_uri)  # type: ignore[attr-defined]
    stopped = interrupted("anchor", "-", *place.store, "--network", url, "--json", says="Network: ")
    assert stopped.code == 130
    assert "Error: Stopped: nothing was sent." in stopped.err
    assert "Traceback" not in stopped.err
    assert stopped.data["error"] | {"message": ""} == {
        "kind": "Stopped",
        "message": "",
        "hint": None,
        "exit_code": 130,
    }


def pending(node: Web3, account: str) -> int:
    return node.eth.get_transaction_count(Web3.to_checksum_address(account), "pending")


def by_hand(folder: Path, typed: str, **variables: str) -> None:
    """What a page tells to type, with the agent's account known to cast as `me`."""
    key = Account.from_mnemonic(MNEMONIC, account_path="m/44'/60'/0'/0/1").key.hex()
    (folder / "password").write_text("secret", "utf-8")
    made = f"cast wallet import me --private-key 0x{key.removeprefix('0x')} --unsafe-password secret"
    path = f"{PROJECT / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "HOME": str(folder), "ETH_PASSWORD": str(folder / "password")}
    done = subprocess.run(
        ["bash", "-e", "-c", f"{made}\n{typed}"],
        env={**os.environ, **own, **variables},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# Whatever started the tests may have told its processes to ignore it.
HEARS_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""


def interrupted(*arguments: str, when: Callable[[], bool] = lambda: True, says: str | None = None) -> Result:
    """`ape run` with Ctrl-C, as soon as something is so, or it said something."""
    environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    process = subprocess.Popen(
        [sys.executable, "-c", HEARS_CTRL_C, "ape", "run", *arguments],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = ""
    if says is not None:
        while says not in said:
            line = process.stderr.readline()
            assert line, said
            said += line
    until = time.monotonic() + 60
    while not when():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < until
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    return Result(process.returncode, out, said + err)


# ---------------------------------------------------------------- prove, answer, claim


def test_a_missed_reply_is_proven_challenged_and_claimed(place: Place) -> None:
    place.anchored(place.opened("one"))
    place.travel_to(place.now + 30 * DAY)
    proven = place.done("prove", place.receipt("one"))
    assert proven["bond"] == str(BOND)
    assert proven["breached_unless_answered"] == ["first_reply", "resolution"]
    ticket = place.ticket("one")
    assert refused(place.command("claim", ticket), 5, saying="runs until")
    place.travel_to(place.now + DAY + 1)
    before = place.node.eth.get_balance(Web3.to_checksum_address(REQUESTER))
    claimed = place.done("claim", ticket, "--collect")
    assert claimed["tickets"][0]["compensated"] == ["first_reply", "resolution"]
    assert claimed["collected"] == str(7 * 10**16 + BOND)
    assert place.node.eth.get_balance(Web3.to_checksum_address(REQUESTER)) == before + 7 * 10**16 + BOND


def test_a_false_claim_is_answered_and_costs_its_bond(place: Place) -> None:
    place.anchored(place.opened("one"), place.later("replied", "one"), place.later("solved", "one"))
    place.travel_to(place.now + 30 * DAY)
    place.done("prove", place.receipt("one"))
    answered = place.done("answer", "--all", *place.store)
    assert answered["tickets"][0]["ticket_id"] == place.ticket("one")
    assert (answered["tickets"][0]["shown"], answered["tickets"][0]["taken"]) == (2, 2)
    place.travel_to(place.now + DAY + 1)
    ended = place.done("end_challenge", place.ticket("one"), "--claim")
    assert (ended["breached"], ended["bond_returned"]) == ([], False)


def test_answer_from_published_leaves(place: Place) -> None:
    data = place.anchored(
        place.opened("one"), place.later("replied", "one"), options=("--publish", str(place.folder / "p"))
    )
    assert Path(data["batches"][0]["leaves"]).parent == place.folder / "p"
    place.travel_to(place.now + 60)
    place.done("prove", place.receipt("one"))
    answered = place.done(
        "answer", place.ticket("one"), "--leaves", str(place.folder / "p"), "--account", "anyone"
    )
    assert answered["tickets"][0]["taken"] == 1
    again = place.done("answer", place.ticket("one"), *place.store)
    assert again["tickets"][0]["shown"] == 0


def test_answer_in_the_second_half_comes_too_late(place: Place) -> None:
    place.anchored(place.opened("one"), place.later("replied", "one"))
    place.travel_to(place.now + 60)
    place.done("prove", place.receipt("one"))
    place.travel_to(place.now + DAY // 2 + 60)
    answered = place.command("answer", "--all", *place.store, "--json")
    assert "no longer count" in answered.err
    assert (answered.data["tickets"][0]["shown"], answered.data["tickets"][0]["too_late"]) == (0, 1)


def test_claim_of_an_unproven_receipt_says_to_prove_first(place: Place) -> None:
    place.anchored(place.opened("one"))
    assert refused(place.command("claim", place.receipt("one")), 2, saying="Prove it first")


def test_prove_twice_and_an_altered_receipt_are_refused(place: Place) -> None:
    place.anchored(place.opened("one"), place.opened("two"))
    altered = place.folder / "altered.json"
    fields = json.loads(Path(place.receipt("one")).read_text("utf-8"))
    altered.write_text(json.dumps({**fields, "opened_at": fields["opened_at"] - 1}), "utf-8")
    assert refused(place.command("prove", str(altered)), 6, saying="path does not lead")
    place.done("prove", place.receipt("one"))
    assert refused(place.command("prove", place.receipt("one")), 5, saying="proven already")


def test_a_proven_ticket_is_found_by_the_id_that_commands_print(place: Place) -> None:
    place.anchored(place.opened("one"))
    ticket = place.ticket("one")
    assert refused(place.command("status", ticket[:10]), 3, saying=f'The desk has no ticket "{ticket[:10]}"')
    place.travel_to(place.now + 30 * DAY)
    printed = place.text("prove", place.receipt("one"))
    typed = re.search(r"`ape run claim (\S+)`", printed)
    assert typed
    assert typed[1] == ticket[:10]
    for name in (typed[1], f"{ticket[:6]}…{ticket[-4:]}", ticket[:8]):
        assert place.done("status", name)["ticket_id"] == ticket
    place.travel_to(place.now + DAY + 1)
    assert place.done("claim", typed[1])["tickets"][0]["compensated"] == ["first_reply", "resolution"]


def test_proving_too_early_warns_until_when_a_reply_in_time_takes_the_bond(place: Place) -> None:
    place.anchored(place.opened("one"))
    due, lag = place.reply_due("one"), 15 * 60

    def warned(at: int) -> str:
        place.travel_to(at)
        done = place.command("prove", place.receipt("one"), "--dry-run")
        assert done.code == 0, done.err
        return " ".join(line for line in done.err.splitlines() if line.startswith("Warning:"))

    safe = f"Proving is safe after {words.calendar(due + lag, due)} "
    early = warned(due - 5)
    assert early.startswith("Warning: Nothing is late yet: the first reply is due by ")
    assert "takes the bond" in early
    assert safe in early
    late = warned(due + lag)
    assert late.startswith("Warning: The first reply was due by ")
    assert safe in late
    # A dry run mines nothing; the next block comes a second later at the earliest.
    assert warned(due + lag + 1) == ""


def test_end_challenge_before_its_time_and_of_an_unchallenged_ticket(place: Place) -> None:
    place.anchored(place.opened("one"))
    place.done("prove", place.receipt("one"))
    assert refused(place.command("end_challenge", place.ticket("one")), 5, saying="runs until")
    place.travel_to(place.now + DAY + 1)
    place.done("end_challenge", place.ticket("one"))
    assert refused(place.command("end_challenge", place.ticket("one")), 5, saying="No challenge")


def test_anchor_refuses_replies_for_a_ticket_whose_challenge_has_ended(place: Place) -> None:
    place.anchored(place.opened("one"), place.opened("two"))
    place.done("prove", place.receipt("one"))
    during = place.anchored(place.later("replied", "one"))
    assert (during["batches"][0]["counts"]["later"], during["dead_letters"]) == (1, [])
    place.travel_to(place.now + DAY + 1)
    place.done("end_challenge", place.ticket("one"))
    after = place.anchored(place.later("solved", "one"), place.later("replied", "two"), code=1)
    assert after["batches"][0]["counts"]["later"] == 1
    (dead,) = after["dead_letters"]
    assert dead["why"] == "The ticket is on chain now; answer it with `ape run reply`."


def test_a_bond_in_a_token_is_approved_exactly(place: Place) -> None:
    code = bytes.fromhex(artifacts.compile_contract("mocks/PlainToken")["bytecode"][2:])
    token = str(sent(place.node, None, code + encode(["uint8"], [18]))["contractAddress"])
    mint = keccak(text="mint(address,uint256)")[:4]
    desk = place.done("deploy", "--asset", token)["desk"]
    for arguments in (
        ("publish_policy", str(POLICY)),
        ("register_agent", "agent"),
        ("set_allowance", "agent", "1"),
    ):
        assert place.command(*arguments).code == 0
    house = replace(place, desk=str(desk))
    house.anchored(house.opened("one"))
    assert refused(house.command("prove", house.receipt("one")), 1, saying="The account holds only 0 ")
    sent(place.node, token, mint + encode(["address", "uint256"], [REQUESTER, BOND]))
    proven = house.done("prove", house.receipt("one"))
    assert [each["function"] for each in proven["transactions"]] == ["approve", "prove_ticket"]
    assert proven["bond"] == str(BOND)


def sent(node: Web3, to: str | None, data: bytes) -> Any:
    fields: Any = {"from": node.eth.accounts[9], "data": Web3.to_hex(data)}
    return node.eth.wait_for_transaction_receipt(
        node.eth.send_transaction(fields | ({"to": to} if to else {}))
    )


# ---------------------------------------------------------------- keepers, successors, release


def test_a_keeper_proves_and_a_stranger_does_not(place: Place) -> None:
    place.anchored(place.opened("one"))
    stranger = place.command("prove", place.receipt("one"), "--account", "anyone")
    assert stranger.code == 5, stranger.err
    assert place.done("name_keeper", ANYONE)["keeper"] == ANYONE
    assert place.done("prove", place.receipt("one"), "--account", "anyone")["requester"] == REQUESTER


def test_a_signed_naming_of_a_keeper_is_relayed_once(place: Place) -> None:
    file = str(place.folder / "keeper.json")
    place.done("name_keeper", ANYONE, "--sign", file)
    assert place.done("name_keeper", "--relay", file, "--account", "anyone") | {"transactions": []} == {
        "requester": REQUESTER,
        "keeper": ANYONE,
        "transactions": [],
    }
    again = place.command("name_keeper", "--relay", file, "--account", "anyone")
    assert refused(again, 4, saying="used already")
    assert place.done("name_keeper", "nobody")["keeper"] is None


def test_a_successor_answers_for_the_agent_before(place: Place) -> None:
    place.command("register_agent", "bot")
    place.anchored(place.opened("one"))
    place.travel_to(place.now + 60)
    reply = {**place.later("replied", "one"), "agent": BOT}
    alone = place.anchored(reply, options=("--account", "bot"))
    assert (alone["batches"], alone["waiting"]) == ([], 1)
    assert place.done("name_successor", AGENT, BOT)["successor"] == BOT
    place.command("set_allowance", "bot", "1")
    assert place.anchored(options=("--account", "bot"))["batches"][0]["counts"]["later"] == 1


def test_release_frees_what_expired_batches_hold(place: Place) -> None:
    place.anchored(place.opened("one"))
    assert place.done("release")["released"] == []
    assert refused(place.command("release", "1"), 5, saying="can still be proven")
    place.travel_to(place.now + 200 * DAY)
    assert place.done("release") | {"transactions": []} == {
        "released": [{"batch": 1, "amount": str(WORST_URGENT)}],
        "amount": str(WORST_URGENT),
        "transactions": [],
    }
    assert place.done("release")["released"] == []


# ---------------------------------------------------------------- watch


def watched(place: Place, name: str, *arguments: str) -> Result:
    from makegood.cli import main

    url = str(place.node.provider.endpoint_uri)  # type: ignore[attr-defined]
    options = [place.receipt(name), "--rpc", url, "--json", *arguments]
    done = CliRunner(mix_stderr=False).invoke(main, ["watch", *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Result(done.exit_code, done.stdout, done.stderr)


def in_words(place: Place, name: str, *arguments: str) -> str:
    from makegood.cli import main

    url = str(place.node.provider.endpoint_uri)  # type: ignore[attr-defined]
    done = CliRunner(mix_stderr=False).invoke(
        main, ["watch", place.receipt(name), "--rpc", url, *arguments], catch_exceptions=False
    )
    return " ".join(done.stdout.split())


def findings(result: Result) -> dict[str, Any]:
    return {each["finding"]: each for each in result.data["receipts"][0]["findings"]}


def test_watch_says_what_is_owed_and_then_what_to_prove(place: Place) -> None:
    place.anchored(place.opened("one"))
    first = watched(place, "one", "--leaves", str(place.folder / "leaves"))
    assert first.code == 0, first.err
    owed = findings(first)["not breached"]
    assert re.fullmatch(r"The desk owes a reply by .* UTC \(in .*\)\.", owed["what"])
    told = in_words(place, "one", "--leaves", str(place.folder / "leaves"))
    assert f"to know {owed['what']}" in told
    assert "Until" not in told
    by_receipt = place.command("status", place.receipt("one")).out.splitlines()[0]
    assert re.fullmatch(r"The desk owes a reply by .* UTC \(in .*\)\.", by_receipt)
    place.travel_to(place.now + 30 * DAY)
    late = findings(watched(place, "one", "--leaves", str(place.folder / "leaves")))["breached"]
    assert (late["weight"], late["remedy"]) == ("to do", f"ape run prove {place.receipt('one')}")
    told = in_words(place, "one", "--leaves", str(place.folder / "leaves"))
    assert re.search(rf" Until .* UTC \(in .*\): `{re.escape(late['remedy'])}`\.", told)
    place.done("prove", place.receipt("one"))
    challenged = findings(watched(place, "one"))["challenged"]["what"]
    assert re.fullmatch(r"The ticket is challenged until .* UTC \(in .*\)\.", challenged)
    place.travel_to(place.now + DAY + 1)
    assert "challenge over" in findings(watched(place, "one"))
    place.done("claim", place.receipt("one"))
    assert "proven" in findings(watched(place, "one"))


def test_watch_knows_replies_and_expiry(place: Place) -> None:
    place.anchored(place.opened("one"), place.later("solved", "one"))
    place.travel_to(place.now + 30 * DAY)
    found = findings(watched(place, "one", "--leaves", str(place.folder / "leaves")))
    assert "solved by" in found["entry"]["what"]
    assert found["not breached"]["what"] == "The desk owes nothing now."
    place.travel_to(place.now + 300 * DAY)
    assert "expired" in findings(watched(place, "one"))


def test_watch_finds_missing_and_false_leaves(place: Place) -> None:
    data = place.anchored(place.opened("one"))
    leaves = Path(data["batches"][0]["leaves"])
    missing = watched(place, "one", "--leaves", str(place.folder / "nowhere"))
    assert (missing.code, findings(missing)["leaves"]["weight"]) == (0, "to know")
    assert findings(missing)["leaves"]["what"] == "The leaves of batch 1 are not published."
    place.anchored(place.opened("two"))
    both = findings(watched(place, "one", "--leaves", str(place.folder / "nowhere")))["leaves"]["what"]
    assert both == "The leaves of batches 1 and 2 are not published."
    content = bytearray(leaves.read_bytes())
    content[127] ^= 1
    leaves.write_bytes(bytes(content))
    false = watched(place, "one", "--leaves", str(leaves.parent))
    assert (false.code, findings(false)["leaves"]["weight"]) == (6, "cheating")


def test_two_stories_are_found_proven_and_paid(place: Place) -> None:
    place.anchored(
        place.opened("one"), place.later("solved", "one"), options=("--publish", str(place.folder / "p"))
    )
    other = place.folder / "other"
    lie = {**place.later("replied", "one"), "digest": digest("another story")}
    lines = "".join(json.dumps(each) + "\n" for each in (place.opened("one", at=place.now - 5), lie))
    told = place.command(
        "anchor",
        "-",
        "--store",
        str(other / "s.sqlite"),
        "--out",
        str(other / "receipts"),
        "--publish",
        str(place.folder / "p"),
        stdin=lines,
    )
    assert told.code == 0, told.err
    later = watched(replace(place, folder=other), "one", "--leaves", str(place.folder / "p"))
    assert (later.code, findings(later)["equivocation"]["weight"]) == (6, "cheating")
    found = watched(place, "one", "--leaves", str(place.folder / "p"))
    assert found.code == 6
    remedy = findings(found)["equivocation"]["remedy"]
    assert remedy.startswith(f"ape run prove_equivocation {place.receipt('one')}")
    arguments = (place.receipt("one"), "--leaves", str(place.folder / "p"))
    assert refused(place.command("prove_equivocation", *arguments), 5, saying="Prove it first")
    place.done("prove", place.receipt("one"))
    shown = place.done("prove_equivocation", *arguments)
    assert shown["breached"] == ["first_reply", "next_reply", "resolution"]
    moot = "changes nothing any more: the ticket's three clock kinds are breached already"
    assert refused(place.command("prove_equivocation", *arguments), 1, saying=moot)
    again = watched(place, "one", "--leaves", str(place.folder / "p"))
    assert (again.code, findings(again)["equivocation"]["weight"]) == (0, "to know")
    assert "the desk told two stories" in place.text("status", place.ticket("one"))
    place.travel_to(place.now + DAY + 1)
    place.done("end_challenge", place.ticket("one"))
    place.done("close", place.ticket("one"), "--account", "requester")
    moot = "changes nothing any more: the ticket is closed"
    assert refused(place.command("prove_equivocation", *arguments), 1, saying=moot)
    closed = watched(place, "one", "--leaves", str(place.folder / "p"))
    assert (closed.code, moot in findings(closed)["equivocation"]["what"]) == (0, True)


def test_watch_calls_a_receipt_of_no_batch_cheating(place: Place) -> None:
    place.anchored(place.opened("one"))
    path = Path(place.receipt("one"))
    fields = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**fields, "batch": 7}), "utf-8")
    assert watched(place, "one").code == 6


def test_watch_agrees_in_number_with_what_is_not_shown(place: Place) -> None:
    where = ("--leaves", str(place.folder / "leaves"))
    place.anchored(place.opened("one"))
    place.travel_to(place.reply_due("one") + 1)
    assert "first reply is breached by" in findings(watched(place, "one", *where))["breached"]["what"]
    place.travel_to(place.now + 30 * DAY)
    late = findings(watched(place, "one", *where))["breached"]["what"]
    assert "first reply, resolution are breached by" in late
    place.done("prove", place.receipt("one"))

    def what() -> str:
        return str(findings(watched(place, "one", *where))["challenged"]["what"])

    assert what().endswith(", and all that is published of it is shown.")
    place.anchored(place.later("replied", "one"))
    assert what().endswith(", and 1 published entry is not shown yet.")
    place.anchored(place.later("followed_up", "one"))
    assert what().endswith(", and 2 published entries are not shown yet, a follow-up of yours among them.")


# ---------------------------------------------------------------- status


def test_status_tells_batches_challenges_and_bonds(place: Place) -> None:
    assert place.done("status")["batches"]["anchored"] == 0
    assert "Batches" not in place.text("status")
    place.anchored(place.opened("one"), place.opened("two"), place.opened("three", "low"))
    place.travel_to(place.now + 30 * DAY)
    place.done("prove", place.receipt("one"))
    found = place.done("status")["batches"]
    low = 4 * 10**15
    assert (found["anchored"], found["open"], found["expired"]) == (1, [1], [])
    assert (found["unproven"], found["reserved"]) == (2, str(WORST_URGENT + low))
    assert [each["ticket_id"] for each in found["challenged"]] == [place.ticket("one")]
    assert (found["bonds"], found["releasable"]) == (str(BOND), [])
    text = place.text("status")
    assert "Batches: 1 anchored: 1 open, 0 expired" in text
    assert "not proven 2 tickets of open batches, 0.084 ETH set aside for them" in text
    assert "reserved 0.166 ETH for worst cases and contested incidents" in text
    assert "0.084 ETH of it for tickets of batches not proven, 0.002 ETH of it bonds of proofs" in text
    assert "Tickets: 1 challenged" in text
    place.travel_to(place.now + DAY + 1)
    assert ", over since " in place.text("status")
    place.done("end_challenge", place.ticket("one"))
    found = place.done("status")["batches"]
    assert (found["challenged"], found["bonds"]) == ([], "0")


def test_status_tells_what_expired_batches_still_hold(place: Place) -> None:
    place.anchored(place.opened("one"))
    place.travel_to(place.now + 200 * DAY)
    place.anchored(place.opened("two"))
    found = place.done("status")["batches"]
    assert (found["open"], found["expired"], found["unproven"]) == ([2], [1], 1)
    assert found["releasable"] == [{"batch": 1, "amount": str(WORST_URGENT)}]
    assert "releasable 0.08 ETH of batch 1: `ape run release`" in place.text("status")
    place.done("release")
    assert place.done("status")["batches"]["releasable"] == []


def test_the_headline_counts_the_tickets_of_the_rows(place: Place) -> None:
    place.anchored(place.opened("one"), place.opened("two"))
    place.travel_to(place.now + 30 * DAY)
    place.done("prove", place.receipt("one"))
    assert place.text("status").startswith("No ticket waits for a reply; ")
    place.travel_to(place.now + DAY + 1)
    place.done("end_challenge", place.ticket("one"))
    # Its breach is recorded, and it still waits.
    late = place.text("status")
    assert late.startswith("1 ticket waits for a reply, the desk is late with 1 ticket; ")
    assert late.count("late, ") == 1


def test_a_ticket_in_its_challenge_says_whether_a_reply_can_still_help(place: Place) -> None:
    place.anchored(place.opened("one"))
    place.travel_to(place.now + 30 * DAY)
    proven = place.done("prove", place.receipt("one"))
    forecast = {"kinds": proven["breached_unless_answered"], "amount": proven["amount"]}
    ticket = place.ticket("one")
    first = place.done("status", ticket)
    assert first["unless_answered"] == forecast
    assert first["certain"] == {"kinds": [], "amount": "0"}
    assert "0.02 ETH breached unless the desk shows a reply" in place.text("status", ticket)
    place.travel_to(place.now + DAY // 2 + 60)
    second = place.done("status", ticket)
    assert second["unless_answered"] == second["certain"] == forecast
    assert "0.02 ETH breached, and no reply helps any more" in place.text("status", ticket)
    place.travel_to(place.now + DAY // 2)
    over = place.text("status", ticket)
    assert "0.02 ETH breached, can be claimed" in over
    assert "unless" not in over


def test_prove_and_verify_forecast_the_same(place: Place) -> None:
    from makegood.cli import main

    place.anchored(place.opened("one"))
    place.travel_to(place.reply_due("one") + 1)
    url = str(place.node.provider.endpoint_uri)  # type: ignore[attr-defined]

    def verified() -> dict[str, Any]:
        done = CliRunner().invoke(main, ["verify", place.receipt("one"), "--rpc", url, "--json"])
        assert done.exit_code == 0, done.output
        found = json.loads(done.output)["steps"][-1]["found"]
        return dict(found["unless_answered"])

    before = verified()
    proven = place.done("prove", place.receipt("one"))
    forecast = {"kinds": proven["breached_unless_answered"], "amount": proven["amount"]}
    assert "first_reply" in forecast["kinds"]
    assert before == forecast == verified() == place.done("status", place.ticket("one"))["unless_answered"]


def test_the_lanes_events_are_in_the_tickets_history(place: Place) -> None:
    place.anchored(place.opened("one"), place.later("replied", "one"), place.later("solved", "one"))
    place.travel_to(place.now + 60)
    place.done("prove", place.receipt("one"))
    place.done("answer", "--all", *place.store)
    ticket = place.ticket("one")
    bond = f"0.002 ETH put down by {REQUESTER}; lost at the challenge's end unless something is breached"
    assert bond in place.text("status", ticket)
    assert place.done("status", ticket)["bond"] == str(BOND)
    place.travel_to(place.now + DAY + 1)
    place.done("end_challenge", ticket)
    told = place.done("status", ticket)["history"]
    names = [each["event"] for each in told if each["event"] != "TicketMoved"]
    assert names == ["TicketProven", "EntryShown", "EntryShown", "ChallengeEnded"]
    digests = [each["digest"] for each in told if each["event"] == "EntryShown"]
    assert digests == [digest("replied of one"), digest("solved of one")]
    text = place.text("status", ticket)
    for saying in (
        "proven from batch 1 by 0x3C44…93BC, bond 0.002 ETH",
        "entry 1, of batch 1: answered by agent 0x7099…79C8",
        "entry 2, of batch 1: solved by agent 0x7099…79C8",
        "it keeps the bond unless something is breached",
        "the challenge ended: nothing is breached; bond 0.002 ETH to the desk's free funds",
    ):
        assert saying in text, saying
    assert "moved by what its batch holds" not in text
    place.done("contest", ticket, "--kind", "first_reply", "--digest", digest("evidence"))
    case = place.done("inspect_dispute", ticket)
    assert [each["event"] for each in case["history"]].count("EntryShown") == 2


def test_a_bond_shows_before_the_proof_and_in_the_claim_that_returns_it(place: Place) -> None:
    place.anchored(place.opened("one"))
    place.travel_to(place.now + 30 * DAY)
    assert place.done("status", place.receipt("one"))["bond"] == str(BOND)
    place.done("prove", place.receipt("one"))
    ticket = place.ticket("one")
    assert "goes back at the challenge's end, by what was shown so far" in place.text("status", ticket)
    place.travel_to(place.now + DAY + 1)
    claimed = place.done("claim", ticket)
    (bond,) = claimed["bonds"]
    assert bond == {"ticket_id": ticket, "prover": REQUESTER, "amount": str(BOND), "returned": True}


def test_status_by_the_receipt_before_and_after_the_proof(place: Place) -> None:
    place.anchored(place.opened("one"))
    before = place.done("status", place.receipt("one"))
    assert (before["status"], before["batch"], before["backed"]) == ("not proven", 1, True)
    assert "not proven" in place.command("status", place.receipt("one")).out
    place.done("prove", place.receipt("one"))
    assert place.done("status", place.receipt("one"))["status"] == "open"
