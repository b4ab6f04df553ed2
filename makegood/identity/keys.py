# SPDX-License-Identifier: Apache-2.0
"""Secret keys that sign credentials.

A credential is signed over its own bytes. Ape accounts and hardware wallets sign EIP-191 and EIP-712
messages only, which no JWT library verifies, so they cannot issue credentials: that takes a key file
(`key_file`), or a key of eth-account, whose secret is in this process. The account of an agent signs for
the DID instead, by EIP-712, and the DID's credential names the account.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from coincurve import PrivateKey as Secp256k1PrivateKey
from Crypto.Signature import eddsa
from eth_account.signers.local import LocalAccount

from makegood.errors import UsageError
from makegood.identity import base64url, dids
from makegood.identity.public_key import Curve, PublicKey


@dataclass(frozen=True)
class Key:
    """A secret key of 32 bytes: an Ed25519 seed, or a secp256k1 scalar. Its secret is not in its `repr`.

    Raises UsageError for bytes that are no key.
    """

    curve: Curve
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        try:
            if len(self.secret) != 32:
                raise ValueError("length")
            if self.curve is Curve.SECP256K1:
                Secp256k1PrivateKey(self.secret)
        except ValueError:
            raise UsageError(
                f"These are not the bytes of a secret {self.curve.value} key.", hint="It has 32 bytes."
            ) from None

    @classmethod
    def generate(cls, curve: Curve = Curve.ED25519) -> Key:
        """A new key from the system's random source."""
        if curve is Curve.SECP256K1:
            return cls(curve, Secp256k1PrivateKey().secret)
        return cls(curve, secrets.token_bytes(32))

    @classmethod
    def from_account(cls, account: LocalAccount) -> Key:
        """The secp256k1 key of an eth-account account. An Ape account does not give its key."""
        return cls(Curve.SECP256K1, bytes(account.key))

    @cached_property
    def public(self) -> PublicKey:
        """Its public key."""
        if self.curve is Curve.SECP256K1:
            return PublicKey(self.curve, Secp256k1PrivateKey(self.secret).public_key.format())
        pair = eddsa.import_private_key(self.secret)
        return PublicKey(self.curve, pair.public_key().export_key(format="raw"))

    @cached_property
    def did(self) -> str:
        """Its did:key."""
        return dids.did_key(self.public)

    @cached_property
    def key_id(self) -> str:
        """What `kid` says in the header of a JWT of this key."""
        return f"{self.did}#{self.public.multikey}"

    def secret_jwk(self) -> str:
        """The private JWK as JSON. It holds the secret."""
        jwk: dict[str, Any] = self.public.jwk() | {"d": base64url.encode(self.secret)}
        return json.dumps(jwk)
