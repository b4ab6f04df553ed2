# SPDX-License-Identifier: Apache-2.0
"""`open_ticket_for`: an agent opens a ticket for somebody, within its allowance."""

from dataclasses import replace

import boa
import pytest
from house import (
    BOT,
    ETH,
    HUMAN,
    LOW,
    URGENT,
    ZERO_DIGEST,
    House,
    Policy,
    key_pair,
    now,
    travel_to,
)
from logs import events, events_named
from words import ticket_word

WORST_CASE = 5_500  # of an urgent ticket


def test_open_ticket_for_returns_the_id_of_the_agents_lane(house: House) -> None:
    commitment = house.digest()
    ticket_id = house.desk.open_ticket_for(house.stranger, 1, URGENT, commitment, sender=house.human)
    assert ticket_id == house.ticket_id(1, house.stranger, commitment)


def test_open_ticket_for_stores_a_ticket_without_a_place(house: House) -> None:
    ticket_id = house.open_for(house.stranger, LOW)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.stranger,
        clock=now() + 14_400,
        resolution=now() + 80_000,
        priority=LOW,
        holds_place=False,
    )


def test_open_ticket_for_logs_the_agent(house: House) -> None:
    commitment = house.digest()
    ticket_id = house.desk.open_ticket_for(house.stranger, 1, URGENT, commitment, sender=house.human)
    assert events(house.desk) == [
        ("Reserved", {"amount": WORST_CASE}),
        (
            "TicketOpened",
            {
                "ticket_id": ticket_id,
                "requester": house.stranger,
                "agent": house.human,
                "commitment": commitment,
                "word": house.desk.ticket_word(ticket_id),
            },
        ),
    ]


def test_open_ticket_for_a_covered_requester_takes_no_place(house: House) -> None:
    house.open_for(house.requester)
    assert house.desk.coverage(house.requester, 1).used == 0


@pytest.mark.parametrize("priority", range(4))
def test_open_ticket_for_spends_the_worst_case(house: House, priority: int) -> None:
    before = house.desk.allowance(house.human)
    house.open_for(house.stranger, priority)
    assert house.desk.allowance(house.human) == before - sum(house.policy.compensation[priority])


def test_open_ticket_for_spends_the_worst_case_of_an_unbacked_ticket(unfunded: House) -> None:
    before = unfunded.desk.allowance(unfunded.human)
    ticket_id = unfunded.open_for(unfunded.stranger)
    assert not unfunded.desk.ticket(ticket_id).backed
    assert unfunded.desk.allowance(unfunded.human) == before - WORST_CASE


def test_open_ticket_for_spends_an_allowance_to_its_last_unit(house: House) -> None:
    house.desk.set_allowance(house.human, WORST_CASE, sender=house.operator)
    house.open_for(house.stranger)
    assert house.desk.allowance(house.human) == 0


def test_closing_does_not_restore_an_allowance(house: House) -> None:
    house.desk.set_allowance(house.human, WORST_CASE, sender=house.operator)
    house.desk.close(house.open_for(house.stranger), sender=house.stranger)
    assert house.desk.allowance(house.human) == 0


def test_open_ticket_for_refuses_an_allowance_that_is_one_short(house: House) -> None:
    house.desk.set_allowance(house.human, WORST_CASE - 1, sender=house.operator)
    books = house.pool.books()
    with boa.reverts("desk: allowance too low"):
        house.open_for(house.stranger)
    assert house.desk.allowance(house.human) == WORST_CASE - 1
    assert house.pool.books() == books


def test_open_ticket_for_refuses_an_agent_without_an_allowance(house: House) -> None:
    commitment = house.digest()
    with boa.reverts("desk: allowance too low"):
        house.desk.open_ticket_for(house.stranger, 1, URGENT, commitment, sender=house.bot)
    assert house.desk.ticket_word(house.ticket_id(1, house.stranger, commitment)) == 0


def test_open_ticket_for_refuses_no_allowance_even_where_nothing_would_be_spent(house: House) -> None:
    free = house.publish(replace(Policy(), compensation=((0, 0, 0),) * 4))
    with boa.reverts("desk: allowance too low"):
        house.desk.open_ticket_for(house.stranger, free, URGENT, house.digest(), sender=house.bot)


def test_open_ticket_for_by_a_bot_with_an_allowance(house: House) -> None:
    house.desk.set_allowance(house.bot, WORST_CASE, sender=house.operator)
    house.desk.open_ticket_for(house.stranger, 1, URGENT, house.digest(), sender=house.bot)
    assert events_named(house.desk, "TicketOpened")[0]["agent"] == house.bot


def test_open_ticket_for_refuses_a_stranger_with_an_allowance(house: House) -> None:
    house.desk.set_allowance(house.stranger, 10**6, sender=house.operator)
    with boa.reverts("desk: caller is no agent"):
        house.desk.open_ticket_for(house.requester, 1, URGENT, house.digest(), sender=house.stranger)
    assert house.desk.allowance(house.stranger) == 10**6


def test_open_ticket_for_refuses_the_operator(house: House) -> None:
    with boa.reverts("desk: caller is no agent"):
        house.desk.open_ticket_for(house.requester, 1, URGENT, house.digest(), sender=house.operator)


def test_open_ticket_for_refuses_a_revoked_agent(house: House) -> None:
    house.directory.revoke_agent(house.human, sender=house.operator)
    before = house.desk.allowance(house.human)
    with boa.reverts("desk: caller is no agent"):
        house.open_for(house.stranger)
    assert house.desk.allowance(house.human) == before


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_open_ticket_for_refuses_an_agent_after_its_last_second(house: House, kind: int) -> None:
    account, until = key_pair("agent"), now() + 10
    house.register(account, kind, until)
    agent = account.address
    house.desk.set_allowance(agent, 10**6, sender=house.operator)
    travel_to(until)
    house.desk.open_ticket_for(house.stranger, 1, URGENT, house.digest(), sender=agent)
    travel_to(until + 1)
    with boa.reverts("desk: caller is no agent"):
        house.desk.open_ticket_for(house.stranger, 1, URGENT, house.digest(), sender=agent)
    assert house.desk.allowance(agent) == 10**6 - WORST_CASE


def test_open_ticket_for_refuses_a_zero_requester(house: House) -> None:
    before = house.desk.allowance(house.human)
    with boa.reverts("desk: requester is zero"):
        house.open_for(ETH)
    assert house.desk.allowance(house.human) == before


# 2**254 + 1 times four wraps to the first policy's key.
@pytest.mark.parametrize("policy_id", [0, 2, 8_191, 8_192, 2**254 + 1, 2**256 - 1])
def test_open_ticket_for_refuses_an_unknown_policy(house: House, policy_id: int) -> None:
    before = house.desk.allowance(house.human)
    with boa.reverts("policy: unknown"):
        house.desk.open_ticket_for(house.stranger, policy_id, URGENT, house.digest(), sender=house.human)
    assert house.desk.allowance(house.human) == before


@pytest.mark.parametrize("priority", [4, 8, 2**256 - 1])
def test_open_ticket_for_refuses_an_unknown_priority(house: House, priority: int) -> None:
    house.publish(Policy())  # the key of priority 4 would be the second policy's
    before = house.desk.allowance(house.human)
    with boa.reverts("policy: priority unknown"):
        house.open_for(house.stranger, priority)
    assert house.desk.allowance(house.human) == before


def test_open_ticket_for_refuses_a_zero_commitment(house: House) -> None:
    before = house.desk.allowance(house.human)
    with boa.reverts("desk: commitment is zero"):
        house.desk.open_ticket_for(house.stranger, 1, URGENT, ZERO_DIGEST, sender=house.human)
    assert house.desk.allowance(house.human) == before


def test_open_ticket_for_refuses_the_same_commitment_twice(house: House) -> None:
    commitment = house.digest()
    house.desk.open_ticket_for(house.stranger, 1, URGENT, commitment, sender=house.human)
    before = house.desk.allowance(house.human)
    with boa.reverts("desk: ticket exists"):
        house.desk.open_ticket_for(house.stranger, 1, URGENT, commitment, sender=house.human)
    assert house.desk.allowance(house.human) == before


def test_open_ticket_for_takes_a_commitment_of_the_requesters_own_lane(house: House) -> None:
    commitment = house.digest()
    direct = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    by_agent = house.desk.open_ticket_for(house.requester, 1, LOW, commitment, sender=house.human)
    assert direct != by_agent
    assert house.desk.ticket(direct).priority == URGENT
    assert house.desk.ticket(by_agent).priority == LOW
