# SPDX-License-Identifier: Apache-2.0
"""A receipt from what the chain says."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from makegood.desk import Desk
from makegood.errors import NotFound, SignatureRefused, UsageError
from makegood.identity import Resolver
from makegood.receipts.batch_building import Source, find
from makegood.receipts.node import asking
from makegood.receipts.opening import Mined, lane_of, mined, state_of
from makegood.receipts.receipt import MAX_BYTES, MAX_DOCUMENT_BYTES, MAX_STATEMENTS, Receipt
from makegood.receipts.signing import signed


def build(
    desk: Desk,
    *,
    transaction: bytes | None = None,
    ticket_id: bytes | None = None,
    document: Mapping[str, Any] | None = None,
    statements: Sequence[str] = (),
    from_block: int = 0,
    resolver: Resolver | None = None,
    leaves: Source | None = None,
    batch: int | None = None,
) -> Receipt:
    """The receipt of the ticket that a transaction opened, or of the ticket of this id.

    With both, of that ticket among those that the transaction opened. Without a transaction it is looked for
    from `from_block` on. Of a ticket that a batch opened: from its id, the `leaves` of the batch (themselves,
    where they are, or `AS_PUBLISHED`), and where it is known the batch's number.

    Raises UsageError for a document that is not the ticket's, SignatureRefused for a statement that is not
    about it, NotFound where there is no such ticket.
    """
    if leaves is not None:
        if ticket_id is None:
            raise UsageError("The receipt of a ticket that a batch opened needs the ticket's id.")
        found_in_batch = find(
            desk, ticket_id, leaves, batch=batch, transaction=transaction, from_block=from_block
        )
        return completed(found_in_batch.receipt, document, statements, resolver)
    if transaction is None:
        if ticket_id is None:
            raise UsageError("A receipt needs a transaction or a ticket's id.")
        transaction = _opened_in(desk, ticket_id, from_block)
    found = mined(desk, transaction)
    receipt = _receipt(desk, found, transaction, _chosen(desk, found, ticket_id))
    return completed(receipt, document, statements, resolver)


def completed(
    receipt: Receipt,
    document: Mapping[str, Any] | None,
    statements: Sequence[str],
    resolver: Resolver | None = None,
) -> Receipt:
    """A receipt with a document and statements. Raises as `build` for those that are not the ticket's."""
    receipt = replace(receipt, document=document, statements=tuple(statements))
    if document is not None and receipt.document_digest != receipt.commitment:
        raise UsageError(
            "The document is not the one that opened the ticket: its digest is another.",
            hint="Give the document as it was when the ticket was opened.",
        )
    if receipt.document_size > MAX_DOCUMENT_BYTES:
        raise UsageError(
            f"The document has more than {MAX_DOCUMENT_BYTES:,} bytes, which a receipt does not hold.",
            hint="Leave it out, and pass it on beside the receipt.",
        )
    for one in signed(receipt, resolver):
        if isinstance(one, SignatureRefused):
            raise one
    if len(receipt.statements) > MAX_STATEMENTS or len(receipt.text().encode()) > MAX_BYTES:
        raise UsageError(
            f"A receipt holds at most {MAX_STATEMENTS} statements and {MAX_BYTES:,} bytes.",
            hint="Leave some statements out, or the document.",
        )
    return receipt


def _opened_in(desk: Desk, ticket_id: bytes, from_block: int) -> bytes:
    with asking("eth_getLogs"):
        for event in desk.events(("TicketOpened",), from_block, where=("ticket_id", ticket_id)):
            return event.transaction
    raise NotFound(
        f"The desk {desk.address} has no ticket 0x{ticket_id.hex()}.",
        hint="Check the id. For a ticket that a batch opened, give its leaves.",
    )


def _chosen(desk: Desk, found: Mined, ticket_id: bytes | None) -> bytes:
    ids = [bytes(event["ticket_id"]) for event in found.events]
    if ticket_id is None and len(ids) == 1:
        return ids[0]
    if ticket_id in ids:
        assert ticket_id is not None  # noqa: S101
        return ticket_id
    if len(ids) > 1 and ticket_id is None:
        raise UsageError(
            f"The transaction opened {len(ids)} tickets.", hint="Say which: give the ticket's id."
        )
    raise NotFound(
        f"The transaction opened no such ticket at the desk {desk.address}.",
        hint="Check the transaction and the id.",
    )


def _receipt(
    desk: Desk,
    found: Mined,
    transaction: bytes,
    ticket_id: bytes,
) -> Receipt:
    opening = found.event("ticket_id", ticket_id)
    assert opening is not None  # noqa: S101
    state = state_of(opening)
    return Receipt(
        chain_id=desk.chain_id,
        desk=desk.address,
        ticket_id=ticket_id,
        lane=lane_of(opening),
        requester=opening["requester"],
        commitment=bytes(opening["commitment"]),
        policy_id=state.policy_id,
        priority=state.priority,
        opened_at=found.at,
        reply_due=state.clock,
        resolution_due=state.resolution,
        transaction=transaction,
        block_number=found.block_number,
        block_hash=found.block_hash,
    )
