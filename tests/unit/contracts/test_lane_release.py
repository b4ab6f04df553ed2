# SPDX-License-Identifier: Apache-2.0
"""BatchLane.release_batch: what was set aside for openings that nobody proved is free again, once."""

import boa
import pytest
from batches import FOLLOWED_UP, REPLIED, SOLVES, Batches
from house import DAY, HIGH, LOW, SOLVED, URGENT, House, Policy, deploy_house, travel, travel_to
from logs import events


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def expire(house: House, number: int = 1) -> None:
    travel_to(house.lane.batch(number).expires_at + 1)


def test_release_batch_frees_what_was_not_proven(batches: Batches) -> None:
    house = batches.house
    batches.anchor([batches.ticket(URGENT), batches.ticket(LOW)])
    expire(house)
    house.lane.release_batch(1, sender=house.stranger)
    assert events(house.lane) == [
        ("BatchReleased", {"batch": 1, "amount": 5_500 + 1_100}),
        ("Released", {"amount": 5_500 + 1_100}),
    ]
    assert house.pool.books() == (1_000_000, 0, 0, 0, 0, 1_000_000)
    assert house.lane.batch(1).reserved == 0


def test_proven_tickets_keep_theirs(batches: Batches) -> None:
    house = batches.house
    tickets = [batches.ticket(priority) for priority in (URGENT, HIGH, LOW)]
    batches.anchor(tickets)
    batches.prove(tickets[1])
    batches.end(tickets[1])
    expire(house)
    house.lane.release_batch(1)
    assert house.pool.books().reserved == 3_300
    house.desk.claim(tickets[1].id)
    house.desk.close(tickets[1].id, sender=house.requester)
    assert house.pool.books().reserved == 0
    assert house.pool.collectable(house.requester) == 3_000 + 20


def test_ticket_proven_in_the_last_second_keeps_its_reserve_and_its_challenge(batches: Batches) -> None:
    house = batches.house
    tickets = [batches.ticket(), batches.ticket()]
    batches.anchor(tickets)
    travel_to(house.lane.batch(1).expires_at)
    batches.prove(tickets[0])
    travel(1)
    house.lane.release_batch(1)
    assert house.pool.books().reserved == 5_500 + 20
    batches.end(tickets[0], claim=True)
    assert house.pool.collectable(house.requester) == 5_000 + 20


def test_batch_is_released_after_its_last_second(batches: Batches) -> None:
    house = batches.house
    batches.anchor([batches.ticket()])
    for at in (house.lane.batch(1).anchored_at, house.lane.batch(1).expires_at):
        travel_to(at)
        with boa.reverts("lane: batch has not expired"):
            house.lane.release_batch(1)
    travel(1)
    house.lane.release_batch(1)


@pytest.mark.parametrize("number", [0, 2, 2**200])
def test_unknown_batch_is_not_released(batches: Batches, number: int) -> None:
    batches.anchor([batches.ticket()])
    with boa.reverts("lane: batch unknown"):
        batches.house.lane.release_batch(number)


def test_batch_is_released_once(batches: Batches) -> None:
    house = batches.house
    batches.anchor([batches.ticket()])
    batches.anchor([batches.ticket()])
    expire(house)
    house.lane.release_batch(1)
    with boa.reverts("lane: nothing to release"):
        house.lane.release_batch(1)
    assert house.pool.books().reserved == 5_500


def test_batch_whose_openings_were_all_proven_has_nothing_to_release(batches: Batches) -> None:
    ticket = batches.proven()
    expire(batches.house)
    with boa.reverts("lane: nothing to release"):
        batches.house.lane.release_batch(1)
    assert batches.house.lane.proof(ticket.id).batch == 1


def test_batch_of_later_entries_and_one_not_backed_have_nothing_to_release(unfunded: House) -> None:
    batches = Batches(unfunded)
    ticket = batches.opened()
    batches.noted(ticket, REPLIED)
    expire(unfunded)
    for number in (1, 2):
        with boa.reverts("lane: nothing to release"):
            unfunded.lane.release_batch(number)


def test_released_opening_is_not_provable(batches: Batches) -> None:
    house = batches.house
    ticket = batches.opened()
    expire(house)
    house.lane.release_batch(1)
    for sender in (ticket.requester, house.stranger):
        with boa.reverts("lane: batch has expired"):
            batches.prove(ticket, sender=sender)


def test_later_entries_of_a_released_batch_are_provable_still() -> None:
    """The one batch expires after ten days, the ticket's own, later, is proven on the last of its own."""
    batches = Batches(deploy_house(policy=Policy(claim_window=10 * DAY)))
    house = batches.house
    ticket = batches.ticket(LOW)
    solution = batches.entry(ticket, SOLVES)
    batches.anchor([batches.ticket(URGENT)], [solution])
    batches.anchor([ticket])
    again = batches.noted(ticket, FOLLOWED_UP)
    expire(house, 1)
    house.lane.release_batch(1)
    batches.prove(ticket)
    batches.show(ticket, [solution])
    assert house.desk.ticket(ticket.id).status == SOLVED
    batches.show(ticket, [again])


def test_what_was_released_backs_new_batches() -> None:
    batches = Batches(deploy_house(funds=5_500))
    house = batches.house
    batches.anchor([batches.ticket()], must_back=True)
    expire(house)
    with boa.reverts("desk: free funds too low"):
        batches.anchor([batches.ticket()], must_back=True)
    house.lane.release_batch(1)
    batches.anchor([batches.ticket()], must_back=True)
    assert house.pool.books().free == 0
