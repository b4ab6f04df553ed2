# SPDX-License-Identifier: Apache-2.0
"""When a batch is anchored: by size, by age, before a due time; never later than the anchor lag."""

import pytest

from makegood import policy as policies
from makegood.batches.kept import Backlog
from makegood.clock import Priority
from makegood.keeper.duties.anchor import anchor_at
from makegood.keeper.settings import AnchorSettings

AT = 1_800_000_000
POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 20m, next_reply: 2h, resolution: 8h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
  high: {first_reply: 2h, next_reply: 4h, resolution: 16h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
  normal: {first_reply: 4h, next_reply: 8h, resolution: 32h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
  low: {first_reply: 8h, next_reply: 16h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 1h}
"""  # noqa: E501
TERMS = {1: policies.parse(POLICY).to_chain()}
LAG = 3_600


def at(backlog: Backlog, **given: int) -> int | None:
    settings = AnchorSettings(**{"size": 100, "age": 1_800, "before_due": 600, "margin": 120, **given})
    return anchor_at(backlog, TERMS, settings)


def openings(priority: Priority) -> Backlog:
    return Backlog(1, AT, ((1, priority, AT),))


def test_nothing_waits_for_nothing() -> None:
    assert at(Backlog(0, None, ())) is None


def test_many_are_anchored_at_once() -> None:
    assert at(Backlog(100, AT, ())) == AT
    assert at(Backlog(99, AT, ())) == AT + 1_800


def test_the_oldest_decides_the_age() -> None:
    assert at(Backlog(5, AT, ()), age=60) == AT + 60


@pytest.mark.parametrize("age", [3_481, 10_000])
def test_it_is_never_later_than_the_lag_less_its_margin(age: int) -> None:
    assert at(Backlog(1, AT, ()), age=age) == AT + LAG - 120


def test_a_lag_shorter_than_the_margin_is_at_once() -> None:
    assert at(Backlog(1, AT, ()), margin=2 * LAG) == AT


def test_a_ticket_that_is_soon_due_does_not_wait_for_the_age() -> None:
    assert at(openings(Priority.URGENT)) == AT + 1_200 - 600
    assert at(openings(Priority.LOW)) == AT + 1_800
