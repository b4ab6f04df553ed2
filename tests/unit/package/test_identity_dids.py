# SPDX-License-Identifier: Apache-2.0
"""DIDs: read strictly, against the published vectors; digests against hashlib; look-alikes refused."""

import base64
import hashlib
import json
from pathlib import Path

import pytest

from makegood.errors import SignatureRefused
from makegood.identity import Curve, Key, Method, PublicKey, did_key, did_pkh, digest, parse
from makegood.identity.network_address import is_public

AGENT_DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"


@pytest.mark.parametrize(
    ("file", "curve"), [("ed25519-x25519.json", Curve.ED25519), ("secp256k1.json", Curve.SECP256K1)]
)
def test_did_key_of_each_published_secret_is_as_listed(shared: Path, file: str, curve: Curve) -> None:
    vectors = json.loads((shared / "vectors/did-key" / file).read_text())
    with_secret = {did: one for did, one in vectors.items() if "seed" in one}
    assert with_secret
    for did, one in with_secret.items():
        key = Key(curve, bytes.fromhex(one["seed"]))
        assert key.did == did
        methods = [method["id"] for method in one["didDocument"]["verificationMethod"]]
        assert key.key_id in methods


@pytest.mark.parametrize("file", ["ed25519-x25519.json", "secp256k1.json"])
def test_each_published_did_key_is_read_and_written_back(shared: Path, file: str) -> None:
    for did in json.loads((shared / "vectors/did-key" / file).read_text()):
        found = parse(did)
        assert found.method is Method.KEY
        assert found.key is not None
        assert did_key(found.key) == did


def test_published_did_pkh_is_read_and_written_back(shared: Path) -> None:
    files = sorted((shared / "vectors/did-pkh").glob("*.jsonld"))
    assert len(files) == 3
    for path in files:
        document = json.loads(path.read_text())
        account = document["verificationMethod"][0]["blockchainAccountId"]
        found = parse(document["id"])
        assert f"eip155:{found.chain_id}:{found.address.lower()}" == account
        assert did_pkh(found.chain_id, found.address) == document["id"]


def test_digest_is_sha256_of_the_text() -> None:
    assert digest(AGENT_DID) == hashlib.sha256(AGENT_DID.encode()).digest()


def test_did_web_has_host_port_and_path() -> None:
    plain, full = parse("did:web:desk.example"), parse("did:web:desk.example%3A8443:agents:one")
    assert (plain.host, plain.port, plain.path) == ("desk.example", 443, ())
    assert (full.host, full.port, full.path) == ("desk.example", 8443, ("agents", "one"))


@pytest.mark.parametrize("curve", list(Curve))
def test_jwk_and_multikey_lead_back_to_the_key(curve: Curve) -> None:
    public = Key.generate(curve).public
    assert PublicKey.from_jwk(public.jwk()) == public
    assert PublicKey.from_multikey(public.multikey) == public


@pytest.mark.parametrize(
    "did",
    [
        "did:ethr:0x024e3b81af9c2234cad09d679ce6035ed1392347ce64ce405f5dcd36228a25de6e",
        "did:ion:EiClkZMDxPKqC9c-umQfTkR8vvZ9JPhl_xLDI9Nfk38w5w",
        "did:jwk:eyJrdHkiOiJPS1AifQ",
        "did:pkh:solana:4sGjMW1sUnHzSxGspuhpqLDx6wiyjNtZ:CKg5d12Jhpej1JqtmxLJgaFqqeYjxgPqToJ4LBdvG9Ev",
        "did:KEY:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "DID:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp",
        "did:key:",
        "did:key:z6LShs9GGnqk85isEBzzshkuVWrVKsRp24GnDuHk8QWkARMW",  # X25519
        "did:key:zDnaerDaTF5BXEavCrfRZEk316dpbLsfPDZ3WJ5hRTPFU2169",  # P-256
        "did:key:z" + "1" * 300,
        AGENT_DID + "#key",
        AGENT_DID + "?query",
        AGENT_DID + "\n",
        " " + AGENT_DID,
        "did:pkh:eip155:01:0x4e90e8a8191c1c23a24a598c3ab4fb47ce926ff5",
        "did:pkh:eip155:1:0x4e90e8a8191c1c23a24a598c3ab4fb47ce926ff",
        "did:pkh:eip155:1:0x4e90E8a8191c1c23a24a598c3ab4fb47ce926ff5",
        "",
    ],
)
def test_anything_but_a_taken_did_is_refused(did: str) -> None:
    with pytest.raises(SignatureRefused):
        parse(did)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "desk.0x7f",
        "%5B::1%5D",
        "[::1]",
        "desk.example.",
        "user@desk.example",
        "user%40desk.example",
        "desk.example%3A443",
        "desk.example%3A99999",
        "desk.example%3a8443",
        "desk.example%2F..",
        "desk.example:..",
        "desk.example:a:.:b",
        "desk.example::a",
        "xn--dsk-ela.example",
        "d\u00e9sk.example",
        "DESK.example",
        "desk_1.example",
        "-desk.example",
        "desk..example",
        "a" * 64 + ".example",
    ],
)
def test_did_web_of_anything_but_a_plain_host_name_is_refused(host: str) -> None:
    with pytest.raises(SignatureRefused):
        parse(f"did:web:{host}")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",  # noqa: S104
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "fc00::1",
        "ff02::1",
        "2001:db8::1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "",
    ],
)
def test_address_that_is_not_public_is_told(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "::ffff:93.184.216.34"])
def test_public_address_is_told(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "point", ["01" + "00" * 31, "ec" + "ff" * 30 + "7f", "ee" + "ff" * 31, "02" + "00" * 31]
)
def test_ed25519_bytes_that_are_no_safe_point_are_refused(point: str) -> None:
    with pytest.raises(SignatureRefused, match="not the bytes of an Ed25519 key"):
        PublicKey(Curve.ED25519, bytes.fromhex(point))


def test_jwk_with_a_private_part_is_refused() -> None:
    jwk = json.loads(Key.generate().secret_jwk())
    with pytest.raises(SignatureRefused, match="holds a private key"):
        PublicKey.from_jwk(jwk)


def test_jwk_off_the_curve_is_refused() -> None:
    one = base64.urlsafe_b64encode((1).to_bytes(32)).rstrip(b"=").decode()
    with pytest.raises(SignatureRefused, match="no Ed25519 or secp256k1 key"):
        PublicKey.from_jwk({"kty": "EC", "crv": "secp256k1", "x": one, "y": one})
