# SPDX-License-Identifier: Apache-2.0
"""Tables of text that fit a terminal of 100 columns."""

import textwrap
from collections.abc import Sequence

WIDTH = 100
_GAP = "  "
_NARROWEST = 8


def table(
    headers: Sequence[str], rows: Sequence[Sequence[str]], *, right: Sequence[int] = (), wrap: int = -1
) -> list[str]:
    """Lines of a table. Columns `right` are set flush right; column `wrap` takes what width is left.

    A cell may have several lines. No line ends in a space.
    """
    flexible = wrap % len(headers)
    widths = [
        max(len(line) for cell in (header, *(row[column] for row in rows)) for line in cell.split("\n"))
        for column, header in enumerate(headers)
    ]
    others = sum(widths) - widths[flexible] + len(_GAP) * (len(widths) - 1)
    widths[flexible] = min(widths[flexible], max(_NARROWEST, WIDTH - others))
    lines = _laid_out([headers], widths, right)
    lines.append(_GAP.join("─" * width for width in widths))
    return lines + _laid_out([_wrapped(row, flexible, widths[flexible]) for row in rows], widths, right)


def facts(rows: Sequence[tuple[str, str]], *, indent: int = 0) -> list[str]:
    """Lines of labels and texts, the texts aligned and wrapped."""
    label_width = max((len(label) for label, _ in rows), default=0)
    lines = []
    for label, text in rows:
        first = f"{' ' * indent}{label:<{label_width}}{_GAP}"
        pieces = [piece for line in text.split("\n") for piece in _fold(line, WIDTH - len(first))]
        lines.append((first + pieces[0]).rstrip())
        lines += [" " * len(first) + piece for piece in pieces[1:]]
    return lines


def _fold(text: str, width: int) -> list[str]:
    return textwrap.wrap(text, max(width, _NARROWEST), break_long_words=False, break_on_hyphens=False) or [""]


def _wrapped(row: Sequence[str], column: int, width: int) -> list[str]:
    cells = list(row)
    cells[column] = "\n".join(piece for line in row[column].split("\n") for piece in _fold(line, width))
    return cells


def _laid_out(rows: Sequence[Sequence[str]], widths: Sequence[int], right: Sequence[int]) -> list[str]:
    lines = []
    for row in rows:
        cells = [cell.split("\n") for cell in row]
        for index in range(max(len(cell) for cell in cells)):
            parts = []
            for column, cell in enumerate(cells):
                text = cell[index] if index < len(cell) else ""
                parts.append(text.rjust(widths[column]) if column in right else text.ljust(widths[column]))
            lines.append(_GAP.join(parts).rstrip())
    return lines
