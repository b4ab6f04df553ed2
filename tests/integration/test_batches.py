# SPDX-License-Identifier: Apache-2.0
"""The batch lane by its commands on a real node: anchored, proven, answered, claimed, released."""

import hashlib
import json
import runpy
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

PROJECT = Path(__file__).resolve().parents[2]
POLICY = PROJECT / "examples" / "policy.yaml"
HOUR, DAY = 3_600, 86_400
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

    def anchored(self, *events: dict[str, Any], options: tuple[str, ...] = ()) -> dict[str, Any]:
        done = self.anchor(*events, options=("--json", *self.receipts, *options))
        assert done.code == 0, done.err
        return done.data

    def receipt(self, name: str) -> str:
        return str(self.folder / "receipts" / f"{self.ticket(name)}.json")

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
    data = place.anchored(place.opened("two"), reply)
    assert data["dead_letters"][0]["source"] == "stdin, line 2"
    assert "opened its ticket" in data["dead_letters"][0]["why"]
    later = place.anchored(place.opened("one"))
    assert later["dead_letters"] == []
    assert later["batches"][0]["counts"]["later"] == 1


def test_anchor_keeps_a_reply_by_no_agent_out(place: Place) -> None:
    data = place.anchored(place.opened("one"), {**place.later("replied", "one"), "agent": ANYONE})
    assert "no human agent" in data["dead_letters"][0]["why"]


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
    import sqlite3

    place.anchored(place.opened("one"))
    with sqlite3.connect(place.folder / "store.sqlite", isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        assert refused(place.anchor(place.opened("two")), 1, saying="Another process has the store")
        other.execute("ROLLBACK")
    other.close()


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
    after = place.anchored(place.later("solved", "one"), place.later("replied", "two"))
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


def findings(result: Result) -> dict[str, Any]:
    return {each["finding"]: each for each in result.data["receipts"][0]["findings"]}


def test_watch_says_what_is_owed_and_then_what_to_prove(place: Place) -> None:
    place.anchored(place.opened("one"))
    first = watched(place, "one", "--leaves", str(place.folder / "leaves"))
    assert first.code == 0, first.err
    assert findings(first)["not breached"]["what"] == "The desk owes a reply."
    place.travel_to(place.now + 30 * DAY)
    late = findings(watched(place, "one", "--leaves", str(place.folder / "leaves")))["breached"]
    assert (late["weight"], late["remedy"]) == ("to do", f"ape run prove {place.receipt('one')}")
    place.done("prove", place.receipt("one"))
    assert "challenged" in findings(watched(place, "one"))
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
    assert refused(place.command("prove_equivocation", *arguments), 1, saying="changes nothing")
    again = watched(place, "one", "--leaves", str(place.folder / "p"))
    assert (again.code, findings(again)["equivocation"]["weight"]) == (0, "to know")


def test_watch_calls_a_receipt_of_no_batch_cheating(place: Place) -> None:
    place.anchored(place.opened("one"))
    path = Path(place.receipt("one"))
    fields = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps({**fields, "batch": 7}), "utf-8")
    assert watched(place, "one").code == 6


def test_status_by_the_receipt_before_and_after_the_proof(place: Place) -> None:
    place.anchored(place.opened("one"))
    before = place.done("status", place.receipt("one"))
    assert (before["status"], before["batch"], before["backed"]) == ("not proven", 1, True)
    assert "not proven" in place.command("status", place.receipt("one")).out
    place.done("prove", place.receipt("one"))
    assert place.done("status", place.receipt("one"))["status"] == "open"
