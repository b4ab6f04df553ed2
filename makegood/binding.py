# SPDX-License-Identifier: Apache-2.0
"""An agent's binding: its DID says by a credential that an address answers for it, and the address signs it.

The directory stores both digests, and takes them only with the address's signature.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from makegood import identity
from makegood.desk import Call, Desk, Signer
from makegood.identity import AgentCredential, Key


@dataclass(frozen=True)
class Binding:
    """A DID and its VC-JWT for an agent's address at a desk."""

    did: str
    credential: str

    @property
    def did_digest(self) -> bytes:
        """SHA-256 of the DID's UTF-8 bytes."""
        return identity.digest(self.did)

    @property
    def credential_digest(self) -> bytes:
        """SHA-256 of the VC-JWT."""
        return hashlib.sha256(self.credential.encode()).digest()

    def register(self, desk: Desk, agent: Signer, kind: int, until: int, deadline: int) -> Call[None]:
        """The agent signs, and gets the call that the operator can send until `deadline`.

        `kind` is `HUMAN` or `BOT`; `until` is the agent's last second, times are Unix seconds.
        """
        return desk.directory.sign_register_agent(
            agent, kind, self.did_digest, self.credential_digest, until, deadline
        )


def bind(desk: Desk, address: str, key: Key, issued_at: int) -> Binding:
    """The did:key of a key, with its credential for an address at this desk, issued at a Unix second.

    It does not expire: how long an agent stands is on chain. Raises UsageError for an address that is not
    checksummed, MakegoodError where didkit does not sign.
    """
    statement = AgentCredential(desk.chain_id, address, desk.address)
    return Binding(key.did, identity.issue(statement.claims(issued_at=issued_at), key))
