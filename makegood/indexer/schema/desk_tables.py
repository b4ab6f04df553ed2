# SPDX-License-Identifier: Apache-2.0
"""Desks, and who and what is known to them."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Index, Integer, Table

from makegood.indexer.schema.columns import Amount, key, may, metadata, need, of_desk

desks = Table(
    "desks",
    metadata,
    *of_desk(),
    need("pool"),
    need("panel"),
    need("lane"),
    need("directory"),
    may("factory"),
    need("asset"),
    may("asset_symbol"),
    may("asset_decimals", Integer),
    need("notice", BigInteger),
    need("name"),
    may("operator"),
    may("pending_operator"),
    may("deployed_block", BigInteger),
    may("deployed_at", BigInteger),
    need("policies", Integer),
    need("tickets", BigInteger),
    need("batches", BigInteger),
    need("disputes", BigInteger),
    need("epoch", BigInteger),
    need("funds", Amount),
    need("reserved", Amount),
    need("credited", Amount),
    need("bonded", Amount),
    need("debt_incurred", Amount),
    need("debt_paid", Amount),
    need("compensated", Amount),
    need("collected", Amount),
    need("withdrawn", Amount),
    need("withdrawal_amount", Amount),
    need("withdrawal_from", BigInteger),
    need("withdrawal_until", BigInteger),
    need("changed_block", BigInteger),
)

policies = Table(
    "policies",
    metadata,
    *of_desk(),
    key("policy_id", BigInteger),
    need("name"),
    need("uri"),
    need("terms_digest"),
    need("terms"),
    need("published_at", BigInteger),
    need("changed_block", BigInteger),
)

coverages = Table(
    "coverages",
    metadata,
    *of_desk(),
    key("holder"),
    key("policy_id", BigInteger),
    need("priority", Integer),
    need("places", BigInteger),
    need("used", BigInteger),
    need("until", BigInteger),
    need("changed_block", BigInteger),
    Index("coverages_by_holder", "holder"),
)

agents = Table(
    "agents",
    metadata,
    *of_desk(),
    key("agent"),
    need("kind", Integer),
    may("did_digest"),
    may("credential_digest"),
    need("since", BigInteger),
    need("until", BigInteger),
    need("revoked", Boolean),
    need("allowance", Amount),
    may("successor"),
    may("predecessor"),
    need("replies", BigInteger),
    need("opened", BigInteger),
    need("changed_block", BigInteger),
    Index("agents_by_address", "agent"),
    Index("agents_by_did", "did_digest"),
)

channels = Table(
    "channels",
    metadata,
    *of_desk(),
    key("channel"),
    need("since", BigInteger),
    need("revoked_at", BigInteger),
    need("changed_block", BigInteger),
    Index("channels_by_digest", "channel"),
)

keepers = Table(
    "keepers",
    metadata,
    *of_desk(),
    key("requester"),
    may("keeper"),
    need("nonce", BigInteger),
    need("changed_block", BigInteger),
)

panels = Table(
    "panels",
    metadata,
    *of_desk(),
    key("epoch", BigInteger),
    need("arbiters"),
    need("threshold", Integer),
    need("state"),
    may("usable_from", BigInteger),
    may("usable_until", BigInteger),
    may("adopted_at", BigInteger),
    need("changed_block", BigInteger),
)
