# SPDX-License-Identifier: Apache-2.0
"""`set_allowance`: how much an agent may bind by opening tickets for others."""

import boa
import pytest
from house import House
from logs import events


def test_set_allowance_stores_and_logs_it(house: House) -> None:
    house.desk.set_allowance(house.bot, 12_345, sender=house.operator)
    assert events(house.desk) == [("AllowanceSet", {"agent": house.bot, "amount": 12_345})]
    assert house.desk.allowance(house.bot) == 12_345


@pytest.mark.parametrize("amount", [0, 1, 2**256 - 1])
def test_set_allowance_replaces_what_is_left(house: House, amount: int) -> None:
    house.desk.set_allowance(house.human, amount, sender=house.operator)
    assert house.desk.allowance(house.human) == amount


def test_set_allowance_to_zero_stops_the_agent(house: House) -> None:
    house.desk.set_allowance(house.human, 0, sender=house.operator)
    with boa.reverts("desk: allowance too low"):
        house.open_for(house.stranger)
    assert house.pool.books().reserved == 0


def test_set_allowance_leaves_other_agents(house: House) -> None:
    house.desk.set_allowance(house.bot, 1, sender=house.operator)
    assert house.desk.allowance(house.human) == 10**9


@pytest.mark.parametrize("role", ["human", "bot", "requester", "stranger"])
def test_set_allowance_refuses_who_is_not_the_operator(house: House, role: str) -> None:
    before = house.desk.allowance(house.human)
    with boa.reverts("desk: caller is not the operator"):
        house.desk.set_allowance(house.human, 2**255, sender=getattr(house, role))
    assert house.desk.allowance(house.human) == before


def test_set_allowance_by_the_next_operator_only_after_both_steps(house: House) -> None:
    house.directory.transfer_ownership(house.stranger, sender=house.operator)
    with boa.reverts("desk: caller is not the operator"):
        house.desk.set_allowance(house.bot, 1, sender=house.stranger)
    house.directory.accept_ownership(sender=house.stranger)
    house.desk.set_allowance(house.bot, 1, sender=house.stranger)
    with boa.reverts("desk: caller is not the operator"):
        house.desk.set_allowance(house.bot, 2, sender=house.operator)
    assert house.desk.allowance(house.bot) == 1
