# SPDX-License-Identifier: Apache-2.0
"""Finding the keys of a did:web without trusting what the DID says.

The host must be on the caller's list. Its name is looked up once, every address must be public, and the
connection goes to that very address. HTTPS only, no redirects, one time limit and one size limit for all.
"""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable, Collection, Mapping
from types import MappingProxyType
from typing import Any, NoReturn, cast

from makegood.errors import SignatureRefused, UsageError
from makegood.identity import strict_json
from makegood.identity.dids import Did, Method
from makegood.identity.network_address import is_public, look_up
from makegood.identity.public_key import PublicKey, shown

MAX_BYTES = 65_536
"""Of the whole answer, with its headers."""
MAX_METHODS = 32

LookUp = Callable[[str, float], list[str]]
"""The addresses of a host, within so many seconds."""


class DidWebResolver:
    """Asks the hosts that the caller trusts, and no others.

    `hosts` are names as they stand in the DID, in lower case; `ports` the ports that may be asked;
    `time_limit` seconds for one document. `permitted_addresses` are taken although they are not public,
    such as a server within the operator's own network; `context` is the TLS context, one of the system's
    authorities where it is not given; `look_up` finds addresses.
    """

    def __init__(
        self,
        hosts: Collection[str],
        *,
        ports: Collection[int] = (443,),
        time_limit: float = 5.0,
        permitted_addresses: Collection[str] = (),
        context: ssl.SSLContext | None = None,
        look_up: LookUp = look_up,
    ) -> None:
        if context is not None and (context.verify_mode != ssl.CERT_REQUIRED or not context.check_hostname):
            raise UsageError("The TLS context does not check certificates.", hint="Use one that does.")
        self._hosts = frozenset(hosts)
        self._ports = frozenset(ports)
        self._time_limit = time_limit
        self._permitted = frozenset(permitted_addresses)
        self._context = context
        self._look_up = look_up

    def keys(self, did: Did) -> Mapping[str, PublicKey]:
        """The keys of a did:web that may sign credentials (`assertionMethod`), by key id.

        Raises SignatureRefused, with the reason, where the host is not on the list, cannot be asked safely,
        or does not answer with the DID's document.
        """
        if did.method is not Method.WEB:
            raise UsageError(f"{did.text} is no did:web.")
        if did.host not in self._hosts:
            _refuse(did, "is on a host that is not trusted here", "Add the host to the list if you know it.")
        if did.port not in self._ports:
            _refuse(did, f"is on port {did.port}, which is not asked")
        deadline = time.monotonic() + self._time_limit
        address = self._address(did, deadline)
        try:
            answer = self._fetch(did, address, deadline)
        except TimeoutError:
            _refuse(did, f"was not answered within {self._time_limit:g} seconds", "Try again later.")
        except ssl.SSLError as error:
            _refuse(did, f"is on a server without a valid certificate ({error.reason or 'TLS failed'})")
        except OSError as error:
            _refuse(did, f"cannot be asked for ({error.strerror or 'no connection'})", "Try again later.")
        return MappingProxyType(_keys(did, _document(did, answer)))

    def _address(self, did: Did, deadline: float) -> str:
        addresses = self._look_up(did.host, max(0.1, deadline - time.monotonic()))
        if not addresses:
            _refuse(did, "is on a host without an address")
        for address in addresses:
            if address not in self._permitted and not is_public(address):
                _refuse(did, "is on a host whose address is not one of the public internet")
        return addresses[0]

    def _fetch(self, did: Did, address: str, deadline: float) -> bytes:
        context = self._context or ssl.create_default_context()
        path = "/".join(did.path) if did.path else ".well-known"
        host = did.host if did.port == 443 else f"{did.host}:{did.port}"
        request = f"GET /{path}/did.json HTTP/1.0\r\nHost: {host}\r\nAccept: application/json\r\n\r\n"
        with socket.create_connection((address, did.port), timeout=_left(deadline)) as plain:
            plain.settimeout(_left(deadline))
            with context.wrap_socket(plain, server_hostname=did.host) as connection:
                connection.settimeout(_left(deadline))
                connection.sendall(request.encode())
                parts: list[bytes] = []
                size = 0
                while size <= MAX_BYTES:
                    # A time limit of each read only would let a server drip for ever.
                    connection.settimeout(_left(deadline))
                    part = connection.recv(16_384)
                    if not part:
                        return b"".join(parts)
                    parts.append(part)
                    size += len(part)
        return _refuse(did, f"was answered with more than {MAX_BYTES:,} bytes")


class _Received:
    # What http.client takes for a socket.
    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, *_: Any) -> io.BytesIO:
        return io.BytesIO(self._data)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _document(did: Did, answer: bytes) -> dict[str, Any]:
    response = http.client.HTTPResponse(cast("socket.socket", _Received(answer)), method="GET")
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ValueError, OSError):
        _refuse(did, "was not answered with a whole HTTP response")
    if response.status != 200:
        _refuse(did, f"was answered with HTTP status {response.status}; a redirect is not followed")
    try:
        document = strict_json.parse(body)
    except ValueError as error:
        _refuse(did, f"has a document that cannot be taken: {error}")
    if not isinstance(document, dict) or document.get("id") != did.text:
        _refuse(did, "was answered with the document of another DID")
    return document


def _keys(did: Did, document: dict[str, Any]) -> dict[str, PublicKey]:
    methods, used = document.get("verificationMethod", []), document.get("assertionMethod", [])
    if not isinstance(methods, list) or not isinstance(used, list) or len(methods) + len(used) > MAX_METHODS:
        _refuse(did, f"has a document whose keys are no lists of at most {MAX_METHODS}")
    allowed = {_key_id(did, one) for one in used if isinstance(one, str)}
    candidates = [one for one in methods if isinstance(one, dict) and _key_id(did, one.get("id")) in allowed]
    candidates += [one for one in used if isinstance(one, dict)]
    found: dict[str, PublicKey] = {}
    for method in candidates:
        name = _key_id(did, method.get("id"))
        key = _key(method) if method.get("controller") == did.text else None
        if name is None or key is None:
            continue
        if name in found:
            _refuse(did, "has a document that gives two keys one name")
        found[name] = key
    return found


def _key_id(did: Did, name: Any) -> str | None:
    # Whole, or only the fragment. None where it is of another DID.
    if not isinstance(name, str):
        return None
    whole = did.text + name if name.startswith("#") else name
    return whole if whole.startswith(f"{did.text}#") else None


def _key(method: Mapping[str, Any]) -> PublicKey | None:
    # None for a key of another kind, which says nothing against the others.
    jwk, multikey = method.get("publicKeyJwk"), method.get("publicKeyMultibase")
    try:
        if isinstance(jwk, dict) and multikey is None:
            return PublicKey.from_jwk(jwk)
        if isinstance(multikey, str) and jwk is None:
            return PublicKey.from_multikey(multikey)
    except SignatureRefused:
        pass
    return None


def _refuse(did: Did, fact: str, hint: str = "Ask for a credential from a did:key.") -> NoReturn:
    raise SignatureRefused(f"{shown(did.text)} {fact}.", hint=hint)
