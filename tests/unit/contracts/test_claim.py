# SPDX-License-Identifier: Apache-2.0
"""`claim`: anyone makes a breach pay the requester."""

import boa
import pytest
from house import (
    DAY,
    FIRST_REPLY,
    HOLD,
    NEXT_REPLY,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    House,
    Policy,
    now,
    travel,
    travel_to,
)
from logs import events, events_named


def test_claim_pays_first_reply_breach(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    assert house.desk.claim(ticket_id, sender=house.stranger) == 1_000
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.breached, ticket.compensated) == (FIRST_REPLY, FIRST_REPLY)
    assert house.pool.collectable(house.requester) == 1_000


def test_claim_pays_next_reply_breach(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(1_201)
    assert house.desk.claim(ticket_id) == 500
    assert house.desk.ticket(ticket_id).compensated == NEXT_REPLY


def test_claim_pays_resolution_breach(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    travel(10_001)
    assert house.desk.claim(ticket_id) == 4_000
    assert house.desk.ticket(ticket_id).compensated == RESOLUTION


@pytest.mark.parametrize("priority", range(4))
def test_claim_pays_the_amounts_of_its_priority(house: House, priority: int) -> None:
    ticket_id = house.open(priority)
    travel(100_000)
    amounts = house.policy.compensation[priority]
    assert house.desk.claim(ticket_id) == amounts[0] + amounts[2]


def test_claim_pays_all_three_kinds(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(10_000)
    assert house.desk.claim(ticket_id) == 5_500
    assert house.desk.ticket(ticket_id).compensated == FIRST_REPLY | NEXT_REPLY | RESOLUTION


def test_claim_pays_first_reply_breach_once(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim(ticket_id)
    word, books = house.desk.ticket_word(ticket_id), house.pool.books()
    travel(1_000)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word
    assert house.pool.books() == books


def test_second_claim_pays_only_what_is_new(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim(ticket_id)
    travel(10_000)
    assert house.desk.claim(ticket_id) == 4_000
    assert house.pool.collectable(house.requester) == 5_000


def test_next_reply_breached_twice_is_paid_once(house: House) -> None:
    ticket_id = house.open()
    for _ in range(2):
        house.reply(ticket_id)
        house.follow_up(ticket_id)
        travel(1_201)
    assert house.desk.claim(ticket_id) == 500
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(1_201)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket_id)
    assert house.pool.collectable(house.requester) == 500


def test_claim_refuses_at_the_last_second(house: House) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    travel(1_800)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket_id)
    assert house.desk.ticket_word(ticket_id) == word
    assert house.pool.collectable(house.requester) == 0


def test_claim_leaves_status_and_due_times(house: House) -> None:
    ticket_id = house.open()
    before = house.desk.ticket(ticket_id)
    travel(1_801)
    house.desk.claim(ticket_id)
    after = house.desk.ticket(ticket_id)
    assert after.status == OPEN
    assert (after.reply_due, after.resolution_due) == (before.reply_due, before.resolution_due)


def test_claim_logs_breach_credit_and_compensation(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim(ticket_id)
    assert events(house.desk) == [
        ("BreachRecorded", {"ticket_id": ticket_id, "kinds": FIRST_REPLY}),
        (
            "BreachCompensated",
            {
                "ticket_id": ticket_id,
                "requester": house.requester,
                "kinds": FIRST_REPLY,
                "amount": 1_000,
                "word": house.desk.ticket_word(ticket_id),
            },
        ),
        ("Credited", {"beneficiary": house.requester, "amount": 1_000}),
    ]


def test_claim_after_a_late_reply_pays_what_the_reply_recorded(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, PENDING)
    assert house.desk.claim(ticket_id) == 1_000
    assert events_named(house.desk, "BreachRecorded") == []


def test_claim_of_a_backed_ticket_moves_reserve_to_credit(house: House) -> None:
    ticket_id = house.open()
    before = house.pool.books()
    travel(1_801)
    house.desk.claim(ticket_id)
    after = house.pool.books()
    assert after.reserved == before.reserved - 1_000
    assert after.credited == before.credited + 1_000
    assert (after.funds, after.free) == (before.funds, before.free)


def test_claim_of_an_unbacked_ticket_becomes_debt(unfunded: House) -> None:
    ticket_id = unfunded.open()
    travel(1_801)
    assert unfunded.desk.claim(ticket_id) == 1_000
    assert unfunded.pool.books().debt == 1_000
    assert unfunded.pool.owed(unfunded.requester) == 1_000


def test_debt_of_a_claim_is_paid_by_later_funds(unfunded: House) -> None:
    ticket_id = unfunded.open()
    travel(1_801)
    unfunded.desk.claim(ticket_id)
    unfunded.fund(1_000)
    unfunded.pool.collect(unfunded.requester)
    assert boa.env.get_balance(unfunded.requester) == 1_000


def test_claim_that_collects_sends_the_money(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    assert house.desk.claim(ticket_id, True, sender=house.stranger) == 1_000
    assert boa.env.get_balance(house.requester) == 1_000
    assert boa.env.get_balance(house.stranger) == 0
    assert house.pool.books().credited == 0


def test_claim_that_collects_sends_earlier_credit_too(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim(ticket_id)
    travel(10_000)
    assert house.desk.claim(ticket_id, True) == 4_000
    assert boa.env.get_balance(house.requester) == 5_000


def test_claim_that_collects_for_an_unbacked_ticket_only_owes(unfunded: House) -> None:
    ticket_id = unfunded.open()
    travel(1_801)
    assert unfunded.desk.claim(ticket_id, True) == 1_000
    assert boa.env.get_balance(unfunded.requester) == 0
    assert unfunded.pool.owed(unfunded.requester) == 1_000


def test_claim_of_a_breach_that_pays_nothing_records_it(house: House) -> None:
    free = house.publish(Policy(compensation=((0, 0, 0),) * 4))
    ticket_id = house.desk.open_ticket_for(house.stranger, free, URGENT, house.digest(), sender=house.human)
    travel(1_801)
    assert house.desk.claim(ticket_id) == 0
    assert house.desk.ticket(ticket_id).compensated == FIRST_REPLY
    assert events_named(house.desk, "Credited") == []


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_claim_pays_an_earlier_breach_in_any_status(house: House, status: int) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, status)
    assert house.desk.claim(ticket_id) == 1_000


def test_claim_after_the_contest_window_still_pays(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, SOLVED)
    travel(30 * DAY)
    assert house.desk.claim(ticket_id) == 1_000


@pytest.mark.parametrize("status", [PENDING, SOLVED])
def test_nothing_is_claimed_while_the_clocks_stand_still(house: House, status: int) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, status)
    travel_to(now() + 300 * DAY)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket_id)
    assert house.desk.ticket(ticket_id).breached == 0


def test_claim_refuses_an_unknown_ticket(house: House) -> None:
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(b"\1" * 32)
    assert house.desk.ticket_word(b"\1" * 32) == 0


def test_claim_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.close(ticket_id, sender=house.requester)
    books = house.pool.books()
    travel(10 * DAY)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket_id)
    assert house.pool.books() == books


def test_claim_pays_the_requester_of_a_ticket_that_an_agent_opened(house: House) -> None:
    ticket_id = house.open_for(house.stranger)
    travel(1_801)
    house.desk.claim(ticket_id, sender=house.requester)
    assert house.pool.collectable(house.stranger) == 1_000
    assert house.pool.collectable(house.requester) == 0
