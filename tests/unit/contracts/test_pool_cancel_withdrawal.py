# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.cancel_withdrawal: the operator takes an announcement back."""

import boa
import pytest
from house import now, travel_to
from treasury import NOTICE, USABLE, Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    treasury = deploy_treasury(funds=100)
    treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    return treasury


def test_cancel_takes_the_announcement_back(treasury: Treasury) -> None:
    treasury.pool.cancel_withdrawal(sender=treasury.operator)
    assert events(treasury.pool) == [("WithdrawalCancelled", {"amount": 40})]
    assert treasury.pool.withdrawal() == (0, 0, 0)


def test_cancelled_withdrawal_cannot_be_made(treasury: Treasury) -> None:
    treasury.pool.cancel_withdrawal(sender=treasury.operator)
    travel_to(now() + NOTICE)
    with boa.reverts("pool: no withdrawal announced"):
        treasury.pool.withdraw(40, treasury.operator, sender=treasury.operator)
    assert treasury.held == 100


def test_cancel_makes_room_for_another_with_its_own_notice(treasury: Treasury) -> None:
    travel_to(now() + NOTICE)
    treasury.pool.cancel_withdrawal(sender=treasury.operator)
    treasury.pool.announce_withdrawal(90, sender=treasury.operator)
    with boa.reverts("pool: notice still runs"):
        treasury.pool.withdraw(90, treasury.operator, sender=treasury.operator)
    assert treasury.pool.withdrawal() == (90, now() + NOTICE, now() + NOTICE + USABLE)


def test_cancel_clears_one_that_has_lapsed(treasury: Treasury) -> None:
    travel_to(now() + NOTICE + USABLE + 1)
    treasury.pool.cancel_withdrawal(sender=treasury.operator)
    assert treasury.pool.withdrawal() == (0, 0, 0)


def test_cancel_refuses_where_nothing_is_announced(treasury: Treasury) -> None:
    treasury.pool.cancel_withdrawal(sender=treasury.operator)
    with boa.reverts("pool: no withdrawal announced"):
        treasury.pool.cancel_withdrawal(sender=treasury.operator)
    assert treasury.pool.withdrawal() == (0, 0, 0)


@pytest.mark.parametrize("caller", ["desk", "requester", "stranger"])
def test_cancel_refuses_everybody_but_the_operator(treasury: Treasury, caller: str) -> None:
    before = treasury.pool.withdrawal()
    with boa.reverts("pool: caller is not the operator"):
        treasury.pool.cancel_withdrawal(sender=getattr(treasury, caller))
    assert treasury.pool.withdrawal() == before
