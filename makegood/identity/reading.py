# SPDX-License-Identifier: Apache-2.0
"""What a VC-JWT says of itself, read strictly: the credential and the JWT around it say the same.

Nothing is verified here, and nothing asked of a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from makegood.identity.credentials import CONTEXT, TIME_MAX, TYPE, Credential, is_text
from makegood.identity.jwt import Jwt, refused

_UNTAKEN = {
    "proof": "a proof of its own inside",
    "credentialStatus": "a status list, which is not asked; standing and revocation are on chain",
}


def read(token: Jwt) -> Credential:
    """What it claims. Raises SignatureRefused for what is no credential, or has two readings."""
    payload = token.payload
    issuer = payload.get("iss")
    if issuer != token.header.did.text:
        raise refused("The credential's key does not belong to its issuer.")
    if "aud" in payload or "vp" in payload:
        raise refused("The credential is addressed to somebody, or is a presentation.")
    vc = payload.get("vc")
    if not isinstance(vc, dict):
        raise refused("The JWT holds no credential: `vc` is missing.")
    for name, fact in _UNTAKEN.items():
        if name in vc:
            raise refused(f"The credential has {fact}.")
    types = _types(vc)
    subject, claims = _subject(payload, vc)
    issued_at = _seconds(payload, "nbf")
    if issued_at is None:
        raise refused("The credential does not say when it was issued: `nbf` is missing.")
    expires_at = _seconds(payload, "exp")
    _check_agreement(payload, vc, issued_at, expires_at)
    return Credential(
        text=token.text,
        issuer=token.header.did.text,
        subject=subject,
        types=types,
        claims=MappingProxyType(claims),
        issued_at=issued_at,
        expires_at=expires_at,
    )


def _types(vc: Mapping[str, Any]) -> tuple[str, ...]:
    context, types = vc.get("@context"), vc.get("type")
    first = context[0] if isinstance(context, list) and context else context
    if first != CONTEXT:
        raise refused("The credential does not begin with the context of the W3C data model 1.1.")
    if not isinstance(types, list) or TYPE not in types or not all(is_text(one) for one in types):
        raise refused(f"The credential's types are no list with {TYPE}.")
    return tuple(types)


def _subject(payload: Mapping[str, Any], vc: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    claims = vc.get("credentialSubject")
    if not isinstance(claims, dict):
        raise refused("The credential is not about exactly one subject.")
    claims = dict(claims)
    inner = claims.pop("id", None)
    outer = payload.get("sub", inner)
    if inner is not None and inner != outer:
        raise refused("The credential names two subjects.")
    if not is_text(outer):
        raise refused("The credential does not name its subject.")
    return outer, claims


def _seconds(payload: Mapping[str, Any], name: str) -> int | None:
    if name not in payload:
        return None
    value = payload[name]
    # didkit writes whole seconds as a float.
    if type(value) not in (int, float) or not 0 <= value <= TIME_MAX or value != int(value):
        raise refused(f"The credential's `{name}` is no time in whole seconds.")
    return int(value)


def _check_agreement(
    payload: Mapping[str, Any], vc: Mapping[str, Any], issued_at: int, expires_at: int | None
) -> None:
    # Who reads the inner credential must find the same as who reads the JWT around it.
    issuer = vc.get("issuer", payload["iss"])
    if isinstance(issuer, dict):
        issuer = issuer.get("id")
    agrees = (
        issuer == payload["iss"]
        and ("id" not in vc or vc["id"] == payload.get("jti", vc["id"]))
        and ("issuanceDate" not in vc or _timestamp(vc["issuanceDate"]) == issued_at)
        and ("expirationDate" not in vc or _timestamp(vc["expirationDate"]) == expires_at)
    )
    if not agrees:
        raise refused("The credential contradicts the JWT around it about issuer, id or times.")


def _timestamp(date: Any) -> float | None:
    return _parsed(date) if isinstance(date, str) else None


@lru_cache(maxsize=1024)
def _parsed(date: str) -> float | None:
    try:
        found = datetime.fromisoformat(date)
        return found.timestamp() if found.tzinfo else None
    except (ValueError, OverflowError):
        return None
