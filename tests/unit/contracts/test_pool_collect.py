# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.collect: always to the beneficiary, never at somebody else's cost."""

from typing import Any

import boa
import pytest
from house import deployer
from treasury import Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    """Funds of 100: the requester and the victim are credited 30 each, 40 are reserved."""
    treasury = deploy_treasury(funds=100)
    treasury.reserve(100)
    treasury.pay(treasury.requester, 30)
    treasury.pay(treasury.victim, 30)
    return treasury


@pytest.fixture
def confiscated() -> Treasury:
    """The same in a token whose issuer took 60 of the 100."""
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=100)
    treasury.reserve(100)
    treasury.pay(treasury.requester, 30)
    treasury.pay(treasury.victim, 30)
    treasury.asset.confiscate(treasury.pool.address, 60)
    return treasury


def test_collect_sends_the_whole_credit(treasury: Treasury) -> None:
    assert treasury.pool.collect(treasury.requester, sender=treasury.requester) == 30
    assert events(treasury.pool) == [("Collected", {"beneficiary": treasury.requester, "amount": 30})]
    assert treasury.balance(treasury.requester) == 30
    assert treasury.books() == (70, 40, 30, 0, 0, 0)
    assert treasury.held == 70


def test_collect_by_a_stranger_pays_the_beneficiary(treasury: Treasury) -> None:
    treasury.pool.collect(treasury.requester, sender=treasury.stranger)
    assert treasury.balance(treasury.requester) == 30
    assert treasury.balance(treasury.stranger) == 0


def test_collect_leaves_others_credit(treasury: Treasury) -> None:
    treasury.pool.collect(treasury.requester)
    assert treasury.pool.collectable(treasury.victim) == 30


def test_collect_sends_tokens() -> None:
    token = deployer("mocks/PlainToken").deploy(18)
    treasury = deploy_treasury(token, funds=100)
    treasury.reserve(100)
    treasury.pay(treasury.requester, 30)
    assert treasury.pool.collect(treasury.requester) == 30
    assert token.balanceOf(treasury.requester) == 30
    assert token.balanceOf(treasury.pool.address) == 70


def test_collect_refuses_where_nothing_is_owed(treasury: Treasury) -> None:
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.stranger, sender=treasury.stranger)
    assert treasury.books() == (100, 40, 60, 0, 0, 0)


def test_collect_refuses_the_second_time(treasury: Treasury) -> None:
    treasury.pool.collect(treasury.requester)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.requester)
    assert treasury.balance(treasury.requester) == 30
    assert treasury.books() == (70, 40, 30, 0, 0, 0)


def test_collect_refuses_a_debt_that_waits(treasury: Treasury) -> None:
    treasury.owe(treasury.stranger, 10)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.stranger)
    assert treasury.books() == (100, 40, 60, 0, 10, 0)
    assert treasury.pool.owed(treasury.stranger) == 10


def test_collect_pays_debts_out_of_new_funds(treasury: Treasury) -> None:
    treasury.owe(treasury.stranger, 10)
    treasury.fund(15)
    assert treasury.pool.collect(treasury.stranger) == 10
    assert events(treasury.pool) == [
        ("DebtPaid", {"amount": 10}),
        ("DebtCredited", {"beneficiary": treasury.stranger, "amount": 10}),
        ("Collected", {"beneficiary": treasury.stranger, "amount": 10}),
    ]
    assert treasury.books() == (105, 40, 60, 0, 0, 5)


def test_a_recipient_that_reverts_keeps_its_credit(treasury: Treasury) -> None:
    recipient = deployer("mocks/RevertsOnReceive").deploy()
    treasury.pay(recipient.address, 40)
    with boa.reverts("pool: asset did not go out"):
        treasury.pool.collect(recipient.address)
    assert treasury.books() == (100, 0, 100, 0, 0, 0)
    assert treasury.pool.collectable(recipient.address) == 40


def test_a_recipient_that_reverts_hurts_nobody_else(treasury: Treasury) -> None:
    recipient = deployer("mocks/RevertsOnReceive").deploy()
    treasury.pay(recipient.address, 40)
    treasury.pool.collect(treasury.victim)
    assert treasury.balance(treasury.victim) == 30


def test_a_recipient_that_burns_gas_keeps_its_credit(treasury: Treasury) -> None:
    recipient = deployer("mocks/BurnsGasOnReceive").deploy()
    treasury.pay(recipient.address, 40)
    with boa.reverts("pool: asset did not go out"):
        treasury.pool.collect(recipient.address)
    assert treasury.pool.collectable(recipient.address) == 40


def test_a_recipient_that_returns_a_megabyte_is_paid(treasury: Treasury) -> None:
    recipient = deployer("mocks/ReturnsMegabyteOnReceive").deploy()
    treasury.pay(recipient.address, 40)
    assert treasury.pool.collect(recipient.address) == 40
    assert treasury.books() == (60, 0, 60, 0, 0, 0)


# What py-evm says of the opcode is no fault of a contract here.
ignore_selfdestruct = pytest.mark.filterwarnings("ignore:SELFDESTRUCT opcode:DeprecationWarning")


@ignore_selfdestruct
def test_eth_that_a_recipient_forces_back_stays_its_own(treasury: Treasury) -> None:
    recipient = deployer("mocks/ForceFeedsOnReceive").deploy(15)
    treasury.pay(recipient.address, 40)
    assert treasury.pool.collect(recipient.address) == 25
    assert treasury.held == 75
    assert treasury.books() == (75, 0, 75, 0, 0, 0)
    assert treasury.pool.collectable(recipient.address) == 15


@ignore_selfdestruct
def test_a_recipient_that_forces_everything_back_is_refused(treasury: Treasury) -> None:
    recipient = deployer("mocks/ForceFeedsOnReceive").deploy(40)
    treasury.pay(recipient.address, 40)
    with boa.reverts("pool: asset did not go out"):
        treasury.pool.collect(recipient.address)
    assert treasury.books() == (100, 0, 100, 0, 0, 0)


def test_the_pool_itself_collects_nothing(treasury: Treasury) -> None:
    treasury.pay(treasury.pool.address, 40)
    with boa.reverts("pool: asset did not go out"):
        treasury.pool.collect(treasury.pool.address)
    assert treasury.books() == (100, 0, 100, 0, 0, 0)


def test_the_pool_itself_collects_no_tokens() -> None:
    treasury = deploy_treasury(deployer("mocks/PlainToken").deploy(18), funds=100)
    treasury.reserve(100)
    treasury.pay(treasury.pool.address, 40)
    with boa.reverts("pool: asset did not go out"):
        treasury.pool.collect(treasury.pool.address)
    assert treasury.books() == (100, 60, 40, 0, 0, 0)


def test_what_a_token_does_not_move_stays_credited() -> None:
    treasury = deploy_treasury(deployer("mocks/TransfersLessToken").deploy(), funds=200)
    treasury.reserve(100)
    treasury.pay(treasury.requester, 31)
    assert treasury.pool.collect(treasury.requester) == 16
    assert events(treasury.pool)[-1] == ("Collected", {"beneficiary": treasury.requester, "amount": 16})
    assert treasury.books() == (84, 69, 15, 0, 0, 0)
    assert treasury.held == 84
    assert treasury.pool.collectable(treasury.requester) == 15


def test_collect_refuses_a_token_that_takes_too_much() -> None:
    treasury = deploy_treasury(deployer("mocks/TakesMoreToken").deploy())
    treasury.give(treasury.funder, 10)
    treasury.fund(1_000)
    treasury.reserve(1_000)
    treasury.pay(treasury.requester, 200)
    with boa.reverts("pool: asset took too much"):
        treasury.pool.collect(treasury.requester)
    assert treasury.books() == (1_000, 800, 200, 0, 0, 0)
    assert treasury.held == 1_000


def test_after_a_loss_collect_sends_what_is_there(confiscated: Treasury) -> None:
    confiscated.pool.collect(confiscated.requester)
    assert confiscated.balance(confiscated.requester) == 30
    assert events(confiscated.pool)[0] == ("Synced", {"funds": 40})
    assert confiscated.books() == (10, 40, 30, 0, 0, 0)


def test_after_a_loss_the_rest_stays_credited(confiscated: Treasury) -> None:
    confiscated.pool.collect(confiscated.requester)
    assert confiscated.pool.collectable(confiscated.victim) == 10
    assert confiscated.pool.collect(confiscated.victim) == 10
    assert confiscated.books() == (0, 40, 20, 0, 0, 0)


def test_after_a_loss_new_funds_make_good_what_is_credited(confiscated: Treasury) -> None:
    confiscated.pool.collect(confiscated.requester)
    confiscated.pool.collect(confiscated.victim)
    confiscated.fund(60)
    assert confiscated.pool.collect(confiscated.victim) == 20
    assert confiscated.balance(confiscated.victim) == 30
    assert confiscated.books() == (40, 40, 0, 0, 0, 0)


def test_collect_refuses_where_everything_is_gone(confiscated: Treasury) -> None:
    confiscated.asset.confiscate(confiscated.pool.address, 40)
    with boa.reverts("pool: funds are gone"):
        confiscated.pool.collect(confiscated.victim)
    assert confiscated.books() == (100, 40, 60, 0, 0, 0)


def test_a_loss_is_seen_before_debts_are_paid() -> None:
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=100)
    treasury.reserve(50)  # the victim's ticket
    treasury.owe(treasury.requester, 50)
    treasury.asset.confiscate(treasury.pool.address, 60)
    # Of 40 that are left none is free: a debt does not take what the victim's ticket holds.
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.requester)
    assert treasury.held == 40
    treasury.pool.sync()
    assert treasury.books() == (40, 50, 0, 0, 50, 0)


def test_a_loss_is_seen_before_a_claim_that_collects_pays_debts() -> None:
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=150)
    treasury.reserve(50)  # the victim's ticket
    treasury.reserve(50)  # the requester's
    treasury.owe(treasury.requester, 50)
    treasury.asset.confiscate(treasury.pool.address, 50)
    treasury.pay(treasury.requester, 50, collect=True)
    assert treasury.balance(treasury.requester) == 50
    assert treasury.books() == (50, 50, 0, 0, 50, 0)


def test_a_balance_that_cannot_be_read_stops_only_the_sending() -> None:
    token = deployer("mocks/BrokenBalanceToken").deploy(False)
    treasury = deploy_treasury(token, funds=100)
    treasury.reserve(100)
    treasury.pay(treasury.victim, 30)
    token.set_broken(True)
    with boa.reverts():
        treasury.pool.collect(treasury.victim)
    token.set_broken(False)
    assert treasury.pool.collect(treasury.victim) == 30


@pytest.mark.parametrize("gas", [60_000, 80_000, 120_000, 400_000])
def test_a_caller_short_of_gas_cannot_lose_a_beneficiarys_money(treasury: Treasury, gas: int) -> None:
    recipient: Any = deployer("mocks/ReturnsMegabyteOnReceive").deploy()
    treasury.pay(recipient.address, 40)
    with boa.reverts():
        treasury.pool.collect(recipient.address, gas=gas)
    assert treasury.pool.collectable(recipient.address) == 40
    assert treasury.books() == (100, 0, 100, 0, 0, 0)
