# SPDX-License-Identifier: Apache-2.0
"""`reply_many`: replies to many tickets, skipping what does not apply."""

import boa
import pytest
from house import CLOSED, DAY, FIRST_REPLY, HOLD, OPEN, PENDING, SOLVED, House, travel
from logs import events, events_named


def test_reply_many_does_each_as_reply_would(house: House) -> None:
    together = [house.open() for _ in range(3)]
    singly = [house.open() for _ in range(3)]
    statuses = [HOLD, PENDING, SOLVED]
    travel(1_900)
    for ticket_id, status in zip(singly, statuses, strict=True):
        house.reply(ticket_id, status)
    done = _reply_many(house, list(zip(together, statuses, strict=True)))
    assert done == 0b111
    assert [house.desk.ticket_word(t) for t in together] == [house.desk.ticket_word(t) for t in singly]


def test_reply_many_logs_each_with_its_own_digest(house: House) -> None:
    tickets = [house.open() for _ in range(2)]
    digests = [house.digest() for _ in range(2)]
    replies = [(ticket_id, HOLD, digest) for ticket_id, digest in zip(tickets, digests, strict=True)]
    house.desk.reply_many(replies, sender=house.human)
    assert [
        (logged["ticket_id"], logged["digest"]) for logged in events_named(house.desk, "TicketReplied")
    ] == list(zip(tickets, digests, strict=True))


def test_reply_many_skips_what_does_not_apply(house: House) -> None:
    good, closed, over, last = (house.open() for _ in range(4))
    house.desk.close(closed, sender=house.requester)
    house.reply(over, SOLVED)
    travel(3 * DAY + 1)
    words = [house.desk.ticket_word(ticket_id) for ticket_id in (closed, over)]
    done = _reply_many(
        house,
        [
            (b"\1" * 32, HOLD),
            (closed, HOLD),
            (good, HOLD),
            (over, HOLD),
            (good, OPEN),
            (good, CLOSED),
            (last, HOLD),
        ],
    )
    assert done == 0b1000100
    assert [house.desk.ticket_word(ticket_id) for ticket_id in (closed, over)] == words
    assert house.desk.ticket(good).status == HOLD


def test_reply_many_logs_nothing_for_what_it_skips(house: House) -> None:
    _reply_many(house, [(b"\1" * 32, HOLD), (b"\2" * 32, SOLVED)])
    assert events(house.desk) == []


def test_reply_many_takes_the_same_ticket_twice_in_order(house: House) -> None:
    ticket_id = house.open()
    assert _reply_many(house, [(ticket_id, HOLD), (ticket_id, SOLVED)]) == 0b11
    assert house.desk.ticket(ticket_id).status == SOLVED


def test_reply_many_of_nothing_does_nothing(house: House) -> None:
    assert _reply_many(house, []) == 0


def test_reply_many_takes_a_hundred(house: House) -> None:
    tickets = [house.open() for _ in range(100)]
    travel(1_801)
    assert _reply_many(house, [(ticket_id, HOLD) for ticket_id in tickets]) == 2**100 - 1
    assert all(house.desk.ticket(ticket_id).breached == FIRST_REPLY for ticket_id in tickets)


def test_reply_many_refuses_more_than_a_hundred(house: House) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts():
        _reply_many(house, [(ticket_id, HOLD)] * 101)
    assert house.desk.ticket_word(ticket_id) == word


@pytest.mark.parametrize("role", ["bot", "operator", "requester", "stranger"])
def test_reply_many_refuses_who_is_no_human_agent(house: House, role: str) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts("desk: caller is no human agent"):
        house.desk.reply_many([(ticket_id, HOLD, house.digest())], sender=getattr(house, role))
    assert house.desk.ticket_word(ticket_id) == word


def _reply_many(house: House, items: list[tuple[bytes, int]]) -> int:
    replies = [(ticket_id, status, house.digest()) for ticket_id, status in items]
    return house.desk.reply_many(replies, sender=house.human)
