# SPDX-License-Identifier: Apache-2.0
"""Credentials: those of other implementations, ours in another library, and what is refused and why."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jwt as pyjwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from makegood.errors import SignatureRefused, UsageError
from makegood.identity import (
    AgentCredential,
    Claims,
    Credential,
    Curve,
    DidkitProcess,
    Key,
    Statement,
    StatementKind,
    did_pkh,
    issue,
    issue_many,
    verify,
    verify_many,
)

NOW = 1_767_225_600  # 2026-01-01T00:00:00Z
LONG_PAST = 1_000_000_000  # of which any machine's clock is ahead
FAR_AHEAD = 5_000_000_000
AGENT = "0x2c7536E3605D9C16a7a3D7b1898e529396a65c23"
DESK = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

KEY = Key(Curve.ED25519, bytes(range(32)))
SECP256K1_KEY = Key(Curve.SECP256K1, bytes(range(1, 33)))
CLAIMS = Claims("ReplyStatement", "urn:ticket:1", {"digest": "0xcd"}, NOW, NOW + 100)
PAYLOAD: dict[str, Any] = {
    "iss": KEY.did,
    "sub": "urn:ticket:1",
    "nbf": NOW,
    "vc": {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential", "ReplyStatement"],
        "credentialSubject": {"id": "urn:ticket:1", "digest": "0xcd"},
    },
}


@pytest.fixture(scope="module")
def didkit() -> Iterator[DidkitProcess]:
    process = DidkitProcess()
    yield process
    process.close()


def encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def members(token: str, part: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(token.split(".")[part] + "=="))
    return found


def signed(header: bytes, payload: bytes, key: Key = KEY) -> str:
    """Any bytes as a JWT, with a good Ed25519 signature by another library than ours."""
    text = f"{encoded(header)}.{encoded(payload)}"
    return f"{text}.{encoded(Ed25519PrivateKey.from_private_bytes(key.secret).sign(text.encode()))}"


def with_payload(**changes: Any) -> str:
    payload = {name: value for name, value in (PAYLOAD | changes).items() if value is not ...}
    return signed(json.dumps({"alg": "EdDSA", "kid": KEY.key_id}).encode(), json.dumps(payload).encode())


def with_vc(**changes: Any) -> str:
    return with_payload(vc={k: v for k, v in (PAYLOAD["vc"] | changes).items() if v is not ...})


def with_header(**changes: Any) -> str:
    header = {"alg": "EdDSA", "kid": KEY.key_id} | changes
    header = {name: value for name, value in header.items() if value is not ...}
    return signed(json.dumps(header).encode(), json.dumps(PAYLOAD).encode())


# ---------------------------------------------------------------- others' credentials


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("issued-by-js.json", "djv_ed"),
        ("issued-by-js.json", "djv_k1"),
        ("issued-by-didkit-0.3.3.json", "jwt_ed"),
        ("issued-by-didkit-0.3.3.json", "jwt_k1"),
    ],
)
def test_credential_of_another_implementation_is_accepted(
    shared: Path, didkit: DidkitProcess, file: str, name: str
) -> None:
    text = json.loads((shared / "vectors/didkit" / file).read_text())[name]
    found = verify(text, now=NOW, process=didkit)
    assert found.issuer == members(text, 1)["iss"]
    assert (found.subject, found.issued_at, found.expires_at) == ("urn:ticket:42", NOW, None)
    claims = members(text, 1)["vc"]["credentialSubject"]
    claims.pop("id", None)
    assert dict(found.claims) == claims


@pytest.mark.parametrize(
    ("file", "name", "reason"),
    [
        ("issued-by-js.json", "djv_ed_nokid", "has no key id"),
        ("issued-by-js.json", "db_ed2020", "This is a JSON-LD credential"),
        ("issued-by-didkit-0.3.3.json", "ed2020_ctx_in_vc", "This is a JSON-LD credential"),
        ("issued-by-didkit-0.3.3.json", "ed2020_ctx_in_proof", "This is a JSON-LD credential"),
        ("issued-by-didkit-0.3.3.json", "eip712", "This is a JSON-LD credential"),
        ("issued-by-didkit-0.3.3.json", "jwt_ethr", "of a DID method that is not taken"),
    ],
)
def test_credential_of_another_form_is_refused(
    shared: Path, didkit: DidkitProcess, file: str, name: str, reason: str
) -> None:
    found = json.loads((shared / "vectors/didkit" / file).read_text())[name]
    text = found if isinstance(found, str) else json.dumps(found)
    with pytest.raises(SignatureRefused, match=reason):
        verify(text, now=NOW, process=didkit)


@pytest.mark.parametrize("name", ["djv_ed", "djv_k1"])
def test_tampered_credential_of_another_implementation_is_refused(
    shared: Path, didkit: DidkitProcess, name: str
) -> None:
    text = json.loads((shared / "vectors/didkit/issued-by-js.json").read_text())[name]
    header, _, signature = text.split(".")
    changed = members(text, 1) | {"nbf": NOW - 1}
    with pytest.raises(SignatureRefused, match="signature is not its issuer's"):
        verify(f"{header}.{encoded(json.dumps(changed).encode())}.{signature}", now=NOW, process=didkit)


# ---------------------------------------------------------------- ours


def test_ours_is_accepted_by_pyjwt_eddsa(didkit: DidkitProcess) -> None:
    text = issue(CLAIMS, KEY, process=didkit)
    public = Ed25519PublicKey.from_public_bytes(KEY.public.data)
    found = pyjwt.decode(text, public, algorithms=["EdDSA"], options={"verify_exp": False})
    assert (found["iss"], found["sub"], found["exp"]) == (KEY.did, "urn:ticket:1", NOW + 100)


def test_ours_is_accepted_by_pyjwt_es256k(didkit: DidkitProcess) -> None:
    text = issue(CLAIMS, SECP256K1_KEY, process=didkit)
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256K1(), SECP256K1_KEY.public.data)
    found = pyjwt.decode(text, public, algorithms=["ES256K"], options={"verify_exp": False})
    assert (found["iss"], found["sub"], found["exp"]) == (SECP256K1_KEY.did, "urn:ticket:1", NOW + 100)


@pytest.mark.parametrize("key", [KEY, SECP256K1_KEY], ids=lambda key: key.curve.value)
def test_what_was_issued_is_what_is_verified(didkit: DidkitProcess, key: Key) -> None:
    claims = Claims(
        "Note", "urn:a:b", {"text": "h\u00e9\n\u2028\U0001f600", "list": [1, True, None]}, NOW, NOW + 9
    )
    found = verify(issue(claims, key, process=didkit), now=NOW, process=didkit)
    assert (found.issuer, found.subject, found.types) == (
        key.did,
        "urn:a:b",
        ("VerifiableCredential", "Note"),
    )
    assert (dict(found.claims), found.issued_at, found.expires_at) == (dict(claims.claims), NOW, NOW + 9)


def test_credential_of_pyjwt_is_accepted(didkit: DidkitProcess) -> None:
    private = Ed25519PrivateKey.from_private_bytes(KEY.secret)
    text = pyjwt.encode(PAYLOAD, private, algorithm="EdDSA", headers={"kid": KEY.key_id})
    assert verify(text, now=NOW, process=didkit).issuer == KEY.did


def test_many_at_a_time_keep_their_places(didkit: DidkitProcess) -> None:
    texts = issue_many([Claims("Note", f"urn:n:{n}", {}, NOW) for n in range(150)], KEY, process=didkit)
    texts[70] = texts[70][:-8] + "AAAAAAAA"
    texts[100] = "no credential"
    found = verify_many(texts, now=NOW, process=didkit)
    refused = {place for place, one in enumerate(found) if isinstance(one, SignatureRefused)}
    assert refused == {70, 100}
    subjects = [one.subject for one in found if isinstance(one, Credential)]
    assert subjects == [f"urn:n:{n}" for n in range(150) if n not in refused]


@pytest.mark.parametrize(
    "claims",
    [
        Claims("Note", "urn:a:b", {"id": "urn:c:d"}, NOW),
        Claims("Note", "no uri", {}, NOW),
        Claims("", "urn:a:b", {}, NOW),
        Claims("Note", "urn:a:b", {"a": float("nan")}, NOW),
        Claims("Note", "urn:a:b", {"a": b"bytes"}, NOW),
        Claims("Note", "urn:a:b", {"a": {1: 2}}, NOW),
        Claims("Note", "urn:a:b", {"a": "\ud800"}, NOW),
        Claims("Note", "urn:a:b", {"a": "x" * 20_000}, NOW),
        Claims("Note", "urn:a:b", {}, NOW, NOW),
        Claims("Note", "urn:a:b", {}, -1),
        Claims("Note", "urn:a:b", {}, 10**12),
    ],
)
def test_claims_that_no_credential_can_hold_are_refused(didkit: DidkitProcess, claims: Claims) -> None:
    with pytest.raises(UsageError):
        issue(claims, KEY, process=didkit)


# ---------------------------------------------------------------- time and issuer


def test_credential_stands_from_its_first_second_until_before_its_last(didkit: DidkitProcess) -> None:
    text = issue(CLAIMS, KEY, process=didkit)
    for now in (NOW, NOW + 99):
        assert verify(text, now=now, process=didkit).issued_at == NOW
    with pytest.raises(SignatureRefused, match="counts only from 2026-01-01T00:00:00Z"):
        verify(text, now=NOW - 1, process=didkit)
    with pytest.raises(SignatureRefused, match="expired at 2026-01-01T00:01:40Z"):
        verify(text, now=NOW + 100, process=didkit)


@pytest.mark.parametrize("key", [KEY, SECP256K1_KEY], ids=lambda key: key.curve.value)
@pytest.mark.parametrize("at", [LONG_PAST, FAR_AHEAD])
def test_the_callers_time_counts_not_the_machines(didkit: DidkitProcess, key: Key, at: int) -> None:
    text = issue(Claims("Note", "urn:a:b", {}, at, at + 10), key, process=didkit)
    assert verify(text, now=at + 5, process=didkit).expires_at == at + 10


@pytest.mark.parametrize("key", [KEY, SECP256K1_KEY], ids=lambda key: key.curve.value)
def test_forged_credential_of_the_past_is_refused(didkit: DidkitProcess, key: Key) -> None:
    text = issue(Claims("Note", "urn:a:b", {"n": "1"}, LONG_PAST, LONG_PAST + 10), key, process=didkit)
    header, _, signature = text.split(".")
    changed = members(text, 1)
    changed["vc"]["credentialSubject"]["n"] = "2"
    with pytest.raises(SignatureRefused, match="signature is not its issuer's"):
        verify(f"{header}.{encoded(json.dumps(changed).encode())}.{signature}", now=LONG_PAST, process=didkit)


def test_issuer_that_is_not_among_those_asked_for_is_refused(didkit: DidkitProcess) -> None:
    text = issue(CLAIMS, KEY, process=didkit)
    assert verify(text, now=NOW, issuers=[KEY.did], process=didkit).issuer == KEY.did
    with pytest.raises(SignatureRefused, match="not the one to say this"):
        verify(text, now=NOW, issuers=[SECP256K1_KEY.did], process=didkit)


# ---------------------------------------------------------------- form, under a good signature


def test_the_unchanged_form_is_accepted(didkit: DidkitProcess) -> None:
    assert verify(with_payload(), now=NOW, process=didkit).subject == "urn:ticket:1"
    assert verify(with_vc(), now=NOW, process=didkit).subject == "urn:ticket:1"
    assert verify(with_header(typ="JWT"), now=NOW, process=didkit).subject == "urn:ticket:1"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"alg": "none"}, "names no algorithm that is taken"),
        ({"alg": "HS256"}, "names no algorithm that is taken"),
        ({"alg": "ES256K"}, "names another key than its DID or its algorithm"),
        ({"alg": ["EdDSA"]}, "names no algorithm that is taken"),
        ({"kid": ...}, "has no key id"),
        ({"kid": KEY.did}, "no DID with the name of a key"),
        ({"kid": f"{KEY.did}#other"}, "names another key than its DID"),
        ({"kid": SECP256K1_KEY.key_id}, "names another key than its DID or its algorithm"),
        ({"kid": did_pkh(1, AGENT) + "#blockchainAccountId"}, "does not sign credentials"),
        ({"kid": "did:web:desk.example#key"}, "does not belong to its issuer"),
        ({"jwk": KEY.public.jwk()}, 'has "jwk", which is not taken'),
        ({"jku": "https://desk.example/keys"}, 'has "jku", which is not taken'),
        ({"x5u": "https://desk.example/chain"}, 'has "x5u", which is not taken'),
        ({"crit": ["exp"]}, 'has "crit", which is not taken'),
        ({"typ": "JWE"}, "another type than JWT"),
    ],
)
def test_header_that_is_not_taken_is_refused(
    didkit: DidkitProcess, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        verify(with_header(**changes), now=NOW, process=didkit)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": SECP256K1_KEY.did}, "does not belong to its issuer"),
        ({"iss": ...}, "does not belong to its issuer"),
        ({"aud": "somebody"}, "is addressed to somebody"),
        ({"vc": ...}, "`vc` is missing"),
        ({"nbf": ...}, "`nbf` is missing"),
        ({"nbf": "1"}, "`nbf` is no time"),
        ({"nbf": True}, "`nbf` is no time"),
        ({"nbf": NOW + 0.5}, "`nbf` is no time"),
        ({"exp": 10**30}, "`exp` is no time"),
        ({"exp": None}, "`exp` is no time"),
        ({"sub": "urn:ticket:2"}, "names two subjects"),
    ],
)
def test_payload_that_is_not_taken_is_refused(
    didkit: DidkitProcess, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        verify(with_payload(**changes), now=NOW, process=didkit)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"@context": ...}, "context of the W3C data model 1.1"),
        ({"@context": ["https://www.w3.org/ns/credentials/v2"]}, "context of the W3C data model 1.1"),
        ({"type": ["ReplyStatement"]}, "no list with VerifiableCredential"),
        ({"type": "VerifiableCredential"}, "no list with VerifiableCredential"),
        ({"credentialSubject": [{"id": "urn:a:b"}]}, "not about exactly one subject"),
        ({"proof": {"jws": "a..b"}}, "a proof of its own"),
        ({"credentialStatus": {"id": "https://desk.example/1"}}, "a status list"),
        ({"issuer": SECP256K1_KEY.did}, "contradicts the JWT around it"),
        ({"issuanceDate": "2026-01-01T00:00:01Z"}, "contradicts the JWT around it"),
        ({"issuanceDate": 5}, "contradicts the JWT around it"),
        ({"expirationDate": "2027-01-01T00:00:00Z"}, "contradicts the JWT around it"),
    ],
)
def test_inner_credential_that_is_not_taken_is_refused(
    didkit: DidkitProcess, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        verify(with_vc(**changes), now=NOW, process=didkit)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b'{"iss":"a","iss":"b"}', "a key twice"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, "nested deeper than 16"),
        (b'{"a":' * 2_000, "nested deeper than 16"),
        (b'{"a":NaN}', "NaN, which is no JSON number"),
        (b'{"a":1e999}', "too large"),
        (b'{"a":' + b"9" * 5_000 + b"}", "too large"),
        (b'{"a":"\\ud800"}', "half a surrogate pair"),
        (b'{"a":1} x', "it is not JSON"),
        (b"\xff{}", "it is not UTF-8 text"),
        (b"[]", "no JSON object"),
    ],
    ids=range(10),
)
def test_payload_that_is_not_strict_json_is_refused(
    didkit: DidkitProcess, payload: bytes, reason: str
) -> None:
    text = signed(json.dumps({"alg": "EdDSA", "kid": KEY.key_id}).encode(), payload)
    with pytest.raises(SignatureRefused, match=reason):
        verify(text, now=NOW, process=didkit)


def test_brackets_within_strings_are_no_nesting(didkit: DidkitProcess) -> None:
    text = issue(Claims("Note", "urn:a:b", {"a": '[{"\\' * 40}, NOW), KEY, process=didkit)
    assert verify(text, now=NOW, process=didkit).claims["a"] == '[{"\\' * 40


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text + "=", "no JWT in compact form"),
        (lambda text: text + ".a", "no JWT in compact form"),
        (lambda text: "\n" + text, "no JWT in compact form"),
        (lambda text: text.replace(".", "+.", 1), "no JWT in compact form"),
        (lambda text: text + "A" * 17_000, "more than 16,384 bytes"),
        (lambda text: text[:-1] + chr(ord(text[-1]) + 1), "not canonical base64url"),
        (lambda text: text[:-6], "no canonical EdDSA signature"),
        (lambda _: "", "no JWT in compact form"),
        (lambda _: "a.b.c", "header is not canonical base64url"),
    ],
)
def test_other_text_is_refused(didkit: DidkitProcess, change: Any, reason: str) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        verify(change(with_payload()), now=NOW, process=didkit)


def test_second_signature_of_the_same_credential_is_refused_secp256k1(didkit: DidkitProcess) -> None:
    head, _, signature = issue(CLAIMS, SECP256K1_KEY, process=didkit).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    high = raw[:32] + (ORDER - int.from_bytes(raw[32:])).to_bytes(32)
    with pytest.raises(SignatureRefused, match="no canonical ES256K signature"):
        verify(f"{head}.{encoded(high)}", now=NOW, process=didkit)


def test_second_signature_of_the_same_credential_is_refused_ed25519(didkit: DidkitProcess) -> None:
    head, _, signature = issue(CLAIMS, KEY, process=didkit).rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    order = 2**252 + 27742317777372353535851937790883648493
    high = raw[:32] + (int.from_bytes(raw[32:], "little") + order).to_bytes(32, "little")
    with pytest.raises(SignatureRefused, match="no canonical EdDSA signature"):
        verify(f"{head}.{encoded(high)}", now=NOW, process=didkit)


def test_did_web_without_a_resolver_is_refused(didkit: DidkitProcess) -> None:
    header = {"alg": "EdDSA", "kid": "did:web:desk.example#key"}
    payload = PAYLOAD | {"iss": "did:web:desk.example"}
    text = signed(json.dumps(header).encode(), json.dumps(payload).encode())
    with pytest.raises(SignatureRefused, match="which is not looked up here"):
        verify(text, now=NOW, process=didkit)


# ---------------------------------------------------------------- statements


def test_agent_credential_names_address_chain_and_desk(didkit: DidkitProcess) -> None:
    said = AgentCredential(137, AGENT, DESK)
    text = issue(said.claims(issued_at=NOW), KEY, process=didkit)
    inner = members(text, 1)["vc"]
    assert inner["type"] == ["VerifiableCredential", "AgentCredential"]
    assert inner["credentialSubject"] == {"id": f"did:pkh:eip155:137:{AGENT.lower()}", "desk": DESK}
    assert AgentCredential.of(verify(text, now=NOW, process=didkit)) == said


@pytest.mark.parametrize("kind", list(StatementKind))
def test_statement_names_ticket_and_digest(didkit: DidkitProcess, kind: StatementKind) -> None:
    said = Statement(kind, b"\x01" * 32, b"\xcd" * 32)
    text = issue(said.claims(issued_at=NOW), KEY, process=didkit)
    subject = {"id": f"urn:ticket:0x{'01' * 32}", "digest": f"0x{'cd' * 32}"}
    assert members(text, 1)["vc"]["credentialSubject"] == subject
    assert Statement.of(verify(text, now=NOW, process=didkit), kind) == said


def test_statement_of_one_kind_is_not_taken_for_another(didkit: DidkitProcess) -> None:
    said = Statement(StatementKind.REPLY, b"\x01" * 32, b"\xcd" * 32)
    found = verify(issue(said.claims(issued_at=NOW), KEY, process=didkit), now=NOW, process=didkit)
    with pytest.raises(SignatureRefused, match="is no EvidenceStatement"):
        Statement.of(found, StatementKind.EVIDENCE)
    with pytest.raises(SignatureRefused, match="is no AgentCredential"):
        AgentCredential.of(found)


@pytest.mark.parametrize(
    "claims",
    [
        Claims("AgentCredential", KEY.did, {"desk": DESK}, NOW),
        Claims("AgentCredential", did_pkh(1, AGENT), {"desk": DESK.lower()}, NOW),
        Claims("AgentCredential", did_pkh(1, AGENT), {"desk": DESK, "more": "x"}, NOW),
        Claims("AgentCredential", "urn:a:b", {"desk": DESK}, NOW),
    ],
)
def test_agent_credential_of_another_form_is_refused(didkit: DidkitProcess, claims: Claims) -> None:
    found = verify(issue(claims, KEY, process=didkit), now=NOW, process=didkit)
    with pytest.raises(SignatureRefused):
        AgentCredential.of(found)
