# SPDX-License-Identifier: Apache-2.0
"""An agent's reply as a signed statement: a VC-JWT in which the agent's DID names ticket and document.

The chain says which address gave a reply; the statement says which DID stands behind it, and can be shown
without the chain. It counts only from the DID that the desk's directory has for the agent.
"""

from makegood import identity
from makegood.desk import Desk
from makegood.errors import SignatureRefused
from makegood.identity import Key, Statement, StatementKind


def sign(desk: Desk, agent: str, key: Key, ticket_id: bytes, digest: bytes, issued_at: int) -> str:
    """The statement, issued at a Unix second, that an agent gave the document of this digest as reply.

    Ticket id and digest have 32 bytes. It does not expire. Raises SignatureRefused where the key is not that
    of the agent's DID, UsageError for another length, MakegoodError where didkit does not sign.
    """
    check_did(desk, agent, key.did)
    claims = Statement(StatementKind.REPLY, ticket_id, digest).claims(issued_at=issued_at)
    return identity.issue(claims, key)


def check_did(desk: Desk, agent: str, did: str) -> None:
    """Raises SignatureRefused unless the desk's directory has this DID for the agent now."""
    on_record = desk.directory.agent(agent).did_digest
    if not any(on_record):
        raise SignatureRefused(
            f"The directory has no DID for {agent}, so nobody could tell whose statement it is.",
            hint="Let the operator register it as an agent.",
        )
    if on_record != identity.digest(did):
        raise SignatureRefused(
            f"{did} is not the DID that the directory has for the agent {agent}.",
            hint="Sign with the key of that DID, or let the operator register the agent with this one.",
        )


def says(text: str, did: str, ticket_id: bytes, digest: bytes, now: int) -> bool:
    """Whether a text is the statement of this DID, standing at `now`, about just this ticket and document."""
    try:
        found = identity.verify(text, now=now, issuers={did})
        return Statement.of(found, StatementKind.REPLY) == Statement(StatementKind.REPLY, ticket_id, digest)
    except SignatureRefused:
        return False
