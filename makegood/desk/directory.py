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

    def name_successor(self, agent: str, successor: str) -> Call[None]:
        """The operator lets the batch entries of `successor` count for tickets that `agent` opened."""
        return self.call("name_successor", agent, successor)

    def name_keeper(self, keeper: str) -> Call[None]:
        """A requester lets another address prove its batch tickets; the zero address: nobody."""
        return self.call("name_keeper", keeper)

    def name_keeper_signed(self, requester: str, keeper: str, deadline: int, signature: bytes) -> Call[None]:
        """`name_keeper` for a requester who signed it."""
        return self.call("name_keeper_signed", requester, keeper, deadline, signature)

    def sign_keeper(self, signer: Signer, keeper: str, deadline: int) -> Call[None]:
        """The requester signs over its next nonce, and gets the call that anyone can send."""
        message = typed_data.name_keeper(
            connect(self.w3),
            self.address,
            requester=signer.address,
            keeper=keeper,
            nonce=self.keeper_nonce(signer.address),
            deadline=deadline,
        )
        return self.name_keeper_signed(signer.address, keeper, deadline, signer.sign_typed(message))

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

    def standing_at(self, agent: str, at: int) -> int:
        """What an address was to this desk at a time: 0 none, `HUMAN` or `BOT`."""
        return int(self.read("standing_at", agent, at))

    def succeeds(self, agent: str, earlier: str) -> bool:
        """Whether an agent succeeds another, directly or by successors of successors."""
        return bool(self.read("succeeds", agent, earlier))

    def keeper(self, requester: str) -> str:
        """Who may prove a requester's batch tickets beside it; the zero address: nobody."""
        return str(self.read("keeper", requester))

    def keeper_nonce(self, requester: str) -> int:
        """The nonce that the next signed naming of a keeper must carry."""
        return int(self.read("keeper_nonce", requester))
