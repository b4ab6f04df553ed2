# SPDX-License-Identifier: Apache-2.0
"""A replay on anvil, and how it leaves the node."""

from pathlib import Path
from typing import Any, cast

import pytest
from eth_account import Account
from expected_replay import expected_summary, final_states
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint

from makegood import policy as policies
from makegood import replay
from makegood.clock import WEEK
from makegood.desk import Desk
from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable
from makegood.policy import Policy
from makegood.replay import Batching, Log, Result
from makegood.replay.anvil import AnvilDriver
from makegood.replay.driver import Block

LOG = (
    "ticket,event,at,priority\n"
    "A,opened,2030-01-07T08:00:00Z,urgent\n"
    "B,opened,2030-01-07T08:00:00Z,high\n"
    "A,replied,2030-01-07T08:00:00Z,\n"
    "B,pending,2030-01-08T08:00:00Z,\n"
    "B,followed_up,2030-01-08T08:00:01Z,\n"
    "A,solved,2030-01-09T08:00:00Z,\n"
)


@pytest.fixture
def anvil(anvil_url: str) -> Web3:
    return Web3(HTTPProvider(anvil_url, exception_retry_configuration=None))


@pytest.fixture
def policy(shared: Path) -> Policy:
    return policies.read(shared / "data/helpdesk-policy.yaml")


def ask(w3: Web3, method: str, *arguments: Any) -> Any:
    response = cast(JSONBaseProvider, w3.provider).make_request(RPCEndpoint(method), list(arguments))
    return response["result"]


def transfer(w3: Web3, sender: Any, nonce: int) -> bytes:
    return bytes(
        sender.sign_transaction(
            {
                "to": sender.address,
                "value": 1,
                "nonce": nonce,
                "gas": 21_000,
                "maxFeePerGas": 10**11,
                "maxPriorityFeePerGas": 0,
                "chainId": w3.eth.chain_id,
            }
        ).raw_transaction
    )


def test_the_first_300_tickets_of_a_real_log_give_what_the_rules_say(
    anvil: Web3, shared: Path, policy: Policy
) -> None:
    log = replay.read_log(shared / "data/helpdesk-events.csv").head(300)
    summary = replay.run(replay.driver_for(anvil), log, policy).summary()
    expected = expected_summary(log, policy)
    assert {key: summary[key] for key in expected} == expected
    assert summary["collected"] == summary["compensation"]


@pytest.mark.parametrize("false_claims", [False, True], ids=["plain", "false claims"])
def test_on_the_batch_lane_the_first_50_tickets_give_the_same(
    shared: Path, policy: Policy, *, false_claims: bool
) -> None:
    # Anvil, below, is three times as fast: there it is 300.
    log = replay.read_log(shared / "data/helpdesk-events.csv").head(50)
    w3 = Web3(EthereumTesterProvider())
    result = replay.run(replay.driver_for(w3), log, policy, batching=Batching(false_claims=false_claims))
    assert_as_the_rules_say(result, log, policy)


def test_on_anvil_the_batch_lane_gives_the_same(anvil: Web3, shared: Path, policy: Policy) -> None:
    log = replay.read_log(shared / "data/helpdesk-events.csv").head(300)
    result = replay.run(replay.driver_for(anvil), log, policy, batching=Batching())
    assert_as_the_rules_say(result, log, policy)


def assert_as_the_rules_say(result: Result, log: Log, policy: Policy) -> None:
    summary, expected = result.summary(), expected_summary(log, policy)
    assert {key: summary[key] for key in expected} == expected
    assert summary["collected"] == summary["compensation"]
    states = final_states(log, policy)
    assert {each.ticket: each.breached for each in result.tickets} == {
        ticket: state.breached for ticket, state in states.items()
    }


def test_events_are_at_their_own_second_in_file_order(anvil: Web3, policy: Policy) -> None:
    log = replay.parse_log(LOG)
    desk = Desk(anvil, replay.run(replay.driver_for(anvil), log, policy).desk)
    events = list(desk.events(["TicketOpened", "TicketReplied", "TicketFollowedUp"]))
    times = [int(anvil.eth.get_block(event.block_number)["timestamp"]) for event in events]
    moved = {at - row.at for at, row in zip(times, log.rows, strict=True)}
    assert len(moved) == 1
    assert moved.pop() % WEEK == 0
    assert len({event.block_number for event in events[:3]}) == 1
    assert [event.name for event in events[:3]] == ["TicketOpened", "TicketOpened", "TicketReplied"]


def test_anvil_mines_at_once_again_afterwards(anvil: Web3, policy: Policy) -> None:
    replay.run(replay.driver_for(anvil), replay.parse_log(LOG), policy)
    assert ask(anvil, "anvil_getAutomine") is True


def test_anvil_mines_at_once_again_after_a_refusal(anvil: Web3, policy: Policy) -> None:
    log = replay.parse_log(LOG + "A,followed_up,2030-06-09T08:00:00Z,\n")
    unchecked = type("Unchecked", (replay.Log,), {"check": lambda *_: None})(log.rows)
    with pytest.raises(ChainRevert, match="refuses follow_up of line 8: desk: contest window is over"):
        replay.run(replay.driver_for(anvil), unchecked, policy)
    assert ask(anvil, "anvil_getAutomine") is True


def test_a_block_that_others_share_is_refused(anvil: Web3) -> None:
    driver = AnvilDriver(anvil)
    stranger = Account.create()
    driver.give(stranger.address, 10**18)
    ask(anvil, "evm_setAutomine", False)
    ask(anvil, "eth_sendRawTransaction", Web3.to_hex(transfer(anvil, stranger, 0)))
    at = anvil.eth.get_block("latest")["timestamp"] + 100
    with pytest.raises(MakegoodError, match="Let nobody else use the node"):
        list(driver.mine([Block(at, ())]))


def test_a_second_that_is_past_is_refused(anvil: Web3) -> None:
    at = anvil.eth.get_block("latest")["timestamp"]
    with pytest.raises(MakegoodError, match="The node refuses evm_mine"):
        list(AnvilDriver(anvil).mine([Block(at - 1, ())]))


def test_a_node_that_is_down_is_unreachable() -> None:
    # Port 9 is discard: nothing listens there.
    down = Web3(HTTPProvider("http://127.0.0.1:9", exception_retry_configuration=None))
    with pytest.raises(NodeUnreachable):
        AnvilDriver(down).give(Account.create().address, 1)
