# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  AgentDirectory
@author Makegood
@license AGPL-3.0-only
@notice Who really is support: the operator of one desk, who owns this contract, the agents it has appointed, and its
        official channels. The desk asks here on every reply; desk, pool and panel ask here who the operator is.
"""

from .interfaces import IAgentDirectory
from .modules import refusal
from .modules import signatures
from .modules import storage_words as words
from snekmate.auth import ownable
from snekmate.auth import ownable_2step
from snekmate.utils import eip712_domain_separator as eip712

implements: IAgentDirectory
initializes: ownable
initializes: ownable_2step[ownable := ownable]
initializes: eip712

# Left out: renounce_ownership, since a desk without an operator could never free its funds.
exports: (
    ownable_2step.owner,
    ownable_2step.pending_owner,
    ownable_2step.transfer_ownership,
    ownable_2step.accept_ownership,
    # EIP-5267: what a wallet needs to rebuild the domain.
    eip712.eip712Domain,
)

HUMAN: constant(uint256) = 1
BOT: constant(uint256) = 2

AGENT_BINDING_TYPE: constant(bytes32) = keccak256(
    "AgentBinding(address agent,uint256 kind,bytes32 did_digest,bytes32 credential_digest,uint256 deadline)"
)

_agents: HashMap[address, uint256]
_did_digests: HashMap[address, bytes32]
_credential_digests: HashMap[address, bytes32]
_channels: HashMap[bytes32, uint256]


@deploy
def __init__(operator: address):
    """
    @notice Makes `operator` the owner.
    @param operator Who appoints agents, publishes policies and may withdraw free funds; not zero.
    """
    if operator == empty(address):
        refusal.because("directory: operator is zero")
    eip712.__init__("Makegood", "1")
    ownable.__init__()
    ownable_2step.__init__()
    ownable_2step._transfer_ownership(operator)


# ---------------------------------------------------------------- operator


@external
def register_agent(
    agent: address,
    kind: uint256,
    did_digest: bytes32,
    credential_digest: bytes32,
    until: uint256,
    deadline: uint256,
    signature: Bytes[1024],
):
    """
    @notice Appoints an agent, or moves the end and the DID of one already appointed. Only the operator, and only with
            the agent's signature. An agent's kind and the second it first stood never change, and a revoked one
            never comes back.
    @param agent The address that answers tickets; not zero.
    @param kind 1 human, 2 bot.
    @param did_digest SHA-256 of the DID's UTF-8 bytes; not zero.
    @param credential_digest SHA-256 of the VC-JWT by which the DID names the address; not zero.
    @param until The last second at which the agent stands; not past.
    @param deadline The last second at which the signature counts.
    @param signature The agent's, EIP-712 `AgentBinding`; ECDSA or ERC-1271.
    """
    ownable._check_owner()
    if agent == empty(address):
        refusal.because("directory: agent is zero")
    if kind != HUMAN and kind != BOT:
        refusal.because("directory: kind unknown")
    if did_digest == empty(bytes32):
        refusal.because("directory: DID digest is zero")
    if credential_digest == empty(bytes32):
        refusal.because("directory: credential digest is zero")
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
    if block.timestamp > deadline:
        refusal.because("directory: signature expired")
    binding: bytes32 = keccak256(
        abi_encode(AGENT_BINDING_TYPE, agent, kind, did_digest, credential_digest, deadline)
    )
    if not signatures.is_signed_by(agent, eip712._hash_typed_data_v4(binding), signature):
        refusal.because("directory: signature is not the agent's")

    self._agents[agent] = words.pack_agent(since, until, kind, False)
    self._did_digests[agent] = did_digest
    self._credential_digests[agent] = credential_digest
    log IAgentDirectory.AgentRegistered(
        agent=agent,
        did_digest=did_digest,
        credential_digest=credential_digest,
        kind=kind,
        since=since,
        until=until,
    )


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


@external
def publish_channel(channel: bytes32):
    """
    @notice Says that this site, handle or address of mail is the desk's. Only the operator. One that was revoked can be
            published anew, and is official from then on.
    @param channel SHA-256 of the channel's canonical form; not zero.
    """
    ownable._check_owner()
    if channel == empty(bytes32):
        refusal.because("directory: channel is zero")
    if self._is_official(channel):
        refusal.because("directory: channel is official")
    self._channels[channel] = words.pack_channel(block.timestamp, 0)
    log IAgentDirectory.ChannelPublished(channel=channel, since=block.timestamp)


@external
def revoke_channel(channel: bytes32):
    """
    @notice Says that a channel is no longer the desk's, at once. Only the operator.
    @param channel One that is official.
    """
    ownable._check_owner()
    if not self._is_official(channel):
        refusal.because("directory: channel is not official")
    since: uint256 = 0
    revoked_at: uint256 = 0
    since, revoked_at = words.unpack_channel(self._channels[channel])
    self._channels[channel] = words.pack_channel(since, block.timestamp)
    log IAgentDirectory.ChannelRevoked(channel=channel, revoked_at=block.timestamp)


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
    a.credential_digest = self._credential_digests[agent]
    return a


@view
@external
def channel(channel: bytes32) -> IAgentDirectory.Channel:
    """
    @notice What is on record of a channel.
    @param channel SHA-256 of a channel's canonical form.
    @return Since when it is official, and from when on not; 0 and 0 where it never was.
    """
    since: uint256 = 0
    revoked_at: uint256 = 0
    since, revoked_at = words.unpack_channel(self._channels[channel])
    return IAgentDirectory.Channel(since=since, revoked_at=revoked_at)


@view
@external
def is_official(channel: bytes32) -> bool:
    """
    @notice Whether a channel is the desk's now.
    @param channel SHA-256 of a channel's canonical form.
    @return True or false.
    """
    return self._is_official(channel)


# ---------------------------------------------------------------- internal


@internal
@view
def _is_official(channel: bytes32) -> bool:
    since: uint256 = 0
    revoked_at: uint256 = 0
    since, revoked_at = words.unpack_channel(self._channels[channel])
    return since != 0 and revoked_at == 0
