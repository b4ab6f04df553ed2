# SPDX-License-Identifier: Apache-2.0
"""What goes on at the demo's desk when its story is told: tickets that nobody answers in time,
and tickets that still run, on both lanes; official channels; a dispute."""

from __future__ import annotations

import secrets
from decimal import Decimal
from pathlib import Path
from typing import Any

from makegood import channels
from makegood.batches import Act, Batch, Entry, write_leaves
from makegood.clock import Kind, Priority, Status
from makegood.demo.stage import Stage
from makegood.demo.story import Story
from makegood.desk import BATCH_LANE, Call, Desk, Outcome
from makegood.policy import to_units

_FUNDS = "0.9"
_ALLOWANCE = "0.2"
_LATER = 600
"""Seconds after the last second at which the forgotten tickets were in time."""
_CHANNELS = ("https://wallet.example/support", "t.me/wallet_example_support", "help@wallet.example")


def go_on(story: Story, stage: Stage, leaves: Path, address: str) -> bytes:
    """Let the desk live: the leaves of its batch are written to a folder that `address` serves.

    Returns the id of a ticket that was not answered in time, and for which something can be claimed.
    """
    return _Living(story.desk, stage, address).run(leaves)


class _Living:
    def __init__(self, desk: Desk, stage: Stage, address: str) -> None:
        self._desk, self._stage, self._address = desk, stage, address
        self._cast = stage.cast

    def run(self, leaves: Path) -> bytes:
        desk = self._desk
        self._send("operator", desk.pool.fund(_units(_FUNDS)))
        self._send("operator", desk.set_allowance(self._cast["agent"].address, _units(_ALLOWANCE)))
        for channel in _CHANNELS:
            self._send("operator", desk.directory.publish_channel(channels.parse(channel).digest))
        forgotten = self._open("requester 1", Priority.URGENT)
        self._anchor(leaves)
        self._stage.travel_to((desk.ticket(forgotten).reply_due or 0) + _LATER)
        self._open("requester 1", Priority.URGENT)
        self._open("requester 2", Priority.LOW)
        self._reply(self._open("requester 2", Priority.HIGH), Status.HOLD)
        self._reply(self._open("requester 1", Priority.NORMAL), Status.PENDING)
        solved = self._open("requester 2", Priority.NORMAL)
        self._reply(solved, Status.SOLVED)
        policy = desk.policy(1)
        amount = policy.compensation[Priority.NORMAL][2]
        contest = desk.panel.contest(solved, Kind.RESOLUTION, amount, _digest(), policy.bond_of())
        self._send("requester 2", contest)
        return forgotten

    def _open(self, who: str, priority: Priority) -> bytes:
        outcome = self._send(who, self._desk.open_ticket(1, priority, _digest()))
        return bytes(outcome.event("TicketOpened")["ticket_id"])

    def _reply(self, ticket_id: bytes, status: Status) -> None:
        self._send("agent", self._desk.reply(ticket_id, status, _digest()))

    def _anchor(self, leaves: Path) -> None:
        desk, requester, agent = self._desk, self._cast["requester 1"].address, self._cast["agent"].address
        at = int(desk.w3.eth.get_block("latest")["timestamp"])
        openings = []
        for priority in (Priority.URGENT, Priority.NORMAL, Priority.LOW, Priority.LOW):
            commitment = _digest()
            ticket_id = desk.ticket_id(BATCH_LANE, requester, commitment)
            openings.append((Entry(ticket_id, 0, Act.OPENED, at, requester, commitment), priority))
        answered = openings[2][0].ticket_id
        batch = Batch.of(openings, [Entry(answered, 1, Act.SOLVED, at, agent, _digest())])
        leaves.mkdir(parents=True, exist_ok=True)
        write_leaves(batch, leaves)
        self._send(
            "agent", desk.lane.anchor_batch(1, batch.root, batch.counts, self._address, must_back=True)
        )

    def _send(self, who: str, call: Call[Any]) -> Outcome:
        return call.send(self._cast[who])


def _digest() -> bytes:
    return secrets.token_bytes(32)


def _units(whole: str) -> int:
    return to_units(Decimal(whole), 18)
