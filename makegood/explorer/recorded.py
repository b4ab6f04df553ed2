# SPDX-License-Identifier: Apache-2.0
"""What the index has on record of a receipt's ticket, plainly, for the page that compares it in the browser.

Nothing of the receipt but chain, desk, ticket id and batch number is asked with. What is not there is null:
that is an answer, not an error.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from makegood.clock import CALENDAR_HOURS, Priority, TicketState
from makegood.errors import NotIndexed
from makegood.explorer.phrases import sentence
from makegood.explorer.reading import DeskRow, Reader
from makegood.indexer import queries, schema
from makegood.indexer.queries import Happened
from makegood.receipts.batch_standing import ANSWERS, SHOWN
from makegood.receipts.standing import REPLIES

PATH = "/api/v1/recorded/{chain}/{address}/{ticket}"

_MOST = 500
"""Registrations of agents, and replies, that are told."""

_PATTERNS = {
    "chain": re.compile(r"[0-9]{1,16}"),
    "address": re.compile(r"0x[0-9a-f]{40}"),
    "ticket": re.compile(r"0x[0-9a-f]{64}"),
    "batch": re.compile(r"[0-9]{0,16}"),
}


def build(reader: Reader, fields: Mapping[str, str], query: Mapping[str, str]) -> dict[str, Any]:
    """Raises NotIndexed for what is no such address."""
    asked = {**fields, "batch": query.get("batch", "")}
    for name, pattern in _PATTERNS.items():
        asked[name] = asked[name].lower()
        if not pattern.fullmatch(asked[name]):
            raise NotIndexed(
                sentence("A ticket is asked for by chain, desk and ticket id."),
                sentence("Check the address of the question."),
            )
    chain, ticket = int(asked["chain"]), asked["ticket"]
    cursor = reader.cursors.get(chain)
    found: dict[str, Any] = dict.fromkeys(("chain", "desk", "opening", "batch", "path"))
    found |= {"replies": [], "agents": []}
    if cursor is None:
        return found
    found["chain"] = {
        "head": cursor.head_number,
        "final": cursor.final_number,
        "now": reader.now(chain),
    }
    try:
        desk = reader.desk(chain, asked["address"])
    except NotIndexed:
        return found
    found["desk"] = {"name": desk.name}
    if queries.one(reader.connection, schema.tickets, chain=chain, desk=desk.address, ticket_id=ticket):
        found["path"] = f"/ticket/{chain}/{ticket}"
    found["opening"] = _opening(reader, desk, ticket)
    if asked["batch"]:
        found["batch"] = _batch(reader, desk, int(asked["batch"]))
    registered = _registered(reader, desk)
    found["replies"] = _replies(reader, desk, ticket, registered)
    found["agents"] = registered if asked["batch"] else []
    return found


def _of(reader: Reader, desk: DeskRow, names: tuple[str, ...], **about: Any) -> list[Happened]:
    """The desk's events about a ticket, a batch or an agent, in order."""
    events = schema.events
    # Not by the chain: its index would be taken for the order's sake, and that is the whole table.
    fits = [events.c[name] == value for name, value in about.items()]
    found = queries.events_of(
        reader.connection, events.c.desk == desk.address, events.c.name.in_(names), *fits, newest=_MOST
    )
    return [each for each in found[::-1] if each.row["chain"] == desk.chain]


def _where(event: Happened) -> dict[str, Any]:
    return {
        "transaction": event.row["transaction_hash"],
        "block_number": event.row["block_number"],
        "block_hash": event.row["block_hash"],
    }


def _opening(reader: Reader, desk: DeskRow, ticket: str) -> dict[str, Any] | None:
    for event in _of(reader, desk, ("TicketOpened",), ticket_id=ticket):
        state = TicketState.unpack(event.arguments["word"])
        return {
            "lane": 1 if int(event.arguments["agent"], 16) else 0,
            "requester": event.arguments["requester"],
            "commitment": event.arguments["commitment"],
            "policy_id": state.policy_id,
            "priority": state.priority.label,
            "opened_at": event.row["time"],
            "reply_due": state.clock,
            "resolution_due": state.resolution,
            **_where(event),
        }
    return None


def _batch(reader: Reader, desk: DeskRow, number: int) -> dict[str, Any] | None:
    for event in _of(reader, desk, ("BatchAnchored",), batch=number):
        counts = list(event.arguments["counts"])
        policy = reader.policy(desk.chain, desk.address, event.arguments["policy_id"])
        always = policy is not None and policy.hours == CALENDAR_HOURS
        return {
            "root": event.arguments["root"],
            "size": sum(counts),
            "counts": {each.label: counts[each] for each in Priority},
            "policy_id": event.arguments["policy_id"],
            "anchored_at": event.row["time"],
            # Of a clock that always runs the dues can be told without a calendar.
            "targets": {each.label: [policy.targets[each][0], policy.targets[each][2]] for each in Priority}
            if policy is not None and always
            else None,
            **_where(event),
        }
    return None


def _registered(reader: Reader, desk: DeskRow) -> list[dict[str, Any]]:
    """Which DID each agent had from when until when."""
    table = schema.agents
    mine = table.select().where(table.c.chain == desk.chain, table.c.desk == desk.address).limit(_MOST)
    found: list[dict[str, Any]] = []
    for row in queries.rows(reader.connection, mine):
        found += _of_agent(_of(reader, desk, ("AgentRegistered", "AgentRevoked"), agent=row["agent"]))
    return found


def _of_agent(events: list[Happened]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for event in events:
        at = event.row["time"]
        if found:
            ends = at if event.name == "AgentRegistered" else event.arguments["until"] + 1
            found[-1]["until"] = min(found[-1]["until"], ends)
        if event.name == "AgentRegistered":
            found.append(
                {
                    "agent": event.arguments["agent"],
                    "did_digest": event.arguments["did_digest"],
                    "block_number": event.row["block_number"],
                    "since": max(at, event.arguments["since"]),
                    # Not its last second, but the first without it.
                    "until": event.arguments["until"] + 1,
                }
            )
    return found


def _replies(
    reader: Reader, desk: DeskRow, ticket: str, registered: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    found = []
    for event in _of(reader, desk, (*REPLIES, SHOWN), ticket_id=ticket):
        shown = event.name == SHOWN
        if shown and event.arguments["act"] not in ANSWERS:
            continue
        agent = event.arguments["actor" if shown else "agent"]
        at = event.arguments["at"] if shown else event.row["time"]
        place, most = ("since", at) if shown else ("block_number", event.row["block_number"])
        had = [each["did_digest"] for each in registered if each["agent"] == agent and each[place] <= most]
        dids = had if shown else had[-1:]
        found.append({"digest": event.arguments["digest"], "agent": agent, "at": at, "dids": dids})
    return found
