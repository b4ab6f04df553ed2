# SPDX-License-Identifier: Apache-2.0
"""The tables of an index. docs/indexer.md says what each column means.

Ids, digests and addresses are lower-case hex with 0x; times are seconds since 1970; amounts are in the
smallest units of the desk's asset. Every row belongs to a chain, nearly every one to a desk, which is named
by its address.
"""

from __future__ import annotations

from makegood.indexer.schema.batch_tables import batches, leaf_files, leaves
from makegood.indexer.schema.columns import Amount, metadata
from makegood.indexer.schema.desk_tables import agents, channels, coverages, desks, keepers, panels, policies
from makegood.indexer.schema.money_tables import accounts, books, debts, disputes
from makegood.indexer.schema.seen_tables import (
    REGISTRATIONS,
    blocks,
    chains,
    events,
    reorganisations,
    sources,
    undo,
)
from makegood.indexer.schema.ticket_tables import attainment, breaches, promises, tallies, tickets

__all__ = [
    "DERIVED",
    "REGISTRATIONS",
    "Amount",
    "accounts",
    "agents",
    "attainment",
    "batches",
    "blocks",
    "books",
    "breaches",
    "chains",
    "channels",
    "coverages",
    "debts",
    "desks",
    "disputes",
    "events",
    "keepers",
    "leaf_files",
    "leaves",
    "metadata",
    "panels",
    "policies",
    "promises",
    "reorganisations",
    "sources",
    "tallies",
    "tickets",
    "undo",
]

DERIVED = (
    desks,
    books,
    policies,
    coverages,
    agents,
    channels,
    keepers,
    panels,
    tickets,
    promises,
    breaches,
    attainment,
    tallies,
    batches,
    disputes,
    accounts,
    debts,
)
"""What is folded from events, and from the leaves that were published."""
