# SPDX-License-Identifier: Apache-2.0
"""What is offered for gas: bounded, and raised by an eighth or more."""

import pytest

from makegood.sending.fees import GWEI, PLENTY, FeeRules, Offer, is_plenty, raised, within

NOW = Offer(22 * GWEI, 2 * GWEI, 10 * GWEI)


@pytest.mark.parametrize(("most", "tip"), [(1, 1), (7, 3), (8, 8), (10**9 + 1, 999), (10**20, 0)])
def test_a_replacement_offers_an_eighth_more_in_both_parts(most: int, tip: int) -> None:
    better = raised(most, tip, Offer(0, 0, 0), FeeRules())
    assert better is not None
    assert better.most * 8 >= most * 9
    assert better.tip * 8 >= tip * 9
    assert better.most >= better.tip


def test_a_replacement_follows_a_market_that_rose_by_more() -> None:
    better = raised(5 * GWEI, GWEI, NOW, FeeRules())
    assert better == NOW


def test_without_a_bound_an_offer_stays_as_it_is() -> None:
    assert within(NOW, FeeRules()) == NOW


def test_a_bound_lowers_the_offer_where_the_base_fee_still_fits() -> None:
    assert within(NOW, FeeRules(most=15 * GWEI)) == Offer(15 * GWEI, 2 * GWEI, 10 * GWEI)
    assert within(NOW, FeeRules(most=12 * GWEI)) is not None
    assert within(NOW, FeeRules(most=12 * GWEI - 1)) is None


def test_a_replacement_above_the_bound_is_none() -> None:
    assert raised(20 * GWEI, GWEI, NOW, FeeRules(most=22 * GWEI)) is None
    better = raised(16 * GWEI, GWEI, NOW, FeeRules(most=20 * GWEI))
    assert better is not None
    assert better.most == 20 * GWEI


def test_an_offer_far_above_the_market_is_plenty_in_both_parts_only() -> None:
    assert is_plenty(PLENTY * NOW.most, PLENTY * NOW.tip, NOW)
    assert not is_plenty(PLENTY * NOW.most - 1, PLENTY * NOW.tip, NOW)
    assert not is_plenty(PLENTY * NOW.most, PLENTY * NOW.tip - 1, NOW)


def test_a_chain_without_a_base_fee_takes_a_gas_price() -> None:
    assert Offer(5, 5, None).fields() == {"gasPrice": 5}
    assert NOW.fields() == {"type": 2, "maxFeePerGas": 22 * GWEI, "maxPriorityFeePerGas": 2 * GWEI}
    assert within(Offer(5, 5, None), FeeRules(most=4)) is None
