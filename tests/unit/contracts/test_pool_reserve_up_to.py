# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.reserve_up_to: what free funds allow for a contested incident, only for the panel."""

from typing import Any

import boa
import pytest
from house import deployer
from treasury import MAX_MONEY, Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury(funds=100)


def test_reserve_up_to_sets_the_whole_amount_aside_where_it_is_free(treasury: Treasury) -> None:
    assert treasury.reserve_up_to(60) == 60
    assert events(treasury.pool) == [("Reserved", {"amount": 60})]
    assert treasury.books() == (100, 60, 0, 0, 0, 40)


def test_reserve_up_to_takes_the_last_free_unit(treasury: Treasury) -> None:
    assert treasury.reserve_up_to(100) == 100
    assert treasury.books() == (100, 100, 0, 0, 0, 0)


def test_reserve_up_to_sets_aside_a_part_where_more_is_asked_than_is_free(treasury: Treasury) -> None:
    treasury.reserve(30)
    assert treasury.reserve_up_to(71) == 70
    assert events(treasury.pool) == [("Reserved", {"amount": 70})]
    assert treasury.books() == (100, 100, 0, 0, 0, 0)


def test_reserve_up_to_sets_nothing_aside_and_logs_nothing_where_nothing_is_free(treasury: Treasury) -> None:
    treasury.reserve(100)
    assert treasury.reserve_up_to(50) == 0
    assert events(treasury.pool) == []
    assert treasury.books() == (100, 100, 0, 0, 0, 0)


def test_reserve_up_to_of_nothing_logs_nothing(treasury: Treasury) -> None:
    assert treasury.reserve_up_to(0) == 0
    assert events(treasury.pool) == []
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_reserve_up_to_does_not_come_before_debt(treasury: Treasury) -> None:
    treasury.reserve(100)
    treasury.owe(treasury.victim, 30)
    treasury.fund(35)
    assert treasury.reserve_up_to(50) == 5
    assert treasury.books() == (135, 105, 30, 0, 0, 0)
    assert treasury.pool.collectable(treasury.victim) == 30


def test_reserve_up_to_does_not_touch_credit_and_bonds(treasury: Treasury) -> None:
    treasury.reserve(40)
    treasury.pay(treasury.victim, 40)
    treasury.take_bond(treasury.requester, 25)
    assert treasury.reserve_up_to(MAX_MONEY) == 60
    assert treasury.books() == (125, 60, 40, 25, 0, 0)


def test_reserve_up_to_finds_nothing_free_after_a_loss() -> None:
    treasury = deploy_treasury(funds=100)
    treasury.reserve(60)
    boa.env.set_balance(treasury.pool.address, 30)
    treasury.pool.sync()
    assert treasury.reserve_up_to(10) == 0
    assert treasury.books() == (30, 60, 0, 0, 0, 0)


def test_reserve_up_to_calls_no_token() -> None:
    token = deployer("mocks/BrokenBalanceToken").deploy(False)
    treasury = deploy_treasury(token, funds=100)
    token.set_broken(True)
    assert treasury.reserve_up_to(60) == 60


@pytest.mark.parametrize("caller", ["desk", "operator", "requester", "stranger", "pool"])
def test_reserve_up_to_refuses_everybody_but_the_panel(treasury: Treasury, caller: str) -> None:
    sender: Any = treasury.pool.address if caller == "pool" else getattr(treasury, caller)
    with boa.reverts("pool: caller is not the panel"):
        treasury.pool.reserve_up_to(1, sender=sender)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
