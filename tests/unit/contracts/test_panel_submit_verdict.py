# SPDX-License-Identifier: Apache-2.0
"""`submit_verdict`: what the arbiters signed is done, and where every unit goes.

Amounts of an urgent ticket: compensation 1,000, 500 and 4,000; bond 50 and 5 % of an incident; fee 30.
"""

from typing import Any

import boa
import pytest
from disputes import (
    BOND,
    COMPENSATION,
    DISPUTED,
    REJECTED,
    RULING_WINDOW,
    UPHELD,
    WORST_CASE,
    Books,
    a_token,
    balance,
    books,
    contest,
    fifteen_arbiters,
    refused,
    rejected,
    replied,
    signed,
    submit,
    upheld,
)
from house import (
    DAY,
    ETH,
    FIRST_REPLY,
    HOLD,
    INCIDENT,
    NEXT_REPLY,
    OPEN,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
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


def house_with(asset: Any, funds: int) -> House:
    """A desk with so much money."""
    return deploy_house(ETH if asset == "ether" else a_token(), funds=funds)


# ---------------------------------------------------------------- upheld: a clock kind


@pytest.mark.parametrize("kind", CLOCK_KINDS)
def test_upheld_is_a_breach_and_compensated(house: House, kind: int) -> None:
    dispute = contest(house, replied(house, PENDING), kind)
    submit(house, upheld(dispute))
    ticket = house.desk.ticket(dispute.ticket_id)
    assert (ticket.breached, ticket.compensated) == (kind, kind)
    assert house.pool.collectable(house.requester) == COMPENSATION[kind] + BOND


def test_upheld_logs(house: House) -> None:
    opened_at = now()
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    fields: dict[str, Any] = {"resolution": opened_at + 10_000, "replied": True, "status": HOLD}
    uncompensated = ticket_word(house.requester, breached=FIRST_REPLY, **fields) + DISPUTED
    word = ticket_word(house.requester, breached=FIRST_REPLY, compensated=FIRST_REPLY, **fields) + DISPUTED
    ticket_id = dispute.ticket_id
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
                "word": word,
            },
        ),
        ("Credited", {"beneficiary": house.requester, "amount": 1_000}),
        (
            "DisputeRuled",
            {
                "dispute": 1,
                "ticket_id": ticket_id,
                "kind": FIRST_REPLY,
                "state": UPHELD,
                "amount": 1_000,
                "signers": 0b111,
                "fee_share": 10,
            },
        ),
        ("Unbonded", {"amount": 20}),
        ("Reserved", {"amount": 30}),
        ("Credited", {"beneficiary": house.requester, "amount": 50}),
    ]
    assert house.desk.ticket_word(ticket_id) == word


def test_upheld_shows_what_its_signers_can_collect(house: House) -> None:
    dispute = contest(house, replied(house))
    rules_until = now() + RULING_WINDOW
    submit(house, upheld(dispute))
    addresses = [arbiter.address for arbiter in house.arbiters[:3]]
    assert tuple(house.panel.dispute(*dispute.name)) == (
        1,
        UPHELD,
        1,
        rules_until,
        0,
        0,
        dispute.evidence_digest,
        0,
        10,
        addresses,
    )
    assert not house.panel.has_open_dispute(dispute.ticket_id)


def test_upheld_backed_pays_out_of_the_reserve_and_the_fee_out_of_free_funds(either: House) -> None:
    dispute = contest(either, replied(either))
    submit(either, upheld(dispute))
    assert books(either, dispute) == Books(
        funds=FUNDS + BOND,
        reserved=WORST_CASE - 1_000,
        credited=1_050,
        bonded=30,
        free=FUNDS - WORST_CASE - 30,
    )
    assert either.pool.collect(either.requester) == 1_050
    assert balance(either, either.requester) == 1_050


@pytest.mark.parametrize("asset", ["ether", "token"])
def test_upheld_unbacked_is_a_debt_and_so_is_the_winners_fee(asset: str) -> None:
    house = house_with(asset, 0)
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    logged = [fields for name, fields in events(house.panel) if name == "Owed"]
    assert logged == [
        {"beneficiary": house.requester, "index": 0, "position": 0, "amount": 1_000},
        {"beneficiary": house.requester, "index": 1, "position": 1_000, "amount": 30},
    ]
    assert books(house, dispute) == Books(funds=50, credited=20, bonded=30, debt=1_030)
    assert house.pool.owed(house.requester) == 1_030
    house.fund(2_000)
    assert house.pool.collect(house.requester) == 1_050
    assert books(house, dispute) == Books(funds=1_000, bonded=30, free=970)


def test_upheld_unbacked_is_paid_from_funds_that_came_later(unfunded: House) -> None:
    dispute = contest(unfunded, replied(unfunded))
    unfunded.fund(10_000)
    submit(unfunded, upheld(dispute))
    assert books(unfunded, dispute) == Books(funds=10_050, credited=1_050, bonded=30, free=8_970)


def test_upheld_backed_where_nothing_is_free_owes_the_winner_its_fee() -> None:
    house = deploy_house(funds=WORST_CASE)
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    assert books(house, dispute) == Books(
        funds=WORST_CASE + BOND, reserved=4_500, credited=1_020, bonded=30, debt=30
    )
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert books(house, dispute) == Books(funds=WORST_CASE + BOND, credited=1_050, bonded=30, free=4_470)


def test_upheld_after_the_clock_paid_is_not_paid_again(either: House) -> None:
    ticket_id = either.open()
    travel(1_801)
    either.reply(ticket_id, PENDING)
    dispute = contest(either, ticket_id)
    either.desk.claim(ticket_id)
    submit(either, upheld(dispute))
    assert [name for name, _ in events(either.panel)] == [
        "BreachUpheld",
        "DisputeRuled",
        "Unbonded",
        "Reserved",
        "Credited",
    ]
    assert books(either, dispute) == Books(
        funds=FUNDS + BOND,
        reserved=WORST_CASE - 1_000,
        credited=1_050,
        bonded=30,
        free=FUNDS - WORST_CASE - 30,
    )
    assert either.desk.ticket(ticket_id).compensated == FIRST_REPLY


def test_upheld_then_the_clock_does_not_pay_again(house: House) -> None:
    ticket_id = replied(house)
    dispute = contest(house, ticket_id, RESOLUTION)
    submit(house, upheld(dispute))
    travel(30_000)
    assert house.desk.claimable(ticket_id) == (NEXT_REPLY, 500)
    house.desk.close(ticket_id, sender=house.requester)
    assert books(house, dispute).credited == 4_000 + 500 + BOND


def test_upheld_pays_its_own_kind_and_leaves_another_breach_to_a_claim(house: House) -> None:
    """A breach by the clock is recorded on the way and stays claimable."""
    ticket_id = replied(house)
    house.follow_up(ticket_id)
    dispute = contest(house, ticket_id)
    travel(1_201)
    submit(house, upheld(dispute))
    assert events(house.panel)[0] == ("BreachRecorded", {"ticket_id": ticket_id, "kinds": NEXT_REPLY})
    assert house.desk.claimable(ticket_id) == (NEXT_REPLY, 500)
    assert house.desk.ticket(ticket_id).compensated == FIRST_REPLY


def test_upheld_of_a_breach_that_was_recorded_but_not_paid_pays(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, PENDING)
    dispute = contest(house, ticket_id)
    submit(house, upheld(dispute))
    assert "BreachRecorded" not in [name for name, _ in events(house.panel)]
    assert books(house, dispute).credited == 1_000 + BOND


def test_upheld_of_every_kind_pays_each_once(house: House) -> None:
    ticket_id = replied(house, PENDING)
    made = [contest(house, ticket_id, kind) for kind in CLOCK_KINDS]
    made.append(contest(house, ticket_id, INCIDENT, 10_000))
    for dispute in made:
        submit(house, upheld(dispute))
    house.desk.close(ticket_id, sender=house.requester)
    assert house.desk.ticket(ticket_id).compensated == 15
    assert books(house, *made) == Books(
        funds=FUNDS + 4 * BOND + 500,
        credited=WORST_CASE + 10_000 + 4 * BOND + 500,
        bonded=120,
        free=FUNDS - WORST_CASE - 10_000 - 120,
    )


def test_upheld_where_the_policy_pays_nothing_returns_the_bond() -> None:
    house = deploy_house(policy=Policy(compensation=((0, 0, 0),) * 4))
    dispute = contest(house, replied(house), FIRST_REPLY, 0)
    submit(house, upheld(dispute))
    assert house.desk.ticket(dispute.ticket_id).compensated == FIRST_REPLY
    assert books(house, dispute) == Books(funds=FUNDS + BOND, credited=BOND, bonded=30, free=FUNDS - 30)


def test_upheld_where_there_is_neither_bond_nor_fee() -> None:
    house = deploy_house(policy=Policy(contest_bond=0, fee=0))
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    assert [name for name, _ in events(house.panel)][-1] == "DisputeRuled"
    assert books(house, dispute) == Books(
        funds=FUNDS, reserved=WORST_CASE - 1_000, credited=1_000, free=FUNDS - WORST_CASE
    )


# ---------------------------------------------------------------- upheld: a resolution


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_upheld_resolution_reopens_the_ticket_as_a_follow_up_would(house: House, status: int) -> None:
    ticket_id, other = replied(house, status), replied(house, status)
    dispute = contest(house, ticket_id, RESOLUTION)
    travel(600)
    submit(house, upheld(dispute))
    house.follow_up(other)
    contested, followed_up = house.desk.ticket(ticket_id), house.desk.ticket(other)
    assert (contested.status, contested.reply_due) == (OPEN, now() + 1_200)
    assert contested.resolution_due == followed_up.resolution_due
    assert (contested.reply_due, contested.solved_at) == (followed_up.reply_due, 0)


def test_upheld_resolution_gives_a_solved_ticket_at_least_the_next_replys_time(house: House) -> None:
    ticket_id = replied(house)
    travel(9_999)
    house.reply(ticket_id, SOLVED)
    dispute = contest(house, ticket_id, RESOLUTION)
    submit(house, upheld(dispute))
    assert house.desk.ticket(ticket_id).resolution_due == now() + 1_200


def test_upheld_resolution_reopens_also_after_the_contest_window(house: House) -> None:
    dispute = contest(house, replied(house, SOLVED), RESOLUTION)
    travel(3 * DAY + 1)
    with boa.reverts("desk: contest window is over"):
        house.follow_up(dispute.ticket_id)
    submit(house, upheld(dispute))
    ticket = house.desk.ticket(dispute.ticket_id)
    assert (ticket.status, ticket.reply_due, ticket.resolution_due) == (OPEN, now() + 1_200, now() + 10_000)


def test_upheld_resolution_of_an_open_ticket_changes_no_clock(house: House) -> None:
    ticket_id = replied(house)
    house.follow_up(ticket_id)
    before = house.desk.ticket(ticket_id)
    dispute = contest(house, ticket_id, RESOLUTION)
    travel(600)
    submit(house, upheld(dispute))
    after = house.desk.ticket(ticket_id)
    assert (after.status, after.reply_due, after.resolution_due) == (
        OPEN,
        before.reply_due,
        before.resolution_due,
    )


@pytest.mark.parametrize("kind", [FIRST_REPLY, NEXT_REPLY, INCIDENT])
def test_upheld_of_another_kind_reopens_nothing(house: House, kind: int) -> None:
    ticket_id = replied(house, SOLVED)
    before = house.desk.ticket(ticket_id)
    dispute = contest(house, ticket_id, kind, 100 if kind == INCIDENT else None)
    submit(house, upheld(dispute))
    after = house.desk.ticket(ticket_id)
    assert (after.status, after.solved_at, after.resolution_remaining) == (
        SOLVED,
        before.solved_at,
        before.resolution_remaining,
    )


# ---------------------------------------------------------------- upheld: an incident


def test_upheld_incident_logs(house: House) -> None:
    dispute = contest(house, replied(house, PENDING), INCIDENT, 8_000)
    submit(house, upheld(dispute, amount=6_000))
    logged, word = events(house.panel), house.desk.ticket_word(dispute.ticket_id)
    assert logged == [
        ("BreachRecorded", {"ticket_id": dispute.ticket_id, "kinds": INCIDENT}),
        ("BreachUpheld", {"ticket_id": dispute.ticket_id, "kind": INCIDENT, "word": word}),
        (
            "BreachCompensated",
            {
                "ticket_id": dispute.ticket_id,
                "requester": house.requester,
                "kinds": INCIDENT,
                "amount": 6_000,
                "word": word,
            },
        ),
        (
            "DisputeRuled",
            {
                "dispute": 1,
                "ticket_id": dispute.ticket_id,
                "kind": INCIDENT,
                "state": UPHELD,
                "amount": 6_000,
                "signers": 0b111,
                "fee_share": 10,
            },
        ),
        ("Unbonded", {"amount": 420}),
        ("Released", {"amount": 2_000}),
        ("Reserved", {"amount": 30}),
        ("Credited", {"beneficiary": house.requester, "amount": 6_450}),
    ]
    ticket = house.desk.ticket(dispute.ticket_id)
    assert (ticket.breached, ticket.compensated) == (INCIDENT, INCIDENT)


@pytest.mark.parametrize("worth", [1, 6_000, 8_000])
def test_upheld_incident_that_is_reserved_fully(either: House, worth: int) -> None:
    dispute = contest(either, replied(either), INCIDENT, 8_000)
    submit(either, upheld(dispute, amount=worth))
    assert books(either, dispute) == Books(
        funds=FUNDS + 450,
        reserved=WORST_CASE,
        credited=worth + 450,
        bonded=30,
        free=FUNDS - WORST_CASE - worth - 30,
    )
    assert either.pool.collect(either.requester) == worth + 450


@pytest.mark.parametrize("asset", ["ether", "token"])
def test_upheld_incident_that_is_reserved_partly_is_a_debt_for_the_rest(asset: str) -> None:
    house = house_with(asset, WORST_CASE + 3_000)
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    submit(house, upheld(dispute, amount=6_000))
    assert books(house, dispute) == Books(
        funds=WORST_CASE + 3_450, reserved=WORST_CASE, credited=3_420, bonded=30, debt=3_030
    )
    house.fund(4_000)
    assert house.pool.collect(house.requester) == 6_450
    assert books(house, dispute) == Books(funds=WORST_CASE + 1_000, reserved=WORST_CASE, bonded=30, free=970)


def test_upheld_incident_of_less_than_its_reserve_frees_the_rest() -> None:
    house = deploy_house(funds=WORST_CASE + 3_000)
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    submit(house, upheld(dispute, amount=2_000))
    assert books(house, dispute) == Books(
        funds=WORST_CASE + 3_450, reserved=WORST_CASE, credited=2_450, bonded=30, free=970
    )


@pytest.mark.parametrize("asset", ["ether", "token"])
def test_upheld_incident_that_is_not_reserved_is_a_debt(asset: str) -> None:
    house = house_with(asset, 0)
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    submit(house, upheld(dispute, amount=6_000))
    assert books(house, dispute) == Books(funds=450, credited=420, bonded=30, debt=6_030)
    house.fund(6_030)
    assert house.pool.collect(house.requester) == 6_450
    assert books(house, dispute) == Books(funds=30, bonded=30)


def test_upheld_incident_leaves_the_clock_kinds_reserved(house: House) -> None:
    dispute = contest(house, replied(house, PENDING), INCIDENT, 8_000)
    submit(house, upheld(dispute))
    assert books(house, dispute).reserved == WORST_CASE
    house.desk.close(dispute.ticket_id, sender=house.requester)
    assert books(house, dispute).reserved == 0


# ---------------------------------------------------------------- rejected


def test_rejected_logs_and_leaves_the_ticket_as_it_is(house: House) -> None:
    dispute = contest(house, replied(house))
    word = house.desk.ticket_word(dispute.ticket_id)
    submit(house, rejected(dispute))
    assert events(house.panel) == [
        (
            "DisputeRuled",
            {
                "dispute": 1,
                "ticket_id": dispute.ticket_id,
                "kind": FIRST_REPLY,
                "state": REJECTED,
                "amount": 0,
                "signers": 0b111,
                "fee_share": 10,
            },
        ),
        ("Unbonded", {"amount": 20}),
        ("Released", {"amount": 20}),
    ]
    assert house.desk.ticket_word(dispute.ticket_id) == word
    assert house.panel.dispute(*dispute.name).state == REJECTED


@pytest.mark.parametrize("kind", CLOCK_KINDS)
def test_rejected_gives_the_bond_beyond_the_fee_to_free_funds(either: House, kind: int) -> None:
    dispute = contest(either, replied(either), kind)
    submit(either, rejected(dispute))
    assert books(either, dispute) == Books(
        funds=FUNDS + BOND, reserved=WORST_CASE, bonded=30, free=FUNDS - WORST_CASE + 20
    )
    assert either.pool.collectable(either.requester) == 0


@pytest.mark.parametrize("free", [0, 3_000, 100_000])
def test_rejected_incident_frees_its_reserve_and_its_bond(free: int) -> None:
    house = deploy_house(funds=WORST_CASE + free)
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    submit(house, rejected(dispute))
    assert books(house, dispute) == Books(
        funds=WORST_CASE + free + 450, reserved=WORST_CASE, bonded=30, free=free + 420
    )


def test_rejected_leaves_the_kind_to_the_clock(house: House) -> None:
    ticket_id = replied(house)
    dispute = contest(house, ticket_id, RESOLUTION)
    submit(house, rejected(dispute))
    travel(10_001)
    assert house.desk.claim(ticket_id) == 4_000


def test_rejected_bond_pays_a_debt_first(unfunded: House) -> None:
    late, ticket_id = unfunded.open_for(unfunded.stranger), replied(unfunded, PENDING)
    travel(1_801)
    unfunded.desk.claim(late)
    dispute = contest(unfunded, ticket_id)
    submit(unfunded, rejected(dispute))
    assert books(unfunded, dispute) == Books(funds=50, credited=20, bonded=30, debt=980)
    assert unfunded.pool.collect(unfunded.stranger) == 20


# ---------------------------------------------------------------- the fee's shares


@pytest.mark.parametrize(
    ("count", "share"), [pytest.param(3, 10, id="3"), pytest.param(4, 7, id="4"), pytest.param(5, 6, id="5")]
)
def test_the_fee_is_shared_by_all_who_signed(house: House, count: int, share: int) -> None:
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute), count)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.fee_share, len(shown.fee_open)) == (share, count)
    assert books(house, dispute).bonded == share * count


def test_dust_of_the_fee_is_never_the_winners_loss(house: House) -> None:
    """Of 30 four signers get 7 each: the 2 left over return with the bond, 28 come from free funds."""
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute), 4)
    assert events(house.panel)[-3:] == [
        ("Unbonded", {"amount": 22}),
        ("Reserved", {"amount": 28}),
        ("Credited", {"beneficiary": house.requester, "amount": 50}),
    ]
    assert books(house, dispute) == Books(
        funds=FUNDS + BOND, reserved=4_500, credited=1_050, bonded=28, free=FUNDS - WORST_CASE - 28
    )


def test_dust_of_the_fee_of_a_loser_goes_to_free_funds(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute), 4)
    assert books(house, dispute) == Books(
        funds=FUNDS + BOND, reserved=WORST_CASE, bonded=28, free=FUNDS - WORST_CASE + 22
    )


@pytest.mark.parametrize(
    ("kept", "received", "share"),
    [
        pytest.param(1_000, 45, 10, id="the fee is in it"),
        pytest.param(5_000, 25, 8, id="below the fee"),
        pytest.param(9_800, 1, 0, id="too little to share"),
    ],
)
@pytest.mark.parametrize("outcome", [UPHELD, REJECTED])
def test_a_bond_that_came_in_short_is_all_that_is_shared(
    kept: int, received: int, share: int, outcome: int
) -> None:
    token = deployer("mocks/FeeOnTransferToken").deploy(0)
    house = deploy_house(token)
    ticket_id = replied(house)
    token.set_fee(kept)
    dispute = contest(house, ticket_id)
    token.set_fee(0)
    submit(house, upheld(dispute) if outcome == UPHELD else rejected(dispute))
    found = books(house, dispute)
    assert house.panel.dispute(*dispute.name).fee_share == share
    if outcome == UPHELD:
        assert found == Books(
            funds=FUNDS + received,
            reserved=4_500,
            credited=1_000 + received,
            bonded=3 * share,
            free=FUNDS - WORST_CASE - 3 * share,
        )
    else:
        assert found == Books(
            funds=FUNDS + received,
            reserved=WORST_CASE,
            bonded=3 * share,
            free=FUNDS - WORST_CASE + received - 3 * share,
        )


def test_fifteen_arbiters_share_the_fee() -> None:
    house = deploy_house(arbiters=fifteen_arbiters(), threshold=15)
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute), 15)
    shown = house.panel.dispute(*dispute.name)
    assert (shown.fee_share, list(shown.fee_open)) == (2, [one.address for one in house.arbiters])
    assert books(house, dispute).bonded == 30


# ---------------------------------------------------------------- collect


def test_collect_sends_the_requester_all_at_once(either: House) -> None:
    dispute = contest(either, replied(either))
    before = balance(either, either.requester)
    submit(either, upheld(dispute), collect=True)
    assert events_named(either.panel, "Collected") == [{"beneficiary": either.requester, "amount": 1_050}]
    assert balance(either, either.requester) == before + 1_050
    assert books(either, dispute) == Books(
        funds=FUNDS - 1_000, reserved=4_500, bonded=30, free=FUNDS - WORST_CASE - 30
    )


def test_collect_sends_what_was_credited_before_too(house: House) -> None:
    late, ticket_id = house.open(), replied(house, PENDING)
    travel(1_801)
    house.desk.claim(late)
    dispute = contest(house, ticket_id)
    submit(house, upheld(dispute), collect=True)
    assert balance(house, house.requester) == 2_050


def test_collect_sends_an_incident_and_leaves_the_debt() -> None:
    house = deploy_house(funds=WORST_CASE + 3_000)
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    submit(house, upheld(dispute), collect=True)
    assert balance(house, house.requester) == 3_420
    assert books(house, dispute) == Books(funds=WORST_CASE + 30, reserved=WORST_CASE, bonded=30, debt=5_030)


def test_collect_of_a_rejection_sends_what_else_there_is(house: House) -> None:
    late, ticket_id = house.open(), replied(house, PENDING)
    travel(1_801)
    house.desk.claim(late)
    submit(house, rejected(contest(house, ticket_id)), collect=True)
    assert balance(house, house.requester) == 1_000


def test_collect_of_a_rejection_without_anything_to_send(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute), collect=True)
    assert events_named(house.panel, "Collected") == []
    assert house.panel.dispute(*dispute.name).state == REJECTED


def test_without_collect_nobody_is_called(house: House) -> None:
    requester = deployer("mocks/RevertsOnReceive").deploy().address
    dispute = contest(house, replied(house, requester=requester), requester=requester)
    with refused(house, "pool: asset did not go out", dispute.name):
        submit(house, upheld(dispute), collect=True)
    submit(house, upheld(dispute))
    assert books(house, dispute).credited == 1_050


# ---------------------------------------------------------------- when


def test_a_verdict_counts_in_the_last_second_of_the_ruling_window(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    travel(RULING_WINDOW)
    submit(house, upheld(dispute))
    assert house.panel.dispute(*dispute.name).state == UPHELD


def test_a_verdict_is_refused_one_second_after_the_ruling_window(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    travel(RULING_WINDOW + 1)
    with refused(house, "panel: ruling window is over", dispute.name):
        submit(house, upheld(dispute))


def test_anyone_submits(house: House) -> None:
    for role in ("operator", "human", "requester", "stranger"):
        dispute = contest(house, replied(house))
        verdict = upheld(dispute)
        house.panel.submit_verdict(verdict.on_chain(), signed(house, verdict), sender=getattr(house, role))
        assert house.panel.dispute(*dispute.name).state == UPHELD


# ---------------------------------------------------------------- refusals


def test_refuses_a_dispute_that_there_is_not(house: House) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "panel: dispute unknown", (b"\1" * 32, FIRST_REPLY)):
        submit(house, upheld(dispute, ticket_id=b"\1" * 32))
    with refused(house, "panel: dispute unknown", dispute.name):
        submit(house, upheld(dispute, kind=NEXT_REPLY, amount=500))


@pytest.mark.parametrize("number", [0, 2, 2**64 + 1])
def test_refuses_the_number_of_another_dispute(house: House, number: int) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "panel: verdict on another dispute", dispute.name):
        submit(house, upheld(dispute, dispute=number))


def test_refuses_other_evidence(house: House) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "panel: verdict on other evidence", dispute.name):
        submit(house, upheld(dispute, evidence_digest=house.digest()))


@pytest.mark.parametrize("outcome", [0, 3, 4, 2**255])
def test_refuses_an_outcome_that_is_none(house: House, outcome: int) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "panel: outcome unknown", dispute.name):
        submit(house, upheld(dispute, outcome=outcome))


@pytest.mark.parametrize("kind", CLOCK_KINDS)
@pytest.mark.parametrize("off", [-1, 1])
def test_refuses_another_amount_than_the_policys(house: House, kind: int, off: int) -> None:
    dispute = contest(house, replied(house), kind)
    with refused(house, "panel: amount is not the policy's", dispute.name):
        submit(house, upheld(dispute, amount=COMPENSATION[kind] + off))


def test_refuses_another_amount_than_the_policys_also_where_the_clock_paid(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    dispute = contest(house, ticket_id)
    house.desk.claim(ticket_id)
    with refused(house, "panel: amount is not the policy's", dispute.name):
        submit(house, upheld(dispute, amount=0))


@pytest.mark.parametrize("worth", [0, 8_001, 2**256 - 1])
def test_refuses_an_incident_of_nothing_and_of_more_than_was_asked(house: House, worth: int) -> None:
    dispute = contest(house, replied(house), INCIDENT, 8_000)
    with refused(house, "panel: amount is not what was asked", dispute.name):
        submit(house, upheld(dispute, amount=worth))


@pytest.mark.parametrize("kind", [FIRST_REPLY, INCIDENT])
def test_refuses_an_amount_with_a_rejection(house: House, kind: int) -> None:
    dispute = contest(house, replied(house), kind, 1_000)
    with refused(house, "panel: amount of a rejection", dispute.name):
        submit(house, upheld(dispute, outcome=2))


@pytest.mark.parametrize("first", [UPHELD, REJECTED])
def test_refuses_a_second_verdict(house: House, first: int) -> None:
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute) if first == UPHELD else rejected(dispute))
    for verdict in (upheld(dispute), rejected(dispute)):
        with refused(house, "panel: dispute was ruled before", dispute.name):
            submit(house, verdict)


@pytest.mark.parametrize("role", ["operator", "human", "requester", "stranger"])
def test_rule_is_the_panels_alone(house: House, role: str) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "desk: caller is not the panel", dispute.name):
        house.desk.rule(*dispute.name, True, 1_000, sender=getattr(house, role))


def test_rulings_are_kept_apart_by_ticket_and_by_kind(house: House) -> None:
    first, second = replied(house), house.open(URGENT)
    house.reply(second, PENDING)
    made = [contest(house, first), contest(house, second), contest(house, first, NEXT_REPLY)]
    submit(house, upheld(made[0]))
    submit(house, rejected(made[1]))
    assert [house.panel.dispute(*one.name).state for one in made] == [UPHELD, REJECTED, 1]
    assert (house.panel.has_open_dispute(first), house.panel.has_open_dispute(second)) == (True, False)
    assert books(house, *made).bonded == 30 + 30 + 50
