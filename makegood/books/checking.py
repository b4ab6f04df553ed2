# SPDX-License-Identifier: Apache-2.0
"""What the index added up by itself when it was written, beside what its events come to now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from makegood.books.ledger import Ledger
from makegood.errors import VerificationFailed
from makegood.indexer import schema
from makegood.indexer.fold_tickets import CHAIN
from makegood.indexer.queries import having

_HINT = "Compare the index with a node: `makegood index audit`; where they differ, begin a new index."


def differs(what: str, theirs: object, ours: object) -> VerificationFailed:
    """The index's own sum of something is not what its events give."""
    return VerificationFailed(
        f"An event is missing in the index, or one is too many: its tables say {theirs} of {what}, its "
        f"events {ours}.",
        hint=_HINT,
    )


def check_books(ledger: Ledger, block: int, row: Mapping[str, Any] | None, *, over: bool = False) -> None:
    """After a block that moved money, beside the row of `books`; `over` says that there should be no more."""
    if row is None and over:
        return
    if row is None or over or row["block_number"] != block:
        where = block if row is None else row["block_number"]
        raise VerificationFailed(
            f"An event is missing in the index, or one is too many: books and events of block {where} "
            "do not match.",
            hint=_HINT,
        )
    ours = {
        "funds": ledger.funds,
        "reserved": sum(ledger.held.values()),
        "credited": ledger.credited,
        "bonded": ledger.bonded,
        "debt_incurred": ledger.incurred,
        "debt_paid": ledger.paid,
    }
    for name, amount in ours.items():
        if row[name] != amount:
            raise differs(f"{name.replace('_', ' ')} (block {block})", row[name], amount)


def check_accounts(connection: Connection, chain: int, desk: str, ledger: Ledger) -> None:
    """What each beneficiary has."""
    rows = having(connection, schema.accounts, "beneficiary", chain=chain, desk=desk)
    theirs = {row["beneficiary"]: (row["credited"], row["collected"], row["debts"]) for row in rows}
    ours = {
        person: (account.credit, account.collected, account.debts)
        for person, account in ledger.accounts.items()
    }
    nothing = (0, 0, 0)
    for person in sorted(ours.keys() | theirs.keys()):
        if ours.get(person, nothing) != theirs.get(person, nothing):
            raise differs(f"the account of {person}", theirs.get(person), ours.get(person))


def check_counts(connection: Connection, chain: int, desk: str, counts: Mapping[str, int]) -> None:
    """How many tickets, batches and disputes there are, and what became of them."""
    tickets, batches, disputes = schema.tickets, schema.batches, schema.disputes
    on_chain = tickets.c.source == CHAIN
    for name, table, fits in (
        ("TicketOpened", tickets, (tickets.c.lane < 2,)),
        ("TicketProven", tickets, (on_chain, tickets.c.proven_at.is_not(None))),
        ("TicketClosed", tickets, (tickets.c.closed_at.is_not(None),)),
        ("BatchAnchored", batches, ()),
        ("Contested", disputes, ()),
        ("DisputeRuled", disputes, (disputes.c.ruled_at.is_not(None),)),
    ):
        mine = (table.c.chain == chain, table.c.desk == desk)
        query = select(func.count()).select_from(table).where(*mine, *fits)
        found = connection.execute(query).scalar_one()
        if found != counts.get(name, 0):
            raise differs(name, found, counts.get(name, 0))
