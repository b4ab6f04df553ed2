# SPDX-License-Identifier: Apache-2.0
"""Calldata, EIP-712 digests and signatures by hand: eth-abi and eth-account are too slow here."""

from dataclasses import dataclass
from functools import cache

import coincurve
from sha3 import keccak_256

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def keccak(data: bytes) -> bytes:
    """Keccak-256."""
    return keccak_256(data).digest()


def number(data: bytes) -> int:
    """Big-endian."""
    return int.from_bytes(data, "big")


def word(value: int) -> bytes:
    """32 bytes."""
    return value.to_bytes(32, "big")


def join(*values: int) -> bytes:
    """Words in a row."""
    return b"".join([value.to_bytes(32, "big") for value in values])


def padded(data: bytes) -> bytes:
    """To whole words."""
    return data + bytes(-len(data) % 32)


@dataclass(frozen=True)
class Tail:
    """A dynamic value as it stands behind the head."""

    data: bytes


def octets(data: bytes) -> Tail:
    """`bytes` or `string`."""
    return Tail(word(len(data)) + padded(data))


def array(values: list[int]) -> Tail:
    """An array of single words."""
    return Tail(word(len(values)) + join(*values))


def rows(values: list[tuple[int, ...]]) -> Tail:
    """An array of static structs."""
    return Tail(word(len(values)) + b"".join(join(*row) for row in values))


def structs(encoded: list[bytes]) -> Tail:
    """An array of dynamic structs."""
    offsets, at = [], 32 * len(encoded)
    for one in encoded:
        offsets.append(at)
        at += len(one)
    return Tail(join(len(encoded), *offsets) + b"".join(encoded))


Part = int | tuple[int, ...] | Tail


def encode(*parts: Part) -> bytes:
    """Arguments: a word, a row of static words, or a tail."""
    size = sum(32 * len(part) if isinstance(part, tuple) else 32 for part in parts)
    head, tail = [], []
    for part in parts:
        if isinstance(part, Tail):
            head.append(size.to_bytes(32, "big"))
            tail.append(part.data)
            size += len(part.data)
        elif isinstance(part, tuple):
            head.append(join(*part))
        else:
            head.append(part.to_bytes(32, "big"))
    return b"".join(head + tail)


@cache
def selector(signature: str) -> bytes:
    """The first four bytes of a function's hash."""
    return keccak(signature.encode())[:4]


def call(signature: str, *parts: Part) -> bytes:
    """The data of a call."""
    return selector(signature) + encode(*parts)


def text_words(text: str) -> tuple[int, ...]:
    """A string as it stands in an event: its length, then its words."""
    data = padded(text.encode())
    return (len(text.encode()), *(number(data[i : i + 32]) for i in range(0, len(data), 32)))


# ---------------------------------------------------------------- EIP-712

TYPES = {
    "OpenTicket": "address requester,uint256 policy_id,uint256 priority,bytes32 commitment,uint256 deadline",
    "FollowUp": "bytes32 ticket_id,bytes32 digest,uint256 nonce,uint256 deadline",
    "GrantCoverage": "address holder,uint256 policy_id,uint256 priority,uint256 places,uint256 until,"
    "uint256 deadline",
    "AgentBinding": "address agent,uint256 kind,bytes32 did_digest,bytes32 credential_digest,"
    "uint256 deadline",
    "NameKeeper": "address requester,address keeper,uint256 nonce,uint256 deadline",
    "Verdict": "bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,"
    "uint256 dispute,uint256 epoch,uint256 deadline",
}
TYPE_HASHES = {name: keccak(f"{name}({fields})".encode()) for name, fields in TYPES.items()}
DOMAIN_HASH = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")


@cache
def domain(chain_id: int, contract: int, version: str = "1") -> bytes:
    """The separator of a contract's domain."""
    names = keccak(b"Makegood") + keccak(version.encode())
    return keccak(DOMAIN_HASH + names + join(chain_id, contract))


@dataclass(frozen=True)
class Signature:
    """Who signed what, and what is wrong with it; the empty flaw is none."""

    signer: int
    contract: int  # whose domain
    message: str
    fields: tuple[int, ...]
    flaw: str = ""

    def digest(self, chain_id: int) -> bytes:
        """What is signed."""
        separator = domain(chain_id, self.contract)
        if self.flaw == "other chain":
            separator = domain(chain_id + 1, self.contract)
        elif self.flaw == "other version":
            separator = domain(chain_id, self.contract, "2")
        return keccak(b"\x19\x01" + separator + keccak(TYPE_HASHES[self.message] + join(*self.fields)))


# What is wrong with a signature of a key, and with one of a contract.
KEY_FLAWS = ("high s", "low v", "short", "empty", "other chain", "other version", "no r", "too long")
CONTRACT_FLAWS = ("empty", "other chain", "other version", "too long")
# Not flaws: a contract takes up to 1,024 bytes; an account with key and code is believed either way.
VARIANTS = ("by code", "by code, long")


def sign(key: coincurve.PrivateKey, digest: bytes, flaw: str) -> bytes:
    """65 bytes r, s, v, or what the flaw makes of them."""
    raw = key.sign_recoverable(digest, hasher=None)
    r, s, v = raw[:32], raw[32:64], raw[64] + 27
    if flaw == "high s":
        s, v = word(ORDER - number(s)), 55 - v
    elif flaw == "low v":
        v -= 27
    elif flaw == "no r":
        r = bytes(32)
    if flaw == "short":
        return r + s
    return r + s + bytes([v])
