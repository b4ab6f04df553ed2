# SPDX-License-Identifier: Apache-2.0
"""Client of the AgentDirectory: the operator and the agents of one desk."""

from dataclasses import dataclass

from makegood.desk.call import Call
from makegood.desk.contract import Contract

HUMAN = 1
BOT = 2


@dataclass(frozen=True)
class Agent:
    """What is on record of an agent, which stands from `since` to `until`; `kind` is 0 where it never did."""

    kind: int
    did_digest: bytes
    since: int
    until: int
    revoked: bool


class Directory(Contract):
    """Who really is support."""

    ARTIFACT = "AgentDirectory"

    def register_agent(self, agent: str, kind: int, did_digest: bytes, until: int) -> Call[None]:
        """The operator appoints an agent (`HUMAN` or `BOT`), or moves its end and its DID."""
        return self.call("register_agent", agent, kind, did_digest, until)

    def revoke_agent(self, agent: str) -> Call[None]:
        """The operator ends an agent's standing at once and for good."""
        return self.call("revoke_agent", agent)

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
