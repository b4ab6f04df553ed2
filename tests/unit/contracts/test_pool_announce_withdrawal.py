# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.announce_withdrawal: public notice, one at a time, lapsing by itself."""

import boa
import pytest
from house import now, travel_to
from treasury import NOTICE, USABLE, Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    return deploy_treasury(funds=100)


def test_announce_fixes_amount_and_times(treasury: Treasury) -> None:
    at = now()
    treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    window = {"amount": 40, "usable_from": at + NOTICE, "usable_until": at + NOTICE + USABLE}
    assert events(treasury.pool) == [("WithdrawalAnnounced", window)]
    assert treasury.pool.withdrawal() == (40, at + NOTICE, at + NOTICE + USABLE)


def test_announce_moves_no_money(treasury: Treasury) -> None:
    treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_announced_funds_can_still_back_tickets(treasury: Treasury) -> None:
    treasury.pool.announce_withdrawal(100, sender=treasury.operator)
    assert treasury.reserve(100) is True


def test_announce_takes_more_than_is_free(treasury: Treasury) -> None:
    treasury.pool.announce_withdrawal(2**256 - 1, sender=treasury.operator)
    assert treasury.pool.withdrawal()[0] == 2**256 - 1


def test_announce_refuses_zero(treasury: Treasury) -> None:
    with boa.reverts("pool: amount is zero"):
        treasury.pool.announce_withdrawal(0, sender=treasury.operator)
    assert treasury.pool.withdrawal() == (0, 0, 0)


def test_announce_refuses_a_second_until_the_first_has_lapsed(treasury: Treasury) -> None:
    treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    first = treasury.pool.withdrawal()
    travel_to(now() + NOTICE + USABLE)
    with boa.reverts("pool: withdrawal pending"):
        treasury.pool.announce_withdrawal(50, sender=treasury.operator)
    assert treasury.pool.withdrawal() == first


def test_announce_replaces_one_that_has_lapsed(treasury: Treasury) -> None:
    treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    travel_to(now() + NOTICE + USABLE + 1)
    treasury.pool.announce_withdrawal(50, sender=treasury.operator)
    assert treasury.pool.withdrawal() == (50, now() + NOTICE, now() + NOTICE + USABLE)


@pytest.mark.parametrize("caller", ["desk", "requester", "stranger"])
def test_announce_refuses_everybody_but_the_operator(treasury: Treasury, caller: str) -> None:
    with boa.reverts("pool: caller is not the operator"):
        treasury.pool.announce_withdrawal(40, sender=getattr(treasury, caller))
    assert treasury.pool.withdrawal() == (0, 0, 0)


def test_announce_follows_the_directorys_owner(treasury: Treasury) -> None:
    successor = boa.env.generate_address("successor")
    treasury.directory.transfer_ownership(successor, sender=treasury.operator)
    with boa.reverts("pool: caller is not the operator"):
        treasury.pool.announce_withdrawal(40, sender=successor)
    treasury.directory.accept_ownership(sender=successor)
    with boa.reverts("pool: caller is not the operator"):
        treasury.pool.announce_withdrawal(40, sender=treasury.operator)
    treasury.pool.announce_withdrawal(40, sender=successor)
    assert treasury.pool.withdrawal()[0] == 40
