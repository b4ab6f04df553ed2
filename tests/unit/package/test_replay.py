# SPDX-License-Identifier: Apache-2.0
"""Reading a ticket log, and replaying it on the in-process chain."""

import json
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from expected_replay import expected_summary
from web3 import EthereumTesterProvider, HTTPProvider, Web3

from makegood import policy as policies
from makegood import replay
from makegood.clock import WEEK, Kind, Priority
from makegood.desk import HUMAN, Desk
from makegood.errors import ChainRevert, LogError, MakegoodError, NodeUnreachable, NotFound, UsageError
from makegood.policy import DAY, Policy
from makegood.replay.driver import Block
from makegood.replay.in_process import InProcessDriver

HEADER = "ticket,event,at,priority\n"

POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 1h, resolution: 8h, compensation: {first_reply: "0.5", next_reply: "0.25", resolution: "1"}}
  high: {first_reply: 2h, next_reply: 2h, resolution: 16h, compensation: {first_reply: "0.4", next_reply: "0.2", resolution: "0.8"}}
  normal: {first_reply: 4h, next_reply: 4h, resolution: 32h, compensation: {first_reply: "0.3", next_reply: "0.1", resolution: "0.6"}}
  low: {first_reply: 8h, next_reply: 8h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
"""  # noqa: E501

# A: in time. B: late first reply, late next reply. C: never answered. D: likewise, but worth nothing.
SMALL = HEADER + (
    "A,opened,2030-01-07T08:00:00Z,high\n"
    "B,opened,2030-01-07T08:00:00Z,urgent\n"
    "A,replied,2030-01-07T08:00:00Z,\n"
    "C,opened,2030-01-07T08:30:00Z,normal\n"
    "D,opened,2030-01-07T08:30:00Z,low\n"
    "A,solved,2030-01-07T09:00:00Z,\n"
    "B,pending,2030-01-07T09:00:01Z,\n"
    "B,followed_up,2030-01-07T10:00:00Z,\n"
    "B,solved,2030-01-07T11:00:01Z,\n"
)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return policies.parse(POLICY)


@pytest.fixture
def w3() -> Web3:
    return Web3(EthereumTesterProvider())


@pytest.fixture
def driver(w3: Web3) -> replay.Driver:
    return replay.driver_for(w3)


def latest(w3: Web3) -> Any:
    return w3.eth.get_block("latest")


# ---------------------------------------------------------------- the log


def test_a_log_is_read_row_by_row() -> None:
    log = replay.parse_log(SMALL)
    assert len(log.rows) == 9
    assert log.tickets == {
        "A": Priority.HIGH,
        "B": Priority.URGENT,
        "C": Priority.NORMAL,
        "D": Priority.LOW,
    }
    # 2030-01-07 08:00 UTC, by GNU date.
    assert log.rows[2] == replay.Row("A", "replied", 1_894_003_200, Priority.HIGH, 4)


def test_windows_line_ends_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(b"\xef\xbb\xbf" + SMALL.replace("\n", "\r\n").encode())
    assert replay.read_log(path).rows == replay.parse_log(SMALL).rows


def test_rows_of_one_second_stay_together_in_order() -> None:
    groups = list(replay.parse_log(SMALL).by_second())
    assert [[(row.ticket, row.event) for row in rows] for rows in groups][:2] == [
        [("A", "opened"), ("B", "opened"), ("A", "replied")],
        [("C", "opened"), ("D", "opened")],
    ]
    assert sum(len(rows) for rows in groups) == 9


def test_the_head_of_a_log_has_all_rows_of_its_tickets() -> None:
    head = replay.parse_log(SMALL).head(2)
    assert set(head.tickets) == {"A", "B"}
    assert Counter(row.ticket for row in head.rows) == {"A": 3, "B": 4}


OPENED = "A,opened,2030-01-07T08:00:00Z,high\n"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", 1, "The log is empty"),
        ("ticket,event,at\n", 1, "header"),
        ("Ticket,event,at,priority\n", 1, "header"),
        (HEADER, 1, "no events"),
        (HEADER + "A,opened,2030-01-07T08:00:00Z\n", 2, "3 values, not 4"),
        (HEADER + OPENED + "\n", 3, "0 values, not 4"),
        (HEADER + "A,opened,2030-01-07T08:00:00Z,critical\n", 2, '"critical" is no priority'),
        (HEADER + "A,opened,2030-01-07T08:00:00Z,\n", 2, '"" is no priority'),
        (HEADER + "A,open,2030-01-07T08:00:00Z,high\n", 2, 'Did you mean "opened"'),
        (HEADER + ",opened,2030-01-07T08:00:00Z,high\n", 2, "ticket is empty"),
        (HEADER + "A,opened,2030-01-07 08:00:00,high\n", 2, "is no time"),
        (HEADER + "A,opened,2030-01-07T08:00:00+02:00,high\n", 2, "is no time"),
        (HEADER + "A,opened,2030-02-30T08:00:00Z,high\n", 2, "no time of the calendar"),
        (HEADER + "A,opened,1969-12-31T23:59:59Z,high\n", 2, "before 1970"),
        (HEADER + "A,replied,2030-01-07T08:00:00Z,\n", 2, 'has "replied" before it is opened'),
        (HEADER + OPENED + OPENED, 3, "opened a second time"),
        (HEADER + OPENED + "A,replied,2030-01-07T07:59:59Z,\n", 3, "before that of the row above"),
        (HEADER + OPENED + "A,replied,2030-01-07T08:00:01Z,high\n", 3, "a row that opens no ticket"),
        (HEADER + OPENED + '"A,replied,2030-01-07T08:00:01Z,\n', 3, "not CSV"),
    ],
)
def test_a_bad_row_is_named_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(LogError, match=says) as refusal:
        replay.parse_log(text, "log.csv")
    assert refusal.value.line == line
    assert str(refusal.value).startswith(f"log.csv, line {line}: ")
    assert refusal.value.exit_code == 2


def test_a_log_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes((HEADER + OPENED).encode() + b"\xff,replied,,\n")
    with pytest.raises(LogError, match="not UTF-8") as refusal:
        replay.read_log(path)
    assert refusal.value.line == 3


def test_a_log_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"missing\.csv cannot be read"):
        replay.read_log(tmp_path / "missing.csv")


# ---------------------------------------------------------------- refused before the first transaction


def test_an_event_after_the_contest_window_stops_it_before_the_first_transaction(
    w3: Web3, driver: replay.Driver, policy: Policy
) -> None:
    text = HEADER + OPENED + "A,solved,2030-01-07T08:00:01Z,\nA,followed_up,2030-01-14T08:00:02Z,\n"
    with pytest.raises(LogError, match="contest window is over") as refusal:
        replay.run(driver, replay.parse_log(text), policy)
    assert refusal.value.line == 4
    assert w3.eth.block_number == 0


def test_an_event_at_the_last_second_of_the_contest_window_is_taken(policy: Policy) -> None:
    text = HEADER + OPENED + "A,solved,2030-01-07T08:00:01Z,\nA,followed_up,2030-01-14T08:00:01Z,\n"
    replay.parse_log(text).check(policy)


def test_a_log_past_2106_stops_it_before_the_first_transaction(
    w3: Web3, driver: replay.Driver, policy: Policy
) -> None:
    text = HEADER + OPENED + "A,replied,2105-06-01T00:00:00Z,\n"
    with pytest.raises(LogError, match="2106"):
        replay.run(driver, replay.parse_log(text), policy)
    assert w3.eth.block_number == 0


# ---------------------------------------------------------------- on the chain


@pytest.fixture(scope="module")
def small() -> tuple[Web3, replay.Result, list[tuple[int, int]]]:
    """The small log after its replay, with the steps that were told."""
    w3 = Web3(EthereumTesterProvider())
    told: list[tuple[int, int]] = []
    result = replay.run(
        replay.driver_for(w3),
        replay.parse_log(SMALL),
        policies.parse(POLICY),
        progress=lambda done, total: told.append((done, total)),
    )
    return w3, result, told


Small = tuple[Web3, replay.Result, list[tuple[int, int]]]


def test_breaches_are_those_of_the_rules(small: Small) -> None:
    # C and D are checked 400 days later; B is solved by then.
    assert {ticket.ticket: ticket.breached for ticket in small[1].tickets} == {
        "A": Kind(0),
        "B": Kind.FIRST_REPLY | Kind.NEXT_REPLY,
        "C": Kind.FIRST_REPLY | Kind.RESOLUTION,
        "D": Kind.FIRST_REPLY | Kind.RESOLUTION,
    }


def test_the_summary_has_every_figure(small: Small) -> None:
    summary = json.loads(json.dumps(small[1].summary()))
    none = {"urgent": 0, "high": 0, "normal": 0, "low": 0}
    assert summary["tickets"] == 4
    assert summary["events"] == 9
    assert summary["breaches"] == {
        "first_reply": {**none, "urgent": 1, "normal": 1, "low": 1},
        "next_reply": {**none, "urgent": 1},
        "resolution": {**none, "normal": 1, "low": 1},
    }
    assert summary["breached_tickets"] == 3
    assert summary["compensation"] == summary["collected"] == "1.65"
    assert summary["gas"]["reply"]["calls"] == 4
    assert summary["gas"]["open_ticket"]["median"] <= summary["gas"]["open_ticket"]["max"] <= 76_000
    assert summary["seconds"] >= 0


def test_each_ticket_has_a_row(small: Small) -> None:
    assert list(small[1].rows())[1:3] == [
        {"ticket": "B", "priority": "urgent", "breached": "first_reply next_reply", "compensation": "0.75"},
        {"ticket": "C", "priority": "normal", "breached": "first_reply resolution", "compensation": "0.9"},
    ]


def test_every_step_is_told_once(small: Small) -> None:
    assert small[2] == [(done, 13) for done in range(1, 14)]


def test_events_are_at_their_own_second_moved_by_whole_weeks(small: Small) -> None:
    w3, result, _ = small
    rows = replay.parse_log(SMALL).rows
    names = {"TicketOpened", "TicketReplied", "TicketFollowedUp"}
    events = [event for event in Desk(w3, result.desk).events() if event.name in names]
    times = [int(w3.eth.get_block(event.block_number)["timestamp"]) for event in events]
    moved = {at - row.at for at, row in zip(times, rows, strict=True)}
    assert len(moved) == 1
    assert moved.pop() % WEEK == 0


def test_rows_of_one_second_share_a_block_in_file_order(small: Small) -> None:
    w3, result, _ = small
    events = list(Desk(w3, result.desk).events(["TicketOpened", "TicketReplied"]))[:3]
    assert len({event.block_number for event in events}) == 1
    assert [event.name for event in events] == ["TicketOpened", "TicketOpened", "TicketReplied"]


def test_tickets_are_checked_400_days_after_the_last_row(small: Small) -> None:
    w3, result, _ = small
    last_reply = list(Desk(w3, result.desk).events(["TicketReplied"]))[-1]
    first_claim = next(iter(Desk(w3, result.desk).events(["BreachCompensated"])))
    times = [w3.eth.get_block(event.block_number)["timestamp"] for event in (last_reply, first_claim)]
    assert times[1] - times[0] == 400 * DAY + 1


def test_nothing_is_closed_and_the_desk_keeps_what_it_was_funded_with(small: Small) -> None:
    w3, result, _ = small
    desk = Desk(w3, result.desk)
    assert list(desk.events(["TicketClosed"])) == []
    books = desk.pool.books()
    # 1.4 + 1.75 + 1.0 + 0 reserved, of which 1.65 went out.
    assert books.funds == books.reserved == int(Decimal("2.5") * 10**18)


def test_the_agent_is_bound_to_a_did(small: Small) -> None:
    w3, result, _ = small
    directory = Desk(w3, result.desk).directory
    (registered,) = directory.events(["AgentRegistered"])
    agent = directory.agent(registered["agent"])
    assert directory.standing(registered["agent"]) == HUMAN
    assert len({agent.did_digest, agent.credential_digest, bytes(32)}) == 3


def test_two_replays_share_a_chain(driver: replay.Driver, policy: Policy) -> None:
    text = HEADER + OPENED
    first = replay.run(driver, replay.parse_log(text), policy)
    second = replay.run(driver, replay.parse_log(text), policy)
    assert first.desk != second.desk
    assert first.compensation == second.compensation == 12 * 10**17


def test_a_policy_without_compensation_is_replayed(driver: replay.Driver) -> None:
    free = policies.parse(
        POLICY.replace('"0.5"', "0").replace('"0.25"', "0").replace('resolution: "1"', "resolution: 0")
    )
    text = HEADER + "A,opened,2030-01-07T08:00:00Z,urgent\n"
    result = replay.run(driver, replay.parse_log(text), free)
    assert result.summary()["breached_tickets"] == 1
    assert result.summary()["collected"] == "0"


def test_a_policy_with_a_contest_window_under_a_day_is_replayed(driver: replay.Driver) -> None:
    hasty = policies.parse(POLICY.replace("contest: 7d", "contest: 1h"))
    result = replay.run(driver, replay.parse_log(HEADER + OPENED), hasty)
    assert result.compensation == 12 * 10**17


def test_a_refusal_by_the_chain_names_the_line(driver: replay.Driver, policy: Policy) -> None:
    # Passed over by the check that would have found it.
    text = HEADER + OPENED + "A,solved,2030-01-07T08:00:01Z,\nA,followed_up,2030-01-14T08:00:02Z,\n"
    log = replay.parse_log(text)
    unchecked = type("Unchecked", (replay.Log,), {"check": lambda *_: None})(log.rows)
    with pytest.raises(ChainRevert, match="refuses follow_up of line 4: desk: contest window is over"):
        replay.run(driver, unchecked, policy)


def test_the_in_process_chain_can_run_out_of_money(driver: replay.Driver) -> None:
    dear = policies.parse(POLICY.replace('"0.5"', '"30000000"'))
    text = HEADER + "A,opened,2030-01-07T08:00:00Z,urgent\n"
    with pytest.raises(MakegoodError, match="accounts do not hold"):
        replay.run(driver, replay.parse_log(text), dear)


def test_several_accounts_together_give_what_one_has_not(w3: Web3) -> None:
    provider: Any = w3.provider
    held = w3.eth.get_balance(w3.eth.accounts[0])
    receiver = Account.create().address
    InProcessDriver(w3).give(receiver, 2 * held)
    assert w3.eth.get_balance(receiver) >= 2 * held
    assert provider.ethereum_tester.get_block_by_number("latest")["number"] == 3


def test_a_block_has_its_own_second(w3: Web3) -> None:
    at = latest(w3)["timestamp"] + 12_345
    assert list(InProcessDriver(w3).mine([Block(at, ()), Block(at + 1, ())])) == [(), ()]
    assert latest(w3)["timestamp"] == at + 1


# ---------------------------------------------------------------- which chains


def test_a_node_that_is_down_is_unreachable() -> None:
    with pytest.raises(NodeUnreachable):
        replay.driver_for(Web3(HTTPProvider("http://127.0.0.1:9", exception_retry_configuration=None)))


def test_a_node_whose_time_cannot_be_moved_is_refused() -> None:
    class Elsewhere(HTTPProvider):
        def make_request(self, method: Any, params: Any) -> Any:  # noqa: ARG002
            return {"jsonrpc": "2.0", "id": 1, "result": "Geth/v1.16.0"}

    with pytest.raises(UsageError, match=r"Geth/v1\.16\.0 cannot do that"):
        replay.driver_for(Web3(Elsewhere()))


# ---------------------------------------------------------------- a real helpdesk


def test_the_first_300_tickets_of_a_real_log_give_what_the_rules_say(
    shared: Path, driver: replay.Driver
) -> None:
    log = replay.read_log(shared / "data/helpdesk-events.csv").head(300)
    policy = policies.read(shared / "data/helpdesk-policy.yaml")
    summary = replay.run(driver, log, policy).summary()
    expected = expected_summary(log, policy)
    assert {key: summary[key] for key in expected} == expected
    assert summary["collected"] == summary["compensation"]
