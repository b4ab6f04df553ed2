# SPDX-License-Identifier: Apache-2.0
"""The panel's constructor: what it fixes, the first arbiters, and what it refuses."""

from typing import Any

import boa
import pytest
from disputes import fifteen_arbiters
from house import House, chain_id, deploy_house, deployer, five_arbiters
from logs import events


def deploy(arbiters: list[str], threshold: int) -> Any:
    """A panel between three accounts of the test."""
    people = [boa.env.generate_address(role) for role in ("desk", "pool", "directory")]
    return deployer("ArbiterPanel").deploy(*people, arbiters, threshold)


def seats(count: int = 5) -> list[str]:
    return [one.address for one in fifteen_arbiters()[:count]]


def test_constructor_fixes_desk_pool_and_directory() -> None:
    people = [boa.env.generate_address(role) for role in ("desk", "pool", "directory")]
    panel = deployer("ArbiterPanel").deploy(*people, seats(), 3)
    assert [panel.desk(), panel.pool(), panel.directory()] == people


@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (2, 2), (5, 3), (5, 5), (15, 8), (15, 15)])
def test_constructor_adopts_the_first_panel(count: int, threshold: int) -> None:
    panel = deploy(seats(count), threshold)
    assert events(panel) == [("PanelAdopted", {"epoch": 1, "arbiters": seats(count), "threshold": threshold})]
    assert panel.epoch() == 1
    assert tuple(panel.panel(1)) == (seats(count), threshold)


def test_constructor_without_arbiters_adopts_no_panel() -> None:
    panel = deploy([], 0)
    assert events(panel) == []
    assert panel.epoch() == 0
    assert tuple(panel.panel(0)) == tuple(panel.panel(1)) == ([], 0)


def test_constructor_starts_without_disputes_or_proposal() -> None:
    panel = deploy(seats(), 3)
    assert (panel.dispute_count(), tuple(panel.proposal())) == (0, (0, 0, 0))


def test_constructor_refuses_a_threshold_without_arbiters() -> None:
    with boa.reverts("panel: no arbiter"):
        deploy([], 1)


@pytest.mark.parametrize("threshold", [0, 2, 6])
def test_constructor_refuses_a_threshold_out_of_range(threshold: int) -> None:
    with boa.reverts("panel: threshold out of range"):
        deploy(seats(), threshold)


def test_constructor_refuses_arbiters_that_do_not_ascend() -> None:
    with boa.reverts("panel: arbiters not ascending"):
        deploy(seats()[::-1], 3)


def test_the_factory_wires_desk_pool_and_panel(house: House) -> None:
    assert (house.panel.desk(), house.panel.pool()) == (house.desk.address, house.pool.address)
    assert house.panel.directory() == house.directory.address
    assert house.desk.panel() == house.pool.panel() == house.panel.address


def test_the_factory_hands_the_first_panel_over(house: House) -> None:
    assert tuple(house.panel.panel(1)) == ([one.address for one in five_arbiters()], 3)


def test_the_factory_deploys_a_desk_without_arbiters() -> None:
    assert deploy_house(arbiters=[], threshold=0).panel.epoch() == 0


def test_the_domain_is_the_panels_own(house: House) -> None:
    """EIP-5267: name, version, chain and contract (fields 0x0f), neither salt nor extensions."""
    assert tuple(house.panel.eip712Domain()) == (
        b"\x0f",
        "Makegood",
        "1",
        chain_id(),
        house.panel.address,
        b"\0" * 32,
        [],
    )
