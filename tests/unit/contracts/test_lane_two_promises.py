# SPDX-License-Identifier: Apache-2.0
"""A desk that anchors one opening twice: the requester chooses which promise counts, and no puppet can."""

import boa
import pytest
from batches import Batch, Batches, Ticket
from disputes import give
from house import DAY, LOW, URGENT, House, Policy, now, travel, travel_to

BOND = 20
# Pays nothing; its claims end within seconds.
WORTHLESS = Policy(
    targets=((1, 1, 1),) * 4,
    compensation=((0, 0, 0),) * 4,
    claim_window=2,
    contest_window=1,
    challenge_window=3,
    anchor_lag=1,
    prove_bond=0,
)
PUPPETS = ["stranger", "human", "bot", "operator", "keeper of another", "keeper dismissed"]


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def puppet(house: House, who: str) -> str:
    """Somebody who does what the desk wants; all but the requester and its keeper."""
    if not who.startswith("keeper"):
        return str(getattr(house, who))
    keeper = str(boa.env.generate_address("keeper"))
    if who == "keeper of another":
        house.directory.name_keeper(keeper, sender=house.stranger)
    else:
        house.directory.name_keeper(keeper, sender=house.requester)
        house.directory.name_keeper(boa.env.generate_address("new keeper"), sender=house.requester)
    return keeper


def in_two_batches(batches: Batches) -> tuple[Ticket, Batch, Batch]:
    """One leaf under a worthless policy, then in the backed batch of which the requester has a receipt."""
    policy_id = batches.house.publish(WORTHLESS)
    ticket = batches.ticket()
    trap = batches.anchor([ticket], policy_id=policy_id)
    travel(1)
    return ticket, trap, batches.anchor([ticket], must_back=True)


def in_one_batch(batches: Batches) -> tuple[Ticket, Batch]:
    """One leaf twice in a batch: at index 0 urgent, at index 1 low."""
    ticket = batches.ticket()
    return ticket, batches.anchor([ticket, ticket], counts=[1, 0, 0, 1, 0], must_back=True)


def prove_at(batches: Batches, ticket: Ticket, batch: Batch, index: int, sender: str) -> None:
    give(batches.house, sender, BOND)
    batches.house.lane.prove_ticket(
        batch.number,
        index,
        batch.tree.path(index),
        ticket.requester,
        ticket.commitment,
        ticket.at,
        value=BOND,
        sender=sender,
    )


# ---------------------------------------------------------------- in two batches


@pytest.mark.parametrize("who", PUPPETS)
def test_puppet_proves_nothing_from_a_worthless_batch(batches: Batches, who: str) -> None:
    house, sender = batches.house, puppet(batches.house, who)
    ticket, trap, promised = in_two_batches(batches)
    for at in (now(), house.lane.batch(trap.number).expires_at):
        travel_to(at)
        with boa.reverts("lane: not requester or its keeper"):
            batches.prove(ticket, trap, sender=sender, bond=0)

    travel(10_001)
    batches.prove(ticket, promised)
    batches.end(ticket, claim=True)
    assert house.pool.collectable(ticket.requester) == 5_000 + BOND


@pytest.mark.parametrize("who", PUPPETS)
def test_puppet_proves_nothing_from_the_promised_batch_either(batches: Batches, who: str) -> None:
    house, sender = batches.house, puppet(batches.house, who)
    ticket, _, promised = in_two_batches(batches)
    last = house.lane.batch(promised.number).expires_at
    for at in (now(), last - 90 * DAY + 1, last):
        travel_to(at)
        with boa.reverts("lane: not requester or its keeper"):
            batches.prove(ticket, promised, sender=sender)
    batches.prove(ticket, promised)


def test_keeper_chooses_for_its_requester(batches: Batches) -> None:
    house, keeper = batches.house, str(boa.env.generate_address("keeper"))
    ticket, trap, promised = in_two_batches(batches)
    house.directory.name_keeper(keeper, sender=ticket.requester)
    batches.prove(ticket, promised, sender=keeper)
    with boa.reverts("desk: ticket exists"):
        batches.prove(ticket, trap, bond=0)
    batches.end(ticket, claim=True)
    assert house.pool.collectable(ticket.requester) == 5_000


def test_requester_may_choose_the_worthless_promise_and_has_no_other_then(batches: Batches) -> None:
    house = batches.house
    ticket, trap, promised = in_two_batches(batches)
    batches.prove(ticket, trap, bond=0)
    with boa.reverts("desk: ticket exists"):
        batches.prove(ticket, promised)
    assert house.desk.ticket(ticket.id).policy_id == 2
    # What was set aside for the other stays so until its batch expires.
    assert house.lane.batch(promised.number).reserved == house.pool.books().reserved == 5_500


def test_requester_chooses_the_priority_that_it_was_promised(batches: Batches) -> None:
    """Low in a batch that is half a claim window older, urgent in the other."""
    house, ticket = batches.house, batches.ticket()
    trap = batches.anchor([ticket], counts=[0, 0, 0, 1, 0])
    promised = batches.anchor([ticket], must_back=True)
    travel_to(house.lane.batch(trap.number).expires_at - 90 * DAY + 1)
    with boa.reverts("lane: not requester or its keeper"):
        batches.prove(ticket, trap, sender=house.stranger)
    batches.prove(ticket, promised)
    assert house.desk.ticket(ticket.id).priority == URGENT
    assert [house.lane.batch(number).reserved for number in (1, 2)] == [1_100, 0]


# ---------------------------------------------------------------- twice in one batch


@pytest.mark.parametrize("who", PUPPETS)
def test_puppet_proves_a_batchs_leaf_at_neither_priority(batches: Batches, who: str) -> None:
    house, sender = batches.house, puppet(batches.house, who)
    ticket, batch = in_one_batch(batches)
    for at in (now(), house.lane.batch(batch.number).expires_at):
        travel_to(at)
        for index in (0, 1):
            with boa.reverts("lane: not requester or its keeper"):
                prove_at(batches, ticket, batch, index, sender)
    assert house.desk.ticket_word(ticket.id) == 0


@pytest.mark.parametrize(
    ("index", "priority", "left", "paid"), [(0, URGENT, 1_100, 5_000), (1, LOW, 5_500, 1_000)]
)
@pytest.mark.parametrize("by", ["requester", "keeper"])
def test_requester_chooses_among_the_priorities_of_one_batch(
    batches: Batches, by: str, index: int, priority: int, left: int, paid: int
) -> None:
    house = batches.house
    ticket, batch = in_one_batch(batches)
    sender = ticket.requester
    if by == "keeper":
        sender = str(boa.env.generate_address("keeper"))
        house.directory.name_keeper(sender, sender=ticket.requester)
    prove_at(batches, ticket, batch, index, sender)
    assert house.desk.ticket(ticket.id).priority == priority
    assert house.lane.batch(batch.number).reserved == left
    with boa.reverts("desk: ticket exists"):
        prove_at(batches, ticket, batch, 1 - index, sender)
    batches.end(ticket, claim=True)
    bond_back = BOND if by == "requester" else 0
    assert house.pool.collectable(ticket.requester) == paid + bond_back
