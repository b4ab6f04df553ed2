# SPDX-License-Identifier: Apache-2.0
"""A log on the direct lane: every row a transaction at its own second."""

from makegood.replay.log import OPENED, Row
from makegood.replay.playing import Playing, Timeline
from makegood.replay.stage import Step


class DirectRun(Playing):
    """Rows of one second share a block."""

    def _timeline(self) -> Timeline:
        return ((rows[0].at, [self._step(row) for row in rows]) for rows in self._log.by_second())

    def _step(self, row: Row) -> Step:
        if row.event != OPENED:
            return self._direct(row)
        arguments = (1, int(row.priority), self._stage.digest(row.ticket))
        return Step(self._stage.requester(row.ticket), "open_ticket", arguments, (row.line,))
