# SPDX-License-Identifier: Apache-2.0
"""`collect_fees`: each signer of a verdict gets its share once, whichever way it ruled."""

import boa
import pytest
from disputes import (
    BOND,
    WORST_CASE,
    Books,
    a_token,
    balance,
    books,
    contest,
    refused,
    rejected,
    replied,
    seat,
    signed_by,
    submit,
    upheld,
)
from house import (
    ETH,
    FIRST_REPLY,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    House,
    Policy,
    deploy_house,
    deployer,
    travel,
)
from logs import events

FUNDS = 1_000_000


@pytest.fixture(params=["ether", "token"])
def either(request: pytest.FixtureRequest) -> House:
    """A desk in ETH, and one in an ERC-20."""
    return deploy_house(ETH if request.param == "ether" else a_token())


@pytest.mark.parametrize("outcome", ["upheld", "rejected"])
def test_each_signer_collects_its_share_whichever_way_it_ruled(either: House, outcome: str) -> None:
    dispute = contest(either, replied(either))
    submit(either, upheld(dispute) if outcome == "upheld" else rejected(dispute))
    for left, arbiter in ((2, either.arbiters[0]), (1, either.arbiters[1]), (0, either.arbiters[2])):
        collected = either.panel.collect_fees(arbiter.address, [dispute.name], sender=either.stranger)
        assert collected == 10
        assert balance(either, arbiter.address) == 10
        assert books(either, dispute).bonded == 10 * left
    assert books(either, dispute).funds == FUNDS + BOND - 30


def test_collect_fees_logs(house: House) -> None:
    dispute, arbiter = contest(house, replied(house)), house.arbiters[1].address
    submit(house, rejected(dispute))
    house.panel.collect_fees(arbiter, [dispute.name])
    assert events(house.panel) == [
        ("FeeCollected", {"dispute": 1, "arbiter": arbiter, "amount": 10}),
        ("Unbonded", {"amount": 10}),
        ("Credited", {"beneficiary": arbiter, "amount": 10}),
        ("Collected", {"beneficiary": arbiter, "amount": 10}),
    ]


def test_collect_fees_shows_who_has_not_collected(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    house.panel.collect_fees(house.arbiters[1].address, [dispute.name])
    shown = house.panel.dispute(*dispute.name)
    assert list(shown.fee_open) == [house.arbiters[0].address, house.arbiters[2].address]
    assert (shown.fee_share, shown.state) == (10, 2)


def test_collect_fees_of_many_disputes_at_once(house: House) -> None:
    made = [contest(house, replied(house)) for _ in range(4)]
    for dispute in made[:3]:
        submit(house, rejected(dispute))
    collected = house.panel.collect_fees(house.arbiters[0].address, [dispute.name for dispute in made])
    assert collected == 30
    assert [name for name, _ in events(house.panel)] == [
        *["FeeCollected"] * 3,
        "Unbonded",
        "Credited",
        "Collected",
    ]
    assert books(house, *made).bonded == 3 * 20 + BOND


def test_collect_fees_of_a_hundred_disputes(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute))
    names = [*[(dispute.ticket_id, NEXT_REPLY)] * 99, dispute.name]
    assert house.panel.collect_fees(house.arbiters[0].address, names) == 10


def test_collect_fees_of_more_than_a_hundred_is_refused(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute))
    with boa.reverts():
        house.panel.collect_fees(house.arbiters[0].address, [dispute.name] * 101)
    assert books(house, dispute).bonded == 30


def test_a_dispute_named_twice_pays_once(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute))
    assert house.panel.collect_fees(house.arbiters[0].address, [dispute.name] * 3) == 10
    assert books(house, dispute).bonded == 20


def test_collect_fees_sends_all_else_that_the_arbiter_can_collect(house: House) -> None:
    arbiter = house.arbiters[0].address
    late, ticket_id = house.open_for(arbiter), replied(house, PENDING)
    travel(1_801)
    house.desk.claim(late)
    dispute = contest(house, ticket_id)
    submit(house, rejected(dispute))
    assert house.panel.collect_fees(arbiter, [dispute.name]) == 10
    assert balance(house, arbiter) == 1_010


def test_collect_fees_needs_no_free_funds(unfunded: House) -> None:
    dispute = contest(unfunded, replied(unfunded))
    submit(unfunded, upheld(dispute))
    for arbiter in unfunded.arbiters[:3]:
        unfunded.panel.collect_fees(arbiter.address, [dispute.name])
    assert books(unfunded, dispute) == Books(funds=20, credited=20, debt=1_030)


def test_collect_fees_pays_a_former_arbiter(house: House) -> None:
    dispute = contest(house, replied(house, PENDING))
    submit(house, rejected(dispute))
    seat(house, [house.arbiters[4].address], 1)
    assert house.panel.collect_fees(house.arbiters[0].address, [dispute.name]) == 10


# ---------------------------------------------------------------- refusals


def test_collect_fees_twice_is_refused(house: House) -> None:
    dispute, arbiter = contest(house, replied(house)), house.arbiters[0].address
    submit(house, upheld(dispute))
    house.panel.collect_fees(arbiter, [dispute.name])
    with refused(house, "panel: no fee to collect", dispute.name):
        house.panel.collect_fees(arbiter, [dispute.name])


def test_collect_fees_of_one_who_did_not_sign_is_refused(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    for account in (house.arbiters[3].address, house.requester, house.operator, ETH):
        with refused(house, "panel: no fee to collect", dispute.name):
            house.panel.collect_fees(account, [dispute.name])


def test_collect_fees_of_an_open_dispute_is_refused(house: House) -> None:
    dispute = contest(house, replied(house))
    with refused(house, "panel: no fee to collect", dispute.name):
        house.panel.collect_fees(house.arbiters[0].address, [dispute.name])


def test_collect_fees_of_nothing_is_refused(house: House) -> None:
    names = [(b"\1" * 32, FIRST_REPLY), (b"\1" * 32, 2**255)]
    with refused(house, "panel: no fee to collect", *names):
        house.panel.collect_fees(house.arbiters[0].address, names)
    with refused(house, "panel: no fee to collect"):
        house.panel.collect_fees(house.arbiters[0].address, [])


def test_collect_fees_of_a_later_panel_with_the_same_seats_is_refused(house: House) -> None:
    """The bit of a seat means another arbiter in another epoch."""
    dispute = contest(house, replied(house, PENDING))
    submit(house, rejected(dispute))
    newcomer = house.arbiters[4].address
    seat(house, [newcomer], 1)
    with refused(house, "panel: no fee to collect", dispute.name):
        house.panel.collect_fees(newcomer, [dispute.name])


def test_collect_fees_where_there_is_no_fee_is_refused() -> None:
    house = deploy_house(policy=Policy(contest_bond=10, fee=0))
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    with refused(house, "panel: no fee to collect", dispute.name):
        house.panel.collect_fees(house.arbiters[0].address, [dispute.name])


def test_collect_fees_of_a_fee_below_the_number_of_signers_is_refused() -> None:
    house = deploy_house(policy=Policy(contest_bond=10, fee=2))
    dispute = contest(house, replied(house))
    submit(house, upheld(dispute))
    with refused(house, "panel: no fee to collect", dispute.name):
        house.panel.collect_fees(house.arbiters[0].address, [dispute.name])
    assert books(house, dispute).credited == 1_010


def test_an_arbiter_that_takes_no_ether_hurts_only_itself(house: House) -> None:
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute))
    deaf = house.arbiters[0].address
    boa.env.set_code(deaf, boa.env.get_code(deployer("mocks/RevertsOnReceive").deploy().address))
    with refused(house, "pool: asset did not go out", dispute.name):
        house.panel.collect_fees(deaf, [dispute.name])
    assert house.panel.collect_fees(house.arbiters[1].address, [dispute.name]) == 10
    assert books(house, dispute).bonded == 20


def test_fees_of_two_epochs_are_collected_at_once(house: House) -> None:
    arbiter = house.arbiters[2]
    first = contest(house, replied(house, PENDING))
    submit(house, rejected(first))
    seat(house, [arbiter.address], 1)
    second = contest(house, replied(house, PENDING), RESOLUTION)
    verdict = rejected(second)
    house.panel.submit_verdict(verdict.on_chain(), signed_by(house, verdict, [arbiter]))
    assert house.panel.collect_fees(arbiter.address, [first.name, second.name]) == 10 + 30
    assert books(house, first, second) == Books(
        funds=FUNDS + 2 * BOND - 40, reserved=2 * WORST_CASE, bonded=20, free=FUNDS - 2 * WORST_CASE + 40
    )
