# SPDX-License-Identifier: Apache-2.0
"""`publish_policy`: versions of the SLA, each for good, and none that could not be kept."""

import random
from dataclasses import replace
from typing import Any

import boa
import pytest
from house import (
    DAY,
    FAR,
    LOW,
    URGENT,
    WEEKDAYS,
    ZERO_DIGEST,
    House,
    Policy,
    deploy_house,
    deployer,
    now,
)
from logs import events
from policies import MAX_AMOUNT, MAX_CAP, TEN_YEARS, WEEK, policy_at_all_maxima, random_policy

LAST_SECOND = 2**32 - 1  # the last time that 32 bits hold, in 2106
ONE_HOUR_A_WEEK = 1 << 100

Place = tuple[int, int]
PLACES = [(priority, kind) for priority in range(4) for kind in range(3)]


def test_publish_policy_numbers_from_one(house: House) -> None:
    assert house.desk.policy_count() == 1
    assert house.publish(Policy()) == 2
    assert house.publish(Policy()) == 3
    assert house.desk.policy_count() == 3


def test_publish_policy_logs_all_of_it(house: House) -> None:
    policy, digest = random_policy(random.Random(1)), house.digest()
    house.desk.publish_policy(
        policy.on_chain(), "Gold", "https://desk.example/1", digest, sender=house.operator
    )
    ((name, logged),) = events(house.desk)
    assert name == "PolicyPublished"
    assert _fields(logged.pop("policy")) == policy.on_chain()
    assert logged == {"policy_id": 2, "name": "Gold", "uri": "https://desk.example/1", "terms_digest": digest}


def test_publish_policy_leaves_earlier_ones(house: House) -> None:
    before = house.desk.policy(1)
    house.publish(random_policy(random.Random(2)))
    assert house.desk.policy(1) == before


@pytest.mark.parametrize("seed", range(20))
def test_a_policy_reads_as_it_was_published(house: House, seed: int) -> None:
    policy = random_policy(random.Random(seed))
    assert _fields(house.desk.policy(house.publish(policy))) == policy.on_chain()


def test_apolicy_at_all_maxima_reads_as_it_was_published() -> None:
    house, policy = deploy_house(notice=TEN_YEARS), policy_at_all_maxima()
    assert _fields(house.desk.policy(house.publish(policy))) == policy.on_chain()


def test_a_policy_of_ones_reads_as_it_was_published(house: House) -> None:
    """The smallest of everything, beside fields of the same word that are 0."""
    policy = Policy(
        hours=1,
        targets=((1, 1, 1),) * 4,
        compensation=((0, 1, 0),) * 4,
        contest_window=1,
        challenge_window=3,
        ruling_window=1,
        claim_window=1,
        anchor_lag=1,
        incident_cap=0,
        incident_bond_share=0,
        contest_bond=0,
        prove_bond=0,
        fee=0,
    )
    assert _fields(house.desk.policy(house.publish(policy))) == policy.on_chain()


def test_the_largest_compensation_is_reserved_and_paid() -> None:
    policy = replace(Policy(), compensation=((MAX_AMOUNT,) * 3,) * 4)
    house = deploy_house(policy=policy, funds=3 * MAX_AMOUNT)
    house.desk.set_allowance(house.human, 2**256 - 1, sender=house.operator)
    ticket_id = house.open()
    assert house.pool.books().reserved == 3 * MAX_AMOUNT
    boa.env.evm.patch.timestamp += 10_001
    house.desk.claim(ticket_id, True)
    assert boa.env.get_balance(house.requester) == 2 * MAX_AMOUNT


def test_publish_policy_takes_the_longest_name_and_uri(house: House) -> None:
    house.desk.publish_policy(Policy().on_chain(), "n" * 64, "u" * 256, ZERO_DIGEST, sender=house.operator)
    logged = events(house.desk)[0][1]
    assert (logged["name"], logged["uri"]) == ("n" * 64, "u" * 256)


@pytest.mark.parametrize(("name", "uri"), [("n" * 65, ""), ("", "u" * 257)])
def test_publish_policy_refuses_a_longer_name_or_uri(house: House, name: str, uri: str) -> None:
    with boa.reverts():
        house.desk.publish_policy(Policy().on_chain(), name, uri, ZERO_DIGEST, sender=house.operator)
    assert house.desk.policy_count() == 1


@pytest.mark.parametrize("role", ["human", "bot", "requester", "stranger"])
def test_publish_policy_refuses_who_is_not_the_operator(house: House, role: str) -> None:
    with boa.reverts("desk: caller is not the operator"):
        house.desk.publish_policy(Policy().on_chain(), "", "", ZERO_DIGEST, sender=getattr(house, role))
    assert house.desk.policy_count() == 1


# ---------------------------------------------------------------- limits, exactly at and one over

WINDOWS = ["contest_window", "challenge_window", "ruling_window", "claim_window", "anchor_lag"]


@pytest.mark.parametrize("window", WINDOWS)
def test_publish_policy_refuses_a_zero_window(house: House, window: str) -> None:
    _refused(house, replace(Policy(), **{window: 0}), "policy: window is zero")


@pytest.mark.parametrize("window", ["contest_window", "claim_window"])
def test_publish_policy_refuses_a_window_over_ten_years(window: str) -> None:
    house = deploy_house(notice=TEN_YEARS)
    house.publish(replace(Policy(), **{window: TEN_YEARS}))
    _refused(house, replace(Policy(), **{window: TEN_YEARS + 1}), "policy: window over ten years")


def test_publish_policy_refuses_a_contest_window_over_the_notice(house: House) -> None:
    house.publish(replace(Policy(), contest_window=30 * DAY))
    _refused(house, replace(Policy(), contest_window=30 * DAY + 1), "policy: contest outlasts notice")


def test_publish_policy_refuses_a_challenge_window_over_seven_days(house: House) -> None:
    house.publish(replace(Policy(), challenge_window=WEEK))
    _refused(house, replace(Policy(), challenge_window=WEEK + 1), "policy: challenge over seven days")


def test_publish_policy_refuses_a_ruling_window_over_sixty_days(house: House) -> None:
    house.publish(replace(Policy(), ruling_window=60 * DAY))
    _refused(house, replace(Policy(), ruling_window=60 * DAY + 1), "policy: ruling over sixty days")


@pytest.mark.parametrize("lag", [1, 900, 43_199, 302_399])
def test_publish_policy_wants_a_challenge_window_over_two_lags(house: House, lag: int) -> None:
    house.publish(replace(Policy(), anchor_lag=lag, challenge_window=2 * lag + 1))
    _refused(
        house,
        replace(Policy(), anchor_lag=lag, challenge_window=2 * lag),
        "policy: challenge within two lags",
    )


@pytest.mark.parametrize("lag", [2**255, 2**255 + 1, 2**256 - 1])
def test_publish_policy_refuses_a_lag_that_would_wrap_when_doubled(house: House, lag: int) -> None:
    _refused(house, replace(Policy(), anchor_lag=lag), "policy: challenge within two lags")


def test_publish_policy_refuses_too_large_an_incident_cap(house: House) -> None:
    house.publish(replace(Policy(), incident_cap=MAX_CAP))
    _refused(house, replace(Policy(), incident_cap=MAX_CAP + 1), "policy: incident cap too large")


def test_publish_policy_refuses_a_bond_share_over_the_whole(house: House) -> None:
    house.publish(replace(Policy(), incident_bond_share=10_000))
    _refused(house, replace(Policy(), incident_bond_share=10_001), "policy: bond share over 100 %")


@pytest.mark.parametrize("bond", ["contest_bond", "prove_bond"])
def test_publish_policy_refuses_too_large_a_bond(house: House, bond: str) -> None:
    house.publish(replace(Policy(), **{bond: MAX_AMOUNT}))
    _refused(house, replace(Policy(), **{bond: MAX_AMOUNT + 1}), "policy: bond too large")


@pytest.mark.parametrize("fee", [1, 30, MAX_AMOUNT])
def test_publish_policy_refuses_a_contest_bond_below_the_fee(house: House, fee: int) -> None:
    house.publish(replace(Policy(), contest_bond=fee, fee=fee))
    _refused(house, replace(Policy(), contest_bond=fee - 1, fee=fee), "policy: contest bond below fee")


def test_publish_policy_refuses_a_fee_beyond_any_bond(house: House) -> None:
    _refused(house, replace(Policy(), fee=2**256 - 1), "policy: contest bond below fee")


def test_publish_policy_refuses_no_open_hour(house: House) -> None:
    _refused(house, replace(Policy(), hours=0), "policy: no open hour")


@pytest.mark.parametrize("hours", [2**168, 2**168 + WEEKDAYS, 2**256 - 1])
def test_publish_policy_refuses_hours_outside_the_week(house: House, hours: int) -> None:
    _refused(house, replace(Policy(), hours=hours), "policy: hours outside the week")


@pytest.mark.parametrize("place", PLACES)
def test_publish_policy_refuses_a_zero_target(house: House, place: Place) -> None:
    _refused(house, _with_target(place, 0), "policy: target is zero")


@pytest.mark.parametrize("place", PLACES)
def test_publish_policy_refuses_a_target_over_ten_years(house: House, place: Place) -> None:
    house.publish(_with_target(place, TEN_YEARS))
    _refused(house, _with_target(place, TEN_YEARS + 1), "policy: target over ten years")


@pytest.mark.parametrize("place", PLACES)
def test_publish_policy_refuses_too_large_a_compensation(house: House, place: Place) -> None:
    house.publish(_with_compensation(place, MAX_AMOUNT))
    _refused(house, _with_compensation(place, MAX_AMOUNT + 1), "policy: compensation too large")


@pytest.mark.parametrize("open_hours", [1, 5, 50])
def test_publish_policy_refuses_due_times_that_pass_2106(house: House, open_hours: int) -> None:
    """A policy is sure to be usable for twenty years: the longest target begun then must end by 2106."""
    hours, open_seconds = (1 << open_hours) - 1, open_hours * 3_600
    weeks = (LAST_SECOND - now() - 2 * TEN_YEARS) // WEEK
    # A target takes its whole weeks, the rest of one more, and what is left of the week in which it begins.
    longest = min((weeks - 1) * open_seconds - 1, TEN_YEARS)
    house.publish(replace(_with_target((3, 2), longest), hours=hours))
    if longest < TEN_YEARS:
        _refused(
            house, replace(_with_target((3, 2), longest + 1), hours=hours), "policy: due times pass 2106"
        )


def test_the_longest_target_is_due_before_2106_after_twenty_years(house: House) -> None:
    weeks = (LAST_SECOND - now() - 2 * TEN_YEARS) // WEEK
    longest = (weeks - 1) * 3_600 - 1
    policy_id = house.publish(
        replace(Policy(), hours=ONE_HOUR_A_WEEK, targets=((longest, longest, longest),) * 4)
    )
    last_opening = now() + 2 * TEN_YEARS
    for at in range(last_opening - WEEK, last_opening, 3_599):
        assert house.desk.due(policy_id, at, longest) <= LAST_SECOND


def test_publish_policy_takes_the_last_id(house: House) -> None:
    _set_policy_count(house, 8_190)
    policy_id = house.publish(random_policy(random.Random(3)))
    assert policy_id == 8_191
    house.desk.grant_coverage(house.requester, policy_id, URGENT, 1, FAR, sender=house.operator)
    ticket_id = house.desk.open_ticket(policy_id, LOW, house.digest(), sender=house.requester)
    ticket = house.desk.ticket(ticket_id)
    assert (ticket.policy_id, ticket.priority) == (8_191, LOW)


def test_publish_policy_refuses_one_more_than_the_last_id(house: House) -> None:
    _set_policy_count(house, 8_191)
    with boa.reverts("policy: no id left"):
        house.publish(Policy())
    assert house.desk.policy_count() == 8_191


# ---------------------------------------------------------------- what the tests are made of


def _refused(house: House, policy: Policy, reason: str) -> None:
    count = house.desk.policy_count()
    with boa.reverts(reason):
        house.publish(policy)
    assert house.desk.policy_count() == count


def _fields(policy: Any) -> tuple[Any, ...]:
    return tuple(policy)


def _replaced(rows: tuple[tuple[int, ...], ...], place: Place, value: int) -> Any:
    table = [list(row) for row in rows]
    table[place[0]][place[1]] = value
    return tuple(tuple(row) for row in table)


def _with_target(place: Place, seconds: int) -> Policy:
    return replace(Policy(), targets=_replaced(Policy().targets, place, seconds))


def _with_compensation(place: Place, amount: int) -> Policy:
    return replace(Policy(), compensation=_replaced(Policy().compensation, place, amount))


def _set_policy_count(house: House, count: int) -> None:
    # Publishing 8,191 policies one by one takes minutes; their counter is all of them that matters here.
    layout = deployer("SupportDesk").compiler_data.storage_layout["storage_layout"]
    boa.env.set_storage(house.desk.address, layout["policies"]["count"]["slot"], count)
