# SPDX-License-Identifier: Apache-2.0
"""Client of the AgentDirectory: the operator, the agents and the official channels of one desk.

Digests are SHA-256 and have 32 bytes, times are Unix seconds.
"""

from dataclasses import dataclass

from makegood import typed_data
from makegood.desk.call import Call
from makegood.desk.contract import Contract, connect
from makegood.desk.signer import Signer

HUMAN = 1
BOT = 2


@dataclass(frozen=True)
class Agent:
    """What is on record of an agent, which stands from `since` to `until`; `kind` is 0 where it never did."""

    kind: int
    did_digest: bytes
    credential_digest: bytes
    since: int
    until: int
    revoked: bool


@dataclass(frozen=True)
class Channel:
    """What is on record of a channel, official from `since` on, and from `revoked_at` on no longer.

    `since` is 0 where it never was official, `revoked_at` where it stands.
    """

    since: int
    revoked_at: int


class Directory(Contract):
    """Who really is support."""

    ARTIFACT = "AgentDirectory"

    def register_agent(
        self,
        agent: str,
        kind: int,
        did_digest: bytes,
        credential_digest: bytes,
        until: int,
        deadline: int,
        signature: bytes,
    ) -> Call[None]:
        """The operator appoints an agent (`HUMAN` or `BOT`) who signed it, or moves its end and its DID.

        `signature` is over `typed_data.agent_binding` and counts until `deadline`.
        """
        return self.call(
            "register_agent", agent, kind, did_digest, credential_digest, until, deadline, signature
        )

    def sign_register_agent(
        self,
        signer: Signer,
        kind: int,
        did_digest: bytes,
        credential_digest: bytes,
        until: int,
        deadline: int,
    ) -> Call[None]:
        """The agent signs, and gets the call that the operator can send until `deadline`."""
        message = typed_data.agent_binding(
            connect(self.w3),
            self.address,
            agent=signer.address,
            kind=kind,
            did_digest=did_digest,
            credential_digest=credential_digest,
            deadline=deadline,
        )
        signature = signer.sign_typed(message)
        return self.register_agent(
            signer.address, kind, did_digest, credential_digest, until, deadline, signature
        )

    def revoke_agent(self, agent: str) -> Call[None]:
        """The operator ends an agent's standing at once and for good."""
        return self.call("revoke_agent", agent)

    def publish_channel(self, channel: bytes) -> Call[None]:
        """The operator says that a channel, by the digest of its canonical form, is the desk's."""
        return self.call("publish_channel", channel)

    def revoke_channel(self, channel: bytes) -> Call[None]:
        """The operator says that a channel is no longer the desk's, at once."""
        return self.call("revoke_channel", channel)

    def transfer_ownership(self, new_owner: str) -> Call[None]:
        """The operator offers the desk to another address, which must accept."""
        return self.call("transfer_ownership", new_owner)

    def accept_ownership(self) -> Call[None]:
        """The address that the desk was offered to becomes its operator."""
        return self.call("accept_ownership")

    def owner(self) -> str:
        """The operator."""
        return str(self.read("owner"))

    def pending_owner(self) -> str:
        """Who may accept the desk; the zero address where nobody may."""
        return str(self.read("pending_owner"))

    def standing(self, agent: str) -> int:
        """What an address is to this desk now: 0 none, `HUMAN` or `BOT`."""
        return int(self.read("standing", agent))

    def agent(self, agent: str) -> Agent:
        """What is on record of an agent."""
        return Agent(*self.read("agent", agent))

    def channel(self, channel: bytes) -> Channel:
        """What is on record of a channel, by the digest of its canonical form."""
        return Channel(*self.read("channel", channel))

    def is_official(self, channel: bytes) -> bool:
        """Whether a channel, by the digest of its canonical form, is the desk's now."""
        return bool(self.read("is_official", channel))
