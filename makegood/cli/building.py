# SPDX-License-Identifier: Apache-2.0
"""`makegood receipt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from makegood.cli.command import Command, json_option, rpc_option
from makegood.console.ids import bytes32
from makegood.console.output import Output
from makegood.console.receipt_options import receipt_options
from makegood.rpc import connected, kept_secret

if TYPE_CHECKING:
    from makegood.console.receipt_options import Wanted


@click.command(cls=Command)
@receipt_options
@click.option("--desk", required=True, metavar="ADDRESS", help="The ticket's desk.")
@rpc_option("the desk's")
@json_option
def receipt(ticket: str | None, wanted: Wanted, desk: str, rpc: str | None, as_json: bool) -> None:
    """Make the receipt of TICKET, a whole ticket id, for `makegood verify`.

    It holds the document that opened the ticket and the signed statements on its replies, where they are
    given or kept here. The document is private: pass the receipt on with --without-document. A ticket is
    found soonest by --transaction, or from --from-block on. The receipt is written to receipts/ in the data
    folder, there made anew each time, unless --out names a file.

    \b
    Exit codes: 0 it is written; 2 a file or an option cannot be used; 3 there is no such ticket or desk; 4 a
    statement is not one on this ticket; 1 the node gave no usable answer, or the file cannot be written.

    \b
    Examples:
      makegood receipt --transaction 0x8a1d… --desk 0x825F…d7da --rpc https://node.example
      makegood receipt 0x5f0c…e1 --desk 0x825F…d7da --leaves https://desk.example/batches --batch 7
      makegood receipt 0x5f0c…e1 --desk 0x825F…d7da --document ticket.json --out receipt.json
    """
    from makegood.console import receipts
    from makegood.desk import Desk

    ticket_id = None if ticket is None else bytes32(ticket)
    with kept_secret(rpc):
        receipts.make(Desk(connected(rpc), desk), ticket_id, wanted, Output(as_json))
