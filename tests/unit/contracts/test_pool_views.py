# SPDX-License-Identifier: Apache-2.0
"""The pool's views: books that add up, for everybody to read."""

from typing import Any

import pytest
from house import ETH, deployer, now
from treasury import NOTICE, USABLE, Treasury, deploy_treasury


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury(funds=100)


def test_books_name_their_fields(treasury: Treasury) -> None:
    treasury.reserve(80)
    treasury.pay(treasury.requester, 30)
    treasury.owe(treasury.victim, 25)
    treasury.take_bond(treasury.requester, 7)
    books = treasury.pool.books()
    assert (books.funds, books.reserved, books.credited, books.bonded, books.debt, books.free) == (
        *(107, 50, 50, 7, 5),
        0,
    )


def test_books_count_payable_debt_as_credit_before_and_after_it_is_paid(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 25)
    treasury.owe(treasury.requester, 25)
    before = treasury.books()
    treasury.pool.collect(treasury.requester)
    assert before == (100, 0, 50, 0, 0, 50)
    assert treasury.books() == (75, 0, 25, 0, 0, 50)


def test_free_is_zero_and_not_negative_after_a_loss() -> None:
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=100)
    treasury.reserve(60)
    treasury.asset.confiscate(treasury.pool.address, 50)
    treasury.pool.sync()
    assert treasury.pool.free() == 0


def test_free_is_what_nobody_is_owed(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.owe(treasury.victim, 15)
    assert treasury.pool.free() == treasury.books()[5] == 25


def test_collectable_is_what_collect_sends(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.pay(treasury.victim, 35)
    treasury.owe(treasury.victim, 55)
    expected = treasury.pool.collectable(treasury.victim)
    assert expected == 35 + 40
    assert treasury.pool.collect(treasury.victim) == expected


def test_collectable_is_at_most_the_funds() -> None:
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=100)
    treasury.reserve(60)
    treasury.pay(treasury.victim, 60)
    treasury.asset.confiscate(treasury.pool.address, 90)
    treasury.pool.sync()
    assert treasury.pool.collectable(treasury.victim) == 10


def test_nothing_is_collectable_by_or_owed_to_somebody_unknown(treasury: Treasury) -> None:
    assert treasury.pool.collectable(treasury.stranger) == 0
    assert treasury.pool.owed(treasury.stranger) == 0


def test_owed_is_what_funds_do_not_cover_yet(treasury: Treasury) -> None:
    treasury.reserve(90)
    treasury.owe(treasury.victim, 25)
    assert treasury.pool.owed(treasury.victim) == 15
    assert treasury.pool.collectable(treasury.victim) == 10


def test_withdrawal_names_its_fields(treasury: Treasury) -> None:
    treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    announced = treasury.pool.withdrawal()
    assert (announced.amount, announced.usable_from, announced.usable_until) == (
        40,
        now() + NOTICE,
        now() + NOTICE + USABLE,
    )


@pytest.mark.parametrize("make", [lambda: ETH, lambda: deployer("mocks/PlainToken").deploy(18)])
def test_wiring_is_public(make: Any) -> None:
    asset = make()
    treasury = deploy_treasury(asset, notice=40 * 86_400)
    assert treasury.pool.desk() == treasury.desk
    assert treasury.pool.directory() == treasury.directory.address
    assert treasury.pool.asset() == (ETH if asset == ETH else asset.address)
    assert treasury.pool.notice() == 40 * 86_400
