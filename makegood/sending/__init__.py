# SPDX-License-Identifier: Apache-2.0
"""An account's transactions, each kept with its nonce before it is sent, and brought onto the chain once."""

from makegood.sending.fees import FeeRules
from makegood.sending.lane import Lane
from makegood.sending.outbox import Intent, Outbox
from makegood.sending.round import Worked

__all__ = ["FeeRules", "Intent", "Lane", "Outbox", "Worked"]
