# SPDX-License-Identifier: Apache-2.0
"""A ticket log through a desk, on a chain whose time can be set, and what was breached by it."""

from makegood.replay.batch_plan import EVERY, Batching
from makegood.replay.choice import driver_for
from makegood.replay.driver import Driver
from makegood.replay.log import Log, Row, parse_log, read_log
from makegood.replay.playing import CLAIMED_AFTER, Progress
from makegood.replay.result import BatchFigures, Result, TicketResult
from makegood.replay.run import run

__all__ = [
    "CLAIMED_AFTER",
    "EVERY",
    "BatchFigures",
    "Batching",
    "Driver",
    "Log",
    "Progress",
    "Result",
    "Row",
    "TicketResult",
    "driver_for",
    "parse_log",
    "read_log",
    "run",
]
