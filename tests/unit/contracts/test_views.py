# SPDX-License-Identifier: Apache-2.0
"""What anyone can read of a desk."""

import hashlib

import boa
import pytest
from eth_abi import encode
from house import (
    CALENDAR,
    CLOSED,
    DAY,
    FIRST_REPLY,
    HOLD,
    MONDAY,
    NEXT_REPLY,
    PENDING,
    RESOLUTION,
    SOLVED,
    URGENT,
    WEEKDAYS,
    House,
    Policy,
    chain_id,
    deploy_house,
    now,
    travel,
)


def test_pool_and_directory_are_those_it_was_deployed_with(house: House) -> None:
    assert house.desk.pool() == house.pool.address
    assert house.desk.directory() == house.directory.address


@pytest.mark.parametrize("lane", [0, 1, 2, 2**256 - 1])
def test_compute_ticket_id_is_the_digest_of_the_design(house: House, lane: int) -> None:
    commitment = house.digest()
    expected = hashlib.sha256(
        encode(
            ["uint256", "address", "uint256", "address", "bytes32"],
            [chain_id(), house.desk.address, lane, house.stranger, commitment],
        )
    ).digest()
    assert house.desk.compute_ticket_id(lane, house.stranger, commitment) == expected


def test_compute_ticket_id_differs_between_desks(house: House) -> None:
    commitment = house.digest()
    other = deploy_house()
    assert house.desk.compute_ticket_id(0, house.requester, commitment) != other.desk.compute_ticket_id(
        0, house.requester, commitment
    )


def test_domain_is_what_wallets_sign_for(house: House) -> None:
    fields, name, version, chain, contract, salt, extensions = house.desk.eip712Domain()
    assert fields == b"\x0f"
    assert (name, version, chain) == ("Makegood", "1", chain_id())
    assert contract == house.desk.address
    assert (salt, list(extensions)) == (b"\0" * 32, [])


# ---------------------------------------------------------------- ticket


def test_ticket_is_empty_where_unknown(house: House) -> None:
    ticket = house.desk.ticket(b"\1" * 32)
    assert ticket.status == 0
    assert int(ticket.requester, 16) == 0
    assert not any(tuple(ticket)[1:])


def test_ticket_while_open(house: House) -> None:
    ticket = house.desk.ticket(house.open())
    assert tuple(ticket) == (
        house.requester,
        1,
        URGENT,
        1,
        False,
        now() + 1_800,
        0,
        now() + 10_000,
        0,
        0,
        0,
        True,
        True,
        False,
        False,
        False,
    )


def test_ticket_on_hold_owes_no_reply(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, HOLD)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.replied, ticket.reply_due, ticket.solved_at) == (True, 0, 0)
    assert (ticket.resolution_due, ticket.resolution_remaining) == (now() + 10_000, 0)


def test_ticket_while_pending_says_what_remains(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, PENDING)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.reply_due, ticket.solved_at) == (0, 0)
    assert (ticket.resolution_due, ticket.resolution_remaining) == (0, 10_000)


def test_ticket_while_solved_says_since_when(house: House) -> None:
    ticket_id = house.open()
    house.reply(ticket_id, SOLVED)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.reply_due, ticket.solved_at) == (0, now())
    assert (ticket.resolution_due, ticket.resolution_remaining) == (0, 10_000)


def test_ticket_once_closed_keeps_its_breaches_only(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.close(ticket_id, sender=house.requester)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.status, ticket.breached, ticket.compensated) == (CLOSED, FIRST_REPLY, FIRST_REPLY)
    assert (ticket.reply_due, ticket.solved_at) == (0, 0)
    assert (ticket.resolution_due, ticket.resolution_remaining) == (0, 0)
    assert not ticket.holds_place


def test_ticket_shows_a_breach_only_once_recorded(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    assert house.desk.ticket(ticket_id).breached == 0
    house.desk.claim(ticket_id)
    assert house.desk.ticket(ticket_id).breached == FIRST_REPLY


# ---------------------------------------------------------------- claimable


def test_claimable_is_nothing_for_an_unknown_ticket(house: House) -> None:
    assert house.desk.claimable(b"\1" * 32) == (0, 0)


@pytest.mark.parametrize(
    ("seconds", "kinds", "amount"),
    [
        (1_800, 0, 0),
        (1_801, FIRST_REPLY, 1_000),
        (10_000, FIRST_REPLY, 1_000),
        (10_001, FIRST_REPLY | RESOLUTION, 5_000),
    ],
)
def test_claimable_is_what_claim_would_pay(house: House, seconds: int, kinds: int, amount: int) -> None:
    ticket_id = house.open()
    travel(seconds)
    assert house.desk.claimable(ticket_id) == (kinds, amount)


def test_claimable_counts_recorded_breaches_of_every_kind(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.reply(ticket_id)
    house.follow_up(ticket_id)
    travel(1_201)
    assert house.desk.claimable(ticket_id) == (FIRST_REPLY | NEXT_REPLY, 1_500)


def test_claimable_leaves_out_what_was_paid(house: House) -> None:
    ticket_id = house.open()
    travel(1_801)
    house.desk.claim(ticket_id)
    assert house.desk.claimable(ticket_id) == (0, 0)
    travel(10_000)
    assert house.desk.claimable(ticket_id) == (RESOLUTION, 4_000)


def test_claimable_is_nothing_once_closed(house: House) -> None:
    ticket_id = house.open()
    house.desk.close(ticket_id, sender=house.requester)
    travel(DAY)
    assert house.desk.claimable(ticket_id) == (0, 0)


# ---------------------------------------------------------------- policy, coverage, allowance, nonce


@pytest.mark.parametrize("policy_id", [0, 2, 2**256 - 1])
def test_policy_refuses_an_unknown_one(house: House, policy_id: int) -> None:
    with boa.reverts("policy: unknown"):
        house.desk.policy(policy_id)


def test_coverage_is_zero_where_there_is_none(house: House) -> None:
    assert tuple(house.desk.coverage(house.stranger, 1)) == (0, 0, 0, 0)
    assert tuple(house.desk.coverage(house.requester, 2)) == (0, 0, 0, 0)


def test_allowance_is_zero_where_there_is_none(house: House) -> None:
    assert house.desk.allowance(house.stranger) == 0


def test_follow_up_nonce_starts_at_zero(house: House) -> None:
    assert house.desk.follow_up_nonce(house.open()) == 0
    assert house.desk.follow_up_nonce(b"\1" * 32) == 0


# ---------------------------------------------------------------- due and left


def test_due_counts_open_hours() -> None:
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    friday_evening = MONDAY + 4 * DAY + 17 * 3_600
    assert house.desk.due(1, friday_evening, 7_200) == MONDAY + 7 * DAY + 9 * 3_600
    assert house.desk.due(1, friday_evening, 0) == friday_evening


def test_left_counts_open_hours() -> None:
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    friday_evening = MONDAY + 4 * DAY + 17 * 3_600
    assert house.desk.left(1, friday_evening, MONDAY + 7 * DAY + 9 * 3_600) == 7_200
    assert house.desk.left(1, friday_evening, friday_evening) == 0
    assert house.desk.left(1, friday_evening, friday_evening - 1) == 0


def test_due_and_left_reach_to_the_end_of_their_range(house: House) -> None:
    last = 2**40 - 1
    assert house.desk.due(1, last, last) == 2 * last
    assert house.desk.left(1, 0, last) == last
    every_other = house.publish(Policy(hours=CALENDAR // 3))
    assert house.desk.due(every_other, last, 3_600) <= last + 3 * 3_600


@pytest.mark.parametrize("view", ["due", "left"])
@pytest.mark.parametrize("policy_id", [0, 2])
def test_due_and_left_refuse_an_unknown_policy(house: House, view: str, policy_id: int) -> None:
    with boa.reverts("policy: unknown"):
        getattr(house.desk, view)(policy_id, now(), 1)


@pytest.mark.parametrize("view", ["due", "left"])
@pytest.mark.parametrize(("at", "other"), [(2**40, 1), (1, 2**40), (2**256 - 1, 2**256 - 1)])
def test_due_and_left_refuse_times_out_of_range(house: House, view: str, at: int, other: int) -> None:
    with boa.reverts("desk: time out of range"):
        getattr(house.desk, view)(1, at, other)
