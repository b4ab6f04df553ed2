# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.settle: the end of a bond and of a reserve, only for the panel and the lane."""

from typing import Any

import boa
import pytest
from house import ETH, deployer
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from treasury import Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    """Funds of 100, all free, a bond of 30 and 40 of the funds set aside for an incident."""
    treasury = deploy_treasury(funds=100)
    treasury.take_bond(treasury.requester, 30)
    treasury.reserve_up_to(40)
    return treasury


# ---------------------------------------------------------------- who gets what


def test_settle_gives_a_winner_bond_and_reserve(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=30, reserved=40, credited=70)
    assert events(treasury.pool) == [
        ("Unbonded", {"amount": 30}),
        ("Credited", {"beneficiary": treasury.requester, "amount": 70}),
    ]
    assert treasury.books() == (130, 0, 70, 0, 0, 60)
    assert treasury.pool.collectable(treasury.requester) == 70


def test_settle_frees_all_that_a_loser_had_at_stake(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=20, reserved=40)
    assert events(treasury.pool) == [("Unbonded", {"amount": 20}), ("Released", {"amount": 60})]
    assert treasury.books() == (130, 0, 0, 10, 0, 120)
    assert treasury.pool.collectable(treasury.requester) == 0


def test_settle_frees_what_is_not_the_beneficiarys(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=30, reserved=40, credited=55)
    assert events(treasury.pool) == [
        ("Unbonded", {"amount": 30}),
        ("Released", {"amount": 15}),
        ("Credited", {"beneficiary": treasury.requester, "amount": 55}),
    ]
    assert treasury.books() == (130, 0, 55, 0, 0, 75)


def test_settle_leaves_the_rest_of_a_bond_bonded(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=12, credited=12)
    assert treasury.books() == (130, 40, 12, 18, 0, 60)


def test_settle_without_a_bond_logs_no_end_of_one(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, reserved=40, credited=40)
    assert events(treasury.pool) == [("Credited", {"beneficiary": treasury.requester, "amount": 40})]
    assert treasury.books() == (130, 0, 40, 30, 0, 60)


def test_settle_of_nothing_changes_and_logs_nothing(treasury: Treasury) -> None:
    before = treasury.books()
    treasury.settle(treasury.requester)
    assert events(treasury.pool) == []
    assert treasury.books() == before


# ---------------------------------------------------------------- what is due beyond


def test_settle_pays_what_is_due_out_of_free_funds(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=20, credited=20, due=10)
    assert events(treasury.pool) == [
        ("Unbonded", {"amount": 20}),
        ("Reserved", {"amount": 10}),
        ("Credited", {"beneficiary": treasury.requester, "amount": 30}),
    ]
    assert treasury.books() == (130, 40, 30, 10, 0, 50)


def test_settle_pays_the_last_free_unit_of_what_is_due(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, due=60)
    assert treasury.books() == (130, 40, 60, 30, 0, 0)


def test_settle_owes_what_is_due_where_free_funds_do_not_reach(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=20, credited=20, due=61)
    assert events(treasury.pool) == [
        ("Unbonded", {"amount": 20}),
        ("Owed", {"beneficiary": treasury.requester, "index": 0, "position": 0, "amount": 61}),
        ("Credited", {"beneficiary": treasury.requester, "amount": 20}),
    ]
    # What is free counts for the debt at once.
    assert treasury.books() == (130, 40, 80, 10, 1, 0)
    assert treasury.pool.owed(treasury.requester) == 1


def test_settle_owes_what_is_due_where_nothing_is_free() -> None:
    treasury = deploy_treasury()
    treasury.take_bond(treasury.requester, 30)
    treasury.settle(treasury.requester, bond=20, credited=20, due=10)
    assert treasury.books() == (30, 0, 20, 10, 10, 0)
    assert treasury.pool.owed(treasury.requester) == 10


def test_settle_pays_what_is_due_from_what_it_has_just_freed() -> None:
    treasury = deploy_treasury(funds=40)
    treasury.reserve_up_to(40)
    treasury.settle(treasury.requester, reserved=40, credited=30, due=10)
    assert treasury.books() == (40, 0, 40, 0, 0, 0)


def test_what_is_due_comes_after_older_debts() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.victim, 25)
    treasury.take_bond(treasury.requester, 30)
    treasury.settle(treasury.requester, bond=20, credited=20, due=10)
    treasury.fund(25)
    assert treasury.pool.collectable(treasury.victim) == 25
    assert treasury.pool.collectable(treasury.requester) == 20
    assert treasury.pool.owed(treasury.requester) == 10


def test_what_a_loser_leaves_pays_debts_first() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.victim, 25)
    treasury.take_bond(treasury.requester, 30)
    treasury.settle(treasury.requester, bond=30)
    assert treasury.books() == (30, 0, 25, 0, 0, 5)
    assert treasury.pool.collectable(treasury.victim) == 25


# ---------------------------------------------------------------- sent at once


def test_settle_sends_all_at_once_where_asked(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=20, reserved=40, credited=60, due=10, collect=True)
    assert events(treasury.pool)[-2:] == [
        ("Credited", {"beneficiary": treasury.requester, "amount": 70}),
        ("Collected", {"beneficiary": treasury.requester, "amount": 70}),
    ]
    assert treasury.balance(treasury.requester) == 70
    assert treasury.books() == (60, 0, 0, 10, 0, 50)
    assert treasury.held == 60


def test_settle_sends_earlier_credit_along(treasury: Treasury) -> None:
    treasury.reserve(15)
    treasury.pay(treasury.requester, 15)
    treasury.settle(treasury.requester, bond=30, credited=30, collect=True)
    assert treasury.balance(treasury.requester) == 45


def test_settle_sends_earlier_credit_also_where_nothing_is_won(treasury: Treasury) -> None:
    treasury.reserve(15)
    treasury.pay(treasury.requester, 15)
    treasury.settle(treasury.requester, bond=30, collect=True)
    assert treasury.balance(treasury.requester) == 15
    assert treasury.books() == (115, 40, 0, 0, 0, 75)


def test_settle_sends_nothing_where_there_is_nothing_and_does_not_revert(treasury: Treasury) -> None:
    treasury.settle(treasury.requester, bond=30, reserved=40, collect=True)
    assert treasury.balance(treasury.requester) == 0
    assert treasury.books() == (130, 0, 0, 0, 0, 130)


def test_settle_sends_nothing_where_the_debt_waits() -> None:
    treasury = deploy_treasury()
    treasury.settle(treasury.requester, due=10, collect=True)
    assert treasury.balance(treasury.requester) == 0
    assert treasury.books() == (0, 0, 0, 0, 10, 0)


def test_settle_refuses_to_send_to_a_recipient_that_reverts(treasury: Treasury) -> None:
    recipient, before = deployer("mocks/RevertsOnReceive").deploy().address, treasury.books()
    with boa.reverts("pool: asset did not go out"):
        treasury.settle(recipient, bond=30, credited=30, collect=True)
    assert treasury.books() == before


def test_settle_credits_a_recipient_that_reverts(treasury: Treasury) -> None:
    recipient = deployer("mocks/RevertsOnReceive").deploy().address
    treasury.settle(recipient, bond=30, credited=30)
    assert treasury.pool.collectable(recipient) == 30


def test_settle_calls_no_token_unless_asked_to_collect() -> None:
    token = deployer("mocks/BrokenBalanceToken").deploy(False)
    treasury = deploy_treasury(token, funds=100)
    treasury.take_bond(treasury.requester, 30)
    token.set_broken(True)
    treasury.settle(treasury.requester, bond=20, credited=20, due=10)
    assert treasury.books() == (130, 0, 30, 10, 0, 90)


# ---------------------------------------------------------------- promise 1


def test_a_settlement_that_collects_pays_no_debts_from_its_own_reserve() -> None:
    # What is sent to the winner cannot also pay the debt that stands before it in the queue.
    treasury = deploy_treasury(funds=200)
    treasury.reserve(100)  # the victim's ticket
    assert treasury.reserve_up_to(100) == 100  # the requester's incident
    treasury.owe(treasury.stranger, 50)
    treasury.owe(treasury.requester, 50)
    treasury.settle(treasury.requester, reserved=100, credited=100, collect=True)
    assert treasury.balance(treasury.requester) == 100
    assert treasury.books() == (100, 100, 0, 0, 100, 0)
    treasury.pay(treasury.victim, 100, collect=True)
    assert treasury.balance(treasury.victim) == 100


def test_a_loss_is_seen_before_what_is_due_is_paid() -> None:
    treasury = deploy_treasury(deployer("mocks/ConfiscatingToken").deploy(), funds=130)
    treasury.reserve(100)
    treasury.take_bond(treasury.requester, 50)
    treasury.asset.confiscate(treasury.pool.address, 30)
    treasury.settle(treasury.requester, bond=20, credited=20, due=30, collect=True)
    assert treasury.balance(treasury.requester) == 20
    assert treasury.books() == (130, 100, 0, 30, 30, 0)


def test_a_fee_that_is_collected_pays_no_debts_from_others_bonds() -> None:
    treasury = deploy_treasury()
    treasury.owe(treasury.stranger, 50)  # an arbiter who is also owed something, behind the victim
    treasury.take_bond(treasury.victim, 60)
    treasury.settle(treasury.stranger, bond=10, credited=10, collect=True)
    assert treasury.balance(treasury.stranger) == 10
    assert treasury.books() == (50, 0, 0, 50, 50, 0)


@settings(
    max_examples=60,
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    reserve=st.integers(0, 60),
    bonds=st.tuples(st.integers(0, 40), st.integers(0, 40)),
    asked=st.integers(0, 80),
    debts=st.lists(st.tuples(st.booleans(), st.integers(1, 50)), max_size=4),
    funded_later=st.integers(0, 60),
    data=st.data(),
)
def test_no_settlement_pays_anybody_out_of_somebody_elses_reserve(
    reserve: int,
    bonds: tuple[int, int],
    asked: int,
    debts: list[tuple[bool, int]],
    funded_later: int,
    data: st.DataObject,
) -> None:
    """Whatever is owed to whom: after it the victim's reserve and bond are there, to the last unit."""
    with boa.env.anchor():
        treasury = deploy_treasury(funds=100)
        treasury.reserve(reserve)
        mine, others = bonds
        treasury.take_bond(treasury.requester, mine)
        treasury.take_bond(treasury.victim, others)
        reserved = treasury.reserve_up_to(asked)
        for to_requester, amount in debts:
            treasury.owe(treasury.requester if to_requester else treasury.stranger, amount)
        if funded_later:
            treasury.fund(funded_later)

        bond = data.draw(st.integers(0, mine), label="bond")
        credited = data.draw(st.integers(0, bond + reserved), label="credited")
        due = data.draw(st.integers(0, 50), label="due")
        collect = data.draw(st.booleans(), label="collect")
        owned = treasury.pool.collectable(treasury.requester) + treasury.pool.owed(treasury.requester)
        treasury.settle(
            treasury.requester, bond=bond, reserved=reserved, credited=credited, due=due, collect=collect
        )

        books = treasury.pool.books()
        assert treasury.held == books.funds
        assert books.reserved == reserve
        assert books.bonded == others + mine - bond
        assert books.funds >= books.reserved + books.bonded + books.credited
        assert books.free == 0 or books.debt == 0
        has = treasury.balance(treasury.requester)
        left = treasury.pool.collectable(treasury.requester) + treasury.pool.owed(treasury.requester)
        assert has + left == owned + credited + due
        assert has == 0 or collect
        treasury.pay(treasury.victim, reserve, collect=True)
        assert treasury.balance(treasury.victim) == reserve


# ---------------------------------------------------------------- the lane's


def test_settle_gives_a_prover_its_bond_back(treasury: Treasury) -> None:
    treasury.take_bond(treasury.victim, 12, caller=treasury.lane)
    treasury.settle(treasury.victim, reserved=12, credited=12, caller=treasury.lane)
    assert events(treasury.pool) == [("Credited", {"beneficiary": treasury.victim, "amount": 12})]
    assert treasury.books() == (142, 40, 12, 30, 0, 60)
    assert treasury.pool.collectable(treasury.victim) == 12


def test_settle_frees_a_bond_that_a_prover_loses(treasury: Treasury) -> None:
    treasury.take_bond(treasury.victim, 12, caller=treasury.lane)
    treasury.settle(treasury.victim, reserved=12, caller=treasury.lane)
    assert events(treasury.pool) == [("Released", {"amount": 12})]
    assert treasury.books() == (142, 40, 0, 30, 0, 72)


def test_settle_frees_what_an_expired_batch_held(treasury: Treasury) -> None:
    treasury.reserve(60)
    treasury.settle(ETH, reserved=60, caller=treasury.lane)
    assert events(treasury.pool) == [("Released", {"amount": 60})]
    assert treasury.books() == (130, 40, 0, 30, 0, 60)


# ---------------------------------------------------------------- refusals


def test_settle_reverts_where_it_gives_more_than_it_ends(treasury: Treasury) -> None:
    before = treasury.books()
    with boa.reverts():
        treasury.settle(treasury.requester, bond=30, reserved=40, credited=71)
    assert treasury.books() == before


def test_settle_reverts_where_it_ends_more_bonds_than_there_are(treasury: Treasury) -> None:
    before = treasury.books()
    with boa.reverts():
        treasury.settle(treasury.requester, bond=31, credited=31)
    assert treasury.books() == before


@pytest.mark.parametrize("caller", ["desk", "operator", "requester", "stranger", "pool"])
@pytest.mark.parametrize("collect", [True, False])
def test_settle_refuses_everybody_but_panel_and_lane(treasury: Treasury, caller: str, collect: bool) -> None:
    sender: Any = treasury.pool.address if caller == "pool" else getattr(treasury, caller)
    before = treasury.books()
    with boa.reverts("pool: caller is not panel or lane"):
        treasury.pool.settle(sender, 30, 40, 70, 0, collect, sender=sender)
    assert treasury.books() == before
    assert treasury.held == 130
