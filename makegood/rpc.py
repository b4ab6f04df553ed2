# SPDX-License-Identifier: Apache-2.0
"""The node that is asked. Its address may hold a secret, which nothing that is printed repeats."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from makegood.errors import MakegoodError, UsageError

if TYPE_CHECKING:
    from web3 import Web3

RPC_VARIABLE = "MAKEGOOD_RPC_URL"
"""Where the address of the node is taken from, where it is not given: it may hold a secret."""

_TIMEOUTS = (5.0, 20.0)  # seconds to connect, and for an answer
_HIDDEN = "…"


def connected(rpc: str | None, else_: str = "") -> Web3:
    """The node at an address. Nothing is asked yet.

    Raises UsageError where it is none; `else_` is what can be done without one.
    """
    from web3 import HTTPProvider, Web3

    if not rpc:
        raise UsageError(
            "No node was named, and without one nothing shows what is recorded.",
            hint=f"Give --rpc URL or set {RPC_VARIABLE}.{else_}",
        )
    try:
        parts = urlsplit(rpc)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not rpc.isprintable():
        # Without the address: it may hold a secret.
        raise UsageError(
            "The node's address is none of a web server.", hint="It begins with http:// or https://."
        )
    return Web3(HTTPProvider(rpc, request_kwargs={"timeout": _TIMEOUTS}, exception_retry_configuration=None))


def secrets_of(rpc: str) -> tuple[str, ...]:
    """What of a node's address is not to be printed, longest first."""
    try:
        parts = urlsplit(rpc)
    except ValueError:
        return (rpc,)
    pieces = [rpc, parts.netloc.rpartition("@")[0], parts.username, parts.password, parts.path, parts.query]
    pieces += [*parts.path.split("/"), *(pair.partition("=")[2] for pair in parts.query.split("&"))]
    # A piece of a few letters, such as v3, is no secret and stands in many words.
    return tuple(sorted({piece for piece in pieces if piece and len(piece) > 4}, key=len, reverse=True))


def place_of(rpc: str) -> str:
    """Of a node's address the server, which is no secret."""
    parts = urlsplit(rpc)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def clean(text: str, secrets: tuple[str, ...]) -> str:
    """A text as it can be printed."""
    # Contracts and nodes can say anything: nothing of it moves a cursor.
    text = "".join(one if one.isprintable() else "�" for one in text)
    for secret in secrets:
        text = text.replace(secret, _HIDDEN)
    return text


@contextmanager
def kept_secret(rpc: str | None) -> Iterator[None]:
    """Errors of what is done within do not repeat what of the node's address may be secret."""
    try:
        yield
    except MakegoodError as error:
        secrets = secrets_of(rpc or "")
        error.message = clean(error.message, secrets)
        error.hint = clean(error.hint, secrets) if error.hint else None
        raise
