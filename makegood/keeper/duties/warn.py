# SPDX-License-Identifier: Apache-2.0
"""Warning before a breach: at the given times of open hours before each due time, once for each."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

from makegood import clock
from makegood.batches.entry import Act
from makegood.clock import Kind, Priority
from makegood.errors import MakegoodError
from makegood.indexer import schema
from makegood.indexer.queries import one
from makegood.indexer.terms import read
from makegood.indexer.tickets import RUNNING
from makegood.keeper.channels import Message, channels_of
from makegood.keeper.told import Told, Warned
from makegood.keeper.world import Seen, World
from makegood.logs import fields

log = logging.getLogger(__name__)

_RESOLUTION = 0  # the number of a ticket's resolution among its promises
_ENDS_RESOLUTION = (Act.LEFT_PENDING, Act.SOLVED)
_ENDS_REPLY = (Act.REPLIED, Act.LEFT_PENDING, Act.SOLVED)
_IN_ONE = 50


class Warn:
    """Open time stands still while the desk is closed: nobody is told at night, and not too late either."""

    name, slow = "warn", False

    def __init__(self, world: World) -> None:
        self._world = world
        self._settings = world.settings.warn
        self._channels = channels_of(self._settings)
        self._told = Told(world.outbox.database, world.desk.chain_id, world.place, world.outbox.now)

    def do(self) -> int:
        """Note what comes near, and tell what was not told yet."""
        if not self._settings.before:
            return 0
        with self._world.outbox.database.lock(f"warn {self._world.place}") as mine:
            if not mine:
                return 0
            with self._world.seen() as seen:
                self._note(seen)
                now = seen.now
            return self._tell(now)

    # ------------------------------------------------------------ what comes near

    def _note(self, seen: Seen) -> None:
        near: dict[tuple[str, int], Warned] = {}
        for before in sorted(self._settings.before, reverse=True):
            for row in self._due_within(seen, before):
                # Where several times are reached at once, the nearest tells it all.
                near[row["ticket_id"], row["number"]] = Warned(
                    row["ticket_id"], row["number"], before, row["due"]
                )
        known = self._told.known(seen.now)
        fresh = [each for each in near.values() if (each.ticket, each.promise, each.before) not in known]
        self._told.note([each for each in fresh if not self._is_answered(seen, each)])

    def _due_within(self, seen: Seen, before: int) -> list[dict[str, Any]]:
        promises, found = schema.promises, []
        for policy in seen.rows(schema.policies):
            until = clock.due(read(policy["terms"]).hours, seen.now, before)
            found += seen.rows(
                promises,
                promises.c.policy_id == policy["policy_id"],
                promises.c.state == RUNNING,
                promises.c.due.between(seen.now, until),
            )
        return found

    def _is_answered(self, seen: Seen, each: Warned) -> bool:
        """Whether the answer is here already and waits for its batch."""
        ticket = bytes.fromhex(each.ticket[2:])
        promises = schema.promises.c
        (row,) = seen.rows(
            schema.promises, promises.ticket_id == each.ticket, promises.number == each.promise
        )
        acts = _ENDS_RESOLUTION if each.promise == _RESOLUTION else _ENDS_REPLY
        return self._world.store.answered_since(ticket, row["began_at"], acts)

    # ------------------------------------------------------------ telling

    def _tell(self, now: int) -> int:
        waiting = self._told.waiting(now)
        for channel in self._channels:
            missing = [each for each in waiting if channel.name not in each.told]
            for start in range(0, len(missing), _IN_ONE):
                some = missing[start : start + _IN_ONE]
                try:
                    channel.send(self._message(some, now))
                except MakegoodError as error:
                    log.error("warning not taken", extra=fields(channel=channel.name, why=error))
                    continue
                self._told.took(some, channel.name)
                log.info("warned", extra=fields(channel=channel.name, promises=len(some)))
        self._told.settle(waiting, {channel.name for channel in self._channels})
        return len(waiting)

    def _message(self, some: list[Warned], now: int) -> Message:
        data = tuple(self._data(each) for each in some)
        lines = tuple(
            f"{each['promise'].capitalize()} of {each['ticket']} ({each['priority']}) "
            f"is due at {each['due']}, in {_span(warned.due - now)}."
            for each, warned in zip(data, some, strict=True)
        )
        what = f"{len(some)} promises fall due" if len(some) > 1 else "a promise falls due"
        return Message(f"Desk {self._world.desk.address}: {what}", lines, data)

    def _data(self, each: Warned) -> dict[str, Any]:
        with self._world.index.reading() as connection:
            key = {"chain": self._world.desk.chain_id, "desk": self._world.place, "ticket_id": each.ticket}
            row = one(connection, schema.promises, number=each.promise, **key)
        assert row is not None  # noqa: S101
        return {
            "ticket": each.ticket,
            "promise": Kind(row["kind"]).labels[0].replace("_", " "),
            "priority": Priority(row["priority"]).label,
            "due": _moment(each.due),
            "before": each.before,
            "desk": self._world.desk.address,
        }


def _span(seconds: int) -> str:
    hours, minutes = divmod(max(0, seconds) // 60, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
