# SPDX-License-Identifier: Apache-2.0
"""The panel's beginning: what `initialize` fixes, the first arbiters, what it refuses; and only once."""

from typing import Any

import boa
import pytest
from addresses import create_address, proxy_code
from disputes import fifteen_arbiters
from house import DAY, ETH, FIRST_REPLY, House, chain_id, deploy_house, deployer, five_arbiters
from logs import events


def blank() -> Any:
    """A proxy of a new implementation that nobody has initialized."""
    implementation = deployer("ArbiterPanel").deploy().address
    proxy = boa.env.generate_address("panel")
    boa.env.set_code(proxy, proxy_code(implementation))
    return deployer("ArbiterPanel").at(proxy)


def somebodies() -> list[str]:
    """In the place of desk, pool and directory."""
    return [str(boa.env.generate_address(role)) for role in ("desk", "pool", "directory")]


def deploy(arbiters: list[str], threshold: int) -> Any:
    """A panel between three accounts of the test."""
    panel = blank()
    panel.initialize(*somebodies(), arbiters, threshold)
    return panel


def wiring(panel: Any) -> list[str]:
    return [panel.desk(), panel.pool(), panel.directory()]


def seats(count: int = 5) -> list[str]:
    return [one.address for one in fifteen_arbiters()[:count]]


# ---------------------------------------------------------------- initialize


def test_initialize_fixes_desk_pool_and_directory() -> None:
    panel, people = blank(), somebodies()
    panel.initialize(*people, seats(), 3)
    assert wiring(panel) == people


@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (2, 2), (5, 3), (5, 5), (15, 8), (15, 15)])
def test_initialize_adopts_the_first_panel(count: int, threshold: int) -> None:
    panel = deploy(seats(count), threshold)
    assert events(panel) == [("PanelAdopted", {"epoch": 1, "arbiters": seats(count), "threshold": threshold})]
    assert panel.epoch() == 1
    assert tuple(panel.panel(1)) == (seats(count), threshold)


def test_initialize_without_arbiters_adopts_no_panel() -> None:
    panel = deploy([], 0)
    assert events(panel) == []
    assert panel.epoch() == 0
    assert tuple(panel.panel(0)) == tuple(panel.panel(1)) == ([], 0)


def test_a_panel_starts_without_disputes_or_proposal() -> None:
    panel = deploy(seats(), 3)
    assert (panel.dispute_count(), tuple(panel.proposal())) == (0, (0, 0, 0))


def _refused(reason: str, people: list[str], arbiters: list[str], threshold: int) -> None:
    panel = blank()
    with boa.reverts(reason):
        panel.initialize(*people, arbiters, threshold)
    assert wiring(panel) == [ETH] * 3
    assert (panel.epoch(), tuple(panel.panel(1))) == (0, ([], 0))


def test_initialize_refuses_a_threshold_without_arbiters() -> None:
    _refused("panel: no arbiter", somebodies(), [], 1)


@pytest.mark.parametrize("threshold", [0, 2, 6])
def test_initialize_refuses_a_threshold_out_of_range(threshold: int) -> None:
    _refused("panel: threshold out of range", somebodies(), seats(), threshold)


def test_initialize_refuses_arbiters_that_do_not_ascend() -> None:
    _refused("panel: arbiters not ascending", somebodies(), seats()[::-1], 3)


def test_initialize_refuses_a_desk_of_zero() -> None:
    """It would leave the panel open to the next who comes."""
    _, pool, directory = somebodies()
    _refused("panel: desk is zero", [ETH, pool, directory], seats(), 3)


@pytest.mark.parametrize("arbiters", [0, 5])
def test_initialize_counts_once(arbiters: int) -> None:
    panel = deploy(seats(arbiters), arbiters // 2 + 1 if arbiters else 0)
    before = (wiring(panel), panel.epoch(), panel.panel(1))
    for people in (somebodies(), before[0], [ETH, *somebodies()[1:]]):
        with boa.reverts("panel: initialized already"):
            panel.initialize(*people, seats(3), 2)
    assert (wiring(panel), panel.epoch(), panel.panel(1)) == before


# ---------------------------------------------------------------- the implementation


def test_the_implementation_serves_nobody() -> None:
    implementation = deployer("ArbiterPanel").deploy()
    assert wiring(implementation) == [implementation.address, ETH, ETH]
    assert (implementation.epoch(), implementation.dispute_count()) == (0, 0)


def test_the_implementation_cannot_be_initialized() -> None:
    implementation = deployer("ArbiterPanel").deploy()
    with boa.reverts("panel: initialized already"):
        implementation.initialize(*somebodies(), seats(), 3)
    assert wiring(implementation) == [implementation.address, ETH, ETH]


def test_the_implementation_takes_no_dispute_and_no_panel(house: House) -> None:
    implementation = deployer("ArbiterPanel").at(house.factory.blueprints().panel)
    ticket_id = house.open()
    with boa.reverts():
        implementation.contest(ticket_id, FIRST_REPLY, 1_000, house.digest(), sender=house.requester)
    with boa.reverts():
        implementation.propose_panel(seats(), 3, sender=house.operator)
    assert (implementation.dispute_count(), tuple(implementation.proposal())) == (0, (0, 0, 0))


def test_panels_of_one_implementation_share_nothing(house: House) -> None:
    other = deploy_house(arbiters=[], threshold=0)
    implementation = house.factory.blueprints().panel
    house.factory.deploy_desk(house.operator, ETH, 30 * DAY, "", [], 0)
    second = deployer("ArbiterPanel").at(house.factory.deployment(1).panel)
    assert (house.panel.epoch(), second.epoch(), other.panel.epoch()) == (1, 0, 0)
    assert deployer("ArbiterPanel").at(implementation).epoch() == 0
    assert second.desk() == house.factory.deployment(1).desk != house.panel.desk()


# ---------------------------------------------------------------- the factory


@pytest.mark.parametrize("role", ["operator", "requester", "stranger", "factory", "desk"])
def test_nobody_can_initialize_a_panel_of_the_factory(house: House, role: str) -> None:
    """The factory creates and initializes it in one transaction, so nobody can come between."""
    before = (wiring(house.panel), house.panel.panel(1))
    sender = getattr(house, role)
    with boa.reverts("panel: initialized already"):
        house.panel.initialize(*somebodies(), seats(3), 2, sender=getattr(sender, "address", sender))
    assert (wiring(house.panel), house.panel.panel(1)) == before


def test_a_refused_deployment_leaves_no_blank_panel(house: House) -> None:
    """What `initialize` refuses leaves no code at the panel's address, which the next deployment gets."""
    expected = create_address(house.factory.address, 1 + 5 + 2)
    with boa.reverts("panel: no arbiter"):
        house.factory.deploy_desk(house.operator, ETH, 30 * DAY, "", [], 1)
    assert boa.env.get_code(expected) == b""
    made = house.factory.deploy_desk(house.operator, ETH, 30 * DAY, "", seats(), 3)
    assert made.panel == expected
    assert wiring(deployer("ArbiterPanel").at(expected)) == [made.desk, made.pool, made.directory]


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
