# SPDX-License-Identifier: Apache-2.0
"""`propose_panel`, `cancel_panel`, `adopt_panel`: other arbiters, with notice, for later disputes only."""

from collections.abc import Callable
from typing import Any

import boa
import pytest
from disputes import (
    REJECTED,
    UPHELD,
    contest,
    fifteen_arbiters,
    refused,
    rejected,
    replied,
    seat,
    signed_by,
    submit,
    upheld,
)
from house import DAY, ETH, PENDING, House, deploy_house, key_pair, now, travel
from logs import events

NOTICE = 30 * DAY
USABLE = 7 * DAY


@pytest.fixture
def newcomers() -> list[Any]:
    """Three arbiters, ascending, who are not in the house's first panel."""
    return sorted((key_pair(f"newcomer {n}") for n in range(3)), key=lambda one: int(one.address, 16))


def addresses(accounts: list[Any]) -> list[str]:
    return [one.address for one in accounts]


def propose(house: House, accounts: list[Any], threshold: int = 2) -> int:
    """The operator proposes."""
    return int(house.panel.propose_panel(addresses(accounts), threshold, sender=house.operator))


# ---------------------------------------------------------------- proposing


def test_propose_announces_a_panel_of_the_next_epoch(house: House, newcomers: list[Any]) -> None:
    assert propose(house, newcomers) == 2
    assert tuple(house.panel.proposal()) == (2, now() + NOTICE, now() + NOTICE + USABLE)
    assert tuple(house.panel.panel(2)) == (addresses(newcomers), 2)
    assert house.panel.epoch() == 1


def test_propose_logs(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    assert events(house.panel) == [
        (
            "PanelProposed",
            {
                "epoch": 2,
                "arbiters": addresses(newcomers),
                "threshold": 2,
                "usable_from": now() + NOTICE,
                "usable_until": now() + NOTICE + USABLE,
            },
        )
    ]


def test_propose_waits_for_the_pools_notice(newcomers: list[Any]) -> None:
    house = deploy_house(notice=90 * DAY)
    propose(house, newcomers)
    assert house.panel.proposal().usable_from == now() + 90 * DAY


@pytest.mark.parametrize("count", [1, 15])
def test_propose_takes_one_to_fifteen(house: House, count: int) -> None:
    propose(house, fifteen_arbiters()[:count], count)
    assert len(house.panel.panel(2).arbiters) == count


@pytest.mark.parametrize(("count", "threshold"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 3), (14, 8), (15, 8)])
def test_propose_takes_a_threshold_of_more_than_half(house: House, count: int, threshold: int) -> None:
    accounts = fifteen_arbiters()[:count]
    with refused(house, "panel: threshold out of range"):
        propose(house, accounts, threshold - 1)
    propose(house, accounts, threshold)
    assert house.panel.panel(2).threshold == threshold


@pytest.mark.parametrize("threshold", [0, 4, 2**255, 2**256 - 1])
def test_propose_refuses_a_threshold_out_of_range(house: House, newcomers: list[Any], threshold: int) -> None:
    with refused(house, "panel: threshold out of range"):
        propose(house, newcomers, threshold)


@pytest.mark.parametrize("threshold", [0, 1])
def test_propose_refuses_a_panel_of_nobody(house: House, threshold: int) -> None:
    with refused(house, "panel: no arbiter"):
        propose(house, [], threshold)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(lambda a: [a[1], a[0], a[2]], id="unsorted"),
        pytest.param(lambda a: [a[0], a[2], a[1]], id="unsorted at the end"),
        pytest.param(lambda a: [a[0], a[0], a[1]], id="one twice"),
        pytest.param(lambda a: [ETH, a[0], a[1]], id="zero"),
    ],
)
def test_propose_refuses_arbiters_that_do_not_ascend(
    house: House, newcomers: list[Any], order: Callable[[list[str]], list[str]]
) -> None:
    with refused(house, "panel: arbiters not ascending"):
        house.panel.propose_panel(order(addresses(newcomers)), 2, sender=house.operator)
    assert tuple(house.panel.panel(2)) == ([], 0)


def test_propose_refuses_a_second_proposal(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    travel(NOTICE + USABLE)
    with refused(house, "panel: proposal pending"):
        propose(house, newcomers[:1], 1)


def test_propose_replaces_a_proposal_that_has_lapsed(house: House, newcomers: list[Any]) -> None:
    """Under an epoch of its own: nothing that was signed for the lapsed one counts."""
    propose(house, newcomers)
    travel(NOTICE + USABLE + 1)
    assert propose(house, newcomers[:1], 1) == 3
    assert tuple(house.panel.proposal()) == (3, now() + NOTICE, now() + NOTICE + USABLE)


@pytest.mark.parametrize("role", ["human", "bot", "requester", "stranger", "arbiter"])
def test_propose_is_the_operators_alone(house: House, newcomers: list[Any], role: str) -> None:
    sender = house.arbiters[0].address if role == "arbiter" else getattr(house, role)
    with refused(house, "panel: caller is not the operator"):
        house.panel.propose_panel(addresses(newcomers), 2, sender=sender)


def test_propose_is_the_next_operators_after_a_handover(house: House, newcomers: list[Any]) -> None:
    house.directory.transfer_ownership(house.stranger, sender=house.operator)
    house.directory.accept_ownership(sender=house.stranger)
    with refused(house, "panel: caller is not the operator"):
        propose(house, newcomers)
    assert house.panel.propose_panel(addresses(newcomers), 2, sender=house.stranger) == 2


# ---------------------------------------------------------------- taking it back


def test_cancel_takes_the_proposal_back(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    house.panel.cancel_panel(sender=house.operator)
    assert events(house.panel) == [("PanelProposalCancelled", {"epoch": 2})]
    assert tuple(house.panel.proposal()) == (0, 0, 0)
    travel(NOTICE)
    with refused(house, "panel: no panel proposed"):
        house.panel.adopt_panel(sender=house.operator)


def test_cancel_lets_the_next_proposal_begin_at_once(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    house.panel.cancel_panel(sender=house.operator)
    assert propose(house, newcomers) == 3


def test_cancel_takes_a_lapsed_proposal_back(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    travel(NOTICE + USABLE + 1)
    house.panel.cancel_panel(sender=house.operator)
    assert tuple(house.panel.proposal()) == (0, 0, 0)


def test_cancel_of_nothing_is_refused(house: House) -> None:
    with refused(house, "panel: no panel proposed"):
        house.panel.cancel_panel(sender=house.operator)


@pytest.mark.parametrize("role", ["human", "requester", "stranger"])
def test_cancel_is_the_operators_alone(house: House, newcomers: list[Any], role: str) -> None:
    propose(house, newcomers)
    with refused(house, "panel: caller is not the operator"):
        house.panel.cancel_panel(sender=getattr(house, role))


# ---------------------------------------------------------------- adopting


@pytest.mark.parametrize("waited", [NOTICE, NOTICE + USABLE])
def test_adopt_makes_the_proposal_todays_panel(house: House, newcomers: list[Any], waited: int) -> None:
    propose(house, newcomers)
    travel(waited)
    house.panel.adopt_panel(sender=house.operator)
    assert events(house.panel) == [
        ("PanelAdopted", {"epoch": 2, "arbiters": addresses(newcomers), "threshold": 2})
    ]
    assert (house.panel.epoch(), tuple(house.panel.proposal())) == (2, (0, 0, 0))


def test_adopt_keeps_the_panels_of_earlier_epochs(house: House, newcomers: list[Any]) -> None:
    seat(house, addresses(newcomers), 2)
    assert tuple(house.panel.panel(1)) == (addresses(house.arbiters), 3)


def test_adopt_keeps_the_count_of_disputes(house: House, newcomers: list[Any]) -> None:
    contest(house, replied(house, PENDING))
    seat(house, addresses(newcomers), 2)
    assert house.panel.dispute_count() == 1
    assert contest(house, replied(house)).number == 2


def test_adopt_before_the_notice_is_refused(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    travel(NOTICE - 1)
    with refused(house, "panel: notice still runs"):
        house.panel.adopt_panel(sender=house.operator)


def test_adopt_after_the_proposal_lapsed_is_refused(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    travel(NOTICE + USABLE + 1)
    with refused(house, "panel: proposal lapsed"):
        house.panel.adopt_panel(sender=house.operator)


def test_adopt_of_nothing_is_refused(house: House) -> None:
    with refused(house, "panel: no panel proposed"):
        house.panel.adopt_panel(sender=house.operator)


def test_adopt_twice_is_refused(house: House, newcomers: list[Any]) -> None:
    seat(house, addresses(newcomers), 2)
    with refused(house, "panel: no panel proposed"):
        house.panel.adopt_panel(sender=house.operator)


@pytest.mark.parametrize("role", ["human", "requester", "stranger"])
def test_adopt_is_the_operators_alone(house: House, newcomers: list[Any], role: str) -> None:
    propose(house, newcomers)
    travel(NOTICE)
    with refused(house, "panel: caller is not the operator"):
        house.panel.adopt_panel(sender=getattr(house, role))


def test_adopt_of_a_first_panel_where_there_was_none(newcomers: list[Any]) -> None:
    house = deploy_house(arbiters=[], threshold=0)
    assert seat(house, addresses(newcomers), 2) == 1
    house.arbiters = newcomers
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    assert house.panel.dispute(*dispute.name).state == UPHELD


# ---------------------------------------------------------------- whose dispute it is


def test_a_dispute_stays_with_the_panel_that_it_began_under(newcomers: list[Any]) -> None:
    house = deploy_house(notice=3 * DAY)
    propose(house, newcomers)
    travel(3 * DAY)
    dispute = contest(house, replied(house, PENDING))
    house.panel.adopt_panel(sender=house.operator)
    verdict = upheld(dispute)
    with refused(house, "panel: signer is no arbiter", dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), signed_by(house, verdict, newcomers))
    submit(house, verdict)
    assert house.panel.dispute(*dispute.name).state == UPHELD


def test_a_later_dispute_is_the_new_panels(house: House, newcomers: list[Any]) -> None:
    seat(house, addresses(newcomers), 2)
    dispute = contest(house, replied(house, PENDING))
    verdict = rejected(dispute)
    assert verdict.epoch == 2
    with refused(house, "panel: signer is no arbiter", dispute.name):
        submit(house, verdict)
    house.panel.submit_verdict(verdict.on_chain(), signed_by(house, verdict, newcomers[:2]))
    shown = house.panel.dispute(*dispute.name)
    assert (shown.state, shown.fee_share, list(shown.fee_open)) == (REJECTED, 15, addresses(newcomers[:2]))


def test_a_proposal_that_runs_decides_nothing_yet(house: House, newcomers: list[Any]) -> None:
    propose(house, newcomers)
    dispute = contest(house, replied(house))
    assert house.panel.dispute(*dispute.name).epoch == 1


def test_more_than_fifteen_arbiters_are_refused(house: House) -> None:
    sixteen = sorted([*fifteen_arbiters(), key_pair("seat 15")], key=lambda one: int(one.address, 16))
    with boa.reverts():
        propose(house, sixteen, 9)
    assert tuple(house.panel.proposal()) == (0, 0, 0)
