# SPDX-License-Identifier: Apache-2.0
"""Open time by a table of the week's open stretches, searched by halves."""

from bisect import bisect_right
from functools import lru_cache

HOUR = 3_600
WEEK = 168 * HOUR
ALWAYS = 2**168 - 1
SINCE_MONDAY = 3 * 24 * HOUR  # 1970 began on a Thursday


class OpeningHours:
    """The stretches of a week in which a desk is open: where each begins, and what was open before it."""

    def __init__(self, hours: int) -> None:
        self.starts: list[int] = []
        self.before: list[int] = []
        self.lengths: list[int] = []
        total = 0
        for hour in range(168):
            if hours >> hour & 1:
                if hour and hours >> (hour - 1) & 1:
                    self.lengths[-1] += HOUR
                else:
                    self.starts.append(hour * HOUR)
                    self.before.append(total)
                    self.lengths.append(HOUR)
                total += HOUR
        self.a_week = total

    def open_until(self, at: int) -> int:
        """Open seconds from the Monday before 1970 to `at`."""
        weeks, within = divmod(at + SINCE_MONDAY, WEEK)
        i = bisect_right(self.starts, within) - 1
        passed = 0 if i < 0 else self.before[i] + min(within - self.starts[i], self.lengths[i])
        return weeks * self.a_week + passed

    def due(self, at: int, need: int) -> int:
        """The earliest T >= at such that [at, T) holds `need` open seconds."""
        if need == 0:
            return at
        # The last of the seconds needed is the one numbered so, from that Monday on.
        weeks, within = divmod(self.open_until(at) + need - 1, self.a_week)
        i = bisect_right(self.before, within) - 1
        return weeks * WEEK + self.starts[i] + within - self.before[i] + 1 - SINCE_MONDAY

    def left(self, at: int, end: int) -> int:
        """Open seconds in [at, end)."""
        return self.open_until(end) - self.open_until(at) if end > at else 0


@lru_cache(maxsize=4_096)
def opening_hours(hours: int) -> OpeningHours:
    """The table of a policy's hours."""
    return OpeningHours(hours)
