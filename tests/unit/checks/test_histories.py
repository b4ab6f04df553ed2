# SPDX-License-Identifier: Apache-2.0
"""2,000 random histories by the contracts' `apply` and by Python's; and that the check tells a difference."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import boa
import pytest
from house import deployer

from checks import histories
from checks.histories import Step
from makegood import clock
from makegood.batches import Act
from makegood.clock import Kind, Status, TicketState

PARTS = 8
A_PART = 250


@pytest.fixture(scope="module")
def harness() -> Iterator[Any]:
    with boa.env.anchor():
        yield deployer("mocks/ClockHarness").deploy()


@pytest.mark.parametrize("seed", range(100, 100 + PARTS))
def test_histories_leave_the_same_words(harness: Any, seed: int) -> None:
    def play(steps: Sequence[Step]) -> list[int]:
        return list(harness.play_acts(histories.REQUESTER, [step.on_chain() for step in steps]))

    result = histories.compare(A_PART, seed, play)
    assert result.differences == []
    assert result.histories == A_PART
    assert result.events > 3 * A_PART


def test_histories_have_every_event_from_every_status_and_every_breach() -> None:
    """What they would not reach, they would not compare."""
    reached: Counter[tuple[Status, Act]] = Counter()
    breaches = Kind(0)
    late = 0

    def play(steps: Sequence[Step]) -> list[int]:
        nonlocal breaches, late
        state = TicketState.unpack(1 << 239)
        words = []
        for step in steps:
            if step.act is Act.OPENED:
                state = clock.opened(
                    step.at, step.hours, step.targets[0], step.targets[2], requester=histories.REQUESTER
                )
            else:
                reached[state.status, step.act] += 1
                state = clock.apply(state, step.act.event, step.at, step.hours, step.targets[1])
            words.append(state.pack())
            late += max(state.clock, state.resolution) >= 2**32
            state = TicketState.unpack(words[-1])
            breaches |= state.breached
        return words

    assert histories.compare(2_000, 1, play).differences == []
    assert all(
        reached[status, act] > 50 for status in Status if status < Status.CLOSED for act in Act if act > 0
    )
    assert breaches == Kind.FIRST_REPLY | Kind.NEXT_REPLY | Kind.RESOLUTION
    assert late > 10


def test_word_that_differs_is_told(harness: Any) -> None:
    def play(steps: Sequence[Step]) -> list[int]:
        first, *others = harness.play_acts(histories.REQUESTER, [step.on_chain() for step in steps])
        return [first ^ 1 << 255, *others]

    (difference,) = histories.compare(1, 1, play).differences
    assert difference.startswith("Event 0, Step(act=<Act.OPENED: 0>")
    assert "Python's word is 0x" in difference
    assert ", the contract's 0x8" in difference


def test_rule_that_differs_is_found(harness: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One second more of what remains, as a clock stops."""
    left = clock.left
    monkeypatch.setattr(clock, "left", lambda hours, at, due_at: left(hours, at, due_at) + 1)

    def play(steps: Sequence[Step]) -> list[int]:
        return list(harness.play_acts(histories.REQUESTER, [step.on_chain() for step in steps]))

    assert len(histories.compare(20, 1, play).differences) > 5
