# SPDX-License-Identifier: Apache-2.0
"""The lines of books as CSV: RFC 4180, and nothing in it that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
from typing import TextIO

from makegood.books.ledger import Line
from makegood.clock import Kind
from makegood.explorer.languages import iso
from makegood.explorer.phrases import Token

COLUMNS = (
    "line",
    "block",
    "time",
    "transaction",
    "log_index",
    "event",
    "movement",
    "of",
    "kind",
    "ticket",
    "batch",
    "dispute",
    "from",
    "to",
    "person",
    "amount_units",
    "amount",
    "asset",
    "balance_units",
    "balance",
    "free_units",
    "reserved_units",
    "credited_units",
    "bonds_units",
    "debt_units",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


class CsvFile:
    """Writes line by line."""

    def __init__(self, file: TextIO, token: Token) -> None:
        """`file` is opened with newline=""."""
        self._writer = csv.writer(file, lineterminator="\r\n")
        self._token = token
        self._writer.writerow(COLUMNS)

    def write(self, number: int, line: Line) -> None:
        """One movement."""
        event, part, after = line.event, line.part, line.after
        cells = (
            number,
            event.block,
            iso(event.time),
            event.transaction,
            event.log_index,
            event.name,
            part.movement.value,
            part.of.value if part.of else "",
            " ".join(Kind(part.kinds).labels),
            part.ticket,
            part.batch or "",
            part.dispute or "",
            line.source,
            line.target,
            line.person,
            part.amount,
            whole(part.amount, self._token.decimals),
            self._token.symbol,
            after.funds,
            whole(after.funds, self._token.decimals),
            after.free,
            after.reserved,
            after.credited,
            after.bonds,
            after.debt,
        )
        self._writer.writerow([safe(str(cell)) for cell in cells])


def safe(cell: str) -> str:
    """A cell that no spreadsheet calculates."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def whole(units: int, decimals: int) -> str:
    """An amount in whole units, exact, without what sets thousands apart."""
    digits = str(units).rjust(decimals + 1, "0")
    rest = digits[len(digits) - decimals :].rstrip("0") if decimals else ""
    return f"{digits[: len(digits) - decimals]}{'.' if rest else ''}{rest}"
