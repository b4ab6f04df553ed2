# SPDX-License-Identifier: Apache-2.0
"""A typed client of the contracts: builds calls with web3, takes any signer."""

from makegood.desk.call import Call, Outcome
from makegood.desk.contract import ETH, connect
from makegood.desk.directory import BOT, HUMAN, Agent, Channel, Directory
from makegood.desk.event import Event
from makegood.desk.factory import (
    Deployment,
    Factory,
    blueprint_call,
    deploy_blueprints,
    deploy_factory,
    factory_call,
)
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
from makegood.desk.support_desk import AGENT_LANE, MAX_ITEMS, REQUESTER_LANE, Claimable, Coverage, Desk

__all__ = [
    "AGENT_LANE",
    "BOT",
    "ETH",
    "HUMAN",
    "MAX_ARBITERS",
    "MAX_ITEMS",
    "REQUESTER_LANE",
    "Agent",
    "ArbiterSignature",
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
    "Outcome",
    "Panel",
    "Pool",
    "Proposal",
    "Ruling",
    "Seats",
    "Signer",
    "Token",
    "Verdict",
    "Withdrawal",
    "blueprint_call",
    "chain_errors",
    "connect",
    "deploy_blueprints",
    "deploy_factory",
    "factory_call",
    "majority",
    "seated",
]
