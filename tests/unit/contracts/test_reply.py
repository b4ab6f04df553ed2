# SPDX-License-Identifier: Apache-2.0
"""`reply`: a human agent answers, and stops or restarts the clocks."""

import boa
import pytest
from house import (
    BOT,
    CLOSED,
    DAY,
    FIRST_REPLY,
    HOLD,
    HUMAN,
    MONDAY,
    NEXT_REPLY,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    WEEKDAYS,
    House,
    Policy,
    deploy_house,
    key_pair,
    now,
    travel,
    travel_to,
)
from logs import events, events_named
from words import ticket_word


def test_reply_puts_a_ticket_on_hold(house: House) -> None:
    opened_at = now()
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, HOLD)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, resolution=opened_at + 10_000, status=HOLD, replied=True
    )


def test_reply_that_waits_for_the_requester_stops_the_resolution_clock(house: House) -> None:
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, PENDING)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, resolution=9_400, status=PENDING, replied=True
    )


def test_reply_that_solves_stops_the_resolution_clock_and_keeps_its_time(house: House) -> None:
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, SOLVED)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, clock=now(), resolution=9_400, status=SOLVED, replied=True
    )


def test_reply_counts_open_hours_only() -> None:
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    travel_to(MONDAY + 17 * 3_600)  # Monday 17:00; an urgent resolution is due on Tuesday 09:46:40
    ticket_id = house.open()
    travel_to(MONDAY + DAY + 8 * 3_600 + 100)  # 3,700 open seconds later
    house.reply(ticket_id, PENDING)
    assert house.desk.ticket(ticket_id).resolution_remaining == 6_300


def test_reply_logs_digest_and_word(house: House) -> None:
    ticket_id, digest = house.open(), house.digest()
    house.desk.reply(ticket_id, HOLD, digest, sender=house.human)
    assert events(house.desk) == [
        (
            "TicketReplied",
            {
                "ticket_id": ticket_id,
                "agent": house.human,
                "digest": digest,
                "word": house.desk.ticket_word(ticket_id),
            },
        )
    ]


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_reply_at_the_last_second_is_in_time(house: House, status: int) -> None:
    ticket_id = house.open()
    travel(1_800)
    house.reply(ticket_id, status)
    assert house.desk.ticket(ticket_id).breached == 0


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_reply_one_second_late_records_a_first_reply_breach(house: House, status: int) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, status)
    ticket = house.desk.ticket(ticket_id)
    assert ticket.breached == FIRST_REPLY
    assert ticket.status == status


def test_late_reply_logs_the_breach_before_itself(house: House) -> None:
    ticket_id = house.open()
    travel(10_001)
    house.reply(ticket_id)
    assert [name for name, _ in events(house.desk)] == ["BreachRecorded", "TicketReplied"]
    assert events_named(house.desk, "BreachRecorded") == [
        {"ticket_id": ticket_id, "kinds": FIRST_REPLY | RESOLUTION}
    ]


def test_second_reply_logs_only_the_newly_breached_kinds(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    travel(10_000)
    house.reply(ticket_id)
    assert events_named(house.desk, "BreachRecorded") == [{"ticket_id": ticket_id, "kinds": RESOLUTION}]
    assert house.desk.ticket(ticket_id).breached == FIRST_REPLY | RESOLUTION


def test_late_answer_to_a_follow_up_records_a_next_reply_breach(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(1_201)
    house.reply(ticket_id)
    assert house.desk.ticket(ticket_id).breached == NEXT_REPLY


def test_answer_to_a_follow_up_at_the_last_second_is_in_time(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(1_200)
    house.reply(ticket_id)
    assert house.desk.ticket(ticket_id).breached == 0


def test_solution_at_the_last_second_is_in_time(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    travel(10_000)
    house.reply(ticket_id, SOLVED)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.breached, ticket.resolution_remaining) == (0, 0)


def test_solution_one_second_late_records_a_resolution_breach(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    travel(10_001)
    house.reply(ticket_id, SOLVED)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.breached, ticket.resolution_remaining) == (RESOLUTION, 0)


def test_hold_after_hold_leaves_the_resolution_clock_running(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    due_at = house.desk.ticket(ticket_id).resolution_due
    travel(500)
    house.reply(ticket_id)
    assert house.desk.ticket(ticket_id).resolution_due == due_at


@pytest.mark.parametrize("stopped", [PENDING, SOLVED])
def test_hold_restarts_a_stopped_resolution_clock_with_what_remained(house: House, stopped: int) -> None:
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, stopped)
    travel(DAY)
    house.reply(ticket_id, HOLD)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.status, ticket.resolution_due, ticket.solved_at) == (HOLD, now() + 9_400, 0)


def test_restart_counts_open_hours_only() -> None:
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    travel_to(MONDAY + 8 * 3_600)
    ticket_id = house.open()
    house.reply(ticket_id, PENDING)
    travel_to(MONDAY + 17 * 3_600)
    house.reply(ticket_id, HOLD)
    assert house.desk.ticket(ticket_id).resolution_due == MONDAY + DAY + 8 * 3_600 + 6_400


@pytest.mark.parametrize(("first", "second"), [(PENDING, PENDING), (PENDING, SOLVED), (SOLVED, PENDING)])
def test_a_stopped_clock_keeps_what_remained(house: House, first: int, second: int) -> None:
    ticket_id = house.open()
    travel(600)
    house.reply(ticket_id, first)
    travel(DAY)
    house.reply(ticket_id, second)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.status, ticket.resolution_remaining) == (second, 9_400)
    assert ticket.solved_at == (now() if second == SOLVED else 0)


def test_a_stopped_clock_is_never_breached(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, PENDING)
    travel(300 * DAY)
    house.reply(ticket_id, PENDING)
    assert house.desk.ticket(ticket_id).breached == 0


def test_solving_what_is_solved_changes_nothing(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    word = house.desk.ticket_word(ticket_id)
    travel(DAY)
    house.reply(ticket_id, SOLVED)
    assert house.desk.ticket_word(ticket_id) == word


def test_reply_never_touches_the_money(house: House) -> None:
    ticket_id = house.open()
    books = house.pool.books()
    travel(20_000)
    house.reply(ticket_id, SOLVED)
    assert house.pool.books() == books


@pytest.mark.parametrize("status", [0, OPEN, CLOSED, 6, 2**256 - 1])
def test_reply_refuses_what_is_no_status_of_a_reply(house: House, status: int) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts("desk: no status of a reply"):
        house.reply(ticket_id, status)
    assert house.desk.ticket_word(ticket_id) == word


def test_reply_refuses_an_unknown_ticket(house: House) -> None:
    with boa.reverts("desk: ticket unknown"):
        house.reply(b"\1" * 32)
    assert house.desk.ticket_word(b"\1" * 32) == 0


def test_reply_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id, sender=house.requester)
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts("desk: ticket is closed"):
        house.reply(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word


def test_reply_at_the_last_second_of_the_contest_window(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    travel(3 * DAY)
    house.reply(ticket_id, HOLD)
    assert house.desk.ticket(ticket_id).status == HOLD


def test_reply_refuses_one_second_after_the_contest_window(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    word = house.desk.ticket_word(ticket_id)
    travel(3 * DAY + 1)
    with boa.reverts("desk: contest window is over"):
        house.reply(ticket_id, HOLD)
    assert house.desk.ticket_word(ticket_id) == word


@pytest.mark.parametrize("role", ["bot", "operator", "requester", "stranger"])
def test_reply_refuses_who_is_no_human_agent(house: House, role: str) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    with boa.reverts("desk: caller is no human agent"):
        house.desk.reply(ticket_id, HOLD, house.digest(), sender=getattr(house, role))
    assert house.desk.ticket_word(ticket_id) == word


def test_reply_refuses_a_revoked_agent(house: House) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    house.directory.revoke_agent(house.human, sender=house.operator)
    with boa.reverts("desk: caller is no human agent"):
        house.reply(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word


def test_reply_refuses_an_agent_after_its_last_second(house: House) -> None:
    ticket_id = house.open()
    agent, until = key_pair("agent"), now() + 10
    house.register(agent, HUMAN, until)
    travel_to(until)
    house.desk.reply(ticket_id, HOLD, house.digest(), sender=agent.address)
    travel_to(until + 1)
    with boa.reverts("desk: caller is no human agent"):
        house.desk.reply(ticket_id, SOLVED, house.digest(), sender=agent.address)
    assert house.desk.ticket(ticket_id).status == HOLD


def test_reply_by_another_human_agent(house: House) -> None:
    ticket_id, agent = house.open(), key_pair("agent")
    house.register(agent, HUMAN, now() + DAY)
    house.desk.reply(ticket_id, HOLD, house.digest(), sender=agent.address)
    assert events_named(house.desk, "TicketReplied")[0]["agent"] == agent.address


def test_reply_to_a_ticket_that_an_agent_opened(house: House) -> None:
    ticket_id = house.open_for(house.stranger, URGENT)
    house.reply(ticket_id, SOLVED)
    assert house.desk.ticket(ticket_id).status == SOLVED


def test_a_bot_stays_a_bot(house: House) -> None:
    """A bot cannot be made human to stop clocks: its kind is fixed."""
    with boa.reverts("directory: kind is fixed"):
        house.register(key_pair("bot"), HUMAN, now())
    assert house.directory.standing(house.bot) == BOT
