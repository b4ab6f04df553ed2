# SPDX-License-Identifier: Apache-2.0
"""`close_many`: many tickets closed, skipping what the caller cannot close."""

import boa
from house import CLOSED, DAY, OPEN, PENDING, SOLVED, House, travel
from logs import events, events_named


def test_close_many_closes_each(house: House) -> None:
    before = house.pool.books()
    tickets = [house.open() for _ in range(3)]
    assert house.desk.close_many(tickets, sender=house.requester) == 0b111
    assert [house.desk.ticket(ticket_id).status for ticket_id in tickets] == [CLOSED] * 3
    assert house.pool.books() == before
    assert house.desk.coverage(house.requester, 1).used == 0


def test_close_many_releases_all_in_one_step(house: House) -> None:
    tickets = [house.open() for _ in range(3)]
    house.desk.close_many(tickets, sender=house.requester)
    assert events_named(house.desk, "Released") == [{"amount": 16_500}]
    assert [logged["released"] for logged in events_named(house.desk, "TicketClosed")] == [5_500] * 3


def test_close_many_skips_what_the_caller_cannot_close(house: House) -> None:
    solved, open_, pending, closed = (house.open() for _ in range(4))
    house.reply(solved, SOLVED)
    house.reply(pending, PENDING)
    house.desk.close(closed, sender=house.requester)
    travel(3 * DAY + 1)
    words = [house.desk.ticket_word(ticket_id) for ticket_id in (open_, pending, closed)]
    done = house.desk.close_many([b"\1" * 32, open_, solved, pending, closed], sender=house.stranger)
    assert done == 0b100
    assert [house.desk.ticket_word(ticket_id) for ticket_id in (open_, pending, closed)] == words
    assert house.desk.ticket(open_).status == OPEN


def test_close_many_closes_a_ticket_named_twice_once(house: House) -> None:
    ticket_id = house.open()
    assert house.desk.close_many([ticket_id, ticket_id], sender=house.requester) == 0b01
    assert house.pool.books().reserved == 0


def test_close_many_pays_what_was_never_claimed(house: House) -> None:
    tickets = [house.open() for _ in range(2)]
    travel(1_801)
    house.desk.close_many(tickets, sender=house.requester)
    books = house.pool.books()
    assert (books.credited, books.reserved) == (2_000, 0)


def test_close_many_of_unbacked_tickets_releases_nothing(unfunded: House) -> None:
    tickets = [unfunded.open() for _ in range(2)]
    assert unfunded.desk.close_many(tickets, sender=unfunded.requester) == 0b11
    assert events_named(unfunded.desk, "Released") == []


def test_close_many_of_what_cannot_be_closed_does_nothing(house: House) -> None:
    ticket_id = house.open()
    assert house.desk.close_many([ticket_id], sender=house.stranger) == 0
    assert events(house.desk) == []


def test_close_many_takes_a_hundred(house: House) -> None:
    tickets = [house.open() for _ in range(100)]
    assert house.desk.close_many(tickets, sender=house.requester) == 2**100 - 1
    assert house.pool.books().reserved == 0


def test_close_many_refuses_more_than_a_hundred(house: House) -> None:
    ticket_id = house.open()
    with boa.reverts():
        house.desk.close_many([ticket_id] * 101, sender=house.requester)
    assert house.desk.ticket(ticket_id).status == OPEN
