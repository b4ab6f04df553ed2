# SPDX-License-Identifier: Apache-2.0
"""What an arbiter needs to sign a verdict, and no more, as a JSON file for a machine without a network."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood.clock import Kind
from makegood.desk.panel import MAX_ARBITERS, Ruling, Verdict
from makegood.desk.pool import Token
from makegood.disputes.json_object import JsonObject
from makegood.disputes.verdict_file import KINDS, MAX_NUMBER
from makegood.errors import SignatureRefused, UsageError

TYPE = "makegood/case/1"

_NAMES = (
    "chain_id",
    "desk",
    "panel",
    "ticket_id",
    "requester",
    "kind",
    "dispute",
    "asked",
    "evidence_digest",
    "epoch",
    "arbiters",
    "threshold",
    "deadline",
    "read_at",
    "symbol",
    "decimals",
)


@dataclass(frozen=True)
class CaseFile:
    """A dispute to be ruled, or with dispute 0 a breach that could be reported.

    `asked` is in the asset's smallest units. `evidence_digest` is None in a report, whose arbiters name what
    they go by. `deadline` is until when a verdict counts unless its arbiters say otherwise, `read_at` when
    the case was read from the chain.
    """

    chain_id: int
    desk: str
    panel: str
    ticket_id: bytes
    requester: str
    kind: Kind
    dispute: int
    asked: int
    evidence_digest: bytes | None
    epoch: int
    arbiters: tuple[str, ...]
    threshold: int
    deadline: int
    read_at: int
    token: Token

    def check_arbiter(self, address: str) -> None:
        """Raises SignatureRefused where nobody of this address decides the case."""
        if address not in self.arbiters:
            who = ", ".join(self.arbiters) or "nobody"
            raise SignatureRefused(
                f"{address} is no arbiter of epoch {self.epoch}, whose panel decides this: {who}.",
                hint="Sign with an arbiter's account.",
            )

    def verdict(
        self,
        outcome: Ruling,
        amount: int | None = None,
        deadline: int | None = None,
        evidence_digest: bytes | None = None,
    ) -> Verdict:
        """The verdict to sign; what is left out is what was asked, the case's deadline and its evidence.

        Raises UsageError for what the panel would refuse: another amount than the policy's for a clock kind,
        more than an incident asks, other evidence than the dispute's, a deadline that is past or later than
        the ruling window.
        """
        until = self.deadline if deadline is None else deadline
        if until < self.read_at:
            raise UsageError("The deadline is past.", hint="Give a later one.")
        if self.dispute and until > self.deadline:
            raise UsageError(
                "The deadline is later than the ruling window's end, after which no verdict counts.",
                hint="Leave it out, or give an earlier one.",
            )
        return Verdict(
            ticket_id=self.ticket_id,
            kind=self.kind,
            outcome=outcome,
            amount=self._worth(outcome, amount),
            evidence_digest=self._goes_by(outcome, evidence_digest),
            dispute=self.dispute,
            epoch=self.epoch,
            deadline=until,
        )

    def _worth(self, outcome: Ruling, amount: int | None) -> int:
        if outcome is Ruling.REJECTED:
            if amount:
                raise UsageError("A rejection has no amount.", hint="Leave the amount out.")
            return 0
        worth = self.asked if amount is None else amount
        if self.kind is Kind.INCIDENT and not 0 < worth <= self.asked:
            raise UsageError("The amount is not from more than 0 to what was asked.", hint="Give another.")
        if self.kind is not Kind.INCIDENT and worth != self.asked:
            raise UsageError("The amount of a clock kind is the policy's.", hint="Leave the amount out.")
        return worth

    def _goes_by(self, outcome: Ruling, evidence_digest: bytes | None) -> bytes:
        if self.evidence_digest is not None:
            if evidence_digest not in (None, self.evidence_digest):
                raise UsageError(
                    "The dispute is about other evidence.", hint="Leave the digest out: it is the dispute's."
                )
            return self.evidence_digest
        if outcome is Ruling.REJECTED:
            raise UsageError("A report can only be upheld.", hint="Without a breach, report nothing.")
        if evidence_digest is None or not any(evidence_digest):
            raise UsageError("A report names what the arbiters go by.", hint="Give the digest of a document.")
        return evidence_digest

    def fields(self) -> dict[str, Any]:
        """As it stands in the file."""
        return {
            "type": TYPE,
            "chain_id": self.chain_id,
            "desk": self.desk,
            "panel": self.panel,
            "ticket_id": "0x" + self.ticket_id.hex(),
            "requester": self.requester,
            "kind": self.kind.labels[0],
            "dispute": self.dispute,
            "asked": str(self.asked),
            "evidence_digest": None if self.evidence_digest is None else "0x" + self.evidence_digest.hex(),
            "epoch": self.epoch,
            "arbiters": list(self.arbiters),
            "threshold": self.threshold,
            "deadline": self.deadline,
            "read_at": self.read_at,
            "symbol": self.token.symbol,
            "decimals": self.token.decimals,
        }

    def text(self) -> str:
        """The content of the file."""
        return json.dumps(self.fields(), indent=2) + "\n"


def read_case_file(path: str | Path) -> CaseFile:
    """The case in a file. Raises NotFound where there is none, DocumentError for what is no case."""
    found = JsonObject.read(path, TYPE, _NAMES)
    case = CaseFile(
        chain_id=found.number("chain_id", MAX_NUMBER),
        desk=found.address("desk"),
        panel=found.address("panel"),
        ticket_id=found.digest("ticket_id"),
        requester=found.address("requester"),
        kind=found.word("kind", KINDS),
        dispute=found.number("dispute", MAX_NUMBER),
        asked=found.units("asked"),
        evidence_digest=found.optional_digest("evidence_digest"),
        epoch=found.number("epoch", MAX_NUMBER),
        arbiters=found.addresses("arbiters", MAX_ARBITERS),
        threshold=found.number("threshold", MAX_ARBITERS),
        deadline=found.number("deadline", MAX_NUMBER),
        read_at=found.number("read_at", MAX_NUMBER),
        token=Token(found.short_text("symbol", 16), found.number("decimals", 255)),
    )
    if (case.dispute == 0) != (case.evidence_digest is None):
        found.refuse("evidence_digest", "is null in a report, and in a report only")
    return case
