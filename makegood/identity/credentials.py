# SPDX-License-Identifier: Apache-2.0
"""W3C Verifiable Credentials (data model 1.1) as VC-JWT: issued and verified.

didkit signs and verifies for `did:key`, in its own process. It cannot be used in two cases, where the
signature is verified here instead, with pycryptodome (Ed25519) or coincurve (secp256k1): for `did:web`,
whose document it would fetch from any host; and where a credential has expired by this machine's clock but
stood at the time that the caller asks about. All other checks are made here, before a signature is looked
at, and none uses the network except through a resolver that the caller gives.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Protocol

from makegood.errors import MakegoodError, SignatureRefused, UsageError
from makegood.identity import jwt, strict_json
from makegood.identity.dids import Did, Method
from makegood.identity.jwt import Jwt, refused
from makegood.identity.keys import Key
from makegood.identity.process import DidkitProcess, shared
from makegood.identity.public_key import PublicKey, shown

CONTEXT = "https://www.w3.org/2018/credentials/v1"
TYPE = "VerifiableCredential"

_TIME_MAX = 253_402_300_799  # the last second of the year 9999, which is as far as a date goes
_TEXT_MAX = 2_048
_PURPOSE = {"proofPurpose": "assertionMethod", "proofFormat": "jwt"}
_NOT_NOW = "-No applicable JWS or proof"
_UNTAKEN = {
    "proof": "a proof of its own inside",
    "credentialStatus": "a status list, which is not asked; standing and revocation are on chain",
}


@dataclass(frozen=True)
class Claims:
    """What a credential is to say: its `type` besides VerifiableCredential, of whom, what, and when.

    `subject` is a DID or another URI. Times are whole seconds since 1970; at `expires_at` it is over.
    """

    type: str
    subject: str
    claims: Mapping[str, Any]
    issued_at: int
    expires_at: int | None = None


@dataclass(frozen=True)
class Credential:
    """A credential that was verified. `claims` are those about `subject`; times as in `Claims`."""

    text: str = field(repr=False)
    issuer: str
    subject: str
    types: tuple[str, ...]
    claims: Mapping[str, Any]
    issued_at: int
    expires_at: int | None


class Resolver(Protocol):
    """What finds the keys of a did:web; see `did_web`."""

    def keys(self, did: Did) -> Mapping[str, PublicKey]:
        """Its keys that may sign credentials, by key id."""
        ...


def issue(claims: Claims, key: Key, *, process: DidkitProcess | None = None) -> str:
    """The VC-JWT that says so, signed with the key. Raises UsageError for claims that it cannot hold."""
    return issue_many([claims], key, process=process)[0]


def issue_many(claims: Sequence[Claims], key: Key, *, process: DidkitProcess | None = None) -> list[str]:
    """As `issue`, many at a time and faster."""
    credentials = [_unsigned(one, key.did) for one in claims]
    options = {**_PURPOSE, "verificationMethod": key.key_id}
    answers = (process or shared()).issue(credentials, options, key.secret_jwk())
    for answer in answers:
        if not answer.startswith("+"):
            raise MakegoodError(f"didkit did not sign: {shown(answer[1:])}.")
        if len(answer) - 1 > jwt.MAX_BYTES:
            raise UsageError(
                f"The credential would have more than {jwt.MAX_BYTES:,} bytes.",
                hint="Name a document's digest.",
            )
    return [answer[1:] for answer in answers]


def verify(
    text: str,
    *,
    now: int,
    issuers: Collection[str] | None = None,
    resolver: Resolver | None = None,
    process: DidkitProcess | None = None,
) -> Credential:
    """What a VC-JWT says, once it is certain that its issuer said it and that it stands at `now`.

    `now` is in seconds since 1970. `issuers` are the DIDs that may have signed; None takes all. A did:web is
    taken with a `resolver` only. Raises SignatureRefused, with the first reason found.
    """
    found = verify_many([text], now=now, issuers=issuers, resolver=resolver, process=process)[0]
    if isinstance(found, SignatureRefused):
        raise found
    return found


def verify_many(
    texts: Sequence[str],
    *,
    now: int,
    issuers: Collection[str] | None = None,
    resolver: Resolver | None = None,
    process: DidkitProcess | None = None,
) -> list[Credential | SignatureRefused]:
    """As `verify`, many at a time and faster: in each place the credential, or why it is refused."""
    if not 0 <= now <= _TIME_MAX:
        raise UsageError(f"{now} is no time in seconds since 1970.")
    resolver = _Once(resolver) if resolver is not None else None
    results: list[Credential | SignatureRefused] = []
    for_didkit: list[tuple[int, Jwt]] = []
    for text in texts:
        try:
            token = jwt.read(text)
            credential = _read(token)
            _check_standing(credential, now, issuers)
            if token.header.did.method is Method.KEY:
                for_didkit.append((len(results), token))
            else:
                _check_signature(token, resolver)
            results.append(credential)
        except SignatureRefused as error:
            results.append(error)
    for key_id, some in _by_key(for_didkit).items():
        # didkit compares `created` with nbf where its own clock would stand.
        options = {**_PURPOSE, "verificationMethod": key_id, "created": _date(now)}
        answers = (process or shared()).verify([token.text for _, token in some], options)
        for (place, token), answer in zip(some, answers, strict=True):
            try:
                _check_answer(token, answer)
            except SignatureRefused as error:
                results[place] = error
    return results


# ---------------------------------------------------------------- issuing


def _unsigned(claims: Claims, issuer: str) -> str:
    last = _TIME_MAX if claims.expires_at is None else claims.expires_at - 1
    if not 0 <= claims.issued_at <= last <= _TIME_MAX:
        raise UsageError("A credential is issued before it expires, in whole seconds since 1970.")
    if not _is_text(claims.type) or not _is_text(claims.subject) or ":" not in claims.subject:
        raise UsageError("A credential has a type, and a subject that is a DID or another URI.")
    if "id" in claims.claims:
        raise UsageError("The claims name their subject a second time.", hint="Leave `id` out of the claims.")
    credential: dict[str, Any] = {
        "@context": [CONTEXT],
        "type": [TYPE, claims.type],
        "issuer": issuer,
        "issuanceDate": _date(claims.issued_at),
        "credentialSubject": {"id": claims.subject, **claims.claims},
    }
    if claims.expires_at is not None:
        credential["expirationDate"] = _date(claims.expires_at)
    try:
        text = json.dumps(credential, ensure_ascii=False, allow_nan=False)
        raw = text.encode()
        if all(type(value) is type(name) is str for name, value in claims.claims.items()):
            return text
        if strict_json.parse(raw) == credential:
            return text
    except (TypeError, ValueError, RecursionError):
        pass
    raise UsageError(
        "The claims are no JSON that every reader understands alike.",
        hint="Use objects, lists, strings, true, false and numbers; amounts as strings.",
    )


@lru_cache(maxsize=1024)
def _date(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---------------------------------------------------------------- reading


def _read(token: Jwt) -> Credential:
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
    if not isinstance(types, list) or TYPE not in types or not all(_is_text(one) for one in types):
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
    if not _is_text(outer):
        raise refused("The credential does not name its subject.")
    return outer, claims


def _seconds(payload: Mapping[str, Any], name: str) -> int | None:
    if name not in payload:
        return None
    value = payload[name]
    # didkit writes whole seconds as a float.
    if type(value) not in (int, float) or not 0 <= value <= _TIME_MAX or value != int(value):
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


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _TEXT_MAX and value.isprintable()


# ---------------------------------------------------------------- deciding


class _Once:
    # Asks for each DID once, also where that was refused: a host that does not answer costs seconds.
    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._found: dict[Did, Mapping[str, PublicKey] | SignatureRefused] = {}

    def keys(self, did: Did) -> Mapping[str, PublicKey]:
        if did not in self._found:
            try:
                self._found[did] = self._resolver.keys(did)
            except SignatureRefused as error:
                self._found[did] = error
        found = self._found[did]
        if isinstance(found, SignatureRefused):
            raise refused(found.message, hint=found.hint or "")
        return found


def _check_standing(credential: Credential, now: int, issuers: Collection[str] | None) -> None:
    if issuers is not None and credential.issuer not in issuers:
        raise refused(
            f"The credential is from {shown(credential.issuer)}, who is not the one to say this.",
            hint="Ask for the credential of the agent that is on record.",
        )
    if now < credential.issued_at:
        raise refused(
            f"The credential counts only from {_date(credential.issued_at)}.", hint="Wait until then."
        )
    if credential.expires_at is not None and now >= credential.expires_at:
        raise refused(
            f"The credential expired at {_date(credential.expires_at)}.", hint="Ask its issuer for a new one."
        )


def _by_key(tokens: Sequence[tuple[int, Jwt]]) -> dict[str, list[tuple[int, Jwt]]]:
    # The key id was found to belong to the issuer, so that didkit is told it and need not look.
    found: dict[str, list[tuple[int, Jwt]]] = {}
    for place, token in tokens:
        found.setdefault(token.header.key_id, []).append((place, token))
    return found


def _check_answer(token: Jwt, answer: str) -> None:
    if answer == "+":
        return
    # Key and issuer were found to fit, so that only didkit's clock can be the reason.
    if answer == _NOT_NOW and "exp" in token.payload:
        _check_signature(token, None)
        return
    raise _forged()


def _check_signature(token: Jwt, resolver: Resolver | None) -> None:
    header = token.header
    key = header.did.key
    if header.did.method is Method.WEB:
        if resolver is None:
            raise refused(
                f"The credential is from {shown(header.did.text)}, a did:web, which is not looked up here.",
                hint="Name the hosts that may be asked, or ask for one from a did:key.",
            )
        key = resolver.keys(header.did).get(header.key_id)
    if key is None or key.curve is not header.curve:
        raise refused("The issuer's document has no such key for credentials.")
    if not key.verify(token.signed_bytes, token.signature):
        raise _forged()


def _forged() -> SignatureRefused:
    return refused(
        "The credential's signature is not its issuer's: it was altered, or somebody else made it.",
        hint="Ask its issuer for the original.",
    )
