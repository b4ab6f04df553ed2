# SPDX-License-Identifier: Apache-2.0
"""The queue of debts (modules/ledger): strictly in the order in which they arose, whoever asks first."""

import random

import boa
import pytest
from treasury import Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury()


def test_an_older_debt_comes_before_a_younger_ones_collect(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 50)
    treasury.owe(treasury.requester, 50)
    treasury.fund(50)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.requester)
    assert treasury.pool.collect(treasury.victim) == 50
    assert treasury.books() == (0, 0, 0, 0, 50, 0)


def test_what_an_older_debt_leaves_goes_to_the_younger(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 50)
    treasury.owe(treasury.requester, 50)
    treasury.fund(70)
    assert treasury.pool.collect(treasury.requester) == 20
    assert treasury.books() == (50, 0, 50, 0, 30, 0)
    assert treasury.pool.collect(treasury.victim) == 50


def test_a_debt_is_paid_in_parts(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 50)
    for part in (20, 25, 5):
        treasury.fund(part)
        assert treasury.pool.collect(treasury.victim) == part
    assert treasury.balance(treasury.victim) == 50
    assert treasury.books() == (0, 0, 0, 0, 0, 0)


def test_parts_keep_the_order_between_beneficiaries(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 50)
    treasury.owe(treasury.requester, 50)
    treasury.fund(20)
    treasury.pool.collect(treasury.victim)
    treasury.fund(35)
    assert treasury.pool.collect(treasury.requester) == 5
    assert treasury.pool.collect(treasury.victim) == 30
    assert treasury.pool.owed(treasury.requester) == 45
    assert treasury.pool.owed(treasury.victim) == 0


def test_a_younger_debt_of_the_same_beneficiary_waits_for_others_older_ones(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 10)
    treasury.owe(treasury.requester, 20)
    treasury.owe(treasury.victim, 30)
    treasury.fund(25)
    assert treasury.pool.collect(treasury.victim) == 10
    assert treasury.pool.owed(treasury.victim) == 30
    treasury.fund(10)
    assert treasury.pool.collect(treasury.victim) == 5
    assert treasury.pool.collect(treasury.requester) == 20
    assert treasury.books() == (0, 0, 0, 0, 25, 0)


def test_a_debt_paid_by_anothers_call_keeps_its_place(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 50)
    treasury.owe(treasury.requester, 10)
    treasury.fund(60)
    treasury.pool.collect(treasury.requester)
    treasury.owe(treasury.stranger, 40)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.stranger)
    assert treasury.pool.collect(treasury.victim) == 50


def test_32_debts_are_settled_in_a_call_and_the_rest_in_the_next(treasury: Treasury) -> None:
    for _ in range(70):
        treasury.owe(treasury.victim, 1)
    treasury.fund(70)
    assert treasury.pool.collectable(treasury.victim) == 32
    assert [treasury.pool.collect(treasury.victim) for _ in range(3)] == [32, 32, 6]
    assert treasury.balance(treasury.victim) == 70
    assert treasury.books() == (0, 0, 0, 0, 0, 0)


def test_what_waits_for_the_next_call_cannot_be_reserved(treasury: Treasury) -> None:
    for _ in range(33):
        treasury.owe(treasury.victim, 1)
    treasury.fund(33)
    treasury.pool.collect(treasury.victim)
    assert treasury.reserve(1) is False
    assert treasury.books() == (1, 0, 1, 0, 0, 0)


def test_what_waits_for_the_next_call_cannot_be_withdrawn(treasury: Treasury) -> None:
    for _ in range(33):
        treasury.owe(treasury.victim, 1)
    treasury.fund(33)
    treasury.pool.collect(treasury.victim)
    treasury.announce(1)
    with boa.reverts("pool: free funds too low"):
        treasury.pool.withdraw(1, treasury.operator, sender=treasury.operator)
    assert treasury.pool.collect(treasury.victim) == 1


def test_many_debts_of_one_do_not_delay_another(treasury: Treasury) -> None:
    for _ in range(40):
        treasury.owe(treasury.requester, 1)
    treasury.owe(treasury.victim, 5)
    treasury.fund(45)
    assert treasury.pool.collect(treasury.victim) == 5


def test_owed_counts_the_oldest_32_debts(treasury: Treasury) -> None:
    for _ in range(40):
        treasury.owe(treasury.victim, 1)
    assert treasury.pool.owed(treasury.victim) == 32
    assert treasury.books() == (0, 0, 0, 0, 40, 0)


def test_debt_comes_before_a_withdrawal(treasury: Treasury) -> None:
    treasury.fund(100)
    treasury.announce(100)
    treasury.owe(treasury.victim, 30)
    with boa.reverts("pool: free funds too low"):
        treasury.pool.withdraw(71, treasury.operator, sender=treasury.operator)
    treasury.pool.withdraw(70, treasury.operator, sender=treasury.operator)
    assert treasury.pool.collect(treasury.victim) == 30


def test_a_released_reserve_pays_the_oldest_debt(treasury: Treasury) -> None:
    treasury.fund(100)
    treasury.reserve(100)
    treasury.owe(treasury.victim, 60)
    treasury.owe(treasury.requester, 60)
    treasury.pool.release(100, sender=treasury.desk)
    assert treasury.pool.collectable(treasury.victim) == 60
    assert treasury.pool.collectable(treasury.requester) == 40


def test_a_debt_does_not_take_what_is_credited_to_others(treasury: Treasury) -> None:
    treasury.fund(100)
    treasury.reserve(100)
    treasury.pay(treasury.victim, 100)
    treasury.owe(treasury.requester, 60)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.requester)
    assert treasury.pool.collect(treasury.victim) == 100


def test_a_debt_is_not_paid_while_funds_are_below_what_is_reserved(treasury: Treasury) -> None:
    treasury.fund(100)
    treasury.reserve(100)
    treasury.owe(treasury.requester, 60)
    boa.env.set_balance(treasury.pool.address, 80)
    treasury.pool.sync()
    assert treasury.books() == (80, 100, 0, 0, 60, 0)
    treasury.fund(30)
    assert treasury.pool.collectable(treasury.requester) == 10


def test_a_debt_that_funds_covered_waits_again_when_they_shrink(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 60)
    treasury.fund(60)
    assert treasury.books() == (60, 0, 60, 0, 0, 0)
    boa.env.set_balance(treasury.pool.address, 25)
    treasury.pool.sync()
    assert treasury.books() == (25, 0, 25, 0, 35, 0)
    assert treasury.pool.collect(treasury.victim) == 25
    assert treasury.pool.owed(treasury.victim) == 35


def test_a_debt_once_credited_stays_credited_when_funds_shrink(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 60)
    treasury.owe(treasury.requester, 40)
    treasury.fund(100)
    treasury.pool.collect(treasury.requester)
    boa.env.set_balance(treasury.pool.address, 25)
    treasury.pool.sync()
    assert treasury.books() == (25, 0, 60, 0, 0, 0)
    treasury.fund(35)
    assert treasury.pool.collect(treasury.victim) == 60


def test_a_debt_grows_no_claim_on_later_debts_of_others(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 10)
    treasury.fund(10)
    treasury.pool.collect(treasury.victim)
    treasury.owe(treasury.requester, 7)
    treasury.fund(7)
    with boa.reverts("pool: nothing to collect"):
        treasury.pool.collect(treasury.victim)
    assert treasury.pool.collect(treasury.requester) == 7


def test_debt_events_rebuild_the_queue(treasury: Treasury) -> None:
    treasury.owe(treasury.victim, 10)
    first = events(treasury.pool)
    treasury.owe(treasury.victim, 5)
    second = events(treasury.pool)
    treasury.fund(12)
    treasury.pool.collect(treasury.victim)
    assert first + second == [
        ("Owed", {"beneficiary": treasury.victim, "index": 0, "position": 0, "amount": 10}),
        ("Owed", {"beneficiary": treasury.victim, "index": 1, "position": 10, "amount": 5}),
    ]
    assert events(treasury.pool)[:2] == [
        ("DebtPaid", {"amount": 12}),
        ("DebtCredited", {"beneficiary": treasury.victim, "amount": 12}),
    ]


@pytest.mark.parametrize("seed", range(4))
def test_any_story_of_debts_pays_in_the_order_they_arose(seed: int) -> None:
    # The model is a plain list: money in pays from its front.
    dice = random.Random(seed)
    treasury = deploy_treasury()
    people = [treasury.requester, treasury.victim, treasury.stranger]
    queue: list[list[object]] = []
    paid = dict.fromkeys(people, 0)
    money = 0
    for _ in range(60):
        who, amount = dice.choice(people), dice.randint(1, 50)
        match dice.choice(["owe", "fund", "collect"]):
            case "owe":
                treasury.owe(who, amount)
                queue.append([who, amount])
            case "fund":
                treasury.fund(amount)
                money += amount
            case "collect" if treasury.pool.collectable(who):
                treasury.pool.collect(who)
        while queue and money:
            part = min(money, queue[0][1])  # type: ignore[call-overload]
            paid[queue[0][0]] += part  # type: ignore[index]
            money -= part
            queue[0][1] -= part  # type: ignore[operator]
            if queue[0][1] == 0:
                queue.pop(0)
        for person in people:
            waiting = sum(debt[1] for debt in queue if debt[0] == person)  # type: ignore[misc]
            assert treasury.balance(person) + treasury.pool.collectable(person) == paid[person]
            assert treasury.pool.owed(person) == waiting
        assert treasury.pool.free() == money
