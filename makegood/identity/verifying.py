# SPDX-License-Identifier: Apache-2.0
"""Credentials verified: signed by their issuer, and standing at a time.

didkit verifies for `did:key`, in its own process. It cannot be used in two cases, where the signature is
verified here instead, with pycryptodome (Ed25519) or coincurve (secp256k1): for `did:web`, whose document it
would fetch from any host; and where a credential has expired by this machine's clock but stood at the time
that the caller asks about. All other checks are made before a signature is looked at, and none uses the
network except through a resolver that the caller gives.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from makegood.errors import SignatureRefused, UsageError
from makegood.identity import jwt, reading
from makegood.identity.credentials import TIME_MAX, Credential, date
from makegood.identity.dids import Did, Method
from makegood.identity.jwt import Jwt, refused
from makegood.identity.process import PROOF, DidkitProcess, shared
from makegood.identity.public_key import PublicKey, shown

_NOT_NOW = "-No applicable JWS or proof"


class Resolver(Protocol):
    """What finds the keys of a did:web; see `did_web`."""

    def keys(self, did: Did) -> Mapping[str, PublicKey]:
        """Its keys that may sign credentials, by key id."""
        ...


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
    if not 0 <= now <= TIME_MAX:
        raise UsageError(f"{now} is no time in seconds since 1970.")
    resolver = _Once(resolver) if resolver is not None else None
    results: list[Credential | SignatureRefused] = []
    for_didkit: list[tuple[int, Jwt]] = []
    for text in texts:
        try:
            token = jwt.read(text)
            credential = reading.read(token)
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
        options = {**PROOF, "verificationMethod": key_id, "created": date(now)}
        answers = (process or shared()).verify([token.text for _, token in some], options)
        for (place, token), answer in zip(some, answers, strict=True):
            try:
                _check_answer(token, answer)
            except SignatureRefused as error:
                results[place] = error
    return results


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
            f"The credential counts only from {date(credential.issued_at)}.", hint="Wait until then."
        )
    if credential.expires_at is not None and now >= credential.expires_at:
        raise refused(
            f"The credential expired at {date(credential.expires_at)}.", hint="Ask its issuer for a new one."
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
