# SPDX-License-Identifier: Apache-2.0
"""`open_ticket`: a covered requester opens a ticket."""

from dataclasses import replace

import boa
import pytest
from house import (
    CLOSED,
    DAY,
    FAR,
    LOW,
    MONDAY,
    NORMAL,
    URGENT,
    WEEKDAYS,
    ZERO_DIGEST,
    House,
    Policy,
    deploy_house,
    now,
    travel_to,
)
from logs import events, events_named
from words import ticket_word


def test_open_ticket_returns_the_id_of_the_design(house: House) -> None:
    commitment = house.digest()
    ticket_id = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    assert ticket_id == house.ticket_id(0, house.requester, commitment)


def test_open_ticket_starts_both_clocks(house: House) -> None:
    opened_at = now()
    ticket = house.desk.ticket(house.open(URGENT))
    assert ticket.reply_due == opened_at + 1_800
    assert ticket.resolution_due == opened_at + 10_000


@pytest.mark.parametrize("priority", range(4))
def test_open_ticket_stores_the_targets_of_its_priority(house: House, priority: int) -> None:
    first_reply, _, resolution = house.policy.targets[priority]
    ticket_id = house.open(priority)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, clock=now() + first_reply, resolution=now() + resolution, priority=priority
    )


def test_open_ticket_counts_open_hours_only() -> None:
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    travel_to(MONDAY + 4 * DAY + 17 * 3_600 + 2_700)  # Friday 17:45
    ticket = house.desk.ticket(house.open(URGENT))
    assert ticket.reply_due == MONDAY + 7 * DAY + 8 * 3_600 + 900  # Monday 08:15
    assert ticket.resolution_due == MONDAY + 7 * DAY + 8 * 3_600 + 10_000 - 900


def test_open_ticket_logs_the_opening_after_the_reserve(house: House) -> None:
    commitment = house.digest()
    ticket_id = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    assert events(house.desk) == [
        ("Reserved", {"amount": 5_500}),
        (
            "TicketOpened",
            {
                "ticket_id": ticket_id,
                "requester": house.requester,
                "agent": "0x" + "00" * 20,
                "commitment": commitment,
                "word": house.desk.ticket_word(ticket_id),
            },
        ),
    ]


@pytest.mark.parametrize("priority", range(4))
def test_open_ticket_reserves_the_worst_case_of_its_priority(house: House, priority: int) -> None:
    before = house.pool.books()
    house.open(priority)
    after = house.pool.books()
    worst_case = sum(house.policy.compensation[priority])
    assert after.reserved == before.reserved + worst_case
    assert after.free == before.free - worst_case


def test_open_ticket_is_backed_by_exactly_enough_free_funds(unfunded: House) -> None:
    unfunded.fund(5_500)
    assert unfunded.desk.ticket(unfunded.open(URGENT)).backed
    assert unfunded.pool.free() == 0


def test_open_ticket_is_not_backed_where_one_unit_is_missing(unfunded: House) -> None:
    unfunded.fund(5_499)
    assert not unfunded.desk.ticket(unfunded.open(URGENT)).backed
    assert unfunded.pool.books().reserved == 0


def test_open_ticket_without_funds_is_recorded_unbacked(unfunded: House) -> None:
    ticket_id = unfunded.open(LOW)
    assert unfunded.desk.ticket_word(ticket_id) == ticket_word(
        unfunded.requester,
        clock=now() + 14_400,
        resolution=now() + 80_000,
        priority=LOW,
        backed=False,
    )
    assert events_named(unfunded.desk, "Reserved") == []


def test_open_ticket_of_a_policy_that_pays_nothing_is_backed_by_nothing(unfunded: House) -> None:
    free = unfunded.publish(replace(Policy(), compensation=((0, 0, 0),) * 4))
    unfunded.desk.grant_coverage(unfunded.requester, free, URGENT, 1, FAR, sender=unfunded.operator)
    ticket_id = unfunded.desk.open_ticket(free, URGENT, unfunded.digest(), sender=unfunded.requester)
    assert unfunded.desk.ticket(ticket_id).backed
    assert unfunded.pool.books().reserved == 0


def test_open_ticket_takes_a_place(house: House) -> None:
    ticket_id = house.open()
    assert house.desk.coverage(house.requester, 1).used == 1
    assert house.desk.ticket(ticket_id).holds_place


def test_open_ticket_takes_the_last_place(house: House) -> None:
    _cover(house, house.stranger, places=2)
    house.open(URGENT, house.stranger)
    house.open(URGENT, house.stranger)
    assert house.desk.coverage(house.stranger, 1).used == 2


def test_open_ticket_refuses_where_no_place_is_left(house: House) -> None:
    _cover(house, house.stranger, places=1)
    house.open(URGENT, house.stranger)
    books = house.pool.books()
    with boa.reverts("coverage: no place left"):
        house.open(URGENT, house.stranger)
    assert house.desk.coverage(house.stranger, 1).used == 1
    assert house.pool.books() == books


def test_open_ticket_takes_a_place_that_was_given_back(house: House) -> None:
    _cover(house, house.stranger, places=1)
    first = house.open(URGENT, house.stranger)
    house.desk.close(first, sender=house.stranger)
    second = house.open(URGENT, house.stranger)
    assert house.desk.ticket(first).status == CLOSED
    assert house.desk.ticket(second).holds_place


def test_open_ticket_refuses_a_caller_without_coverage(house: House) -> None:
    commitment = house.digest()
    with boa.reverts("coverage: none"):
        house.desk.open_ticket(1, URGENT, commitment, sender=house.stranger)
    assert house.desk.ticket_word(house.ticket_id(0, house.stranger, commitment)) == 0


def test_open_ticket_refuses_a_policy_that_the_coverage_is_not_for(house: House) -> None:
    second = house.publish(Policy())
    with boa.reverts("coverage: none"):
        house.desk.open_ticket(second, URGENT, house.digest(), sender=house.requester)
    assert house.desk.coverage(house.requester, 1).used == 0


def test_open_ticket_at_the_last_second_of_the_coverage(house: House) -> None:
    _cover(house, house.stranger, until=now() + 100)
    travel_to(now() + 100)
    assert house.desk.ticket(house.open(URGENT, house.stranger)).requester == house.stranger


def test_open_ticket_refuses_one_second_after_the_coverage(house: House) -> None:
    _cover(house, house.stranger, until=now() + 100)
    travel_to(now() + 101)
    with boa.reverts("coverage: ended"):
        house.open(URGENT, house.stranger)
    assert house.desk.coverage(house.stranger, 1).used == 0


def test_open_ticket_at_the_most_urgent_priority_covered(house: House) -> None:
    _cover(house, house.stranger, priority=NORMAL)
    assert house.desk.ticket(house.open(NORMAL, house.stranger)).priority == NORMAL


def test_open_ticket_refuses_a_more_urgent_priority_than_covered(house: House) -> None:
    _cover(house, house.stranger, priority=NORMAL)
    with boa.reverts("coverage: priority too urgent"):
        house.open(NORMAL - 1, house.stranger)
    assert house.desk.coverage(house.stranger, 1).used == 0


@pytest.mark.parametrize("priority", [4, 2**256 - 1])
def test_open_ticket_refuses_an_unknown_priority(house: House, priority: int) -> None:
    with boa.reverts("policy: priority unknown"):
        house.open(priority)
    assert house.desk.coverage(house.requester, 1).used == 0


def test_open_ticket_refuses_a_zero_commitment(house: House) -> None:
    with boa.reverts("desk: commitment is zero"):
        house.desk.open_ticket(1, URGENT, ZERO_DIGEST, sender=house.requester)
    assert house.desk.coverage(house.requester, 1).used == 0


def test_open_ticket_refuses_the_same_commitment_twice(house: House) -> None:
    commitment = house.digest()
    ticket_id = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    word, books = house.desk.ticket_word(ticket_id), house.pool.books()
    with boa.reverts("desk: ticket exists"):
        house.desk.open_ticket(1, LOW, commitment, sender=house.requester)
    assert house.desk.ticket_word(ticket_id) == word
    assert house.desk.coverage(house.requester, 1).used == 1
    assert house.pool.books() == books


def test_open_ticket_refuses_the_commitment_of_a_closed_ticket(house: House) -> None:
    commitment = house.digest()
    ticket_id = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    house.desk.close(ticket_id, sender=house.requester)
    with boa.reverts("desk: ticket exists"):
        house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    assert house.desk.ticket(ticket_id).status == CLOSED


def test_open_ticket_takes_a_commitment_that_somebody_else_used(house: House) -> None:
    commitment = house.digest()
    _cover(house, house.stranger)
    theirs = house.desk.open_ticket(1, URGENT, commitment, sender=house.stranger)
    ours = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    assert theirs != ours
    assert house.desk.ticket(ours).requester == house.requester


def test_open_ticket_under_an_older_policy_takes_that_one(house: House) -> None:
    house.publish(replace(Policy(), targets=((1, 1, 1),) * 4))
    assert house.desk.ticket(house.open(URGENT)).reply_due == now() + 1_800


def _cover(house: House, holder: str, priority: int = URGENT, places: int = 10, until: int = FAR) -> None:
    house.desk.grant_coverage(holder, 1, priority, places, until, sender=house.operator)
