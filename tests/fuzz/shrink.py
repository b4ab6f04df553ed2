# SPDX-License-Identifier: Apache-2.0
"""From a walk that fails to the few steps that it takes: chunks are left out as long as it fails alike."""

from collections.abc import Sequence

from fuzz.build import Build
from fuzz.house import Setting
from fuzz.script import run
from fuzz.world import Step

MOST_RUNS = 600


def shrink(build: Build, setting: Setting, steps: Sequence[Step], kind: str) -> list[Step]:
    """Leave out halves, then quarters, and so on, from the end; the last step stays.

    Zeller and Hildebrandt's ddmin (2002), its complements only.
    """
    runs = 0

    def fails(candidate: Sequence[Step]) -> list[Step] | None:
        nonlocal runs
        runs += 1
        failed = run(build, setting, candidate)
        if failed is None or failed[1].kind != kind:
            return None
        return list(candidate[: failed[0] + 1])

    kept = fails(steps)
    if kept is None:
        return list(steps)
    size = max(1, len(kept) // 2)
    while True:
        at, is_shorter = len(kept) - 1, False
        while at > 0 and runs < MOST_RUNS:
            begin = max(0, at - size)
            if shorter := fails([*kept[:begin], *kept[at:]]):
                kept, is_shorter = shorter, True
            at = min(begin, len(kept) - 1)
        if runs >= MOST_RUNS or (size == 1 and not is_shorter):
            return kept
        size = max(1, size // 2)
