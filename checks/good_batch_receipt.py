# SPDX-License-Identifier: Apache-2.0
"""A batch's receipt that an offline check does not refuse, for `checks.malformed_receipts` to damage."""

import hashlib
from dataclasses import replace

from checks.good_receipt import ISSUED_AT, KEYS, Good
from makegood.batches import Act, Batch, Entry, prove
from makegood.clock import Priority
from makegood.desk import BATCH_LANE
from makegood.identity import Statement, StatementKind, issue
from makegood.receipts import Inclusion

NUMBER = 3
"""Of its batch on chain."""

_BESIDE = 12  # leaves; with its own thirteen, so that levels of the tree have one left over


def batched(direct: Good) -> Good:
    """The same ticket as one of a batch; what is a stranger to the direct one is to this one as well."""
    bare = replace(direct.receipt, lane=BATCH_LANE, statements=())
    receipt = replace(bare, ticket_id=bare.computed_ticket_id())
    opening = receipt.opening()
    beside = [_beside(opening, number) for number in range(_BESIDE)]
    batch = Batch.of([(entry, Priority.URGENT) for entry in (opening, *beside)])
    found = prove(batch, NUMBER, batch.index(opening))
    said = Statement(StatementKind.REPLY, receipt.ticket_id, _digest("a reply")).claims(issued_at=ISSUED_AT)
    return Good(
        replace(
            receipt,
            inclusion=Inclusion(NUMBER, found.index, batch.size, found.path, batch.root),
            statements=tuple(issue(said, key) for key in KEYS),
        ),
        (*direct.strangers, *direct.receipt.statements),
        direct.port,
    )


def _beside(opening: Entry, number: int) -> Entry:
    return Entry(_digest(f"ticket {number}"), 0, Act.OPENED, opening.at, opening.actor, _digest(f"{number}"))


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
