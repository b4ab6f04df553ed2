# SPDX-License-Identifier: Apache-2.0
"""Answers that are given again: a page says the same within one second, while the index is the same.

So a page that everybody looks at, such as that of a desk in trouble, is made once a second.
"""

from __future__ import annotations

from collections.abc import Hashable
from threading import Lock

MOST = 4_000_000
"""Bytes that are kept."""

Answer = tuple[int, bytes, str]
"""Status, content, and where it leads instead."""


class Kept:
    """The answers of one moment."""

    def __init__(self) -> None:
        self._moment: Hashable = None
        self._answers: dict[Hashable, Answer] = {}
        self._room = MOST
        self._lock = Lock()

    def get(self, moment: Hashable, key: Hashable) -> Answer | None:
        """What was answered at this moment."""
        with self._lock:
            return self._answers.get(key) if moment == self._moment else None

    def put(self, moment: Hashable, key: Hashable, answer: Answer) -> None:
        """It is the answer at this moment; those of another are forgotten."""
        with self._lock:
            if moment != self._moment:
                self._moment, self._answers, self._room = moment, {}, MOST
            self._room -= len(answer[1])
            if self._room >= 0:
                self._answers[key] = answer
