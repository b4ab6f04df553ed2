# SPDX-License-Identifier: Apache-2.0
"""What can be done about whether a ticket is backed, by those who cannot touch the money itself."""

import boa
import pytest
from disputes import bond_of, contest, rejected, replied, submit
from house import DAY, FAR, INCIDENT, LOW, URGENT, House, Policy, deploy_house, travel

WORST_CASE = 5_500


@pytest.fixture
def rival() -> str:
    return str(boa.env.generate_address("rival"))


def covered(house: House, holder: str, places: int = 1) -> None:
    house.desk.grant_coverage(holder, 1, URGENT, places, FAR, sender=house.operator)


def is_backed(house: House, ticket_id: bytes) -> bool:
    return bool(house.desk.ticket(ticket_id).backed)


# ---------------------------------------------------------------- free funds taken in front of an opening


def test_an_operators_own_requester_can_take_the_free_funds_in_front_of_an_opening(rival: str) -> None:
    """For gas. The ticket says that it is not backed: its requester closes it and opens another."""
    house = deploy_house(funds=WORST_CASE)
    covered(house, rival)
    in_front = house.open(requester=rival)
    ticket = house.open()
    house.desk.close(in_front, sender=rival)
    assert (is_backed(house, ticket), house.pool.free()) == (False, WORST_CASE)
    house.desk.close(ticket, sender=house.requester)
    assert is_backed(house, house.open())


def test_a_covered_requester_holds_no_more_free_funds_than_its_places(house: House, rival: str) -> None:
    covered(house, rival, places=3)
    for _ in range(3):
        house.open(requester=rival)
    with boa.reverts("coverage: no place left"):
        house.open(requester=rival)
    assert house.pool.free() == 1_000_000 - 3 * WORST_CASE


def test_a_contested_incident_leaves_new_tickets_unbacked_until_its_ruling(rival: str) -> None:
    """For the bond and its share of what is asked, where the arbiters reject; old tickets keep theirs."""
    house = deploy_house(funds=2 * WORST_CASE + 10_000)
    before = house.open()
    held = contest(house, replied(house, requester=rival), INCIDENT, 10_000, requester=rival)
    during = house.open()
    submit(house, rejected(held))
    after = house.open()
    assert [is_backed(house, each) for each in (before, during, after)] == [True, False, True]
    assert held.bond == bond_of(house, INCIDENT, 10_000) == 550


def test_an_agents_openings_hold_free_funds_until_its_allowance_is_spent(house: House, rival: str) -> None:
    """A batch of nothing holds them until it expires; the allowance and the claim window bound it."""
    house.desk.set_allowance(house.human, 100 * WORST_CASE, sender=house.operator)
    root = b"\x01" * 32
    house.lane.anchor_batch(1, root, [99, 0, 0, 0, 0], "", True, sender=house.human)
    house.open_for(rival)
    with boa.reverts("desk: allowance too low"):
        house.lane.anchor_batch(1, root, [1, 0, 0, 0, 0], "", True, sender=house.human)
    assert house.pool.free() == 1_000_000 - 100 * WORST_CASE
    travel(house.lane.batch(1).expires_at - house.lane.batch(1).anchored_at + 1)
    house.lane.release_batch(1, sender=house.stranger)
    assert house.pool.free() == 1_000_000 - WORST_CASE


def test_a_follow_up_for_every_reply_keeps_a_ticket_alive_and_makes_it_no_dearer(house: House) -> None:
    """Gas against gas: the desk has to answer each, or pays each kind once at most."""
    ticket = house.open()
    for _ in range(20):
        travel(600)
        house.reply(ticket, 4)
        travel(2 * DAY)
        house.follow_up(ticket)
    house.reply(ticket, 4)
    assert house.desk.ticket(ticket).breached == 0
    assert house.pool.books().reserved == WORST_CASE
    house.follow_up(ticket)
    travel(30 * DAY)
    house.desk.claim(ticket)
    house.desk.close(ticket, sender=house.requester)
    assert house.pool.collectable(house.requester) == 500 + 4_000
    assert house.pool.books().reserved == 0


def test_a_stolen_key_with_an_allowance_of_one_asks_an_incident_cap_of_every_ticket(
    house: House, rival: str
) -> None:
    """An allowance bounds what clocks cost. Incidents are the arbiters' to reject; here they stay silent."""
    free_tickets = house.publish(Policy(compensation=((0, 0, 0),) * 4))
    house.desk.set_allowance(house.human, 1, sender=house.operator)
    disputes = []
    for _ in range(3):
        ticket = house.desk.open_ticket_for(rival, free_tickets, URGENT, house.digest(), sender=house.human)
        disputes.append(contest(house, bytes(ticket), INCIDENT, 10_000, requester=rival))
    travel(house.policy.ruling_window + 1)
    for each in disputes:
        house.panel.rule_by_default(*each.name, sender=rival)
    assert house.desk.allowance(house.human) == 1
    assert house.pool.collectable(rival) == 3 * (10_000 + bond_of(house, INCIDENT, 10_000))


# ---------------------------------------------------------------- what the operator gave and cannot take back


def test_an_agent_that_sees_its_allowance_lowered_spends_both(house: House, rival: str) -> None:
    """`set_allowance` says what is left from then on: to stop a key, revoke it."""
    house.desk.set_allowance(house.human, WORST_CASE, sender=house.operator)
    house.open_for(rival)
    house.desk.set_allowance(house.human, WORST_CASE - 1, sender=house.operator)
    with boa.reverts("desk: allowance too low"):
        house.open_for(rival)
    house.desk.set_allowance(house.human, WORST_CASE, sender=house.operator)
    house.open_for(rival)
    house.directory.revoke_agent(house.human, sender=house.operator)
    with boa.reverts("desk: caller is no agent"):
        house.open_for(rival, LOW)
    assert house.pool.books().reserved == 2 * WORST_CASE


def test_a_withdrawal_that_is_announced_all_the_time_takes_free_funds_and_nothing_reserved(
    house: House,
) -> None:
    """Announced again as soon as it lapses, free funds can go on seven days of each notice and seven."""
    for _ in range(3):
        house.pool.announce_withdrawal(2**256 - 1, sender=house.operator)
        travel(37 * DAY + 1)
    house.pool.announce_withdrawal(2**256 - 1, sender=house.operator)
    travel(30 * DAY)
    ticket = house.open()
    house.pool.withdraw(house.pool.free(), house.operator, sender=house.operator)
    assert tuple(house.pool.books()) == (WORST_CASE, WORST_CASE, 0, 0, 0, 0)
    travel(1_801)
    assert house.desk.claim(ticket) == 1_000


# ---------------------------------------------------------------- a policy made to be dear


def test_no_policy_makes_a_ticket_reserve_more_than_its_three_compensations(house: House) -> None:
    dear = Policy(incident_cap=2**96 - 1, contest_bond=0, fee=0, incident_bond_share=0)
    policy_id = house.publish(dear)
    house.desk.grant_coverage(house.requester, policy_id, URGENT, 1, FAR, sender=house.operator)
    others = house.open()
    own = house.desk.open_ticket(policy_id, URGENT, house.digest(), sender=house.requester)
    assert house.pool.books().reserved == 2 * WORST_CASE
    house.panel.contest(own, INCIDENT, 2**96 - 1, house.digest(), sender=house.requester)
    assert house.pool.free() == 0
    travel(house.policy.ruling_window + 1)
    house.panel.rule_by_default(own, INCIDENT, True, sender=house.stranger)
    # All that was free, and a debt for the rest; the other ticket keeps its own.
    assert house.pool.books().reserved == 2 * WORST_CASE
    assert house.pool.books().debt == 2**96 - 1 - (1_000_000 - 2 * WORST_CASE)
    house.desk.claim(others, True)
