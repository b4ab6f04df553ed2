# SPDX-License-Identifier: Apache-2.0
"""Who may call what the desk and the pool have for the lane, and what the lane says of itself."""

from collections.abc import Callable

import boa
import pytest
from batches import REPLIED, Batches
from eth.exceptions import Revert
from house import House, deploy_house, now

ID = b"\x07" * 32
CALLERS = [
    "operator",
    "human",
    "bot",
    "requester",
    "stranger",
    "desk",
    "pool",
    "panel",
    "directory",
    "factory",
]

Hook = Callable[[House, str], object]
DESK_HOOKS: dict[str, Hook] = {
    "begin_batch": lambda house, sender: house.desk.begin_batch(
        house.human, 1, [1, 0, 0, 0, 0], False, sender=sender
    ),
    "prove_ticket": lambda house, sender: house.desk.prove_ticket(
        ID, house.requester, 1, 0, now(), True, sender=sender
    ),
    "apply_entry": lambda house, sender: house.desk.apply_entry(ID, REPLIED, now(), now(), sender=sender),
    "end_challenge": lambda house, sender: house.desk.end_challenge(ID, now(), sender=sender),
    "breach_clocks": lambda house, sender: house.desk.breach_clocks(ID, sender=sender),
}
POOL_HOOKS: dict[str, Hook] = {
    "take_bond": lambda house, sender: house.pool.take_bond(sender, 0, sender=sender),
    "settle": lambda house, sender: house.pool.settle(sender, 0, 0, 0, 0, False, sender=sender),
}


def address(house: House, caller: str) -> str:
    found = getattr(house, caller)
    return str(getattr(found, "address", found))


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("hook", DESK_HOOKS)
def test_desk_takes_what_is_the_lanes_from_the_lane_alone(house: House, hook: str, caller: str) -> None:
    with boa.reverts("desk: caller is not the lane"):
        DESK_HOOKS[hook](house, address(house, caller))


@pytest.mark.parametrize("hook", DESK_HOOKS)
def test_desk_takes_nothing_from_another_desks_lane(house: House, hook: str) -> None:
    with boa.reverts("desk: caller is not the lane"):
        DESK_HOOKS[hook](house, address(deploy_house(), "lane"))


@pytest.mark.parametrize("caller", [caller for caller in CALLERS if caller != "panel"])
@pytest.mark.parametrize("hook", POOL_HOOKS)
def test_pool_settles_for_panel_and_lane_alone(house: House, hook: str, caller: str) -> None:
    with boa.reverts("pool: caller is not panel or lane"):
        POOL_HOOKS[hook](house, address(house, caller))


@pytest.mark.parametrize("caller", ["panel", "lane"])
@pytest.mark.parametrize("hook", POOL_HOOKS)
def test_pool_settles_for_panel_and_lane(house: House, hook: str, caller: str) -> None:
    POOL_HOOKS[hook](house, address(house, caller))


@pytest.mark.parametrize("caller", ["lane", "stranger"])
def test_pool_reserves_for_desk_and_panel_not_for_the_lane(house: House, caller: str) -> None:
    sender = address(house, caller)
    with boa.reverts("pool: caller is not the desk"):
        house.pool.reserve(1, sender=sender)
    with boa.reverts("pool: caller is not the desk"):
        house.pool.release(1, sender=sender)
    with boa.reverts("pool: caller is not the desk"):
        house.pool.pay(sender, 1, True, False, sender=sender)
    with boa.reverts("pool: caller is not the panel"):
        house.pool.reserve_up_to(1, sender=sender)


def test_bond_that_the_lane_takes_is_reserved_and_one_of_the_panel_is_bonded(house: House) -> None:
    for caller in ("lane", "panel"):
        sender = address(house, caller)
        boa.env.set_balance(sender, 7)
        house.pool.take_bond(house.requester, 7, value=7, sender=sender)
    assert house.pool.books() == (1_000_014, 7, 0, 7, 0, 1_000_000)


def test_lane_knows_its_desk_and_they_know_it(house: House) -> None:
    lane = house.lane
    assert (lane.desk(), lane.pool(), lane.directory()) == (
        house.desk.address,
        house.pool.address,
        house.directory.address,
    )
    assert house.desk.lane() == house.pool.lane() == lane.address
    assert house.desk.lane_terms(1) == (86_400, 900)


def test_lane_holds_no_money(house: House) -> None:
    batches = Batches(house)
    ticket = batches.proven()
    assert boa.env.get_balance(house.lane.address) == 0
    batches.end(ticket, claim=True, collect=True)
    assert boa.env.get_balance(house.lane.address) == 0
    boa.env.set_balance(house.stranger, 1)
    with pytest.raises(Revert):
        boa.env.raw_call(house.lane.address, value=1, sender=house.stranger)
