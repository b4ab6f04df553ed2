# SPDX-License-Identifier: Apache-2.0
"""Credentials issued as VC-JWT. didkit signs them, in its own process."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from makegood.errors import MakegoodError, UsageError
from makegood.identity import jwt, strict_json
from makegood.identity.credentials import CONTEXT, TIME_MAX, TYPE, Claims, date, is_text
from makegood.identity.keys import Key
from makegood.identity.process import PROOF, DidkitProcess, shared
from makegood.identity.public_key import shown


def issue(claims: Claims, key: Key, *, process: DidkitProcess | None = None) -> str:
    """The VC-JWT that says so, signed with the key. Raises UsageError for claims that it cannot hold."""
    return issue_many([claims], key, process=process)[0]


def issue_many(claims: Sequence[Claims], key: Key, *, process: DidkitProcess | None = None) -> list[str]:
    """As `issue`, many at a time and faster."""
    credentials = [_unsigned(one, key.did) for one in claims]
    options = {**PROOF, "verificationMethod": key.key_id}
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


def _unsigned(claims: Claims, issuer: str) -> str:
    last = TIME_MAX if claims.expires_at is None else claims.expires_at - 1
    if not 0 <= claims.issued_at <= last <= TIME_MAX:
        raise UsageError("A credential is issued before it expires, in whole seconds since 1970.")
    if not is_text(claims.type) or not is_text(claims.subject) or ":" not in claims.subject:
        raise UsageError("A credential has a type, and a subject that is a DID or another URI.")
    if "id" in claims.claims:
        raise UsageError("The claims name their subject a second time.", hint="Leave `id` out of the claims.")
    credential: dict[str, Any] = {
        "@context": [CONTEXT],
        "type": [TYPE, claims.type],
        "issuer": issuer,
        "issuanceDate": date(claims.issued_at),
        "credentialSubject": {"id": claims.subject, **claims.claims},
    }
    if claims.expires_at is not None:
        credential["expirationDate"] = date(claims.expires_at)
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
