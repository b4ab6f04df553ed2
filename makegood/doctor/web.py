# SPDX-License-Identifier: Apache-2.0
"""Checks of the addresses by which others reach the bridge and the explorer."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

import requests

from makegood.doctor.finding import Finding, Known, ok, warn, wrong

_NOBODY = "0x" + "00" * 20
_TIMEOUT = 10.0
_OK = range(200, 400)


def web(known: Known) -> Iterator[Finding]:
    """Whether they answer, as seen from here."""
    if known.bridge is None:
        return
    if known.bridge.public_url:
        # Of what is to be reached from outside, this says nothing of anybody.
        yield from _asked("[bridge] public_url", known.bridge.public_url, f"/holders/{_NOBODY}", "the bridge")
    if known.bridge.explorer_url:
        yield from _asked("[bridge] explorer_url", known.bridge.explorer_url, "/", "the explorer")


def _asked(name: str, url: str, path: str, service: str) -> Iterator[Finding]:
    if urlsplit(url).scheme == "http" and not _is_local(urlsplit(url).hostname or ""):
        yield warn(
            "web", f"{name} {url} is not encrypted", "put a reverse proxy with TLS in front, and name it"
        )
    do = f"see whether {service} runs, and what the reverse proxy in front of it says"
    try:
        status = requests.get(url + path, timeout=_TIMEOUT).status_code
    except requests.exceptions.SSLError:
        yield wrong("web", f"{name} {url} has no certificate that is trusted here", "renew or install it")
        return
    except requests.RequestException as error:
        yield warn("web", f"{name} {url} gives no answer here ({type(error).__name__})", do)
        return
    if status in _OK:
        yield ok("web", f"{name} {url} answers")
    else:
        yield warn("web", f"{name} {url} answers with status {status}", do)


def _is_local(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
