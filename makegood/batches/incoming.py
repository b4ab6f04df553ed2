# SPDX-License-Identifier: Apache-2.0
"""Events as a desk's other systems tell them: JSON lines, one a line. docs/batches.md has the fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from typing import Any, NoReturn

from eth_utils.address import is_checksum_address, is_checksum_formatted_address, to_checksum_address

from makegood.batches.entry import Act, ticket_id
from makegood.clock import Priority
from makegood.errors import IncomingError

EVENTS: Mapping[str, Act] = {
    "opened": Act.OPENED,
    "replied": Act.REPLIED,
    "pending": Act.LEFT_PENDING,
    "solved": Act.SOLVED,
    "followed_up": Act.FOLLOWED_UP,
}
"""What a line may tell, by its word."""

_TIME_MAX = 2**32 - 1  # the last second that a ticket's word holds
_ID_MAX = 200  # characters
_LINE_MAX = 4_096  # characters
_HEX = re.compile(r"[0-9a-fA-F]+")
_FIELDS = {
    Act.OPENED: ({"event", "requester", "priority", "commitment", "at"}, {"id"}),
    Act.FOLLOWED_UP: ({"event", "ticket", "digest", "at"}, {"id"}),
}
_FIELDS_OF_REPLIES = ({"event", "ticket", "digest", "at"}, {"id", "agent"})


@dataclass(frozen=True, slots=True)
class Incoming:
    """One event of a batch ticket.

    `id` tells it from every other one: the same id given twice is one event. `actor` is the requester of an
    opening, the agent of a reply, and empty for a follow-up, which is its ticket's requester's. `priority` is
    an opening's. `source` is the line, for whoever looks for it.
    """

    id: str
    act: Act
    ticket: bytes
    at: int
    actor: str
    digest: bytes
    priority: Priority | None
    source: str

    def content(self) -> bytes:
        """A digest of all that it says beside its id."""
        said = (self.act, self.ticket.hex(), self.at, self.actor, self.digest.hex(), self.priority)
        return sha256(repr(tuple(str(each) for each in said)).encode()).digest()

    def anchored_id(self) -> str:
        """The id that it has where only its batch was left of it."""
        return f"anchored {self.content().hex()}"


def read_lines(
    lines: Iterable[str], name: str, *, chain_id: int, desk: str, agent: str
) -> tuple[Incoming, ...]:
    """The events of some lines, in order; empty lines are passed over.

    `name` is what the lines come from. `agent` answered where a line does not say who did. Raises
    IncomingError, with the line, for the first that is no event; then none is taken.
    """
    reader = _Reader(name, chain_id, desk, agent)
    return tuple(reader.event(number, line.strip()) for number, line in enumerate(lines, 1) if line.strip())


@dataclass
class _Reader:
    name: str
    chain_id: int
    desk: str
    agent: str
    line: int = 0

    def event(self, number: int, text: str) -> Incoming:
        self.line = number
        fields = self._fields(text)
        act = EVENTS[fields["event"]]
        if act is Act.OPENED:
            actor = self._address(fields, "requester")
            digest = self._bytes32(fields, "commitment")
            if not any(digest):
                self._refuse("The commitment is zero.")
            ticket = ticket_id(self.chain_id, self.desk, actor, digest)
            priority = self._priority(fields["priority"])
        else:
            actor = "" if act is Act.FOLLOWED_UP else self._agent(fields)
            digest = self._bytes32(fields, "digest")
            ticket = self._bytes32(fields, "ticket")
            priority = None
        return Incoming(
            id=self._id(fields, text),
            act=act,
            ticket=ticket,
            at=self._time(fields["at"]),
            actor=actor,
            digest=digest,
            priority=priority,
            source=f"{self.name}, line {number}",
        )

    def _fields(self, text: str) -> Mapping[str, Any]:
        if len(text) > _LINE_MAX:
            self._refuse(f"An event has at most {_LINE_MAX:,} characters.")
        try:
            fields = json.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError):
            self._refuse("This is no JSON object, or one with a name twice.", "Write one event a line.")
        if not isinstance(fields, dict):
            self._refuse("This is no JSON object.", "Write one event a line.")
        event = fields.get("event")
        if not isinstance(event, str) or event not in EVENTS:
            self._refuse(f"The event is none of {', '.join(EVENTS)}.")
        required, optional = _FIELDS.get(EVENTS[event], _FIELDS_OF_REPLIES)
        for name in sorted(required - fields.keys()):
            self._refuse(f'"{name}" is missing.')
        for name in sorted(fields.keys() - required - optional):
            self._refuse(f'"{name[:40]}" is not known here.')
        return fields

    def _address(self, fields: Mapping[str, Any], name: str) -> str:
        value = fields[name]
        digits = value[2:] if isinstance(value, str) and len(value) == 42 else ""
        if not _is_hex(digits) or value[:2] != "0x":
            self._refuse(f'"{name}" is no address.', "Give 0x and 40 hexadecimal digits.")
        address = _checksummed(value)
        if address is None:
            self._refuse(f'"{name}" fails its checksum, so it has a typing error.')
        if not any(bytes.fromhex(digits)):
            self._refuse(f'"{name}" is the zero address.')
        return address

    def _agent(self, fields: Mapping[str, Any]) -> str:
        return self._address(fields, "agent") if "agent" in fields else self.agent

    def _bytes32(self, fields: Mapping[str, Any], name: str) -> bytes:
        value = fields[name]
        if not isinstance(value, str) or len(value) != 66 or value[:2] != "0x" or not _is_hex(value[2:]):
            self._refuse(f'"{name}" is not 32 bytes in hex.', "Give 0x and 64 hexadecimal digits.")
        return bytes.fromhex(value[2:])

    def _time(self, value: Any) -> int:
        if type(value) is not int or not 0 < value <= _TIME_MAX:
            self._refuse('"at" is no time.', "Give whole seconds since 1970.")
        return int(value)

    def _priority(self, value: Any) -> Priority:
        found = next((each for each in Priority if each.label == value), None)
        if found is None:
            self._refuse("The priority is none of urgent, high, normal, low.")
        return found

    def _id(self, fields: Mapping[str, Any], text: str) -> str:
        if "id" not in fields:
            return sha256(text.encode()).hexdigest()
        value = fields["id"]
        if not isinstance(value, str) or not 0 < len(value) <= _ID_MAX or not value.isprintable():
            self._refuse(f'"id" is no text of 1 to {_ID_MAX} characters.')
        return str(value)

    def _refuse(self, message: str, hint: str | None = None) -> NoReturn:
        raise IncomingError(message, hint=hint, line=self.line, source=self.name)


def _is_hex(text: str) -> bool:
    return _HEX.fullmatch(text) is not None


# A desk's requesters and agents come again and again.
@lru_cache(maxsize=65_536)
def _checksummed(address: str) -> str | None:
    """An address with its checksum; None where it has another one."""
    if is_checksum_formatted_address(address) and not is_checksum_address(address):
        return None
    return to_checksum_address(address)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a name twice")
    return fields
