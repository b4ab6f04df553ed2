# SPDX-License-Identifier: Apache-2.0
"""SupportDesk as its panel and its lane call it, each as if that were a transaction of theirs."""

from dataclasses import replace

from house import (
    DAY,
    FIRST_REPLY,
    INCIDENT,
    RESOLUTION,
    SOLVED,
    URGENT,
    WEEKDAYS,
    House,
    deploy_house,
    now,
    travel,
)
from meter import Meter

REPLIED, FOLLOWED_UP = 1, 4  # entries
CLAIMED = {FIRST_REPLY: 1_000, RESOLUTION: 4_000, INCIDENT: 500}
NAMES = {FIRST_REPLY: "a reply", RESOLUTION: "a solution", INCIDENT: "an incident"}


def play(meter: Meter) -> None:
    house = deploy_house()
    house.publish(replace(house.policy, hours=WEEKDAYS))
    meter.watch("SupportDesk", house.desk)
    _panel(meter, house)
    _lane(meter, house)


def _panel(meter: Meter, house: House) -> None:
    desk, panel = house.desk, house.panel.address
    # The first credit of the pool, and of the requester, writes words that were zero.
    paid = house.open()
    house.reply(paid)
    desk.report(paid, FIRST_REPLY, sender=panel)
    for kind, amount in CLAIMED.items():
        for upheld, outcome in ((True, "upheld"), (False, "rejected")):
            ticket = house.open()
            house.reply(ticket, SOLVED)
            with meter.case(NAMES[kind]):
                desk.begin_dispute(ticket, kind, house.requester, amount, sender=panel)
            with meter.case(f"{NAMES[kind]}, {outcome}"):
                desk.rule(ticket, kind, upheld, amount, sender=panel)
    for kind in (FIRST_REPLY, RESOLUTION):
        ticket = house.open()
        house.reply(ticket, SOLVED)
        with meter.case(NAMES[kind]):
            desk.report(ticket, kind, sender=panel)


def _lane(meter: Meter, house: House) -> None:
    desk, lane = house.desk, house.lane.address
    for policy_id, hours in ((1, "calendar hours"), (2, "opening hours")):
        for counts, openings in (([9, 0, 0, 0, 0], "one priority"), ([9, 9, 9, 9, 9], "four priorities")):
            with meter.case(f"{openings}, {hours}"):
                desk.begin_batch(house.human, policy_id, counts, True, sender=lane)
        ticket, start = house.digest(), now()
        with meter.case(hours):
            desk.prove_ticket(ticket, house.requester, policy_id, URGENT, start, True, sender=lane)
        travel(60)
        for act, name in ((REPLIED, "a reply"), (FOLLOWED_UP, "a follow-up")):
            with meter.case(f"{name}, {hours}"):
                desk.apply_entry(ticket, act, now(), now(), sender=lane)
    with meter.case("later entries only"):
        desk.begin_batch(house.human, 1, [0, 0, 0, 0, 9], True, sender=lane)
    told, silent = house.digest(), house.digest()
    for each in (told, silent):
        desk.prove_ticket(each, house.requester, 1, URGENT, now(), True, sender=lane)
    with meter.case():
        desk.breach_clocks(told, sender=lane)
    until = now() + DAY
    travel(DAY + 1)
    for case, each in (("breached before", told), ("newly breached", silent)):
        with meter.case(case):
            desk.end_challenge(each, until, sender=lane)
