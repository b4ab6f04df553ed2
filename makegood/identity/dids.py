# SPDX-License-Identifier: Apache-2.0
"""Decentralised identifiers (DIDs) of the methods that the package takes, read strictly.

Nothing is verified, looked up or fetched for a DID of any other method:

- `did:key`, of an Ed25519 (`z6Mk…`) or secp256k1 (`zQ3s…`) key;
- `did:pkh:eip155:<chain>:<address>`, an address on a chain. It names, but cannot sign a credential;
- `did:web:<host>[:<path>…]`, a document on a web server, see `did_web`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache

from eth_utils.address import is_checksum_address, is_checksum_formatted_address, to_checksum_address

from makegood.errors import SignatureRefused
from makegood.identity.public_key import PublicKey, shown

MAX_CHARACTERS = 512

_PKH = re.compile(r"eip155:([1-9][0-9]{0,77}):(0x[0-9a-fA-F]{40})")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WEB = re.compile(rf"({_LABEL}(?:\.{_LABEL})+)(?:%3A([1-9][0-9]{{0,4}}))?((?::[A-Za-z0-9._~-]+)*)")
_HTTPS = 443


class Method(Enum):
    """The methods that are taken."""

    KEY = "key"
    PKH = "pkh"
    WEB = "web"


@dataclass(frozen=True)
class Did:
    """A DID that was read. Which of the further fields are set depends on the method.

    `key` of did:key; `chain_id` and the checksummed `address` of did:pkh; `host`, `port` and `path` (what
    stands between the colons after the host) of did:web.
    """

    text: str
    method: Method
    key: PublicKey | None = None
    chain_id: int = 0
    address: str = ""
    host: str = ""
    port: int = 0
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        return self.text


@lru_cache(maxsize=1024)
def parse(text: str) -> Did:
    """The DID in a text, without path, query or fragment. Raises SignatureRefused for anything else."""
    if len(text) > MAX_CHARACTERS or not text.isascii() or not text.isprintable():
        raise _refused(text[:MAX_CHARACTERS], "is no DID")
    scheme, _, rest = text.partition(":")
    name, _, body = rest.partition(":")
    if scheme != "did" or not body:
        raise _refused(text, "is no DID")
    if name == Method.KEY.value:
        return Did(text, Method.KEY, key=PublicKey.from_multikey(body))
    if name == Method.PKH.value:
        return _pkh(text, body)
    if name == Method.WEB.value:
        return _web(text, body)
    raise _refused(text, "is of a DID method that is not taken")


def did_key(key: PublicKey) -> str:
    """The did:key of a public key."""
    return f"did:key:{key.multikey}"


def did_pkh(chain_id: int, address: str) -> str:
    """The did:pkh of an address on a chain, in lower case, so that it has one form and one digest.

    Raises SignatureRefused for what is no chain id or no address.
    """
    return parse(f"did:pkh:eip155:{chain_id}:{address}").text.lower()


def digest(did: str) -> bytes:
    """SHA-256 of the DID's UTF-8 bytes, 32 bytes: what the AgentDirectory stores.

    Raises SignatureRefused where it is no DID of a method that is taken.
    """
    return hashlib.sha256(parse(did).text.encode()).digest()


def _pkh(text: str, body: str) -> Did:
    match = _PKH.fullmatch(body)
    if match is None:
        raise _refused(text, "does not read did:pkh:eip155:<chain id>:<address>")
    chain_id, address = int(match[1]), match[2]
    if chain_id >= 2**256:
        raise _refused(text, "has a chain id of more than 256 bits")
    if is_checksum_formatted_address(address) and not is_checksum_address(address):
        raise _refused(text, "has an address that fails its checksum")
    return Did(text, Method.PKH, chain_id=chain_id, address=str(to_checksum_address(address)))


def _web(text: str, body: str) -> Did:
    match = _WEB.fullmatch(body)
    if match is None:
        raise _refused(text, "does not read did:web:<host>, in lower case, with a path behind colons")
    host, path = match[1], tuple(match[3].split(":")[1:])
    last = host.rpartition(".")[2]
    # A last label of digits, or 0x and digits, is an address in one of its spellings.
    if not last[0].isalpha() or len(host) > 253:
        raise _refused(text, "names an address or an impossible host; did:web takes a host's name")
    if any(label.startswith("xn--") for label in host.split(".")):
        raise _refused(text, "names a host with letters outside ASCII, which look-alikes can imitate")
    port = int(match[2] or _HTTPS)
    if port > 65_535 or (match[2] and port == _HTTPS):
        raise _refused(text, "has a port that cannot be, or that goes without saying")
    if any(part in (".", "..") for part in path):
        raise _refused(text, "has a path that leads elsewhere")
    return Did(text, Method.WEB, host=host, port=port, path=path)


def _refused(text: str, fact: str) -> SignatureRefused:
    return SignatureRefused(
        f"{shown(text)} {fact}.",
        hint="Taken are did:key with Ed25519 (z6Mk…) or secp256k1 (zQ3s…), did:pkh:eip155 and did:web.",
    )
