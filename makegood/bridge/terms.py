# SPDX-License-Identifier: Apache-2.0
"""What a bridge's settings promise, against the policy that the desk published."""

from __future__ import annotations

from makegood.bridge.settings import Settings
from makegood.desk import Desk
from makegood.errors import UsageError
from makegood.policy import ChainPolicy


def check(desk: Desk, settings: Settings) -> ChainPolicy:
    """The policy of new tickets.

    Raises NotFound where it was not published, UsageError where requesters have longer to name an address
    than their tickets may wait for the chain.
    """
    policy = desk.policy(settings.policy)
    if settings.claim_wait >= policy.anchor_lag:
        raise UsageError(
            f"[bridge] claim_wait is {settings.claim_wait:,} seconds, and by policy {settings.policy} "
            f"a desk anchors within {policy.anchor_lag:,} (anchor_lag): what waits longer counts as late.",
            hint="Make it well shorter.",
        )
    return policy
