# SPDX-License-Identifier: Apache-2.0
"""Who plays a demo on a local chain."""

import hashlib

from makegood.console.accounts import ROLES, signer_of
from makegood.console.network import Chain
from makegood.demo.script import Script
from makegood.desk import KeySigner, Signer
from makegood.errors import UsageError

_TEST_ACCOUNTS = 10
_ROLES = ("operator", "agent", "bot", "anyone")


def cast_of(chain: Chain, script: Script) -> dict[str, Signer]:
    """Signers by name: test accounts for the roles and the requesters, fresh keys for who needs no coin.

    That is a requester "without coin", and the arbiters: they sign, and others send. Raises UsageError for
    more requesters than there are test accounts.
    """
    cast: dict[str, Signer] = {role: signer_of(chain, role, role) for role in _ROLES}
    taken = {ROLES[role] for role in _ROLES}
    free = iter(index for index in range(_TEST_ACCOUNTS) if index not in taken)
    for name in script.requesters:
        if "without coin" in name:
            cast[name] = _fresh(chain, name)
            continue
        index = next(free, None)
        if index is None:
            raise UsageError("The tickets have more requesters than there are test accounts.")
        cast[name] = signer_of(chain, f"TEST::{index}", "requester")
    return {**cast, **{name: _fresh(chain, name) for name in script.arbiters}}


def _fresh(chain: Chain, name: str) -> KeySigner:
    return KeySigner.from_key(hashlib.sha256(f"{chain.identity} {name}".encode()).digest())
