# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.pay: credit where the ticket is backed, debt where it is not, sent at once where asked."""

from typing import Any

import boa
import pytest
from house import deployer
from treasury import MAX_MONEY, Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    """Funds of 100, all of them reserved."""
    treasury = deploy_treasury(funds=100)
    treasury.reserve(100)
    return treasury


def test_pay_turns_a_reserve_into_credit(treasury: Treasury) -> None:
    treasury.pay(treasury.requester, 30)
    assert events(treasury.pool) == [("Credited", {"beneficiary": treasury.requester, "amount": 30})]
    assert treasury.books() == (100, 70, 30, 0, 0, 0)
    assert treasury.pool.collectable(treasury.requester) == 30
    assert treasury.held == 100


def test_pay_adds_up_in_one_account(treasury: Treasury) -> None:
    treasury.pay(treasury.requester, 30)
    treasury.pay(treasury.requester, 12)
    assert treasury.pool.collectable(treasury.requester) == 42


def test_pay_credits_nobody_else(treasury: Treasury) -> None:
    treasury.pay(treasury.requester, 30)
    assert treasury.pool.collectable(treasury.victim) == 0


def test_pay_of_what_is_not_backed_is_debt(treasury: Treasury) -> None:
    treasury.owe(treasury.requester, 30)
    assert events(treasury.pool) == [
        ("Owed", {"beneficiary": treasury.requester, "index": 0, "position": 0, "amount": 30})
    ]
    assert treasury.books() == (100, 100, 0, 0, 30, 0)
    assert treasury.pool.owed(treasury.requester) == 30
    assert treasury.pool.collectable(treasury.requester) == 0


def test_pay_of_what_is_not_backed_is_collectable_where_funds_are_free() -> None:
    treasury = deploy_treasury(funds=50)
    treasury.owe(treasury.requester, 30)
    assert treasury.books() == (50, 0, 30, 0, 0, 20)
    assert treasury.pool.collectable(treasury.requester) == 30


def test_pay_numbers_a_beneficiarys_debts_and_places_them_in_the_queue(treasury: Treasury) -> None:
    treasury.owe(treasury.requester, 30)
    treasury.owe(treasury.victim, 5)
    treasury.owe(treasury.requester, 7)
    assert events(treasury.pool) == [
        ("Owed", {"beneficiary": treasury.requester, "index": 1, "position": 35, "amount": 7})
    ]


def test_pay_sends_a_backed_amount_at_once_where_asked(treasury: Treasury) -> None:
    treasury.pay(treasury.requester, 30, collect=True)
    assert events(treasury.pool) == [
        ("Credited", {"beneficiary": treasury.requester, "amount": 30}),
        ("Collected", {"beneficiary": treasury.requester, "amount": 30}),
    ]
    assert treasury.balance(treasury.requester) == 30
    assert treasury.books() == (70, 70, 0, 0, 0, 0)


def test_pay_sends_earlier_credit_along(treasury: Treasury) -> None:
    treasury.pay(treasury.requester, 30)
    treasury.pay(treasury.requester, 12, collect=True)
    assert treasury.balance(treasury.requester) == 42
    assert treasury.books() == (58, 58, 0, 0, 0, 0)


def test_pay_sends_paid_debts_along(treasury: Treasury) -> None:
    treasury.owe(treasury.requester, 30)
    treasury.fund(30)
    treasury.pay(treasury.requester, 12, collect=True)
    assert treasury.balance(treasury.requester) == 42
    assert treasury.books() == (88, 88, 0, 0, 0, 0)


def test_pay_sends_an_unbacked_amount_at_once_as_far_as_funds_are_free(treasury: Treasury) -> None:
    treasury.fund(20)
    treasury.owe(treasury.requester, 30, collect=True)
    assert treasury.balance(treasury.requester) == 20
    assert treasury.books() == (100, 100, 0, 0, 10, 0)
    assert treasury.pool.owed(treasury.requester) == 10


def test_pay_sends_nothing_and_does_not_revert_where_the_debt_waits(treasury: Treasury) -> None:
    treasury.owe(treasury.requester, 30, collect=True)
    assert treasury.balance(treasury.requester) == 0
    assert treasury.books() == (100, 100, 0, 0, 30, 0)


def test_pay_of_debt_sends_earlier_credit(treasury: Treasury) -> None:
    treasury.pay(treasury.requester, 30)
    treasury.owe(treasury.requester, 5, collect=True)
    assert treasury.balance(treasury.requester) == 30
    assert treasury.books() == (70, 70, 0, 0, 5, 0)


def test_collecting_a_backed_claim_does_not_pay_debts_from_its_own_reserve() -> None:
    # Promise 1. What is sent to the requester cannot also pay the debt that stands before it in the queue.
    treasury = deploy_treasury(funds=200)
    treasury.reserve(100)  # the requester's ticket
    treasury.reserve(100)  # the victim's
    treasury.owe(treasury.stranger, 50)
    treasury.owe(treasury.requester, 50)
    treasury.pay(treasury.requester, 100, collect=True)
    assert treasury.balance(treasury.requester) == 100
    assert treasury.books() == (100, 100, 0, 0, 100, 0)
    treasury.pay(treasury.victim, 100, collect=True)
    assert treasury.balance(treasury.victim) == 100


def test_pay_refuses_to_send_to_a_recipient_that_reverts(treasury: Treasury) -> None:
    recipient = deployer("mocks/RevertsOnReceive").deploy()
    with boa.reverts("pool: asset did not go out"):
        treasury.pay(recipient.address, 30, collect=True)
    assert treasury.books() == (100, 100, 0, 0, 0, 0)


def test_pay_credits_a_recipient_that_reverts(treasury: Treasury) -> None:
    recipient = deployer("mocks/RevertsOnReceive").deploy()
    treasury.pay(recipient.address, 30)
    assert treasury.books() == (100, 70, 30, 0, 0, 0)


@pytest.mark.parametrize("backed", [True, False])
def test_pay_calls_no_token_unless_asked_to_collect(backed: bool) -> None:
    token = deployer("mocks/BrokenBalanceToken").deploy(False)
    treasury = deploy_treasury(token, funds=100)
    treasury.reserve(100)
    token.set_broken(True)
    treasury.pool.pay(treasury.victim, 30, backed, False, sender=treasury.desk)
    assert treasury.books()[2:5] == ((30, 0, 0) if backed else (0, 0, 30))


def test_pay_refuses_debt_beyond_what_the_books_hold() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.victim, MAX_MONEY)
    with boa.reverts("pool: amount too large"):
        treasury.owe(treasury.requester, 1)
    assert treasury.books() == (0, 0, 0, 0, MAX_MONEY, 0)


def test_pay_refuses_more_debt_in_all_time_than_the_queue_numbers() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.victim, MAX_MONEY)
    treasury.fund(MAX_MONEY)
    treasury.pool.collect(treasury.victim)
    with boa.reverts("pool: amount too large"):
        treasury.owe(treasury.requester, 1)
    assert treasury.books() == (0, 0, 0, 0, 0, 0)


@pytest.mark.parametrize("caller", ["operator", "requester", "stranger"])
@pytest.mark.parametrize("backed", [True, False])
def test_pay_refuses_everybody_but_the_desk(treasury: Treasury, caller: str, backed: bool) -> None:
    sender: Any = getattr(treasury, caller)
    with boa.reverts("pool: caller is not the desk"):
        treasury.pool.pay(sender, 30, backed, True, sender=sender)
    assert treasury.books() == (100, 100, 0, 0, 0, 0)
    assert treasury.held == 100
