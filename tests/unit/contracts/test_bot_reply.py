# SPDX-License-Identifier: Apache-2.0
"""`bot_reply`: what a bot says is logged, and stops no clock."""

import boa
import pytest
from house import BOT, DAY, FIRST_REPLY, HOLD, PENDING, SOLVED, House, key_pair, now, travel, travel_to
from logs import events


def test_bot_reply_logs_the_digest_and_nothing_else(house: House) -> None:
    ticket_id, digest = house.open(), house.digest()
    house.desk.bot_reply(ticket_id, digest, sender=house.bot)
    assert events(house.desk) == [
        ("BotReplied", {"ticket_id": ticket_id, "agent": house.bot, "digest": digest})
    ]


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_bot_reply_changes_no_ticket(house: House, status: int) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, status)
    word = house.desk.ticket_word(ticket_id)
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    assert house.desk.ticket_word(ticket_id) == word


def test_bot_reply_in_time_does_not_avert_the_breach(house: House) -> None:
    ticket_id = house.open()
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    travel(1_801)
    assert house.desk.claimable(ticket_id) == (FIRST_REPLY, 1_000)


def test_bot_reply_after_the_due_time_records_nothing(house: House) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    travel(1_801)
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    assert house.desk.ticket_word(ticket_id) == word


def test_bot_reply_refuses_an_unknown_ticket(house: House) -> None:
    with boa.reverts("desk: ticket unknown"):
        house.desk.bot_reply(b"\1" * 32, house.digest(), sender=house.bot)
    assert events(house.desk) == []


def test_bot_reply_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id, sender=house.requester)
    with boa.reverts("desk: ticket is closed"):
        house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    assert events(house.desk) == []


def test_bot_reply_refuses_a_solved_ticket_whose_contest_window_is_over(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    travel(house.policy.contest_window)
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    travel(1)
    with boa.reverts("desk: contest window is over"):
        house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    assert events(house.desk) == []


@pytest.mark.parametrize("role", ["human", "operator", "requester", "stranger"])
def test_bot_reply_refuses_who_is_no_bot(house: House, role: str) -> None:
    ticket_id = house.open()
    with boa.reverts("desk: caller is no bot"):
        house.desk.bot_reply(ticket_id, house.digest(), sender=getattr(house, role))
    assert events(house.desk) == []


def test_bot_reply_refuses_a_revoked_bot(house: House) -> None:
    ticket_id = house.open()
    house.directory.revoke_agent(house.bot, sender=house.operator)
    with boa.reverts("desk: caller is no bot"):
        house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    assert events(house.desk) == []


def test_bot_reply_refuses_a_bot_after_its_last_second(house: House) -> None:
    ticket_id, until = house.open(), now() + DAY
    house.register(key_pair("bot"), BOT, until)
    travel_to(until)
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    travel_to(until + 1)
    with boa.reverts("desk: caller is no bot"):
        house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    assert events(house.desk) == []
