# SPDX-License-Identifier: Apache-2.0
"""`grant_coverage`: the operator gives a right to open tickets, and never takes it back."""

import boa
import pytest
from house import ETH, FAR, HIGH, LOW, NORMAL, URGENT, House, Policy, now, travel
from logs import events


def test_grant_coverage_stores_and_logs_it(house: House) -> None:
    until = now() + 100
    house.desk.grant_coverage(house.stranger, 1, HIGH, 3, until, sender=house.operator)
    assert events(house.desk) == [
        (
            "CoverageGranted",
            {"holder": house.stranger, "policy_id": 1, "priority": HIGH, "places": 3, "until": until},
        )
    ]
    assert _coverage(house) == (HIGH, 3, 0, until)


def test_grant_coverage_at_the_maxima(house: House) -> None:
    house.desk.grant_coverage(house.stranger, 1, LOW, 65_535, 2**40 - 1, sender=house.operator)
    assert _coverage(house) == (LOW, 65_535, 0, 2**40 - 1)


def test_grant_coverage_that_ends_this_second(house: House) -> None:
    house.desk.grant_coverage(house.stranger, 1, URGENT, 1, now(), sender=house.operator)
    assert house.desk.ticket(house.open(URGENT, house.stranger)).holds_place


@pytest.mark.parametrize(
    ("priority", "places", "later", "expected"),
    [
        pytest.param(URGENT, 1, 0, (URGENT, 3, 0), id="a more urgent priority"),
        pytest.param(LOW, 5, 0, (NORMAL, 5, 0), id="more places"),
        pytest.param(LOW, 1, 50, (NORMAL, 3, 50), id="a later end"),
        pytest.param(LOW, 1, -50, (NORMAL, 3, 0), id="nothing"),
        pytest.param(NORMAL, 3, 0, (NORMAL, 3, 0), id="the same"),
        pytest.param(HIGH, 4, 1, (HIGH, 4, 1), id="all of it"),
    ],
)
def test_a_further_grant_only_raises(
    house: House, priority: int, places: int, later: int, expected: tuple[int, int, int]
) -> None:
    until = now() + 100
    house.desk.grant_coverage(house.stranger, 1, NORMAL, 3, until, sender=house.operator)
    house.desk.grant_coverage(house.stranger, 1, priority, places, until + later, sender=house.operator)
    logged = events(house.desk)[0][1]
    assert (logged["priority"], logged["places"], logged["until"] - until) == expected
    assert _coverage(house) == (expected[0], expected[1], 0, until + expected[2])


def test_a_further_grant_keeps_the_places_in_use(house: House) -> None:
    house.desk.grant_coverage(house.stranger, 1, URGENT, 2, FAR, sender=house.operator)
    house.open(URGENT, house.stranger)
    house.desk.grant_coverage(house.stranger, 1, URGENT, 5, FAR, sender=house.operator)
    assert _coverage(house) == (URGENT, 5, 1, FAR)


def test_a_grant_after_the_end_revives_a_coverage(house: House) -> None:
    house.desk.grant_coverage(house.stranger, 1, HIGH, 2, now() + 10, sender=house.operator)
    travel(11)
    house.desk.grant_coverage(house.stranger, 1, LOW, 1, now() + 10, sender=house.operator)
    assert _coverage(house) == (HIGH, 2, 0, now() + 10)


def test_coverage_is_kept_by_policy(house: House) -> None:
    second = house.publish(Policy())
    house.desk.grant_coverage(house.stranger, second, LOW, 1, FAR, sender=house.operator)
    assert house.desk.coverage(house.stranger, second).places == 1
    assert house.desk.coverage(house.stranger, 1).places == 0


def test_coverage_is_kept_by_holder(house: House) -> None:
    house.desk.grant_coverage(house.stranger, 1, LOW, 1, FAR, sender=house.operator)
    assert house.desk.coverage(house.requester, 1).places == 100


@pytest.mark.parametrize("policy_id", [0, 2, 8_192, 2**256 - 1])
def test_grant_coverage_refuses_an_unknown_policy(house: House, policy_id: int) -> None:
    with boa.reverts("policy: unknown"):
        house.desk.grant_coverage(house.stranger, policy_id, LOW, 1, FAR, sender=house.operator)
    assert house.desk.coverage(house.stranger, policy_id).places == 0


def test_grant_coverage_refuses_a_zero_holder(house: House) -> None:
    with boa.reverts("coverage: holder is zero"):
        house.desk.grant_coverage(ETH, 1, LOW, 1, FAR, sender=house.operator)
    assert house.desk.coverage(ETH, 1).places == 0


@pytest.mark.parametrize("priority", [4, 2**256 - 1])
def test_grant_coverage_refuses_an_unknown_priority(house: House, priority: int) -> None:
    with boa.reverts("coverage: priority unknown"):
        house.desk.grant_coverage(house.stranger, 1, priority, 1, FAR, sender=house.operator)
    assert _coverage(house) == (0, 0, 0, 0)


@pytest.mark.parametrize("places", [0, 65_536, 2**256 - 1])
def test_grant_coverage_refuses_places_out_of_range(house: House, places: int) -> None:
    with boa.reverts("coverage: places out of range"):
        house.desk.grant_coverage(house.stranger, 1, LOW, places, FAR, sender=house.operator)
    assert _coverage(house) == (0, 0, 0, 0)


@pytest.mark.parametrize("late", [False, True])
def test_grant_coverage_refuses_an_end_out_of_range(house: House, late: bool) -> None:
    until = 2**40 if late else now() - 1
    with boa.reverts("coverage: end out of range"):
        house.desk.grant_coverage(house.stranger, 1, LOW, 1, until, sender=house.operator)
    assert _coverage(house) == (0, 0, 0, 0)


@pytest.mark.parametrize("role", ["human", "bot", "requester", "stranger"])
def test_grant_coverage_refuses_who_is_not_the_operator(house: House, role: str) -> None:
    with boa.reverts("desk: caller is not the operator"):
        house.desk.grant_coverage(house.stranger, 1, LOW, 1, FAR, sender=getattr(house, role))
    assert _coverage(house) == (0, 0, 0, 0)


def _coverage(house: House) -> tuple[int, int, int, int]:
    coverage = house.desk.coverage(house.stranger, 1)
    return coverage.priority, coverage.places, coverage.used, coverage.until
