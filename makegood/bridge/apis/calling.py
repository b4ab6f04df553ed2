# SPDX-License-Identifier: Apache-2.0
"""One way to ask an API: bounded in time and size, no redirects, and nothing of what it says is repeated."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import requests
from urllib3.exceptions import HTTPError

from makegood.bridge.errors import ApiRefused

WITHIN = (5.0, 20.0)
"""Seconds to connect, and of silence."""

_MOST = 32 << 20


@dataclass(frozen=True, slots=True)
class Told:
    """A message that an API knows, and the body of the webhook that would have told it."""

    key: str
    body: bytes


class Caller:
    """A session with one API."""

    def __init__(self, url: str, headers: dict[str, str], auth: tuple[str, str] | None = None) -> None:
        self._url = url
        self._session = requests.Session()
        self._session.headers.update({"Accept": "application/json", **headers})
        # Nothing of this machine's settings decides where a credential goes.
        self._session.trust_env = False
        self._session.auth = auth

    def ask(self, method: str, path: str, **given: Any) -> Any:
        """The JSON of an answer; None for an empty one. Raises ApiRefused."""
        body = self._answer(method, path, given)
        try:
            return json.loads(body) if body else None
        except ValueError:
            raise ApiRefused("The helpdesk's API answers with what is no JSON.") from None

    def tell(self, body: bytes) -> None:
        """Give a body to the address itself; what it answers is not read. Raises ApiRefused."""
        self._answer("POST", "", {"data": body})

    def _answer(self, method: str, path: str, given: dict[str, Any]) -> bytes:
        try:
            with self._session.request(
                method, self._url + path, timeout=WITHIN, allow_redirects=False, stream=True, **given
            ) as answer:
                body: bytes = answer.raw.read(_MOST + 1, decode_content=True)
                status = answer.status_code
        except (requests.RequestException, HTTPError, OSError) as error:
            raise ApiRefused(f"The helpdesk's API cannot be reached ({type(error).__name__}).") from None
        if not 200 <= status < 300:
            # These may pass: a credential that is changed, too busy, too slow, or a server's own trouble.
            final = 400 <= status < 500 and status not in (401, 403, 408, 425, 429)
            raise ApiRefused(f"The helpdesk's API answers {status}.", final=final)
        if len(body) > _MOST:
            raise ApiRefused("The helpdesk's API answers with too much.")
        return body


def rows(value: Any, name: str = "") -> list[dict[str, Any]]:
    """The objects in an answer that is a list, or has one as a member."""
    found = value.get(name) if name and isinstance(value, dict) else value
    if not isinstance(found, list):
        raise ApiRefused("The helpdesk's API answers with something else than a list.")
    return [each for each in found if isinstance(each, dict)]


def pair(credential: str) -> tuple[str, str]:
    """A user and a password, given as `USER:PASSWORD`."""
    user, _, password = credential.partition(":")
    return user, password
