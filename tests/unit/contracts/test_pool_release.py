# SPDX-License-Identifier: Apache-2.0
"""CompensationPool.release: reserves become free again, for debt first."""

import boa
import pytest
from treasury import Treasury, deploy_treasury, events


@pytest.fixture
def treasury() -> Treasury:
    treasury = deploy_treasury(funds=100)
    treasury.reserve(60)
    return treasury


def test_release_makes_reserved_funds_free(treasury: Treasury) -> None:
    treasury.pool.release(25, sender=treasury.desk)
    assert events(treasury.pool) == [("Released", {"amount": 25})]
    assert treasury.books() == (100, 35, 0, 0, 0, 65)


def test_release_gives_back_everything_that_was_reserved(treasury: Treasury) -> None:
    treasury.pool.release(60, sender=treasury.desk)
    assert treasury.books() == (100, 0, 0, 0, 0, 100)


def test_release_pays_debt_before_it_frees(treasury: Treasury) -> None:
    treasury.reserve(40)
    treasury.owe(treasury.victim, 70)
    treasury.pool.release(60, sender=treasury.desk)
    assert treasury.books() == (100, 40, 60, 0, 10, 0)
    assert treasury.pool.collectable(treasury.victim) == 60
    assert treasury.pool.owed(treasury.victim) == 10


def test_release_frees_nothing_while_funds_are_lost() -> None:
    treasury = deploy_treasury(funds=100)
    treasury.reserve(100)
    boa.env.set_balance(treasury.pool.address, 30)
    treasury.pool.sync()
    treasury.pool.release(60, sender=treasury.desk)
    assert treasury.books() == (30, 40, 0, 0, 0, 0)


def test_release_reverts_beyond_what_is_committed(treasury: Treasury) -> None:
    with boa.reverts():
        treasury.pool.release(61, sender=treasury.desk)
    assert treasury.books() == (100, 60, 0, 0, 0, 40)


@pytest.mark.parametrize("caller", ["operator", "requester", "stranger"])
def test_release_refuses_everybody_but_the_desk(treasury: Treasury, caller: str) -> None:
    with boa.reverts("pool: caller is not the desk"):
        treasury.pool.release(60, sender=getattr(treasury, caller))
    assert treasury.books() == (100, 60, 0, 0, 0, 40)
