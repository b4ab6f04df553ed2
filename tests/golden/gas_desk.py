# SPDX-License-Identifier: Apache-2.0
"""SupportDesk as its people call it; what panel and lane call is in gas_hooks.py."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import boa
import messages
from house import (
    DAY,
    FAR,
    HIGH,
    HOLD,
    PENDING,
    SOLVED,
    URGENT,
    WEEKDAYS,
    House,
    deploy_house,
    key_pair,
    now,
    travel,
)
from meter import Meter

HOUR = 3_600
MANY = 10
OPENING_HOURS = 2  # the policy's id; the first has calendar hours


def play(meter: Meter) -> None:
    house = deploy_house(funds=10**6)
    meter.watch("SupportDesk", house.desk)
    # At nine on a Monday: no clock stands still while the tickets are opened.
    travel(9 * HOUR)
    _operator(meter, house)
    _openings(meter, house)
    _messages(meter, house)
    _signed(meter, house)
    _claims(meter, house)
    _closing(meter, house)
    _views(meter, house)
    house = deploy_house(funds=0)
    meter.watch("SupportDesk", house.desk)
    _not_backed(meter, house)


def _operator(meter: Meter, house: House) -> None:
    desk, operator = house.desk, house.operator
    for case, hours in (("opening hours", WEEKDAYS), ("calendar hours", house.policy.hours)):
        with meter.case(case):
            house.publish(replace(house.policy, hours=hours))
    holder = boa.env.generate_address("holder")
    for case, factor in (("new", 1), ("more", 2)):
        with meter.case(case):
            desk.grant_coverage(holder, 1, URGENT, 100 * factor, FAR, sender=operator)
            desk.set_allowance(holder, 10**9 * factor, sender=operator)
    desk.grant_coverage(house.requester, OPENING_HOURS, URGENT, 100, FAR, sender=operator)


def _openings(meter: Meter, house: House) -> None:
    desk = house.desk
    for case, policy_id in (("calendar hours", 1), ("opening hours", OPENING_HOURS)):
        with meter.case(case):
            desk.open_ticket(policy_id, HIGH, house.digest(), sender=house.requester)
            desk.open_ticket_for(house.stranger, policy_id, HIGH, house.digest(), sender=house.human)


def _messages(meter: Meter, house: House) -> None:
    for case, policy_id in (("calendar hours", 1), ("opening hours", OPENING_HOURS)):
        ticket = house.desk.open_ticket(policy_id, URGENT, house.digest(), sender=house.requester)
        for name, status in (
            ("open to hold", HOLD),
            ("hold to hold", HOLD),
            ("hold to pending", PENDING),
            ("pending to hold", HOLD),
            ("hold to solved", SOLVED),
            ("solved to pending", PENDING),
        ):
            with meter.case(f"{name}, {case}"):
                house.reply(ticket, status)
        for name, status in (("hold", HOLD), ("pending", PENDING), ("solved", SOLVED)):
            house.reply(ticket, status)
            with meter.case(f"{name} to open, {case}"):
                house.follow_up(ticket)
        with meter.case(f"open to open, {case}"):
            house.follow_up(ticket)
    late = house.open()
    travel(2 * HOUR)
    with meter.case("open to hold, too late"):
        house.reply(late)
    with meter.case():
        house.desk.bot_reply(late, house.digest(), sender=house.bot)
    for count in (1, MANY):
        tickets = [house.open() for _ in range(count)]
        with meter.case(f"{count}, open to hold"):
            house.desk.reply_many([(each, HOLD, house.digest()) for each in tickets], sender=house.human)


def _signed(meter: Meter, house: House) -> None:
    desk, requester, operator = house.desk, key_pair("requester"), key_pair("operator")
    house.directory.transfer_ownership(operator.address, sender=house.operator)
    house.directory.accept_ownership(sender=operator.address)
    house.operator = operator.address
    for case, places in (("new", 5), ("more", 9)):
        grant = (requester.address, 1, URGENT, places, FAR, FAR)
        names = ("holder", "policy_id", "priority", "places", "until", "deadline")
        voucher = messages.grant_coverage(house, **dict(zip(names, grant, strict=True)))
        with meter.case(case):
            desk.redeem_coverage(*grant, messages.sign(operator, voucher), sender=house.stranger)
    for case in ("the first of a requester", "a further one"):
        opening = (requester.address, 1, URGENT, house.digest(), FAR)
        names = ("requester", "policy_id", "priority", "commitment", "deadline")
        message = messages.open_ticket(house, **dict(zip(names, opening, strict=True)))
        with meter.case(case):
            ticket = desk.open_ticket_signed(
                *opening, messages.sign(requester, message), sender=house.stranger
            )
    for nonce, case in enumerate(("the first of a ticket", "a further one")):
        house.reply(ticket)
        written = {"ticket_id": ticket, "digest": house.digest()}
        message = messages.follow_up(house, **written, nonce=nonce, deadline=FAR)
        signature = messages.sign(requester, message)
        with meter.case(case):
            desk.follow_up_signed(*written.values(), FAR, signature, sender=house.stranger)


def _claims(meter: Meter, house: House) -> None:
    desk, requesters = house.desk, _somebodies()
    one, two, three = (house.open_for(next(requesters)) for _ in range(3))
    single, *tickets = (house.open_for(next(requesters)) for _ in range(1 + MANY))
    with meter.case("nothing"):
        desk.claimable(one)
    travel(HOUR)
    with meter.case("the first of a desk, one kind"):
        desk.claim(one)
    travel(DAY)
    with meter.case("one kind more"):
        desk.claim(one)
    with meter.case("two kinds"):
        desk.claimable(two)
        desk.claim(two)
    with meter.case("two kinds, paid out"):
        desk.claim(three, True)
    with meter.case("1, two kinds"):
        desk.claim_many([single])
    with meter.case(f"{MANY}, two kinds"):
        desk.claim_many(tickets)


def _closing(meter: Meter, house: House) -> None:
    desk = house.desk
    answered, late, *tickets = (house.open() for _ in range(2 + 1 + MANY))
    for each in (answered, *tickets):
        house.reply(each, SOLVED)
    with meter.case("by its requester"):
        desk.close(answered, sender=house.requester)
    travel(4 * DAY)
    with meter.case("by its requester, two kinds breached"):
        desk.close(late, sender=house.requester)
    single, *others = tickets
    with meter.case("1, solved"):
        desk.close_many([single], sender=house.stranger)
    with meter.case(f"{MANY}, solved"):
        desk.close_many(others, sender=house.stranger)


def _not_backed(meter: Meter, house: House) -> None:
    with meter.case("not backed"):
        ticket = house.open()
    travel(DAY)
    with meter.case("two kinds, owed"):
        house.desk.claim(ticket)


def _views(meter: Meter, house: House) -> None:
    desk, ticket, start = house.desk, house.open(), now()
    with meter.case():
        for view in (desk.pool, desk.panel, desk.lane, desk.directory, desk.policy_count, desk.eip712Domain):
            view()
        desk.lane_terms(1)
        desk.policy(1)
        desk.compute_ticket_id(0, house.requester, house.digest())
        desk.follow_up_nonce(ticket)
        desk.allowance(house.human)
    for case, known in (("known", ticket), ("unknown", house.digest())):
        with meter.case(case):
            desk.ticket(known)
            desk.ticket_word(known)
    for case, holder in (("some", house.requester), ("none", house.stranger)):
        with meter.case(case):
            desk.coverage(holder, 1)
    for case, policy_id in (("calendar hours", 1), ("opening hours", OPENING_HOURS)):
        for length, seconds in (("an hour", HOUR), ("a month", 30 * DAY)):
            with meter.case(f"{length}, {case}"):
                desk.due(policy_id, start, seconds)
                desk.left(policy_id, start, start + seconds)


def _somebodies() -> Iterator[Any]:
    while True:
        yield boa.env.generate_address("somebody")
