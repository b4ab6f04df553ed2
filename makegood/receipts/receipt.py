# SPDX-License-Identifier: Apache-2.0
"""What a receipt says. docs/receipts.md is the format."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from eth_abi.abi import encode

from makegood import documents
from makegood.batches import Act, Entry
from makegood.clock import Priority

TYPE = "makegood/receipt/1"

MAX_BYTES = 1 << 20
"""Of the whole file."""

MAX_DOCUMENT_BYTES = documents.BYTES_MAX
"""Of the document, white space between its parts not counted."""

MAX_STATEMENTS = 100


@dataclass(frozen=True)
class Inclusion:
    """Where a batch has a ticket's opening: which of `size` leaves, and the path from it to the root.

    `batch` is the batch's number on chain, `index` counts from 0.
    """

    batch: int
    index: int
    size: int
    path: tuple[bytes, ...]
    root: bytes

    def fields(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "batch": self.batch,
            "index": self.index,
            "size": self.size,
            "path": ["0x" + each.hex() for each in self.path],
            "root": "0x" + self.root.hex(),
        }


@dataclass(frozen=True)
class Receipt:
    """That a ticket was recorded, where and when; nothing in it is proven until it is verified.

    `lane` is 0 where the requester opened the ticket, 1 where an agent did, 2 where a batch did; only then
    there is an `inclusion`. Times are Unix seconds, dues those of the opening. Ids, digests and hashes have
    32 bytes. Transaction and block are those of the opening, or of its batch's anchoring. `statements` are
    VC-JWTs of replies.
    """

    chain_id: int
    desk: str
    ticket_id: bytes
    lane: int
    requester: str
    commitment: bytes
    policy_id: int
    priority: Priority
    opened_at: int
    reply_due: int
    resolution_due: int
    transaction: bytes
    block_number: int
    block_hash: bytes
    document: Mapping[str, Any] | None = None
    statements: tuple[str, ...] = ()
    inclusion: Inclusion | None = None

    def computed_ticket_id(self) -> bytes:
        """sha256(abi_encode(chain id, desk, lane, requester, commitment)): what the id must be."""
        fields = (self.chain_id, self.desk, self.lane, self.requester, self.commitment)
        encoded = encode(["uint256", "address", "uint256", "address", "bytes32"], fields)
        return hashlib.sha256(encoded).digest()

    def opening(self) -> Entry:
        """The entry that a batch has of the ticket's opening."""
        return Entry(self.ticket_id, 0, Act.OPENED, self.opened_at, self.requester, self.commitment)

    @property
    def document_size(self) -> int:
        """The document's bytes, white space between its parts not counted; 0 without one.

        As good as the length of its canonical form, which takes many times as long to make.
        """
        if self.document is None:
            return 0
        text = json.dumps(self.document, ensure_ascii=False, separators=(",", ":"))
        return len(text.encode("utf-8", "surrogatepass"))

    @cached_property
    def document_digest(self) -> bytes | None:
        """The document's digest, taken once; None without one. Raises DocumentError as `documents.digest`."""
        return None if self.document is None else documents.digest(self.document)

    def fields(self) -> dict[str, Any]:
        """As it stands in the file. Document and statements are left out where there are none."""
        fields: dict[str, Any] = {
            "type": TYPE,
            "chain_id": self.chain_id,
            "desk": self.desk,
            "ticket_id": "0x" + self.ticket_id.hex(),
            "lane": self.lane,
            "requester": self.requester,
            "commitment": "0x" + self.commitment.hex(),
            "policy_id": self.policy_id,
            "priority": self.priority.label,
            "opened_at": self.opened_at,
            "reply_due": self.reply_due,
            "resolution_due": self.resolution_due,
            "transaction": "0x" + self.transaction.hex(),
            "block_number": self.block_number,
            "block_hash": "0x" + self.block_hash.hex(),
        }
        if self.inclusion is not None:
            fields |= self.inclusion.fields()
        if self.document is not None:
            fields["document"] = dict(self.document)
        if self.statements:
            fields["statements"] = list(self.statements)
        return fields

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(self.fields(), indent=2, ensure_ascii=False) + "\n"
