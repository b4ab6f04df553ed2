# SPDX-License-Identifier: Apache-2.0
"""BatchLane.anchor_batch: who may, what it sets aside and spends, and what is on record."""

from typing import Any

import boa
import pytest
from batches import REPLIED, Batches
from house import (
    BOT,
    DAY,
    HIGH,
    HUMAN,
    LOW,
    NORMAL,
    URGENT,
    WEEKDAYS,
    House,
    Policy,
    deploy_house,
    key_pair,
    now,
)
from logs import events, events_named

ROOT = b"\x11" * 32
ONE_URGENT = [1, 0, 0, 0, 0]
LARGEST = 2**24 - 1
ALLOWANCE = 10**9


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def anchor(house: House, counts: list[int], **changes: Any) -> int:
    arguments = {"policy_id": 1, "root": ROOT, "counts": counts, "uri": "", "must_back": False}
    sender = changes.pop("sender", house.human)
    return int(house.lane.anchor_batch(*(arguments | changes).values(), sender=sender))


def liability(house: House, counts: list[int]) -> int:
    return sum(count * house.policy.worst_case(priority) for priority, count in enumerate(counts[:4]))


def assert_nothing_happened(house: House) -> None:
    assert house.lane.batch_count() == 0
    assert house.desk.allowance(house.human) == ALLOWANCE
    assert house.pool.books().reserved == 0


# ---------------------------------------------------------------- what it does


@pytest.mark.parametrize(
    "counts",
    [ONE_URGENT, [0, 1, 0, 0, 0], [0, 0, 1, 0, 0], [0, 0, 0, 1, 0], [3, 5, 7, 11, 13], [0, 2, 0, 1, 1]],
)
def test_anchor_batch_sets_aside_the_exact_worst_case(house: House, counts: list[int]) -> None:
    before = house.pool.books()
    anchor(house, counts)
    worst_case = liability(house, counts)
    after = house.pool.books()
    assert after.reserved - before.reserved == before.free - after.free == worst_case
    assert house.desk.allowance(house.human) == ALLOWANCE - worst_case
    assert house.lane.batch(1).reserved == worst_case


def test_anchor_batch_records_the_batch(house: House) -> None:
    anchor(house, [3, 0, 2, 0, 4])
    # The longest target of the priorities that it has.
    expires_at = now() + 40_000 + 180 * DAY
    assert house.lane.batch(1) == (
        house.human,
        1,
        ROOT,
        [3, 3, 5, 5, 9],
        now(),
        expires_at,
        True,
        3 * 5_500 + 2 * 2_200,
    )


def test_anchor_batch_logs_what_it_anchored(house: House) -> None:
    anchor(house, [1, 0, 0, 2, 3], uri="https://desk.example/batches/1")
    worst_case = 5_500 + 2 * 1_100
    assert events(house.lane) == [
        ("Reserved", {"amount": worst_case}),
        (
            "BatchAnchored",
            {
                "batch": 1,
                "agent": house.human,
                "policy_id": 1,
                "root": ROOT,
                "counts": [1, 0, 0, 2, 3],
                "uri": "https://desk.example/batches/1",
                "worst_case": worst_case,
                "backed": True,
                "expires_at": now() + 80_000 + 180 * DAY,
            },
        ),
    ]


def test_batches_are_numbered_from_one(house: House) -> None:
    assert house.lane.batch_count() == 0
    assert [anchor(house, ONE_URGENT) for _ in range(3)] == [1, 2, 3]
    assert house.lane.batch_count() == 3


def test_same_root_can_be_anchored_again_and_is_set_aside_again(house: House) -> None:
    assert [anchor(house, ONE_URGENT), anchor(house, ONE_URGENT)] == [1, 2]
    assert house.pool.books().reserved == 2 * 5_500


def test_batch_of_later_entries_alone_sets_nothing_aside_and_spends_nothing(batches: Batches) -> None:
    house = batches.house
    batches.anchor(later=[batches.entry(batches.ticket(), REPLIED)], must_back=True)
    assert [name for name, _ in events(house.lane)] == ["BatchAnchored"]
    found = house.lane.batch(1)
    assert (found.ends, found.backed, found.reserved) == ([0, 0, 0, 0, 1], True, 0)
    # No target is waited for.
    assert found.expires_at == now() + 180 * DAY
    assert house.desk.allowance(house.human) == ALLOWANCE


@pytest.mark.parametrize(
    ("priority", "longest"), [(URGENT, 10_000), (HIGH, 20_000), (NORMAL, 40_000), (LOW, 80_000)]
)
def test_batch_expires_a_claim_window_after_its_own_longest_target(
    house: House, priority: int, longest: int
) -> None:
    anchor(house, [int(each == priority) for each in range(4)] + [0])
    assert house.lane.batch(1).expires_at == now() + longest + 180 * DAY


def test_longest_target_can_be_of_any_kind() -> None:
    targets = ((10, 99, 20), (50, 10, 20), (10, 20, 30), (5, 5, 5))
    house = deploy_house(policy=Policy(targets=targets))
    for number, longest in enumerate((99, 50, 30, 5), start=1):
        anchor(house, [int(each == number - 1) for each in range(4)] + [0])
        assert house.lane.batch(number).expires_at == now() + longest + 180 * DAY


def test_expiry_counts_open_hours_up_to_the_target_and_every_hour_after() -> None:
    """Monday 00:00: 10,000 s of open time begin at 08:00; the claim window is of the calendar."""
    house = deploy_house(policy=Policy(hours=WEEKDAYS))
    at = now()
    assert at % DAY == 0
    anchor(house, ONE_URGENT)
    assert house.lane.batch(1).expires_at == at + 8 * 3_600 + 10_000 + 180 * DAY


def test_unknown_batch_is_empty(house: House) -> None:
    zero = "0x" + "00" * 20
    assert house.lane.batch(1) == (zero, 0, bytes(32), [0] * 5, 0, 0, False, 0)


# ---------------------------------------------------------------- backing


def test_batch_is_backed_by_the_last_unit_of_free_funds() -> None:
    house = deploy_house(funds=5_500)
    anchor(house, ONE_URGENT, must_back=True)
    assert house.lane.batch(1).backed
    assert house.pool.books().free == 0


def test_batch_that_free_funds_do_not_reach_is_recorded_and_spends_its_worst_case() -> None:
    house = deploy_house(funds=5_499)
    anchor(house, ONE_URGENT)
    (logged,) = events_named(house.lane, "BatchAnchored")
    found = house.lane.batch(1)
    assert (found.backed, found.reserved) == (False, 0)
    assert (logged["worst_case"], logged["backed"]) == (5_500, False)
    assert house.pool.books().free == 5_499
    assert house.desk.allowance(house.human) == ALLOWANCE - 5_500


def test_batch_that_must_be_backed_is_refused_where_free_funds_do_not_reach() -> None:
    house = deploy_house(funds=5_499)
    with boa.reverts("desk: free funds too low"):
        anchor(house, ONE_URGENT, must_back=True)
    assert_nothing_happened(house)


# ---------------------------------------------------------------- sizes


@pytest.mark.parametrize("counts", [[LARGEST, 0, 0, 0, 0], [0, 0, 0, 0, LARGEST], [1, 2, 3, 4, LARGEST - 10]])
def test_largest_batch_is_anchored(house: House, counts: list[int]) -> None:
    house.desk.set_allowance(house.human, 2**100, sender=house.operator)
    anchor(house, counts)
    assert house.lane.batch(1).ends == [sum(counts[: end + 1]) for end in range(5)]


@pytest.mark.parametrize(
    "counts",
    [
        [0, 0, 0, 0, 0],
        [LARGEST + 1, 0, 0, 0, 0],
        [0, 0, 0, 0, LARGEST + 1],
        [1, 0, 0, 0, LARGEST],
        [LARGEST, LARGEST, LARGEST, LARGEST, LARGEST],
        [2**256 - 1, 2, 0, 0, 0],
        [0, 0, 0, 1, 2**256 - 1],
    ],
)
def test_batch_of_no_size_or_too_large_is_refused(house: House, counts: list[int]) -> None:
    with boa.reverts("lane: batch size out of range"):
        anchor(house, counts)
    assert_nothing_happened(house)


def test_liability_of_the_largest_batch_of_the_dearest_policy_is_exact() -> None:
    dearest = (2**85 - 1,) * 3
    house = deploy_house(policy=Policy(compensation=(dearest,) * 4))
    worst_case = LARGEST * 3 * (2**85 - 1)
    house.desk.set_allowance(house.human, worst_case, sender=house.operator)
    house.fund(worst_case)
    anchor(house, [LARGEST, 0, 0, 0, 0], must_back=True)
    assert house.lane.batch(1).reserved == house.pool.books().reserved == worst_case
    assert house.desk.allowance(house.human) == 0


def test_root_of_zero_is_refused(house: House) -> None:
    with boa.reverts("lane: root is zero"):
        anchor(house, ONE_URGENT, root=bytes(32))
    assert_nothing_happened(house)


@pytest.mark.parametrize("policy_id", [0, 2, 2**13, 2**255])
@pytest.mark.parametrize("counts", [ONE_URGENT, [0, 0, 0, 0, 1]])
def test_unknown_policy_is_refused(house: House, policy_id: int, counts: list[int]) -> None:
    with boa.reverts("policy: unknown"):
        anchor(house, counts, policy_id=policy_id)
    assert_nothing_happened(house)


# ---------------------------------------------------------------- who


def test_bot_with_an_allowance_anchors(house: House) -> None:
    house.desk.set_allowance(house.bot, 5_500, sender=house.operator)
    anchor(house, ONE_URGENT, sender=house.bot)
    assert house.lane.batch(1).agent == house.bot


@pytest.mark.parametrize("who", ["stranger", "requester", "operator"])
def test_only_an_agent_anchors(house: House, who: str) -> None:
    sender = getattr(house, who)
    house.desk.set_allowance(sender, ALLOWANCE, sender=house.operator)
    with boa.reverts("desk: caller is no agent"):
        anchor(house, ONE_URGENT, sender=sender)
    assert_nothing_happened(house)


def test_revoked_agent_anchors_no_more(house: House) -> None:
    house.directory.revoke_agent(house.human, sender=house.operator)
    with boa.reverts("desk: caller is no agent"):
        anchor(house, ONE_URGENT)
    assert_nothing_happened(house)


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_agent_anchors_up_to_the_last_second_of_its_standing(house: House, kind: int) -> None:
    agent = key_pair(f"short {kind}")
    house.register(agent, kind, now() + 10)
    house.desk.set_allowance(agent.address, ALLOWANCE, sender=house.operator)
    boa.env.evm.patch.timestamp += 10
    anchor(house, ONE_URGENT, sender=agent.address)
    boa.env.evm.patch.timestamp += 1
    with boa.reverts("desk: caller is no agent"):
        anchor(house, ONE_URGENT, sender=agent.address)


@pytest.mark.parametrize(
    ("allowance", "counts"), [(0, ONE_URGENT), (0, [0, 0, 0, 0, 1]), (5_499, ONE_URGENT)]
)
def test_allowance_too_low_is_refused(house: House, allowance: int, counts: list[int]) -> None:
    house.desk.set_allowance(house.human, allowance, sender=house.operator)
    with boa.reverts("desk: allowance too low"):
        anchor(house, counts)
    assert house.lane.batch_count() == 0
    assert house.desk.allowance(house.human) == allowance


def test_allowance_is_spent_to_the_last_unit_and_never_comes_back(batches: Batches) -> None:
    """Neither by proving, nor by closing, nor by release."""
    house = batches.house
    house.desk.set_allowance(house.human, 2 * 5_500, sender=house.operator)
    ticket = batches.ticket()
    batches.anchor([ticket, batches.ticket()])
    assert house.desk.allowance(house.human) == 0
    batches.prove(ticket)
    batches.end(ticket)
    house.desk.close(ticket.id, sender=ticket.requester)
    boa.env.evm.patch.timestamp = house.lane.batch(1).expires_at + 1
    house.lane.release_batch(1)
    assert house.desk.allowance(house.human) == 0
    with boa.reverts("desk: allowance too low"):
        anchor(house, ONE_URGENT)


def test_allowance_is_one_for_tickets_opened_directly_and_in_batches(house: House) -> None:
    house.desk.set_allowance(house.human, 3 * 5_500, sender=house.operator)
    house.open_for(house.requester)
    anchor(house, ONE_URGENT)
    assert house.desk.allowance(house.human) == 5_500
    house.open_for(house.requester)
    with boa.reverts("desk: allowance too low"):
        anchor(house, ONE_URGENT)
