# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  AgentDirectory
@author Makegood
@license AGPL-3.0-only
@notice Who really is support: the operator of one desk, who owns this contract, the agents it has appointed, and its
        official channels. The desk asks here on every reply; desk, pool and panel ask here who the operator is. Also
        who acts for whom in batches: an agent's successor, a requester's keeper.
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

NAME_KEEPER_TYPE: constant(bytes32) = keccak256(
    "NameKeeper(address requester,address keeper,uint256 nonce,uint256 deadline)"
)

# How many times the entries of an agent can pass on to a successor.
MAX_SUCCESSIONS: constant(uint256) = 8

_agents: HashMap[address, uint256]
_did_digests: HashMap[address, bytes32]
_credential_digests: HashMap[address, bytes32]
_channels: HashMap[bytes32, uint256]
# By successor; one each, for good, so that what was anchored goes on to count.
predecessor: public(HashMap[address, address])
# By requester.
keeper: public(HashMap[address, address])
keeper_nonce: public(HashMap[address, uint256])


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
    self._check_signature(
        agent,
        keccak256(abi_encode(AGENT_BINDING_TYPE, agent, kind, did_digest, credential_digest, deadline)),
        deadline,
        signature,
    )

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


@external
def name_successor(agent: address, successor: address):
    """
    @notice Lets the entries that one agent anchors count, and equivocate, for the tickets whose openings another anchored,
            such as one whose key is lost. Only the operator; for good.
    @param agent Whose tickets; not zero.
    @param successor Whose entries; not zero, not the agent, and nobody's successor yet.
    """
    ownable._check_owner()
    if agent == empty(address) or successor == empty(address) or successor == agent:
        refusal.because("directory: no successor")
    if self.predecessor[successor] != empty(address):
        refusal.because("directory: succeeds already")
    self.predecessor[successor] = agent
    log IAgentDirectory.SuccessorNamed(agent=agent, successor=successor)


# ---------------------------------------------------------------- requester


@external
def name_keeper(keeper: address):
    """
    @notice Lets another address prove the caller's batch tickets. Whatever it proves is paid to the caller. What the
            caller signed before and nobody carried counts no more.
    @param keeper Who may; zero: nobody.
    """
    self._name_keeper(msg.sender, keeper, self.keeper_nonce[msg.sender])


# ---------------------------------------------------------------- anyone


@external
def name_keeper_signed(requester: address, keeper: address, deadline: uint256, signature: Bytes[1024]):
    """
    @notice `name_keeper` for a requester who signed it. Anyone can carry it; each counts once, in the order of the
            requester's nonce.
    @param requester Who signed.
    @param keeper Who may prove its tickets; zero: nobody.
    @param deadline The last second at which the signature counts.
    @param signature The requester's, EIP-712 `NameKeeper` over the current nonce; ECDSA or ERC-1271.
    """
    nonce: uint256 = self.keeper_nonce[requester]
    self._check_signature(
        requester,
        keccak256(abi_encode(NAME_KEEPER_TYPE, requester, keeper, nonce, deadline)),
        deadline,
        signature,
    )
    self._name_keeper(requester, keeper, nonce)


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
    # What is on record began by now.
    return kind if block.timestamp <= until else 0


@view
@external
def standing_at(agent: address, at: uint256) -> uint256:
    """
    @notice What an address was to this desk at a time.
    @param agent Any address.
    @param at Seconds since 1970; for a time to come, what is on record of it now.
    @return 0 none, 1 human, 2 bot.
    """
    since: uint256 = 0
    until: uint256 = 0
    kind: uint256 = 0
    revoked: bool = False
    since, until, kind, revoked = words.unpack_agent(self._agents[agent])
    return kind if since <= at and at <= until else 0


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


@view
@external
def succeeds(agent: address, earlier: address) -> bool:
    """
    @notice Whether an agent succeeds another, directly or by successors of successors, at most eight.
    @param agent Any address.
    @param earlier Any other.
    @return True or false.
    """
    each: address = agent
    for _: uint256 in range(MAX_SUCCESSIONS):
        each = self.predecessor[each]
        if each == empty(address):
            break
        if each == earlier:
            return True
    return False


# ---------------------------------------------------------------- internal


@internal
def _name_keeper(requester: address, keeper: address, nonce: uint256):
    # Also where it is named directly: a keeper that is dismissed must not come back by an older signature.
    self.keeper_nonce[requester] = nonce + 1
    log IAgentDirectory.KeeperNonceUsed(requester=requester, nonce=nonce)
    self.keeper[requester] = keeper
    log IAgentDirectory.KeeperNamed(requester=requester, keeper=keeper)


@internal
@view
def _check_signature(signer: address, struct_hash: bytes32, deadline: uint256, signature: Bytes[1024]):
    if block.timestamp > deadline:
        refusal.because("directory: signature expired")
    if not signatures.is_signed_by(signer, eip712._hash_typed_data_v4(struct_hash), signature):
        refusal.because("directory: signature is not good")


@internal
@view
def _is_official(channel: bytes32) -> bool:
    since: uint256 = 0
    revoked_at: uint256 = 0
    since, revoked_at = words.unpack_channel(self._channels[channel])
    return since != 0 and revoked_at == 0
