# SPDX-License-Identifier: Apache-2.0
"""When a replay on the batch lane anchors, proves, shows and ends, without a chain."""

from collections import defaultdict
from collections.abc import Collection
from pathlib import Path
from typing import Any, TypeVar

import pytest

from makegood import policy as policies
from makegood import replay
from makegood.errors import UsageError
from makegood.policy import DAY, MINUTE, Policy
from makegood.replay import Log
from makegood.replay.batch_plan import (
    GAS_A_BLOCK,
    PROOF_GAS,
    Anchor,
    Batching,
    Direct,
    End,
    Move,
    Prove,
    Show,
    plan,
)
from makegood.replay.log import OPENED

POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 1h, resolution: 8h, compensation: {first_reply: 1, next_reply: 1, resolution: 1}}
  high: {first_reply: 2h, next_reply: 2h, resolution: 16h, compensation: {first_reply: 1, next_reply: 1, resolution: 1}}
  normal: {first_reply: 4h, next_reply: 4h, resolution: 32h, compensation: {first_reply: 1, next_reply: 1, resolution: 1}}
  low: {first_reply: 8h, next_reply: 8h, resolution: 64h, compensation: {first_reply: 1, next_reply: 1, resolution: 1}}
windows: {contest: 90d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
"""  # noqa: E501

HEADER = "ticket,event,at,priority\n"
# 2030-01-07 08:00 UTC, by GNU date; a whole multiple of ten minutes.
START = 1_894_003_200
EVERY = 600
Timeline = list[tuple[int, list[Move]]]
T = TypeVar("T", Anchor, Prove, Show, End, Direct)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return policies.parse(POLICY)


def log_of(*rows: tuple[str, str, int]) -> Log:
    """A log of urgent tickets; times are seconds after START."""
    lines = [
        f"{ticket},{event},{time_text(START + at)},{'urgent' if event == OPENED else ''}\n"
        for ticket, event, at in rows
    ]
    return replay.parse_log(HEADER + "".join(lines))


def time_text(at: int) -> str:
    days, second = divmod(at - START + 8 * 3_600, DAY)
    assert days < 25
    hour, rest = divmod(second, 3_600)
    return f"2030-01-{7 + days:02}T{hour:02}:{rest // 60:02}:{rest % 60:02}Z"


def planned(log: Log, policy: Policy, early: Collection[str] = (), late: Collection[str] = ()) -> Timeline:
    ends_by = log.rows[-1].at + replay.CLAIMED_AFTER
    return plan(log, policy, EVERY, early=set(early), late=set(late), ends_by=ends_by)


def moves(timeline: Timeline, kind: type[T]) -> list[tuple[int, T]]:
    """The moves of one kind, with their seconds after START."""
    return [(at - START, move) for at, several in timeline for move in several if isinstance(move, kind)]


def rows_of(move: Anchor | Show) -> list[tuple[str, str, int]]:
    return [(leaf.row.ticket, leaf.row.event, leaf.sequence) for leaf in move.leaves]


# ---------------------------------------------------------------- anchoring


def test_rows_are_anchored_at_the_next_multiple(policy: Policy) -> None:
    log = log_of(("A", OPENED, 1), ("B", OPENED, 600), ("A", "replied", 601), ("A", "solved", 1_900))
    found = [(at, move.number, rows_of(move)) for at, move in moves(planned(log, policy), Anchor)]
    assert found == [
        (600, 1, [("A", OPENED, 0), ("B", OPENED, 0)]),
        (1_200, 2, [("A", "replied", 1)]),
        (2_400, 3, [("A", "solved", 2)]),
    ]


def test_nothing_but_batches_for_a_ticket_that_nobody_proves(policy: Policy) -> None:
    timeline = planned(log_of(("A", OPENED, 1), ("A", "solved", 700)), policy)
    assert {type(move) for _, several in timeline for move in several} == {Anchor}


def test_a_batch_expires_a_claim_window_after_its_longest_target(policy: Policy) -> None:
    text = HEADER + "A,opened,2030-01-07T08:00:01Z,urgent\nB,opened,2030-01-07T08:00:02Z,high\n"
    log = replay.parse_log(text + "A,solved,2030-01-07T08:10:01Z,\n")
    found = [move.expires_at - START - at for at, move in moves(planned(log, policy), Anchor)]
    assert found == [16 * 3_600 + 30 * DAY, 30 * DAY]


# ---------------------------------------------------------------- a late proof


def test_a_breached_ticket_is_proven_at_the_last_second_of_its_batch(policy: Policy) -> None:
    log = log_of(("A", OPENED, 1), ("A", "replied", 5_000), ("A", "solved", 6_100))
    timeline = planned(log, policy, late={"A"})
    at = 600 + 8 * 3_600 + 30 * DAY
    assert [(second, move.opening.batch) for second, move in moves(timeline, Prove)] == [(at, 1)]
    assert [(second, rows_of(move)) for second, move in moves(timeline, Show)] == [
        (at + 600, [("A", "replied", 1), ("A", "solved", 2)])
    ]
    assert moves(timeline, End) == [(at + DAY + 1, End("A"))]


def test_a_proof_leaves_time_for_its_challenge_before_the_claims() -> None:
    patient = policies.parse(POLICY.replace("claim: 30d", "claim: 1000d"))
    log = log_of(("A", OPENED, 1), ("A", "replied", 5_000))
    timeline = planned(log, patient, late={"A"})
    assert moves(timeline, End)[0][0] == 5_000 + replay.CLAIMED_AFTER - 1
    assert moves(timeline, Prove)[0][0] == 5_000 + replay.CLAIMED_AFTER - DAY - 2


def test_proofs_that_fill_a_block_go_to_the_second_before(policy: Policy) -> None:
    a_block = GAS_A_BLOCK // PROOF_GAS
    names = [f"T{number}" for number in range(a_block + 1)]
    log = log_of(*((name, OPENED, 1) for name in names))
    found = [at for at, _ in moves(planned(log, policy, late=names), Prove)]
    last = 600 + 8 * 3_600 + 30 * DAY
    assert found == [last - 1] + [last] * a_block


# ---------------------------------------------------------------- an early proof


def test_a_false_claim_comes_a_second_after_the_anchoring(policy: Policy) -> None:
    timeline = planned(log_of(("A", OPENED, 1), ("A", "replied", 300)), policy, early={"A"})
    assert [at for at, _ in moves(timeline, Prove)] == [601]
    assert [(at, rows_of(move)) for at, move in moves(timeline, Show)] == [(1_200, [("A", "replied", 1)])]


def test_what_comes_in_the_window_is_shown_as_soon_as_it_is_anchored(policy: Policy) -> None:
    log = log_of(("A", OPENED, 1), ("A", "replied", 700), ("A", "followed_up", 80_000))
    timeline = planned(log, policy, early={"A"})
    assert [(at, rows_of(move)) for at, move in moves(timeline, Show)] == [
        (1_200, [("A", "replied", 1)]),
        (80_400, [("A", "followed_up", 2)]),
    ]


@pytest.fixture(scope="module")
def odd() -> Policy:
    """A policy whose challenge window, after a proof at 601, ends five minutes after an anchoring."""
    return policies.parse(POLICY.replace("challenge: 1d", "challenge: 1d5m"))


def test_a_row_of_the_windows_last_minutes_is_anchored_and_shown_at_its_last_second(odd: Policy) -> None:
    last = 601 + DAY + 300
    rows = (("A", OPENED, 1), ("A", "pending", last - 9), ("B", OPENED, last - 8), ("A", "followed_up", last))
    timeline = planned(log_of(*rows), odd, early={"A"})
    assert [(at, rows_of(move)) for at, move in moves(timeline, Anchor)][1:] == [
        (last, [("A", "pending", 1), ("B", OPENED, 0), ("A", "followed_up", 2)])
    ]
    assert [(at, rows_of(move)) for at, move in moves(timeline, Show)] == [
        (last, [("A", "pending", 1), ("A", "followed_up", 2)])
    ]


def test_the_last_second_anchors_nothing_for_other_tickets(odd: Policy) -> None:
    last = 601 + DAY + 300
    timeline = planned(log_of(("A", OPENED, 1), ("B", OPENED, last - 8)), odd, early={"A"})
    assert [at for at, _ in moves(timeline, Anchor)] == [600, DAY + 1_200]


def test_the_second_after_the_window_is_direct_and_the_end_comes_first(policy: Policy) -> None:
    after = 602 + DAY
    log = log_of(("A", OPENED, 1), ("A", "solved", after), ("B", OPENED, after))
    timeline = planned(log, policy, early={"A"})
    assert dict(timeline)[START + after] == [End("A"), Direct(log.rows[1])]
    assert [rows_of(move) for _, move in moves(timeline, Anchor)][1:] == [[("B", OPENED, 0)]]


def test_over_16_entries_are_shown_in_several_calls(policy: Policy) -> None:
    log = log_of(("A", OPENED, 1), *(("A", "replied", 2 + number) for number in range(20)))
    found = [
        (at, len(move.leaves), move.leaves[0].sequence)
        for at, move in moves(planned(log, policy, early={"A"}), Show)
    ]
    assert found == [(1_200, 16, 1), (1_200, 4, 17)]


# ---------------------------------------------------------------- how often


@pytest.mark.parametrize(
    ("every", "says"),
    [
        (0, "cannot be anchored every 0 seconds"),
        (15 * MINUTE + 1, "Anchored every 15m1s, replies would count late: the policy's anchor lag is 15m"),
    ],
)
def test_batches_at_no_usable_distance_are_refused(policy: Policy, every: int, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Batching(every).check(policy)


def test_batches_as_far_apart_as_the_anchor_lag_are_taken(policy: Policy) -> None:
    Batching(15 * MINUTE).check(policy)


# ---------------------------------------------------------------- a real helpdesk


@pytest.fixture(scope="module", params=["plain", "false claims"])
def real(shared: Path, request: Any) -> tuple[Log, Policy, Timeline]:
    """The whole log, with every second ticket proven early or none."""
    log = replay.read_log(shared / "data/helpdesk-events.csv")
    policy = policies.read(shared / "data/helpdesk-policy.yaml")
    late = log.breached(policy, log.rows[-1].at + replay.CLAIMED_AFTER)
    early = list(log.tickets)[::2] if request.param == "false claims" else ()
    return log, policy, planned(log, policy, early, late)


Real = tuple[Log, Policy, Timeline]


def test_every_row_is_anchored_or_direct_once(real: Real) -> None:
    log, _, timeline = real
    found = [leaf.row for _, move in moves(timeline, Anchor) for leaf in move.leaves]
    found += [move.row for _, move in moves(timeline, Direct)]
    assert sorted(found, key=lambda row: row.line) == list(log.rows)


def test_every_entry_is_anchored_in_file_order_and_within_the_lag(real: Real) -> None:
    _, policy, timeline = real
    sequences: dict[str, int] = defaultdict(int)
    lines = []
    for at, move in moves(timeline, Anchor):
        for leaf in move.leaves:
            assert leaf.row.at <= at + START <= leaf.row.at + policy.windows.anchor_lag
            assert (leaf.sequence, leaf.batch) == (sequences[leaf.row.ticket], move.number)
            sequences[leaf.row.ticket] += 1
            lines.append(leaf.row.line)
    assert lines == sorted(lines)


def test_every_breached_ticket_is_proven_before_its_batch_expires(real: Real) -> None:
    log, policy, timeline = real
    expires_at = {move.number: move.expires_at for _, move in moves(timeline, Anchor)}
    proofs = {move.opening.row.ticket: (at + START, move) for at, move in moves(timeline, Prove)}
    assert log.breached(policy, log.rows[-1].at + replay.CLAIMED_AFTER) <= proofs.keys()
    assert len(proofs) == len(moves(timeline, Prove)) == len(moves(timeline, End))
    assert all(at <= expires_at[move.opening.batch] for at, move in proofs.values())


def test_all_entries_of_a_proven_ticket_are_shown_when_the_lane_takes_them(real: Real) -> None:
    _, policy, timeline = real
    window = policy.windows.challenge
    proven_at = {move.opening.row.ticket: at for at, move in moves(timeline, Prove)}
    anchored_at = {move.number: at for at, move in moves(timeline, Anchor)}
    shown: dict[str, int] = defaultdict(lambda: 1)
    for at, move in moves(timeline, Show):
        for leaf in move.leaves:
            ticket = leaf.row.ticket
            half, last = proven_at[ticket] + window // 2, proven_at[ticket] + window
            assert max(proven_at[ticket], anchored_at[leaf.batch]) <= at <= last
            assert at <= half or leaf.row.event == "followed_up" or anchored_at[leaf.batch] > half
            assert leaf.sequence == shown[ticket]
            shown[ticket] += 1
    anchored: dict[str, int] = defaultdict(int)
    for _, anchor in moves(timeline, Anchor):
        for leaf in anchor.leaves:
            anchored[leaf.row.ticket] += 1
    assert {ticket: shown[ticket] for ticket in proven_at} == {
        ticket: anchored[ticket] for ticket in proven_at
    }


def test_direct_rows_come_after_the_challenge_at_their_own_second(real: Real) -> None:
    _, _, timeline = real
    ended: set[str] = set()
    for at, several in timeline:
        for move in several:
            if isinstance(move, End):
                ended.add(move.ticket)
            elif isinstance(move, Direct):
                assert move.row.ticket in ended
                assert move.row.at == at
            elif isinstance(move, Anchor):
                assert ended.isdisjoint(leaf.row.ticket for leaf in move.leaves)
