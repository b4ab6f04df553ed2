# SPDX-License-Identifier: Apache-2.0
"""Which ticket an argument means."""

import re

from makegood.console.ids import bytes32
from makegood.console.run import Run
from makegood.errors import NotFound, UsageError

# First digits of an id, and last ones where it was shortened in the middle, as tables show it.
_SHORTENED = re.compile(r"0x([0-9a-f]{4,63})(?:…([0-9a-f]+))?", re.IGNORECASE)


def ticket_id(run: Run, text: str) -> bytes:
    """The id, 32 bytes, of a whole id in hex, of its first digits, or of its form in a table.

    Raises NotFound where the desk has no such ticket, UsageError where it has several or the text is no id.
    """
    match = _SHORTENED.fullmatch(text)
    if match is None:
        return _whole(text)
    start, end = match[1].lower(), (match[2] or "").lower()
    ids = _all_ids(run)
    found = [each for each in ids if each.hex().startswith(start) and each.hex().endswith(end)]
    if not found:
        raise NotFound(f'The desk has no ticket "{text}".', hint="`ape run status` lists the open ones.")
    if len(found) > 1:
        raise UsageError(f'"{text}" fits {len(found)} tickets.', hint="Give more of its digits.")
    return found[0]


def _whole(text: str) -> bytes:
    try:
        return bytes32(text)
    except UsageError:
        raise UsageError(
            f'"{text}" is no ticket id.',
            hint="Give 0x and its 64 hexadecimal digits, or at least the first 4 of them.",
        ) from None


def _all_ids(run: Run) -> list[bytes]:
    """Of the tickets that are on chain: those of a batch are so once they are proven."""
    opened = run.desk.events(("TicketOpened",), from_block=run.first_block)
    proven = run.desk.lane.events(("TicketProven",), from_block=run.first_block)
    return [bytes(event["ticket_id"]) for events in (opened, proven) for event in events]
