# SPDX-License-Identifier: Apache-2.0
"""`contest`: a dispute begins, its bond comes in, an incident is reserved as far as free funds go."""

from typing import Any

import boa
import pytest
from disputes import (
    BOND,
    COMPENSATION,
    DISPUTED,
    RULING_WINDOW,
    UNDER_DISPUTE,
    WORST_CASE,
    Books,
    a_token,
    balance,
    books,
    contest,
    give,
    refused,
    rejected,
    replied,
    submit,
    upheld,
    wait_for_default,
)
from house import (
    DAY,
    ETH,
    FIRST_REPLY,
    HOLD,
    INCIDENT,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    SOLVED,
    ZERO_DIGEST,
    House,
    Policy,
    deploy_house,
    deployer,
    now,
    travel,
)
from logs import events, events_named
from words import ticket_word

CLOCK_KINDS = [FIRST_REPLY, NEXT_REPLY, RESOLUTION]
FUNDS = 1_000_000


@pytest.fixture(params=["ether", "token"])
def either(request: pytest.FixtureRequest) -> House:
    """A desk in ETH, and one in an ERC-20."""
    return deploy_house(ETH if request.param == "ether" else a_token())


def call(house: House, ticket_id: bytes, kind: int, amount: int, **options: Any) -> int:
    """`contest` with a digest of its own, as it is written: by the requester with the flat bond in ETH."""
    options = {"sender": house.requester, "value": BOND, **options}
    boa.env.set_balance(options["sender"], 10**6)
    return int(house.panel.contest(ticket_id, kind, amount, house.digest(), **options))


# ---------------------------------------------------------------- effect


@pytest.mark.parametrize("kind", CLOCK_KINDS)
def test_contest_begins_a_dispute(house: House, kind: int) -> None:
    dispute = contest(house, replied(house), kind)
    assert dispute.number == 1
    assert tuple(house.panel.dispute(*dispute.name)) == (
        1,
        UNDER_DISPUTE,
        1,
        now() + RULING_WINDOW,
        0,
        0,
        dispute.evidence_digest,
        BOND,
        0,
        [],
    )
    assert house.panel.has_open_dispute(dispute.ticket_id)


def test_contest_marks_the_ticket_and_changes_no_clock(house: House) -> None:
    opened_at = now()
    ticket_id = replied(house)
    travel(60)
    contest(house, ticket_id)
    word = ticket_word(house.requester, status=HOLD, resolution=opened_at + 10_000, replied=True)
    assert house.desk.ticket_word(ticket_id) == word + DISPUTED
    assert house.desk.ticket(ticket_id).disputed


def test_contest_logs(house: House) -> None:
    dispute = contest(house, replied(house), RESOLUTION)
    assert events(house.panel) == [
        (
            "TicketContested",
            {
                "ticket_id": dispute.ticket_id,
                "kind": RESOLUTION,
                "word": house.desk.ticket_word(dispute.ticket_id),
            },
        ),
        ("Bonded", {"payer": house.requester, "amount": BOND}),
        (
            "Contested",
            {
                "dispute": 1,
                "ticket_id": dispute.ticket_id,
                "requester": house.requester,
                "kind": RESOLUTION,
                "amount": 4_000,
                "reserved": 0,
                "evidence_digest": dispute.evidence_digest,
                "bond": BOND,
                "epoch": 1,
                "rules_until": now() + RULING_WINDOW,
            },
        ),
    ]


def test_contest_takes_the_bond_which_is_not_free(either: House) -> None:
    ticket_id = replied(either)
    before = balance(either, either.requester)
    dispute = contest(either, ticket_id)
    assert balance(either, either.requester) == before
    assert books(either, dispute) == Books(
        funds=FUNDS + BOND, reserved=WORST_CASE, bonded=BOND, free=FUNDS - WORST_CASE
    )


def test_contest_needs_no_funds(unfunded: House) -> None:
    dispute = contest(unfunded, replied(unfunded))
    assert books(unfunded, dispute) == Books(funds=BOND, bonded=BOND)


def test_contest_records_what_is_breached_by_then(house: House) -> None:
    ticket_id = replied(house)
    house.follow_up(ticket_id)
    travel(1_201)
    contest(house, ticket_id)
    assert events(house.panel)[0] == ("BreachRecorded", {"ticket_id": ticket_id, "kinds": NEXT_REPLY})
    assert house.desk.ticket(ticket_id).breached == NEXT_REPLY


def test_contest_of_a_breach_that_is_not_paid_yet(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    contest(house, ticket_id, FIRST_REPLY)
    assert house.panel.has_open_dispute(ticket_id)


def test_contest_of_every_kind_of_a_ticket(house: House) -> None:
    ticket_id = replied(house)
    made = [contest(house, ticket_id, kind) for kind in CLOCK_KINDS]
    made.append(contest(house, ticket_id, INCIDENT, 100))
    assert [dispute.number for dispute in made] == [1, 2, 3, 4]
    assert house.panel.dispute_count() == 4
    assert books(house, *made).bonded == 4 * BOND + 5


def test_contest_counts_the_disputes_of_the_desk(house: House) -> None:
    assert [contest(house, replied(house)).number for _ in range(3)] == [1, 2, 3]


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_contest_in_every_status_with_a_reply(house: House, status: int) -> None:
    contest(house, replied(house, status))
    assert house.panel.dispute_count() == 1


def test_contest_of_an_open_ticket_that_had_a_reply(house: House) -> None:
    ticket_id = replied(house)
    house.follow_up(ticket_id)
    contest(house, ticket_id)
    assert house.panel.dispute_count() == 1


def test_contest_in_the_last_second_of_the_contest_window(house: House) -> None:
    ticket_id = replied(house, SOLVED)
    travel(3 * DAY)
    contest(house, ticket_id, RESOLUTION)
    assert house.panel.dispute_count() == 1


def test_contest_long_after_a_reply_that_solved_nothing(house: House) -> None:
    ticket_id = replied(house, PENDING)
    travel(300 * DAY)
    contest(house, ticket_id)
    assert house.panel.dispute_count() == 1


def test_contest_is_ruled_within_the_policys_window() -> None:
    house = deploy_house(policy=Policy(ruling_window=3_600))
    dispute = contest(house, replied(house))
    assert house.panel.dispute(*dispute.name).rules_until == now() + 3_600


def test_contest_without_a_panel_is_of_epoch_0() -> None:
    house = deploy_house(arbiters=[], threshold=0)
    dispute = contest(house, replied(house))
    assert events_named(house.panel, "Contested")[0]["epoch"] == 0
    assert house.panel.dispute(*dispute.name).epoch == 0


# ---------------------------------------------------------------- bond


def test_contest_without_a_bond_calls_no_asset() -> None:
    house = deploy_house(policy=Policy(contest_bond=0, fee=0))
    dispute = contest(house, replied(house))
    assert [name for name, _ in events(house.panel)] == ["TicketContested", "Contested"]
    assert books(house, dispute).bonded == 0


def test_contest_without_a_bond_refuses_value() -> None:
    house = deploy_house(policy=Policy(contest_bond=0, fee=0))
    ticket_id = replied(house)
    with refused(house, "pool: value differs from amount", (ticket_id, FIRST_REPLY)):
        call(house, ticket_id, FIRST_REPLY, 1_000, value=1)


@pytest.mark.parametrize(
    ("fee_share", "received"),
    [
        pytest.param(1_000, 45, id="a tenth is kept"),
        pytest.param(8_000, 10, id="less than the fee"),
        pytest.param(9_800, 1, id="all but one"),
    ],
)
def test_contest_counts_of_the_bond_what_came_in(fee_share: int, received: int) -> None:
    token = deployer("mocks/FeeOnTransferToken").deploy(0)
    house = deploy_house(token)
    ticket_id = replied(house)
    token.set_fee(fee_share)
    dispute = contest(house, ticket_id)
    assert events_named(house.panel, "Contested")[0]["bond"] == received
    assert house.panel.dispute(*dispute.name).bond == received
    assert books(house, dispute) == Books(
        funds=FUNDS + received, reserved=WORST_CASE, bonded=received, free=FUNDS - WORST_CASE
    )


@pytest.mark.parametrize("value", [0, BOND - 1, BOND + 1])
def test_contest_refuses_another_value_than_the_bond(house: House, value: int) -> None:
    ticket_id = replied(house)
    with refused(house, "pool: value differs from amount", (ticket_id, FIRST_REPLY)):
        call(house, ticket_id, FIRST_REPLY, 1_000, value=value)


def test_contest_with_a_token_refuses_ether() -> None:
    house = deploy_house(a_token())
    ticket_id = replied(house)
    give(house, house.requester, BOND)
    with refused(house, "pool: value differs from amount", (ticket_id, FIRST_REPLY)):
        call(house, ticket_id, FIRST_REPLY, 1_000)


@pytest.mark.parametrize("approved", [0, BOND - 1])
def test_contest_with_a_token_refuses_what_is_not_approved(approved: int) -> None:
    house = deploy_house(a_token())
    ticket_id = replied(house)
    give(house, house.requester, BOND)
    house.asset.approve(house.pool.address, approved, sender=house.requester)
    with refused(house, "pool: asset did not come in", (ticket_id, FIRST_REPLY)):
        call(house, ticket_id, FIRST_REPLY, 1_000, value=0)


# ---------------------------------------------------------------- incident


def test_contest_of_an_incident_before_any_reply(house: House) -> None:
    dispute = contest(house, house.open(), INCIDENT, 2_000)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.amount, shown.reserved, shown.bond) == (2_000, 2_000, 150)


def test_contest_of_an_incident_reserves_what_it_asks(either: House) -> None:
    dispute = contest(either, either.open(), INCIDENT, 8_000)
    logged = [event for event in events(either.panel) if event[0] != "Transfer"]
    assert [name for name, _ in logged] == ["TicketContested", "Reserved", "Bonded", "Contested"]
    assert logged[1][1] == {"amount": 8_000}
    contested = logged[3][1]
    assert (contested["amount"], contested["reserved"], contested["bond"]) == (8_000, 8_000, 450)
    assert books(either, dispute) == Books(
        funds=FUNDS + 450, reserved=WORST_CASE + 8_000, bonded=450, free=FUNDS - WORST_CASE - 8_000
    )


@pytest.mark.parametrize("free", [0, 1, 7_999])
def test_contest_of_an_incident_reserves_what_is_free(free: int) -> None:
    house = deploy_house(funds=WORST_CASE + free)
    dispute = contest(house, house.open(), INCIDENT, 8_000)
    assert events_named(house.panel, "Contested")[0]["reserved"] == free
    assert events_named(house.panel, "Reserved") == ([{"amount": free}] if free else [])
    assert house.panel.dispute(*dispute.name).reserved == free
    assert books(house, dispute) == Books(
        funds=WORST_CASE + free + 450, reserved=WORST_CASE + free, bonded=450
    )


@pytest.mark.parametrize(("asked", "bond"), [(1, 50), (19, 50), (20, 51), (39, 51), (10_000, 550)])
def test_contest_of_an_incident_bonds_its_share_rounded_down(house: House, asked: int, bond: int) -> None:
    ticket_id = house.open()
    call(house, ticket_id, INCIDENT, asked, value=bond)
    assert house.panel.dispute(ticket_id, INCIDENT).bond == bond


def test_contest_holds_the_largest_bond_there_can_be() -> None:
    """2**85 - 1 of bond and all of a cap of 2**96 - 1: within the 98 bits that a dispute has for it."""
    cap, contest_bond = 2**96 - 1, 2**85 - 1
    policy = Policy(incident_cap=cap, incident_bond_share=10_000, contest_bond=contest_bond)
    house = deploy_house(policy=policy, funds=2**100)
    dispute = contest(house, house.open(), INCIDENT, cap)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.amount, shown.reserved, shown.bond) == (cap, cap, cap + contest_bond)
    assert books(house, dispute).bonded == cap + contest_bond


# ---------------------------------------------------------------- refusals


def test_contest_refuses_a_zero_digest(house: House) -> None:
    ticket_id = replied(house)
    boa.env.set_balance(house.requester, BOND)
    with refused(house, "panel: evidence digest is zero", (ticket_id, FIRST_REPLY)):
        house.panel.contest(ticket_id, FIRST_REPLY, 1_000, ZERO_DIGEST, value=BOND, sender=house.requester)


def test_contest_refuses_a_kind_under_dispute(house: House) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "panel: kind was contested before", dispute.name):
        contest(house, dispute.ticket_id)


@pytest.mark.parametrize("outcome", ["upheld", "rejected", "default"])
def test_contest_refuses_a_kind_that_was_ruled(house: House, outcome: str) -> None:
    dispute = contest(house, replied(house, PENDING))
    if outcome == "default":
        wait_for_default(house)
        house.panel.rule_by_default(*dispute.name)
    else:
        submit(house, upheld(dispute) if outcome == "upheld" else rejected(dispute))
    with refused(house, "panel: kind was contested before", dispute.name):
        contest(house, dispute.ticket_id)


def test_contest_refuses_an_unknown_ticket(house: House) -> None:
    with refused(house, "desk: ticket unknown", (b"\1" * 32, FIRST_REPLY)):
        contest(house, b"\1" * 32)


def test_contest_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = replied(house)
    house.desk.close(ticket_id, sender=house.requester)
    with refused(house, "desk: ticket is closed", (ticket_id, FIRST_REPLY)):
        contest(house, ticket_id)


@pytest.mark.parametrize("kind", [RESOLUTION, INCIDENT])
def test_contest_refuses_one_second_after_the_contest_window(house: House, kind: int) -> None:
    ticket_id = replied(house, SOLVED)
    travel(3 * DAY + 1)
    with refused(house, "desk: contest window is over", (ticket_id, kind)):
        contest(house, ticket_id, kind, 4_000)


@pytest.mark.parametrize("kind", [0, 3, 5, 7, 9, 12, 15, 16, 2**255])
def test_contest_refuses_what_is_no_kind(house: House, kind: int) -> None:
    ticket_id = replied(house)
    with refused(house, "desk: kind unknown", (ticket_id, kind)):
        call(house, ticket_id, kind, 1_000)


@pytest.mark.parametrize("kind", CLOCK_KINDS)
def test_contest_refuses_a_clock_kind_before_the_first_reply(house: House, kind: int) -> None:
    ticket_id = house.open()
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    with refused(house, "desk: no reply to contest yet", (ticket_id, kind)):
        contest(house, ticket_id, kind)


def test_contest_refuses_a_kind_that_the_clock_paid(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    house.desk.claim(ticket_id)
    with refused(house, "desk: kind already compensated", (ticket_id, FIRST_REPLY)):
        contest(house, ticket_id)


@pytest.mark.parametrize("role", ["operator", "human", "bot", "stranger", "arbiter"])
@pytest.mark.parametrize("kind", [FIRST_REPLY, INCIDENT])
def test_contest_refuses_all_but_the_requester(house: House, role: str, kind: int) -> None:
    ticket_id = replied(house)
    sender = house.arbiters[0].address if role == "arbiter" else getattr(house, role)
    with refused(house, "desk: caller is not the requester", (ticket_id, kind)):
        call(house, ticket_id, kind, 1_000, sender=sender)


@pytest.mark.parametrize("kind", CLOCK_KINDS)
@pytest.mark.parametrize("off", [-1, 1])
def test_contest_refuses_another_amount_than_the_policys(house: House, kind: int, off: int) -> None:
    ticket_id = replied(house)
    with refused(house, "desk: amount is not the policy's", (ticket_id, kind)):
        contest(house, ticket_id, kind, COMPENSATION[kind] + off)


def test_contest_refuses_an_incident_of_nothing(house: House) -> None:
    ticket_id = house.open()
    with refused(house, "desk: amount is zero", (ticket_id, INCIDENT)):
        contest(house, ticket_id, INCIDENT, 0)


@pytest.mark.parametrize("asked", [10_001, 2**96, 2**256 - 1])
def test_contest_refuses_an_incident_over_the_cap(house: House, asked: int) -> None:
    ticket_id = house.open()
    with refused(house, "desk: amount over the incident cap", (ticket_id, INCIDENT)):
        call(house, ticket_id, INCIDENT, asked, value=0)


def test_contest_of_an_incident_is_off_where_the_cap_is_zero() -> None:
    house = deploy_house(policy=Policy(incident_cap=0))
    ticket_id = house.open()
    with refused(house, "desk: amount over the incident cap", (ticket_id, INCIDENT)):
        contest(house, ticket_id, INCIDENT, 1)


@pytest.mark.parametrize("role", ["operator", "human", "requester", "stranger"])
def test_begin_dispute_is_the_panels_alone(house: House, role: str) -> None:
    ticket_id = replied(house)
    with refused(house, "desk: caller is not the panel", (ticket_id, FIRST_REPLY)):
        house.desk.begin_dispute(ticket_id, FIRST_REPLY, house.requester, 1_000, sender=getattr(house, role))


# ---------------------------------------------------------------- closing waits


def test_close_waits_for_the_ruling(house: House) -> None:
    dispute = contest(house, replied(house, SOLVED))
    with refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=house.requester)
    travel(3 * DAY + 1)
    with refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=house.stranger)
    submit(house, rejected(dispute))
    house.desk.close(dispute.ticket_id, sender=house.stranger)
    assert books(house, dispute).reserved == 0
