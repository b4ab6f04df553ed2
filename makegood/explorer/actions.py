# SPDX-License-Identifier: Apache-2.0
"""What can be done about a ticket: calls to send with any wallet, and what to sign where others send."""

from __future__ import annotations

import json

from makegood import typed_data
from makegood.explorer import contests
from makegood.explorer.calls import DIGEST, WHAT_DIGEST, Action, approval, call, value_of
from makegood.explorer.phrases import Money, sentence
from makegood.explorer.reading import DeskRow, Reader, shown_address
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row
from makegood.indexer.standing import Standing
from makegood.indexer.tickets import CLOSED, HOLD, OPEN, PENDING, SOLVED
from makegood.policy import ChainPolicy


def of_ticket(
    reader: Reader, desk: DeskRow, ticket: Row, stands: Standing, policy: ChainPolicy, ready: int
) -> list[Action]:
    """What can be done now, the most useful first. `ready` is what the requester can collect."""
    found: list[Action] = []
    if stands.way == "claim":
        found.append(_claim(desk, ticket, stands))
    if ticket["challenged"] and stands.way == "end_challenge":
        found.append(_end_challenge(desk, ticket))
    if stands.way == "prove":
        found += _prove(reader, desk, ticket, policy)
    if ready:
        found.append(collect(desk, ticket["requester"], ready))
    if ticket["source"] == "chain" and not ticket["challenged"]:
        found += _messages(desk, ticket, stands, reader.now(desk.chain))
        found += contests.of_ticket(reader, desk, ticket, stands, policy)
        found += _close(desk, ticket, stands)
    return found


def _claim(desk: DeskRow, ticket: Row, stands: Standing) -> Action:
    return call(
        sentence("Claim %(amount)s and collect it at once", amount=Money(stands.amount, desk.token)),
        sentence("Anyone can send this; the money goes to the requester."),
        ("SupportDesk", desk.address),
        "claim",
        (("bytes32", ticket["ticket_id"]), ("bool", True)),
    )


def _end_challenge(desk: DeskRow, ticket: Row) -> Action:
    return call(
        sentence("End the challenge, claim, and collect at once"),
        sentence("Anyone can send this; the money goes to the requester."),
        ("BatchLane", desk.row["lane"]),
        "end_challenge",
        (("bytes32", ticket["ticket_id"]), ("bool", True), ("bool", True)),
    )


def collect(desk: DeskRow, beneficiary: str, amount: int) -> Action:
    """Take what is ready out of the pool."""
    return call(
        sentence("Collect %(amount)s that is ready, of all tickets", amount=Money(amount, desk.token)),
        sentence("Anyone can send this; the money goes to the requester."),
        ("CompensationPool", desk.row["pool"]),
        "collect",
        (("address", shown_address(beneficiary)),),
    )


def _prove(reader: Reader, desk: DeskRow, ticket: Row, policy: ChainPolicy) -> list[Action]:
    batch = queries.one(
        reader.connection, schema.batches, chain=desk.chain, desk=desk.address, batch=ticket["batch"]
    )
    leaves = None if batch is None else queries.batch_of(reader.connection, batch)
    if leaves is None or ticket["leaf_index"] is None:
        return []
    path = ["0x" + part.hex() for part in leaves.path(ticket["leaf_index"])]
    bond = policy.prove_bond
    return [
        call(
            sentence("Prove the ticket, with a bond of %(bond)s", bond=Money(bond, desk.token)),
            sentence(
                "The requester can send this, or a keeper that it named. The bond returns if the promise was "
                "broken."
            ),
            ("BatchLane", desk.row["lane"]),
            "prove_ticket",
            (
                ("uint256", ticket["batch"]),
                ("uint256", ticket["leaf_index"]),
                ("bytes32[]", path),
                ("address", shown_address(ticket["requester"])),
                ("bytes32", ticket["commitment"]),
                ("uint256", ticket["opened_at"]),
            ),
            value=value_of(desk, bond),
            notes=approval(desk),
        )
    ]


def _messages(desk: DeskRow, ticket: Row, stands: Standing, now: int) -> list[Action]:
    if ticket["status"] == CLOSED or stands.over:
        return []
    message = typed_data.follow_up(
        desk.chain,
        desk.address,
        ticket_id=bytes.fromhex(ticket["ticket_id"][2:]),
        digest=bytes(32),
        nonce=ticket["follow_up_nonce"],
        deadline=now + 7 * 86_400,
    )
    message["message"]["digest"] = DIGEST.name
    what = {
        OPEN: sentence("Write again (the desk owes you a reply already; its clock does not change)"),
        HOLD: sentence("Write again: the desk then owes you a reply"),
        PENDING: sentence("Answer the desk: its clocks run again"),
        SOLVED: sentence("Say that it is not solved: the desk then owes you a reply"),
    }[ticket["status"]]
    return [
        call(
            what,
            sentence("Only the requester, or anyone with the requester's signature over the typed data."),
            ("SupportDesk", desk.address),
            "follow_up",
            (("bytes32", ticket["ticket_id"]), ("bytes32", DIGEST)),
            notes=[WHAT_DIGEST],
            typed=json.dumps(message, indent=2),
        )
    ]


def _close(desk: DeskRow, ticket: Row, stands: Standing) -> list[Action]:
    if ticket["status"] == CLOSED or ticket["open_disputes"]:
        return []
    who = (
        sentence("Anyone can send this.")
        if stands.over
        else sentence("Only the requester. What is broken only later is then never owed.")
    )
    return [
        call(
            sentence("Close the ticket"),
            who,
            ("SupportDesk", desk.address),
            "close",
            (("bytes32", ticket["ticket_id"]),),
        )
    ]


def release(desk: DeskRow, batch: int) -> Action:
    """Free what an expired batch still holds."""
    return call(
        sentence("Release what the expired batch still holds"),
        sentence("Anyone can send this."),
        ("BatchLane", desk.row["lane"]),
        "release_batch",
        (("uint256", batch),),
    )


def by_default(desk: DeskRow, dispute: Row) -> Action:
    """Win a dispute that the arbiters left alone."""
    return call(
        sentence("Let silence decide: the requester wins, and collects at once"),
        sentence("Anyone can send this; the money goes to the requester."),
        ("ArbiterPanel", desk.row["panel"]),
        "rule_by_default",
        (("bytes32", dispute["ticket_id"]), ("uint256", dispute["kind"]), ("bool", True)),
    )
