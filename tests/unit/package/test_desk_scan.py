# SPDX-License-Identifier: Apache-2.0
"""Logs are found whole and in order at nodes that limit how many blocks are looked through at once."""

from itertools import pairwise
from typing import Any

import pytest
from json_rpc import JsonRpcNode, Refused, served
from receipt_house import ReceiptHouse, cached_house
from web3 import HTTPProvider, Web3

from makegood.desk import Desk
from makegood.errors import MakegoodError, NodeUnreachable

TOO_LONG = [{}, {"code": -32005}, {"code": -32602}, {"status": 400}, {"status": 413}]
NOT_THE_RANGE = [{"code": -32601}, {"status": 403}, {"status": 500}]


@pytest.fixture
def house() -> ReceiptHouse:
    return cached_house()


@pytest.fixture
def node(house: ReceiptHouse) -> JsonRpcNode:
    return JsonRpcNode(house.w3)


def at(node: JsonRpcNode, house: ReceiptHouse) -> Desk:
    return Desk(Web3(node), house.desk.address)


@pytest.mark.parametrize("blocks", [1, 2, 3, 7])
def test_a_timeline_is_whole_whatever_the_node_allows(
    house: ReceiptHouse, node: JsonRpcNode, blocks: int
) -> None:
    node.limit_ranges(blocks)
    ticket_id = house.ids["first"]
    found = at(node, house).timeline(ticket_id)
    assert [event.name for event in found] == ["TicketOpened", "BotReplied", "TicketReplied"]
    assert found == house.desk.timeline(ticket_id)


def test_after_a_refusal_every_range_is_half_as_long(house: ReceiptHouse, node: JsonRpcNode) -> None:
    newest = house.w3.eth.block_number
    node.limit_ranges(5)
    list(at(node, house).events(["TicketOpened"]))
    sizes = [last - first + 1 for first, last in node.ranges]
    refused = [size for size in sizes if size > 5]
    assert refused[0] == newest + 1
    assert all(after == before // 2 for before, after in pairwise(refused))
    assert sizes[: len(refused)] == refused
    taken = node.ranges[len(refused) :]
    assert (taken[0][0], taken[-1][1]) == (0, newest)
    assert all(after[0] == before[1] + 1 for before, after in pairwise(taken))


@pytest.mark.parametrize("refusal", TOO_LONG, ids=str)
def test_nodes_say_in_many_ways_that_a_range_is_too_long(
    house: ReceiptHouse, node: JsonRpcNode, refusal: dict[str, Any]
) -> None:
    node.limit_ranges(4, **refusal)
    with served(node) as url:
        desk = Desk(Web3(HTTPProvider(url, exception_retry_configuration=None)), house.desk.address)
        assert list(desk.events(["TicketOpened"])) == list(house.desk.events(["TicketOpened"]))


@pytest.mark.parametrize("refusal", NOT_THE_RANGE, ids=str)
def test_what_no_shorter_range_would_change_is_asked_once(
    house: ReceiptHouse, node: JsonRpcNode, refusal: dict[str, Any]
) -> None:
    node.limit_ranges(0, **refusal)
    with served(node) as url:
        desk = Desk(Web3(HTTPProvider(url, exception_retry_configuration=None)), house.desk.address)
        with pytest.raises(MakegoodError):
            list(desk.events(["TicketOpened"]))
    assert len(node.ranges) == 1


def test_a_node_that_refuses_every_block_is_left_in_peace(house: ReceiptHouse, node: JsonRpcNode) -> None:
    node.limit_ranges(0)
    with pytest.raises(MakegoodError, match="refuses eth_getLogs: query exceeds max block range"):
        list(at(node, house).events(["TicketOpened"]))
    assert len(node.ranges) <= house.w3.eth.block_number.bit_length() + 1


def test_a_node_that_does_not_answer_is_unreachable(house: ReceiptHouse) -> None:
    node = JsonRpcNode(house.w3)
    with served(node) as url:
        desk = Desk(Web3(HTTPProvider(url, exception_retry_configuration=None)), house.desk.address)
    with pytest.raises(NodeUnreachable):
        list(desk.events(["TicketOpened"], to_block=9))


@pytest.mark.parametrize("blocks", [1, 3, 100])
def test_newest_first_is_the_same_backwards(house: ReceiptHouse, node: JsonRpcNode, blocks: int) -> None:
    node.limit_ranges(blocks)
    forwards = list(house.desk.events())
    assert list(at(node, house).events(newest_first=True)) == forwards[::-1]
    assert len(forwards) > 5


def test_newest_first_stops_where_its_reader_does(house: ReceiptHouse, node: JsonRpcNode) -> None:
    newest = house.w3.eth.block_number
    node.limit_ranges(2)
    last = next(at(node, house).events(["TicketOpened"], span=2, newest_first=True))
    assert node.ranges[0] == (newest - 1, newest)
    assert node.ranges[-1][0] <= last.block_number <= node.ranges[-1][1]


@pytest.mark.parametrize("name", ["first", "second", "for_requester"])
def test_events_of_one_ticket_are_chosen_by_the_node(
    house: ReceiptHouse, node: JsonRpcNode, name: str
) -> None:
    opened = list(at(node, house).events(["TicketOpened"], where=("ticket_id", house.ids[name])))
    assert [event.transaction for event in opened] == [house.transactions[name]]


def test_events_of_one_agent_are_chosen_by_its_address(house: ReceiptHouse) -> None:
    registered = list(house.desk.directory.events(where=("agent", house.bot.address)))
    assert [(event.name, event["agent"]) for event in registered] == [("AgentRegistered", house.bot.address)]


def test_an_argument_that_no_event_has_finds_nothing_and_asks_nothing(
    house: ReceiptHouse, node: JsonRpcNode
) -> None:
    assert list(at(node, house).events(["PolicyPublished"], where=("ticket_id", bytes(32)))) == []
    assert node.ranges == []


def test_a_refusal_in_the_middle_shortens_what_follows_only(house: ReceiptHouse, node: JsonRpcNode) -> None:
    def full(params: list[Any]) -> Any:
        first, last = node.ranges[-1]
        if first >= 8 and last > first:
            raise Refused("query returned more than 10000 results")
        return node.truth("eth_getLogs", params)

    node.lies["eth_getLogs"] = full
    assert list(at(node, house).events(span=4)) == list(house.desk.events())
    assert node.ranges[:4] == [(0, 3), (4, 7), (8, 11), (8, 9)]
