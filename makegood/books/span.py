# SPDX-License-Identifier: Apache-2.0
"""A span of days, in UTC, and the block up to which the books of it go."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from makegood.errors import NotFound, UsageError
from makegood.indexer import schema
from makegood.indexer.store import Cursor

_DAY = 86_400
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Span:
    """From the first second of a day on, to the last second of another; without a day, all there is."""

    first: date | None = None
    last: date | None = None

    @property
    def since(self) -> int:
        """The first second."""
        return 0 if self.first is None else _second(self.first)

    def until(self, head: int) -> int:
        """The last second of which an index that is at `head` knows."""
        return head if self.last is None else min(head, _second(self.last) + _DAY - 1)


@dataclass(frozen=True, slots=True)
class Closing:
    """Where books end: the block, its time and hash, and the last second that they speak of."""

    block: int
    time: int
    hash: str
    moment: int
    is_head: bool


def span_of(first: str | None, last: str | None) -> Span:
    """From two days as `2026-11-24`. Raises UsageError for what is none, and for an end before the start."""
    found = Span(_day("--from", first), _day("--until", last))
    if found.first and found.last and found.last < found.first:
        raise UsageError("--until is a day before --from.", hint="Both days belong to the span.")
    return found


def closing(connection: Connection, cursor: Cursor, desk: str, span: Span) -> Closing:
    """The block that is the span's last for the desk. Raises NotFound where the index begins after it."""
    moment = span.until(cursor.head_time)
    if span.since > cursor.head_time:
        raise NotFound(
            "The index has nothing of these days yet.", hint="It is filled by `makegood index run`."
        )
    if moment == cursor.head_time:
        return Closing(cursor.head_number, cursor.head_time, cursor.head_hash, moment, is_head=True)
    events, blocks = schema.events.c, schema.blocks
    mine = (events.chain == cursor.chain, events.desk == desk, ~events.orphaned, events.time <= moment)
    number = connection.execute(select(func.max(events.block_number)).where(*mine)).scalar()
    if number is None:
        raise NotFound("The desk had no event by then.", hint="Give a later --until.")
    fits = (blocks.c.chain == cursor.chain, blocks.c.number == number, ~blocks.c.orphaned)
    row = connection.execute(select(blocks.c.time, blocks.c.hash).where(*fits)).one()
    return Closing(number, row[0], row[1], moment, is_head=False)


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise UsageError(f"{option} is no day.", hint="Write it as 2026-11-24; days are in UTC.")


def _second(day: date) -> int:
    return int(datetime.combine(day, time(), UTC).timestamp())
