# SPDX-License-Identifier: Apache-2.0
"""The demo: it plays every status and every breach, and its tables add up to what the chain holds."""

import json
import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from benchmarks.node import anvil
from makegood import documents
from makegood.cli import main
from makegood.demo import expectation
from makegood.demo import receipts as demo_receipts
from makegood.desk import Factory
from makegood.errors import MakegoodError
from makegood.identity import jwt
from makegood.receipts import read

PROJECT = Path(__file__).resolve().parents[2]
# What examples/policy.yaml pays, in wei.
MILLI = 10**15
INCIDENT = 75 * MILLI  # what examples/tickets.yaml has ruled
PAYS = {
    "urgent": {"first_reply": 20 * MILLI, "next_reply": 10 * MILLI, "resolution": 50 * MILLI},
    "high": {"first_reply": 10 * MILLI, "next_reply": 5 * MILLI, "resolution": 25 * MILLI},
    "normal": {"first_reply": 4 * MILLI, "next_reply": 2 * MILLI, "resolution": 10 * MILLI},
    "low": {"first_reply": MILLI, "next_reply": MILLI, "resolution": 2 * MILLI},
}


def run_demo(*arguments: str) -> Result:
    cli = runpy.run_path(str(PROJECT / "scripts" / "demo.py"))["cli"]
    return CliRunner(mix_stderr=False).invoke(cli, list(arguments))


def demo(*arguments: str) -> str:
    done = run_demo(*arguments)
    assert done.exit_code == 0, done.stderr
    return str(done.stdout)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A folder of receipts, written by a demo in process, and what the demo told."""
    folder = tmp_path_factory.mktemp("demo") / "receipts"
    return folder, demo("--out", str(folder))


@pytest.fixture(scope="module")
def told(written: tuple[Path, str]) -> str:
    """The story alone: the receipts are told of behind it."""
    story, _, receipts = written[1].rpartition("\n\n")
    assert receipts.startswith("Receipts: ")
    return f"{story}\n"


@pytest.fixture(scope="module")
def lasting() -> Iterator[str]:
    """A node that outlives the demo that was played on it."""
    with anvil() as w3:
        yield str(w3.provider.endpoint_uri)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def recorded(lasting: str, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a demo on a node records."""
    folder = tmp_path_factory.mktemp("recorded") / "receipts"
    return json.loads(demo("--json", "--network", lasting, "--out", str(folder)))


@pytest.fixture(scope="module")
def used() -> Iterator[Web3]:
    """A node on which something was done before."""
    with anvil() as w3:
        w3.provider.make_request(RPCEndpoint("anvil_mine"), [hex(1)])
        yield w3


@pytest.fixture(scope="module")
def again(used: Web3) -> Any:
    """What a second demo records, on a used node after the question is answered."""
    url = str(used.provider.endpoint_uri)  # type: ignore[attr-defined]
    return json.loads(demo("--json", "--network", url, "--yes"))


def test_a_dozen_tickets_show_every_status_and_every_breach(recorded: Any) -> None:
    tickets = recorded["tickets"]
    assert len(tickets) == 12
    assert {status for each in tickets for status in each["course"]} == {
        "open",
        "hold",
        "pending",
        "solved",
        "closed",
    }
    assert {kind for each in tickets for kind in each["breached"]} == {
        "first_reply",
        "next_reply",
        "resolution",
        "incident",
    }


def test_every_ticket_pays_what_its_policy_says_for_its_breaches(recorded: Any) -> None:
    for each in recorded["tickets"]:
        expected = sum(
            INCIDENT if kind == "incident" else PAYS[each["priority"]][kind] for kind in each["breached"]
        )
        assert int(each["compensation"]) == expected, each


def test_an_unbacked_ticket_is_paid_in_the_end(recorded: Any) -> None:
    unbacked = [each for each in recorded["tickets"] if not each["backed"]]
    assert [each["ticket"] for each in unbacked] == [8]
    assert recorded["books"]["debt"] == "0"


def test_tickets_come_from_requesters_agents_and_relayers(recorded: Any) -> None:
    openers = {each["opened_by"] for each in recorded["tickets"]}
    assert {"requester 1", "requester 2", "agent", "anyone"} == openers


def test_everybodys_money_adds_up_to_their_balance(recorded: Any) -> None:
    for each in recorded["accounts"]:
        before, fees, paid_in, received, after = (
            int(each[name]) for name in ("before", "fees", "paid_in", "received", "after")
        )
        assert before - fees - paid_in + received == after, each["name"]


def test_the_pools_books_balance(recorded: Any) -> None:
    books = {name: int(value) for name, value in recorded["books"].items()}
    accounts = recorded["accounts"]
    paid_in = sum(int(each["paid_in"]) for each in accounts)
    paid_out = sum(int(each["received"]) for each in accounts)
    assert books["funds"] == paid_in - paid_out
    assert books["debt"] == 0
    parts = ("reserved", "credited", "bonded", "free")
    assert books["funds"] == sum(books[name] for name in parts)


def test_what_was_breached_is_received_with_the_bonds_of_who_won(recorded: Any) -> None:
    compensation = sum(int(each["compensation"]) for each in recorded["tickets"])
    bonds = sum(int(each["bond"]) for each in recorded["disputes"] if each["state"] != "rejected")
    requesters = [each for each in recorded["accounts"] if each["name"].startswith("requester")]
    received = sum(int(each["received"]) for each in requesters)
    assert compensation + bonds == received + int(recorded["books"]["credited"])


def test_four_disputes_end_in_every_way(recorded: Any) -> None:
    ended = [(each["ticket"], each["kind"], each["state"]) for each in recorded["disputes"]]
    assert ended == [
        (8, "incident", "upheld"),
        (5, "first_reply", "upheld"),
        (10, "resolution", "rejected"),
        (11, "first_reply", "defaulted"),
    ]


# By the number of the dispute: asked, bond, worth, each signer's share. examples/policy.yaml has a bond of
# 0.008, for an incident with 4 % of what is asked, and a fee of 0.006.
RULED = {
    1: (200 * MILLI, 16 * MILLI, INCIDENT, 2 * MILLI),
    2: (4 * MILLI, 8 * MILLI, 4 * MILLI, 3 * MILLI // 2),
    3: (2 * MILLI, 8 * MILLI, 0, 2 * MILLI),
    4: (MILLI, 8 * MILLI, MILLI, 0),
}


@pytest.mark.parametrize("number", RULED)
def test_a_dispute_asks_and_pays_what_the_policy_says(number: int, recorded: Any) -> None:
    found = next(each for each in recorded["disputes"] if each["dispute"] == number)
    amounts = tuple(int(found[name]) for name in ("asked", "bond", "worth", "fee_share"))
    assert amounts == RULED[number]


# What a ruling changes for the requester, from the contest on, and for the operator.
GAINS = {
    1: (INCIDENT, -INCIDENT - 6 * MILLI),
    2: (4 * MILLI, -6 * MILLI),
    3: (-8 * MILLI, 2 * MILLI),
    4: (MILLI, 0),
}


@pytest.mark.parametrize("number", GAINS)
def test_a_dispute_moves_the_money_of_requester_operator_and_signers(number: int, recorded: Any) -> None:
    found = next(each for each in recorded["disputes"] if each["dispute"] == number)
    moved = {name: int(row["after"]) - int(row["before"]) for name, row in found["money"].items()}
    expected = dict(zip((found["requester"], "operator"), GAINS[number], strict=True))
    expected |= dict.fromkeys(found["signers"], RULED[number][3])
    parties = {name: change for name, change in moved.items() if change and not name.startswith("reserved")}
    assert parties == {name: change for name, change in expected.items() if change}


def test_no_dispute_makes_or_loses_money(recorded: Any) -> None:
    for dispute in recorded["disputes"]:
        rows = dispute["money"].values()
        for step in ("contest", "ruling", "meanwhile"):
            assert sum(int(row[step]) for row in rows) == 0
        for row in rows:
            steps = sum(int(row[step]) for step in ("before", "contest", "meanwhile", "ruling"))
            assert steps == int(row["after"])


def test_the_pools_books_add_up_before_and_after_every_dispute(recorded: Any) -> None:
    for dispute in recorded["disputes"]:
        for books in dispute["books"].values():
            parts = sum(int(books[name]) for name in ("reserved", "credited", "bonded", "free"))
            assert parts == int(books["funds"])


def test_every_arbiter_is_paid_for_the_verdicts_it_signed(recorded: Any) -> None:
    received = {each["name"]: int(each["received"]) for each in recorded["accounts"]}
    for number in range(1, 6):
        name = f"arbiter {number}"
        signed = [each for each in recorded["disputes"] if name in each["signers"]]
        assert received[name] == sum(int(each["fee_share"]) for each in signed)
    assert received["arbiter 4"] == 0


def test_no_arbiter_pays_for_gas(recorded: Any) -> None:
    arbiters = [each for each in recorded["accounts"] if each["name"].startswith("arbiter")]
    assert len(arbiters) == 5
    assert {each["fees"] for each in arbiters} == {"0"}


def test_a_verdict_of_two_or_too_late_is_refused(recorded: Any) -> None:
    refused = {(each["act"], each["reason"]) for each in recorded["refused"]}
    assert ("verdict", "panel: too few signatures") in refused
    assert ("verdict", "panel: ruling window is over") in refused
    assert ("default", "panel: ruling window still runs") in refused
    assert ("close", "desk: dispute is open") in refused


def test_the_told_money_of_every_dispute_adds_up(told: str) -> None:
    tables = re.findall(
        r"^money, in ETH.*?\n─.*?\n(.*?)^together +([\d,.]+).*? ([\d,.]+)$", told, re.DOTALL | re.MULTILINE
    )
    assert len(tables) == 4
    for rows, before, after in tables:
        assert before == after
        for column, total in ((0, before), (-1, after)):
            figures = [re.findall(r" ([\d,]+\.\d+)", row)[column] for row in rows.splitlines()]
            assert sum(wei(figure) for figure in figures) == wei(total)


def test_the_told_share_of_an_arbiter_after_the_last_ruling_is_what_it_has_in_the_end(told: str) -> None:
    rulings, _, fees = told.partition("Dispute 4:")[2].partition("Fees, collected")
    shares = dict(re.findall(r"^(arbiter \d) +[\d.]+ .* ([\d.]+)$", rulings, re.MULTILINE))
    has_now = dict(re.findall(r"^(arbiter \d) .* ([\d.]+)$", fees.partition("Refused")[0], re.MULTILINE))
    assert len(shares) == 5
    assert {name: wei(figure) for name, figure in shares.items()} == {
        name: wei(figure) for name, figure in has_now.items()
    }


def wei(figure: str) -> int:
    whole, _, fraction = figure.replace(",", "").partition(".")
    return int(whole + fraction.ljust(18, "0"))


def test_the_requester_without_coin_pays_no_gas_and_is_paid(recorded: Any) -> None:
    account = next(each for each in recorded["accounts"] if each["name"] == "requester without coin")
    assert (account["before"], account["fees"], account["after"]) == ("0", "0", str(5 * MILLI))


def test_a_withdrawal_of_what_is_reserved_is_refused(recorded: Any) -> None:
    refused = {(each["act"], each["reason"]) for each in recorded["refused"]}
    assert ("withdraw", "pool: free funds too low") in refused
    assert ("withdraw", "pool: notice still runs") in refused


def test_the_story_fits_100_columns(told: str) -> None:
    assert max(len(line) for line in told.splitlines()) <= 100


def test_the_told_table_adds_up(told: str) -> None:
    story = told[: told.index("Together:")]
    gets = re.findall(r"^ ?\d+  (?:urgent|high|normal|low) .* ([\d,]+) +([\d.]+)$", story, re.MULTILINE)
    gas = sum(int(each[0].replace(",", "")) for each in gets)
    milli = sum(round(float(each[1]) * 1_000) for each in gets)
    assert len(gets) == 12
    assert f"Together: {gas:,} gas, {milli / 1_000:g} ETH." in told


def test_desk_and_factory_are_named(recorded: Any, told: str) -> None:
    address = "(0x[0-9a-fA-F]{40})"
    last = re.search(f"\ndesk     {address}\nfactory  {address}\n$", told)
    assert last
    for desk, factory in (last.groups(), (recorded["desk"], recorded["factory"])):
        assert re.fullmatch(address, desk)
        assert re.fullmatch(address, factory)
        assert desk != factory


def test_two_demos_tell_the_same_of_tickets_and_money(recorded: Any, again: Any) -> None:
    tickets = [(each["ticket"], each["breached"], each["compensation"]) for each in recorded["tickets"]]
    assert [(each["ticket"], each["breached"], each["compensation"]) for each in again["tickets"]] == tickets


def run_changed(tmp_path: Path, changes: dict[str, str], node: str) -> Result:
    script = (PROJECT / "examples" / "tickets.yaml").read_text()
    for old, new in changes.items():
        assert old in script
        script = script.replace(old, new, 1)
    file = tmp_path / "tickets.yaml"
    file.write_text(script)
    return run_demo("--json", "--tickets", str(file), "--network", node)


def test_a_script_whose_refusal_does_not_come_fails(anvil_url: str, tmp_path: Path) -> None:
    act = "{at: 1 mon 08:20, act: hold"
    done = run_changed(tmp_path, {act: f'{act}, refused: "desk: no"'}, anvil_url)
    assert done.exit_code == 1
    assert "which the script says is refused" in done.stderr


def test_an_incident_beyond_the_free_funds_is_owed_and_the_money_adds_up(
    anvil_url: str, tmp_path: Path
) -> None:
    changes = {
        'amount: "0.2"}': 'amount: "0.5"}',
        'amount: "0.075"': 'amount: "0.4"',
        'announce_withdrawal, amount: "0.4"': 'announce_withdrawal, amount: "4"',
        "  - {at: 5 mon 09:00": '  - {at: 4 mon 09:00, act: fund, amount: "1"}\n  - {at: 5 mon 09:00',
    }
    done = run_changed(tmp_path, changes, anvil_url)
    assert done.exit_code == 0, done.stderr
    dispute = json.loads(done.stdout)["disputes"][0]
    assert int(dispute["reserved"]) < 400 * MILLI
    # The operator has nothing free: what was not set aside, and the fee that returns, is owed.
    assert dispute["books"]["after"]["free"] == "0"
    assert int(dispute["books"]["after"]["debt"]) == 406 * MILLI - int(dispute["reserved"])
    money = dispute["money"]["requester 1"]
    assert int(money["after"]) - int(money["before"]) == 400 * MILLI


def test_other_acts_during_a_dispute_are_told_apart_from_it(anvil_url: str, tmp_path: Path) -> None:
    # Ticket 6 was paid 70 of its worst case of 80; its end frees the rest while dispute 2 is open.
    later = {"{at: 2 wed 09:00, act: close": "{at: 2 wed 10:00, act: close"}
    done = run_changed(tmp_path, later, anvil_url)
    assert done.exit_code == 0, done.stderr
    money = json.loads(done.stdout)["disputes"][1]["money"]
    meanwhile = {name: int(row["meanwhile"]) for name, row in money.items() if row["meanwhile"] != "0"}
    assert meanwhile == {"operator": 10 * MILLI, "reserved for tickets and incidents": -10 * MILLI}


def test_money_that_is_not_what_the_policy_says_is_an_error() -> None:
    with pytest.raises(
        MakegoodError, match="“operator” must change by -5 wei by the policy, but it changed by -4"
    ):
        expectation.check("a verdict", {"operator": -5, "arbiter 1": 2}, {"operator": -4, "arbiter 1": 2})


def test_money_that_moves_though_the_policy_says_nothing_of_it_is_an_error() -> None:
    with pytest.raises(MakegoodError, match="“arbiter 4” must change by 0 wei"):
        expectation.check("a verdict", {"arbiter 1": 2}, {"arbiter 1": 2, "arbiter 4": 2})


def test_a_demo_whose_money_differs_from_the_policy_fails(
    anvil_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expectation, "contested", lambda _claim, _free: {"arbiter 1": 1})
    done = run_demo("--network", anvil_url)
    assert done.exit_code == 1
    assert "contest on ticket 8: the money of “arbiter 1” must change by 1 wei" in done.stderr
    assert done.stdout == ""


def test_a_verdict_about_what_nobody_contested_is_refused(anvil_url: str, tmp_path: Path) -> None:
    another = {"act: contest, kind: resolution": "act: contest, kind: next_reply"}
    done = run_changed(tmp_path, another, anvil_url)
    assert done.exit_code == 2
    assert "which nobody contested before" in done.stderr


@pytest.mark.parametrize(
    ("bad", "saying"),
    [
        ("act: hold", '"held" is none of'),
        ("at: 1 mon 08:00", "is no time such as"),
        ("priority: high", "is no priority"),
        ("kind: incident", '"accident" is no kind'),
        ("ruling: upheld", "is no ruling, neither upheld nor rejected"),
        ("signed: [arbiter 1", '"arbiter 6" is none of the arbiters'),
        ("threshold: 3", "is no whole number"),
        (", arbiter: arbiter 1", '"collect_fees" has no arbiter'),
        ("act: contest, kind: resolution", '"contest" has no kind'),
    ],
)
def test_a_bad_script_is_refused(tmp_path: Path, bad: str, saying: str) -> None:
    instead = {
        "act: hold": "act: held",
        "at: 1 mon 08:00": "at: monday",
        "priority: high": "priority: higher",
        "kind: incident": "kind: accident",
        "ruling: upheld": "ruling: perhaps",
        "signed: [arbiter 1": "signed: [arbiter 6",
        "threshold: 3": "threshold: most",
        ", arbiter: arbiter 1": "",
        "act: contest, kind: resolution": "act: contest",
    }
    file = tmp_path / "tickets.yaml"
    file.write_text((PROJECT / "examples" / "tickets.yaml").read_text().replace(bad, instead[bad], 1))
    done = run_demo("--tickets", str(file))
    assert done.exit_code == 2
    assert saying in done.stderr


# ---------------------------------------------------------------- receipts


def verified(path: Path, *where: str) -> Any:
    """What `makegood verify` finds, where no step failed."""
    done = CliRunner(mix_stderr=False).invoke(main, ["verify", str(path), "--json", *where])
    assert done.exit_code == 0, (path, done.stdout)
    return json.loads(done.stdout)


def test_the_demo_writes_a_receipt_of_every_ticket_and_says_that_they_verify(
    written: tuple[Path, str],
) -> None:
    folder, told = written
    assert told.endswith(f"\n\nReceipts: 12 written to {folder}; 12 verify online, 12 offline\n")
    assert sorted(path.name for path in folder.iterdir()) == [
        "documents",
        *(f"ticket-{number:02}.json" for number in range(1, 13)),
    ]


def test_every_receipt_of_the_demo_verifies_offline_with_document_and_signatures(
    written: tuple[Path, str],
) -> None:
    for path in sorted(written[0].glob("*.json")):
        steps = {step["step"]: step for step in verified(path, "--offline")["steps"]}
        passed = {name for name, step in steps.items() if step["outcome"] == "passed"}
        assert passed == {"file", "document", "ticket_id", "signatures"}, path
        assert steps["document"]["found"] == {"type": "makegood/ticket/1", "flaw": None}


def test_every_signed_reply_of_the_demo_has_its_document(written: tuple[Path, str]) -> None:
    folder = written[0]
    kept = {path.stem: documents.read(path) for path in sorted((folder / "documents").glob("*.json"))}
    assert all(documents.digest(document).hex() == name for name, document in kept.items())
    signed = set()
    for path in sorted(folder.glob("*.json")):
        for statement in read(path).statements:
            credential = jwt.read(statement).payload["vc"]["credentialSubject"]
            assert kept[credential["digest"][2:]]["ticket"] == f"0x{read(path).ticket_id.hex()}"
            signed.add(credential["digest"][2:])
    replies = {name for name, document in kept.items() if document["type"] == "makegood/reply/1"}
    assert signed == replies
    types = {document["type"] for document in kept.values()}
    assert types == {"makegood/reply/1", "makegood/follow-up/1", "makegood/evidence/1"}


def test_where_the_node_outlives_the_demo_every_receipt_verifies_there(lasting: str, recorded: Any) -> None:
    assert (recorded["receipts"]["online"], recorded["receipts"]["offline"]) == (12, 12)
    for each in recorded["tickets"]:
        path = Path(recorded["receipts"]["files"][str(each["ticket"])])
        found = verified(path, "--rpc", lasting)
        # No batch opened these tickets, so there is no inclusion to check.
        outcomes = {step["step"]: step["outcome"] for step in found["steps"]}
        assert outcomes.pop("inclusion") == "skipped"
        assert list(outcomes.values()) == ["passed"] * 7
        worth = found["steps"][-1]["found"]
        assert (read(path).ticket_id.hex(), worth["status"]) == (each["ticket_id"][2:], each["course"][-1])
        assert worth["breached"] == each["breached"]


def test_a_node_that_was_used_before_is_asked_for(anvil_url: str, tmp_path: Path) -> None:
    w3 = Web3(HTTPProvider(anvil_url))
    w3.provider.make_request(RPCEndpoint("anvil_mine"), [hex(1)])
    before = w3.eth.get_block("latest")
    done = run_demo("--network", anvil_url, "--out", str(tmp_path / "receipts"), "--json")
    assert done.exit_code == 1
    assert "moves its clock five weeks ahead" in done.stderr
    assert "nothing was played" in json.loads(done.stdout)["error"]["message"]
    assert w3.eth.get_block("latest") == before
    assert list(tmp_path.iterdir()) == []
    assert run_demo("--network", anvil_url, "--dry-run").exit_code == 0


def test_a_node_that_was_used_before_is_played_on_where_that_is_confirmed(used: Web3, again: Any) -> None:
    assert Factory(used, again["factory"]).read("is_desk", again["desk"]) is True


@pytest.mark.parametrize("what", ["a folder with a file", "a file"])
def test_a_folder_that_is_not_new_is_refused_before_anything_is_played(tmp_path: Path, what: str) -> None:
    (tmp_path / "notes").write_text("mine")
    out = tmp_path if what == "a folder with a file" else tmp_path / "notes"
    done = run_demo("--out", str(out))
    assert done.exit_code == 2
    assert done.stderr.count("Error:") == 1
    assert "Playing" not in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["notes"]


def test_a_folder_that_cannot_be_made_is_told_before_anything_is_played(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("mine")
    done = run_demo("--out", str(tmp_path / "notes" / "receipts"))
    assert done.exit_code == 1
    assert "Playing" not in done.stderr


def test_a_dry_run_makes_no_folder(tmp_path: Path) -> None:
    done = run_demo("--out", str(tmp_path / "receipts"), "--dry-run")
    assert done.exit_code == 0
    assert list(tmp_path.iterdir()) == []


def test_a_demo_whose_receipt_does_not_verify_fails_and_says_which(
    anvil_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = demo_receipts.write_new

    def altered(path: Path, text: str) -> None:
        write(path, text.replace('"text": "A seed', '"text": "No seed') if path.parent == tmp_path else text)

    monkeypatch.setattr(demo_receipts, "write_new", altered)
    done = run_demo("--out", str(tmp_path), "--network", anvil_url)
    assert done.exit_code == 1
    assert f"Receipts: 12 written to {tmp_path}; 11 verify online, 11 offline" in done.stdout
    assert "Ticket 2 does not verify online: The document is not the one committed to" in done.stderr
