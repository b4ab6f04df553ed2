# SPDX-License-Identifier: Apache-2.0
"""`claim_many`: claims of many tickets, skipping what has nothing to claim."""

import boa
from house import FIRST_REPLY, URGENT, House, travel
from logs import events, events_named


def test_claim_many_pays_each(house: House) -> None:
    tickets = [house.open(), house.open_for(house.stranger)]
    travel(1_801)
    assert house.desk.claim_many(tickets, sender=house.stranger) == 0b11
    assert house.pool.collectable(house.requester) == 1_000
    assert house.pool.collectable(house.stranger) == 1_000


def test_claim_many_skips_what_has_nothing_to_claim(house: House) -> None:
    closed, late = house.open(), house.open()
    house.desk.close(closed, sender=house.requester)
    travel(1_801)
    fresh = house.open()
    words = [house.desk.ticket_word(ticket_id) for ticket_id in (closed, fresh)]
    assert house.desk.claim_many([b"\1" * 32, closed, late, fresh]) == 0b100
    assert [house.desk.ticket_word(ticket_id) for ticket_id in (closed, fresh)] == words
    assert house.desk.ticket(late).compensated == FIRST_REPLY


def test_claim_many_pays_a_ticket_named_twice_once(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    assert house.desk.claim_many([ticket_id, ticket_id]) == 0b01
    assert house.pool.collectable(house.requester) == 1_000


def test_claim_many_logs_each_that_it_pays(house: House) -> None:
    tickets = [house.open(), house.open()]
    travel(1_801)
    house.desk.claim_many([*tickets, b"\1" * 32])
    paid = events_named(house.desk, "BreachCompensated")
    assert [(logged["ticket_id"], logged["kinds"]) for logged in paid] == [
        (ticket_id, FIRST_REPLY) for ticket_id in tickets
    ]


def test_claim_many_collects_nothing(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim_many([ticket_id])
    assert boa.env.get_balance(house.requester) == 0


def test_claim_many_mixes_backed_and_unbacked(unfunded: House) -> None:
    unbacked = unfunded.open()
    unfunded.fund(5_500)
    backed = unfunded.open(URGENT)
    travel(1_801)
    assert unfunded.desk.claim_many([unbacked, backed]) == 0b11
    books = unfunded.pool.books()
    assert (books.credited, books.reserved, books.debt) == (1_000, 4_500, 1_000)


def test_claim_many_of_nothing_does_nothing(house: House) -> None:
    assert house.desk.claim_many([]) == 0
    assert events(house.desk) == []


def test_claim_many_takes_a_hundred(house: House) -> None:
    tickets = [house.open() for _ in range(100)]
    travel(1_801)
    assert house.desk.claim_many(tickets) == 2**100 - 1
    assert house.pool.collectable(house.requester) == 100_000


def test_claim_many_refuses_more_than_a_hundred(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    with boa.reverts():
        house.desk.claim_many([ticket_id] * 101)
    assert house.desk.ticket(ticket_id).compensated == 0
