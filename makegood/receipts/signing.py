# SPDX-License-Identifier: Apache-2.0
"""The signed statements of a receipt: who signed them, and that they are about its ticket. Asks no chain."""

from collections.abc import Sequence
from dataclasses import dataclass

from makegood.errors import SignatureRefused
from makegood.identity import Credential, Method, Resolver, Statement, StatementKind, jwt, reading, verify
from makegood.receipts.receipt import Receipt
from makegood.receipts.step import Step, failed, passed, skipped

NAME = "signatures"

_REMEDY = "Ask the desk for the receipt anew, with the statements as they were signed."


@dataclass(frozen=True)
class Signed:
    """A statement about the receipt's ticket whose signature is its issuer's."""

    credential: Credential
    statement: Statement


@dataclass(frozen=True)
class Unseen:
    """A statement about the receipt's ticket whose signer's key is on a web server that is not asked."""

    issuer: str


def signed(receipt: Receipt, resolver: Resolver | None) -> list[Signed | Unseen | SignatureRefused]:
    """Each statement, or why it is refused."""
    found: list[Signed | Unseen | SignatureRefused] = []
    for text in receipt.statements:
        try:
            found.append(_signed(receipt, text, resolver))
        except SignatureRefused as error:
            found.append(error)
    return found


def check(found: Sequence[Signed | Unseen | SignatureRefused]) -> Step:
    """The step for what `signed` found."""
    if not found:
        return skipped(NAME, "The receipt holds no signed statement.")
    for number, one in enumerate(found, 1):
        if isinstance(one, SignatureRefused):
            return failed(NAME, f"Statement {number} is refused: {one.message}", _REMEDY)
    for number, one in enumerate(found, 1):
        if isinstance(one, Unseen):
            return skipped(
                NAME,
                f"Statement {number} is from {one.issuer}; its key is on that server, which is not asked.",
                "Everything else can be checked without it.",
            )
    issuers = list(dict.fromkeys(one.credential.issuer for one in found if isinstance(one, Signed)))
    count = "One statement" if len(found) == 1 else f"{len(found)} statements"
    return passed(
        NAME,
        f"{count} about this ticket, signed by {', '.join(_short(each) for each in issuers)}.",
        issuers=issuers,
    )


def _signed(receipt: Receipt, text: str, resolver: Resolver | None) -> Signed | Unseen:
    token = jwt.read(text)
    claimed = reading.read(token)
    statement = Statement.of(claimed, StatementKind.REPLY)
    if statement.ticket_id != receipt.ticket_id:
        raise SignatureRefused(
            f"It is about the ticket 0x{statement.ticket_id.hex()}, not about this one.", hint=_REMEDY
        )
    # Only the signature needs the server's key; all else is read without it.
    if token.header.did.method is Method.WEB and resolver is None:
        return Unseen(claimed.issuer)
    # As of its own issue: whether that was in time is for the chain's clock to say, not for this machine's.
    return Signed(verify(text, now=claimed.issued_at, resolver=resolver), statement)


def _short(did: str) -> str:
    return did if len(did) <= 32 else f"{did[:20]}…{did[-6:]}"
