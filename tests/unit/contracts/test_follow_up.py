# SPDX-License-Identifier: Apache-2.0
"""`follow_up`: the requester writes again, and the desk owes a reply."""

import boa
import pytest
from house import (
    DAY,
    FIRST_REPLY,
    HOLD,
    MONDAY,
    NEXT_REPLY,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    WEEKDAYS,
    House,
    Policy,
    deploy_house,
    now,
    travel,
    travel_to,
)
from logs import events
from words import ticket_word


def test_follow_up_on_an_open_ticket_changes_nothing(house: House) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    travel(500)
    house.follow_up(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word


def test_follow_up_on_an_open_ticket_keeps_the_oldest_due_time(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    due_at = house.desk.ticket(ticket_id).reply_due
    travel(500)
    house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).reply_due == due_at


def test_follow_up_on_hold_asks_for_the_next_reply(house: House) -> None:
    opened_at, ticket_id = now(), house.open()
    house.reply(ticket_id, HOLD)
    travel(600)
    house.follow_up(ticket_id)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, clock=now() + 1_200, resolution=opened_at + 10_000, replied=True
    )


def test_follow_up_on_pending_restarts_the_resolution_clock(house: House) -> None:
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, PENDING)
    travel(DAY)
    house.follow_up(ticket_id)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, clock=now() + 1_200, resolution=now() + 9_400, replied=True
    )


def test_follow_up_on_pending_with_nothing_left_is_due_at_once(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    travel(10_000)
    house.reply(ticket_id, PENDING)
    travel(DAY)
    house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).resolution_due == now()


def test_reopening_gives_what_remained_where_that_is_more_than_a_next_reply(house: House) -> None:
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, SOLVED)
    travel(DAY)
    house.follow_up(ticket_id)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, clock=now() + 1_200, resolution=now() + 9_400, replied=True
    )


def test_reopening_gives_a_next_reply_where_less_remained(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    travel(9_000)
    house.reply(ticket_id, SOLVED)
    travel(DAY)
    house.follow_up(ticket_id)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.reply_due, ticket.resolution_due) == (now() + 1_200, now() + 1_200)


def test_follow_up_counts_open_hours_only() -> None:
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    travel_to(MONDAY + 8 * 3_600)
    ticket_id = house.open()
    house.reply(ticket_id, PENDING)
    travel_to(MONDAY + 4 * DAY + 17 * 3_600 + 3_000)  # Friday, ten minutes before closing
    house.follow_up(ticket_id)
    ticket = house.desk.ticket(ticket_id)
    assert ticket.reply_due == MONDAY + 7 * DAY + 8 * 3_600 + 600
    assert ticket.resolution_due == MONDAY + 7 * DAY + 8 * 3_600 + 9_400


@pytest.mark.parametrize("priority", range(4))
def test_follow_up_takes_the_next_reply_target_of_its_priority(house: House, priority: int) -> None:
    ticket_id = house.open(priority)
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).reply_due == now() + house.policy.targets[priority][1]


def test_follow_up_logs_digest_and_word(house: House) -> None:
    ticket_id, digest = house.open(), house.digest()
    house.desk.follow_up(ticket_id, digest, sender=house.requester)
    assert events(house.desk) == [
        (
            "TicketFollowedUp",
            {"ticket_id": ticket_id, "digest": digest, "word": house.desk.ticket_word(ticket_id)},
        )
    ]


def test_follow_up_records_what_is_breached_by_then(house: House) -> None:
    ticket_id, digest = house.open(), house.digest()
    travel(10_001)
    house.desk.follow_up(ticket_id, digest, sender=house.requester)
    assert events(house.desk) == [
        ("BreachRecorded", {"ticket_id": ticket_id, "kinds": FIRST_REPLY | RESOLUTION}),
        (
            "TicketFollowedUp",
            {"ticket_id": ticket_id, "digest": digest, "word": house.desk.ticket_word(ticket_id)},
        ),
    ]


def test_follow_up_does_not_move_a_due_time_that_was_missed(house: House) -> None:
    ticket_id = house.open()
    due_at = house.desk.ticket(ticket_id).reply_due
    travel(5_000)
    house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).reply_due == due_at


def test_second_breach_of_one_kind_is_recorded_once(house: House) -> None:
    ticket_id = house.open()
    for _ in range(2):
        house.reply(ticket_id)
        house.follow_up(ticket_id)
        travel(1_201)
    house.follow_up(ticket_id)
    assert [name for name, _ in events(house.desk)] == ["TicketFollowedUp"]
    assert house.desk.ticket(ticket_id).breached == NEXT_REPLY


def test_follow_up_at_the_last_second_of_the_contest_window_reopens(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    travel(3 * DAY)
    house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).status == OPEN


def test_follow_up_refuses_one_second_after_the_contest_window(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    word = house.desk.ticket_word(ticket_id)
    travel(3 * DAY + 1)
    with boa.reverts("desk: contest window is over"):
        house.follow_up(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word


def test_follow_up_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id, sender=house.requester)
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts("desk: ticket is closed"):
        house.follow_up(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word


def test_follow_up_refuses_an_unknown_ticket(house: House) -> None:
    with boa.reverts("desk: ticket unknown"):
        house.follow_up(b"\1" * 32)
    assert house.desk.ticket_word(b"\1" * 32) == 0


@pytest.mark.parametrize("role", ["human", "bot", "operator", "stranger"])
def test_follow_up_refuses_who_is_not_the_requester(house: House, role: str) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts("desk: caller is not the requester"):
        house.desk.follow_up(ticket_id, house.digest(), sender=getattr(house, role))
    assert house.desk.ticket_word(ticket_id) == word


def test_follow_up_on_a_ticket_that_an_agent_opened(house: House) -> None:
    ticket_id = house.open_for(house.stranger)
    house.reply(ticket_id)
    house.desk.follow_up(ticket_id, house.digest(), sender=house.stranger)
    assert house.desk.ticket(ticket_id).status == OPEN


def test_follow_up_does_not_spend_a_signed_ones_nonce(house: House) -> None:
    ticket_id = house.open()
    house.follow_up(ticket_id)
    assert house.desk.follow_up_nonce(ticket_id) == 0


def test_a_ticket_on_hold_is_only_breached_in_its_resolution(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    travel(10_001)
    house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).breached == RESOLUTION
