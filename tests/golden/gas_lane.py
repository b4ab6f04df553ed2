# SPDX-License-Identifier: Apache-2.0
"""BatchLane. Its trees are small; a hash of a path takes the same in a large one."""

from dataclasses import replace

import boa
from batches import FOLLOWED_UP, REPLIED, SOLVES, Batches, Ticket, tampered
from house import HIGH, LOW, NORMAL, URGENT, WEEKDAYS, House, deploy_house, now, travel, travel_to
from meter import Meter

SIZE = 64  # tickets of a batch: paths of six hashes
SHOWN = 16


def play(meter: Meter) -> None:
    house = deploy_house(funds=10**8)
    meter.watch("BatchLane", house.lane)
    batches = Batches(house)
    _anchoring(meter, house, batches)
    tickets = _proving(meter, house, batches)
    _showing(meter, batches, tickets[:3])
    _ending(meter, batches, tickets)
    _views(meter, house, batches, tickets[0])
    _releasing(meter, house)


def _anchoring(meter: Meter, house: House, batches: Batches) -> None:
    with meter.case("the first of a lane"):
        batches.anchor([batches.ticket()])
    opening = house.publish(replace(house.policy, hours=WEEKDAYS))
    priorities = (URGENT, HIGH, NORMAL, LOW)
    for hours, policy_id in (("calendar hours", 1), ("opening hours", opening)):
        with meter.case(f"one priority, {hours}"):
            batches.anchor([batches.ticket() for _ in range(4)], policy_id=policy_id)
        with meter.case(f"four priorities, {hours}"):
            batches.anchor([batches.ticket(each) for each in priorities], policy_id=policy_id)
    with meter.case("later entries only"):
        batches.anchor(later=[batches.entry(batches.ticket(), REPLIED)])


def _proving(meter: Meter, house: House, batches: Batches) -> list[Ticket]:
    tickets = [batches.ticket(requester=str(boa.env.generate_address("somebody"))) for _ in range(SIZE)]
    batches.anchor(tickets)
    travel(1)
    # The first bond in the pool writes no word that was zero: the batch's reserve is there.
    first, second, *others = tickets
    with meter.case("by its requester"):
        batches.prove(first)
    keeper = str(boa.env.generate_address("keeper"))
    house.directory.name_keeper(keeper, sender=second.requester)
    with meter.case("by its keeper"):
        batches.prove(second, sender=keeper)
    for each in others[:4]:
        batches.prove(each)
    return tickets[:6]


def _showing(meter: Meter, batches: Batches, tickets: list[Ticket]) -> None:
    for ticket, count in zip(tickets, (1, SHOWN), strict=False):
        acts = (REPLIED, FOLLOWED_UP) * SHOWN
        entries = [batches.entry(ticket, act) for act in acts[:count]]
        batches.anchor(later=entries)
        with meter.case("one entry" if count == 1 else f"{count} entries"):
            batches.show(ticket, entries)
    told = tickets[2]
    one = batches.noted(told, REPLIED)
    other = tampered(one, act=SOLVES)
    batches.anchor(later=[other])
    with meter.case():
        batches.house.lane.prove_equivocation(told.id, 1, *batches.shown([one, other]))


def _ending(meter: Meter, batches: Batches, tickets: list[Ticket]) -> None:
    answered, _, _, returned, claimed, paid = tickets
    travel_to(batches.last_second(paid) + 1)
    with meter.case("nothing breached", "end_challenge"):
        batches.end(answered)
    with meter.case("breached", "end_challenge"):
        batches.end(returned)
    with meter.case("breached, claimed", "end_challenge"):
        batches.end(claimed, claim=True)
    with meter.case("breached, claimed, paid out", "end_challenge"):
        batches.end(paid, claim=True, collect=True)


def _views(meter: Meter, house: House, batches: Batches, ticket: Ticket) -> None:
    lane, batch = house.lane, batches.batch_of(ticket.opening)
    with meter.case():
        for view in (lane.desk, lane.pool, lane.directory, lane.batch_count):
            view()
    with meter.case("known"):
        lane.batch(batch.number)
        lane.proof(ticket.id)
    with meter.case("unknown"):
        lane.batch(999)
        lane.proof(house.digest())
    with meter.case(f"one of {SIZE}"):
        path = batch.path(ticket.opening)
        lane.verify_inclusion(batch.number, batch.index(ticket.opening), ticket.opening.on_chain(), path)


def _releasing(meter: Meter, house: House) -> None:
    travel_to(max(now(), house.lane.batch(2).expires_at + 1))
    with meter.case():
        house.lane.release_batch(2)
