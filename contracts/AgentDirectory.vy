# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  AgentDirectory
@author Makegood
@license AGPL-3.0-only
@notice Who really is support: the operator of one desk, who owns this contract, and the agents it has appointed.
        The desk asks here on every reply; the desk and the pool ask here who the operator is.
"""

from .interfaces import IAgentDirectory
from .modules import refusal
from .modules import storage_words as words
from snekmate.auth import ownable
from snekmate.auth import ownable_2step

implements: IAgentDirectory
initializes: ownable
initializes: ownable_2step[ownable := ownable]

# Left out: renounce_ownership, since a desk without an operator could never free its funds.
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
)

HUMAN: constant(uint256) = 1
BOT: constant(uint256) = 2

_agents: HashMap[address, uint256]
_did_digests: HashMap[address, bytes32]


@deploy
def __init__(operator: address):
    """
    @notice Makes `operator` the owner.
    @param operator Who appoints agents, publishes policies and may withdraw free funds; not zero.
    """
    if operator == empty(address):
        refusal.because("directory: operator is zero")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(operator)


# ---------------------------------------------------------------- operator


@external
def register_agent(agent: address, kind: uint256, did_digest: bytes32, until: uint256):
    """
    @notice Appoints an agent, or moves the end and the DID of one already appointed. Only the operator.
            An agent's kind and the second it first stood never change, and a revoked one never comes back.
    @param agent The address that answers tickets; not zero.
    @param kind 1 human, 2 bot.
    @param did_digest SHA-256 of the DID's UTF-8 bytes; not zero.
    @param until The last second at which the agent stands; not past.
    """
    ownable._check_owner()
    if agent == empty(address):
        refusal.because("directory: agent is zero")
    if kind != HUMAN and kind != BOT:
        refusal.because("directory: kind unknown")
    if did_digest == empty(bytes32):
        refusal.because("directory: DID digest is zero")
    if until < block.timestamp or until > words.MAX_UNTIL:
        refusal.because("directory: end out of range")

    since: uint256 = 0
    had_until: uint256 = 0
    had_kind: uint256 = 0
    revoked: bool = False
    since, had_until, had_kind, revoked = words.unpack_agent(self._agents[agent])
    if revoked:
        refusal.because("directory: agent revoked")
    if had_kind == 0:
        since = block.timestamp
    elif had_kind != kind:
        refusal.because("directory: kind is fixed")

    self._agents[agent] = words.pack_agent(since, until, kind, False)
    self._did_digests[agent] = did_digest
    log IAgentDirectory.AgentRegistered(agent=agent, did_digest=did_digest, kind=kind, since=since, until=until)


@external
def revoke_agent(agent: address):
    """
    @notice Ends an agent's standing at once and for good. Only the operator. What it did before stays.
    @param agent A registered agent that is not revoked.
    """
    ownable._check_owner()
    since: uint256 = 0
    until: uint256 = 0
    kind: uint256 = 0
    revoked: bool = False
    since, until, kind, revoked = words.unpack_agent(self._agents[agent])
    if kind == 0:
        refusal.because("directory: agent unknown")
    if revoked:
        refusal.because("directory: agent revoked")
    # `until` is the last second of standing: one that ended earlier keeps its end.
    until = min(until, block.timestamp - 1)
    self._agents[agent] = words.pack_agent(since, until, kind, True)
    log IAgentDirectory.AgentRevoked(agent=agent, until=until)


# ---------------------------------------------------------------- views


@view
@external
def standing(agent: address) -> uint256:
    """
    @notice What an address is to this desk now.
    @param agent Any address.
    @return 0 none, 1 human, 2 bot.
    """
    since: uint256 = 0
    until: uint256 = 0
    kind: uint256 = 0
    revoked: bool = False
    since, until, kind, revoked = words.unpack_agent(self._agents[agent])
    return kind if block.timestamp <= until else 0


@view
@external
def agent(agent: address) -> IAgentDirectory.Agent:
    """
    @notice What is on record of an agent.
    @param agent Any address.
    @return Kind, DID digest, standing; kind 0 where it was never registered.
    """
    a: IAgentDirectory.Agent = empty(IAgentDirectory.Agent)
    a.since, a.until, a.kind, a.revoked = words.unpack_agent(self._agents[agent])
    a.did_digest = self._did_digests[agent]
    return a
