# SPDX-License-Identifier: Apache-2.0
"""The 240 histories of ../shared/data/clock-cases.json on a real desk: the same state after each event."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import boa
import pytest
from house import (
    ETH,
    FIRST_REPLY,
    HOLD,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    House,
    Policy,
    deploy_house,
)

CASES = Path(__file__).resolve().parents[4] / "shared" / "data" / "clock-cases.json"
TEN_YEARS = 315_576_000
BATCHES = 8

STATUSES = {1: "open", 2: "hold", 3: "pending", 4: "solved", 5: "closed"}
REPLIES = {"replied": HOLD, "pending": PENDING, "solved": SOLVED}
KINDS = {"first_reply": FIRST_REPLY, "next_reply": NEXT_REPLY, "resolution": RESOLUTION}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@cache
def _data() -> dict[str, Any]:
    if not CASES.is_file():
        pytest.skip(
            "../shared/data/clock-cases.json is not there: the shared data are not part of the repository"
        )
    data: dict[str, Any] = json.loads(CASES.read_text())
    assert len(data["cases"]) == 240
    return data


@pytest.fixture
def desks() -> tuple[House, dict[str, int]]:
    """A desk with one policy for each calendar, whose contest window outlasts every history."""
    house = deploy_house(notice=TEN_YEARS)
    seconds = _data()["target_seconds"]
    row = (seconds["first_reply"], seconds["next_reply"], seconds["resolution"])
    policies = {
        name: house.publish(Policy(hours=_hours(calendar), targets=(row,) * 4, contest_window=TEN_YEARS))
        for name, calendar in _data()["calendars"].items()
    }
    house.desk.set_allowance(house.human, 2**255, sender=house.operator)
    return house, policies


@pytest.mark.parametrize("batch", range(BATCHES))
def test_histories_give_the_listed_state_after_every_event(
    desks: tuple[House, dict[str, int]], batch: int
) -> None:
    house, policies = desks
    cases = _data()["cases"]
    for number in range(batch, len(cases), BATCHES):
        case = cases[number]
        with boa.env.anchor():
            ticket_id = b""
            for index, step in enumerate(case["steps"]):
                # Every history has a time of its own, and the anchor puts the chain back after it.
                boa.env.evm.patch.timestamp = step["at"]
                if step["event"] == "opened":
                    ticket_id = house.desk.open_ticket_for(
                        house.requester, policies[case["hours"]], URGENT, house.digest(), sender=house.human
                    )
                else:
                    _happen(house, ticket_id, step["event"])
                assert _state(house, ticket_id) == _expected(step), f"history {number}, event {index}"


def _happen(house: House, ticket_id: bytes, event: str) -> None:
    if event == "followed_up":
        house.follow_up(ticket_id)
    elif event == "checked":
        # A claim checks and records; what it pays is not part of these states.
        house.desk.claim_many([ticket_id])
    else:
        house.reply(ticket_id, REPLIES[event])


def _state(house: House, ticket_id: bytes) -> dict[str, Any]:
    ticket = house.desk.ticket(ticket_id)
    assert ticket.requester != ETH
    running = ticket.status in (1, 2)
    return {
        "status": STATUSES[ticket.status],
        "replied": ticket.replied,
        "reply_due": ticket.reply_due if ticket.status == 1 else None,
        "resolution_due": ticket.resolution_due if running else None,
        "resolution_remaining": None if running else ticket.resolution_remaining,
        "breached": ticket.breached,
    }


def _expected(step: dict[str, Any]) -> dict[str, Any]:
    return {**step["after"], "breached": sum(KINDS[kind] for kind in step["after"]["breached"])}


def _hours(calendar: Any) -> int:
    # Days and whole hours, read here for themselves: the package's reader has tests of its own.
    if calendar == "24/7":
        return 2**168 - 1
    hours = 0
    for days, spans in calendar.items():
        first, _, last = days.partition("-")
        for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
            for span in spans.split(", "):
                begin, end = (int(time.split(":")[0]) for time in span.split("-"))
                hours |= sum(1 << (day * 24 + hour) for hour in range(begin, end))
    return hours
