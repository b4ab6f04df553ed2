# SPDX-License-Identifier: Apache-2.0
"""The pool's constructor: what it fixes, and what it refuses."""

import boa
import pytest
from house import DAY, ETH, deployer

TEN_YEARS = 315_576_000


def make_pool(asset: str = ETH, notice: int = DAY) -> object:
    return deployer("CompensationPool").deploy(*somebodies(), asset, notice)


def somebodies() -> list[str]:
    """In the place of desk, panel, lane and directory."""
    return [str(boa.env.generate_address(role)) for role in ("desk", "panel", "lane", "directory")]


def test_constructor_fixes_desk_panel_lane_directory_asset_and_notice() -> None:
    others, token = somebodies(), deployer("mocks/PlainToken").deploy(6).address
    pool = deployer("CompensationPool").deploy(*others, token, 3 * DAY)
    assert [pool.desk(), pool.panel(), pool.lane(), pool.directory()] == others
    assert (pool.asset(), pool.notice()) == (token, 3 * DAY)


def test_constructor_takes_eth_as_the_zero_address() -> None:
    assert make_pool(ETH).asset() == ETH


def test_constructor_starts_with_empty_books() -> None:
    assert tuple(make_pool().books()) == (0, 0, 0, 0, 0, 0)


def test_constructor_refuses_an_asset_without_code() -> None:
    with boa.reverts("pool: asset is no token"):
        make_pool(boa.env.generate_address("nobody"))


def test_constructor_refuses_a_contract_that_has_no_balances() -> None:
    with boa.reverts("pool: asset is no token"):
        make_pool(deployer("mocks/RevertsOnReceive").deploy().address)


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("00", id="nothing"),  # STOP
        pytest.param("601f5ff3", id="31 bytes"),  # PUSH1 31, PUSH0, RETURN
    ],
)
def test_constructor_refuses_a_contract_that_answers_no_number(code: str) -> None:
    asset = boa.env.generate_address("asset")
    boa.env.set_code(asset, bytes.fromhex(code))
    with boa.reverts("pool: asset is no token"):
        make_pool(asset)


@pytest.mark.parametrize("notice", [DAY, TEN_YEARS])
def test_constructor_takes_the_shortest_and_the_longest_notice(notice: int) -> None:
    assert make_pool(notice=notice).notice() == notice


@pytest.mark.parametrize("notice", [0, DAY - 1, TEN_YEARS + 1, 2**256 - 1])
def test_constructor_refuses_a_notice_outside_a_day_to_ten_years(notice: int) -> None:
    with boa.reverts("pool: notice out of range"):
        make_pool(notice=notice)
