# SPDX-License-Identifier: Apache-2.0
"""A typed client of the contracts: builds calls with web3, takes any signer."""

from makegood.desk.call import Call, Outcome
from makegood.desk.contract import ETH, connect
from makegood.desk.directory import BOT, HUMAN, Agent, Channel, Directory
from makegood.desk.event import Event
from makegood.desk.factory import (
    PARTS,
    Deployment,
    Factory,
    Parts,
    deploy_factory,
    deploy_parts,
    factory_call,
    part_call,
)
from makegood.desk.lane import MAX_ENTRIES, Batch, Lane, Proof, Shown
from makegood.desk.panel import (
    MAX_ARBITERS,
    ArbiterSignature,
    Dispute,
    DisputeState,
    Panel,
    Proposal,
    Ruling,
    Seats,
    Verdict,
    majority,
    seated,
)
from makegood.desk.pool import Books, Pool, Token, Withdrawal
from makegood.desk.refusal import chain_errors
from makegood.desk.signer import KeySigner, Signer
from makegood.desk.support_desk import (
    AGENT_LANE,
    BATCH_LANE,
    MAX_ITEMS,
    REQUESTER_LANE,
    Claimable,
    Coverage,
    Desk,
)

__all__ = [
    "AGENT_LANE",
    "BATCH_LANE",
    "BOT",
    "ETH",
    "HUMAN",
    "MAX_ARBITERS",
    "MAX_ENTRIES",
    "MAX_ITEMS",
    "PARTS",
    "REQUESTER_LANE",
    "Agent",
    "ArbiterSignature",
    "Batch",
    "Books",
    "Call",
    "Channel",
    "Claimable",
    "Coverage",
    "Deployment",
    "Desk",
    "Directory",
    "Dispute",
    "DisputeState",
    "Event",
    "Factory",
    "KeySigner",
    "Lane",
    "Outcome",
    "Panel",
    "Parts",
    "Pool",
    "Proof",
    "Proposal",
    "Ruling",
    "Seats",
    "Shown",
    "Signer",
    "Token",
    "Verdict",
    "Withdrawal",
    "chain_errors",
    "connect",
    "deploy_factory",
    "deploy_parts",
    "factory_call",
    "majority",
    "part_call",
    "seated",
]
