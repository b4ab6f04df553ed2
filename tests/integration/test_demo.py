# SPDX-License-Identifier: Apache-2.0
"""The demo: it plays every status and every breach, and its tables add up to what the chain holds."""

import json
import re
import runpy
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

PROJECT = Path(__file__).resolve().parents[2]
# What examples/policy.yaml pays, in wei.
MILLI = 10**15
PAYS = {
    "urgent": {"first_reply": 20 * MILLI, "next_reply": 10 * MILLI, "resolution": 50 * MILLI},
    "high": {"first_reply": 10 * MILLI, "next_reply": 5 * MILLI, "resolution": 25 * MILLI},
    "normal": {"first_reply": 4 * MILLI, "next_reply": 2 * MILLI, "resolution": 10 * MILLI},
    "low": {"first_reply": MILLI, "next_reply": MILLI, "resolution": 2 * MILLI},
}


def demo(*arguments: str) -> str:
    cli = runpy.run_path(str(PROJECT / "scripts" / "demo.py"))["cli"]
    done = CliRunner(mix_stderr=False).invoke(cli, list(arguments))
    assert done.exit_code == 0, done.stderr
    return str(done.stdout)


@cache
def told() -> str:
    return demo()


@cache
def recorded() -> Any:
    return json.loads(demo("--json"))


def test_a_dozen_tickets_show_every_status_and_every_breach() -> None:
    tickets = recorded()["tickets"]
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
    }


def test_every_ticket_pays_what_its_policy_says_for_its_breaches() -> None:
    for each in recorded()["tickets"]:
        expected = sum(PAYS[each["priority"]][kind] for kind in each["breached"])
        assert int(each["compensation"]) == expected, each


def test_an_unbacked_ticket_is_paid_in_the_end() -> None:
    unbacked = [each for each in recorded()["tickets"] if not each["backed"]]
    assert [each["ticket"] for each in unbacked] == [8]
    assert recorded()["books"]["debt"] == "0"


def test_tickets_come_from_requesters_agents_and_relayers() -> None:
    openers = {each["opened_by"] for each in recorded()["tickets"]}
    assert {"requester 1", "requester 2", "agent", "anyone"} == openers


def test_everybodys_money_adds_up_to_their_balance() -> None:
    for each in recorded()["accounts"]:
        before, fees, paid_in, received, after = (
            int(each[name]) for name in ("before", "fees", "paid_in", "received", "after")
        )
        assert before - fees - paid_in + received == after, each["name"]


def test_the_pools_books_balance() -> None:
    books = {name: int(value) for name, value in recorded()["books"].items()}
    accounts = recorded()["accounts"]
    paid_in = sum(int(each["paid_in"]) for each in accounts)
    paid_out = sum(int(each["received"]) for each in accounts)
    assert books["funds"] == paid_in - paid_out
    assert books["funds"] == books["reserved"] + books["credited"] + books["debt"] + books["free"]


def test_what_was_breached_is_received_or_waits_in_the_pool() -> None:
    compensation = sum(int(each["compensation"]) for each in recorded()["tickets"])
    requesters = [each for each in recorded()["accounts"] if each["name"].startswith("requester")]
    received = sum(int(each["received"]) for each in requesters)
    assert compensation == received + int(recorded()["books"]["credited"])


def test_the_requester_without_coin_pays_no_gas_and_is_paid() -> None:
    account = next(each for each in recorded()["accounts"] if each["name"] == "requester without coin")
    assert (account["before"], account["fees"], account["after"]) == ("0", "0", str(5 * MILLI))


def test_a_withdrawal_of_what_is_reserved_is_refused() -> None:
    refused = {(each["act"], each["reason"]) for each in recorded()["refused"]}
    assert ("withdraw", "pool: free funds too low") in refused
    assert ("withdraw", "pool: notice still runs") in refused


def test_the_story_fits_100_columns() -> None:
    assert max(len(line) for line in told().splitlines()) <= 100


def test_the_told_table_adds_up() -> None:
    text = told()
    story = text[: text.index("Together:")]
    gets = re.findall(r"^ ?\d+  (?:urgent|high|normal|low) .* ([\d,]+) +([\d.]+)$", story, re.MULTILINE)
    gas = sum(int(each[0].replace(",", "")) for each in gets)
    milli = sum(round(float(each[1]) * 1_000) for each in gets)
    assert len(gets) == 12
    assert f"Together: {gas:,} gas, {milli / 1_000:g} ETH." in text


def test_two_demos_tell_the_same_of_tickets_and_money() -> None:
    tickets = [(each["ticket"], each["breached"], each["compensation"]) for each in recorded()["tickets"]]
    again = json.loads(demo("--json"))
    assert [(each["ticket"], each["breached"], each["compensation"]) for each in again["tickets"]] == tickets


def test_a_script_whose_refusal_does_not_come_fails(tmp_path: Path) -> None:
    script = (PROJECT / "examples" / "tickets.yaml").read_text()
    marked = script.replace(
        "- {at: 1 mon 08:20, act: hold}", '- {at: 1 mon 08:20, act: hold, refused: "desk: no"}'
    )
    assert marked != script
    file = tmp_path / "tickets.yaml"
    file.write_text(marked)
    cli = runpy.run_path(str(PROJECT / "scripts" / "demo.py"))["cli"]
    done = CliRunner(mix_stderr=False).invoke(cli, ["--tickets", str(file)])
    assert done.exit_code == 1
    assert "which the script says is refused" in done.stderr


@pytest.mark.parametrize(
    ("bad", "saying"),
    [
        ("act: hold", '"held" is none of'),
        ("at: 1 mon 08:00", "is no time such as"),
        ("priority: high", "is no priority"),
    ],
)
def test_a_bad_script_is_refused(tmp_path: Path, bad: str, saying: str) -> None:
    instead = {
        "act: hold": "act: held",
        "at: 1 mon 08:00": "at: monday",
        "priority: high": "priority: higher",
    }
    file = tmp_path / "tickets.yaml"
    file.write_text((PROJECT / "examples" / "tickets.yaml").read_text().replace(bad, instead[bad], 1))
    cli = runpy.run_path(str(PROJECT / "scripts" / "demo.py"))["cli"]
    done = CliRunner(mix_stderr=False).invoke(cli, ["--tickets", str(file)])
    assert done.exit_code == 2
    assert saying in done.stderr
