# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.sync: the books adopt the real balance."""

from typing import Any

import boa
import pytest
from house import deployer
from treasury import MAX_MONEY, Treasury, deploy_treasury, events


@pytest.fixture
def token() -> Any:
    return deployer("mocks/ConfiscatingToken").deploy()


@pytest.fixture
def treasury(token: Any) -> Treasury:
    return deploy_treasury(token, funds=100)


def test_sync_adopts_tokens_that_were_sent_plainly(treasury: Treasury) -> None:
    treasury.asset.mint(treasury.pool.address, 40)
    treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (140, 0, 0, 0, 0, 140)


def test_sync_adopts_eth_that_was_forced_in() -> None:
    treasury = deploy_treasury(funds=100)
    boa.env.set_balance(treasury.pool.address, 140)
    treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (140, 0, 0, 0, 0, 140)


def test_sync_lowers_funds_to_what_is_left(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.asset.confiscate(treasury.pool.address, 70)
    treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (30, 60, 0, 0, 0, 0)


def test_sync_keeps_what_is_owed_when_everything_is_gone(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.pay(treasury.victim, 20)
    treasury.asset.confiscate(treasury.pool.address, 100)
    treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (0, 40, 20, 0, 0, 0)
    assert treasury.pool.collectable(treasury.victim) == 0


def test_sync_makes_what_came_in_pay_debt_first(treasury: Treasury) -> None:
    treasury.reserve(100)
    treasury.owe(treasury.victim, 25)
    treasury.asset.mint(treasury.pool.address, 40)
    treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (140, 100, 25, 0, 0, 15)


def test_sync_logs_the_funds(treasury: Treasury) -> None:
    treasury.asset.mint(treasury.pool.address, 1)
    treasury.pool.sync(sender=treasury.stranger)
    assert events(treasury.pool) == [("Synced", {"funds": 101})]


def test_sync_changes_nothing_where_the_books_are_right(treasury: Treasury) -> None:
    treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_sync_refuses_more_than_the_books_hold(treasury: Treasury) -> None:
    treasury.asset.mint(treasury.pool.address, MAX_MONEY)
    with boa.reverts("pool: amount too large"):
        treasury.pool.sync(sender=treasury.stranger)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_a_gift_too_large_for_the_books_stops_no_payment(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.pay(treasury.victim, 60)
    treasury.asset.mint(treasury.pool.address, MAX_MONEY)
    treasury.pool.collect(treasury.victim, sender=treasury.stranger)
    assert treasury.asset.balanceOf(treasury.victim) == 60
