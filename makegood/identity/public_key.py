# SPDX-License-Identifier: Apache-2.0
"""Public keys of the two curves that sign credentials, as JWK, as multikey, and verifying."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Any

from coincurve import PublicKey as Secp256k1PublicKey
from coincurve.ecdsa import cdata_to_der, deserialize_compact
from Crypto.Signature import eddsa

from makegood.errors import SignatureRefused
from makegood.identity import base58, base64url

_SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_REMEDY = "Use the key as its owner publishes it."


class Curve(Enum):
    """The curve of a key, named as a JWK names it."""

    ED25519 = "Ed25519"
    SECP256K1 = "secp256k1"

    @property
    def algorithm(self) -> str:
        """Its `alg` in a JWT: `EdDSA` or `ES256K`."""
        return "EdDSA" if self is Curve.ED25519 else "ES256K"


# The unsigned varints of multicodec 0xed and 0xe7, in front of the key's bytes.
_CODECS = {Curve.ED25519: b"\xed\x01", Curve.SECP256K1: b"\xe7\x01"}


@dataclass(frozen=True)
class PublicKey:
    """A valid public key. `data` is 32 bytes for Ed25519, the 33 of the compressed point for secp256k1.

    Raises SignatureRefused for bytes that are no point, or one of the few Ed25519 points for which anybody
    can sign.
    """

    curve: Curve
    data: bytes

    def __post_init__(self) -> None:
        if not _is_sound(self.curve, self.data):
            raise SignatureRefused(f"These are not the bytes of an {self.curve.value} key.", hint=_REMEDY)

    @property
    def multikey(self) -> str:
        """Multibase base58 of codec and key: `z6Mk…` or `zQ3s…`."""
        return "z" + base58.encode(_CODECS[self.curve] + self.data)

    @classmethod
    def from_multikey(cls, text: str) -> PublicKey:
        """The reverse of `multikey`. Raises SignatureRefused for anything else."""
        try:
            data = base58.decode(text[1:]) if text.startswith("z") else b""
        except ValueError:
            data = b""
        for curve, codec in _CODECS.items():
            if data.startswith(codec):
                key = cls(curve, data[len(codec) :])
                if key.multikey == text:
                    return key
        raise SignatureRefused(
            f"{shown(text)} is no multibase key of Ed25519 (z6Mk…) or secp256k1 (zQ3s…).", hint=_REMEDY
        )

    def jwk(self) -> dict[str, str]:
        """The public JWK."""
        if self.curve is Curve.ED25519:
            return {"kty": "OKP", "crv": "Ed25519", "x": base64url.encode(self.data)}
        point = Secp256k1PublicKey(self.data).format(compressed=False)
        x, y = base64url.encode(point[1:33]), base64url.encode(point[33:])
        return {"kty": "EC", "crv": "secp256k1", "x": x, "y": y}

    @classmethod
    def from_jwk(cls, jwk: Mapping[str, Any]) -> PublicKey:
        """The key of a public JWK. Raises SignatureRefused for other kinds, and where it is private."""
        if "d" in jwk:
            raise SignatureRefused("The JWK holds a private key.", hint="Its owner must replace that key.")
        try:
            kind = (jwk.get("kty"), jwk.get("crv"))
            if kind == ("OKP", "Ed25519"):
                return cls(Curve.ED25519, base64url.decode(jwk["x"]))
            if kind == ("EC", "secp256k1"):
                x, y = base64url.decode(jwk["x"]), base64url.decode(jwk["y"])
                if len(x) == len(y) == 32:
                    point = Secp256k1PublicKey(b"\x04" + x + y)
                    return cls(Curve.SECP256K1, point.format(compressed=True))
        except (KeyError, TypeError, ValueError):
            pass
        raise SignatureRefused("The JWK is no Ed25519 or secp256k1 key.", hint=_REMEDY)

    def verify(self, message: bytes, signature: bytes) -> bool:
        """Whether these are this key's signature in JOSE form, in its canonical of the possible forms."""
        if not is_canonical(self.curve, signature):
            return False
        if self.curve is Curve.ED25519:
            try:
                eddsa.new(eddsa.import_public_key(self.data), "rfc8032").verify(message, signature)
            except ValueError:
                return False
            return True
        der = cdata_to_der(deserialize_compact(signature))
        return Secp256k1PublicKey(self.data).verify(der, hashlib.sha256(message).digest(), hasher=None)


def is_canonical(curve: Curve, signature: bytes) -> bool:
    """Whether a signature has 64 bytes, and of the numbers that fit equally well the lower."""
    if len(signature) != 64:
        return False
    if curve is Curve.ED25519:
        return int.from_bytes(signature[32:], "little") < _ED25519_ORDER
    return 0 < int.from_bytes(signature[32:]) <= _SECP256K1_ORDER // 2


def shown(text: str) -> str:
    """Somebody else's text for a message: quoted, its middle left out where it is long."""
    if not text.isprintable():
        return "a text with characters that cannot be shown"
    return f'"{text}"' if len(text) <= 72 else f'"{text[:40]}…{text[-20:]}"'


@lru_cache(maxsize=1024)
def _is_sound(curve: Curve, data: bytes) -> bool:
    try:
        if curve is Curve.SECP256K1:
            return len(data) == 33 and Secp256k1PublicKey(data).format(compressed=True) == data
        if len(data) != 32:
            return False
        key = eddsa.import_public_key(data)
        small = (key.pointQ * 8).is_point_at_infinity()
        return not small and key.export_key(format="raw") == data
    except ValueError:
        return False
