# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.reserve: only out of free funds, only for the desk."""

from typing import Any

import boa
import pytest
from house import deployer
from treasury import Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury(funds=100)


def test_reserve_sets_free_funds_aside(treasury: Treasury) -> None:
    assert treasury.reserve(60) is True
    assert events(treasury.pool) == [("Reserved", {"amount": 60})]
    assert treasury.books() == (100, 60, 0, 0, 0, 40)


def test_reserve_takes_the_last_free_unit(treasury: Treasury) -> None:
    assert treasury.reserve(100) is True
    assert treasury.books() == (100, 100, 0, 0, 0, 0)


def test_reserve_says_no_and_changes_nothing_where_funds_do_not_reach(treasury: Treasury) -> None:
    treasury.reserve(60)
    assert treasury.reserve(41) is False
    assert events(treasury.pool) == []
    assert treasury.books() == (100, 60, 0, 0, 0, 40)


def test_reserve_of_nothing_succeeds_without_funds() -> None:
    treasury = deploy_treasury()
    assert treasury.reserve(0) is True
    assert treasury.books() == (0, 0, 0, 0, 0, 0)


def test_reserve_does_not_touch_what_is_credited(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.pay(treasury.victim, 60)
    assert treasury.reserve(41) is False
    assert treasury.reserve(40) is True
    assert treasury.books() == (100, 40, 60, 0, 0, 0)


def test_reserve_does_not_come_before_debt(treasury: Treasury) -> None:
    treasury.reserve(100)
    treasury.owe(treasury.victim, 30)
    treasury.fund(30)
    assert treasury.reserve(1) is False
    assert treasury.pool.collectable(treasury.victim) == 30


def test_reserve_takes_what_debt_leaves(treasury: Treasury) -> None:
    treasury.reserve(100)
    treasury.owe(treasury.victim, 30)
    treasury.fund(35)
    assert treasury.reserve(6) is False
    assert treasury.reserve(5) is True
    assert treasury.books() == (135, 105, 30, 0, 0, 0)


def test_reserve_calls_no_token() -> None:
    token = deployer("mocks/BrokenBalanceToken").deploy(False)
    treasury = deploy_treasury(token, funds=100)
    token.set_broken(True)
    assert treasury.reserve(60) is True


@pytest.mark.parametrize("caller", ["operator", "requester", "stranger", "pool"])
def test_reserve_refuses_everybody_but_the_desk(treasury: Treasury, caller: str) -> None:
    sender: Any = treasury.pool.address if caller == "pool" else getattr(treasury, caller)
    with boa.reverts("pool: caller is not the desk"):
        treasury.pool.reserve(1, sender=sender)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
