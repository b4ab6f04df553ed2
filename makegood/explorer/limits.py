# SPDX-License-Identifier: Apache-2.0
"""What a client may ask: how much at once, and how often."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import ip_address

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from makegood.explorer.phrases import Sentence, sentence
from makegood.explorer.refusing import refusal
from makegood.explorer.settings import Settings

MOST_OF_PATH = 512
MOST_OF_QUERY = 4_096
MOST_OF_BODY = 65_536
_METHODS = ("GET", "HEAD")
_FREE = ("/static/", "/healthz")
_MOST_CLIENTS = 50_000


class Buckets:
    """A bucket of tokens for each client: `burst` at once, `rate` more a second."""

    def __init__(self, rate: float, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait(self, client: str) -> float:
        """Take one token. Returns 0, or in how many seconds there is one."""
        if not self._rate:
            return 0.0
        now = self._clock()
        level, at = self._levels.pop(client, (float(self._burst), now))
        level = min(float(self._burst), level + (now - at) * self._rate)
        wait = 0.0 if level >= 1 else (1 - level) / self._rate
        self._levels[client] = (level - 1 if not wait else level, now)
        if len(self._levels) > _MOST_CLIENTS:
            self._levels.popitem(last=False)
        return wait


class Limits:
    """Refuses politely what is too long, too large or too often, before anything is read or asked."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._buckets = Buckets(settings.rate, settings.burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        refused = self._refused(scope)
        if refused is None:
            await self._app(scope, receive, send)
            return
        status, what, then, headers = refused
        await refusal(scope["path"], status, what, then, headers)(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, Sentence, Sentence, dict[str, str]] | None:
        if len(scope["raw_path"] or b"") > MOST_OF_PATH or len(scope["query_string"]) > MOST_OF_QUERY:
            return 414, TOO_LONG, SHORTER, {}
        if _too_large(Headers(scope=scope)):
            return 413, TOO_LARGE, IN_BROWSER, {"Connection": "close"}
        if scope["method"] not in _METHODS:
            return 405, ONLY_READ, IN_BROWSER, {"Allow": ", ".join(_METHODS)}
        if scope["path"].startswith(_FREE):
            return None
        wait = self._buckets.wait(client_of(scope, self._settings.trusted_proxies))
        if wait:
            return 429, TOO_OFTEN, LATER, {"Retry-After": str(int(wait) + 1)}
        return None


TOO_LONG = sentence("The address of this page is too long.")
SHORTER = sentence("Shorten what you search for. Nothing that you are owed depends on it.")
TOO_LARGE = sentence("This page takes no files.")
IN_BROWSER = sentence("Receipts are checked in your own browser and are never sent. Nothing was kept.")
ONLY_READ = sentence("This page can only be read.")
TOO_OFTEN = sentence("You asked for very many pages in a short time.")
LATER = sentence("Wait some seconds, then load the page again. Nothing that you are owed depends on it.")


def _too_large(headers: Headers) -> bool:
    length = headers.get("content-length", "0")
    return not length.isdecimal() or len(length) > 9 or int(length) > MOST_OF_BODY


def client_of(scope: Scope, proxies: tuple[str, ...]) -> str:
    """Who asks: an IPv4 address, or the first half of an IPv6 one, which is one household's."""
    host = (scope.get("client") or ("", 0))[0]
    if host in proxies:
        host = Headers(scope=scope).get("x-forwarded-for", host).rpartition(",")[2].strip()
    try:
        address = ip_address(host)
    except ValueError:
        return host[:64]
    if address.version == 6:
        return str(ip_address(int(address) >> 64 << 64))
    return str(address)
