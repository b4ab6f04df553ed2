# SPDX-License-Identifier: Apache-2.0
"""did:web: the keys in a document on a TLS server of our own, and all that is not asked or not taken."""

from __future__ import annotations

import base64
import datetime
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from makegood.errors import SignatureRefused, UsageError
from makegood.identity import Credential, Curve, DidWebResolver, Key, parse, verify, verify_many
from makegood.identity.network_address import look_up

NOW = 1_767_225_600
HOST = "desk.example"
LOOPBACK = "127.0.0.1"
ED25519_KEY = Key(Curve.ED25519, bytes(range(32)))
SECP256K1_KEY = Key(Curve.SECP256K1, bytes(range(1, 33)))

Answer = Callable[[ssl.SSLSocket], None]


class Server:
    """Answers every request on a loopback address as `answer` says, over TLS as `desk.example`."""

    def __init__(self, folder: Path) -> None:
        self.authority = _certificate(folder)
        self.answer: Answer = lambda _: None
        self.requests: list[str] = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
        self._socket = socket.create_server((LOOPBACK, 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    @property
    def did(self) -> str:
        return f"did:web:{HOST}%3A{self.port}"

    def answers(self, body: bytes, status: str = "200 OK", headers: str = "") -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        self.answer = lambda connection: connection.sendall(head.encode() + body)

    def serves(self, document: Any) -> None:
        self.answers(json.dumps(document).encode())

    def resolver(self, **changes: Any) -> DidWebResolver:
        """One that is allowed to ask this server."""
        settings: dict[str, Any] = {
            "hosts": [HOST],
            "ports": [self.port],
            "permitted_addresses": [LOOPBACK],
            "context": ssl.create_default_context(cafile=str(self.authority)),
            "look_up": lambda host, seconds: [LOOPBACK],  # noqa: ARG005
        }
        return DidWebResolver(**(settings | changes))

    def close(self) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _serve(self) -> None:
        while True:
            try:
                plain, _ = self._socket.accept()
            except OSError:
                return
            with suppress(OSError), plain, self._context.wrap_socket(plain, server_side=True) as connection:
                self.requests.append(connection.recv(4_096).decode())
                self.answer(connection)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("tls"))
    yield server
    server.close()


@pytest.fixture
def server(running: Server) -> Server:
    """It serves the document of its DID with both kinds of key."""
    running.requests.clear()
    running.serves(document(running.did))
    return running


def document(did: str) -> dict[str, Any]:
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": did,
        "verificationMethod": [
            {
                "id": f"{did}#ed",
                "type": "JsonWebKey2020",
                "controller": did,
                "publicKeyJwk": ED25519_KEY.public.jwk(),
            },
            {
                "id": "#k1",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": SECP256K1_KEY.public.multikey,
            },
            {
                "id": "#login",
                "type": "Multikey",
                "controller": did,
                "publicKeyMultibase": SECP256K1_KEY.public.multikey,
            },
        ],
        "assertionMethod": [f"{did}#ed", "#k1"],
    }


def keys(server: Server, **changes: Any) -> dict[str, Any]:
    return dict(server.resolver(**changes).keys(parse(server.did)))


def test_keys_for_credentials_are_those_of_the_document(server: Server) -> None:
    assert keys(server) == {
        f"{server.did}#ed": ED25519_KEY.public,
        f"{server.did}#k1": SECP256K1_KEY.public,
    }


def test_the_well_known_path_is_asked_for(server: Server) -> None:
    keys(server)
    assert server.requests[0].startswith("GET /.well-known/did.json HTTP/1.0\r\n")
    assert f"\r\nHost: {HOST}:{server.port}\r\n" in server.requests[0]


def test_path_of_the_did_is_asked_for(server: Server) -> None:
    did = f"{server.did}:agents:one"
    server.serves(document(did))
    assert len(server.resolver().keys(parse(did))) == 2
    assert server.requests[0].startswith("GET /agents/one/did.json HTTP/1.0\r\n")


@pytest.mark.parametrize("curve", list(Curve))
def test_credential_of_a_did_web_is_verified(server: Server, curve: Curve) -> None:
    text = _credential(server.did, curve)
    found = verify(text, now=NOW, resolver=server.resolver())
    assert (found.issuer, found.subject) == (server.did, "urn:a:b")


def test_document_is_asked_for_once_for_many_credentials(server: Server) -> None:
    texts = [_credential(server.did, Curve.SECP256K1, subject=f"urn:n:{n}") for n in range(5)]
    found = verify_many(texts, now=NOW, resolver=server.resolver())
    assert [one.subject for one in found if isinstance(one, Credential)] == [f"urn:n:{n}" for n in range(5)]
    assert len(server.requests) == 1


def test_host_that_does_not_answer_is_asked_once_for_many_credentials(server: Server) -> None:
    server.answers(b"", "503 Busy")
    texts = [_credential(server.did, Curve.SECP256K1, subject=f"urn:n:{n}") for n in range(5)]
    found = verify_many(texts, now=NOW, resolver=server.resolver())
    assert all(isinstance(one, SignatureRefused) and "HTTP status 503" in str(one) for one in found)
    assert len(server.requests) == 1


@pytest.mark.parametrize("curve", list(Curve))
def test_forged_credential_of_a_did_web_is_refused(server: Server, curve: Curve) -> None:
    header, _, signature = _credential(server.did, curve).split(".")
    payload = _credential(server.did, curve, subject="urn:c:d").split(".")[1]
    with pytest.raises(SignatureRefused, match="signature is not its issuer's"):
        verify(f"{header}.{payload}.{signature}", now=NOW, resolver=server.resolver())


def test_key_that_is_not_for_credentials_is_refused(server: Server) -> None:
    text = _credential(server.did, Curve.SECP256K1, name="login")
    with pytest.raises(SignatureRefused, match="no such key for credentials"):
        verify(text, now=NOW, resolver=server.resolver())


def test_key_of_another_curve_than_the_algorithm_is_refused(server: Server) -> None:
    text = _credential(server.did, Curve.ED25519, name="k1")
    with pytest.raises(SignatureRefused, match="no such key for credentials"):
        verify(text, now=NOW, resolver=server.resolver())


# ---------------------------------------------------------------- who is asked


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"hosts": ["other.example"]}, "on a host that is not trusted"),
        ({"hosts": ["example"]}, "on a host that is not trusted"),
        ({"ports": [443]}, "which is not asked"),
        ({"permitted_addresses": []}, "not one of the public internet"),
        ({"look_up": lambda *_: [LOOPBACK, "10.0.0.1"]}, "not one of the public internet"),
        ({"look_up": lambda *_: ["::ffff:127.0.0.1"]}, "not one of the public internet"),
        ({"look_up": lambda *_: ["127.1"]}, "not one of the public internet"),
        ({"look_up": lambda *_: []}, "without an address"),
        ({"context": None}, "without a valid certificate"),
    ],
)
def test_server_that_may_not_be_asked_hears_nothing(
    server: Server, changes: dict[str, Any], reason: str
) -> None:
    with pytest.raises(SignatureRefused, match=reason):
        keys(server, **changes)
    assert server.requests == []


def test_name_is_looked_up_once_and_that_address_is_asked(server: Server) -> None:
    asked: list[str] = []

    def rebinding(host: str, _: float) -> list[str]:
        asked.append(host)
        return [LOOPBACK] if len(asked) == 1 else ["10.0.0.1"]

    assert len(keys(server, look_up=rebinding)) == 2
    assert asked == [HOST]


def test_certificate_of_another_host_is_refused(server: Server) -> None:
    did = parse(f"did:web:other.example%3A{server.port}")
    with pytest.raises(SignatureRefused, match="without a valid certificate"):
        server.resolver(hosts=["other.example"]).keys(did)
    assert server.requests == []


def test_context_that_checks_no_certificate_is_refused() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    with pytest.raises(UsageError, match="does not check certificates"):
        DidWebResolver([HOST], context=context)


def test_host_without_an_address_is_refused() -> None:
    with pytest.raises(SignatureRefused, match="has no address"):
        look_up("nobody.invalid", 20)


def test_lookup_that_takes_too_long_is_ended() -> None:
    with pytest.raises(SignatureRefused, match="not found in time"):
        look_up(HOST, 0.001)


# ---------------------------------------------------------------- what it answers


@pytest.mark.parametrize("status", ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"])
def test_redirect_is_not_followed(server: Server, status: str) -> None:
    server.answers(b"", status, f"Location: https://{HOST}:{server.port}/other\r\n")
    with pytest.raises(SignatureRefused, match="a redirect is not followed"):
        keys(server)
    assert len(server.requests) == 1


def test_other_status_is_refused(server: Server) -> None:
    server.answers(json.dumps(document(server.did)).encode(), "404 Not Found")
    with pytest.raises(SignatureRefused, match="HTTP status 404"):
        keys(server)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "it is not JSON"),
        (b"<html>", "it is not JSON"),
        (b'{"id":"a","id":"b"}', "a key twice"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nested deeper than 16"),
        (b"[]", "the document of another DID"),
        (b'{"id":"did:web:other.example"}', "the document of another DID"),
    ],
)
def test_document_that_is_not_its_own_is_refused(server: Server, body: bytes, reason: str) -> None:
    server.answers(body)
    with pytest.raises(SignatureRefused, match=reason):
        keys(server)


def test_too_large_an_answer_is_refused(server: Server) -> None:
    server.answers(b" " * 70_000)
    with pytest.raises(SignatureRefused, match="more than 65,536 bytes"):
        keys(server)


def test_answer_that_is_cut_off_is_refused(server: Server) -> None:
    server.answer = lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{")
    with pytest.raises(SignatureRefused, match="not answered with a whole HTTP response"):
        keys(server)


@pytest.mark.parametrize("bytes_at_once", [b"", b"H"])
def test_slow_answer_is_ended_by_one_limit_for_all(server: Server, bytes_at_once: bytes) -> None:
    over = threading.Event()

    def drip(connection: ssl.SSLSocket) -> None:
        while not over.wait(0.05):
            connection.sendall(bytes_at_once)

    server.answer = drip
    try:
        with pytest.raises(SignatureRefused, match=r"not answered within 0\.5 seconds"):
            keys(server, time_limit=0.5)
    finally:
        over.set()


@pytest.mark.parametrize(
    "changes",
    [
        {"controller": "did:web:other.example"},
        {"id": "did:web:other.example#ed"},
        {"id": None},
        {"publicKeyJwk": {"kty": "EC", "crv": "P-256"}},
        {"publicKeyJwk": json.loads(ED25519_KEY.secret_jwk())},
        {"publicKeyMultibase": ED25519_KEY.public.multikey},  # a second key in the same place
    ],
    ids=["controller", "id", "no id", "curve", "private", "two keys"],
)
def test_key_that_is_not_clearly_the_dids_own_is_passed_over(server: Server, changes: dict[str, Any]) -> None:
    served = document(server.did)
    served["verificationMethod"][0] |= changes
    server.serves(served)
    assert list(keys(server)) == [f"{server.did}#k1"]


def test_two_keys_of_one_name_are_refused(server: Server) -> None:
    served = document(server.did)
    served["verificationMethod"][1]["id"] = "#ed"
    server.serves(served)
    with pytest.raises(SignatureRefused, match="gives two keys one name"):
        keys(server)


@pytest.mark.parametrize("methods", [{}, "x", [{}] * 40])
def test_keys_that_are_no_short_list_are_refused(server: Server, methods: Any) -> None:
    server.serves(document(server.did) | {"verificationMethod": methods})
    with pytest.raises(SignatureRefused, match="no lists of at most 32"):
        keys(server)


# ---------------------------------------------------------------- made without our code


def _credential(did: str, curve: Curve, *, name: str = "", subject: str = "urn:a:b") -> str:
    name = name or ("ed" if curve is Curve.ED25519 else "k1")
    header = {"alg": curve.algorithm, "kid": f"{did}#{name}"}
    vc = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential", "Note"],
        "credentialSubject": {"id": subject},
    }
    payload = {"iss": did, "nbf": NOW, "vc": vc}
    text = ".".join(_encoded(json.dumps(part).encode()) for part in (header, payload))
    if curve is Curve.ED25519:
        signature = Ed25519PrivateKey.from_private_bytes(ED25519_KEY.secret).sign(text.encode())
    else:
        from coincurve import PrivateKey

        signature = PrivateKey(SECP256K1_KEY.secret).sign_recoverable(text.encode())[:64]
    return f"{text}.{_encoded(signature)}"


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, HOST)])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.datetime(2000, 1, 1, tzinfo=datetime.UTC))
        .not_valid_after(datetime.datetime(2100, 1, 1, tzinfo=datetime.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return folder / "cert.pem"
