# SPDX-License-Identifier: Apache-2.0
"""A JWT in compact form, read strictly, before anything is verified: what passes has only one reading."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from makegood.errors import SignatureRefused
from makegood.identity import base64url, dids, strict_json
from makegood.identity.dids import Did, Method
from makegood.identity.public_key import Curve, is_canonical, shown

MAX_BYTES = 16_384
_COMPACT = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)")
_HEADER_MEMBERS = {"alg", "kid", "typ"}
_CURVES = {curve.algorithm: curve for curve in Curve}
_REMEDY = "Ask its issuer for a VC-JWT signed with EdDSA or ES256K."


@dataclass(frozen=True)
class Header:
    """A header that was read: the curve by its `alg`, the key id, and the DID that the key id belongs to."""

    curve: Curve
    key_id: str
    did: Did


@dataclass(frozen=True)
class Jwt:
    """A JWT whose signature is not verified. `payload` is a JSON object."""

    text: str
    header: Header
    payload: dict[str, Any]
    signature: bytes

    @property
    def signed_bytes(self) -> bytes:
        """What the signature is over."""
        return self.text.rpartition(".")[0].encode()


def read(text: str) -> Jwt:
    """The JWT in a text. Raises SignatureRefused for anything that is not exactly one.

    Its algorithm is EdDSA or ES256K, its key id a DID URL of did:key or did:web, and of the signatures that
    fit equally well it has the lower one, so that nobody can make a second text of it.
    """
    if len(text) > MAX_BYTES:
        raise refused(f"The credential has more than {MAX_BYTES:,} bytes.")
    match = _COMPACT.fullmatch(text)
    if match is None:
        if text.lstrip()[:1] in ("{", "["):
            raise refused(
                "This is a JSON-LD credential, whose proofs can be altered and outlive their expiry."
            )
        raise refused("The credential is no JWT in compact form: three parts of base64url with dots between.")
    header = _header(match[1])
    payload = _object(match[2], "payload")
    try:
        signature = base64url.decode(match[3])
    except ValueError:
        raise refused("The credential's signature is not canonical base64url.") from None
    if not is_canonical(header.curve, signature):
        raise refused(f"The credential's signature is no canonical {header.curve.algorithm} signature.")
    return Jwt(text, header, payload, signature)


def refused(message: str, *, hint: str = _REMEDY) -> SignatureRefused:
    """The error about a credential."""
    return SignatureRefused(message, hint=hint)


# An issuer's credentials share their header.
@lru_cache(maxsize=1024)
def _header(part: str) -> Header:
    members = _object(part, "header")
    for name in members:
        if name not in _HEADER_MEMBERS:
            raise refused(f"The credential's header has {shown(name)}, which is not taken.")
    curve = _CURVES.get(members["alg"]) if isinstance(members.get("alg"), str) else None
    if curve is None:
        raise refused("The credential's header names no algorithm that is taken.")
    if members.get("typ", "JWT") not in ("JWT", "vc+jwt"):
        raise refused("The credential's header names another type than JWT.")
    key_id = members.get("kid")
    if not isinstance(key_id, str):
        raise refused("The credential's header has no key id, so nothing says which key signed it.")
    name, _, fragment = key_id.partition("#")
    did = dids.parse(name)
    if not fragment or not key_id.isascii() or not key_id.isprintable() or len(key_id) > dids.MAX_CHARACTERS:
        raise refused("The credential's key id is no DID with the name of a key behind #.")
    if did.method is Method.PKH:
        raise refused(
            "An address (did:pkh) does not sign credentials; a did:key or did:web does, and names it."
        )
    if did.key is not None and (did.key.curve is not curve or fragment != did.key.multikey):
        raise refused("The credential's key id names another key than its DID or its algorithm.")
    return Header(curve, key_id, did)


def _object(part: str, name: str) -> dict[str, Any]:
    try:
        data = base64url.decode(part)
    except ValueError:
        raise refused(f"The credential's {name} is not canonical base64url.") from None
    try:
        value = strict_json.parse(data)
    except ValueError as error:
        raise refused(f"The credential's {name} cannot be taken: {error}.") from None
    if not isinstance(value, dict):
        raise refused(f"The credential's {name} is no JSON object.")
    return value
