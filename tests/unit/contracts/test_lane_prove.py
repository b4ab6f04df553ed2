# SPDX-License-Identifier: Apache-2.0
"""BatchLane.prove_ticket: who proves what and until when, and what is recorded of it."""

import boa
import pytest
from batches import REPLIED, Batches, Ticket, tampered
from disputes import give
from house import (
    DAY,
    ETH,
    FIRST_REPLY,
    HIGH,
    LOW,
    NORMAL,
    OPEN,
    URGENT,
    House,
    now,
    travel,
    travel_to,
)
from logs import events, events_named
from words import ticket_word

BOND = 20
PROVEN, CHALLENGED = 2**253, 2**255
CLAIM_WINDOW = 180 * DAY


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def expires_at(batches: Batches, ticket: Ticket) -> int:
    return int(batches.house.lane.batch(batches.batch_of(ticket.opening).number).expires_at)


# ---------------------------------------------------------------- what it does


def test_prove_ticket_records_the_ticket_as_opened_when_it_was(batches: Batches) -> None:
    house, at = batches.house, now()
    ticket = batches.opened()
    travel(500)
    batches.prove(ticket)
    word = ticket_word(ticket.requester, clock=at + 1_800, resolution=at + 10_000, holds_place=False)
    assert house.desk.ticket_word(ticket.id) == word + PROVEN + CHALLENGED
    found = house.desk.ticket(ticket.id)
    assert (found.status, found.replied, found.proven, found.challenged) == (OPEN, False, True, True)
    assert house.lane.proof(ticket.id) == (now(), 1, 1, at, ticket.requester, BOND, False)


def test_prove_ticket_logs_what_was_proven(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    travel(60)
    batches.prove(ticket)
    assert events(house.lane) == [
        ("TicketMoved", {"ticket_id": ticket.id, "word": house.desk.ticket_word(ticket.id)}),
        ("BondReserved", {"payer": ticket.requester, "amount": BOND}),
        (
            "TicketProven",
            {
                "ticket_id": ticket.id,
                "requester": ticket.requester,
                "batch": 1,
                "commitment": ticket.commitment,
                "at": ticket.at,
                "prover": ticket.requester,
                "bond": BOND,
            },
        ),
    ]


def test_prove_ticket_gives_the_id_of_the_batch_lane(batches: Batches) -> None:
    ticket = batches.opened()
    give(batches.house, ticket.requester, BOND)
    found = batches.house.lane.prove_ticket(*batches.proof_of(ticket), value=BOND, sender=ticket.requester)
    assert found == ticket.id == batches.house.desk.compute_ticket_id(2, ticket.requester, ticket.commitment)


def test_priority_follows_from_the_index(batches: Batches) -> None:
    order = [URGENT, URGENT, HIGH, NORMAL, NORMAL, LOW]
    tickets = [batches.ticket(priority) for priority in order]
    batches.anchor(tickets, [batches.entry(tickets[0], REPLIED)])
    for ticket in tickets:
        batches.prove(ticket)
        assert batches.house.desk.ticket(ticket.id).priority == ticket.priority


def test_priorities_without_openings_are_skipped(batches: Batches) -> None:
    one, other = batches.ticket(HIGH), batches.ticket(LOW)
    batches.anchor([one, other])
    for ticket in (one, other):
        batches.prove(ticket)
        assert batches.house.desk.ticket(ticket.id).priority == ticket.priority


def test_reserve_moves_from_the_batch_to_the_ticket(batches: Batches) -> None:
    house = batches.house
    tickets = [batches.ticket(URGENT), batches.ticket(LOW)]
    batches.anchor(tickets)
    assert house.pool.books().reserved == house.lane.batch(1).reserved == 5_500 + 1_100
    batches.prove(tickets[0])
    assert house.lane.batch(1).reserved == 1_100
    assert house.pool.books().reserved == 5_500 + 1_100 + BOND
    batches.prove(tickets[1])
    assert house.lane.batch(1).reserved == 0
    assert house.pool.books().reserved == 5_500 + 1_100 + 2 * BOND


def test_ticket_of_a_batch_that_is_not_backed_is_not(unfunded: House) -> None:
    batches = Batches(unfunded)
    ticket = batches.opened()
    unfunded.fund(1_000_000)
    batches.prove(ticket)
    assert not unfunded.desk.ticket(ticket.id).backed
    assert unfunded.pool.books().reserved == BOND
    travel(1_801)
    batches.end(ticket, claim=True)
    # Debt, which free funds pay before all else.
    assert unfunded.pool.collectable(ticket.requester) + unfunded.pool.owed(ticket.requester) >= 5_000


def test_proof_of_an_unknown_ticket_is_empty(house: House) -> None:
    assert house.lane.proof(b"\x01" * 32) == (0, 0, 0, 0, ETH, 0, False)


# ---------------------------------------------------------------- who, and until when


def test_requester_proves_in_the_second_of_anchoring_and_in_the_last_before_expiry(batches: Batches) -> None:
    first, last, late = batches.ticket(), batches.ticket(), batches.ticket()
    batches.anchor([first, last, late])
    batches.prove(first)
    travel_to(expires_at(batches, last))
    batches.prove(last)
    travel(1)
    with boa.reverts("lane: batch has expired"):
        batches.prove(late)
    assert batches.house.lane.batch(1).reserved == 5_500


@pytest.mark.parametrize("who", ["stranger", "human", "bot", "operator"])
def test_others_never_prove(batches: Batches, who: str) -> None:
    """Not even what is long breached, and not in the last second."""
    house, ticket = batches.house, batches.opened()
    sender = getattr(house, who)
    last = expires_at(batches, ticket)
    for at in (now(), now() + 1_801, last - CLAIM_WINDOW // 2, last - CLAIM_WINDOW // 2 + 1, last):
        travel_to(at)
        with boa.reverts("lane: not requester or its keeper"):
            batches.prove(ticket, sender=sender)
    assert house.lane.proof(ticket.id).proven_at == house.desk.ticket_word(ticket.id) == 0
    batches.prove(ticket)


def test_opening_of_nobody_is_nobodys_to_prove(batches: Batches) -> None:
    """Address zero is the keeper of all who named none."""
    house, ticket = batches.house, batches.opened(requester=ETH)
    assert house.directory.keeper(ETH) == house.directory.keeper(house.stranger) == ETH
    for who in (house.stranger, house.human, house.operator):
        with boa.reverts("lane: not requester or its keeper"):
            batches.prove(ticket, sender=who)


def test_keeper_proves_from_the_first_second_and_the_requester_is_paid(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    keeper = boa.env.generate_address("keeper")
    house.directory.name_keeper(keeper, sender=ticket.requester)
    batches.prove(ticket, sender=keeper)
    assert house.lane.proof(ticket.id).prover == keeper
    batches.end(ticket, claim=True)
    assert house.pool.collectable(ticket.requester) == 1_000 + 4_000
    assert house.pool.collectable(keeper) == BOND


def test_keeper_of_another_and_one_dismissed_prove_nothing(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    keeper = boa.env.generate_address("keeper")
    house.directory.name_keeper(keeper, sender=house.stranger)
    with boa.reverts("lane: not requester or its keeper"):
        batches.prove(ticket, sender=keeper)
    house.directory.name_keeper(keeper, sender=ticket.requester)
    house.directory.name_keeper(ETH, sender=ticket.requester)
    with boa.reverts("lane: not requester or its keeper"):
        batches.prove(ticket, sender=keeper)


def test_requester_proves_what_it_has_a_keeper_for(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    house.directory.name_keeper(boa.env.generate_address("keeper"), sender=ticket.requester)
    batches.prove(ticket)
    assert house.lane.proof(ticket.id).prover == ticket.requester


def test_keeper_proves_where_nothing_is_breached(batches: Batches) -> None:
    house, keeper = batches.house, boa.env.generate_address("keeper")
    ticket = batches.opened()
    house.directory.name_keeper(keeper, sender=ticket.requester)
    travel(1_800)
    batches.prove(ticket, sender=keeper)
    (logged,) = events_named(house.lane, "TicketProven")
    assert (logged["requester"], logged["prover"]) == (ticket.requester, keeper)
    assert house.desk.ticket(ticket.id).requester == ticket.requester
    assert house.desk.ticket(ticket.id).breached == 0


def test_keeper_dismissed_after_its_proof_has_its_bond_back(batches: Batches) -> None:
    house, keeper = batches.house, boa.env.generate_address("keeper")
    ticket = batches.opened()
    house.directory.name_keeper(keeper, sender=ticket.requester)
    batches.prove(ticket, sender=keeper)
    house.directory.name_keeper(ETH, sender=ticket.requester)
    batches.end(ticket)
    assert house.lane.proof(ticket.id).prover == keeper
    assert house.pool.collectable(keeper) == BOND
    assert house.pool.collectable(ticket.requester) == 0


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("number", [0, 2, 2**40, 2**255])
def test_unknown_batch_is_refused(batches: Batches, number: int) -> None:
    ticket = batches.opened()
    with boa.reverts("lane: batch unknown"):
        batches.house.lane.prove_ticket(number, *batches.proof_of(ticket)[1:], sender=ticket.requester)


@pytest.mark.parametrize("index", [2, 3, 4, 2**24, 2**256 - 1])
def test_index_of_no_opening_is_refused(batches: Batches, index: int) -> None:
    ticket = batches.ticket()
    batches.anchor([ticket, batches.ticket()], [batches.entry(ticket, REPLIED) for _ in range(2)])
    number, _, path, *rest = batches.proof_of(ticket)
    with boa.reverts("lane: index is no opening's"):
        batches.house.lane.prove_ticket(number, index, path, *rest, sender=ticket.requester)


def test_opening_among_the_later_entries_is_not_provable(batches: Batches) -> None:
    """Nothing was set aside for it."""
    ticket = batches.ticket()
    batch = batches.anchor([batches.ticket()], [ticket.opening])
    assert batch.index(ticket.opening) == 1
    with boa.reverts("lane: index is no opening's"):
        batches.prove(ticket)


def test_reply_anchored_as_an_opening_opens_nothing(batches: Batches) -> None:
    house, ticket = batches.house, batches.ticket()
    entry = batches.entry(ticket, REPLIED)
    batches.anchor(later=[entry], counts=[1, 0, 0, 0, 0])
    for requester, commitment in ((ticket.requester, ticket.commitment), (entry.actor, entry.digest)):
        with boa.reverts("lane: path does not prove it"):
            house.lane.prove_ticket(1, 0, [], requester, commitment, entry.at, sender=requester)


def test_opening_after_its_anchoring_is_refused(batches: Batches) -> None:
    in_time, late = batches.ticket(), batches.ticket(at=now() + 1)
    batches.anchor([in_time, late])
    batches.prove(in_time)
    for _ in range(2):
        with boa.reverts("lane: opened after its anchoring"):
            batches.prove(late)
        travel(1)


@pytest.mark.parametrize("at", [0, 1, 1_000_000_000])
def test_opening_stamped_long_ago_is_breached_at_once(batches: Batches, at: int) -> None:
    ticket = batches.ticket(at=at)
    batches.anchor([ticket])
    batches.prove(ticket)
    batches.end(ticket, claim=True)
    assert batches.house.desk.ticket(ticket.id).compensated & FIRST_REPLY


def test_ticket_is_proven_once(batches: Batches) -> None:
    ticket = batches.proven()
    with boa.reverts("desk: ticket exists"):
        batches.prove(ticket)
    batches.end(ticket)
    with boa.reverts("desk: ticket exists"):
        batches.prove(ticket)
    batches.house.desk.close(ticket.id, sender=ticket.requester)
    with boa.reverts("desk: ticket exists"):
        batches.prove(ticket)


def test_same_ticket_in_two_places_and_in_two_batches_is_proven_once(batches: Batches) -> None:
    house, ticket = batches.house, batches.ticket()
    batches.anchor([ticket, ticket])
    other = batches.anchor([ticket])
    number, _, _, *rest = batches.proof_of(ticket, batch=other)
    assert number == 2
    batches.prove(ticket, other)
    tree = batches.anchor([ticket, ticket]).tree
    for batch, index, path in ((1, 0, tree.path(0)), (1, 1, tree.path(1)), (2, 0, [])):
        with boa.reverts("desk: ticket exists"):
            house.lane.prove_ticket(batch, index, path, *rest, sender=ticket.requester)
    # What was set aside twice stays so until the batch expires.
    assert [house.lane.batch(number).reserved for number in (1, 2, 3)] == [11_000, 0, 11_000]


def test_id_of_anothers_ticket_gives_its_anchoring_agent_nothing(batches: Batches) -> None:
    """A leaf with the victim's id and another requester stands in the tree, and proves no ticket."""
    house, victim = batches.house, batches.opened()
    forged = tampered(victim.opening, actor=house.stranger, digest=house.digest())
    batches.anchor(later=[forged], counts=[1, 0, 0, 0, 0])
    with boa.reverts("lane: path does not prove it"):
        house.lane.prove_ticket(2, 0, [], house.stranger, forged.digest, forged.at, sender=house.stranger)
    batches.prove(victim)


def test_one_commitment_is_a_ticket_on_each_lane(batches: Batches) -> None:
    """A desk that opens it directly too promises it twice: the ids differ, and so do the reserves."""
    house, ticket = batches.house, batches.opened()
    direct = house.desk.open_ticket_for(ticket.requester, 1, URGENT, ticket.commitment, sender=house.human)
    own = house.desk.open_ticket(1, URGENT, ticket.commitment, sender=ticket.requester)
    batches.prove(ticket)
    assert len({direct, own, ticket.id}) == 3
    assert house.pool.books().reserved == 3 * 5_500 + BOND
