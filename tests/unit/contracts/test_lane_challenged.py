# SPDX-License-Identifier: Apache-2.0
"""While a ticket is challenged only the lane moves it: everything direct is refused, and nothing happens."""

from collections.abc import Iterator

import boa
import messages
import pytest
from batches import REPLIED, Batches, Ticket
from disputes import SAYS_UPHELD, Verdict, give, signed
from house import FAR, HOLD, INCIDENT, House, key_pair, now, travel, travel_to

REFUSED = "desk: challenge has not ended"


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


@pytest.fixture
def ticket(batches: Batches) -> Iterator[Ticket]:
    """A ticket answered late: there is something to claim, contest and report. The test does not move it."""
    ticket = batches.opened()
    travel(2_000)
    answer = batches.noted(ticket, REPLIED)
    batches.prove(ticket)
    batches.show(ticket, [answer])
    word, books = batches.house.desk.ticket_word(ticket.id), batches.house.pool.books()
    yield ticket
    assert batches.house.desk.ticket_word(ticket.id) == word
    assert batches.house.pool.books() == books


def test_reply_is_refused(house: House, ticket: Ticket) -> None:
    for status in (2, 3, 4):
        with boa.reverts(REFUSED):
            house.reply(ticket.id, status)


def test_reply_many_skips_it(house: House, ticket: Ticket) -> None:
    with boa.env.anchor():
        other = house.open()
        items = [(ticket.id, HOLD, house.digest()), (other, HOLD, house.digest())]
        assert house.desk.reply_many(items, sender=house.human) == 0b10


def test_bot_reply_is_refused(house: House, ticket: Ticket) -> None:
    with boa.reverts(REFUSED):
        house.desk.bot_reply(ticket.id, house.digest(), sender=house.bot)


def test_follow_up_is_refused(house: House, ticket: Ticket) -> None:
    with boa.reverts(REFUSED):
        house.follow_up(ticket.id)


def test_signed_follow_up_is_refused_and_its_nonce_is_not_used(batches: Batches) -> None:
    house, requester = batches.house, key_pair("requester who signs")
    ticket = batches.opened(requester=requester.address)
    batches.prove(ticket)
    digest = house.digest()
    message = messages.follow_up(house, ticket_id=ticket.id, digest=digest, nonce=0, deadline=FAR)
    signature = messages.sign(requester, message)
    with boa.reverts(REFUSED):
        house.desk.follow_up_signed(ticket.id, digest, FAR, signature)
    assert house.desk.follow_up_nonce(ticket.id) == 0
    batches.end(ticket)
    house.desk.follow_up_signed(ticket.id, digest, FAR, signature)


def test_claim_is_refused_and_nothing_is_claimable(house: House, ticket: Ticket) -> None:
    assert house.desk.claimable(ticket.id) == (0, 0)
    for collect in (False, True):
        with boa.reverts("desk: nothing to claim"):
            house.desk.claim(ticket.id, collect)


def test_claim_many_skips_it(house: House, ticket: Ticket) -> None:
    assert house.desk.claim_many([ticket.id, ticket.id]) == 0


def test_close_is_refused(house: House, ticket: Ticket) -> None:
    for who in (ticket.requester, house.human, house.stranger):
        with boa.reverts(REFUSED):
            house.desk.close(ticket.id, sender=who)


def test_close_many_skips_it(house: House, ticket: Ticket) -> None:
    assert house.desk.close_many([ticket.id], sender=ticket.requester) == 0


@pytest.mark.parametrize(("kind", "amount", "bond"), [(2, 500, 50), (4, 4_000, 50), (INCIDENT, 10_000, 550)])
def test_contest_is_refused(house: House, ticket: Ticket, kind: int, amount: int, bond: int) -> None:
    give(house, ticket.requester, bond)
    with boa.reverts(REFUSED):
        house.panel.contest(ticket.id, kind, amount, house.digest(), value=bond, sender=ticket.requester)


def test_report_is_refused(house: House, ticket: Ticket) -> None:
    verdict = Verdict(ticket.id, 4, SAYS_UPHELD, 4_000, house.digest(), 0, 1)
    with boa.reverts(REFUSED):
        house.panel.report_breach(verdict.on_chain(), signed(house, verdict))


def test_all_of_it_is_refused_after_the_window_until_somebody_ends_the_challenge(
    batches: Batches, house: House, ticket: Ticket
) -> None:
    travel_to(max(now(), batches.last_second(ticket) + 1))
    with boa.reverts(REFUSED):
        house.reply(ticket.id)
    with boa.reverts(REFUSED):
        house.follow_up(ticket.id)
    with boa.reverts(REFUSED):
        house.desk.close(ticket.id, sender=ticket.requester)
    with boa.reverts("lane: challenge window is over"):
        house.lane.prove_entries(ticket.id, 1, [])
    with boa.env.anchor():
        batches.end(ticket)
        house.reply(ticket.id)


def test_other_tickets_of_the_batch_are_not_concerned(batches: Batches) -> None:
    house = batches.house
    one, other = batches.ticket(), batches.ticket()
    batches.anchor([one, other])
    batches.prove(one)
    travel(10)
    batches.prove(other)
    batches.end(one)
    assert house.desk.ticket(other.id).challenged
    house.reply(one.id)
    with boa.reverts(REFUSED):
        house.reply(other.id)
