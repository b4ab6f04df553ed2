# SPDX-License-Identifier: Apache-2.0
"""Receipts: files that prove a ticket to anyone. Build one, read it, verify it step by step. No Ape."""

from makegood.receipts.batch_building import AS_PUBLISHED, Source
from makegood.receipts.building import build
from makegood.receipts.reading import read
from makegood.receipts.receipt import MAX_BYTES, MAX_DOCUMENT_BYTES, MAX_STATEMENTS, TYPE, Inclusion, Receipt
from makegood.receipts.step import Outcome, Step, Verification
from makegood.receipts.verifying import verify, verify_file

__all__ = [
    "AS_PUBLISHED",
    "MAX_BYTES",
    "MAX_DOCUMENT_BYTES",
    "MAX_STATEMENTS",
    "TYPE",
    "Inclusion",
    "Outcome",
    "Receipt",
    "Source",
    "Step",
    "Verification",
    "build",
    "read",
    "verify",
    "verify_file",
]
