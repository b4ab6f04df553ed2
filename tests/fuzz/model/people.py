# SPDX-License-Identifier: Apache-2.0
"""The directory: operator, agents, successors, keepers, channels. Accounts are numbers."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fuzz.model.reasons import Reasons

if TYPE_CHECKING:
    from fuzz.model import Model

HUMAN, BOT = 1, 2
MAX_UNTIL = 2**40 - 1
MOST_SUCCESSIONS = 8


@dataclass
class Agent:
    """Since when, and until which second, an agent stands."""

    since: int
    until: int
    kind: int
    did: int
    credential: int
    revoked: bool = False


class Directory:
    """Who is who."""

    def __init__(self, model: "Model", operator: int) -> None:
        self.m = model
        self.owner, self.pending_owner = operator, 0
        self.agents: dict[int, Agent] = {}
        self.predecessors: dict[int, int] = {}
        self.keepers: dict[int, int] = {}
        self.keeper_nonces: dict[int, int] = {}
        self.channels: dict[int, tuple[int, int]] = {}

    def standing_at(self, account: int, at: int) -> int:
        """0 none, 1 human, 2 bot."""
        agent = self.agents.get(account)
        return agent.kind if agent and agent.since <= at <= agent.until else 0

    def standing(self, account: int) -> int:
        """What an account is now."""
        return self.standing_at(account, self.m.now)

    def counts_for(self, agent: int, opened_by: int) -> bool:
        """Whether what one agent anchors counts for the tickets of another."""
        if agent == opened_by:
            return True
        for _ in range(MOST_SUCCESSIONS):
            agent = self.predecessors.get(agent, 0)
            if agent == 0:
                return False
            if agent == opened_by:
                return True
        return False

    def succeeds(self, agent: int, earlier: int) -> bool:
        """The view: by one step at least."""
        for _ in range(MOST_SUCCESSIONS):
            agent = self.predecessors.get(agent, 0)
            if agent == earlier or agent == 0:
                return agent != 0
        return False

    def _unowned(self, sender: int) -> Reasons:
        return set() if sender == self.owner else {"ownable: caller is not the owner"}

    def register(
        self,
        sender: int,
        agent: int,
        kind: int,
        did: int,
        credential: int,
        until: int,
        deadline: int,
        is_signed: bool,
    ) -> Reasons:
        """The operator appoints an agent, who signed."""
        now, had = self.m.now, self.agents.get(agent)
        why = self._unowned(sender)
        for reason, applies in (
            ("agent is zero", agent == 0),
            ("kind unknown", kind not in (HUMAN, BOT)),
            ("DID digest is zero", did == 0),
            ("credential digest is zero", credential == 0),
            ("end out of range", until < now or until > MAX_UNTIL),
            ("agent revoked", had is not None and had.revoked),
            ("kind is fixed", had is not None and had.kind != kind),
            ("signature expired", now > deadline),
            ("signature is not good", not is_signed),
        ):
            if applies:
                why.add("directory: " + reason)
        if why:
            return why
        since = had.since if had else now
        self.agents[agent] = Agent(since, until, kind, did, credential)
        self.m.log("D.AgentRegistered", agent, did, credential, kind, since, until)
        return why

    def revoke(self, sender: int, agent: int) -> Reasons:
        """For good: this second it stands no more."""
        had = self.agents.get(agent)
        why = self._unowned(sender)
        if had is None:
            why.add("directory: agent unknown")
        elif had.revoked:
            why.add("directory: agent revoked")
        if why or had is None:
            return why
        had.until, had.revoked = min(had.until, self.m.now - 1), True
        self.m.log("D.AgentRevoked", agent, had.until)
        return why

    def publish_channel(self, sender: int, channel: int) -> Reasons:
        """A channel is the desk's."""
        why = self._unowned(sender)
        if channel == 0:
            why.add("directory: channel is zero")
        if self.is_official(channel):
            why.add("directory: channel is official")
        if not why:
            self.channels[channel] = (self.m.now, 0)
            self.m.log("D.ChannelPublished", channel, self.m.now)
        return why

    def revoke_channel(self, sender: int, channel: int) -> Reasons:
        """A channel is no longer the desk's."""
        why = self._unowned(sender)
        if not self.is_official(channel):
            why.add("directory: channel is not official")
        if not why:
            self.channels[channel] = (self.channels[channel][0], self.m.now)
            self.m.log("D.ChannelRevoked", channel, self.m.now)
        return why

    def is_official(self, channel: int) -> bool:
        """Whether a channel is the desk's now."""
        since, revoked_at = self.channels.get(channel, (0, 0))
        return since != 0 and revoked_at == 0

    def name_successor(self, sender: int, agent: int, successor: int) -> Reasons:
        """For good."""
        why = self._unowned(sender)
        if 0 in (agent, successor) or agent == successor:
            why.add("directory: no successor")
        if self.predecessors.get(successor, 0):
            why.add("directory: succeeds already")
        if not why:
            self.predecessors[successor] = agent
            self.m.log("D.SuccessorNamed", agent, successor)
        return why

    def name_keeper(self, requester: int, keeper: int) -> Reasons:
        """Who may prove for a requester."""
        nonce = self.keeper_nonces.get(requester, 0)
        self.keeper_nonces[requester] = nonce + 1
        self.m.log("D.KeeperNonceUsed", requester, nonce)
        self.keepers[requester] = keeper
        self.m.log("D.KeeperNamed", requester, keeper)
        return set()

    def name_keeper_signed(self, requester: int, keeper: int, deadline: int, is_signed: bool) -> Reasons:
        """The same, carried by anyone."""
        why: Reasons = set()
        if self.m.now > deadline:
            why.add("directory: signature expired")
        if not is_signed:
            why.add("directory: signature is not good")
        if not why:
            self.name_keeper(requester, keeper)
        return why

    def transfer(self, sender: int, new_owner: int) -> Reasons:
        """First of two steps."""
        if why := self._unowned(sender):
            return why
        self.pending_owner = new_owner
        self.m.log("D.OwnershipTransferStarted", self.owner, new_owner)
        return set()

    def accept(self, sender: int) -> Reasons:
        """The second."""
        if sender != self.pending_owner:
            return {"ownable_2step: caller is not the new owner"}
        self.m.log("D.OwnershipTransferred", self.owner, sender)
        self.owner, self.pending_owner = sender, 0
        return set()
