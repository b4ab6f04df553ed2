# SPDX-License-Identifier: Apache-2.0
"""Batches: entries of many tickets under one root, their published leaves, and proofs from these. No Ape."""

from makegood.batches.batch import MAX_SIZE, Batch, Counts
from makegood.batches.entry import ENTRY_BYTES, LANE, Act, Entry, ticket_id
from makegood.batches.leaves import file_name, read_leaves, write_leaves
from makegood.batches.proof import Proof, proofs_of, prove

__all__ = [
    "ENTRY_BYTES",
    "LANE",
    "MAX_SIZE",
    "Act",
    "Batch",
    "Counts",
    "Entry",
    "Proof",
    "file_name",
    "proofs_of",
    "prove",
    "read_leaves",
    "ticket_id",
    "write_leaves",
]
