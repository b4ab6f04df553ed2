# SPDX-License-Identifier: Apache-2.0
"""One arbiter's signed verdict as a small JSON file. What was signed is computed, never read from it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood import typed_data
from makegood.clock import Kind
from makegood.desk.panel import MAX_SIGNATURE, Ruling, Verdict
from makegood.disputes.json_object import JsonObject

TYPE = "makegood/verdict/1"

MAX_NUMBER = 2**53 - 1
"""The largest integer that every JSON reader keeps exact; disputes, epochs and times stay far below."""

KINDS = {label: Kind.named(label) for label in Kind(15).labels}
OUTCOMES = {ruling.name.lower(): ruling for ruling in Ruling}

_NAMES = (
    "chain_id",
    "desk",
    "panel",
    "ticket_id",
    "kind",
    "outcome",
    "amount",
    "evidence_digest",
    "dispute",
    "epoch",
    "deadline",
    "arbiter",
    "signature",
)


@dataclass(frozen=True)
class VerdictFile:
    """A verdict, where it counts, and one arbiter's signature over it."""

    chain_id: int
    desk: str
    panel: str
    verdict: Verdict
    arbiter: str
    signature: bytes

    def message(self) -> dict[str, Any]:
        """The EIP-712 message that the signature must be over."""
        return self.verdict.message(self.chain_id, self.panel)

    def digest(self) -> bytes:
        """The 32 bytes that were signed, computed from the fields."""
        return typed_data.digest(self.message())

    def fields(self) -> dict[str, Any]:
        """As it stands in the file: amounts as strings of smallest units, kind and outcome as words."""
        verdict = self.verdict
        return {
            "type": TYPE,
            "chain_id": self.chain_id,
            "desk": self.desk,
            "panel": self.panel,
            "ticket_id": "0x" + verdict.ticket_id.hex(),
            "kind": verdict.kind.labels[0],
            "outcome": verdict.outcome.name.lower(),
            "amount": str(verdict.amount),
            "evidence_digest": "0x" + verdict.evidence_digest.hex(),
            "dispute": verdict.dispute,
            "epoch": verdict.epoch,
            "deadline": verdict.deadline,
            "arbiter": self.arbiter,
            "signature": "0x" + self.signature.hex(),
        }

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(self.fields(), indent=2) + "\n"


def read_verdict(path: str | Path) -> VerdictFile:
    """The signed verdict in a file; whether the signature is right is not looked at here.

    Raises NotFound where there is no such file, DocumentError, with the place, for what is no such verdict.
    """
    found = JsonObject.read(path, TYPE, _NAMES)
    return VerdictFile(
        chain_id=found.number("chain_id", MAX_NUMBER),
        desk=found.address("desk"),
        panel=found.address("panel"),
        verdict=Verdict(
            ticket_id=found.digest("ticket_id"),
            kind=found.word("kind", KINDS),
            outcome=found.word("outcome", OUTCOMES),
            amount=found.units("amount"),
            evidence_digest=found.digest("evidence_digest"),
            dispute=found.number("dispute", MAX_NUMBER),
            epoch=found.number("epoch", MAX_NUMBER),
            deadline=found.number("deadline", MAX_NUMBER),
        ),
        arbiter=found.address("arbiter"),
        signature=found.hexadecimal("signature", 1, MAX_SIGNATURE),
    )
