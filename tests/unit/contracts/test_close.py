# SPDX-License-Identifier: Apache-2.0
"""`close`: a ticket ends, what is unpaid is paid, the rest of its reserve is free again."""

import boa
import disputes
import pytest
from house import (
    CLOSED,
    DAY,
    FIRST_REPLY,
    HOLD,
    INCIDENT,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    House,
    Policy,
    now,
    travel,
)
from logs import events, events_named
from words import ticket_word


@pytest.mark.parametrize("status", [None, HOLD, PENDING, SOLVED])
def test_close_by_the_requester_at_any_time(house: House, status: int | None) -> None:
    ticket_id = house.open()
    if status is not None:
        house.reply(ticket_id, status)
    house.desk.close(ticket_id, sender=house.requester)
    assert house.desk.ticket_word(ticket_id) == ticket_word(
        house.requester, status=CLOSED, replied=status is not None, holds_place=False
    )


def test_close_by_a_stranger_after_the_contest_window(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    travel(3 * DAY + 1)
    house.desk.close(ticket_id, sender=house.stranger)
    assert house.desk.ticket(ticket_id).status == CLOSED


@pytest.mark.parametrize("role", ["human", "bot", "operator", "stranger"])
def test_close_by_others_waits_for_the_last_second_of_the_contest_window(house: House, role: str) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    word, books = house.desk.ticket_word(ticket_id), house.pool.books()
    travel(3 * DAY)
    with boa.reverts("desk: ticket cannot be closed yet"):
        house.desk.close(ticket_id, sender=getattr(house, role))
    assert house.desk.ticket_word(ticket_id) == word
    assert house.pool.books() == books


@pytest.mark.parametrize("status", [None, HOLD, PENDING])
def test_close_by_others_refuses_what_is_not_solved(house: House, status: int | None) -> None:
    ticket_id = house.open()
    if status is not None:
        house.reply(ticket_id, status)
    word = house.desk.ticket_word(ticket_id)
    travel(300 * DAY)
    with boa.reverts("desk: ticket cannot be closed yet"):
        house.desk.close(ticket_id, sender=house.operator)
    assert house.desk.ticket_word(ticket_id) == word


def test_close_releases_the_whole_reserve_of_a_ticket_without_breach(house: House) -> None:
    before = house.pool.books()
    house.desk.close(house.open(), sender=house.requester)
    assert house.pool.books() == before


def test_close_logs_what_it_releases(house: House) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id, sender=house.requester)
    assert events(house.desk) == [
        (
            "TicketClosed",
            {"ticket_id": ticket_id, "released": 5_500, "word": house.desk.ticket_word(ticket_id)},
        ),
        ("Released", {"amount": 5_500}),
    ]


def test_close_pays_what_was_never_claimed(house: House) -> None:
    ticket_id = house.open()
    travel(10_001)
    house.desk.close(ticket_id, sender=house.requester)
    books = house.pool.books()
    assert (books.credited, books.reserved) == (5_000, 0)
    assert house.pool.collectable(house.requester) == 5_000
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.breached, ticket.compensated) == (FIRST_REPLY | RESOLUTION, FIRST_REPLY | RESOLUTION)


def test_close_logs_breach_compensation_and_release(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.close(ticket_id, sender=house.requester)
    logged = events(house.desk)
    assert [name for name, _ in logged] == [
        "BreachRecorded",
        "BreachCompensated",
        "Credited",
        "TicketClosed",
        "Released",
    ]
    assert logged[1][1]["word"] == house.desk.ticket_word(ticket_id)
    assert logged[3][1] == {
        "ticket_id": ticket_id,
        "released": 4_500,
        "word": house.desk.ticket_word(ticket_id),
    }


def test_close_by_a_stranger_pays_the_requester(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, SOLVED)
    travel(3 * DAY + 1)
    house.desk.close(ticket_id, sender=house.stranger)
    assert house.pool.collectable(house.requester) == 1_000
    assert house.pool.collectable(house.stranger) == 0


def test_close_pays_a_claimed_breach_no_second_time(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim(ticket_id)
    house.desk.close(ticket_id, sender=house.requester)
    assert house.pool.collectable(house.requester) == 1_000
    assert events_named(house.desk, "TicketClosed")[0]["released"] == 4_500


def test_close_of_a_ticket_whose_kinds_are_all_paid_releases_nothing(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(10_000)
    house.desk.close(ticket_id, sender=house.requester)
    assert events_named(house.desk, "TicketClosed")[0]["released"] == 0
    assert events_named(house.desk, "Released") == []
    books = house.pool.books()
    assert (books.credited, books.reserved) == (5_500, 0)


def test_close_of_an_unbacked_ticket_owes_and_releases_nothing(unfunded: House) -> None:
    ticket_id = unfunded.open()
    travel(1_801)
    unfunded.desk.close(ticket_id, sender=unfunded.requester)
    assert events_named(unfunded.desk, "TicketClosed")[0]["released"] == 0
    books = unfunded.pool.books()
    assert (books.debt, books.reserved) == (1_000, 0)


def test_close_of_an_unbacked_ticket_leaves_the_reserves_of_others(unfunded: House) -> None:
    unbacked = unfunded.open()
    unfunded.fund(5_500)
    unfunded.open()
    unfunded.desk.close(unbacked, sender=unfunded.requester)
    assert unfunded.pool.books().reserved == 5_500


def test_close_of_a_breach_that_pays_nothing(house: House) -> None:
    free = house.publish(Policy(compensation=((0, 0, 0),) * 4))
    ticket_id = house.desk.open_ticket_for(house.stranger, free, URGENT, house.digest(), sender=house.human)
    travel(1_801)
    house.desk.close(ticket_id, sender=house.stranger)
    assert house.desk.ticket(ticket_id).compensated == FIRST_REPLY
    assert events_named(house.desk, "Released") == []


def test_close_gives_the_place_back(house: House) -> None:
    first, _ = house.open(), house.open()
    house.desk.close(first, sender=house.requester)
    assert house.desk.coverage(house.requester, 1).used == 1


def test_close_of_an_agents_ticket_gives_no_place_back(house: House) -> None:
    house.open()
    house.desk.close(house.open_for(house.requester), sender=house.requester)
    assert house.desk.coverage(house.requester, 1).used == 1


def test_close_after_the_end_of_the_coverage_gives_the_place_back(house: House) -> None:
    house.desk.grant_coverage(house.stranger, 1, URGENT, 1, now() + 100, sender=house.operator)
    ticket_id = house.open(URGENT, house.stranger)
    travel(200)
    house.desk.close(ticket_id, sender=house.stranger)
    assert house.desk.coverage(house.stranger, 1).used == 0


def test_close_sends_no_money(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.close(ticket_id, sender=house.requester)
    assert boa.env.get_balance(house.requester) == 0


def test_close_refuses_an_unknown_ticket(house: House) -> None:
    with boa.reverts("desk: ticket unknown"):
        house.desk.close(b"\1" * 32, sender=house.requester)
    assert house.desk.ticket_word(b"\1" * 32) == 0


def test_close_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id, sender=house.requester)
    word, books = house.desk.ticket_word(ticket_id), house.pool.books()
    with boa.reverts("desk: ticket is closed"):
        house.desk.close(ticket_id, sender=house.requester)
    assert house.desk.ticket_word(ticket_id) == word
    assert house.pool.books() == books


# ---------------------------------------------------------------- disputes


@pytest.mark.parametrize("kind", [FIRST_REPLY, RESOLUTION, INCIDENT])
def test_close_waits_for_an_open_dispute_even_of_the_requesters_own(house: House, kind: int) -> None:
    dispute = disputes.contest(house, disputes.replied(house), kind, 700 if kind == INCIDENT else None)
    with disputes.refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=house.requester)


@pytest.mark.parametrize("role", ["operator", "human", "stranger"])
def test_close_by_others_after_the_contest_window_waits_for_an_open_dispute(house: House, role: str) -> None:
    dispute = disputes.contest(house, disputes.replied(house, SOLVED))
    travel(3 * DAY + 1)
    with disputes.refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=getattr(house, role))


def test_close_waits_for_the_last_of_several_disputes(house: House) -> None:
    ticket_id = disputes.replied(house)
    first, second = (disputes.contest(house, ticket_id, kind) for kind in (FIRST_REPLY, RESOLUTION))
    disputes.submit(house, disputes.rejected(first))
    with disputes.refused(house, "desk: dispute is open", first.name, second.name):
        house.desk.close(ticket_id, sender=house.requester)
    disputes.submit(house, disputes.rejected(second))
    house.desk.close(ticket_id, sender=house.requester)
    assert house.desk.ticket(ticket_id).status == CLOSED


def test_close_still_waits_where_the_ruling_window_is_over_and_nobody_ruled(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    disputes.wait_for_default(house)
    with disputes.refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=house.requester)
    house.panel.rule_by_default(*dispute.name)
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert house.desk.ticket(dispute.ticket_id).status == CLOSED


def test_close_after_a_rejection_releases_the_whole_reserve(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    disputes.submit(house, disputes.rejected(dispute))
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert events_named(house.desk, "TicketClosed")[0]["released"] == 5_500
    assert house.pool.books().reserved == 0


def test_close_after_an_upheld_dispute_releases_what_it_did_not_cost(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    disputes.submit(house, disputes.upheld(dispute))
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert events_named(house.desk, "TicketClosed")[0]["released"] == 4_500
    assert house.pool.books().reserved == 0
    assert house.pool.collectable(house.requester) == 1_000 + disputes.BOND


def test_close_after_an_incident_releases_the_tickets_own_reserve_and_no_more(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house), INCIDENT, 700)
    disputes.submit(house, disputes.upheld(dispute))
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert events_named(house.desk, "TicketClosed")[0]["released"] == 5_500
    assert house.pool.books().reserved == 0
    assert house.desk.ticket(dispute.ticket_id).compensated == INCIDENT


def test_close_keeps_in_the_word_that_the_ticket_was_disputed(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    disputes.submit(house, disputes.rejected(dispute))
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert house.desk.ticket_word(dispute.ticket_id) == ticket_word(
        house.requester, status=CLOSED, replied=True, holds_place=False, disputed=True
    )


def test_a_dispute_stops_the_closing_of_no_other_ticket(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    other = house.open()
    assert house.desk.close_many([dispute.ticket_id, other], sender=house.requester) == 0b10
    assert house.desk.ticket(other).status == CLOSED
    assert house.desk.ticket(dispute.ticket_id).status != CLOSED


def test_a_ticket_that_an_upheld_resolution_reopened_cannot_be_closed_by_others(house: House) -> None:
    ticket_id = disputes.replied(house, SOLVED)
    dispute = disputes.contest(house, ticket_id, RESOLUTION)
    travel(3 * DAY + 1)
    disputes.submit(house, disputes.upheld(dispute))
    assert house.desk.ticket(ticket_id).status == OPEN
    with disputes.refused(house, "desk: ticket cannot be closed yet", dispute.name):
        house.desk.close(ticket_id, sender=house.stranger)
