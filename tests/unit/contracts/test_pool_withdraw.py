# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.withdraw: free funds alone, as announced, once. Promise 7."""

import boa
import pytest
from house import ETH, deployer, now, travel_to
from treasury import NOTICE, USABLE, Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    """Funds of 100, of which 40 are reserved; a withdrawal of 50 is announced and can be made."""
    treasury = deploy_treasury(funds=100)
    treasury.reserve(40)
    treasury.announce(50)
    return treasury


def confiscating() -> Treasury:
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=100)
    treasury.reserve(40)
    treasury.announce(50)
    return treasury


def refused(treasury: Treasury, reason: str, amount: int = 50, to: str | None = None) -> None:
    """The operator is refused, and nothing moves."""
    before = treasury.books(), treasury.held, treasury.pool.withdrawal()
    with boa.reverts(reason):
        treasury.pool.withdraw(amount, to or treasury.operator, sender=treasury.operator)
    assert (treasury.books(), treasury.held, treasury.pool.withdrawal()) == before


def test_withdraw_sends_free_funds(treasury: Treasury) -> None:
    treasury.pool.withdraw(50, treasury.stranger, sender=treasury.operator)
    assert events(treasury.pool) == [("Withdrawn", {"to": treasury.stranger, "amount": 50})]
    assert treasury.balance(treasury.stranger) == 50
    assert treasury.books() == (50, 40, 0, 0, 0, 10)
    assert treasury.held == 50


def test_withdraw_sends_tokens() -> None:
    treasury = confiscating()
    treasury.pool.withdraw(50, treasury.stranger, sender=treasury.operator)
    assert treasury.asset.balanceOf(treasury.stranger) == 50
    assert treasury.books() == (50, 40, 0, 0, 0, 10)


def test_withdraw_uses_the_announcement_up(treasury: Treasury) -> None:
    treasury.pool.withdraw(10, treasury.operator, sender=treasury.operator)
    assert treasury.pool.withdrawal() == (0, 0, 0)
    refused(treasury, "pool: no withdrawal announced", amount=10)


@pytest.mark.parametrize("later", [0, USABLE])
def test_withdraw_works_from_the_first_to_the_last_usable_second(treasury: Treasury, later: int) -> None:
    travel_to(now() + later)
    treasury.pool.withdraw(50, treasury.operator, sender=treasury.operator)
    assert treasury.balance(treasury.operator) == 50


def test_withdraw_refuses_while_the_notice_runs() -> None:
    treasury = deploy_treasury(funds=100)
    treasury.pool.announce_withdrawal(50, sender=treasury.operator)
    travel_to(now() + NOTICE - 1)
    refused(treasury, "pool: notice still runs")


def test_withdraw_refuses_once_it_has_lapsed(treasury: Treasury) -> None:
    travel_to(now() + USABLE + 1)
    refused(treasury, "pool: withdrawal lapsed")


def test_withdraw_refuses_what_was_not_announced() -> None:
    refused(deploy_treasury(funds=100), "pool: no withdrawal announced")


def test_withdraw_refuses_zero(treasury: Treasury) -> None:
    refused(treasury, "pool: amount is zero", amount=0)


def test_withdraw_refuses_more_than_announced(treasury: Treasury) -> None:
    refused(treasury, "pool: more than announced", amount=51)


def test_withdraw_refuses_the_zero_address(treasury: Treasury) -> None:
    refused(treasury, "pool: recipient is zero", to=ETH)


def test_withdraw_refuses_reserved_funds(treasury: Treasury) -> None:
    treasury.reserve(11)
    refused(treasury, "pool: free funds too low")


def test_withdraw_refuses_credited_funds(treasury: Treasury) -> None:
    treasury.reserve(11)
    treasury.pay(treasury.victim, 51)
    refused(treasury, "pool: free funds too low")


def test_withdraw_refuses_what_pays_debt(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 11)
    refused(treasury, "pool: free funds too low")


def test_withdraw_refuses_the_pool_as_recipient(treasury: Treasury) -> None:
    refused(treasury, "pool: asset did not go out", to=treasury.pool.address)


def test_withdraw_refuses_a_recipient_that_reverts(treasury: Treasury) -> None:
    refused(treasury, "pool: asset did not go out", to=deployer("mocks/RevertsOnReceive").deploy().address)


def test_withdraw_sees_a_loss_before_it_counts_free_funds() -> None:
    treasury = confiscating()
    treasury.asset.confiscate(treasury.pool.address, 11)
    refused(treasury, "pool: free funds too low")


def test_withdraw_lowers_the_books_to_what_is_left() -> None:
    treasury = confiscating()
    treasury.asset.confiscate(treasury.pool.address, 10)
    treasury.pool.withdraw(50, treasury.operator, sender=treasury.operator)
    assert events(treasury.pool) == [
        ("Synced", {"funds": 90}),
        ("Withdrawn", {"to": treasury.operator, "amount": 50}),
    ]
    assert treasury.books() == (40, 40, 0, 0, 0, 0)


def test_withdraw_does_not_adopt_a_gift() -> None:
    treasury = confiscating()
    treasury.asset.mint(treasury.pool.address, 500)
    treasury.reserve(60)
    refused(treasury, "pool: free funds too low", amount=1)


def test_withdraw_keeps_in_the_books_what_a_token_did_not_move() -> None:
    treasury = deploy_treasury(deployer("mocks/TransfersLessToken").deploy(), funds=200)
    treasury.announce(50)
    treasury.pool.withdraw(50, treasury.operator, sender=treasury.operator)
    assert events(treasury.pool) == [("Withdrawn", {"to": treasury.operator, "amount": 25})]
    assert treasury.books() == (75, 0, 0, 0, 0, 75)
    assert treasury.held == 75


def test_withdraw_refuses_a_token_that_takes_what_is_not_free() -> None:
    treasury = deploy_treasury(deployer("mocks/TakesMoreToken").deploy())
    treasury.give(treasury.funder, 10)
    treasury.fund(1_000)
    treasury.reserve(500)
    treasury.announce(500)
    refused(treasury, "pool: asset took too much", amount=500)


def test_withdraw_of_everything_free_leaves_a_credit_collectable(treasury: Treasury) -> None:
    treasury.pay(treasury.victim, 40)
    treasury.pool.withdraw(50, treasury.operator, sender=treasury.operator)
    assert treasury.pool.collect(treasury.victim) == 40


@pytest.mark.parametrize("caller", ["desk", "requester", "stranger"])
def test_withdraw_refuses_everybody_but_the_operator(treasury: Treasury, caller: str) -> None:
    sender = getattr(treasury, caller)
    with boa.reverts("pool: caller is not the operator"):
        treasury.pool.withdraw(50, sender, sender=sender)
    assert treasury.books() == (100, 40, 0, 0, 0, 60)


def test_a_new_operator_can_use_what_its_predecessor_announced(treasury: Treasury) -> None:
    successor = boa.env.generate_address("successor")
    treasury.directory.transfer_ownership(successor, sender=treasury.operator)
    treasury.directory.accept_ownership(sender=successor)
    treasury.pool.withdraw(50, successor, sender=successor)
    assert treasury.balance(successor) == 50
