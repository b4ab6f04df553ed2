# SPDX-License-Identifier: Apache-2.0
"""Whether a batch's root commits to a ticket's opening, by the receipt's own path. Asks no chain."""

from makegood import merkle
from makegood.console import words
from makegood.receipts.receipt import Receipt
from makegood.receipts.step import Step, failed, passed, skipped

NAME = "inclusion"

_ALTERED = "The receipt was altered, or made wrongly: ask the desk for it anew, or for the batch's leaves."


def check(receipt: Receipt) -> Step:
    """The step; skipped on the lanes without batches."""
    found = receipt.inclusion
    if found is None:
        return skipped(NAME, "No batch opened this ticket.")
    leaves = words.count(found.size, "leaf").replace("leafs", "leaves")
    if found.index >= found.size:
        return failed(NAME, f"The batch has {leaves}, and so none at index {found.index}.", _ALTERED)
    expected = merkle.path_length(found.index, found.size)
    if len(found.path) != expected:
        return failed(
            NAME,
            f"At index {found.index} of {leaves} a path has {expected} hashes; this one has "
            f"{len(found.path)}.",
            _ALTERED,
        )
    leaf = merkle.leaf_hash(receipt.opening().encoded())
    if not merkle.verify(found.root, leaf, found.index, found.size, found.path):
        return failed(
            NAME,
            f"The path does not lead from this opening, at index {found.index} of {leaves}, to the root "
            f"0x{found.root.hex()}.",
            _ALTERED,
        )
    at = f"at index {found.index} of {leaves}"
    return passed(NAME, f"The root of batch {found.batch} commits to this opening, {at}.")
