# SPDX-License-Identifier: Apache-2.0
"""What somebody could try against the money of a whole desk, and what comes of it."""

from typing import Any

import boa
import pytest
from house import (
    CLOSED,
    DAY,
    ETH,
    FIRST_REPLY,
    LOW,
    RESOLUTION,
    SOLVED,
    URGENT,
    House,
    Policy,
    deploy_house,
    deployer,
    key_pair,
    register,
    travel,
)

COMPENSATION = 1_000
WORST_CASE = 5_500
LATE = 1_801


@pytest.fixture
def victim() -> str:
    return str(boa.env.generate_address("victim"))


@pytest.fixture
def puppet() -> str:
    """The operator's own requester."""
    return str(key_pair("puppet").address)


def balance(account: str) -> int:
    return int(boa.env.get_balance(account))


def withdrawable(house: House) -> None:
    """A withdrawal of everything, announced in good time."""
    house.pool.announce_withdrawal(2**256 - 1, sender=house.operator)
    travel(30 * DAY)


# ---------------------------------------------------------------- the operator


def test_operator_cannot_withdraw_what_a_ticket_reserved_a_second_before(house: House, victim: str) -> None:
    withdrawable(house)
    house.open_for(victim)
    with boa.reverts("pool: free funds too low"):
        house.pool.withdraw(1_000_000 - WORST_CASE + 1, house.operator, sender=house.operator)
    assert house.pool.books().reserved == WORST_CASE


def test_operator_that_breaches_to_itself_gets_free_funds_and_nothing_else(victim: str, puppet: str) -> None:
    house = deploy_house(funds=20_000)
    ticket = house.open_for(victim)
    own = [house.open_for(puppet) for _ in range(5)]
    travel(LATE)
    for each in own:
        house.desk.claim(each, True)
    house.desk.close_many(own, sender=puppet)
    assert house.pool.books().reserved == WORST_CASE
    travel(10_000)
    house.desk.claim(ticket, True)
    assert balance(victim) == COMPENSATION + 4_000


def test_operators_debt_to_itself_is_not_paid_from_a_victims_reserve(victim: str, puppet: str) -> None:
    # The puppet has a debt and a backed ticket; collecting both at once pays no more than is free.
    house = deploy_house(funds=2 * WORST_CASE)
    ticket, backed = house.open_for(victim), house.open_for(puppet)
    unbacked = house.open_for(puppet)
    travel(LATE)
    house.desk.claim(unbacked)
    house.desk.claim(backed, True)
    assert balance(puppet) == COMPENSATION
    assert tuple(house.pool.books()) == (10_000, 10_000, 0, 0, COMPENSATION, 0)
    house.desk.claim(ticket, True)
    assert balance(victim) == COMPENSATION


def test_operators_debts_do_not_come_before_an_older_one(unfunded: House, victim: str, puppet: str) -> None:
    tickets = [unfunded.open_for(victim), *(unfunded.open_for(puppet) for _ in range(40))]
    travel(LATE)
    unfunded.desk.claim_many(tickets)
    unfunded.fund(COMPENSATION)
    with boa.reverts("pool: nothing to collect"):
        unfunded.pool.collect(puppet)
    assert unfunded.pool.collect(victim) == COMPENSATION


def test_a_standing_announcement_takes_nothing_that_is_owed(victim: str) -> None:
    house = deploy_house(funds=WORST_CASE)
    ticket = house.open_for(victim)
    for _ in range(3):
        withdrawable(house)
        with boa.reverts("pool: free funds too low"):
            house.pool.withdraw(1, house.operator, sender=house.operator)
        house.pool.cancel_withdrawal(sender=house.operator)
    house.desk.claim(ticket, True)
    assert balance(victim) == COMPENSATION + 4_000


def test_handing_the_desk_over_leaves_every_reserve_and_credit(
    house: House, victim: str, puppet: str
) -> None:
    ticket = house.open_for(victim)
    travel(LATE)
    house.desk.claim(ticket)
    house.directory.transfer_ownership(puppet, sender=house.operator)
    house.directory.accept_ownership(sender=puppet)
    assert house.pool.books()[1:3] == (WORST_CASE - COMPENSATION, COMPENSATION)
    assert house.pool.collect(victim) == COMPENSATION


def test_a_flood_of_tiny_debts_delays_a_victim_and_takes_nothing(unfunded: House, victim: str) -> None:
    tickets = [unfunded.open_for(victim, LOW) for _ in range(70)]
    travel(14_401)
    unfunded.desk.claim_many(tickets)
    unfunded.fund(70 * 200)
    while unfunded.pool.collectable(victim):
        unfunded.pool.collect(victim)
    assert balance(victim) == 70 * 200
    assert tuple(unfunded.pool.books()) == (0, 0, 0, 0, 0, 0)


def test_a_ticket_for_the_pool_itself_locks_only_what_it_cost(house: House, victim: str) -> None:
    tickets = [house.open_for(house.pool.address), house.open_for(house.desk.address), house.open_for(victim)]
    travel(LATE)
    assert house.desk.claim_many(tickets) == 0b111
    for recipient in (house.pool.address, house.desk.address):
        with boa.reverts("pool: asset did not go out"):
            house.pool.collect(recipient)
    assert house.pool.collect(victim) == COMPENSATION


# ---------------------------------------------------------------- somebody else's contracts


def test_a_desk_that_the_pool_does_not_know_moves_nothing(house: House, puppet: str) -> None:
    # A directory of the attacker's own, whose operator and agent it is, before the real pool.
    directory = deployer("AgentDirectory").deploy(puppet)
    rogue = deployer("SupportDesk").deploy(
        house.pool.address,
        house.panel.address,
        house.lane.address,
        directory.address,
        house.factory.rules(),
    )
    register(directory, key_pair("puppet"), sender=puppet)
    rogue.publish_policy(Policy().on_chain(), "policy", "", b"\0" * 32, sender=puppet)
    rogue.set_allowance(puppet, 10**9, sender=puppet)
    with boa.reverts("pool: caller is not the desk"):
        rogue.open_ticket_for(puppet, 1, URGENT, b"\x02" * 32, sender=puppet)
    assert house.pool.books().reserved == 0


def test_desks_of_one_factory_share_no_money(house: House, puppet: str, victim: str) -> None:
    made = house.factory.deploy_desk(puppet, ETH, 30 * DAY, "Other", [], 0, sender=puppet)
    other = deployer("CompensationPool").at(made.pool)
    ticket = house.open_for(victim)
    travel(LATE)
    with boa.reverts("pool: caller is not the operator"):
        house.pool.announce_withdrawal(1, sender=puppet)
    other.announce_withdrawal(1, sender=puppet)
    house.desk.claim(ticket, True)
    assert balance(victim) == COMPENSATION
    assert tuple(other.books()) == (0, 0, 0, 0, 0, 0)


# ---------------------------------------------------------------- counting twice


def test_one_ticket_a_hundred_times_in_a_claim_pays_once(house: House, victim: str) -> None:
    ticket = house.open_for(victim)
    travel(LATE)
    assert house.desk.claim_many([ticket] * 100) == 1
    assert house.pool.collectable(victim) == COMPENSATION


def test_one_ticket_a_hundred_times_in_a_closing_releases_once(house: House, victim: str) -> None:
    ticket, other = house.open_for(victim), house.open_for(victim)
    assert house.desk.close_many([ticket] * 100, sender=victim) == 1
    assert house.pool.books().reserved == WORST_CASE
    assert house.desk.ticket(other).backed is True


def test_claim_then_close_then_claim_pays_each_kind_once(house: House, victim: str) -> None:
    ticket = house.open_for(victim)
    travel(LATE)
    house.desk.claim(ticket)
    travel(10_000)
    house.desk.close(ticket, sender=victim)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket)
    assert house.desk.ticket(ticket).compensated == FIRST_REPLY | RESOLUTION
    assert house.pool.collectable(victim) == COMPENSATION + 4_000
    assert house.pool.books().reserved == 0


@pytest.mark.parametrize("breached", [False, True])
@pytest.mark.parametrize("claimed", [False, True])
@pytest.mark.parametrize("solved", [False, True])
def test_every_way_to_an_end_releases_the_whole_reserve(
    house: House, victim: str, breached: bool, claimed: bool, solved: bool
) -> None:
    ticket = house.open_for(victim)
    if breached:
        travel(LATE)
    if claimed and breached:
        house.desk.claim(ticket)
    if solved:
        house.reply(ticket, SOLVED)
        travel(house.policy.contest_window + 1)
        house.desk.close(ticket, sender=house.stranger)
    else:
        house.desk.close(ticket, sender=victim)
    paid = COMPENSATION if breached else 0
    assert house.desk.ticket(ticket).status == CLOSED
    assert tuple(house.pool.books()) == (1_000_000, 0, paid, 0, 0, 1_000_000 - paid)


def test_closing_a_ticket_that_is_not_backed_releases_nobodys_reserve(victim: str, puppet: str) -> None:
    house = deploy_house(funds=WORST_CASE)
    house.open_for(victim)
    unbacked = house.open_for(puppet)
    house.desk.close(unbacked, sender=puppet)
    assert tuple(house.pool.books()) == (WORST_CASE, WORST_CASE, 0, 0, 0, 0)


def test_a_ticket_stays_unbacked_when_money_comes_later(unfunded: House, victim: str) -> None:
    ticket = unfunded.open_for(victim)
    unfunded.fund(WORST_CASE)
    travel(LATE)
    unfunded.desk.claim(ticket, True)
    assert balance(victim) == COMPENSATION
    assert tuple(unfunded.pool.books()) == (WORST_CASE - COMPENSATION, 0, 0, 0, 0, WORST_CASE - COMPENSATION)


# ---------------------------------------------------------------- odd amounts


def test_kinds_that_pay_nothing_move_no_money(victim: str) -> None:
    house = deploy_house(policy=Policy(compensation=((0, 0, 0),) * 4), funds=0)
    house.desk.grant_coverage(victim, 1, URGENT, 1, 2**40 - 1, sender=house.operator)
    ticket = house.open(requester=victim)
    travel(LATE)
    assert house.desk.ticket(ticket).backed is True
    assert house.desk.claim(ticket, True) == 0
    house.desk.close(ticket, sender=victim)
    assert tuple(house.pool.books()) == (0, 0, 0, 0, 0, 0)


def test_the_largest_compensations_neither_overflow_nor_stop_a_ticket(victim: str) -> None:
    most = 2**85 - 1
    house = deploy_house(policy=Policy(compensation=((most,) * 3,) * 4), funds=3 * most)
    house.desk.set_allowance(house.human, 2**256 - 1, sender=house.operator)
    tickets = [house.open_for(victim) for _ in range(3)]
    assert [house.desk.ticket(ticket).backed for ticket in tickets] == [True, False, False]
    travel(10_001)
    assert house.desk.claim_many(tickets) == 0b111
    # First reply and resolution of three tickets; the third kind's reserve of the first pays no debt.
    assert tuple(house.pool.books())[1:5] == (most, 2 * most, 0, 4 * most)
    assert house.pool.collect(victim) == 2 * most
    house.desk.close(tickets[0], sender=victim)
    assert house.pool.collect(victim) == most


# ---------------------------------------------------------------- balances pushed about


def test_eth_forced_in_gives_nobody_anything_until_it_is_synced(house: House, puppet: str) -> None:
    boa.env.set_balance(house.pool.address, 2_000_000)
    with boa.reverts("pool: nothing to collect"):
        house.pool.collect(puppet)
    assert house.pool.books().funds == 1_000_000
    house.pool.sync(sender=puppet)
    assert house.pool.free() == 2_000_000


def test_syncing_at_the_worst_moment_loses_nothing_for_good(victim: str) -> None:
    token = deployer("mocks/RebasingToken").deploy()
    house = deploy_house(asset=token, funds=2 * WORST_CASE)
    tickets = [house.open_for(victim), house.open_for(victim)]
    travel(LATE)
    house.desk.claim(tickets[0])
    token.rebase(1)
    house.pool.sync(sender=house.stranger)
    token.rebase(10**18)
    house.pool.sync(sender=house.stranger)
    house.desk.claim(tickets[1])
    assert tuple(house.pool.books()) == (2 * WORST_CASE, 2 * WORST_CASE - 2_000, 2_000, 0, 0, 0)
    assert house.pool.collect(victim) == 2_000


@pytest.mark.parametrize("gas", range(90_000, 240_000, 10_000))
def test_a_claim_short_of_gas_does_all_or_nothing(house: House, gas: int) -> None:
    recipient: Any = deployer("mocks/ReentersOnReceive").deploy()
    ticket = house.open_for(recipient.address)
    travel(LATE)
    try:
        house.desk.claim(ticket, True, gas=gas)
    except boa.BoaError:
        assert house.desk.ticket(ticket).compensated == 0
        assert balance(recipient.address) == 0
        assert tuple(house.pool.books()) == (1_000_000, WORST_CASE, 0, 0, 0, 1_000_000 - WORST_CASE)
    else:
        assert house.desk.ticket(ticket).compensated == FIRST_REPLY
        assert balance(recipient.address) == COMPENSATION
    house.desk.claim_many([ticket])
    assert balance(recipient.address) + house.pool.collectable(recipient.address) == COMPENSATION
