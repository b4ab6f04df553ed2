# SPDX-License-Identifier: Apache-2.0
"""`rule_by_default`: the arbiters stayed silent; the requester wins all it asked, the whole bond returns."""

import pytest
from disputes import (
    BOND,
    COMPENSATION,
    DEFAULTED,
    RULING_WINDOW,
    WORST_CASE,
    Books,
    Dispute,
    a_token,
    balance,
    books,
    contest,
    refused,
    rejected,
    replied,
    submit,
    upheld,
    wait_for_default,
)
from house import (
    ETH,
    FIRST_REPLY,
    INCIDENT,
    NEXT_REPLY,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    House,
    deploy_house,
    deployer,
    now,
    travel,
)
from logs import events, events_named

FUNDS = 1_000_000


@pytest.fixture(params=["ether", "token"])
def either(request: pytest.FixtureRequest) -> House:
    """A desk in ETH, and one in an ERC-20."""
    return deploy_house(ETH if request.param == "ether" else a_token())


def rule(house: House, dispute: Dispute, collect: bool = False) -> None:
    """A stranger ends the dispute."""
    house.panel.rule_by_default(*dispute.name, collect, sender=house.stranger)


@pytest.mark.parametrize("kind", [FIRST_REPLY, NEXT_REPLY, RESOLUTION])
def test_default_pays_the_compensation_and_the_whole_bond(either: House, kind: int) -> None:
    dispute = contest(either, replied(either, PENDING), kind)
    wait_for_default(either)
    rule(either, dispute)
    ticket = either.desk.ticket(dispute.ticket_id)
    assert (ticket.breached, ticket.compensated) == (kind, kind)
    assert books(either, dispute) == Books(
        funds=FUNDS + BOND,
        reserved=WORST_CASE - COMPENSATION[kind],
        credited=COMPENSATION[kind] + BOND,
        free=FUNDS - WORST_CASE,
    )


def test_default_logs(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    wait_for_default(house)
    rule(house, dispute)
    logged = events(house.panel)
    assert [name for name, _ in logged] == [
        "BreachRecorded",
        "BreachUpheld",
        "BreachCompensated",
        "Credited",
        "DisputeRuled",
        "Unbonded",
        "Credited",
    ]
    assert logged[4][1] == {
        "dispute": 1,
        "ticket_id": dispute.ticket_id,
        "kind": FIRST_REPLY,
        "state": DEFAULTED,
        "amount": 1_000,
        "signers": 0,
        "fee_share": 0,
    }
    assert logged[6][1] == {"beneficiary": house.requester, "amount": BOND}


def test_default_leaves_nothing_for_arbiters(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    wait_for_default(house)
    rule(house, dispute)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.state, shown.bond, shown.fee_share, shown.fee_open) == (DEFAULTED, 0, 0, [])
    for arbiter in house.arbiters:
        with refused(house, "panel: no fee to collect", dispute.name):
            house.panel.collect_fees(arbiter.address, [dispute.name])


def test_default_of_an_incident_pays_all_that_was_asked(either: House) -> None:
    dispute = contest(either, replied(either), INCIDENT, 8_000)
    wait_for_default(either)
    rule(either, dispute)
    assert books(either, dispute) == Books(
        funds=FUNDS + 450, reserved=WORST_CASE, credited=8_450, free=FUNDS - WORST_CASE - 8_000
    )


def test_default_of_an_incident_logs_what_was_asked(house: House) -> None:
    dispute = contest(house, replied(house, PENDING), INCIDENT, 8_000)
    wait_for_default(house)
    rule(house, dispute)
    assert events_named(house.panel, "DisputeRuled")[0]["amount"] == 8_000
    assert events_named(house.panel, "BreachCompensated")[0]["amount"] == 8_000


def test_default_of_an_incident_reserved_partly_owes_the_rest() -> None:
    house = deploy_house(funds=WORST_CASE + 3_000)
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    wait_for_default(house)
    rule(house, dispute)
    assert books(house, dispute) == Books(
        funds=WORST_CASE + 3_450, reserved=WORST_CASE, credited=3_450, debt=5_000
    )


def test_default_without_any_funds_returns_the_bond_and_owes_the_rest(unfunded: House) -> None:
    ticket_id = replied(unfunded, PENDING)
    made = [contest(unfunded, ticket_id), contest(unfunded, ticket_id, INCIDENT, 8_000)]
    wait_for_default(unfunded)
    for dispute in made:
        rule(unfunded, dispute)
    assert books(unfunded, *made) == Books(funds=500, credited=500, debt=9_000)


def test_default_after_the_clock_paid_returns_the_bond_only(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, PENDING)
    dispute = contest(house, ticket_id)
    house.desk.claim(ticket_id)
    wait_for_default(house)
    rule(house, dispute)
    assert books(house, dispute).credited == 1_000 + BOND


def test_default_of_a_resolution_reopens_the_ticket(house: House) -> None:
    dispute = contest(house, replied(house, SOLVED), RESOLUTION)
    wait_for_default(house)
    rule(house, dispute)
    ticket = house.desk.ticket(dispute.ticket_id)
    assert (ticket.status, ticket.reply_due, ticket.resolution_due) == (OPEN, now() + 1_200, now() + 10_000)


def test_default_returns_what_came_in_of_the_bond() -> None:
    token = deployer("mocks/FeeOnTransferToken").deploy(0)
    house = deploy_house(token)
    ticket_id = replied(house, PENDING)
    token.set_fee(1_000)
    dispute = contest(house, ticket_id)
    wait_for_default(house)
    rule(house, dispute)
    assert books(house, dispute) == Books(
        funds=FUNDS + 45, reserved=4_500, credited=1_045, free=FUNDS - WORST_CASE
    )


def test_default_with_collect_sends_it_at_once(either: House) -> None:
    dispute = contest(either, replied(either, PENDING))
    wait_for_default(either)
    before = balance(either, either.requester)
    rule(either, dispute, collect=True)
    assert balance(either, either.requester) == before + 1_050
    assert books(either, dispute).credited == 0


def test_default_decides_everything_where_there_is_no_panel() -> None:
    house = deploy_house(arbiters=[], threshold=0)
    dispute = contest(house, replied(house, PENDING))
    with refused(house, "panel: too few signatures", dispute.name):
        submit(house, upheld(dispute), 0)
    wait_for_default(house)
    rule(house, dispute)
    assert books(house, dispute).credited == 1_050


def test_default_lets_the_ticket_be_closed(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    wait_for_default(house)
    with refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=house.requester)
    rule(house, dispute)
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert books(house, dispute).reserved == 0


# ---------------------------------------------------------------- refusals


@pytest.mark.parametrize("waited", [0, RULING_WINDOW])
def test_default_is_refused_while_the_arbiters_can_rule(house: House, waited: int) -> None:
    dispute = contest(house, replied(house, PENDING))
    travel(waited)
    with refused(house, "panel: ruling window still runs", dispute.name):
        rule(house, dispute)


def test_default_is_refused_of_a_dispute_that_there_is_not(house: House) -> None:
    ticket_id = replied(house)
    with refused(house, "panel: dispute unknown", (ticket_id, FIRST_REPLY)):
        house.panel.rule_by_default(ticket_id, FIRST_REPLY)


@pytest.mark.parametrize("ruling", ["upheld", "rejected", "default"])
def test_default_is_refused_of_a_dispute_that_was_ruled(house: House, ruling: str) -> None:
    dispute = contest(house, replied(house, PENDING))
    if ruling != "default":
        submit(house, upheld(dispute) if ruling == "upheld" else rejected(dispute))
    wait_for_default(house)
    if ruling == "default":
        rule(house, dispute)
    with refused(house, "panel: dispute was ruled before", dispute.name):
        rule(house, dispute)


def test_a_verdict_after_the_default_is_refused(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    wait_for_default(house)
    rule(house, dispute)
    with refused(house, "panel: dispute was ruled before", dispute.name):
        submit(house, rejected(dispute))


def test_default_with_collect_is_refused_where_the_requester_takes_nothing(house: House) -> None:
    requester = deployer("mocks/RevertsOnReceive").deploy().address
    dispute = contest(house, replied(house, PENDING, requester), requester=requester)
    wait_for_default(house)
    with refused(house, "pool: asset did not go out", dispute.name):
        rule(house, dispute, collect=True)
    rule(house, dispute)
    assert books(house, dispute).credited == 1_050
