# SPDX-License-Identifier: Apache-2.0
"""Fetching what an address on chain names, where anybody may have written that address.

The name is looked up once, every address must be public, and the connection goes to that very address. No
redirects; one limit of time and one of size for the whole.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from makegood.errors import LeavesMissing, SignatureRefused
from makegood.identity.network_address import is_public, look_up

TIMEOUT = 120.0
_SILENCE = 20.0  # seconds without a byte
_PIECE = 1 << 20
_IPFS = re.compile(r"ipfs://(?P<id>[A-Za-z0-9]{1,128})(?P<path>(?:/[A-Za-z0-9._-]+)*)/?")


def through(gateway: str, address: str) -> str | None:
    """Where a gateway of IPFS has what an ipfs:// address names; None where it names no such thing.

    Anybody may have written the address: it gets nowhere at the gateway but below its content's own id.
    """
    found = _IPFS.fullmatch(address)
    if found is None or any(set(part) == {"."} for part in found["path"].split("/")[1:]):
        return None
    return f"{gateway.rstrip('/')}/ipfs/{found['id']}{found['path']}"


def download(address: str, name: str, most: int, into: Path, *, private: bool = False) -> None:
    """The file `name` in the folder at an http(s) address; of it at most `most` bytes and one more.

    `private` takes addresses that are not of the public internet too. Raises LeavesMissing.
    """
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        parts, port = SplitResult("", "", "", "", ""), 0
    host = parts.hostname
    if parts.scheme not in ("http", "https") or not host or not port:
        raise LeavesMissing("The leaves are missing: the batch names no http or https address.")
    path = parts.path if parts.path.endswith(name) else f"{parts.path.rstrip('/')}/{name}"
    deadline = time.monotonic() + TIMEOUT
    try:
        place = _place(host, private)
        with (
            _pool(parts.scheme, place, port, host) as pool,
            pool.urlopen(
                "GET",
                f"{path}?{parts.query}" if parts.query else path,
                headers={"Host": parts.netloc.rpartition("@")[2], "Accept-Encoding": "identity"},
                preload_content=False,
                decode_content=False,
                redirect=False,
                retries=False,
                timeout=urllib3.Timeout(connect=_SILENCE, read=_SILENCE),
            ) as answer,
            into.open("wb") as file,
        ):
            if answer.status != 200:
                raise LeavesMissing(f"The leaves are missing: {host} answers {answer.status}.")
            size = 0
            while size <= most and (
                piece := answer.read1(min(_PIECE, most + 1 - size), decode_content=False)
            ):
                size += file.write(piece)
                if time.monotonic() > deadline:
                    raise LeavesMissing(f"The leaves are missing: {host} took over {TIMEOUT:g} seconds.")
    except (HTTPError, OSError, ValueError) as error:
        raise LeavesMissing(
            f"The leaves are missing: {host} cannot be read ({type(error).__name__}).",
            hint="Try again, or get the file elsewhere.",
        ) from None


def _place(host: str, private: bool) -> str:
    try:
        addresses = look_up(host, _SILENCE)
    except SignatureRefused as error:
        raise LeavesMissing(f"The leaves are missing: {error.message}") from None
    if not addresses:
        raise LeavesMissing(f"The leaves are missing: {host} has no address.")
    if not private and not all(is_public(each) for each in addresses):
        raise LeavesMissing(f"The leaves are missing: {host} is not on the public internet.")
    return addresses[0]


def _pool(scheme: str, place: str, port: int, host: str) -> urllib3.HTTPConnectionPool:
    if scheme == "http":
        return urllib3.HTTPConnectionPool(place, port)
    return urllib3.HTTPSConnectionPool(
        place, port, server_hostname=host, assert_hostname=host, cert_reqs="CERT_REQUIRED"
    )
