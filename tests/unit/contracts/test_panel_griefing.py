# SPDX-License-Identifier: Apache-2.0
"""What each party can do to the others by way of disputes, and what that costs whom, in units of the asset.

The prices are those of the policy in `house.py`: bond 50 and 5 % of what an incident asks, fee 30,
compensation 1,000, 500 and 4,000, incident cap 10,000, ruling window seven days. Of the bond of a loser the
arbiters get 30 and free funds the rest; the fee of a winner is the operator's.
"""

from typing import Any, NamedTuple

import boa
import pytest
from disputes import (
    BOND,
    COMPENSATION,
    FEE,
    UNDER_DISPUTE,
    UPHELD,
    WORST_CASE,
    Books,
    Dispute,
    balance,
    bond_of,
    books,
    contest,
    give,
    refused,
    rejected,
    replied,
    seat,
    signed_by,
    submit,
    upheld,
    wait_for_default,
)
from house import (
    DAY,
    ETH,
    FIRST_REPLY,
    INCIDENT,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    SOLVED,
    House,
    deploy_house,
    deployer,
    key_pair,
    now,
    travel,
)

FUNDS = 1_000_000
CLOCK_KINDS = [FIRST_REPLY, NEXT_REPLY, RESOLUTION]


class Purses(NamedTuple):
    """What each party has, or what it gained, in units of the asset."""

    requester: int
    arbiters: int
    operator: int


def wealth(house: House) -> Purses:
    """What each party holds or could collect; the operator's are free funds and reserves, less debts."""
    arbiters = sum(held(house, one.address) for one in house.arbiters)
    found = house.pool.books()
    operator = found.funds - found.credited - found.bonded - found.debt
    return Purses(held(house, house.requester), arbiters, operator)


def held(house: House, account: str) -> int:
    """What somebody has, can collect and is owed."""
    return int(balance(house, account) + house.pool.collectable(account) + house.pool.owed(account))


def collect_fees(house: House, *disputes: Dispute) -> None:
    """Every arbiter that has a share collects it."""
    signers = {signer for dispute in disputes for signer in house.panel.dispute(*dispute.name).fee_open}
    for signer in sorted(signers):
        house.panel.collect_fees(signer, [dispute.name for dispute in disputes])


def gains(before: Purses, after: Purses) -> Purses:
    """What changed hands."""
    return Purses(*(then - first for first, then in zip(before, after, strict=True)))


# ---------------------------------------------------------------- contesting everything


def test_contesting_everything_in_vain_costs_the_requester_its_bonds(house: House) -> None:
    """Three bonds of 50, and 550 for an incident at the cap: the arbiters earn 120, the operator 580."""
    ticket_id = replied(house, PENDING)
    give(house, house.requester, 3 * BOND + 550)
    before = wealth(house)
    asked = [*COMPENSATION.items(), (INCIDENT, 10_000)]
    made = [contest(house, ticket_id, kind, amount, given=False) for kind, amount in asked]
    for dispute in made:
        submit(house, rejected(dispute))
    collect_fees(house, *made)
    assert gains(before, wealth(house)) == Purses(requester=-700, arbiters=120, operator=580)
    assert books(house, *made).bonded == 0


def test_contesting_every_incident_holds_funds_for_a_ruling_window_and_no_longer(house: House) -> None:
    """To hold 10,000 units for seven days a requester risks 550; clock kinds are reserved anyway."""
    made = [contest(house, house.open(), INCIDENT, 10_000) for _ in range(20)]
    assert books(house, *made).free == FUNDS - 20 * (WORST_CASE + 10_000)
    for dispute in made:
        submit(house, rejected(dispute))
    assert books(house, *made).free == FUNDS - 20 * WORST_CASE + 20 * (550 - FEE)


def test_contesting_more_than_is_free_keeps_nobody_elses_reserve(house: House) -> None:
    """Incidents take free funds only, and later tickets are merely unbacked."""
    house.pool.announce_withdrawal(FUNDS, sender=house.operator)
    travel(30 * DAY)
    house.pool.withdraw(FUNDS - 2 * WORST_CASE - 5_000, house.operator, sender=house.operator)
    victims, own = house.open_for(house.stranger), house.open()
    made = [contest(house, own, INCIDENT, 10_000)]
    assert books(house, *made) == Books(funds=16_550, reserved=16_000, bonded=550)
    assert not house.desk.ticket(house.open_for(house.stranger)).backed
    travel(1_801)
    house.desk.claim(victims, True)
    assert balance(house, house.stranger) == 1_000


def test_contesting_what_is_right_costs_the_operator_the_fee(house: House) -> None:
    ticket_id = replied(house, PENDING)
    give(house, house.requester, BOND)
    before = wealth(house)
    dispute = contest(house, ticket_id, given=False)
    submit(house, upheld(dispute))
    collect_fees(house, dispute)
    assert gains(before, wealth(house)) == Purses(requester=1_000, arbiters=FEE, operator=-1_000 - FEE)


# ---------------------------------------------------------------- contesting twice


@pytest.mark.parametrize("ruling", ["none yet", "upheld", "rejected"])
def test_contesting_twice_is_refused_and_costs_nothing_more(house: House, ruling: str) -> None:
    dispute = contest(house, replied(house, PENDING))
    if ruling != "none yet":
        submit(house, upheld(dispute) if ruling == "upheld" else rejected(dispute))
    give(house, house.requester, BOND)
    with refused(house, "panel: kind was contested before", dispute.name):
        contest(house, dispute.ticket_id, given=False)
    assert balance(house, house.requester) == BOND


def test_a_kind_that_was_lost_is_not_asked_again_under_another_name(house: House) -> None:
    """An incident about the same reply is a dispute of its own, with its own bond of 50 and 5 %."""
    ticket_id = replied(house, PENDING)
    submit(house, rejected(contest(house, ticket_id)))
    assert contest(house, ticket_id, INCIDENT, 1_000).bond == 100


# ---------------------------------------------------------------- one's own bot


def test_a_message_of_ones_own_bot_is_no_reply_to_contest(house: House) -> None:
    """What the desk's bot says stops no clock, so there is nothing to contest and nothing to win."""
    ticket_id = house.open()
    house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
    for kind in CLOCK_KINDS:
        with refused(house, "desk: no reply to contest yet", (ticket_id, kind)):
            contest(house, ticket_id, kind)
    travel(1_801)
    assert house.desk.claim(ticket_id) == 1_000


def test_an_operator_that_contests_its_own_desk_moves_only_free_funds(house: House) -> None:
    """Its bot opens a ticket for its own account, its own arbiters uphold: each kind costs it the fee of 30.

    What is reserved for and credited to others stays; the notice of a withdrawal can be gone round this way
    only for what nobody is owed, as by a breach on purpose.
    """
    victim = house.open_for(house.stranger)
    house.desk.set_allowance(house.bot, WORST_CASE, sender=house.operator)
    own = house.desk.open_ticket_for(house.operator, 1, 0, house.digest(), sender=house.bot)
    house.reply(own, PENDING)
    made = [contest(house, own, kind, requester=house.operator) for kind in CLOCK_KINDS]
    made.append(contest(house, own, INCIDENT, 10_000, requester=house.operator))
    for dispute in made:
        submit(house, upheld(dispute))
    assert house.pool.collect(house.operator) == WORST_CASE + 10_000 + 4 * BOND + 500
    collect_fees(house, *made)
    assert books(house, *made) == Books(
        funds=FUNDS - WORST_CASE - 10_000 - 4 * FEE,
        reserved=WORST_CASE,
        free=FUNDS - 2 * WORST_CASE - 10_000 - 4 * FEE,
    )
    travel(1_801)
    house.desk.claim(victim, True)
    assert balance(house, house.stranger) == 1_000


# ---------------------------------------------------------------- signing both ways


@pytest.mark.parametrize("first", ["upheld", "rejected"])
def test_arbiters_who_sign_both_ways_are_paid_once(house: House, first: str) -> None:
    """Whichever verdict comes first counts; the other one is refused, and brings no second fee."""
    dispute = contest(house, replied(house))
    verdicts = [upheld(dispute), rejected(dispute)]
    if first == "rejected":
        verdicts.reverse()
    submit(house, verdicts[0])
    with refused(house, "panel: dispute was ruled before", dispute.name):
        submit(house, verdicts[1])
    collect_fees(house, dispute)
    assert sum(balance(house, one.address) for one in house.arbiters) == FEE
    assert books(house, dispute).bonded == 0


def test_an_arbiter_on_both_sides_is_no_arbiter_for_both(house: House) -> None:
    """Three of five for, three against, one in common: the earlier one decides, its signers share."""
    dispute = contest(house, replied(house))
    lost, won = upheld(dispute), rejected(dispute)
    house.panel.submit_verdict(won.on_chain(), signed_by(house, won, house.arbiters[2:]))
    with refused(house, "panel: dispute was ruled before", dispute.name):
        house.panel.submit_verdict(lost.on_chain(), signed_by(house, lost, house.arbiters[:3]))
    for arbiter in house.arbiters[:2]:
        with refused(house, "panel: no fee to collect", dispute.name):
            house.panel.collect_fees(arbiter.address, [dispute.name])


# ---------------------------------------------------------------- swapping the panel


def test_a_panel_swapped_on_the_eve_decides_no_dispute_that_began_before(house: House) -> None:
    """It costs the operator the notice: here 30 days, and a dispute is over after seven."""
    puppet = key_pair("puppet")
    house.panel.propose_panel([puppet.address], 1, sender=house.operator)
    dispute = contest(house, replied(house, PENDING))
    with refused(house, "panel: notice still runs", dispute.name):
        house.panel.adopt_panel(sender=house.operator)
    for verdict, reason in (
        (rejected(dispute), "panel: too few signatures"),
        (rejected(dispute, epoch=2), "panel: verdict of another epoch"),
    ):
        with refused(house, reason, dispute.name):
            house.panel.submit_verdict(verdict.on_chain(), signed_by(house, verdict, [puppet]))
    wait_for_default(house)
    house.panel.rule_by_default(*dispute.name)
    assert books(house, dispute).credited == 1_000 + BOND


def test_a_panel_swapped_while_a_dispute_is_open_changes_nothing_for_it() -> None:
    house = deploy_house(notice=3 * DAY)
    puppet = key_pair("puppet")
    dispute = contest(house, replied(house, PENDING))
    seat(house, [puppet.address], 1)
    verdict = rejected(dispute)
    with refused(house, "panel: too few signatures", dispute.name):
        house.panel.submit_verdict(verdict.on_chain(), signed_by(house, verdict, [puppet]))
    submit(house, upheld(dispute))
    assert house.panel.dispute(*dispute.name).state == UPHELD


# ---------------------------------------------------------------- a panel that never rules


def test_a_panel_that_never_rules_earns_nothing_and_costs_the_requester_only_time(house: House) -> None:
    ticket_id = replied(house, PENDING)
    give(house, house.requester, BOND)
    before = wealth(house)
    dispute = contest(house, ticket_id, given=False)
    contested_at = now()
    wait_for_default(house)
    assert now() - contested_at == 7 * DAY + 1
    house.panel.rule_by_default(*dispute.name)
    assert gains(before, wealth(house)) == Purses(requester=1_000, arbiters=0, operator=-1_000)


def test_a_panel_that_never_rules_costs_the_operator_all_that_is_asked(house: House) -> None:
    """Which is why it chooses arbiters who answer: an incident at the cap is lost whole."""
    dispute = contest(house, house.open(), INCIDENT, 10_000)
    wait_for_default(house)
    house.panel.rule_by_default(*dispute.name)
    assert books(house, dispute).credited == 10_000 + 550


# ---------------------------------------------------------------- a requester who cannot receive


def test_a_requester_that_refuses_ether_hurts_only_itself(house: House) -> None:
    deaf = deployer("mocks/RevertsOnReceive").deploy().address
    dispute = contest(house, replied(house, requester=deaf), requester=deaf)
    other = contest(house, replied(house))
    with refused(house, "pool: asset did not go out", dispute.name):
        submit(house, upheld(dispute), collect=True)
    submit(house, upheld(dispute))
    with boa.reverts("pool: asset did not go out"):
        house.pool.collect(deaf)
    submit(house, upheld(other), collect=True)
    collect_fees(house, dispute, other)
    house.desk.close(dispute.ticket_id, sender=deaf)
    assert balance(house, house.requester) == 1_000 + BOND
    assert books(house, dispute, other) == Books(
        funds=FUNDS - 1_000 + BOND - 2 * FEE,
        reserved=WORST_CASE - 1_000,
        credited=1_000 + BOND,
        free=FUNDS - WORST_CASE - 1_000 - 2 * FEE,
    )


def test_a_requester_that_refuses_ether_cannot_stop_its_own_loss(house: House) -> None:
    deaf = deployer("mocks/RevertsOnReceive").deploy().address
    dispute = contest(house, replied(house, requester=deaf), requester=deaf)
    submit(house, rejected(dispute))
    collect_fees(house, dispute)
    assert books(house, dispute) == Books(
        funds=FUNDS + BOND - FEE, reserved=WORST_CASE, free=FUNDS - WORST_CASE + BOND - FEE
    )


def test_a_requester_that_calls_back_while_it_is_paid_changes_nothing(house: House) -> None:
    """Each of these calls would go through at any other time."""
    actor = deployer("mocks/ReentersOnReceive").deploy()
    ticket_id = replied(house, PENDING, actor.address)
    dispute = contest(house, ticket_id, requester=actor.address)
    silent = contest(house, ticket_id, RESOLUTION, requester=actor.address)
    wait_for_default(house)
    panel = house.panel
    again = panel.contest.prepare_calldata(ticket_id, NEXT_REPLY, 500, house.digest())
    plan = [
        (panel.address, 0, panel.rule_by_default.prepare_calldata(*silent.name)),
        (panel.address, BOND, again),
        (house.pool.address, 0, house.pool.sync.prepare_calldata()),
    ]
    actor.plan(plan)
    panel.rule_by_default(*dispute.name, True)
    assert (actor.runs(), actor.succeeded()) == (1, 0)
    assert balance(house, actor.address) == 1_000 + BOND
    assert panel.dispute(*silent.name).state == UNDER_DISPUTE
    assert books(house, dispute, silent).bonded == BOND
    for target, value, data in plan:
        give(house, house.stranger, value)
        actor.call(target, data, value=value, sender=house.stranger)


# ---------------------------------------------------------------- emptying the pool


def test_emptying_free_funds_before_a_ruling_leaves_what_is_reserved(house: House) -> None:
    """A withdrawal announced long ago takes all that is free; incident and ticket stay reserved."""
    house.pool.announce_withdrawal(FUNDS, sender=house.operator)
    travel(30 * DAY)
    ticket_id = replied(house, PENDING)
    dispute = contest(house, ticket_id, INCIDENT, 8_000)
    house.pool.withdraw(house.pool.free(), house.operator, sender=house.operator)
    assert books(house, dispute) == Books(funds=13_950, reserved=13_500, bonded=450)
    submit(house, upheld(dispute))
    assert books(house, dispute) == Books(
        funds=13_950, reserved=WORST_CASE, credited=8_420, bonded=FEE, debt=FEE
    )


def test_emptying_free_funds_before_a_contest_makes_the_rest_a_debt(house: House) -> None:
    """Which the next funds pay, before any withdrawal."""
    house.pool.announce_withdrawal(FUNDS, sender=house.operator)
    travel(30 * DAY)
    ticket_id = replied(house, PENDING)
    house.pool.withdraw(FUNDS - WORST_CASE - 3_000, house.operator, sender=house.operator)
    dispute = contest(house, ticket_id, INCIDENT, 8_000)
    submit(house, upheld(dispute))
    assert books(house, dispute) == Books(
        funds=8_950, reserved=WORST_CASE, credited=3_420, bonded=FEE, debt=5_030
    )
    house.pool.announce_withdrawal(FUNDS, sender=house.operator)
    house.fund(5_030)
    travel(30 * DAY)
    with boa.reverts("pool: free funds too low"):
        house.pool.withdraw(1, house.operator, sender=house.operator)
    assert house.pool.collect(house.requester) == 8_450


def test_bonds_are_never_withdrawn(house: House) -> None:
    house.pool.announce_withdrawal(2 * FUNDS, sender=house.operator)
    travel(30 * DAY)
    dispute = contest(house, replied(house, PENDING))
    free = house.pool.free()
    with boa.reverts("pool: free funds too low"):
        house.pool.withdraw(free + 1, house.operator, sender=house.operator)
    house.pool.withdraw(free, house.operator, sender=house.operator)
    submit(house, rejected(dispute))
    collect_fees(house, dispute)
    assert books(house, dispute) == Books(funds=WORST_CASE + 20, reserved=WORST_CASE, free=20)


# ---------------------------------------------------------------- closing under a dispute


@pytest.mark.parametrize("role", ["requester", "operator", "human", "stranger"])
def test_nobody_closes_a_ticket_under_dispute(house: House, role: str) -> None:
    """Closing would free the reserve that the ruling pays from."""
    dispute = contest(house, replied(house, SOLVED), RESOLUTION)
    travel(3 * DAY + 1)
    with refused(house, "desk: dispute is open", dispute.name):
        house.desk.close(dispute.ticket_id, sender=getattr(house, role))


def test_closing_many_leaves_a_ticket_under_dispute_out(house: House) -> None:
    dispute, other = contest(house, replied(house, SOLVED), RESOLUTION), replied(house, SOLVED)
    travel(3 * DAY + 1)
    done = house.desk.close_many([dispute.ticket_id, other], sender=house.stranger)
    assert done == 0b10
    assert books(house, dispute).reserved == WORST_CASE


def test_one_ruling_of_two_does_not_open_the_way_to_closing(house: House) -> None:
    ticket_id = replied(house, SOLVED)
    first, second = contest(house, ticket_id, RESOLUTION), contest(house, ticket_id, INCIDENT, 100)
    submit(house, rejected(first))
    with refused(house, "desk: dispute is open", first.name, second.name):
        house.desk.close(ticket_id, sender=house.requester)


# ---------------------------------------------------------------- a token that calls back


@pytest.mark.parametrize("kind", [FIRST_REPLY, INCIDENT])
def test_a_token_that_calls_back_during_a_contest_finds_the_dispute_open(kind: int) -> None:
    """The requester is called before its bond is taken; it can neither close the ticket nor contest again."""
    token = deployer("mocks/ReentrantToken").deploy()
    house = deploy_house(token)
    actor = deployer("mocks/ReentersOnReceive").deploy()
    ticket_id, asked = replied(house, requester=actor.address), 1_000
    token.mint(actor.address, 10 * BOND)
    call(actor, token, "approve", house.pool.address, 10 * BOND)
    token.set_called(actor.address)
    again = house.panel.contest.prepare_calldata
    refused_calls = [
        (house.desk, house.desk.close.prepare_calldata(ticket_id)),
        (house.panel, again(ticket_id, kind, asked, house.digest())),
        (house.panel, again(ticket_id, NEXT_REPLY, 500, house.digest())),
        (house.pool, house.pool.fund.prepare_calldata(1)),
    ]
    actor.plan([(contract.address, 0, data) for contract, data in refused_calls])
    call(actor, house.panel, "contest", ticket_id, kind, asked, house.digest())
    assert (actor.runs(), actor.succeeded()) == (1, 0)
    shown = house.panel.dispute(ticket_id, kind)
    assert (shown.number, shown.state, shown.bond) == (1, UNDER_DISPUTE, bond_of(house, kind, asked))
    assert house.panel.dispute_count() == 1
    found = house.pool.books()
    assert (found.funds, found.bonded) == (FUNDS + shown.bond, shown.bond)
    assert found.reserved == WORST_CASE + (asked if kind == INCIDENT else 0)


def test_a_token_that_calls_back_while_a_fee_is_collected_pays_it_once() -> None:
    token = deployer("mocks/ReentrantToken").deploy()
    house = deploy_house(token)
    arbiter = deployer("mocks/ReentersOnReceive").deploy()
    dispute = contest(house, replied(house))
    submit(house, rejected(dispute))
    # The first arbiter's account gets code that calls back.
    account = house.arbiters[0].address
    boa.env.set_code(account, boa.env.get_code(arbiter.address))
    actor = deployer("mocks/ReentersOnReceive").at(account)
    token.set_called(account)
    data = house.panel.collect_fees.prepare_calldata(account, [dispute.name])
    actor.plan([(house.panel.address, 0, data), (house.pool.address, 0, house.pool.sync.prepare_calldata())])
    assert house.panel.collect_fees(account, [dispute.name]) == 10
    assert (actor.runs(), actor.succeeded()) == (1, 0)
    assert token.balanceOf(account) == 10
    assert books(house, dispute).bonded == 20


def call(actor: Any, contract: Any, function: str, *arguments: Any) -> None:
    """The actor calls somebody."""
    actor.call(contract.address, getattr(contract, function).prepare_calldata(*arguments))


def test_prices_are_those_of_the_houses_policy(house: House) -> None:
    """The numbers of this file, against the policy that the desk published."""
    policy = house.desk.policy(1)
    assert (policy.contest_bond, policy.fee, policy.incident_bond_share) == (BOND, FEE, 500)
    assert list(policy.compensation[0]) == list(COMPENSATION.values())
    assert (policy.incident_cap, policy.ruling_window, house.asset) == (10_000, 7 * DAY, ETH)
