# SPDX-License-Identifier: Apache-2.0
"""Numbers for the charts that the server draws: places and lengths, in the units of the drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from makegood.explorer.phrases import Money, Sentence

WIDTH = 720


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a bar: how it is marked, what it is called, how much it is, and where it lies."""

    mark: str
    label: Sentence
    money: Money
    start: float
    length: float


@dataclass(frozen=True, slots=True)
class Column:
    """What was kept and broken in a stretch of days. The heights are of a drawing 100 high."""

    first_day: int
    last_day: int
    kept: int
    breached: int
    start: float
    width: float
    kept_height: float
    breached_height: float


def bar(pieces: Sequence[tuple[str, Sentence, Money]]) -> list[Piece]:
    """Pieces side by side that fill the width; what is nothing has no length."""
    total = sum(money.units for _, _, money in pieces)
    found, start = [], 0.0
    for mark, label, money in pieces:
        length = WIDTH * money.units / total if total else 0.0
        found.append(Piece(mark, label, money, round(start, 2), round(length, 2)))
        start += length
    return found


def columns(counts: Sequence[tuple[int, int, int, int]], gap: float = 4.0) -> list[Column]:
    """One for each (first day, last day, kept, broken); the tallest is 100 high."""
    if not counts:
        return []
    most = max(1, *(kept + breached for _, _, kept, breached in counts))
    step = WIDTH / len(counts)
    width = round(min(step - gap, 48.0), 2)
    return [
        Column(
            first, last, kept, breached, round(at * step, 2), width,
            round(100 * kept / most, 2), round(100 * breached / most, 2),
        )
        for at, (first, last, kept, breached) in enumerate(counts)
    ]  # fmt: skip
