# SPDX-License-Identifier: Apache-2.0
"""The statements that are made as credentials: who an agent is, what a reply or piece of evidence was."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import Any

from eth_utils.address import is_checksum_address

from makegood.errors import SignatureRefused, UsageError
from makegood.identity import dids
from makegood.identity.credentials import Claims, Credential
from makegood.identity.dids import Method
from makegood.identity.jwt import refused

_DIGEST = re.compile(r"0x[0-9a-f]{64}")
_TICKET = "urn:ticket:"
_REMEDY = "Ask its issuer for one that was made with makegood."


@dataclass(frozen=True)
class AgentCredential:
    """A DID says that an address on a chain answers for it at a desk; addresses are checksummed."""

    chain_id: int
    address: str
    desk: str

    TYPE = "AgentCredential"

    def claims(self, *, issued_at: int, expires_at: int | None = None) -> Claims:
        """What the DID is to sign. Raises UsageError where an address is not checksummed."""
        for address in (self.address, self.desk):
            if not is_checksum_address(address):
                raise UsageError(
                    f"{address} is no checksummed address.", hint="Copy it from the desk or wallet."
                )
        subject = dids.did_pkh(self.chain_id, self.address)
        return Claims(self.TYPE, subject, {"desk": self.desk}, issued_at, expires_at)

    @classmethod
    def of(cls, credential: Credential) -> AgentCredential:
        """What a verified credential says. Raises SignatureRefused where it says something else."""
        desk = _claim(credential, cls.TYPE, {"desk"})["desk"]
        subject = dids.parse(credential.subject)
        if subject.method is not Method.PKH or not isinstance(desk, str) or not is_checksum_address(desk):
            raise refused("The agent's credential does not name an address and a desk.", hint=_REMEDY)
        return cls(subject.chain_id, subject.address, desk)


class StatementKind(Enum):
    """What a statement is about."""

    REPLY = "ReplyStatement"
    EVIDENCE = "EvidenceStatement"


@dataclass(frozen=True)
class Statement:
    """The issuer gave the document of this digest as reply or evidence in this ticket; 32 bytes each."""

    kind: StatementKind
    ticket_id: bytes
    digest: bytes

    def claims(self, *, issued_at: int, expires_at: int | None = None) -> Claims:
        """What is to be signed. Raises UsageError where ticket id or digest has not 32 bytes."""
        if len(self.ticket_id) != 32 or len(self.digest) != 32:
            raise UsageError("A ticket id and a document's digest have 32 bytes each.")
        subject = f"{_TICKET}0x{self.ticket_id.hex()}"
        return Claims(self.kind.value, subject, {"digest": f"0x{self.digest.hex()}"}, issued_at, expires_at)

    @classmethod
    def of(cls, credential: Credential, kind: StatementKind) -> Statement:
        """What a verified credential says. Raises SignatureRefused where it says something else."""
        digest = _claim(credential, kind.value, {"digest"})["digest"]
        ticket = credential.subject.removeprefix(_TICKET)
        if ticket == credential.subject or not _is_digest(ticket) or not _is_digest(digest):
            raise refused("The statement does not name a ticket and a document's digest.", hint=_REMEDY)
        return cls(kind, bytes.fromhex(ticket[2:]), bytes.fromhex(digest[2:]))


def _is_digest(value: Any) -> bool:
    return isinstance(value, str) and _DIGEST.fullmatch(value) is not None


def _claim(credential: Credential, expected: str, names: set[str]) -> dict[str, Any]:
    if expected not in credential.types or set(credential.claims) != names:
        raise SignatureRefused(f"The credential is no {expected}.", hint=_REMEDY)
    return dict(credential.claims)
