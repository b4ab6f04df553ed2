# SPDX-License-Identifier: Apache-2.0
"""What a ticket's page offers to do: only what the contracts would take."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import explorer_house
import pytest
from explorer_house import House
from small_index import CHAIN, PANEL, POLICY, POOL, REQUESTER, UNIT, address, digest
from sqlalchemy import update

from makegood import clock
from makegood.clock import Kind
from makegood.explorer.reading import shown_address
from makegood.indexer import schema

CONTEST = re.compile(r'"contest\(bytes32,uint256,uint256,bytes32\)" (0x\w{64}) (\d+) (\w+) YOUR_DIGEST')


@pytest.fixture
def house(tmp_path: Path) -> House:
    return explorer_house.build(tmp_path)


def actions(house: House, ticket: str) -> list[dict[str, Any]]:
    answer = json.loads(house.ask(f"/api/v1/ticket/{CHAIN}/{ticket}").body)
    found: list[dict[str, Any]] = answer["view"]["actions"]
    return found


def contests(house: House, ticket: str) -> dict[int, str]:
    """The amount that each kind's contest asks."""
    lines = [each["cast"] for each in actions(house, ticket) if "contest(" in each["cast"]]
    assert all(line.startswith(f"cast send {shown_address(PANEL)} ") for line in lines)
    found = [CONTEST.search(line) for line in lines]
    assert all(each is not None and each[1] == ticket for each in found)
    return {int(each[2]): each[3] for each in found if each}


def test_what_can_be_contested_follows_the_ticket(house: House) -> None:
    ticket = house.index.open("contested")
    incident = {int(Kind.INCIDENT): "YOUR_AMOUNT"}
    assert contests(house, ticket) == incident  # no reply yet: the clock sees all that there is to see
    house.index.reply(ticket)
    first = {int(Kind.FIRST_REPLY): str(UNIT // 50)}
    assert contests(house, ticket) == first | incident
    follow_up(house, ticket)
    house.index.reply(ticket, "solved")
    later = {int(Kind.NEXT_REPLY): str(UNIT // 100)}
    resolution = {int(Kind.RESOLUTION): str(UNIT // 20)}
    assert contests(house, ticket) == first | later | resolution | incident
    house.now = house.index.at + POLICY.contest_window + 1
    assert contests(house, ticket) == {}


def follow_up(house: House, ticket: str) -> None:
    index = house.index
    state = clock.apply(index.states[ticket], "followed_up", index.at, POLICY.hours, POLICY.targets[0][1])
    index.states[ticket] = state
    index.emit("desk", "TicketFollowedUp", ticket_id=ticket, digest=digest("more"), word=state.pack())


def test_what_was_contested_or_is_broken_is_not_offered_again(house: House) -> None:
    # Its first reply was late and paid, its resolution is in dispute.
    assert contests(house, house.late) == {int(Kind.INCIDENT): "YOUR_AMOUNT"}


def test_the_bond_of_an_incident_depends_on_what_is_asked(house: House) -> None:
    offered = next(each for each in actions(house, house.fresh) if "an incident" in each["what"])
    assert offered["value"] is None
    assert "--value YOUR_BOND" in offered["cast"]
    assert "is 0.008 ETH and 4% of what you ask" in offered["notes"][0]
    first = next(each for each in actions(house, house.late) if "follow_up" in each["cast"])
    assert first["value"] == "0"


def test_an_address_is_told_first_what_it_can_get(house: House) -> None:
    def first() -> str:
        found = re.search(r"<h1>(.*?)</h1>", house.ask(f"/en/address/{REQUESTER}").text)
        assert found
        return re.sub("<.*?>", "", found[1]).replace("&nbsp;", " ")

    # What was granted for the late reply is ready; of the ticket that waits nothing is broken yet.
    assert first() == "It can collect 0.02 ETH now."
    house.now += 1_800
    assert first() == "It can collect 0.02 ETH now, and 0.02 ETH more can be claimed for its tickets."
    stranger = house.ask(f"/en/address/{address('stranger')}").text
    assert "Nothing in this index is about this address." in stranger


def test_a_bond_in_a_token_is_approved_first(house: House) -> None:
    with house.index.store.writing() as connection:
        connection.execute(update(schema.desks).values(asset=address("token"), asset_symbol="TOK"))
    offered = [each for each in actions(house, house.fresh) if "contest(" in each["cast"]]
    assert offered
    for each in offered:
        assert each["value"] == "0"
        assert "--value" not in each["cast"]
        assert each["notes"][-1] == (
            f"The bond is in a token: approve it to the pool {shown_address(POOL)} first."
        )
