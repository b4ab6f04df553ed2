# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.take_bond: a bond is held, and is no funds of the operator's."""

from typing import Any

import boa
import pytest
from house import ETH, deployer
from treasury import MAX_MONEY, Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury(funds=100)


def token_treasury(name: str = "PlainToken", *arguments: Any) -> Treasury:
    return deploy_treasury(deployer(f"mocks/{name}").deploy(*arguments), funds=100)


def test_take_bond_holds_what_came_in(treasury: Treasury) -> None:
    assert treasury.take_bond(treasury.requester, 30) == 30
    assert events(treasury.pool) == [("Bonded", {"payer": treasury.requester, "amount": 30})]
    assert treasury.books() == (130, 0, 0, 30, 0, 100)
    assert treasury.held == 130


def test_take_bond_takes_a_token_from_its_payer() -> None:
    treasury = token_treasury("PlainToken", 6)
    assert treasury.take_bond(treasury.requester, 30) == 30
    assert events(treasury.pool) == [("Bonded", {"payer": treasury.requester, "amount": 30})]
    assert treasury.books() == (130, 0, 0, 30, 0, 100)
    assert (treasury.balance(treasury.requester), treasury.held) == (0, 130)


def test_bonds_of_several_payers_add_up(treasury: Treasury) -> None:
    treasury.take_bond(treasury.requester, 30)
    treasury.take_bond(treasury.victim, 12)
    assert treasury.books() == (142, 0, 0, 42, 0, 100)


def test_a_bond_is_not_collectable_by_its_payer(treasury: Treasury) -> None:
    treasury.take_bond(treasury.requester, 30)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.requester)
    assert treasury.books() == (130, 0, 0, 30, 0, 100)


def test_a_bond_backs_no_ticket(treasury: Treasury) -> None:
    treasury.take_bond(treasury.requester, 30)
    assert treasury.reserve(101) is False
    assert treasury.reserve(100) is True
    assert treasury.books() == (130, 100, 0, 30, 0, 0)


def test_a_bond_pays_no_debt(treasury: Treasury) -> None:
    treasury.reserve(100)
    treasury.owe(treasury.victim, 30)
    treasury.take_bond(treasury.requester, 30)
    assert treasury.pool.collectable(treasury.victim) == 0
    assert treasury.books() == (130, 100, 0, 30, 30, 0)


def test_the_operator_withdraws_no_bond(treasury: Treasury) -> None:
    treasury.take_bond(treasury.requester, 30)
    treasury.announce(130)
    with boa.reverts("pool: free funds too low"):
        treasury.pool.withdraw(101, treasury.operator, sender=treasury.operator)
    treasury.pool.withdraw(100, treasury.operator, sender=treasury.operator)
    assert treasury.books() == (30, 0, 0, 30, 0, 0)


def test_take_bond_into_an_empty_pool() -> None:
    treasury = deploy_treasury()
    treasury.take_bond(treasury.requester, 30)
    assert treasury.books() == (30, 0, 0, 30, 0, 0)


def test_take_bond_where_more_is_owed_than_there_is() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.victim, 500)
    treasury.take_bond(treasury.requester, 30)
    assert treasury.books() == (30, 0, 0, 30, 500, 0)


@pytest.mark.parametrize("asset", ["ETH", "token"])
def test_take_bond_of_nothing_holds_nothing(asset: str) -> None:
    treasury = deploy_treasury(funds=100) if asset == "ETH" else token_treasury("PlainToken", 6)
    assert treasury.take_bond(treasury.requester, 0) == 0
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_take_bond_reaches_the_largest_amount_of_the_books() -> None:
    treasury = deploy_treasury()
    assert treasury.take_bond(treasury.requester, MAX_MONEY) == MAX_MONEY
    assert treasury.books() == (MAX_MONEY, 0, 0, MAX_MONEY, 0, 0)


def test_take_bond_refuses_more_than_the_funds_can_count() -> None:
    treasury = deploy_treasury(funds=1)
    with boa.reverts("pool: amount too large"):
        treasury.take_bond(treasury.requester, MAX_MONEY)
    assert treasury.books() == (1, 0, 0, 0, 0, 1)


def test_take_bond_refuses_more_than_what_is_owed_can_count() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.victim, 1)
    with boa.reverts("pool: amount too large"):
        treasury.take_bond(treasury.requester, MAX_MONEY)
    assert treasury.books() == (0, 0, 0, 0, 1, 0)


@pytest.mark.parametrize(("amount", "value"), [(30, 29), (30, 31), (30, 0), (0, 1)])
def test_take_bond_refuses_eth_that_differs_from_the_amount(
    treasury: Treasury, amount: int, value: int
) -> None:
    boa.env.set_balance(treasury.panel, value)
    with boa.reverts("pool: value differs from amount"):
        treasury.pool.take_bond(treasury.requester, amount, value=value, sender=treasury.panel)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


@pytest.mark.parametrize("amount", [0, 30])
def test_take_bond_refuses_eth_where_the_asset_is_a_token(amount: int) -> None:
    treasury = token_treasury("PlainToken", 6)
    boa.env.set_balance(treasury.panel, 30)
    with boa.reverts("pool: value differs from amount"):
        treasury.pool.take_bond(treasury.requester, amount, value=30, sender=treasury.panel)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_take_bond_refuses_a_token_that_was_not_approved() -> None:
    treasury = token_treasury("PlainToken", 6)
    treasury.give(treasury.requester, 30)
    with boa.reverts("pool: asset did not come in"):
        treasury.pool.take_bond(treasury.requester, 30, sender=treasury.panel)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
    assert treasury.balance(treasury.requester) == 30


def test_take_bond_counts_what_a_token_with_a_fee_lets_in() -> None:
    treasury = token_treasury("FeeOnTransferToken", 1_000)
    assert treasury.take_bond(treasury.requester, 30) == 27
    assert events(treasury.pool) == [("Bonded", {"payer": treasury.requester, "amount": 27})]
    assert treasury.books() == (117, 0, 0, 27, 0, 90)


@pytest.mark.parametrize("caller", ["desk", "operator", "requester", "stranger", "pool"])
@pytest.mark.parametrize("asset", [ETH, "token"])
def test_take_bond_refuses_everybody_but_panel_and_lane(asset: str, caller: str) -> None:
    treasury = deploy_treasury(funds=100) if asset == ETH else token_treasury("PlainToken", 6)
    treasury.give(treasury.requester, 30)
    if asset != ETH:
        treasury.asset.approve(treasury.pool.address, 30, sender=treasury.requester)
    sender: Any = treasury.pool.address if caller == "pool" else getattr(treasury, caller)
    with boa.reverts("pool: caller is not panel or lane"):
        treasury.pool.take_bond(treasury.requester, 30, sender=sender)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
    assert treasury.balance(treasury.requester) == 30


def test_what_a_token_gives_beyond_a_bond_is_left_for_sync() -> None:
    treasury = deploy_treasury(deployer("mocks/GivesMoreToken").deploy(6), funds=0)
    assert treasury.take_bond(treasury.requester, 30) == 30
    assert treasury.books() == (30, 0, 0, 30, 0, 0)
    assert treasury.held == 33
    treasury.pool.sync()
    assert treasury.books() == (33, 0, 0, 30, 0, 3)


# ---------------------------------------------------------------- of the lane


def test_a_bond_of_the_lane_counts_as_reserved(treasury: Treasury) -> None:
    assert treasury.take_bond(treasury.requester, 30, caller=treasury.lane) == 30
    assert events(treasury.pool) == [("BondReserved", {"payer": treasury.requester, "amount": 30})]
    assert treasury.books() == (130, 30, 0, 0, 0, 100)
    assert treasury.held == 130


def test_a_bond_of_the_lane_takes_a_token_from_its_payer() -> None:
    treasury = token_treasury("PlainToken", 6)
    assert treasury.take_bond(treasury.requester, 30, caller=treasury.lane) == 30
    assert treasury.books() == (130, 30, 0, 0, 0, 100)
    assert (treasury.balance(treasury.requester), treasury.held) == (0, 130)


def test_a_bond_of_the_lane_counts_what_a_token_with_a_fee_lets_in() -> None:
    treasury = token_treasury("FeeOnTransferToken", 1_000)
    assert treasury.take_bond(treasury.requester, 30, caller=treasury.lane) == 27
    assert events(treasury.pool) == [("BondReserved", {"payer": treasury.requester, "amount": 27})]
    assert treasury.books() == (117, 27, 0, 0, 0, 90)


def test_a_bond_of_the_lane_backs_no_ticket_and_pays_no_debt(treasury: Treasury) -> None:
    treasury.take_bond(treasury.requester, 30, caller=treasury.lane)
    assert treasury.reserve(101) is False
    treasury.reserve(100)
    treasury.owe(treasury.victim, 30)
    assert treasury.pool.collectable(treasury.victim) == 0


def test_bonds_of_panel_and_lane_are_kept_apart(treasury: Treasury) -> None:
    treasury.take_bond(treasury.requester, 30)
    treasury.take_bond(treasury.victim, 12, caller=treasury.lane)
    assert treasury.books() == (142, 12, 0, 30, 0, 100)
