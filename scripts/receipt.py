# SPDX-License-Identifier: Apache-2.0
"""`ape run receipt`."""

from makegood.console import receipts, ticket_ids
from makegood.console.command import command
from makegood.console.ids import bytes32
from makegood.console.receipt_options import Wanted, receipt_options
from makegood.console.run import Run


@command(acts_as=None)
@receipt_options
def cli(run: Run, ticket: str | None, wanted: Wanted) -> None:
    """Make TICKET's receipt: one file that proves to anyone what was recorded, for `makegood verify`.

    It holds the document that opened the ticket and the signed statements on its replies, where these
    commands kept them, and is written to receipts/ in the data folder. There a ticket's receipt is made anew
    each time, as replies come, and keeps what it held; no other file is overwritten. The document is private:
    pass the receipt on with --without-document. Nothing is sent.

    \b
    Examples:
      ape run receipt 0x5f0c…e1
      ape run receipt 0x5f0c…e1 --without-document --out for-others.json
      ape run receipt 0x5f0c…e1 --leaves published --batch 7
      ape run receipt --transaction 0x8a1d… --document ticket.json --statement reply.jwt
    """
    if wanted.from_block is not None:
        run.first_block = wanted.from_block
    if ticket is None:
        ticket_id = None
    else:
        # The chain knows no ids of tickets that were not proven.
        ticket_id = ticket_ids.ticket_id(run, ticket) if wanted.leaves is None else bytes32(ticket)
    receipts.make(run.desk, ticket_id, wanted, run.output, first_block=run.first_block, dry_run=run.dry_run)
