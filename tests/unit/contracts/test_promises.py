# SPDX-License-Identifier: Apache-2.0
"""The seven promises, as far as direct lane, disputes and money reach. Each test names its number."""

import shutil
import subprocess
from collections.abc import Callable
from functools import partial
from typing import Any

import boa
import disputes
import messages
import pytest
from addresses import proxy_code
from house import (
    CLOSED,
    DAY,
    ETH,
    FAR,
    FIRST_REPLY,
    HOLD,
    INCIDENT,
    LOW,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    House,
    Policy,
    chain_id,
    deploy_house,
    deployer,
    key_pair,
    now,
    register,
    travel,
    travel_to,
)
from logs import events
from messages import sign
from vyper.compiler.output import build_asm_output

WORST_CASE = 5_500  # of an urgent ticket: 1,000 first reply, 500 next reply, 4,000 resolution
ALL_KINDS = FIRST_REPLY | NEXT_REPLY | RESOLUTION


# ---------------------------------------------------------------- 1. prepaid


@pytest.mark.parametrize("priority", range(4))
@pytest.mark.parametrize("lane", ["direct", "by an agent"])
def test_promise_1_the_whole_worst_case_is_locked_from_the_opening(
    house: House, lane: str, priority: int
) -> None:
    house.open(priority) if lane == "direct" else house.open_for(house.stranger, priority)
    assert house.pool.books().reserved == sum(house.policy.compensation[priority])


def test_promise_1_the_worst_history_costs_exactly_what_was_locked(house: House) -> None:
    ticket_id = house.open()
    _breach_everything(house, ticket_id)
    for _ in range(3):  # further breaches of kinds that were paid
        house.follow_up(ticket_id)
        travel(20_000)
        house.reply(ticket_id, PENDING)
    house.desk.close(ticket_id, sender=house.requester)
    books = house.pool.books()
    assert (books.credited, books.reserved) == (WORST_CASE, 0)


def test_promise_1_a_backed_ticket_is_paid_after_the_operator_took_all_it_could(house: House) -> None:
    ticket_id = house.open()
    _withdraw_all(house)
    assert house.pool.books().funds == WORST_CASE
    _breach_everything(house, ticket_id)
    house.pool.collect(house.requester)
    assert boa.env.get_balance(house.requester) == WORST_CASE


def test_promise_1_a_withdrawal_reaches_no_reserve(house: House) -> None:
    house.open()
    house.pool.announce_withdrawal(2**100, sender=house.operator)
    travel(30 * DAY)
    books = house.pool.books()
    with boa.reverts("pool: free funds too low"):
        house.pool.withdraw(books.free + 1, house.operator, sender=house.operator)
    assert house.pool.books() == books


def test_promise_1_a_withdrawal_reaches_no_credit(house: House) -> None:
    ticket_id = house.open()
    _breach_everything(house, ticket_id)
    _withdraw_all(house)
    house.pool.collect(house.requester)
    assert boa.env.get_balance(house.requester) == WORST_CASE


def test_promise_1_nobodys_reserve_pays_an_unbacked_ticket(unfunded: House) -> None:
    unbacked = unfunded.open_for(unfunded.stranger)
    unfunded.fund(WORST_CASE)
    backed = unfunded.open()
    _breach_everything(unfunded, unbacked, requester=unfunded.stranger)
    with boa.reverts("pool: nothing to collect"):
        unfunded.pool.collect(unfunded.stranger)
    _breach_everything(unfunded, backed)
    unfunded.pool.collect(unfunded.requester)
    assert boa.env.get_balance(unfunded.requester) == WORST_CASE
    assert boa.env.get_balance(unfunded.stranger) == 0


def test_promise_1_a_claim_that_collects_spends_nobody_elses_reserve(unfunded: House) -> None:
    """Debts wait, whoever claims and collects what is backed: its own reserve is not free meanwhile."""
    indebted = unfunded.open_for(unfunded.stranger)
    also_indebted = unfunded.open()
    unfunded.fund(2 * WORST_CASE)
    backed, others = unfunded.open(), unfunded.open_for(unfunded.bot)
    travel(1_801)
    unfunded.desk.claim_many([indebted, also_indebted])
    unfunded.desk.claim(backed, True, sender=unfunded.stranger)
    assert boa.env.get_balance(unfunded.requester) == 1_000
    books = unfunded.pool.books()
    assert (books.funds, books.reserved, books.credited, books.debt) == (10_000, 10_000, 0, 2_000)
    travel(10_000)
    unfunded.desk.claim(others, True)
    assert boa.env.get_balance(unfunded.bot) == 5_000


def test_promise_1_a_ticket_that_is_not_wholly_covered_is_not_backed_at_all(unfunded: House) -> None:
    unfunded.fund(WORST_CASE - 1)
    assert not unfunded.desk.ticket(unfunded.open()).backed
    assert unfunded.pool.books().reserved == 0


def test_promise_1_debt_comes_before_any_new_reserve(unfunded: House) -> None:
    unbacked = unfunded.open_for(unfunded.stranger)
    travel(1_801)
    unfunded.desk.claim(unbacked)
    unfunded.fund(WORST_CASE)
    assert not unfunded.desk.ticket(unfunded.open()).backed
    unfunded.pool.collect(unfunded.stranger)
    assert boa.env.get_balance(unfunded.stranger) == 1_000


def test_promise_1_a_beneficiary_that_refuses_money_hurts_only_itself(house: House) -> None:
    refusing = deployer("mocks/RevertsOnReceive").deploy()
    tickets = [house.open_for(refusing.address), house.open()]
    travel(1_801)
    assert house.desk.claim_many(tickets) == 0b11
    house.pool.collect(house.requester)
    assert boa.env.get_balance(house.requester) == 1_000
    with boa.reverts("pool: asset did not go out"):
        house.pool.collect(refusing.address)
    assert house.pool.collectable(refusing.address) == 1_000


def test_promise_1_a_contested_incident_is_reserved_as_far_as_free_funds_reach(house: House) -> None:
    ticket_id = disputes.replied(house)
    _withdraw_all_but(house, 600)
    incident = disputes.contest(house, ticket_id, INCIDENT, 1_000)
    assert house.panel.dispute(*incident.name).reserved == 600
    _withdraw_nothing(house)
    disputes.wait_for_default(house)
    house.panel.rule_by_default(*incident.name, True)
    books = house.pool.books()
    assert boa.env.get_balance(house.requester) == 600 + incident.bond
    assert (books.reserved, books.debt, books.free) == (WORST_CASE, 400, 0)


def test_promise_1_no_verdict_pays_out_of_somebody_elses_reserve(unfunded: House) -> None:
    """An incident that found nothing free is owed, and its winner collects the bond alone."""
    unfunded.fund(2 * WORST_CASE)
    ticket_id = disputes.replied(unfunded)
    others = unfunded.open_for(unfunded.stranger)
    incident = disputes.contest(unfunded, ticket_id, INCIDENT, 1_000)
    disputes.submit(unfunded, disputes.upheld(incident), collect=True)
    assert boa.env.get_balance(unfunded.requester) == incident.bond - disputes.FEE
    books = unfunded.pool.books()
    assert (books.reserved, books.bonded, books.debt) == (2 * WORST_CASE, disputes.FEE, 1_000 + disputes.FEE)
    travel(10_001)
    unfunded.desk.claim(others, True)
    assert boa.env.get_balance(unfunded.stranger) == 5_000


def test_promise_1_a_bond_and_a_fee_are_no_funds_of_the_operators(unfunded: House) -> None:
    dispute = disputes.contest(unfunded, disputes.replied(unfunded))
    _withdraw_nothing(unfunded)
    disputes.wait_for_default(unfunded)
    unfunded.panel.rule_by_default(*dispute.name, True)
    assert boa.env.get_balance(unfunded.requester) == dispute.bond


def test_promise_1_arbiters_collect_what_they_earned_whoever_is_owed_what(unfunded: House) -> None:
    dispute = disputes.contest(unfunded, disputes.replied(unfunded))
    disputes.submit(unfunded, disputes.upheld(dispute))
    assert unfunded.pool.books().debt == 1_000 + disputes.FEE
    _withdraw_nothing(unfunded)
    for arbiter in unfunded.arbiters[:3]:
        unfunded.panel.collect_fees(arbiter.address, [dispute.name])
        assert boa.env.get_balance(arbiter.address) == disputes.FEE // 3


# ---------------------------------------------------------------- 2. a fact stays a fact


@pytest.mark.parametrize("status", [HOLD, PENDING, SOLVED])
def test_promise_2_a_late_reply_does_not_undo_the_breach(house: House, status: int) -> None:
    ticket_id = house.open()
    travel(10_001)
    house.reply(ticket_id, status)
    assert house.desk.claimable(ticket_id) == (FIRST_REPLY | RESOLUTION, 5_000)


def test_promise_2_no_later_event_undoes_a_breach(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    for later in (
        partial(house.reply, ticket_id, HOLD),
        partial(house.follow_up, ticket_id),
        partial(house.reply, ticket_id, PENDING),
        partial(house.follow_up, ticket_id),
        partial(house.reply, ticket_id, SOLVED),
        partial(house.desk.bot_reply, ticket_id, house.digest(), sender=house.bot),
        partial(house.follow_up, ticket_id),
        partial(house.desk.claim, ticket_id),
        partial(house.reply, ticket_id, SOLVED),
        partial(house.desk.close, ticket_id, sender=house.requester),
    ):
        later()
        recorded = house.desk.ticket(ticket_id).breached
        assert recorded & FIRST_REPLY
    assert recorded == FIRST_REPLY


def test_promise_2_a_ticket_keeps_its_policy_and_due_times(house: House) -> None:
    ticket_id = house.open()
    word = house.desk.ticket_word(ticket_id)
    house.publish(Policy(targets=((9, 9, 9),) * 4, compensation=((0, 0, 0),) * 4))
    house.directory.revoke_agent(house.human, sender=house.operator)
    house.directory.transfer_ownership(house.stranger, sender=house.operator)
    house.directory.accept_ownership(sender=house.stranger)
    house.desk.publish_policy(Policy().on_chain(), "", "", b"\0" * 32, sender=house.stranger)
    house.desk.set_allowance(house.human, 0, sender=house.stranger)
    assert house.desk.ticket_word(ticket_id) == word
    travel(1_801)
    assert house.desk.claimable(ticket_id) == (FIRST_REPLY, 1_000)


def test_promise_2_a_published_policy_never_changes(house: House) -> None:
    before = house.desk.policy(1)
    for _ in range(3):
        house.publish(Policy(targets=((9, 9, 9),) * 4, compensation=((1, 1, 1),) * 4))
    travel(400 * DAY)
    assert house.desk.policy(1) == before


def test_promise_2_asking_again_does_not_give_the_desk_more_time(house: House) -> None:
    ticket_id = house.open()
    due_at = house.desk.ticket(ticket_id).reply_due
    for _ in range(3):
        travel(700)
        house.follow_up(ticket_id)
    assert house.desk.ticket(ticket_id).reply_due == due_at
    assert house.desk.ticket(ticket_id).breached == FIRST_REPLY


def test_promise_2_requester_policy_and_priority_stay_through_a_tickets_life(house: House) -> None:
    ticket_id = house.open(LOW)
    for step in (HOLD, PENDING, SOLVED):
        house.reply(ticket_id, step)
        house.follow_up(ticket_id)
        travel(20_000)
    house.desk.close(ticket_id, sender=house.requester)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.requester, ticket.policy_id, ticket.priority) == (house.requester, 1, LOW)


def test_promise_2_a_coverage_is_never_lowered(house: House) -> None:
    before = house.desk.coverage(house.requester, 1)
    house.desk.grant_coverage(house.requester, 1, LOW, 1, now(), sender=house.operator)
    assert house.desk.coverage(house.requester, 1) == before


def test_promise_2_a_rejection_undoes_no_breach(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    dispute = disputes.contest(house, ticket_id)
    disputes.submit(house, disputes.rejected(dispute))
    assert house.desk.claim(ticket_id) == 1_000


def test_promise_2_a_ruling_is_final(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    disputes.submit(house, disputes.upheld(dispute))
    with disputes.refused(house, "panel: dispute was ruled before", dispute.name):
        disputes.submit(house, disputes.rejected(dispute))
    disputes.wait_for_default(house)
    with disputes.refused(house, "panel: dispute was ruled before", dispute.name):
        house.panel.rule_by_default(*dispute.name)


def test_promise_2_a_dispute_keeps_the_panel_it_began_under(house: House) -> None:
    """The operator swaps the panel on the eve: the new one decides nothing that was contested before."""
    judge = key_pair("judge of the operator's")
    house.panel.propose_panel([judge.address], 1, sender=house.operator)
    travel(30 * DAY)
    dispute = disputes.contest(house, disputes.replied(house))
    house.panel.adopt_panel(sender=house.operator)
    rejection = disputes.rejected(dispute)
    with disputes.refused(house, "panel: too few signatures", dispute.name):
        signed = disputes.signed_by(house, rejection, [judge])
        house.panel.submit_verdict(rejection.on_chain(), signed)
    with disputes.refused(house, "panel: verdict of another epoch", dispute.name):
        verdict = disputes.rejected(dispute, epoch=2)
        house.panel.submit_verdict(verdict.on_chain(), disputes.signed_by(house, verdict, [judge]))
    disputes.submit(house, disputes.upheld(dispute))
    assert house.desk.ticket(dispute.ticket_id).compensated == FIRST_REPLY


# ---------------------------------------------------------------- 3. silence never pays


def test_promise_3_no_reply_is_a_breach_that_anyone_makes_pay(house: House) -> None:
    ticket_id = house.open()
    travel(10_001)
    assert house.desk.claim(ticket_id, True, sender=house.stranger) == 5_000
    assert boa.env.get_balance(house.requester) == 5_000


def test_promise_3_a_bots_replies_are_silence(house: House) -> None:
    ticket_id = house.open()
    for _ in range(5):
        house.desk.bot_reply(ticket_id, house.digest(), sender=house.bot)
        travel(400)
    assert house.desk.claim(ticket_id) == 1_000


def test_promise_3_a_claim_needs_nobody_of_the_desk(house: House) -> None:
    ticket_id = house.open()
    for agent in (house.human, house.bot):
        house.directory.revoke_agent(agent, sender=house.operator)
    travel(10_001)
    assert house.desk.claim(ticket_id, sender=house.stranger) == 5_000


@pytest.mark.parametrize("closer", ["requester", "operator", "stranger"])
def test_promise_3_what_was_never_claimed_is_paid_at_closing(house: House, closer: str) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id, SOLVED)
    travel(3 * DAY + 1)
    house.desk.close(ticket_id, sender=getattr(house, closer))
    assert house.pool.collectable(house.requester) == 1_000


def test_promise_3_the_operator_cannot_close_a_ticket_to_save_its_reserve(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    word = house.desk.ticket_word(ticket_id)
    for role in (house.operator, house.human, house.bot):
        with boa.reverts("desk: ticket cannot be closed yet"):
            house.desk.close(ticket_id, sender=role)
    assert house.desk.ticket_word(ticket_id) == word


def test_promise_3_a_breach_can_be_claimed_years_later(house: House) -> None:
    ticket_id = house.open()
    travel(20 * 365 * DAY)
    assert house.desk.claim(ticket_id) == 5_000


def test_promise_3_an_unbacked_breach_is_owed_until_money_comes(unfunded: House) -> None:
    ticket_id = unfunded.open()
    travel(1_801)
    unfunded.desk.claim(ticket_id)
    travel(3_000 * DAY)
    unfunded.fund(1_000)
    unfunded.pool.collect(unfunded.requester, sender=unfunded.stranger)
    assert boa.env.get_balance(unfunded.requester) == 1_000


@pytest.mark.parametrize("kind", [FIRST_REPLY, NEXT_REPLY, RESOLUTION, INCIDENT])
def test_promise_3_arbiters_who_stay_silent_make_the_requester_win(house: House, kind: int) -> None:
    asked = 700 if kind == INCIDENT else disputes.COMPENSATION[kind]
    dispute = disputes.contest(house, disputes.replied(house, PENDING), kind, asked)
    disputes.wait_for_default(house)
    house.panel.rule_by_default(*dispute.name, True, sender=house.stranger)
    assert boa.env.get_balance(house.requester) == asked + dispute.bond
    assert house.desk.ticket(dispute.ticket_id).breached == kind
    assert house.pool.books().bonded == 0


def test_promise_3_a_desk_without_arbiters_loses_every_dispute() -> None:
    house = deploy_house(arbiters=[], threshold=0)
    dispute = disputes.contest(house, disputes.replied(house, PENDING))
    with disputes.refused(house, "panel: signer is no arbiter", dispute.name):
        verdict = disputes.rejected(dispute)
        signed = disputes.signed_by(house, verdict, [key_pair("anybody")])
        house.panel.submit_verdict(verdict.on_chain(), signed)
    disputes.wait_for_default(house)
    house.panel.rule_by_default(*dispute.name)
    assert house.pool.collectable(house.requester) == 1_000 + dispute.bond


def test_promise_3_no_rejection_counts_past_the_ruling_window(house: House) -> None:
    dispute = disputes.contest(house, disputes.replied(house))
    disputes.wait_for_default(house)
    with disputes.refused(house, "panel: ruling window is over", dispute.name):
        disputes.submit(house, disputes.rejected(dispute))


def test_promise_3_an_open_dispute_stops_no_claim_of_the_clocks(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    dispute = disputes.contest(house, ticket_id)
    assert house.desk.claim(ticket_id) == 1_000
    disputes.submit(house, disputes.upheld(dispute))
    assert house.pool.collectable(house.requester) == 1_000 + dispute.bond


# ---------------------------------------------------------------- 4. nobody can be silenced


def test_promise_4_a_covered_requester_records_without_the_operator(house: House) -> None:
    """No agent stands, the ownership is on its way to nobody, and all free funds are gone."""
    for agent in (house.human, house.bot):
        house.directory.revoke_agent(agent, sender=house.operator)
    _withdraw_all(house)
    house.directory.transfer_ownership("0x" + "00" * 19 + "01", sender=house.operator)
    ticket_id = house.open()
    house.follow_up(ticket_id)
    travel(1_801)
    house.desk.claim(ticket_id)
    assert house.desk.ticket(ticket_id).compensated == FIRST_REPLY


def test_promise_4_a_requester_without_gas_money_records_through_anyone(house: House) -> None:
    requester = key_pair("requester")
    house.desk.grant_coverage(requester.address, 1, URGENT, 1, FAR, sender=house.operator)
    fields = {
        "requester": requester.address,
        "policy_id": 1,
        "priority": URGENT,
        "commitment": house.digest(),
        "deadline": now(),
    }
    signature = sign(requester, messages.open_ticket(house, **fields))
    ticket_id = house.desk.open_ticket_signed(*fields.values(), signature, sender=house.stranger)
    assert boa.env.get_balance(requester.address) == 0
    assert house.desk.ticket(ticket_id).requester == requester.address


def test_promise_4_nobody_squats_on_a_commitment_seen_in_the_mempool(house: House) -> None:
    """Whoever is first with somebody's commitment gets a ticket of their own, and blocks nothing."""
    commitment = house.digest()
    house.desk.grant_coverage(house.stranger, 1, URGENT, 1, FAR, sender=house.operator)
    squatted = house.desk.open_ticket(1, LOW, commitment, sender=house.stranger)
    by_agent = house.desk.open_ticket_for(house.requester, 1, LOW, commitment, sender=house.human)
    direct = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    assert len({squatted, by_agent, direct}) == 3
    ticket = house.desk.ticket(direct)
    assert (ticket.requester, ticket.priority) == (house.requester, URGENT)


def test_promise_4_a_relayer_cannot_make_a_signed_opening_its_own(house: House) -> None:
    requester = key_pair("requester")
    for holder in (requester.address, house.stranger):
        house.desk.grant_coverage(holder, 1, URGENT, 1, FAR, sender=house.operator)
    commitment = house.digest()
    fields = {
        "requester": requester.address,
        "policy_id": 1,
        "priority": URGENT,
        "commitment": commitment,
        "deadline": FAR,
    }
    signature = sign(requester, messages.open_ticket(house, **fields))
    house.desk.open_ticket(1, URGENT, commitment, sender=house.stranger)
    ticket_id = house.desk.open_ticket_signed(*fields.values(), signature, sender=house.stranger)
    assert house.desk.ticket(ticket_id).requester == requester.address


def test_promise_4_one_bad_item_stops_no_other(house: House) -> None:
    good, bad = house.open(), b"\1" * 32
    travel(1_801)
    replies = [(bad, HOLD, house.digest()), (good, HOLD, house.digest())]
    assert house.desk.reply_many(replies, sender=house.human) == 0b10
    assert house.desk.claim_many([bad, good]) == 0b10
    assert house.desk.close_many([bad, good], sender=house.requester) == 0b10


def _no_funds() -> House:
    return deploy_house(funds=0)


def _funds_reserved_for_others() -> House:
    house = deploy_house(funds=WORST_CASE)
    house.open_for(house.stranger)
    return house


def _deep_in_debt() -> House:
    house = deploy_house(funds=0)
    tickets = [house.open_for(house.stranger) for _ in range(5)]
    travel(1_801)
    house.desk.claim_many(tickets)
    return house


def _token_paused() -> House:
    house = deploy_house(asset=deployer("mocks/PausableToken").deploy())
    house.asset.set_paused(True)
    return house


def _token_says_no_balance() -> House:
    house = deploy_house(asset=deployer("mocks/BrokenBalanceToken").deploy(False))
    house.asset.set_broken(True)
    return house


def _token_has_no_code_any_more() -> House:
    house = deploy_house(asset=deployer("mocks/PlainToken").deploy(18))
    boa.env.set_code(house.asset.address, b"")
    return house


def _pool_blocked() -> House:
    house = deploy_house(asset=deployer("mocks/BlocklistToken").deploy())
    house.asset.set_blocked(house.pool.address, True)
    return house


def _balance_gone() -> House:
    house = deploy_house(asset=deployer("mocks/ConfiscatingToken").deploy())
    house.asset.confiscate(house.pool.address, house.asset.balanceOf(house.pool.address))
    return house


def _balance_gone_and_adopted() -> House:
    house = _balance_gone()
    house.open()  # whose reserve is then gone too
    house.pool.sync()
    return house


BROKEN_POOLS: list[Callable[[], House]] = [
    _no_funds,
    _funds_reserved_for_others,
    _deep_in_debt,
    _token_paused,
    _token_says_no_balance,
    _token_has_no_code_any_more,
    _pool_blocked,
    _balance_gone,
    _balance_gone_and_adopted,
]


@pytest.fixture(params=BROKEN_POOLS, ids=lambda made: made.__name__.strip("_"))
def broken(request: pytest.FixtureRequest) -> House:
    return request.param()


def test_promise_4_a_broken_pool_stops_no_opening(broken: House) -> None:
    direct = broken.open()
    by_agent = broken.open_for(broken.requester)
    assert broken.desk.ticket(direct).status == 1
    assert broken.desk.ticket(by_agent).status == 1


def test_promise_4_a_broken_pool_stops_no_message(broken: House) -> None:
    ticket_id = broken.open()
    broken.reply(ticket_id, PENDING)
    broken.follow_up(ticket_id)
    broken.desk.bot_reply(ticket_id, broken.digest(), sender=broken.bot)
    broken.reply(ticket_id, SOLVED)
    assert broken.desk.ticket(ticket_id).status == SOLVED


def test_promise_4_a_broken_pool_stops_no_breach(broken: House) -> None:
    ticket_id = broken.open()
    travel(10_001)
    assert broken.desk.claim(ticket_id) == 5_000
    assert broken.desk.ticket(ticket_id).breached == FIRST_REPLY | RESOLUTION


def test_promise_4_a_broken_pool_stops_no_closing(broken: House) -> None:
    late, solved = broken.open(), broken.open()
    broken.reply(solved, SOLVED)
    travel(3 * DAY + 1)
    broken.desk.close(late, sender=broken.requester)
    broken.desk.close(solved, sender=broken.stranger)
    assert broken.desk.ticket(late).status == CLOSED
    assert broken.desk.ticket(late).compensated == FIRST_REPLY | RESOLUTION
    assert broken.desk.ticket(solved).status == CLOSED


def test_promise_4_a_pool_without_money_stops_no_contest_and_no_ruling(unfunded: House) -> None:
    ticket_id = disputes.replied(unfunded)
    clock, incident = (
        disputes.contest(unfunded, ticket_id, kind, amount)
        for kind, amount in ((FIRST_REPLY, 1_000), (INCIDENT, 700))
    )
    disputes.submit(unfunded, disputes.upheld(clock))
    disputes.wait_for_default(unfunded)
    unfunded.panel.rule_by_default(*incident.name)
    assert unfunded.desk.ticket(ticket_id).compensated == FIRST_REPLY | INCIDENT
    assert unfunded.pool.owed(unfunded.requester) == 1_700 + disputes.FEE


def test_promise_4_a_requester_that_cannot_receive_stops_no_verdict(house: House) -> None:
    refusing = deployer("mocks/RevertsOnReceive").deploy().address
    dispute = disputes.contest(house, disputes.replied(house, requester=refusing), requester=refusing)
    with disputes.refused(house, "pool: asset did not go out", dispute.name):
        disputes.submit(house, disputes.upheld(dispute), collect=True)
    disputes.submit(house, disputes.upheld(dispute))
    assert house.pool.collectable(refusing) == 1_000 + dispute.bond


# ---------------------------------------------------------------- 5. nothing leaks

# What the operator says about itself is meant to be read.
PUBLIC_TEXTS = {
    ("PolicyPublished", "name"),
    ("PolicyPublished", "uri"),
    ("DeskDeployed", "name"),
    ("BatchAnchored", "uri"),  # where the leaves are
}


def test_promise_5_no_event_of_a_ticket_can_carry_text(house: House) -> None:
    texts = {
        (entry["name"], argument["name"])
        for contract in _contracts(house)
        for entry in contract.abi
        if entry["type"] == "event"
        for argument in entry["inputs"]
        if argument["type"].startswith(("string", "bytes")) and argument["type"] != "bytes32"
    }
    assert texts == PUBLIC_TEXTS


def test_promise_5_no_call_about_a_ticket_can_carry_text(house: House) -> None:
    texts = {
        (entry["name"], argument["name"])
        for contract in (house.desk, house.panel, house.lane)
        for entry in contract.abi
        if entry["type"] == "function" and entry["name"] not in ("publish_policy", "anchor_batch")
        for argument in entry["inputs"]
        if argument["type"] in ("string", "bytes")
    }
    assert texts == {
        ("open_ticket_signed", "signature"),
        ("follow_up_signed", "signature"),
        ("redeem_coverage", "signature"),
    }


def test_promise_5_events_carry_only_the_digests_and_addresses_that_were_given(house: House) -> None:
    logged: list[tuple[str, dict[str, Any]]] = []
    commitment, *digests = given = [house.digest() for _ in range(4)]
    ticket_id = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    logged += events(house.desk)
    travel(1_801)
    for call in (
        partial(house.desk.bot_reply, ticket_id, digests[0], sender=house.bot),
        partial(house.desk.reply, ticket_id, HOLD, digests[1], sender=house.human),
        partial(house.desk.follow_up, ticket_id, digests[2], sender=house.requester),
        partial(house.desk.claim, ticket_id, True),
        partial(house.desk.close, ticket_id, sender=house.requester),
    ):
        call()
        logged += events(house.desk)
    values = [value for _, fields in logged for value in fields.values()]
    assert {value for value in values if isinstance(value, bytes)} == {ticket_id, *given}
    people = {house.requester, house.human, house.bot, ETH}
    assert {str(value) for value in values if isinstance(value, str)} == {str(each) for each in people}
    assert all(isinstance(value, bytes | str | int) for value in values)


# ---------------------------------------------------------------- 6. check, don't trust


def test_promise_6_a_ticket_id_is_what_sha256sum_says(house: House) -> None:
    """Five words of 32 bytes: chain, desk, lane, requester, commitment."""
    program = shutil.which("sha256sum")
    if program is None:
        pytest.skip("sha256sum is not installed: it belongs to GNU coreutils")
    commitment = house.digest()
    ticket_id = house.desk.open_ticket(1, URGENT, commitment, sender=house.requester)
    words = (chain_id(), int(house.desk.address, 16), 0, int(house.requester, 16))
    preimage = b"".join(word.to_bytes(32, "big") for word in words) + commitment
    printed = subprocess.run([program], input=preimage, capture_output=True, check=True).stdout
    assert printed.split()[0].decode() == ticket_id.hex()


def test_promise_6_a_tickets_word_is_read_with_shifts_alone(house: House) -> None:
    ticket_id = house.open(LOW)
    word = house.desk.ticket_word(ticket_id)
    assert word % 2**160 == int(house.requester, 16)
    assert word >> 160 & 0xFFFFFFFF == now() + 14_400
    assert word >> 192 & 0xFFFFFFFF == now() + 80_000
    assert word >> 239 & 0b111 == 1


# ---------------------------------------------------------------- 7. no back door

# Every function that changes anything, by who may call it.
OPERATOR_ONLY = {
    "SupportDesk": {"publish_policy", "grant_coverage", "set_allowance"},
    "CompensationPool": {"announce_withdrawal", "cancel_withdrawal", "withdraw"},
    "ArbiterPanel": {"propose_panel", "cancel_panel", "adopt_panel"},
    "AgentDirectory": {
        "register_agent",
        "revoke_agent",
        "publish_channel",
        "revoke_channel",
        "transfer_ownership",
        "name_successor",
    },
    "BatchLane": set(),
    "PolicyRules": set(),
    "DeskFactory": set(),
}
DESK_ONLY = {"CompensationPool": {"reserve", "release", "pay"}}
PANEL_ONLY = {
    "SupportDesk": {"begin_dispute", "rule", "report"},
    "CompensationPool": {"reserve_up_to"},
}
LANE_ONLY = {
    "SupportDesk": {"begin_batch", "prove_ticket", "apply_entry", "end_challenge", "breach_clocks"},
}
PANEL_AND_LANE_ONLY = {"CompensationPool": {"take_bond", "settle"}}
FACTORY_ONLY = {"ArbiterPanel": {"initialize"}}
AGENTS_ONLY = {
    "SupportDesk": {"reply", "reply_many", "bot_reply", "open_ticket_for"},
    "BatchLane": {"anchor_batch"},
}
# A requester about its own tickets; `close` by others only once a ticket is over.
EVERYBODY = {
    "SupportDesk": {
        "open_ticket",
        "open_ticket_signed",
        "follow_up",
        "follow_up_signed",
        "redeem_coverage",
        "claim",
        "claim_many",
        "close",
        "close_many",
    },
    "CompensationPool": {"fund", "sync", "collect"},
    # A requester about its own tickets; a verdict and a report as far as arbiters signed.
    "ArbiterPanel": {"contest", "submit_verdict", "report_breach", "rule_by_default", "collect_fees"},
    # Whom the operator named; a requester about its own keeper.
    "AgentDirectory": {"accept_ownership", "name_keeper", "name_keeper_signed"},
    # What it can show of its ticket, and what others can show of it.
    "BatchLane": {"prove_ticket", "prove_entries", "end_challenge", "prove_equivocation", "release_batch"},
    "DeskFactory": {"deploy_desk"},
}


def test_promise_7_these_are_all_the_functions_that_change_anything(house: House) -> None:
    for contract in _contracts(house):
        name = contract.compiler_data.contract_path.stem
        found = {
            entry["name"]
            for entry in contract.abi
            if entry["type"] == "function" and entry["stateMutability"] in ("nonpayable", "payable")
        }
        callers = (
            OPERATOR_ONLY,
            DESK_ONLY,
            PANEL_ONLY,
            LANE_ONLY,
            PANEL_AND_LANE_ONLY,
            FACTORY_ONLY,
            AGENTS_ONLY,
            EVERYBODY,
        )
        groups = [group.get(name, set()) for group in callers]
        assert found == set().union(*groups)
        assert len(found) == sum(len(group) for group in groups)
        assert not any(entry["type"] in ("fallback", "receive") for entry in contract.abi)


def _operator_calls(house: House) -> dict[str, Callable[..., Any]]:
    """Each function of the operator's with arguments that it may use, `sender` left open."""
    return {
        "publish_policy": partial(house.desk.publish_policy, Policy().on_chain(), "", "", b"\0" * 32),
        "grant_coverage": partial(house.desk.grant_coverage, house.stranger, 1, URGENT, 1, FAR),
        "set_allowance": partial(house.desk.set_allowance, house.stranger, 10**6),
        "announce_withdrawal": partial(house.pool.announce_withdrawal, 2**100),
        "withdraw": lambda **options: house.pool.withdraw(
            max(1, house.pool.free()), house.stranger, **options
        ),
        "cancel_withdrawal": house.pool.cancel_withdrawal,
        "propose_panel": partial(house.panel.propose_panel, [house.stranger], 1),
        "adopt_panel": house.panel.adopt_panel,
        "cancel_panel": house.panel.cancel_panel,
        "register_agent": partial(register, house.directory, key_pair("newcomer")),
        "revoke_agent": partial(house.directory.revoke_agent, house.human),
        "publish_channel": partial(house.directory.publish_channel, b"\1" * 32),
        "revoke_channel": partial(house.directory.revoke_channel, b"\1" * 32),
        "transfer_ownership": partial(house.directory.transfer_ownership, house.stranger),
        "name_successor": partial(house.directory.name_successor, house.human, house.stranger),
    }


def test_promise_7_the_operators_functions_are_refused_to_others(house: House) -> None:
    calls = _operator_calls(house)
    assert calls.keys() == set().union(*OPERATOR_ONLY.values())
    for function, call in calls.items():
        reason = {
            **dict.fromkeys(OPERATOR_ONLY["SupportDesk"], "desk: caller is not the operator"),
            **dict.fromkeys(OPERATOR_ONLY["CompensationPool"], "pool: caller is not the operator"),
            **dict.fromkeys(OPERATOR_ONLY["ArbiterPanel"], "panel: caller is not the operator"),
            **dict.fromkeys(OPERATOR_ONLY["AgentDirectory"], "ownable: caller is not the owner"),
        }[function]
        for role in (house.human, house.bot, house.requester, house.stranger, house.desk.address):
            with boa.reverts(reason):
                call(sender=role)


def test_promise_7_the_operator_cannot_act_as_the_desk(house: House) -> None:
    house.open()
    books = house.pool.books()
    for call in (
        partial(house.pool.reserve, 1),
        partial(house.pool.release, 1),
        partial(house.pool.pay, house.operator, 1, True, True),
    ):
        with boa.reverts("pool: caller is not the desk"):
            call(sender=house.operator)
    assert house.pool.books() == books


def _panel_calls(house: House) -> dict[str, tuple[str, Callable[..., Any]]]:
    """Each function of the panel's, with the reason for which others are refused."""
    ticket_id, pool, desk = house.open(), house.pool, house.desk
    of_desk, of_both = "desk: caller is not the panel", "pool: caller is not panel or lane"
    return {
        "reserve_up_to": ("pool: caller is not the panel", partial(pool.reserve_up_to, 1)),
        "take_bond": (of_both, partial(pool.take_bond, house.requester, 0)),
        "settle": (of_both, partial(pool.settle, house.operator, 0, 0, 0, 1, True)),
        "begin_dispute": (of_desk, partial(desk.begin_dispute, ticket_id, INCIDENT, house.requester, 1)),
        "rule": (of_desk, partial(desk.rule, ticket_id, FIRST_REPLY, True, 0)),
        "report": (of_desk, partial(desk.report, ticket_id, FIRST_REPLY)),
    }


@pytest.mark.parametrize("role", ["operator", "human", "bot", "requester", "stranger", "desk", "pool"])
def test_promise_7_nobody_can_act_as_the_panel(house: House, role: str) -> None:
    calls = _panel_calls(house)
    assert calls.keys() == set().union(*PANEL_ONLY.values(), *PANEL_AND_LANE_ONLY.values())
    sender = getattr(house, role)
    for reason, call in calls.values():
        with disputes.refused(house, reason):
            call(sender=getattr(sender, "address", sender))


@pytest.mark.parametrize(
    "role", ["operator", "human", "bot", "requester", "stranger", "desk", "pool", "panel", "directory"]
)
def test_promise_7_nobody_can_act_as_the_lane(house: House, role: str) -> None:
    desk, ticket_id, proven_at = house.desk, house.open(), now()
    calls = {
        "begin_batch": partial(desk.begin_batch, house.human, 1, [1, 0, 0, 0, 0], False),
        "prove_ticket": partial(desk.prove_ticket, b"\1" * 32, house.requester, 1, 0, now(), False),
        "apply_entry": partial(desk.apply_entry, ticket_id, 1, now(), proven_at),
        "end_challenge": partial(desk.end_challenge, ticket_id, now()),
        "breach_clocks": partial(desk.breach_clocks, ticket_id),
    }
    assert calls.keys() == LANE_ONLY["SupportDesk"]
    sender = getattr(house, role)
    for call in calls.values():
        with disputes.refused(house, "desk: caller is not the lane", (ticket_id, FIRST_REPLY)):
            call(sender=getattr(sender, "address", sender))
    assert desk.ticket_word(b"\1" * 32) == 0


def test_promise_7_the_operators_functions_change_no_ticket_and_no_money_of_others(house: House) -> None:
    """Tickets, policies, coverage, reserves, credit and debt stay as they were, whatever it calls."""
    running, breached, unpaid = house.open(), house.open(), house.open_for(house.stranger)
    travel(1_801)
    house.desk.claim(breached)
    house.reply(running)
    dispute = disputes.contest(house, running, RESOLUTION)

    def untouched() -> Any:
        books = house.pool.books()
        return (
            [house.desk.ticket_word(each) for each in (running, breached, unpaid)],
            [house.desk.claimable(each) for each in (running, breached, unpaid)],
            house.desk.policy(1),
            house.desk.coverage(house.requester, 1),
            house.panel.dispute(*dispute.name),
            house.panel.panel(dispute.epoch),
            (books.reserved, books.credited, books.bonded, books.debt),
            house.pool.collectable(house.requester),
            boa.env.get_balance(house.pool.address) >= books.reserved + books.credited + books.bonded,
        )

    before = untouched()
    for function, call in _operator_calls(house).items():
        if function == "withdraw":
            travel_to(house.pool.withdrawal().usable_from)
            before = untouched()  # the clocks ran meanwhile
        if function == "cancel_withdrawal":
            house.pool.announce_withdrawal(1, sender=house.operator)
        if function == "adopt_panel":
            travel_to(house.panel.proposal().usable_from)
            before = untouched()
        if function == "cancel_panel":
            house.panel.propose_panel([house.stranger], 1, sender=house.operator)
        call(sender=house.operator)
        assert untouched() == before, function


def test_promise_7_free_funds_leave_only_after_notice(house: House) -> None:
    house.pool.announce_withdrawal(100, sender=house.operator)
    travel(30 * DAY - 1)
    with boa.reverts("pool: notice still runs"):
        house.pool.withdraw(100, house.operator, sender=house.operator)
    travel(1)
    house.pool.withdraw(100, house.operator, sender=house.operator)
    assert boa.env.get_balance(house.operator) == 100


def test_promise_7_there_is_no_way_to_pause_upgrade_or_rewire(house: House) -> None:
    names = {
        entry["name"].lower()
        for contract in _contracts(house)
        for entry in contract.abi
        if entry["type"] == "function"
    }
    for word in (
        "pause",
        "upgrade",
        "migrate",
        "set_pool",
        "set_desk",
        "set_panel",
        "set_directory",
        "renounce",
        "admin",
    ):
        assert not any(word in name for name in names)


@pytest.mark.parametrize("name", OPERATOR_ONLY)
def test_promise_7_no_code_is_borrowed_or_destroyed(name: str) -> None:
    """No contract runs another's code as its own, or can remove itself; but see the panel's proxy."""
    instructions = set(build_asm_output(deployer(name).compiler_data).split())
    assert ("SSTORE" in instructions) == (name != "PolicyRules")
    assert not instructions & {"DELEGATECALL", "CALLCODE", "SELFDESTRUCT"}


def test_promise_7_references_are_fixed_at_deployment(house: House) -> None:
    """Desk, pool and lane know the others by immutables; the panel by words that only `initialize` writes."""
    assert house.desk.pool() == house.panel.pool() == house.lane.pool() == house.pool.address
    assert house.pool.desk() == house.panel.desk() == house.lane.desk() == house.desk.address
    assert house.desk.panel() == house.pool.panel() == house.panel.address
    assert house.desk.lane() == house.pool.lane() == house.lane.address
    for contract in (house.desk, house.pool, house.panel, house.lane):
        assert contract.directory() == house.directory.address
    references = {"SupportDesk": 0, "CompensationPool": 0, "BatchLane": 0, "ArbiterPanel": 3}
    for name, count in references.items():
        layout = deployer(name).compiler_data.storage_layout["storage_layout"]
        kinds = [entry["type"] for entry in _variables(layout)]
        assert sum("address" in kind and "HashMap" not in kind for kind in kinds) == count


def test_promise_7_a_panel_runs_one_code_for_good(house: House) -> None:
    """A proxy's code names the panel that it runs, and no storage does; that panel's own serves nobody."""
    implementation = house.factory.blueprints().panel
    assert boa.env.get_code(house.panel.address) == proxy_code(implementation)
    for panel in (house.panel, deployer("ArbiterPanel").at(implementation)):
        with boa.reverts("panel: initialized already"):
            panel.initialize(house.stranger, house.stranger, house.stranger, [], 0, sender=house.operator)


def test_promise_7_the_factory_keeps_no_power(house: House) -> None:
    factory = house.factory.address
    calls = _operator_calls(house)
    for name in ("publish_policy", "withdraw", "transfer_ownership"):
        with boa.reverts():
            calls[name](sender=factory)
    assert house.directory.owner() == house.operator


# ---------------------------------------------------------------- what the tests are made of


def _breach_everything(house: House, ticket_id: bytes, requester: str | None = None) -> None:
    travel(1_801)
    house.reply(ticket_id)
    house.desk.follow_up(ticket_id, house.digest(), sender=requester or house.requester)
    travel(10_001)
    house.desk.claim(ticket_id)
    assert house.desk.ticket(ticket_id).compensated == ALL_KINDS


def _withdraw_all(house: House) -> None:
    house.pool.announce_withdrawal(2**100, sender=house.operator)
    travel(30 * DAY)
    house.pool.withdraw(house.pool.free(), house.operator, sender=house.operator)


def _withdraw_all_but(house: House, amount: int) -> None:
    house.pool.announce_withdrawal(2**100, sender=house.operator)
    travel(30 * DAY)
    house.pool.withdraw(house.pool.free() - amount, house.operator, sender=house.operator)


def _withdraw_nothing(house: House) -> None:
    house.pool.announce_withdrawal(2**100, sender=house.operator)
    with boa.env.anchor():
        travel(30 * DAY)
        with boa.reverts("pool: free funds too low"):
            house.pool.withdraw(1, house.operator, sender=house.operator)


def _contracts(house: House) -> list[Any]:
    rules = deployer("PolicyRules").at(house.factory.rules())
    return [house.desk, house.pool, house.panel, house.lane, house.directory, house.factory, rules]


def _variables(layout: dict[str, Any]) -> list[dict[str, Any]]:
    if "slot" in layout and "type" in layout:
        return [layout]
    return [found for inner in layout.values() if isinstance(inner, dict) for found in _variables(inner)]
