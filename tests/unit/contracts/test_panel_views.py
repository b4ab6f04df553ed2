# SPDX-License-Identifier: Apache-2.0
"""What the panel's views say, also of what there is not."""

import pytest
from disputes import (
    BOND,
    RULING_WINDOW,
    UNDER_DISPUTE,
    UPHELD,
    contest,
    rejected,
    replied,
    submit,
    upheld,
    wait_for_default,
)
from house import DAY, FIRST_REPLY, INCIDENT, NEXT_REPLY, PENDING, RESOLUTION, House, now, travel

NO_DISPUTE: tuple[object, ...] = (0, 0, 0, 0, 0, 0, b"\0" * 32, 0, 0, [])


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 4, 8, 16, 2**255])
def test_a_dispute_that_there_is_not_is_all_zero(house: House, kind: int) -> None:
    assert tuple(house.panel.dispute(replied(house), kind)) == NO_DISPUTE
    assert tuple(house.panel.dispute(b"\1" * 32, kind)) == NO_DISPUTE


def test_a_dispute_is_named_by_ticket_and_kind(house: House) -> None:
    dispute = contest(house, replied(house), NEXT_REPLY)
    assert tuple(house.panel.dispute(dispute.ticket_id, FIRST_REPLY)) == NO_DISPUTE
    assert tuple(house.panel.dispute(replied(house), NEXT_REPLY)) == NO_DISPUTE


def test_an_incident_shows_what_it_asks_and_what_is_reserved(house: House) -> None:
    dispute = contest(house, replied(house), INCIDENT, 2_000)
    assert tuple(house.panel.dispute(*dispute.name)) == (
        1,
        UNDER_DISPUTE,
        1,
        now() + RULING_WINDOW,
        2_000,
        2_000,
        dispute.evidence_digest,
        BOND + 100,
        0,
        [],
    )


def test_a_ruled_incident_shows_what_it_asked_and_nothing_set_aside(house: House) -> None:
    dispute = contest(house, replied(house), INCIDENT, 2_000)
    submit(house, upheld(dispute, amount=500))
    shown = house.panel.dispute(*dispute.name)
    assert (shown.state, shown.amount, shown.reserved, shown.bond) == (UPHELD, 2_000, 0, 0)


def test_an_incident_shows_in_no_other_kind_of_its_ticket(house: House) -> None:
    ticket_id = replied(house, PENDING)
    contest(house, ticket_id, INCIDENT, 2_000)
    dispute = contest(house, ticket_id)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.amount, shown.reserved, shown.number) == (0, 0, 2)


@pytest.mark.parametrize("kind", [FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT])
def test_an_open_dispute_of_any_kind_is_seen(house: House, kind: int) -> None:
    ticket_id = replied(house, PENDING)
    assert not house.panel.has_open_dispute(ticket_id)
    dispute = contest(house, ticket_id, kind, 100 if kind == INCIDENT else None)
    assert house.panel.has_open_dispute(ticket_id)
    submit(house, rejected(dispute))
    assert not house.panel.has_open_dispute(ticket_id)


def test_an_open_dispute_is_seen_beside_ruled_ones(house: House) -> None:
    ticket_id = replied(house, PENDING)
    first, second = contest(house, ticket_id), contest(house, ticket_id, RESOLUTION)
    submit(house, rejected(first))
    assert house.panel.has_open_dispute(ticket_id)
    wait_for_default(house)
    assert house.panel.has_open_dispute(ticket_id)
    house.panel.rule_by_default(*second.name)
    assert not house.panel.has_open_dispute(ticket_id)


def test_an_unknown_ticket_has_no_open_dispute(house: House) -> None:
    contest(house, replied(house))
    assert not house.panel.has_open_dispute(b"\1" * 32)


@pytest.mark.parametrize("epoch", [0, 2, 2**32 + 1, 2**256 - 1])
def test_a_panel_that_there_is_not_is_empty(house: House, epoch: int) -> None:
    assert tuple(house.panel.panel(epoch)) == ([], 0)


def test_a_proposal_that_has_lapsed_is_still_shown(house: House) -> None:
    proposed_at = now()
    house.panel.propose_panel([house.arbiters[0].address], 1, sender=house.operator)
    travel(300 * DAY)
    assert tuple(house.panel.proposal()) == (2, proposed_at + 30 * DAY, proposed_at + 37 * DAY)
    assert tuple(house.panel.panel(2)) == ([house.arbiters[0].address], 1)
