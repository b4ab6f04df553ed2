# SPDX-License-Identifier: Apache-2.0
"""The desk's own record of its batches: the queue of events, and how far each batch is.

Whatever was committed here outlasts a crash of the machine. It is one SQLite file, which one process at a
time has, or stands in a database that the desk's services share.
"""

from __future__ import annotations

from pathlib import Path

from makegood.batches.kept import ANCHORED, PREPARED, SENT, Backlog, DeadLetter, Kept, Taken, Waiting
from makegood.batches.ledger import Ledger
from makegood.batches.queue import Queue

__all__ = ["ANCHORED", "PREPARED", "SENT", "Backlog", "DeadLetter", "Kept", "Store", "Taken", "Waiting"]


class Store(Queue, Ledger):
    """The record of one desk on one chain. A context manager: leaving it lets the next process in."""

    @property
    def folder(self) -> Path:
        """Where the leaves of its batches are kept."""
        return self.home / "leaves"
