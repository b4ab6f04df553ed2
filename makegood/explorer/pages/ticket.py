# SPDX-License-Identifier: Apache-2.0
"""A ticket: whose turn it is, what it is worth, what happened, and the proof."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.clock import CALENDAR_HOURS
from makegood.errors import NotIndexed
from makegood.explorer import actions
from makegood.explorer.calls import Action
from makegood.explorer.pages.timeline import Entry, history
from makegood.explorer.phrases import (
    Hex,
    Link,
    Moment,
    Money,
    Number,
    Part,
    Relative,
    Sentence,
    Units,
    sentence,
)
from makegood.explorer.reading import DeskRow, Reader, person, shown_address
from makegood.explorer.words import names
from makegood.explorer.words import ticket as words
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row
from makegood.indexer.standing import Standing, standing
from makegood.indexer.tickets import CLOSED, HOLD, OPEN, RESOLUTION
from makegood.policy import ChainPolicy


@dataclass(frozen=True, slots=True)
class Fact:
    """A name and what it is."""

    name: Sentence
    value: Part
    note: Sentence | None = None


@dataclass(frozen=True, slots=True)
class KindRow:
    """One promise of the ticket: what it pays, and what became of it."""

    kind: Sentence
    pays: Money | None
    state: str
    state_word: Sentence
    due: Moment | None
    left: Relative | None
    cause: Sentence | None
    paid: Money | None


@dataclass(frozen=True, slots=True)
class DisputeLine:
    """A dispute about the ticket."""

    link: Link
    kind: Sentence
    state: Sentence
    amount: Money
    until: Moment | None


@dataclass(frozen=True, slots=True)
class TicketView:
    """The page of a ticket. `ticket_id` to `source` are plain values, the rest is said in words."""

    chain: int
    ticket_id: str
    desk_address: str
    requester_address: str
    commitment: str
    status: str
    priority: str
    lane: int
    source: str
    whose_turn: str
    due: int | None
    late: bool
    claimable: Units
    paid: Units
    desk: Link
    status_word: Sentence
    priority_word: Sentence
    tone: str
    turn: Sentence
    answered: Sentence
    worth: Sentence
    backing: Sentence
    collectable: Money
    owed: Money
    finality: str
    finality_word: Sentence
    finality_means: Sentence
    kinds: list[KindRow]
    actions: list[Action]
    disputes: list[DisputeLine]
    facts: list[Fact]
    timeline: list[Entry]
    checks: list[str]
    unproven: bool


STATUS_NAMES = ("", "open", "hold", "pending", "solved", "closed")
PRIORITY_NAMES = ("urgent", "high", "normal", "low")


def build(reader: Reader, chain: int, ticket_id: str) -> TicketView:
    """Raises NotIndexed."""
    ticket = reader.ticket(chain, ticket_id)
    if ticket is None:
        raise NotIndexed(
            sentence("This index has no ticket with this id."),
            sentence(
                "If it was opened a moment ago, wait until its block is indexed. If it came with a receipt, "
                "check "
                "the receipt: it says on which chain and at which desk the ticket is. Nothing that you are "
                "owed "
                "depends on this page."
            ),
        )
    desk = reader.desk(chain, ticket["desk"])
    policy = reader.policy(chain, desk.address, ticket["policy_id"])
    if policy is None:
        raise NotIndexed(
            sentence("The ticket's policy is not in this index."),
            sentence("Wait until the index has caught up, then try again."),
        )
    now = reader.now(chain)
    stands = standing(ticket, policy, now)
    account = queries.collectable(reader.connection, chain, desk.address, ticket["requester"], desk.row)
    finality = reader.finality(chain, ticket["changed_block"])
    return TicketView(
        chain=chain,
        ticket_id=ticket_id,
        desk_address=shown_address(desk.address),
        requester_address=shown_address(ticket["requester"]),
        commitment=ticket["commitment"],
        status=STATUS_NAMES[ticket["status"]],
        priority=PRIORITY_NAMES[ticket["priority"]],
        lane=ticket["lane"],
        source=ticket["source"],
        whose_turn=stands.turn,
        due=stands.due,
        late=stands.late,
        claimable=stands.amount,
        paid=ticket["paid"],
        desk=desk.link,
        status_word=names.STATUSES[ticket["status"]],
        priority_word=names.PRIORITIES[ticket["priority"]],
        tone=words.tone(ticket, stands),
        turn=words.turn(ticket, stands, desk.token, now),
        answered=words.answered(ticket, stands, now),
        worth=words.worth(ticket, stands, desk.token, now),
        backing=words.backing(ticket, stands, desk.token),
        collectable=Money(account.now, desk.token),
        owed=Money(account.owed, desk.token),
        finality=finality,
        finality_word=names.FINALITIES[finality],
        finality_means=names.FINALITY_MEANS[finality],
        kinds=_kinds(reader, desk, ticket, stands, policy),
        actions=actions.of_ticket(reader, desk, ticket, stands, policy, account.now),
        disputes=_disputes(reader, desk, ticket),
        facts=_facts(reader, desk, ticket, policy),
        timeline=history(reader, desk, ticket),
        checks=_checks(desk, ticket),
        unproven=ticket["source"] != "chain",
    )


def _kinds(
    reader: Reader, desk: DeskRow, ticket: Row, stands: Standing, policy: ChainPolicy
) -> list[KindRow]:
    mine = {"ticket_id": ticket["ticket_id"], "chain": desk.chain}
    broken = {row["kind"]: row for row in reader.listed(schema.breaches, "kind", **mine)}
    amounts = policy.compensation[ticket["priority"]]
    found = []
    for kind in (1, 2, 4, 8):
        if kind == 8 and kind not in broken:
            continue
        pays = Money(amounts[kind.bit_length() - 1], desk.token) if kind != 8 else None
        found.append(_kind(reader, desk, ticket, stands, kind, pays, broken.get(kind)))
    return found


def _kind(
    reader: Reader,
    desk: DeskRow,
    ticket: Row,
    stands: Standing,
    kind: int,
    pays: Money | None,
    broken: Row | None,
) -> KindRow:
    state, word = _fate(ticket, stands, kind)
    due = _due(ticket, kind) if state in ("runs", "claim") else None
    if due is None and broken is not None:
        due = broken["due"]
    if due is None and kind == 1:
        due = ticket["first_reply_due"]
    moment = None if due is None else reader.moment(desk.chain, due)
    left = None if due is None or state != "runs" else reader.relative(desk.chain, due)
    paid = broken["amount"] if broken is not None else None
    return KindRow(
        kind=names.KINDS[kind],
        pays=pays,
        state=state,
        state_word=word,
        due=moment,
        left=left,
        cause=names.CAUSES[broken["cause"]] if broken is not None else None,
        paid=None if paid is None else Money(paid, desk.token),
    )


def _fate(ticket: Row, stands: Standing, kind: int) -> tuple[str, Sentence]:
    if ticket["compensated"] & kind:
        if ticket["backed"] or kind == 8:
            return "paid", sentence("broken, paid")
        return "paid", sentence("broken, granted as debt")
    if stands.claimable & kind:
        if stands.way == "expired":
            return "late", sentence("broken, never proven")
        return "claim", sentence("broken, not yet claimed")
    if stands.breached & kind:
        return "late", sentence("broken, not paid")
    return _unbroken(ticket, kind)


def _unbroken(ticket: Row, kind: int) -> tuple[str, Sentence]:
    runs = {
        1: ticket["status"] == OPEN and not ticket["replied"],
        2: ticket["status"] == OPEN and bool(ticket["replied"]),
        4: ticket["status"] in (OPEN, HOLD),
    }
    kept = {
        1: ticket["first_reply_at"] is not None,
        2: ticket["replies_due"] > 1,
        4: ticket["resolution_state"] == "kept",
    }
    if runs.get(kind):
        return "runs", sentence("clock runs")
    if kind == RESOLUTION and ticket["status"] != CLOSED and ticket["resolution_state"] == "paused":
        return "paused", sentence("clock stands still")
    return ("kept", sentence("kept")) if kept.get(kind) else ("none", sentence("not owed"))


def _due(ticket: Row, kind: int) -> int | None:
    due = ticket["resolution_due"] if kind == RESOLUTION else ticket["reply_due"]
    return None if due is None else int(due)


def _disputes(reader: Reader, desk: DeskRow, ticket: Row) -> list[DisputeLine]:
    mine = {"ticket_id": ticket["ticket_id"], "chain": desk.chain}
    rows = reader.listed(schema.disputes, "dispute", **mine)
    return [
        DisputeLine(
            Link(
                sentence("dispute %(number)s", number=Number(row["dispute"])),
                f"/dispute/{desk.chain}/{desk.row['panel']}/{row['dispute']}",
            ),
            names.KINDS[row["kind"]],
            names.DISPUTES[row["state"]],
            Money(row["amount"] if row["ruled_amount"] is None else row["ruled_amount"], desk.token),
            reader.moment(desk.chain, row["rules_until"]) if row["state"] == 1 else None,
        )
        for row in rows
    ]


def _facts(reader: Reader, desk: DeskRow, ticket: Row, policy: ChainPolicy) -> list[Fact]:
    found = [
        Fact(sentence("Desk"), desk.link),
        Fact(
            sentence("Requester"),
            person(ticket["requester"], desk.chain),
            words.HELD_BY_DESK if reader.desk_holds(ticket["requester"]) else None,
        ),
        Fact(sentence("Opened"), reader.moment(desk.chain, ticket["opened_at"])),
        Fact(
            sentence("Promises"),
            Link(sentence("policy %(number)s", number=Number(ticket["policy_id"])), desk.path),
            None if policy.hours == CALENDAR_HOURS else sentence("The clocks run in opening hours only."),
        ),
    ]
    if ticket["agent"]:
        agent = Hex(shown_address(ticket["agent"]), f"/agent/{desk.chain}/{ticket['agent']}")
        found.append(Fact(sentence("Opened for you by"), agent))
    if ticket["batch"] is not None:
        path = f"/batch/{desk.chain}/{desk.row['lane']}/{ticket['batch']}"
        batch = Link(sentence("batch %(number)s", number=Number(ticket["batch"])), path)
        found.append(Fact(sentence("Recorded in"), batch))
    found += [
        Fact(sentence("Ticket id"), Hex(ticket["ticket_id"])),
        Fact(
            sentence("Commitment"),
            Hex(ticket["commitment"]),
            sentence("SHA-256 of the document with which it was opened."),
        ),
        Fact(sentence("Chain"), str(desk.chain)),
    ]
    return found


def _checks(desk: DeskRow, ticket: Row) -> list[str]:
    address, ticket_id = shown_address(desk.address), ticket["ticket_id"]
    found = ['makegood verify receipt.json --rpc "$RPC"']
    if ticket["source"] == "chain":
        found += [
            f'cast call {address} "ticket(bytes32)" {ticket_id} --rpc-url "$RPC"',
            f'cast call {address} "claimable(bytes32)(uint256,uint256)" {ticket_id} --rpc-url "$RPC"',
        ]
    return found
