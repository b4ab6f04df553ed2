# SPDX-License-Identifier: Apache-2.0
"""Who plays: accounts with keys, contracts that sign. The same in every episode."""

from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

import coincurve

from fuzz.encode import VARIANTS, Signature, keccak, number, sign

# Says yes to a signature that begins with the digest itself; takes ETH. PUSH1 4 CALLDATALOAD, PUSH1 100
# CALLDATALOAD, EQ, times the magic value of ERC-1271, returned as a word.
SIGNER_CODE = bytes.fromhex("60043560643514631626ba7e60e01b025f5260205ff3")

KEYED = (
    "operator",
    "heir",
    "human 0",
    "human 1",
    "human 2",
    "bot 0",
    "bot 1",
    "carrier",
    "requester 0",
    "requester 1",
    "requester 2",
    "requester 3",
    "delegated",
    *(f"arbiter {n}" for n in range(7)),
)
CONTRACT_SIGNERS = ("wallet", "seat")
# Has code, takes everything and answers nothing.
MUTE_CODE = b"\0"


@dataclass
class Cast:
    """Accounts as numbers."""

    keys: dict[int, coincurve.PrivateKey]
    by_name: dict[str, int]
    names: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.names = {account: name for name, account in self.by_name.items()}
        self.operators = self.some("operator", "heir")
        self.humans = self.some("human 0", "human 1", "human 2")
        self.bots = self.some("bot 0", "bot 1")
        self.requesters = self.some(*(f"requester {n}" for n in range(4)))
        self.arbiters = tuple(sorted(self.some(*(f"arbiter {n}" for n in range(7)), "seat", "delegated")))
        # No transaction begins at an account with code.
        self.senders = tuple(one for one in self.keys if one != self["delegated"])

    def __getitem__(self, name: str) -> int:
        return self.by_name[name]

    def some(self, *names: str) -> tuple[int, ...]:
        """These accounts."""
        return tuple(self.by_name[name] for name in names)

    def signed(self, one: Signature, chain_id: int) -> bytes:
        """The bytes of a signature."""
        digest = one.digest(chain_id)
        if one.flaw == "empty":
            return b""
        if one.flaw == "too long":
            return digest + bytes(993)
        if one.flaw in VARIANTS or one.signer not in self.keys:
            return digest + bytes(992 if one.flaw == "by code, long" else 33)
        return sign(self.keys[one.signer], digest, one.flaw)

    def is_good(self, one: Signature, signer: int, contract: int, message: str, *fields: int) -> bool:
        """Whether a signature is that signer's over just this."""
        if (one.contract, one.message, one.fields) != (contract, message, fields):
            return False
        if one.flaw in VARIANTS or (one.flaw == "" and one.signer not in self.keys):
            # Anyone can write what such a contract believes.
            return self.names.get(signer) in (*CONTRACT_SIGNERS, "delegated")
        return one.flaw == "" and one.signer == signer


@cache
def cast() -> Cast:
    """Everybody who has an address before anything is deployed."""
    by_name: dict[str, int] = {}
    keys: dict[int, coincurve.PrivateKey] = {}
    for name in KEYED:
        key = coincurve.PrivateKey(sha256(f"makegood fuzz {name}".encode()).digest())
        account = number(keccak(key.public_key.format(compressed=False)[1:])[12:])
        keys[account] = key
        by_name[name] = account
    for name in (*CONTRACT_SIGNERS, "mute"):
        by_name[name] = number(keccak(name.encode())[12:])
    return Cast(keys, by_name)
