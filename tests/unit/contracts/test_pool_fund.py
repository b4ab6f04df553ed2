# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.fund: who can, what counts, what is refused."""

from typing import Any

import boa
import pytest
from house import ETH, deployer
from treasury import MAX_MONEY, Treasury, deploy_treasury, events


@pytest.fixture
def token() -> Any:
    return deployer("mocks/PlainToken").deploy(18)


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury()


def test_fund_adds_eth_to_the_free_funds(treasury: Treasury) -> None:
    treasury.fund(70)
    treasury.fund(30)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
    assert treasury.held == 100


def test_fund_adds_tokens_to_the_free_funds(token: Any) -> None:
    treasury = deploy_treasury(token)
    treasury.fund(70)
    treasury.fund(30)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)
    assert token.balanceOf(treasury.pool.address) == 100


def test_fund_logs_funder_and_amount(treasury: Treasury) -> None:
    treasury.fund(70)
    assert events(treasury.pool) == [("Funded", {"funder": treasury.funder, "amount": 70})]


def test_anyone_can_fund(treasury: Treasury) -> None:
    treasury.give(treasury.stranger, 5)
    treasury.pool.fund(5, value=5, sender=treasury.stranger)
    assert treasury.pool.free() == 5


def test_fund_counts_what_arrived_and_not_what_was_sent() -> None:
    treasury = deploy_treasury(deployer("mocks/FeeOnTransferToken").deploy(1_000))
    treasury.fund(100)
    assert events(treasury.pool)[-1] == ("Funded", {"funder": treasury.funder, "amount": 90})
    assert treasury.books() == (90, 0, 0, 0, 0, 90)


def test_fund_does_not_adopt_what_was_given_before(token: Any) -> None:
    treasury = deploy_treasury(token)
    token.mint(treasury.pool.address, 40)
    treasury.fund(2)
    assert treasury.books() == (2, 0, 0, 0, 0, 2)


@pytest.mark.parametrize("asset", ["eth", "token"])
def test_fund_refuses_zero(asset: str, token: Any) -> None:
    treasury = deploy_treasury(token if asset == "token" else ETH)
    with boa.reverts("pool: amount is zero"):
        treasury.pool.fund(0, sender=treasury.funder)
    assert treasury.books() == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("value", [0, 9, 11])
def test_fund_refuses_another_value_than_the_amount(treasury: Treasury, value: int) -> None:
    treasury.give(treasury.funder, 100)
    with boa.reverts("pool: value differs from amount"):
        treasury.pool.fund(10, value=value, sender=treasury.funder)
    assert treasury.books() == (0, 0, 0, 0, 0, 0)
    assert treasury.balance(treasury.funder) == 100


def test_fund_refuses_eth_beside_a_token(token: Any) -> None:
    treasury = deploy_treasury(token)
    token.mint(treasury.funder, 10)
    token.approve(treasury.pool.address, 10, sender=treasury.funder)
    boa.env.set_balance(treasury.funder, 10)
    with boa.reverts("pool: value differs from amount"):
        treasury.pool.fund(10, value=10, sender=treasury.funder)
    assert treasury.books() == (0, 0, 0, 0, 0, 0)
    assert boa.env.get_balance(treasury.funder) == 10


def test_fund_refuses_a_token_that_does_not_come_in(token: Any) -> None:
    treasury = deploy_treasury(token)
    token.mint(treasury.funder, 10)
    with boa.reverts("pool: asset did not come in"):
        treasury.pool.fund(10, sender=treasury.funder)
    assert treasury.books() == (0, 0, 0, 0, 0, 0)


def test_fund_reaches_the_largest_amount_of_the_books(treasury: Treasury) -> None:
    treasury.fund(MAX_MONEY)
    assert treasury.books() == (MAX_MONEY, 0, 0, 0, 0, MAX_MONEY)


@pytest.mark.parametrize("asset", ["eth", "token"])
def test_fund_refuses_more_than_the_books_hold(asset: str, token: Any) -> None:
    treasury = deploy_treasury(token if asset == "token" else ETH, funds=1)
    with boa.reverts("pool: amount too large"):
        treasury.fund(MAX_MONEY)
    assert treasury.books() == (1, 0, 0, 0, 0, 1)
    assert treasury.held == 1


def test_fund_refuses_a_whole_word_of_tokens(token: Any) -> None:
    treasury = deploy_treasury(token, funds=1)
    with boa.reverts("pool: amount too large"):
        treasury.fund(2**256 - 2)
    assert treasury.books() == (1, 0, 0, 0, 0, 1)


def test_a_plain_transfer_of_eth_is_refused(treasury: Treasury) -> None:
    treasury.give(treasury.funder, 5)
    sent = boa.env.execute_code(treasury.pool.address, sender=treasury.funder, value=5)
    assert sent.is_error
    assert treasury.held == 0


@pytest.mark.parametrize(
    ("function", "arguments"),
    [("sync", ()), ("collect", ("0x" + "11" * 20,)), ("announce_withdrawal", (1,)), ("withdraw", (1, ETH))],
)
def test_only_fund_takes_eth(treasury: Treasury, function: str, arguments: tuple[Any, ...]) -> None:
    treasury.fund(5)
    treasury.give(treasury.operator, 5)
    data = getattr(treasury.pool, function).prepare_calldata(*arguments)
    sent = boa.env.execute_code(treasury.pool.address, sender=treasury.operator, value=5, data=data)
    assert sent.is_error
    assert treasury.held == 5
