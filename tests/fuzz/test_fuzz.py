# SPDX-License-Identifier: Apache-2.0
"""The fuzzer walks, finds what was planted, shrinks it and does it again."""

from pathlib import Path
from random import Random

import pytest

from checks.contract_coverage import Measure
from fuzz import planting, run, script, trace
from fuzz.actions import actions
from fuzz.build import built
from fuzz.coverage import explained, left_over
from fuzz.model.hours import OpeningHours
from fuzz.model.ticket import Ticket
from fuzz.shrink import shrink
from fuzz.walk import ASSETS, Tally, walk

SEED = 1
MOST = 60_000  # transactions until a planted bug must have shown


def test_walk_of_100_000_transactions_over_all_assets() -> None:
    result = run.run(100_000, SEED, workers=1)
    if result.failed:
        run.report_failure(*result.failed)
    assert result.failed is None
    assert result.tally.total >= 100_000
    tried = {*result.tally.done, *result.tally.refused}
    assert tried == set(actions())


@pytest.mark.parametrize("bug", planting.names())
def test_planted_bug_is_found(bug: str) -> None:
    assert run.run(MOST, SEED, workers=1, bug=bug).failed is not None


def test_planted_bugs_are_seven() -> None:
    assert len(planting.names()) == 7


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> tuple[run.Walked, int]:
    # The model is wrong by a second here, as a contract could be.
    monkeypatch.setattr(
        Ticket,
        "is_over",
        lambda self, at: self.status == 4 and at >= self.clock + self.policy.contest_window,
    )
    for number in range(200):
        walked = walk(built(), f"{SEED}.{number}", ASSETS[number % len(ASSETS)], 600, Tally())
        if walked.failure:
            return walked, number
    pytest.fail("a contest window that is a second too short was not found")


def test_shrunk_walk_is_short_and_fails_alike(failing: tuple[run.Walked, int]) -> None:
    walked, _ = failing
    assert walked.failure is not None
    short = shrink(built(), walked.setting, walked.steps, walked.failure.kind)
    failed = script.run(built(), walked.setting, short)
    assert failed is not None
    assert failed[1].kind == walked.failure.kind
    assert failed[0] == len(short) - 1
    assert len(short) <= 12


def test_script_does_the_same_again(
    failing: tuple[run.Walked, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    walked, _ = failing
    path = tmp_path / "walk.json"
    script.write(path, walked.setting, walked.steps, {"seed": SEED})
    setting, steps = script.read(path)
    assert (setting, steps) == (walked.setting, walked.steps)
    failed = script.run(built(), setting, steps)
    assert failed is not None
    assert failed[0] == len(steps) - 1
    monkeypatch.undo()
    assert script.run(built(), setting, steps) is None


def test_episode_is_the_same_by_its_seed() -> None:
    one, other = (walk(built(), "5.3", "PlainToken", 300, Tally()) for _ in range(2))
    assert one.steps == other.steps


def test_trace_plays_alike_on_the_same_build_and_not_on_another(tmp_path: Path) -> None:
    recorded = trace.record(SEED, 3_000)
    path = tmp_path / "trace.gz"
    trace.save(recorded, path)
    assert trace.load(path) == recorded
    assert trace.play(built(), recorded) is None
    changed = built() | {"mocks/PlainToken": built()["mocks/GivesMoreToken"]}
    difference = trace.play(changed, trace.record(SEED, 300, ("PlainToken",)))
    assert difference is not None


def test_due_and_left_of_the_model_count_seconds() -> None:
    r = Random(SEED)
    for _ in range(300):
        mask = r.getrandbits(168) & r.getrandbits(168) | 1 << r.randrange(168)
        hours, at, need = OpeningHours(mask), r.randrange(2**32), r.randrange(1, 40_000)
        end = hours.due(at, need)
        assert hours.left(at, end) == need == open_seconds(mask, at, end)
        assert open_seconds(mask, end - 1, end) == 1


def open_seconds(mask: int, at: int, end: int) -> int:
    """Hour by hour."""
    total = 0
    while at < end:
        following = min((at // 3_600 + 1) * 3_600, end)
        total += (following - at) * (mask >> (at // 3_600 + 72) % 168 & 1)
        at = following
    return total


def test_branches_said_to_be_unreachable_are_in_the_contracts() -> None:
    assert set(explained()) <= set(left_over(Measure()))
