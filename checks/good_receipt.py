# SPDX-License-Identifier: Apache-2.0
"""A receipt that an offline check does not refuse, for `checks.malformed_receipts` to damage."""

import hashlib
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from makegood import documents
from makegood.clock import Priority
from makegood.identity import Claims, Curve, Key, Statement, StatementKind, issue
from makegood.receipts import Receipt

ISSUED_AT = 1_767_225_600  # seconds since 1970
ASIDE = "\ue000"
"""Stands where raw JSON goes, see `Good.raw`."""

KEYS = tuple(Key(curve, bytes(range(1, 33))) for curve in Curve)
_DESK = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
OTHER = "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359"
_REQUESTER = "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"
_REPLY = hashlib.sha256(b"a reply").digest()


@dataclass(frozen=True)
class Good:
    """A receipt that an offline check does not refuse.

    `strangers` are well signed statements that do not belong to it; on `port` somebody listens.
    """

    receipt: Receipt
    strangers: tuple[str, ...]
    port: int

    @property
    def data(self) -> bytes:
        """The content of its file."""
        return self.receipt.text().encode()

    @property
    def document(self) -> dict[str, Any]:
        """The document in it."""
        return dict(self.receipt.document or {})

    def fields(self, **changes: Any) -> dict[str, Any]:
        """Its members, with changes."""
        return {**self.receipt.fields(), **changes}

    def raw(self, text: str, **changes: Any) -> bytes:
        """Its file with raw text in the place of `ASIDE` among the changes."""
        before, after = encoded(self.fields(**changes)).split(f'"{ASIDE}"'.encode())
        return before + text.encode("utf-8", "surrogatepass") + after


Mutation = Callable[[random.Random, Good, int], bytes]
"""The content of a damaged file; the number counts the calls, for what is to be had in turn."""


def good(port: int) -> Good:
    """A receipt with its document and a statement of each kind of key."""
    document = {
        "type": "makegood/ticket/1",
        "requester": _REQUESTER.lower(),
        "text": "The withdrawal of 12.5 has not arrived. 提现没有到账。",
        "salt": hashlib.sha256(b"salt").hexdigest(),
    }
    bare = Receipt(
        chain_id=1,
        desk=_DESK,
        ticket_id=bytes(32),
        lane=0,
        requester=_REQUESTER,
        commitment=documents.digest(document),
        policy_id=1,
        priority=Priority.URGENT,
        opened_at=ISSUED_AT,
        reply_due=ISSUED_AT + 3_600,
        resolution_due=ISSUED_AT + 28_800,
        transaction=hashlib.sha256(b"transaction").digest(),
        block_number=19,
        block_hash=hashlib.sha256(b"block").digest(),
        document=document,
    )
    ticket_id = bare.computed_ticket_id()
    said = Statement(StatementKind.REPLY, ticket_id, _REPLY).claims(issued_at=ISSUED_AT)
    subject, claims = said.subject, said.claims
    strange = (
        Statement(StatementKind.REPLY, _REPLY, _REPLY).claims(issued_at=ISSUED_AT),
        Statement(StatementKind.EVIDENCE, ticket_id, _REPLY).claims(issued_at=ISSUED_AT),
        Claims(said.type, subject, {}, ISSUED_AT),
        Claims(said.type, subject, {**claims, "more": "1"}, ISSUED_AT),
        Claims(said.type, subject, {"digest": "0x" + "AA" * 32}, ISSUED_AT),
        Claims(said.type, subject.upper(), claims, ISSUED_AT),
        Claims(said.type, subject.removeprefix("urn:"), claims, ISSUED_AT),
        Claims("AgentCredential", subject, claims, ISSUED_AT),
    )
    return Good(
        replace(bare, ticket_id=ticket_id, statements=tuple(issue(said, key) for key in KEYS)),
        tuple(issue(one, key) for one in strange for key in KEYS),
        port,
    )


def encoded(fields: Mapping[str, Any]) -> bytes:
    """The content of a file with these members, as far as UTF-8 can have it."""
    return json.dumps(fields, indent=2, ensure_ascii=False).encode("utf-8", "surrogatepass")
