# SPDX-License-Identifier: Apache-2.0
"""`report_breach`: the arbiters' own initiative, with the same quorum, without bond and fee."""

import pytest
from disputes import (
    COMPENSATION,
    SAYS_REJECTED,
    WORST_CASE,
    Books,
    books,
    contest,
    refused,
    rejected,
    replied,
    report,
    report_of,
    seat,
    signed_by,
    submit,
    upheld,
    wait_for_default,
)
from house import (
    DAY,
    FIRST_REPLY,
    HOLD,
    INCIDENT,
    NEXT_REPLY,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    House,
    deploy_house,
    now,
    travel,
)
from logs import events
from words import ticket_word

CLOCK_KINDS = [FIRST_REPLY, NEXT_REPLY, RESOLUTION]
FUNDS = 1_000_000


@pytest.mark.parametrize("kind", CLOCK_KINDS)
def test_report_pays_the_requester_out_of_the_reserve(house: House, kind: int) -> None:
    ticket_id = replied(house, PENDING)
    report(house, report_of(house, ticket_id, kind))
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.breached, ticket.compensated) == (kind, kind)
    assert books(house) == Books(
        funds=FUNDS,
        reserved=WORST_CASE - COMPENSATION[kind],
        credited=COMPENSATION[kind],
        free=FUNDS - WORST_CASE,
    )


def test_report_of_an_unbacked_ticket_is_a_debt(unfunded: House) -> None:
    report(unfunded, report_of(unfunded, replied(unfunded)))
    assert books(unfunded) == Books(funds=0, debt=1_000)
    assert unfunded.pool.owed(unfunded.requester) == 1_000


def test_report_logs(house: House) -> None:
    opened_at = now()
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id)
    report(house, verdict, 4)
    uncompensated = ticket_word(
        house.requester, status=HOLD, resolution=opened_at + 10_000, replied=True, breached=FIRST_REPLY
    )
    assert events(house.panel) == [
        ("BreachRecorded", {"ticket_id": ticket_id, "kinds": FIRST_REPLY}),
        ("BreachUpheld", {"ticket_id": ticket_id, "kind": FIRST_REPLY, "word": uncompensated}),
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
        (
            "BreachReported",
            {
                "ticket_id": ticket_id,
                "kind": FIRST_REPLY,
                "amount": 1_000,
                "evidence_digest": verdict.evidence_digest,
                "epoch": 1,
                "signers": 0b1111,
            },
        ),
    ]


def test_report_begins_no_dispute_and_pays_no_fee(house: House) -> None:
    ticket_id = replied(house)
    report(house, report_of(house, ticket_id))
    assert house.panel.dispute_count() == 0
    assert tuple(house.panel.dispute(ticket_id, FIRST_REPLY)) == (0, 0, 0, 0, 0, 0, b"\0" * 32, 0, 0, [])
    with refused(house, "panel: no fee to collect", (ticket_id, FIRST_REPLY)):
        house.panel.collect_fees(house.arbiters[0].address, [(ticket_id, FIRST_REPLY)])


def test_report_of_a_resolution_reopens_the_ticket(house: House) -> None:
    ticket_id = replied(house, SOLVED)
    report(house, report_of(house, ticket_id, RESOLUTION))
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.status, ticket.reply_due, ticket.disputed) == (OPEN, now() + 1_200, False)


def test_report_of_a_breach_that_was_recorded_but_not_paid(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    report(house, report_of(house, ticket_id))
    assert books(house).credited == 1_000


def test_report_leaves_the_ticket_free_to_be_closed(house: House) -> None:
    ticket_id = replied(house)
    report(house, report_of(house, ticket_id))
    house.desk.close(ticket_id, sender=house.requester)
    assert books(house) == Books(funds=FUNDS, credited=1_000, free=FUNDS - 1_000)


def test_report_in_the_last_second_of_the_contest_window(house: House) -> None:
    ticket_id = replied(house, SOLVED)
    travel(3 * DAY)
    report(house, report_of(house, ticket_id, RESOLUTION))
    assert books(house).credited == 4_000


def test_report_is_todays_panels(house: House) -> None:
    """Unlike a dispute, which stays with the panel that it began under."""
    newcomers = house.arbiters[2:]
    seat(house, [one.address for one in newcomers], 2)
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id)
    assert verdict.epoch == 2
    house.panel.report_breach(verdict.on_chain(), signed_by(house, verdict, newcomers))
    assert events(house.panel)[-1][1]["signers"] == 0b111


# ---------------------------------------------------------------- refusals


def test_report_refuses_a_number_of_a_dispute(house: House) -> None:
    ticket_id = replied(house)
    with refused(house, "panel: verdict on a dispute", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id, dispute=1))


@pytest.mark.parametrize("outcome", [0, SAYS_REJECTED, 3])
def test_report_refuses_all_but_upheld(house: House, outcome: int) -> None:
    ticket_id = replied(house)
    with refused(house, "panel: outcome is not upheld", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id, outcome=outcome))


@pytest.mark.parametrize("ruling", ["none yet", "upheld", "rejected", "default"])
def test_report_refuses_a_kind_that_was_contested(house: House, ruling: str) -> None:
    dispute = contest(house, replied(house, PENDING))
    if ruling == "default":
        wait_for_default(house)
        house.panel.rule_by_default(*dispute.name)
    elif ruling != "none yet":
        submit(house, upheld(dispute) if ruling == "upheld" else rejected(dispute))
    with refused(house, "panel: kind was contested before", dispute.name):
        report(house, report_of(house, dispute.ticket_id))


def test_report_of_another_kind_than_the_contested_one(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    report(house, report_of(house, dispute.ticket_id, RESOLUTION))
    assert books(house, dispute).credited == 4_000


def test_report_refuses_a_kind_that_was_reported(house: House) -> None:
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id)
    report(house, verdict)
    with refused(house, "desk: kind already compensated", (ticket_id, FIRST_REPLY)):
        report(house, verdict)


def test_contest_after_a_report_of_the_same_kind_is_refused(house: House) -> None:
    ticket_id = replied(house)
    report(house, report_of(house, ticket_id))
    with refused(house, "desk: kind already compensated", (ticket_id, FIRST_REPLY)):
        contest(house, ticket_id)


def test_report_refuses_an_incident(house: House) -> None:
    ticket_id = replied(house)
    with refused(house, "desk: kind cannot be reported", (ticket_id, INCIDENT)):
        report(house, report_of(house, ticket_id, INCIDENT, amount=100))


@pytest.mark.parametrize("kind", [0, 3, 16])
def test_report_refuses_what_is_no_kind(house: House, kind: int) -> None:
    ticket_id = replied(house)
    with refused(house, "desk: kind unknown", (ticket_id, kind)):
        report(house, report_of(house, ticket_id, kind))


def test_report_refuses_an_unknown_ticket(house: House) -> None:
    with refused(house, "desk: ticket unknown", (b"\1" * 32, FIRST_REPLY)):
        report(house, report_of(house, b"\1" * 32))


def test_report_refuses_a_closed_ticket(house: House) -> None:
    ticket_id = replied(house)
    house.desk.close(ticket_id, sender=house.requester)
    with refused(house, "desk: ticket is closed", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id))


def test_report_refuses_one_second_after_the_contest_window(house: House) -> None:
    ticket_id = replied(house, SOLVED)
    travel(3 * DAY + 1)
    with refused(house, "desk: contest window is over", (ticket_id, RESOLUTION)):
        report(house, report_of(house, ticket_id, RESOLUTION))


def test_report_refuses_a_ticket_without_a_reply(house: House) -> None:
    ticket_id = house.open()
    with refused(house, "desk: no reply to contest yet", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id))


@pytest.mark.parametrize("amount", [0, 999, 1_001])
def test_report_refuses_another_amount_than_the_policys(house: House, amount: int) -> None:
    ticket_id = replied(house)
    with refused(house, "panel: amount is not the policy's", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id, amount=amount))


@pytest.mark.parametrize("count", [0, 2])
def test_report_refuses_less_than_the_threshold(house: House, count: int) -> None:
    ticket_id = replied(house)
    with refused(house, "panel: too few signatures", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id), count)


def test_report_refuses_one_second_after_its_deadline(house: House) -> None:
    ticket_id = replied(house)
    verdict = report_of(house, ticket_id, deadline=now() + 60)
    travel(61)
    with refused(house, "panel: verdict expired", (ticket_id, FIRST_REPLY)):
        report(house, verdict)


def test_report_refuses_a_former_panel(house: House) -> None:
    ticket_id = replied(house, PENDING)
    verdict = report_of(house, ticket_id)
    seat(house, [one.address for one in house.arbiters[:3]], 2)
    with refused(house, "panel: verdict of another epoch", (ticket_id, FIRST_REPLY)):
        report(house, verdict)


def test_report_without_a_panel_is_refused() -> None:
    house = deploy_house(arbiters=[], threshold=0)
    ticket_id = replied(house)
    with refused(house, "panel: too few signatures", (ticket_id, FIRST_REPLY)):
        report(house, report_of(house, ticket_id), 0)


@pytest.mark.parametrize("role", ["operator", "human", "requester", "stranger"])
def test_reporting_at_the_desk_is_the_panels_alone(house: House, role: str) -> None:
    ticket_id = replied(house)
    with refused(house, "desk: caller is not the panel", (ticket_id, FIRST_REPLY)):
        house.desk.report(ticket_id, FIRST_REPLY, sender=getattr(house, role))
